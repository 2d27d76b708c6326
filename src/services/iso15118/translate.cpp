// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

namespace voltkeep::iso15118 {
namespace {

session::Phase phase_of(secc::Phase phase) {
    switch (phase) {
        case secc::Phase::idle: return session::Phase::idle;
        case secc::Phase::cable_check: return session::Phase::cable_check;
        case secc::Phase::precharge: return session::Phase::precharge;
        case secc::Phase::charge: return session::Phase::charge;
        case secc::Phase::stopping: return session::Phase::stopping;
        case secc::Phase::weld_check: return session::Phase::weld_check;
    }
    return session::Phase::idle;
}

secc::Phase phase_of(session::Phase phase) {
    switch (phase) {
        case session::Phase::idle: return secc::Phase::idle;
        case session::Phase::cable_check: return secc::Phase::cable_check;
        case session::Phase::precharge: return secc::Phase::precharge;
        case session::Phase::charge: return secc::Phase::charge;
        case session::Phase::stopping: return secc::Phase::stopping;
        case session::Phase::weld_check: return secc::Phase::weld_check;
    }
    return secc::Phase::idle;
}

secc::Progress progress_of(session::Progress progress) {
    switch (progress) {
        case session::Progress::ongoing: return secc::Progress::ongoing;
        case session::Progress::finished: return secc::Progress::finished;
        case session::Progress::failed: break;
    }
    return secc::Progress::failed;
}

secc::Verdict verdict_of(session::Verdict verdict) {
    switch (verdict) {
        case session::Verdict::pending: break;
        case session::Verdict::accepted: return secc::Verdict::accepted;
        case session::Verdict::refused: return secc::Verdict::refused;
    }
    return secc::Verdict::pending;
}

session::StopCause cause_of(secc::StopCause cause) {
    switch (cause) {
        case secc::StopCause::ev_terminate: return session::StopCause::ev_terminate;
        case secc::StopCause::ev_pause: return session::StopCause::ev_pause;
        case secc::StopCause::communication_lost: return session::StopCause::ev_communication_lost;
        case secc::StopCause::protocol_error: return session::StopCause::ev_protocol_error;
    }
    return session::StopCause::other;
}

secc::Outlet outlet_of(Outlet outlet) {
    switch (outlet) {
        case Outlet::dc: break;
        case Outlet::ac: return secc::Outlet::ac;
        case Outlet::mcs: return secc::Outlet::mcs;
    }
    return secc::Outlet::dc;
}

}  // namespace

secc::Settings settings_of(const Config& config) {
    using std::chrono::milliseconds;
    secc::Settings settings;
    settings.evse = config.evse;
    settings.outlet = outlet_of(config.outlet);
    settings.is_bidirectional = config.is_bidirectional;
    settings.phases = config.phases;
    settings.currency = config.currency;
    settings.price_micro_per_kwh = config.price_micro_per_kwh;
    settings.tls_required = config.tls_required;
    settings.setup_timeout = milliseconds(config.setup_timeout_ms);
    settings.sequence_timeout = milliseconds(config.sequence_timeout_ms);
    settings.loop_timeout = milliseconds(config.loop_timeout_ms);
    settings.close_timeout = milliseconds(config.close_timeout_ms);
    settings.authorization_limit = milliseconds(config.ongoing_ms);
    settings.cable_check_limit = milliseconds(config.cable_check_ms);
    settings.contactor_limit = milliseconds(config.contactor_ms);
    settings.terminate_limit = milliseconds(config.terminate_ms);
    return settings;
}

secc::Station station_of(const session::TakeSetpoint::Setpoint& setpoint) {
    secc::Station station;
    station.is_known = true;
    station.verdict = verdict_of(setpoint.verdict);
    station.awaits_customer = setpoint.customer_awaited;
    station.phase = phase_of(setpoint.phase);
    station.progress = progress_of(setpoint.progress);
    station.stop_wanted = setpoint.stop_wanted;
    station.present_voltage = setpoint.present_voltage;
    station.present_current = setpoint.present_current;
    station.maximum_voltage = setpoint.maximum_voltage;
    station.minimum_voltage = setpoint.minimum_voltage;
    station.maximum_current = setpoint.maximum_current;
    station.minimum_current = setpoint.minimum_current;
    station.maximum_power = setpoint.maximum_power;
    station.minimum_power = setpoint.minimum_power;
    station.maximum_discharge_current = setpoint.maximum_discharge_current;
    station.maximum_discharge_power = setpoint.maximum_discharge_power;
    station.available_power = setpoint.available_power;
    station.present_power = setpoint.present_power;
    station.is_current_limited = setpoint.current_limited;
    station.is_power_limited = setpoint.power_limited;
    station.is_voltage_limited = setpoint.voltage_limited;
    station.energy = setpoint.energy;
    station.energy_back = setpoint.energy_back;
    station.meter = setpoint.meter;
    return station;
}

session::SetEvNeeds needs_of(const secc::Session& session) {
    const secc::Needs& needs = session.needs;
    session::SetEvNeeds message;
    message.phase = phase_of(needs.phase);
    message.target_voltage = needs.target_voltage;
    message.target_current = needs.target_current;
    message.present_voltage = needs.present_voltage;
    message.maximum_voltage = needs.maximum_voltage;
    message.maximum_current = needs.maximum_current;
    message.maximum_power = needs.maximum_power;
    message.minimum_current = needs.minimum_current;
    message.energy_wanted = needs.energy_wanted;
    message.state_of_charge = needs.state_of_charge;
    message.evcc = session.evcc;
    return message;
}

session::StopByEv stop_of(const secc::Stop& stop) { return {cause_of(stop.cause), stop.detail}; }

}  // namespace voltkeep::iso15118
