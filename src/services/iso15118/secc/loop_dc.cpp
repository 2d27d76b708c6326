// SPDX-License-Identifier: Apache-2.0
// DC_ChargeLoop, also of MCS: energy flows.
#include <algorithm>

#include "services/iso15118/secc/loop.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

template <class Mode>
concept OfBoth = requires(Mode mode) { mode.ev_maximum_discharge_power; };

bool take_dynamic(Needs& needs, const auto& mode) {
    const auto voltage = to_millivolt(mode.ev_maximum_voltage);
    const auto current = to_milliampere(mode.ev_maximum_charge_current);
    const auto power = to_watt(mode.ev_maximum_charge_power);
    const auto energy = to_watthour(mode.ev_target_energy_request);
    if (!voltage || !current || !power || !energy || current->value < 0) return false;
    needs.target_voltage = needs.maximum_voltage = *voltage;
    needs.target_current = needs.maximum_current = *current;
    needs.maximum_power = *power;
    needs.energy_wanted = std::max(*energy, WattHour{0});
    return true;
}

bool take_scheduled(Needs& needs, const auto& mode) {
    const auto voltage = to_millivolt(mode.ev_target_voltage);
    const auto current = to_milliampere(mode.ev_target_current);
    if (!voltage || !current) return false;
    needs.target_voltage = *voltage;
    needs.target_current = *current;
    if (mode.ev_maximum_voltage) needs.maximum_voltage = to_millivolt(*mode.ev_maximum_voltage).value_or(*voltage);
    if (mode.ev_maximum_charge_current)
        needs.maximum_current = to_milliampere(*mode.ev_maximum_charge_current).value_or(*current);
    if (mode.ev_maximum_charge_power) needs.maximum_power = to_watt(*mode.ev_maximum_charge_power).value_or(needs.maximum_power);
    return true;
}

/// What the car asks for in this turn, or nothing if its mode is not the selected one or a number is out of all bounds.
std::optional<Needs> needs_of(const Session& session, const DC_ChargeLoopReq& request) {
    Needs needs = session.needs;
    needs.phase = Phase::charge;
    const auto present = to_millivolt(request.ev_present_voltage);
    if (!present) return std::nullopt;
    needs.present_voltage = *present;
    if (request.display_parameters && request.display_parameters->present_soc)
        needs.state_of_charge = {static_cast<std::int16_t>(*request.display_parameters->present_soc * 10)};
    const bool is_both = is_bidirectional(session.service);
    const bool is_taken = std::visit(
        [&]<class Mode>(const Mode& mode) {
            if constexpr (std::is_same_v<Mode, CLReqControlMode>) return false;
            else if (OfBoth<Mode> != is_both) return false;
            else if constexpr (requires { mode.ev_target_current; })
                return session.control == ControlMode::scheduled && take_scheduled(needs, mode);
            else return session.control == ControlMode::dynamic && take_dynamic(needs, mode);
        },
        request.control_mode);
    if (!is_taken) return std::nullopt;
    //= ISO 15118-20 [V2G20-2188] what the car asks for is cut to what it was promised; back only in a service of both directions
    const bool is_possible = needs.target_voltage.value >= 0 &&
                             needs.target_current >= MilliAmpere{is_both ? -session.promised.discharge_current.value : 0} &&
                             needs.maximum_voltage.value >= 0 && needs.maximum_current.value >= 0 &&
                             needs.maximum_power.value >= 0;
    return is_possible ? std::optional(needs) : std::nullopt;
}

//= ISO 15118-20 [V2G20-2654] the limits in the loop never exceed those of the charge parameters
Limits limits_of(const Session& session, const Station& station) {
    return {std::min(station.maximum_voltage, session.promised.voltage),
            std::min(station.maximum_current, session.promised.current), std::min(station.maximum_power, session.promised.power),
            std::min(station.maximum_discharge_current, session.promised.discharge_current),
            std::min(station.maximum_discharge_power, session.promised.discharge_power)};
}

template <class Mode>
Mode mode_with(const Limits& limits, const Station& station) {
    Mode mode;
    mode.evse_maximum_charge_power = to_rational(limits.power);
    mode.evse_minimum_charge_power = to_rational(std::min(station.minimum_power, limits.power));
    mode.evse_maximum_charge_current = to_rational(limits.current);
    mode.evse_maximum_voltage = to_rational(limits.voltage);
    if constexpr (requires { mode.evse_maximum_discharge_power; }) {
        mode.evse_maximum_discharge_power = to_rational(limits.discharge_power);
        mode.evse_minimum_discharge_power = to_rational(Watt{0});
        mode.evse_maximum_discharge_current = to_rational(limits.discharge_current);
        mode.evse_minimum_voltage = to_rational(station.minimum_voltage);
    }
    return mode;
}

void put_limits(DC_ChargeLoopRes& response, const Session& session, const Station& station) {
    const Limits limits = limits_of(session, station);
    const bool is_both = is_bidirectional(session.service);
    if (session.control == ControlMode::dynamic) {
        if (is_both) response.control_mode = mode_with<BPT_Dynamic_DC_CLResControlMode>(limits, station);
        else response.control_mode = mode_with<Dynamic_DC_CLResControlMode>(limits, station);
    } else {
        if (is_both) response.control_mode = mode_with<BPT_Scheduled_DC_CLResControlMode>(limits, station);
        else response.control_mode = mode_with<Scheduled_DC_CLResControlMode>(limits, station);
    }
}

}  // namespace

Answer<DC_ChargeLoopRes> charge(const Context& context, const Session& session, const DC_ChargeLoopReq& request) {
    const Station& station = context.station;
    auto answer = begin<DC_ChargeLoopRes>(context, session);
    DC_ChargeLoopRes& response = answer.response;
    response.evse_present_current = to_rational(station.present_current);
    response.evse_present_voltage = to_rational(station.present_voltage);
    put_limits(response, session, station);
    const auto needs = needs_of(session, request);
    if (!needs || is_ac(session.service)) {
        response.response_code =
            is_ac(session.service) ? ResponseCode::FAILED_SequenceError : ResponseCode::FAILED_WrongChargeParameter;
        return answer;
    }
    response.evse_status = status_for(context, answer.session);
    if (const auto broken = break_of(context, answer.session)) {
        response.response_code = broken->code;
        answer.actions.stop = Stop{StopCause::communication_lost, Text<80>::cut(broken->why)};
        return answer;
    }
    response.evse_power_limit_achieved = station.is_power_limited;
    response.evse_current_limit_achieved = station.is_current_limited;
    response.evse_voltage_limit_achieved = station.is_voltage_limited;
    //= ISO 15118-20 [V2G20-1081] the meter's reading is given when it is asked for
    if (request.meter_info_requested) response.meter_info = meter_info_of(session, station);
    answer.session.needs = *needs;
    answer.actions.tell_needs = true;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
