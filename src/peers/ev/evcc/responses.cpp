// SPDX-License-Identifier: Apache-2.0
#include "peers/ev/evcc/responses.hpp"

#include <algorithm>

#include "peers/ev/evcc/requests.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::evcc {
namespace {

constexpr ServiceID dc_service = 2;
constexpr MilliVolt safe_voltage{60'000};

struct Taker {
    const Plan& plan;
    Car& car;
    const Cable& cable;
    Instant now;

    Result<Next> operator()(const supportedAppProtocolRes& response) {
        if (response.response_code == AppProtocolResponseCode::Failed_NoNegotiation || response.schema_id != SchemaID{1})
            return fail(Errc::refused, "the charger does not speak ISO 15118-20 DC");
        return Next{Step::session_setup};
    }

    Result<Next> operator()(const SessionSetupRes& response) {
        car.session = response.header.session_id;
        if (car.session == SessionID{}) return fail(Errc::malformed, "the charger gave the session no id");
        return Next{Step::authorization_setup};
    }

    Result<Next> operator()(const AuthorizationSetupRes& response) {
        if (!std::ranges::contains(response.authorization_services, Authorization::EIM))
            return fail(Errc::unsupported, "the charger offers no external identification");
        return Next{Step::authorization};
    }

    Result<Next> operator()(const AuthorizationRes& response) {
        if (response.response_code == ResponseCode::WARNING_EIMAuthorizationFailure)
            return fail(Errc::refused, "the charger refused the authorization");
        if (is_warning(response.response_code)) return fail(Errc::refused, exi::name(response.response_code));
        if (response.evse_processing == Processing::Finished) return Next{Step::service_discovery};
        if (response.evse_processing == Processing::Ongoing_WaitingForCustomerInteraction) car.since = now;   // people take their time
        return again(plan.timers.ongoing, "the authorization takes too long");
    }

    Result<Next> operator()(const ServiceDiscoveryRes& response) {
        if (!std::ranges::contains(response.energy_transfer_service_list.service, dc_service, &Service::service_id))
            return fail(Errc::unsupported, "the charger offers no DC");
        car.service = dc_service;
        return Next{Step::service_detail};
    }

    Result<Next> operator()(const ServiceDetailRes& response) {
        const std::int32_t wanted = plan.control == Control::dynamic ? 2 : 1;
        for (const ParameterSet& set : response.service_parameter_list.parameter_set)
            for (const Parameter& parameter : set.parameter)
                if (parameter.name.view() == "ControlMode" && parameter.value == decltype(parameter.value)(wanted)) {
                    car.parameter_set = set.parameter_set_id;
                    return Next{Step::service_selection};
                }
        return fail(Errc::unsupported, "the charger does not offer this control mode");
    }

    Result<Next> operator()(const ServiceSelectionRes&) { return Next{Step::charge_parameters}; }

    Result<Next> operator()(const DC_ChargeParameterDiscoveryRes& response) {
        const auto* mode = std::get_if<DC_CPDResEnergyTransferMode>(&response.energy_transfer_mode);
        const auto maximum = mode ? to_millivolt(mode->evse_maximum_voltage) : std::nullopt;
        const auto minimum = mode ? to_millivolt(mode->evse_minimum_voltage) : std::nullopt;
        if (!maximum || !minimum || cable.battery_voltage > *maximum || cable.battery_voltage < *minimum)
            return fail(Errc::unsupported, "the charger's voltage does not fit the battery");
        return Next{Step::schedule_exchange};
    }

    Result<Next> operator()(const ScheduleExchangeRes& response) {
        if (response.evse_processing != Processing::Finished) return again(plan.timers.ongoing, "the schedule takes too long");
        const auto* scheduled = std::get_if<Scheduled_SEResControlMode>(&response.control_mode);
        if ((scheduled != nullptr) != (plan.control == Control::scheduled))
            return fail(Errc::malformed, "the schedule is of the other control mode");
        if (scheduled) car.schedule = scheduled->schedule_tuple[0].schedule_tuple_id;
        car.inlet.pilot = Pilot::c;
        return Next{Step::cable_check};
    }

    Result<Next> operator()(const DC_CableCheckRes& response) {
        if (response.evse_processing != Processing::Finished) return again(plan.timers.cable_check, "the cable check takes too long");
        return Next{Step::precharge};
    }

    Result<Next> operator()(const DC_PreChargeRes& response) {
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        if (!is_precharged(car, cable)) return again(plan.timers.precharge, "the precharge takes too long");
        car.inlet.contactor = true;
        return Next{Step::power_on};
    }

    Result<Next> operator()(const PowerDeliveryRes& response) {
        note_status(response.evse_status);
        if (car.step == Step::power_off) return Next{Step::ramp_down};
        if (is_warning(response.response_code)) return fail(Errc::refused, exi::name(response.response_code));
        car.loop_since = car.energy_at = now;
        return Next{Step::charge_loop};
    }

    Result<Next> operator()(const DC_ChargeLoopRes& response) {
        note_status(response.evse_status);
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        car.evse_current = to_milliampere(response.evse_present_current).value_or(MilliAmpere{});
        count_energy();
        ++car.statistics.loops;
        const bool is_full = cable.state_of_charge >= plan.target_soc;
        const bool has_enough = plan.target_energy.value > 0 && car.energy_wh >= static_cast<double>(plan.target_energy.value);
        const bool is_over = plan.duration > Duration::zero() && now - car.loop_since >= plan.duration;
        if (car.is_told_to_stop || car.is_stop_wanted || is_full || has_enough || is_over) return Next{Step::power_off};
        return Next{Step::charge_loop, plan.timers.loop_pause};
    }

    Result<Next> operator()(const DC_WeldingDetectionRes& response) {
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        if (inlet_voltage(car, cable) < safe_voltage || now - car.since > plan.timers.welding_detection) return Next{Step::session_stop};
        return Next{car.step, plan.timers.poll_pause};
    }

    Result<Next> operator()(const SessionStopRes&) { return Next{Step::done}; }

    Result<Next> operator()(const auto&) { return fail(Errc::malformed, "not a response that this car asks for"); }

private:
    Result<Next> again(Duration limit, std::string_view what) const {
        if (now - car.since > limit) return fail(Errc::timeout, what);
        return Next{car.step, plan.timers.poll_pause};
    }

    void note_status(const std::optional<EVSEStatus>& status) {
        if (status && status->evse_notification == EVSENotification::Terminate) car.is_told_to_stop = true;
    }

    void count_energy() {
        if (cable.is_there) {
            car.energy_wh = static_cast<double>(cable.received_mwh) / 1'000.0;
            return;
        }
        const double watts = static_cast<double>(power_of(car.evse_voltage, car.evse_current).value);
        car.energy_wh += watts * std::chrono::duration<double>(now - car.energy_at).count() / 3'600.0;
        car.energy_at = now;
    }
};

}  // namespace

bool is_expected(Step step, const Message& message) {
    switch (step) {
        case Step::app_protocol: return std::holds_alternative<supportedAppProtocolRes>(message);
        case Step::session_setup: return std::holds_alternative<SessionSetupRes>(message);
        case Step::authorization_setup: return std::holds_alternative<AuthorizationSetupRes>(message);
        case Step::authorization: return std::holds_alternative<AuthorizationRes>(message);
        case Step::service_discovery: return std::holds_alternative<ServiceDiscoveryRes>(message);
        case Step::service_detail: return std::holds_alternative<ServiceDetailRes>(message);
        case Step::service_selection: return std::holds_alternative<ServiceSelectionRes>(message);
        case Step::charge_parameters: return std::holds_alternative<DC_ChargeParameterDiscoveryRes>(message);
        case Step::schedule_exchange: return std::holds_alternative<ScheduleExchangeRes>(message);
        case Step::cable_check: return std::holds_alternative<DC_CableCheckRes>(message);
        case Step::precharge: return std::holds_alternative<DC_PreChargeRes>(message);
        case Step::power_on:
        case Step::power_off: return std::holds_alternative<PowerDeliveryRes>(message);
        case Step::charge_loop: return std::holds_alternative<DC_ChargeLoopRes>(message);
        case Step::welding_detection: return std::holds_alternative<DC_WeldingDetectionRes>(message);
        case Step::session_stop: return std::holds_alternative<SessionStopRes>(message);
        case Step::ramp_down:
        case Step::done: break;
    }
    return false;
}

Result<Next> take(const Plan& plan, Car& car, const Message& message, const Cable& cable, Instant now) {
    return std::visit(Taker{plan, car, cable, now}, message);
}

}  // namespace voltkeep::iso15118::evcc
