// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

#include "wire/ocmf/ocmf.hpp"
#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {

namespace {

TriggerReasonEnum reason_of(session::Trigger trigger) {
    using T = session::Trigger;
    using R = TriggerReasonEnum;
    switch (trigger) {
        case T::authorized: return R::Authorized;
        case T::cable_plugged_in: return R::CablePluggedIn;
        case T::charging_state_changed: return R::ChargingStateChanged;
        case T::deauthorized: return R::Deauthorized;
        case T::energy_limit_reached: return R::EnergyLimitReached;
        case T::ev_communication_lost: return R::EVCommunicationLost;
        case T::ev_connect_timeout: return R::EVConnectTimeout;
        case T::ev_departed: return R::EVDeparted;
        case T::ev_detected: return R::EVDetected;
        case T::meter_value_periodic: return R::MeterValuePeriodic;
        case T::remote_start: return R::RemoteStart;
        case T::remote_stop: return R::RemoteStop;
        case T::stop_authorized: return R::StopAuthorized;
        case T::abnormal_condition: return R::AbnormalCondition;
        case T::reset_command: return R::ResetCommand;
        case T::tx_resumed: return R::TxResumed;
    }
    return R::AbnormalCondition;
}

ChargingStateEnum state_of(session::ChargingState state) {
    using S = session::ChargingState;
    switch (state) {
        case S::idle: return ChargingStateEnum::Idle;
        case S::ev_connected: return ChargingStateEnum::EVConnected;
        case S::charging: return ChargingStateEnum::Charging;
        case S::suspended_ev: return ChargingStateEnum::SuspendedEV;
        case S::suspended_evse: return ChargingStateEnum::SuspendedEVSE;
    }
    return ChargingStateEnum::Idle;
}

/// What tripped, in OCPP's words; Other where it has none.
ReasonEnum reason_of(std::uint8_t protection) {
    switch (protection) {
        case PROTECTION_EMERGENCY_STOP: return ReasonEnum::EmergencyStop;
        case PROTECTION_EARTH_LOST:
        case PROTECTION_RESIDUAL_DC_6:
        case PROTECTION_RESIDUAL_DC_60:
        case PROTECTION_RESIDUAL_DC_200:
        case PROTECTION_RESIDUAL_AC_30:
        case PROTECTION_RESIDUAL_AC_150:
        case PROTECTION_INSULATION: return ReasonEnum::GroundFault;
        case PROTECTION_SHORT_CIRCUIT:
        case PROTECTION_OVER_CURRENT:
        case PROTECTION_OVER_CURRENT_LONG:
        case PROTECTION_INRUSH: return ReasonEnum::OvercurrentFault;
        case PROTECTION_OVER_VOLTAGE_EV:
        case PROTECTION_OVER_VOLTAGE:
        case PROTECTION_MAINS: return ReasonEnum::PowerQuality;
        case PROTECTION_SETUP_TIMEOUT: return ReasonEnum::Timeout;
        default: return ReasonEnum::Other;
    }
}

ReasonEnum stopped_reason(const session::Record& record) {
    using C = session::StopCause;
    switch (record.stop) {
        case C::ev_terminate:
        case C::ev_pause: return ReasonEnum::StoppedByEV;
        case C::ev_communication_lost:
        case C::unplugged: return ReasonEnum::EVDisconnected;
        case C::user: return ReasonEnum::Local;
        case C::remote: return ReasonEnum::Remote;
        case C::deauthorized: return ReasonEnum::DeAuthorized;
        case C::emergency: return ReasonEnum::EmergencyStop;
        case C::limit_reached: return ReasonEnum::EnergyLimitReached;
        case C::reboot: return ReasonEnum::Reboot;
        case C::power_trip: return reason_of(record.protection);
        case C::ev_protocol_error:
        case C::other: return ReasonEnum::Other;
    }
    return ReasonEnum::Other;
}

/// Everything comes from bounded text that fits whatever is in it; what is not UTF-8 is refused when the message is written.
IdToken token_of(const session::Identity& identity) {
    IdToken token;
    token.idToken = identity.token;
    token.type = identity.type;
    return token;
}

SampledValue sample(MeasurandEnum measurand, Decimal value, ReadingContextEnum context, const String<20>& unit) {
    SampledValue s;
    s.value = value;
    s.measurand = measurand;
    s.context = context;
    s.unitOfMeasure.emplace().unit = unit;
    return s;
}

/// The reading as the meter signed it: OCMF, and the key as "Signed Meter Values in OCPP" of the OCA writes it.
SignedMeterValue signed_value(const session::SignedReading& reading) {
    SignedMeterValue value;
    value.signedMeterData = *String<32768>::from(ocmf::to_base64(as_bytes(reading.record.view())));
    value.encodingMethod = *String<50>::from("OCMF");
    value.signingMethod = *String<50>::from(ocmf::algorithm_p256);
    value.publicKey = *String<2500>::from(ocmf::to_base64(as_bytes("oca:base16:asn1:" + ocmf::to_hex(reading.public_key))));
    return value;
}

/// Nothing: none of it is wanted.
std::optional<MeterValue> meter_value(const session::Event& event, Sampled sampled) {
    const session::Record& record = *event.record;
    const auto& r = *record.reading;
    const bool is_first = record.kind == session::RecordKind::started, is_last = record.kind == session::RecordKind::ended;
    //= OCPP 2.1 E01.FR.09, E02.FR.09, E03.FR.07, E04.FR.05, E05.FR.05, F01.FR.14
    //= OCPP 2.1 E02.FR.10, E03.FR.08, E04.FR.06, E11.FR.03, E12.FR.03, F01.FR.15
    //= OCPP 2.1 E06.FR.11, E07.FR.08, E08.FR.09, E09.FR.05, E10.FR.04, E12.FR.07, F03.FR.04
    //= OCPP 2.1 J02.FR.04
    const ReadingContextEnum context = is_first  ? ReadingContextEnum::Transaction_Begin
                                       : is_last ? ReadingContextEnum::Transaction_End
                                                 : ReadingContextEnum::Sample_Periodic;
    //= OCPP 2.1 J02.FR.11
    const std::uint8_t wanted = is_first ? sampled.started : is_last ? sampled.ended : sampled.updated;
    const Decimal values[] = {Decimal(r.import_mwh, -3), Decimal(std::max(r.power.value, 0)), Decimal(r.voltage.value, -3),
                              Decimal(std::max(r.current.value, 0), -3), Decimal(record.state_of_charge.value, -1)};
    const String<20> units[] = {"Wh", "W", "V", "A", "Percent"};
    static_assert(std::size(values) == std::size(sampled_measurands) && std::size(units) == std::size(sampled_measurands));
    MeterValue value;
    //= OCPP 2.1 J02.FR.02, J02.FR.18
    value.timestamp = WallTime{r.wall_ms};
    //= OCPP 2.1 J02.FR.03, J02.FR.17, J02.FR.22
    for (std::size_t n = 0; n < std::size(values); ++n) {
        const bool is_charge = sampled_measurands[n] == MeasurandEnum::SoC;
        if ((wanted >> n & 1) == 0 || (is_charge && record.state_of_charge.value < 0)) continue;
        SampledValue one = sample(sampled_measurands[n], values[n], context, units[n]);
        //= OCPP 2.1 J02.FR.05
        if (is_charge) one.location = LocationEnum::EV;
        //= OCPP 2.1 E02.FR.14, E03.FR.10, E04.FR.10, E05.FR.06, E07.FR.12, E08.FR.12, E09.FR.08, E10.FR.07, E11.FR.08, E12.FR.10
        //= OCPP 2.1 J02.FR.21
        if (n == 0 && event.signed_reading) one.signedMeterValue.emplace(signed_value(*event.signed_reading));
        CHECK(value.sampledValue.push(std::move(one)));
    }
    if (value.sampledValue.empty()) return std::nullopt;
    return value;
}

ConnectorStatusEnum status_of(session::Availability availability) {
    using A = session::Availability;
    switch (availability) {
        case A::available: return ConnectorStatusEnum::Available;
        case A::occupied: return ConnectorStatusEnum::Occupied;
        case A::reserved: return ConnectorStatusEnum::Reserved;
        case A::unavailable: return ConnectorStatusEnum::Unavailable;
        case A::faulted: return ConnectorStatusEnum::Faulted;
    }
    return ConnectorStatusEnum::Faulted;
}

CostDetails cost_details(const session::Record& record, std::string_view currency) {
    CostDetails details;
    details.totalCost.currency = *String<3>::from(currency);
    details.totalCost.typeOfCost = TariffCostEnum::NormalCost;
    details.totalCost.total.inclTax = Decimal(record.cost_micro, -6);
    details.totalUsage.energy = Decimal(record.energy_mwh, -6);   // kWh
    return details;
}

}  // namespace

