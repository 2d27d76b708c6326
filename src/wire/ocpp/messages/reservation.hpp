// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block H: reservation.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class CancelReservationStatusEnum : std::uint8_t { Accepted, Rejected };

enum class ReservationUpdateStatusEnum : std::uint8_t { Expired, Removed, NoTransaction };
consteval auto added_in_2_1(ReservationUpdateStatusEnum) { return std::array{ReservationUpdateStatusEnum::NoTransaction}; }

enum class ReserveNowStatusEnum : std::uint8_t { Accepted, Faulted, Occupied, Rejected, Unavailable };

struct CancelReservationRequest;
struct CancelReservationResponse {
    using Request = CancelReservationRequest;
    static constexpr Action kAction = Action::CancelReservation;

    CancelReservationStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Takes a reservation back (H02). From the CSMS.
struct CancelReservationRequest {
    using Response = CancelReservationResponse;
    static constexpr Action kAction = Action::CancelReservation;

    Count reservationId{};
    std::optional<CustomData> customData{};
};

struct ReservationStatusUpdateRequest;
struct ReservationStatusUpdateResponse {
    using Request = ReservationStatusUpdateRequest;
    static constexpr Action kAction = Action::ReservationStatusUpdate;

    std::optional<CustomData> customData{};
};

/// A reservation has ended without being used (H03, H04). From the station.
struct ReservationStatusUpdateRequest {
    using Response = ReservationStatusUpdateResponse;
    static constexpr Action kAction = Action::ReservationStatusUpdate;

    Count reservationId{};
    ReservationUpdateStatusEnum reservationUpdateStatus{};
    std::optional<CustomData> customData{};
};

struct ReserveNowRequest;
struct ReserveNowResponse {
    using Request = ReserveNowRequest;
    static constexpr Action kAction = Action::ReserveNow;

    ReserveNowStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Reserves an EVSE or a connector type (H01). From the CSMS.
struct ReserveNowRequest {
    using Response = ReserveNowResponse;
    static constexpr Action kAction = Action::ReserveNow;

    Count id{};
    DateTime expiryDateTime{};
    IdToken idToken{};
    std::optional<String<20>> connectorType{};
    std::optional<Count> evseId{};
    std::optional<IdToken> groupIdToken{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
