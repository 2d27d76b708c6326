// SPDX-License-Identifier: Apache-2.0
// From the session's words to OCPP's. Pure.
#pragma once

#include "services/session/protocol.hpp"
#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::ocpp {

/// What there is of each reading, in this order.
inline constexpr MeasurandEnum sampled_measurands[] = {MeasurandEnum::Energy_Active_Import_Register,
                                                       MeasurandEnum::Power_Active_Import, MeasurandEnum::Voltage,
                                                       MeasurandEnum::Current_Import, MeasurandEnum::SoC};
/// What the CSMS wants of it in each kind of event: bit n for sampled_measurands[n].
struct Sampled {
    std::uint8_t started = 0xff, updated = 0xff, ended = 0xff;
};

/// A transaction's event as the CSMS hears it. OCPP 2.1 E01 to E06.
[[nodiscard]] TransactionEventRequest transaction_event(const session::Event& event, std::string_view currency,
                                                        Sampled sampled = {});

/// The availability of an EVSE's only connector. OCPP 2.1 G01.
[[nodiscard]] StatusNotificationRequest status_notification(const session::Event& event);

/// The same as an event of the device model. OCPP 2.1 B04.
[[nodiscard]] EventData availability_event(EvseId evse, session::Availability availability, WallTime when);

/// OCPP 2.1 H01.
[[nodiscard]] ReserveNowStatusEnum status_of(charging::ReservationOutcome outcome);

/// OCPP 2.1 C01.
[[nodiscard]] AuthorizeRequest authorize(const session::Event& event);

}  // namespace voltkeep::ocpp