TransactionEventRequest transaction_event(const session::Event& event, std::string_view currency, Sampled sampled) {
    const session::Record& record = *event.record;
    TransactionEventRequest request;
    request.eventType = record.kind == session::RecordKind::started ? TransactionEventEnum::Started
                        : record.kind == session::RecordKind::ended ? TransactionEventEnum::Ended
                                                                    : TransactionEventEnum::Updated;
    request.timestamp = WallTime{record.wall_ms};
    request.triggerReason = reason_of(record.trigger);
    request.seqNo = static_cast<std::int32_t>(record.sequence);
    request.transactionInfo.transactionId = record.transaction;
    //= OCPP 2.1 E01.FR.18, E02.FR.13
    request.transactionInfo.chargingState = state_of(record.charging);
    if (record.kind == session::RecordKind::started) {
        //= OCPP 2.1 E01.FR.16
        request.evse.emplace().id = event.evse.number;
        request.evse->connectorId = 1;
        if (!record.identity.token.empty()) request.idToken = token_of(record.identity);
        //= OCPP 2.1 F01.FR.25, F02.FR.21
        if (record.remote_start_id) request.transactionInfo.remoteStartId = *record.remote_start_id;
        if (record.reservation_id >= 0) request.reservationId = record.reservation_id;
    }
    //= OCPP 2.1 E06.FR.08, E06.FR.09, E07.FR.04, E07.FR.06
    if (record.kind == session::RecordKind::ended && record.stop != session::StopCause::user)
        request.transactionInfo.stoppedReason = stopped_reason(record);   // absent: Local
    if (record.reading)
        if (auto value = meter_value(event, sampled)) request.meterValue.emplace({std::move(*value)});
    if (record.cost_micro >= 0 && record.kind == session::RecordKind::ended)
        request.costDetails.emplace(cost_details(record, currency));
    //= OCPP 2.1 E04.FR.03, E08.FR.07
    if (record.offline) request.offline = true;
    return request;
}

