// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block P: data transfer.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class DataTransferStatusEnum : std::uint8_t { Accepted, Rejected, UnknownMessageId, UnknownVendorId };

struct DataTransferRequest;
struct DataTransferResponse {
    using Request = DataTransferRequest;
    static constexpr Action kAction = Action::DataTransfer;

    DataTransferStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<AnyJson> data{};
    std::optional<CustomData> customData{};
};

/// Vendor-specific data (P01, P02). From either side.
struct DataTransferRequest {
    using Response = DataTransferResponse;
    static constexpr Action kAction = Action::DataTransfer;

    String<255> vendorId{};
    std::optional<String<50>> messageId{};
    std::optional<AnyJson> data{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
