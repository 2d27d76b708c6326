// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block G: availability.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ChangeAvailabilityStatusEnum : std::uint8_t { Accepted, Rejected, Scheduled };

enum class ConnectorStatusEnum : std::uint8_t { Available, Occupied, Reserved, Unavailable, Faulted };

enum class OperationalStatusEnum : std::uint8_t { Inoperative, Operative };

struct ChangeAvailabilityRequest;
struct ChangeAvailabilityResponse {
    using Request = ChangeAvailabilityRequest;
    static constexpr Action kAction = Action::ChangeAvailability;

    ChangeAvailabilityStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Makes station, EVSE or connector operative or not (G03, G04). From the CSMS.
struct ChangeAvailabilityRequest {
    using Response = ChangeAvailabilityResponse;
    static constexpr Action kAction = Action::ChangeAvailability;

    OperationalStatusEnum operationalStatus{};
    std::optional<EVSE> evse{};
    std::optional<CustomData> customData{};
};

struct HeartbeatRequest;
struct HeartbeatResponse {
    using Request = HeartbeatRequest;
    static constexpr Action kAction = Action::Heartbeat;

    DateTime currentTime{};
    std::optional<CustomData> customData{};
};

/// The station is alive; the answer sets its clock (G02). From the station.
struct HeartbeatRequest {
    using Response = HeartbeatResponse;
    static constexpr Action kAction = Action::Heartbeat;

    std::optional<CustomData> customData{};
};

struct StatusNotificationRequest;
struct StatusNotificationResponse {
    using Request = StatusNotificationRequest;
    static constexpr Action kAction = Action::StatusNotification;

    std::optional<CustomData> customData{};
};

/// The status of a connector (G01). From the station.
struct StatusNotificationRequest {
    using Response = StatusNotificationResponse;
    static constexpr Action kAction = Action::StatusNotification;

    DateTime timestamp{};
    ConnectorStatusEnum connectorStatus{};
    Count evseId{};
    Count connectorId{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
