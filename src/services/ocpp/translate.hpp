// SPDX-License-Identifier: Apache-2.0
// From the session's words to OCPP's. Pure.
#pragma once

#include "services/session/protocol.hpp"
#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::ocpp {

/// A transaction's event as the CSMS hears it. OCPP 2.1 E01 to E06.
[[nodiscard]] TransactionEventRequest transaction_event(const session::Event& event, std::string_view currency);

/// The availability of an EVSE's only connector. OCPP 2.1 G01.
[[nodiscard]] StatusNotificationRequest status_notification(const session::Event& event);

/// OCPP 2.1 H01.
[[nodiscard]] ReserveNowStatusEnum status_of(charging::ReservationOutcome outcome);

/// OCPP 2.1 C01.
[[nodiscard]] AuthorizeRequest authorize(const session::Event& event);

}  // namespace voltkeep::ocpp
