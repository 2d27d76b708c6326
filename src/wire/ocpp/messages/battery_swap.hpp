// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block S: battery swap.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class BatterySwapEventEnum : std::uint8_t { BatteryIn, BatteryOut, BatteryOutTimeout };

/// A battery that was put in or taken out.
struct BatteryData {
    Count evseId{};
    String<50> serialNumber{};
    Percentage soC{};                                       ///< %
    Percentage soH{};                                       ///< %
    std::optional<DateTime> productionDate{};
    std::optional<String<500>> vendorInfo{};
    std::optional<CustomData> customData{};
};

struct BatterySwapRequest;
struct BatterySwapResponse {
    using Request = BatterySwapRequest;
    static constexpr Action kAction = Action::BatterySwap;

    std::optional<CustomData> customData{};
};

/// A battery was put in or taken out (S01 to S04). From the station. Since 2.1.
struct BatterySwapRequest {
    using Response = BatterySwapResponse;
    static constexpr Action kAction = Action::BatterySwap;

    Sequence<BatteryData, 1, kUnbounded> batteryData{};
    BatterySwapEventEnum eventType{};
    IdToken idToken{};
    Integer<> requestId{};
    std::optional<CustomData> customData{};
};

struct RequestBatterySwapRequest;
struct RequestBatterySwapResponse {
    using Request = RequestBatterySwapRequest;
    static constexpr Action kAction = Action::RequestBatterySwap;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Has an authorized driver's battery swapped (S02). From the CSMS. Since 2.1.
struct RequestBatterySwapRequest {
    using Response = RequestBatterySwapResponse;
    static constexpr Action kAction = Action::RequestBatterySwap;

    IdToken idToken{};
    Integer<> requestId{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
