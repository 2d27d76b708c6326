// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block D: the local authorization list.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class SendLocalListStatusEnum : std::uint8_t { Accepted, Failed, VersionMismatch };

enum class UpdateEnum : std::uint8_t { Differential, Full };

/// An entry of the local list. Without idTokenInfo it is to be removed.
struct AuthorizationData {
    IdToken idToken{};
    std::optional<IdTokenInfo> idTokenInfo{};
    std::optional<CustomData> customData{};
};

struct GetLocalListVersionRequest;
struct GetLocalListVersionResponse {
    using Request = GetLocalListVersionRequest;
    static constexpr Action kAction = Action::GetLocalListVersion;

    Integer<> versionNumber{};
    std::optional<CustomData> customData{};
};

/// Asks for the version of the local authorization list (D02). From the CSMS.
struct GetLocalListVersionRequest {
    using Response = GetLocalListVersionResponse;
    static constexpr Action kAction = Action::GetLocalListVersion;

    std::optional<CustomData> customData{};
};

struct SendLocalListRequest;
struct SendLocalListResponse {
    using Request = SendLocalListRequest;
    static constexpr Action kAction = Action::SendLocalList;

    SendLocalListStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// A full or differential local authorization list (D01). From the CSMS.
struct SendLocalListRequest {
    using Response = SendLocalListResponse;
    static constexpr Action kAction = Action::SendLocalList;

    Integer<> versionNumber{};
    UpdateEnum updateType{};
    std::optional<Sequence<AuthorizationData, 1, kUnbounded>> localAuthorizationList{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
