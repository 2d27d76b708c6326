// SPDX-License-Identifier: Apache-2.0
#include "peers/ev/evcc/responses.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "peers/ev/evcc/requests.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::evcc {
namespace {

/// ISO 15118-20, its table of services.
constexpr ServiceID id_of(EnergyService service) {
    constexpr std::array<ServiceID, 6> ids{1, 2, 5, 6, 8, 9};
    return ids[static_cast<std::size_t>(service)];
}

bool has(const ParameterSet& set, std::string_view name, std::int32_t value) {
    return std::ranges::any_of(set.parameter,
                               [&](const Parameter& p) { return p.name.view() == name && p.value == decltype(p.value)(value); });
}

/// Power of the first entry of what the charger offers.
Watt power_of(const ScheduleTuple& tuple) {
    const auto& entries = tuple.charging_schedule.power_schedule.power_schedule_entries.power_schedule_entry;
    return entries.empty() ? Watt{0} : to_watt(entries[0].power).value_or(Watt{0});
}

constexpr MilliVolt safe_voltage{60'000};

struct Taker {
    const Plan& plan;
    Car& car;
    const Cable& cable;
    Instant now;

    Result<Next> operator()(const supportedAppProtocolRes& response) {
        if (response.response_code == AppProtocolResponseCode::Failed_NoNegotiation || response.schema_id != SchemaID{1})
            return fail(Errc::refused, is_ac(plan.service) ? "the charger does not speak ISO 15118-20 AC"
                                                           : "the charger does not speak ISO 15118-20 DC");
        return Next{Step::session_setup};
    }

    Result<Next> operator()(const SessionSetupRes& response) {
        car.session = response.header.session_id;
        if (car.session == SessionID{}) return fail(Errc::malformed, "the charger gave the session no id");
        const auto paused = std::exchange(car.paused, std::nullopt);
        car.is_joined = paused && response.response_code == ResponseCode::OK_OldSessionJoined;
        if (response.response_code == ResponseCode::OK_OldSessionJoined) {
            if (!paused || car.session != paused->session)
                return fail(Errc::malformed, "the charger joins a session that was not paused");
            car.service = paused->service;
            car.parameter_set = paused->parameter_set;
            return Next{Step::charge_parameters};
        }
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
        if (response.evse_processing == Processing::Ongoing_WaitingForCustomerInteraction)
            car.since = now;  // people take their time
        return again(plan.timers.ongoing, "the authorization takes too long");
    }

    Result<Next> operator()(const ServiceDiscoveryRes& response) {
        if (!std::ranges::contains(response.energy_transfer_service_list.service, id_of(plan.service), &Service::service_id))
            return fail(Errc::unsupported, "the charger does not offer this service");
        car.service = id_of(plan.service);
        return Next{Step::service_detail};
    }

    Result<Next> operator()(const ServiceDetailRes& response) {
        const std::int32_t wanted = plan.control == Control::dynamic ? 2 : 1;
        for (const ParameterSet& set : response.service_parameter_list.parameter_set)
            if (has(set, "ControlMode", wanted) && has(set, "MobilityNeedsMode", plan.is_mobility_by_charger ? 2 : 1) &&
                (plan.pricing == Pricing::any || has(set, "Pricing", static_cast<std::int32_t>(plan.pricing)))) {
                car.parameter_set = set.parameter_set_id;
                return Next{Step::service_selection};
            }
        return fail(Errc::unsupported, "the charger does not offer this control mode");
    }

    Result<Next> operator()(const ServiceSelectionRes&) { return Next{Step::charge_parameters}; }

    Result<Next> operator()(const DC_ChargeParameterDiscoveryRes& response) {
        if (std::holds_alternative<BPT_DC_CPDResEnergyTransferMode>(response.energy_transfer_mode) !=
            is_bidirectional(plan.service))
            return fail(Errc::malformed, "the charger's parameters are of another service");
        const auto voltages = [](const auto& mode) {
            return std::pair(to_millivolt(mode.evse_maximum_voltage), to_millivolt(mode.evse_minimum_voltage));
        };
        const auto [maximum, minimum] = std::visit(voltages, response.energy_transfer_mode);
        if (!maximum || !minimum || cable.battery_voltage > *maximum || cable.battery_voltage < *minimum)
            return fail(Errc::unsupported, "the charger's voltage does not fit the battery");
        return Next{Step::schedule_exchange};
    }

    Result<Next> operator()(const AC_ChargeParameterDiscoveryRes& response) {
        if (std::holds_alternative<BPT_AC_CPDResEnergyTransferMode>(response.energy_transfer_mode) !=
            is_bidirectional(plan.service))
            return fail(Errc::malformed, "the charger's parameters are of another service");
        return Next{Step::schedule_exchange};
    }

    Result<Next> operator()(const ScheduleExchangeRes& response) {
        if (response.evse_processing != Processing::Finished) return again(plan.timers.ongoing, "the schedule takes too long");
        const auto* scheduled = std::get_if<Scheduled_SEResControlMode>(&response.control_mode);
        if ((scheduled != nullptr) != (plan.control == Control::scheduled))
            return fail(Errc::malformed, "the schedule is of the other control mode");
        if (scheduled) {
            const ScheduleTuple& tuple = scheduled->schedule_tuple[0];
            if (!tuple.charging_schedule.price_schedule) return fail(Errc::malformed, "a schedule without its prices");
            if (plan.pricing == Pricing::absolute &&
                !std::holds_alternative<AbsolutePriceSchedule>(*tuple.charging_schedule.price_schedule))
                return fail(Errc::malformed, "prices that are not in money");
            car.schedule = tuple.schedule_tuple_id;
            car.scheduled = power_of(tuple);
        } else if (plan.is_mobility_by_charger && !std::get<Dynamic_SEResControlMode>(response.control_mode).departure_time) {
            return fail(Errc::malformed, "the charger provides no mobility needs");
        }
        if (car.step == Step::new_schedule) return Next{Step::new_profile};
        car.inlet.pilot = Pilot::c;
        return Next{is_ac(plan.service) ? Step::power_on : Step::cable_check};
    }

    Result<Next> operator()(const DC_CableCheckRes& response) {
        if (response.evse_processing != Processing::Finished)
            return again(plan.timers.cable_check, "the cable check takes too long");
        return Next{Step::precharge};
    }

    Result<Next> operator()(const DC_PreChargeRes& response) {
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        if (!is_precharged(car, cable)) return again(plan.timers.precharge, "the precharge takes too long");
        car.inlet.contactor = true;
        return Next{Step::power_on};
    }

    Result<Next> operator()(const PowerDeliveryRes& response) {
        if (car.step == Step::power_off) {
            note_status(response.evse_status);
            return Next{Step::ramp_down};
        }
        if (car.step == Step::standby) {
            car.taken.asks_for_standby = true;
            if (response.response_code != ResponseCode::WARNING_StandbyNotAllowed)
                return fail(Errc::unsupported, "this car does not stand by");
            return Next{Step::charge_loop};
        }
        if (is_warning(response.response_code)) return fail(Errc::refused, exi::name(response.response_code));
        if (car.step == Step::renegotiation) return Next{Step::new_schedule};
        if (car.step == Step::new_profile) {
            car.taken.renegotiates_schedule = true;
            ++car.statistics.renegotiations;
            car.is_told_to_renegotiate = false;
            return Next{Step::charge_loop};
        }
        if (is_ac(plan.service)) car.inlet.contactor = true;
        car.loop_since = car.energy_at = now;
        return Next{Step::charge_loop};
    }

    Result<Next> operator()(const DC_ChargeLoopRes& response) {
        const bool is_both = std::holds_alternative<BPT_Dynamic_DC_CLResControlMode>(response.control_mode) ||
                             std::holds_alternative<BPT_Scheduled_DC_CLResControlMode>(response.control_mode);
        if (is_both != is_bidirectional(plan.service))
            return fail(Errc::malformed, "the charger's limits are of another service");
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        car.evse_current = to_milliampere(response.evse_present_current).value_or(MilliAmpere{});
        return after_loop(response.evse_status);
    }

    Result<Next> operator()(const AC_ChargeLoopRes& response) {
        const bool is_known = std::visit(
            [&]<class Mode>(const Mode& mode) {
                if constexpr (std::is_same_v<Mode, CLResControlMode>) {
                    return false;
                } else {
                    if (std::optional<RationalNumber> target = mode.evse_target_active_power)
                        car.target_power = to_watt(*target).value_or(Watt{0});
                    if (mode.evse_present_active_power)
                        car.evse_power = to_watt(*mode.evse_present_active_power).value_or(Watt{0});
                    constexpr bool is_both = std::is_same_v<Mode, BPT_Dynamic_AC_CLResControlMode> ||
                                             std::is_same_v<Mode, BPT_Scheduled_AC_CLResControlMode>;
                    return is_both == is_bidirectional(plan.service);
                }
            },
            response.control_mode);
        if (!is_known) return fail(Errc::malformed, "the charger's target is of another service");
        return after_loop(response.evse_status);
    }

    Result<Next> operator()(const DC_WeldingDetectionRes& response) {
        car.evse_voltage = to_millivolt(response.evse_present_voltage).value_or(MilliVolt{});
        if (inlet_voltage(car, cable) < safe_voltage || now - car.since > plan.timers.welding_detection)
            return Next{Step::session_stop};
        return Next{car.step, plan.timers.poll_pause};
    }

    /// What it was sent as says what it ends: the same conditions still hold.
    Result<Next> operator()(const SessionStopRes&) {
        const auto asked = std::get<SessionStopReq>(make_request(plan, car, cable, 0)).charging_session;
        if (asked == ChargingSession::ServiceRenegotiation) {
            car.taken.renegotiates_service = true;
            return Next{Step::service_discovery};
        }
        if (asked == ChargingSession::Pause) {
            car.taken.pauses = true;
            car.paused = Paused{car.session, car.service, car.parameter_set};
        }
        return Next{Step::done};
    }

    Result<Next> operator()(const auto&) { return fail(Errc::malformed, "not a response that this car asks for"); }

private:
    /// Whether the loop goes on, and what comes beside it.
    Next after_loop(const std::optional<EVSEStatus>& status) {
        note_status(status);
        count_energy();
        ++car.statistics.loops;
        const bool is_full = cable.state_of_charge >= plan.target_soc;
        const bool has_enough = plan.target_energy.value > 0 && car.energy_wh >= static_cast<double>(plan.target_energy.value);
        const bool is_over = plan.duration > Duration::zero() && now - car.loop_since >= plan.duration;
        if (car.is_told_to_stop || car.is_stop_wanted || is_full || has_enough || is_over) return Next{Step::power_off};
        constexpr std::uint32_t loops_before_detour = 3;
        if (car.is_told_to_renegotiate) return Next{Step::new_schedule};
        if (car.statistics.loops < loops_before_detour) return Next{Step::charge_loop, plan.timers.loop_pause};
        if (plan.detours.asks_for_standby && !car.taken.asks_for_standby) return Next{Step::standby};
        if (plan.detours.renegotiates_schedule && !car.taken.renegotiates_schedule) return Next{Step::renegotiation};
        return Next{Step::charge_loop, plan.timers.loop_pause};
    }

    Result<Next> again(Duration limit, std::string_view what) const {
        if (now - car.since > limit) return fail(Errc::timeout, what);
        return Next{car.step, plan.timers.poll_pause};
    }

    void note_status(const std::optional<EVSEStatus>& status) {
        if (status && status->evse_notification == EVSENotification::Terminate) car.is_told_to_stop = true;
        if (status && status->evse_notification == EVSENotification::ScheduleRenegotiation) car.is_told_to_renegotiate = true;
    }

    void count_energy() {
        if (cable.is_there) {
            car.energy_wh = static_cast<double>(cable.received_mwh) / 1'000.0;
            return;
        }
        const Watt power = is_ac(plan.service) ? car.evse_power : voltkeep::power_of(car.evse_voltage, car.evse_current);
        const double watts = static_cast<double>(power.value);
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
        case Step::charge_parameters:
            return std::holds_alternative<DC_ChargeParameterDiscoveryRes>(message) ||
                   std::holds_alternative<AC_ChargeParameterDiscoveryRes>(message);
        case Step::schedule_exchange:
        case Step::new_schedule: return std::holds_alternative<ScheduleExchangeRes>(message);
        case Step::cable_check: return std::holds_alternative<DC_CableCheckRes>(message);
        case Step::precharge: return std::holds_alternative<DC_PreChargeRes>(message);
        case Step::power_on:
        case Step::standby:
        case Step::renegotiation:
        case Step::new_profile:
        case Step::power_off: return std::holds_alternative<PowerDeliveryRes>(message);
        case Step::charge_loop:
            return std::holds_alternative<DC_ChargeLoopRes>(message) || std::holds_alternative<AC_ChargeLoopRes>(message);
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
