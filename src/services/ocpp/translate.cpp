// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

#include "wire/ocmf/ocmf.hpp"
#include "wire/ocpp/messages/metering.hpp"

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

Sequence<MeterValue, 1, kUnbounded> meter_values(const session::Event& event) {
    const session::Record& record = *event.record;
    const auto& r = *record.reading;
    const ReadingContextEnum context = record.kind == session::RecordKind::started ? ReadingContextEnum::Transaction_Begin
                                       : record.kind == session::RecordKind::ended ? ReadingContextEnum::Transaction_End
                                                                                   : ReadingContextEnum::Sample_Periodic;
    MeterValue value;
    value.timestamp = WallTime{r.wall_ms};
    bool fits = value.sampledValue.push(sample(MeasurandEnum::Energy_Active_Import_Register, Decimal(r.import_mwh, -3), context, "Wh")) &&
                value.sampledValue.push(sample(MeasurandEnum::Power_Active_Import, Decimal(std::max(r.power.value, 0)), context, "W")) &&
                value.sampledValue.push(sample(MeasurandEnum::Voltage, Decimal(r.voltage.value, -3), context, "V")) &&
                value.sampledValue.push(sample(MeasurandEnum::Current_Import, Decimal(std::max(r.current.value, 0), -3), context, "A"));
    if (event.signed_reading) value.sampledValue[0].signedMeterValue.emplace(signed_value(*event.signed_reading));
    if (record.state_of_charge.value >= 0) {
        SampledValue soc;
        soc.value = Decimal(record.state_of_charge.value, -1);
        soc.measurand = MeasurandEnum::SoC;
        soc.context = context;
        soc.location = LocationEnum::EV;
        soc.unitOfMeasure.emplace().unit = String<20>("Percent");
        fits = fits && value.sampledValue.push(soc);
    }
    CHECK(fits);
    return {value};
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

TransactionEventRequest transaction_event(const session::Event& event, std::string_view currency) {
    const session::Record& record = *event.record;
    TransactionEventRequest request;
    request.eventType = record.kind == session::RecordKind::started ? TransactionEventEnum::Started
                        : record.kind == session::RecordKind::ended ? TransactionEventEnum::Ended
                                                                    : TransactionEventEnum::Updated;
    request.timestamp = WallTime{record.wall_ms};
    request.triggerReason = reason_of(record.trigger);
    request.seqNo = static_cast<std::int32_t>(record.sequence);
    request.transactionInfo.transactionId = record.transaction;
    request.transactionInfo.chargingState = state_of(record.charging);
    if (record.kind == session::RecordKind::started) {
        //= OCPP 2.1 E01.FR.16
        request.evse.emplace().id = event.evse.number;
        request.evse->connectorId = 1;
        if (!record.identity.token.empty()) request.idToken = token_of(record.identity);
        if (record.remote_start_id) request.transactionInfo.remoteStartId = *record.remote_start_id;
        if (record.reservation_id >= 0) request.reservationId = record.reservation_id;
    }
    if (record.kind == session::RecordKind::ended && record.stop != session::StopCause::user)
        request.transactionInfo.stoppedReason = stopped_reason(record);   // absent: Local
    if (record.reading) request.meterValue = meter_values(event);
    if (record.cost_micro >= 0 && record.kind == session::RecordKind::ended) request.costDetails.emplace(cost_details(record, currency));
    if (record.offline) request.offline = true;
    return request;
}

StatusNotificationRequest status_notification(const session::Event& event) {
    using A = session::Availability;
    StatusNotificationRequest request;
    request.timestamp = WallTime{event.wall_ms};
    request.connectorStatus = event.availability == A::available   ? ConnectorStatusEnum::Available
                              : event.availability == A::occupied  ? ConnectorStatusEnum::Occupied
                              : event.availability == A::reserved  ? ConnectorStatusEnum::Reserved
                              : event.availability == A::unavailable ? ConnectorStatusEnum::Unavailable
                                                                     : ConnectorStatusEnum::Faulted;
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
