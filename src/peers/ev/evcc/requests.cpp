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

Message app_protocol() {
    AppProtocol dc;
    dc.protocol_namespace = "urn:iso:std:iso:15118:-20:DC";
    dc.version_number_major = 1;
    dc.schema_id = 1;
    dc.priority = std::uint8_t{1};
    return supportedAppProtocolReq{{dc}};
}

Message charge_parameters(const Plan& plan) {
    DC_CPDReqEnergyTransferMode mode;
    mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
    mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
    mode.ev_maximum_charge_current = to_rational(plan.maximum_current);
    mode.ev_minimum_charge_current = to_rational(plan.minimum_current);
    mode.ev_maximum_voltage = to_rational(plan.maximum_voltage);
    mode.ev_minimum_voltage = to_rational(plan.minimum_voltage);
    mode.target_soc = static_cast<std::int8_t>(plan.target_soc.value / 10);
    return DC_ChargeParameterDiscoveryReq{{}, mode};
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

Message power_on(const Plan& plan, const Car& car, std::uint64_t unix_s) {
    PowerDeliveryReq request;
    request.charge_progress = ChargeProgress::Start;
    EVPowerProfile profile;
    profile.time_anchor = unix_s;
    profile.ev_power_profile_entries.ev_power_profile_entry = {{until_departure_s, to_rational(plan.maximum_power), {}, {}}};
    if (plan.control == Control::scheduled) profile.control_mode = Scheduled_EVPPTControlMode{car.schedule, {}};
    request.ev_power_profile = profile;
    return request;
}

Message charge_loop(const Plan& plan, const Cable& cable) {
    DC_ChargeLoopReq request;
    DisplayParameters display;
    display.present_soc = static_cast<std::int8_t>(std::clamp(cable.state_of_charge.value / 10, 0, 100));
    display.charging_complete = cable.state_of_charge >= plan.target_soc;
    request.display_parameters = display;
    request.meter_info_requested = plan.asks_for_meter;
    request.ev_present_voltage = to_rational(cable.battery_voltage);
    if (plan.control == Control::dynamic) {
        const RationalNumber energy = to_rational(missing_energy(plan, cable));
        Dynamic_DC_CLReqControlMode mode;
        mode.ev_target_energy_request = energy;
        mode.ev_maximum_energy_request = energy;
        mode.ev_minimum_energy_request = to_rational(WattHour{0});
        mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
        mode.ev_minimum_charge_power = to_rational(plan.minimum_power);
        mode.ev_maximum_charge_current = to_rational(plan.maximum_current);
        mode.ev_maximum_voltage = to_rational(plan.maximum_voltage);
        mode.ev_minimum_voltage = to_rational(plan.minimum_voltage);
        request.control_mode = mode;
    } else {
        Scheduled_DC_CLReqControlMode mode;
        mode.ev_target_current = to_rational(plan.maximum_current);
        mode.ev_target_voltage = to_rational(plan.maximum_voltage);
        mode.ev_maximum_charge_power = to_rational(plan.maximum_power);
        request.control_mode = mode;
    }
    return request;
}

Message session_stop(const Car& car) {
    SessionStopReq request;
    request.charging_session = ChargingSession::Terminate;
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
        case Step::app_protocol: return app_protocol();
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
        case Step::power_on: return power_on(plan, car, unix_s);
        case Step::charge_loop: return charge_loop(plan, cable);
        case Step::power_off: return PowerDeliveryReq{{}, Processing::Finished, ChargeProgress::Stop, {}, {}};
        case Step::welding_detection:
            return DC_WeldingDetectionReq{{}, inlet_voltage(car, cable) < safe_voltage ? Processing::Finished : Processing::Ongoing};
        case Step::session_stop:
        case Step::ramp_down:
        case Step::done: break;
    }
    return session_stop(car);
}

}  // namespace voltkeep::iso15118::evcc
