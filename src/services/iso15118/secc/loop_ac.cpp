// SPDX-License-Identifier: Apache-2.0
// AC_ChargeLoop: the car's own charger draws, the answers tell how much it may.
#include <algorithm>

#include "services/iso15118/secc/loop.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

/// What the car asks for in this turn, or nothing if its mode is not the selected one or a number is out of all bounds.
std::optional<Needs> needs_of(const Session& session, const AC_ChargeLoopReq& request) {
    Needs needs = session.needs;
    needs.phase = Phase::charge;
    if (request.display_parameters && request.display_parameters->present_soc)
        needs.state_of_charge = {static_cast<std::int16_t>(*request.display_parameters->present_soc * 10)};
    const bool is_both = is_bidirectional(session.service);
    const bool is_taken = std::visit(
        [&]<class Mode>(const Mode& mode) {
            if constexpr (std::is_same_v<Mode, CLReqControlMode>) {
                return false;
            } else {
                constexpr bool is_of_both = requires { mode.ev_maximum_discharge_power; };
                constexpr bool is_dynamic = !requires { mode.ev_maximum_charge_power.has_value(); };
                const auto present = to_watt(mode.ev_present_active_power);
                if (is_of_both != is_both || is_dynamic != (session.control == ControlMode::dynamic) || !present) return false;
                if constexpr (is_dynamic)
                    needs.energy_wanted = std::max(to_watthour(mode.ev_target_energy_request).value_or(WattHour{0}), WattHour{0});
                return true;
            }
        },
        request.control_mode);
    return is_taken ? std::optional(needs) : std::nullopt;
}

/// How much the car shall take. What comes back is the station's decision, and it has none to make here yet: never less than 0.
Watt target_of(const Session& session, const Station& station) {
    const Watt allowed = std::min({station.maximum_power, session.promised.power, session.needs.maximum_power});
    return session.control == ControlMode::scheduled ? std::min(allowed, session.scheduled) : allowed;
}

template <class Mode>
Mode mode_with(Watt target, Watt present) {
    Mode mode;
    mode.evse_target_active_power = to_rational(target);
    mode.evse_present_active_power = to_rational(present);
    return mode;
}

void put_target(AC_ChargeLoopRes& response, const Session& session, const Station& station) {
    const Watt target = target_of(session, station);
    const Watt present = station.present_power;
    const bool is_both = is_bidirectional(session.service);
    if (session.control == ControlMode::dynamic) {
        if (is_both) response.control_mode = mode_with<BPT_Dynamic_AC_CLResControlMode>(target, present);
        else response.control_mode = mode_with<Dynamic_AC_CLResControlMode>(target, present);
    } else {
        if (is_both) response.control_mode = mode_with<BPT_Scheduled_AC_CLResControlMode>(target, present);
        else response.control_mode = mode_with<Scheduled_AC_CLResControlMode>(target, present);
    }
}

}  // namespace

Answer<AC_ChargeLoopRes> charge_ac(const Context& context, const Session& session, const AC_ChargeLoopReq& request) {
    auto answer = begin<AC_ChargeLoopRes>(context, session);
    AC_ChargeLoopRes& response = answer.response;
    put_target(response, session, context.station);
    const auto needs = needs_of(session, request);
    if (!needs || !is_ac(session.service)) {
        response.response_code =
            is_ac(session.service) ? ResponseCode::FAILED_WrongChargeParameter : ResponseCode::FAILED_SequenceError;
        return answer;
    }
    response.evse_status = status_for(context, answer.session);
    if (const auto broken = break_of(context, answer.session)) {
        response.response_code = broken->code;
        answer.actions.stop = Stop{StopCause::communication_lost, Text<80>::cut(broken->why)};
        return answer;
    }
    if (request.meter_info_requested) response.meter_info = meter_info_of(session, context.station);
    answer.session.needs = *needs;
    answer.actions.tell_needs = true;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
