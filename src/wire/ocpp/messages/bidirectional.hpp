// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block Q: bidirectional power transfer.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class NotifyAllowedEnergyTransferStatusEnum : std::uint8_t { Accepted, Rejected };

struct AFRRSignalRequest;
struct AFRRSignalResponse {
    using Request = AFRRSignalRequest;
    static constexpr Action kAction = Action::AFRRSignal;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// The frequency-restoration signal that selects a point of the V2X signal-watt curve (Q06). From the CSMS. Since 2.1.
struct AFRRSignalRequest {
    using Response = AFRRSignalResponse;
    static constexpr Action kAction = Action::AFRRSignal;

    DateTime timestamp{};
    Integer<> signal{};
    std::optional<CustomData> customData{};
};

struct NotifyAllowedEnergyTransferRequest;
struct NotifyAllowedEnergyTransferResponse {
    using Request = NotifyAllowedEnergyTransferRequest;
    static constexpr Action kAction = Action::NotifyAllowedEnergyTransfer;

    NotifyAllowedEnergyTransferStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// The energy transfers that are allowed have changed (Q04). From the CSMS. Since 2.1.
struct NotifyAllowedEnergyTransferRequest {
    using Response = NotifyAllowedEnergyTransferResponse;
    static constexpr Action kAction = Action::NotifyAllowedEnergyTransfer;

    String<36> transactionId{};
    Sequence<EnergyTransferModeEnum, 1, kUnbounded> allowedEnergyTransfer{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