EventData availability_event(EvseId evse, session::Availability availability, WallTime when) {
    EventData event;
    event.eventId = evse.number;
    event.timestamp = when;
    event.trigger = EventTriggerEnum::Delta;
    event.actualValue = *String<2500>::from(word(status_of(availability)));
    event.eventNotificationType = EventNotificationEnum::HardWiredNotification;
    event.component.name = "Connector";
    event.component.evse.emplace().id = evse.number;
    event.component.evse->connectorId = 1;
    event.variable.name = "AvailabilityState";
    return event;
}

StatusNotificationRequest status_notification(const session::Event& event) {
    StatusNotificationRequest request;
    request.timestamp = WallTime{event.wall_ms};
    request.connectorStatus = status_of(event.availability);
    request.evseId = event.evse.number;
    request.connectorId = 1;
    return request;
}

ReserveNowStatusEnum status_of(charging::ReservationOutcome outcome) {
    using O = charging::ReservationOutcome;
    switch (outcome) {
        case O::accepted: return ReserveNowStatusEnum::Accepted;
        case O::faulted: return ReserveNowStatusEnum::Faulted;
        case O::occupied: return ReserveNowStatusEnum::Occupied;
        case O::rejected: return ReserveNowStatusEnum::Rejected;
        case O::unavailable: return ReserveNowStatusEnum::Unavailable;
    }
    return ReserveNowStatusEnum::Rejected;
}

AuthorizeRequest authorize(const session::Event& event) {
    AuthorizeRequest request;
    request.idToken = token_of(event.identity);
    return request;
}

}  // namespace voltkeep::ocpp
