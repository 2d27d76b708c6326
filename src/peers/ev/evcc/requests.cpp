// SPDX-License-Identifier: Apache-2.0
#include "peers/ev/evcc/requests.hpp"

#include <algorithm>
#include <cmath>

#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::evcc {
namespace {

constexpr MilliVolt precharge_tolerance{20'000};
constexpr MilliVolt safe_voltage{60'000};
constexpr std::uint32_t until_departure_s = 2 * 60 * 60;

WattHour missing_energy(const Plan& plan, const Cable& cable) {
    return {plan.capacity.value * std::max(0, plan.target_soc.value - cable.state_of_charge.value) / 1'000};
}

Message app_protocol(const Plan& plan) {
    AppProtocol own;
    if (is_ac(plan.service)) own.protocol_namespace = "urn:iso:std:iso:15118:-20:AC";
    else own.protocol_namespace = "urn:iso:std:iso:15118:-20:DC";
    own.version_number_major = 1;
    own.schema_id = 1;
    own.priority = std::uint8_t{1};
    return supportedAppProtocolReq{{own}};
}

template <class Mode>
Mode dc_parameters(const Plan& plan) {
    Mode mode;
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
    mode.ev_maximum_charge_current = to_rational(plan.maximum_current);
    mode.ev_minimum_charge_current = to_rational(plan.minimum_current);
    mode.ev_maximum_voltage = to_rational(plan.maximum_voltage);
    mode.ev_minimum_voltage = to_rational(plan.minimum_voltage);
    mode.target_soc = static_cast<std::int8_t>(plan.target_soc.value / 10);
    if constexpr (requires { mode.ev_maximum_discharge_power; }) {
        mode.ev_maximum_discharge_power = to_rational(plan.maximum_discharge_power);
        mode.ev_minimum_discharge_power = to_rational(Watt{0});
        mode.ev_maximum_discharge_current = to_rational(plan.maximum_discharge_current);
        mode.ev_minimum_discharge_current = to_rational(MilliAmpere{0});
    }
    return mode;
}

template <class Mode>
Mode ac_parameters(const Plan& plan) {
    Mode mode;
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
    if constexpr (requires { mode.ev_maximum_discharge_power; })
        mode.ev_maximum_discharge_power = to_rational(plan.maximum_discharge_power);
    return mode;
}

Message charge_parameters(const Plan& plan) {
    if (plan.service == EnergyService::ac)
        return AC_ChargeParameterDiscoveryReq{{}, ac_parameters<AC_CPDReqEnergyTransferMode>(plan)};
    if (plan.service == EnergyService::ac_bpt)
        return AC_ChargeParameterDiscoveryReq{{}, ac_parameters<BPT_AC_CPDReqEnergyTransferMode>(plan)};
    if (is_bidirectional(plan.service))
        return DC_ChargeParameterDiscoveryReq{{}, dc_parameters<BPT_DC_CPDReqEnergyTransferMode>(plan)};
    return DC_ChargeParameterDiscoveryReq{{}, dc_parameters<DC_CPDReqEnergyTransferMode>(plan)};
}

Message schedule_exchange(const Plan& plan, const Cable& cable) {
    ScheduleExchangeReq request;
    request.maximum_supporting_points = std::uint16_t{1024};
    const RationalNumber energy = to_rational(missing_energy(plan, cable));
    if (plan.control == Control::dynamic) {
        Dynamic_SEReqControlMode mode;
        mode.departure_time = until_departure_s;
        mode.ev_target_energy_request = energy;
        mode.ev_maximum_energy_request = energy;
        mode.ev_minimum_energy_request = to_rational(WattHour{0});
        request.control_mode = mode;
    } else {
        Scheduled_SEReqControlMode mode;
        mode.departure_time = until_departure_s;
        mode.ev_target_energy_request = energy;
        request.control_mode = mode;
    }
    return request;
}

Message precharge(const Car& car, const Cable& cable) {
    DC_PreChargeReq request;
    request.ev_processing = is_precharged(car, cable) ? Processing::Finished : Processing::Ongoing;
    request.ev_present_voltage = to_rational(inlet_voltage(car, cable));
    request.ev_target_voltage = to_rational(cable.battery_voltage);
    return request;
}

EVPowerProfile profile_of(const Plan& plan, const Car& car, std::uint64_t unix_s) {
    EVPowerProfile profile;
    profile.time_anchor = unix_s;
    Watt power = plan.gives.value > 0 ? Watt{0} : plan.maximum_power;
    if (plan.control == Control::scheduled) {
        profile.control_mode = Scheduled_EVPPTControlMode{car.schedule, {}};
        power = std::min(power, car.scheduled);
    }
    profile.ev_power_profile_entries.ev_power_profile_entry = {{until_departure_s, to_rational(power), {}, {}}};
    return profile;
}

Message power_delivery(const Plan& plan, const Car& car, ChargeProgress progress, std::uint64_t unix_s) {
    PowerDeliveryReq request;
    request.charge_progress = progress;
    if (progress == ChargeProgress::Start || car.step == Step::new_profile)
        request.ev_power_profile = profile_of(plan, car, unix_s);
    if (is_bidirectional(plan.service) && progress == ChargeProgress::Start)
        request.bpt_channel_selection = plan.gives.value > 0 ? ChannelSelection::Discharge : ChannelSelection::Charge;
    return request;
}

DisplayParameters display(const Plan& plan, const Cable& cable) {
    DisplayParameters display;
    display.present_soc = static_cast<std::int8_t>(std::clamp(cable.state_of_charge.value / 10, 0, 100));
    display.charging_complete = cable.state_of_charge >= plan.target_soc;
    return display;
}

void put_energy(auto& mode, const Plan& plan, const Cable& cable) {
    const RationalNumber energy = to_rational(missing_energy(plan, cable));
    mode.ev_target_energy_request = energy;
    mode.ev_maximum_energy_request = energy;
    mode.ev_minimum_energy_request = to_rational(WattHour{0});
}

template <class Mode>
Mode dc_dynamic(const Plan& plan, const Cable& cable) {
    Mode mode;
    put_energy(mode, plan, cable);
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
    mode.ev_maximum_charge_current = to_rational(plan.maximum_current);
    mode.ev_maximum_voltage = to_rational(plan.maximum_voltage);
    mode.ev_minimum_voltage = to_rational(plan.minimum_voltage);
    if constexpr (requires { mode.ev_maximum_discharge_power; }) {
        mode.ev_maximum_discharge_power = to_rational(plan.maximum_discharge_power);
        mode.ev_minimum_discharge_power = to_rational(Watt{0});
        mode.ev_maximum_discharge_current = to_rational(plan.maximum_discharge_current);
    }
    return mode;
}

/// The current that keeps to the schedule, or what the car gives.
MilliAmpere target_current(const Plan& plan, const Car& car, const Cable& cable) {
    if (plan.gives.value > 0) return {-plan.gives.value};
    const std::int64_t by_schedule = std::int64_t{car.scheduled.value} * 1'000'000 / std::max(cable.battery_voltage.value, 1'000);
    return {static_cast<std::int32_t>(std::min<std::int64_t>(plan.maximum_current.value, by_schedule))};
}

template <class Mode>
Mode dc_scheduled(const Plan& plan, const Car& car, const Cable& cable) {
    Mode mode;
    mode.ev_target_current = to_rational(target_current(plan, car, cable));
    mode.ev_target_voltage = to_rational(plan.maximum_voltage);
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    return mode;
}

Message dc_loop(const Plan& plan, const Car& car, const Cable& cable) {
    DC_ChargeLoopReq request;
    request.display_parameters = display(plan, cable);
    request.meter_info_requested = plan.asks_for_meter;
    request.ev_present_voltage = to_rational(cable.battery_voltage);
    const bool is_both = is_bidirectional(plan.service);
    if (plan.control == Control::dynamic) {
        if (is_both) request.control_mode = dc_dynamic<BPT_Dynamic_DC_CLReqControlMode>(plan, cable);
        else request.control_mode = dc_dynamic<Dynamic_DC_CLReqControlMode>(plan, cable);
    } else {
        if (is_both) request.control_mode = dc_scheduled<BPT_Scheduled_DC_CLReqControlMode>(plan, car, cable);
        else request.control_mode = dc_scheduled<Scheduled_DC_CLReqControlMode>(plan, car, cable);
    }
    return request;
}

template <class Mode>
Mode ac_mode(const Plan& plan, const Car& car, const Cable& cable) {
    Mode mode;
    put_energy(mode, plan, cable);
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
    mode.ev_present_active_power = to_rational(car.evse_power);
    mode.ev_present_reactive_power = to_rational(Watt{0});
    if constexpr (requires { mode.ev_maximum_discharge_power; }) {
        mode.ev_maximum_discharge_power = to_rational(plan.maximum_discharge_power);
        mode.ev_minimum_discharge_power = to_rational(Watt{0});
    }
    return mode;
}

Message ac_loop(const Plan& plan, const Car& car, const Cable& cable) {
    AC_ChargeLoopReq request;
    request.display_parameters = display(plan, cable);
    request.meter_info_requested = plan.asks_for_meter;
    const bool is_both = is_bidirectional(plan.service);
    if (plan.control == Control::dynamic) {
        if (is_both) request.control_mode = ac_mode<BPT_Dynamic_AC_CLReqControlMode>(plan, car, cable);
        else request.control_mode = ac_mode<Dynamic_AC_CLReqControlMode>(plan, car, cable);
    } else {
        if (is_both) request.control_mode = ac_mode<BPT_Scheduled_AC_CLReqControlMode>(plan, car, cable);
        else request.control_mode = ac_mode<Scheduled_AC_CLReqControlMode>(plan, car, cable);
    }
    return request;
}

Message session_stop(const Plan& plan, const Car& car) {
    SessionStopReq request;
    const bool goes_on = !car.is_told_to_stop && !car.is_stop_wanted && car.loop_since.ns != 0;
    request.charging_session = ChargingSession::Terminate;
    if (goes_on && plan.detours.renegotiates_service && !car.taken.renegotiates_service)
        request.charging_session = ChargingSession::ServiceRenegotiation;
    else if (goes_on && plan.detours.pauses && !car.taken.pauses) request.charging_session = ChargingSession::Pause;
    if (car.is_told_to_stop) request.ev_termination_explanation = Description("the charger asked for it");
    return request;
}

}  // namespace

MilliVolt inlet_voltage(const Car& car, const Cable& cable) { return cable.is_there ? cable.inlet_voltage : car.evse_voltage; }

bool is_precharged(const Car& car, const Cable& cable) {
    const MilliVolt difference = inlet_voltage(car, cable) - cable.battery_voltage;
    return std::abs(difference.value) <= precharge_tolerance.value;
}

Message make_request(const Plan& plan, const Car& car, const Cable& cable, std::uint64_t unix_s) {
    switch (car.step) {
        case Step::app_protocol: return app_protocol(plan);
        case Step::session_setup: return SessionSetupReq{{}, plan.evcc_id};
        case Step::authorization_setup: return AuthorizationSetupReq{};
        case Step::authorization: return AuthorizationReq{};
        case Step::service_discovery: return ServiceDiscoveryReq{};
        case Step::service_detail: return ServiceDetailReq{{}, car.service};
        case Step::service_selection: return ServiceSelectionReq{{}, {car.service, car.parameter_set}, {}};
        case Step::charge_parameters: return charge_parameters(plan);
        case Step::schedule_exchange: return schedule_exchange(plan, cable);
        case Step::cable_check: return DC_CableCheckReq{};
        case Step::precharge: return precharge(car, cable);
        case Step::power_on: return power_delivery(plan, car, ChargeProgress::Start, unix_s);
        case Step::charge_loop: return is_ac(plan.service) ? ac_loop(plan, car, cable) : dc_loop(plan, car, cable);
        case Step::standby: return power_delivery(plan, car, ChargeProgress::Standby, unix_s);
        case Step::renegotiation:
        case Step::new_profile: return power_delivery(plan, car, ChargeProgress::ScheduleRenegotiation, unix_s);
        case Step::new_schedule: return schedule_exchange(plan, cable);
        case Step::power_off: return power_delivery(plan, car, ChargeProgress::Stop, unix_s);
        case Step::welding_detection:
            return DC_WeldingDetectionReq{{},
                                          inlet_voltage(car, cable) < safe_voltage ? Processing::Finished : Processing::Ongoing};
        case Step::session_stop:
        case Step::ramp_down:
        case Step::done: break;
    }
    return session_stop(plan, car);
}

}  // namespace voltkeep::iso15118::evcc
