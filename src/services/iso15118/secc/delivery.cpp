// SPDX-License-Identifier: Apache-2.0
// PowerDelivery, DC_ChargeLoop: energy flows.
#include <algorithm>

#include "services/iso15118/secc/handlers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

constexpr std::uint32_t only_schedule = 1;

bool follows_the_schedule(const Session& session, const PowerDeliveryReq& request) {
    if (!request.ev_power_profile) return true;
    const auto& mode = request.ev_power_profile->control_mode;
    const auto* scheduled = std::get_if<Scheduled_EVPPTControlMode>(&mode);
    if (session.control == ControlMode::dynamic) return scheduled == nullptr;
    return scheduled && scheduled->selected_schedule_tuple_id == only_schedule;
}

Answer<PowerDeliveryRes> stop_power(const Context& context, const Session& session) {
    auto answer = begin<PowerDeliveryRes>(context, session);
    answer.session.needs.phase = Phase::stopping;
    answer.session.needs.target_current = {};
    answer.session.stage = Stage::welding_detection;
    answer.actions.tell_needs = true;   // the ramp down begins now; the answer does not wait for it
    return answer;
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

    if (const auto* dynamic = std::get_if<Dynamic_DC_CLReqControlMode>(&request.control_mode)) {
        const auto voltage = to_millivolt(dynamic->ev_maximum_voltage);
        const auto current = to_milliampere(dynamic->ev_maximum_charge_current);
        const auto power = to_watt(dynamic->ev_maximum_charge_power);
        const auto energy = to_watthour(dynamic->ev_target_energy_request);
        if (session.control != ControlMode::dynamic || !voltage || !current || !power || !energy) return std::nullopt;
        needs.target_voltage = needs.maximum_voltage = *voltage;
        needs.target_current = needs.maximum_current = *current;
        needs.maximum_power = *power;
        needs.energy_wanted = std::max(*energy, WattHour{0});
    } else if (const auto* scheduled = std::get_if<Scheduled_DC_CLReqControlMode>(&request.control_mode)) {
        const auto voltage = to_millivolt(scheduled->ev_target_voltage);
        const auto current = to_milliampere(scheduled->ev_target_current);
        if (session.control != ControlMode::scheduled || !voltage || !current) return std::nullopt;
        needs.target_voltage = *voltage;
        needs.target_current = *current;
        if (scheduled->ev_maximum_voltage) needs.maximum_voltage = to_millivolt(*scheduled->ev_maximum_voltage).value_or(*voltage);
        if (scheduled->ev_maximum_charge_current)
            needs.maximum_current = to_milliampere(*scheduled->ev_maximum_charge_current).value_or(*current);
        if (scheduled->ev_maximum_charge_power)
            needs.maximum_power = to_watt(*scheduled->ev_maximum_charge_power).value_or(needs.maximum_power);
    } else {
        return std::nullopt;
    }
    const bool is_possible = needs.target_voltage.value >= 0 && needs.target_current.value >= 0 && needs.maximum_voltage.value >= 0 &&
                             needs.maximum_current.value >= 0 && needs.maximum_power.value >= 0;
    return is_possible ? std::optional(needs) : std::nullopt;
}

//= ISO 15118-20 [V2G20-2654] the limits in the loop never exceed those of the charge parameters
Limits limits_of(const Session& session, const Station& station) {
    return {std::min(station.maximum_voltage, session.promised.voltage), std::min(station.maximum_current, session.promised.current),
            std::min(station.maximum_power, session.promised.power)};
}

void put_limits(DC_ChargeLoopRes& response, const Session& session, const Station& station) {
    const Limits limits = limits_of(session, station);
    const Watt minimum = std::min(station.minimum_power, limits.power);
    if (session.control == ControlMode::dynamic) {
        Dynamic_DC_CLResControlMode mode;
        mode.evse_maximum_charge_power = to_rational(limits.power);
        mode.evse_minimum_charge_power = to_rational(minimum);
        mode.evse_maximum_charge_current = to_rational(limits.current);
        mode.evse_maximum_voltage = to_rational(limits.voltage);
        response.control_mode = mode;
    } else {
        Scheduled_DC_CLResControlMode mode;
        mode.evse_maximum_charge_power = to_rational(limits.power);
        mode.evse_minimum_charge_power = to_rational(minimum);
        mode.evse_maximum_charge_current = to_rational(limits.current);
        mode.evse_maximum_voltage = to_rational(limits.voltage);
        response.control_mode = mode;
    }
}

//= ISO 15118-20 [V2G20-1081] the meter's reading is given when it is asked for
void put_meter(DC_ChargeLoopRes& response, const Station& station) {
    if (station.meter.empty()) return;
    MeterInfo info;
    info.meter_id = MeterID::from(station.meter.view()).value_or(MeterID("meter"));
    info.charged_energy_reading_wh = static_cast<std::uint64_t>(std::max<std::int64_t>(station.energy.value, 0));
    response.meter_info = info;
}

}  // namespace

std::optional<EVSEStatus> status_for(const Context& context, Session& session) {
    if (!context.station.is_known || !context.station.stop_wanted) return std::nullopt;
    if (!session.is_told_to_terminate) session.told_at = context.moment.now;
    session.is_told_to_terminate = true;
    return EVSEStatus{0, EVSENotification::Terminate};
}

Answer<PowerDeliveryRes> start_power(const Context& context, const Session& session, const PowerDeliveryReq& request) {
    using Response = PowerDeliveryRes;
    if (request.charge_progress == ChargeProgress::Stop) return stop_power(context, session);
    if (request.charge_progress == ChargeProgress::Standby)
        return refuse<Response>(context, session, ResponseCode::WARNING_StandbyNotAllowed);
    if (request.charge_progress == ChargeProgress::ScheduleRenegotiation)
        return refuse<Response>(context, session, ResponseCode::WARNING_ScheduleRenegotiationFailed);
    if (!follows_the_schedule(session, request))
        return refuse<Response>(context, session, ResponseCode::FAILED_ScheduleSelectionInvalid);
    if (context.station.is_known && (context.station.progress == Progress::failed || context.station.stop_wanted))
        return give_up<Response>(context, session, ResponseCode::FAILED_PowerDeliveryNotApplied, "no power at its start");
    auto answer = begin<Response>(context, session);
    if (request.ev_processing != Processing::Finished) return answer;   // the car asks again
    answer.session.needs.phase = Phase::charge;
    answer.session.stage = Stage::charge_loop;
    answer.actions.tell_needs = true;
    return answer;
}

Answer<PowerDeliveryRes> change_power(const Context& context, const Session& session, const PowerDeliveryReq& request) {
    using Response = PowerDeliveryRes;
    switch (request.charge_progress) {
        case ChargeProgress::Stop: return stop_power(context, session);
        case ChargeProgress::Standby: return refuse<Response>(context, session, ResponseCode::WARNING_StandbyNotAllowed);
        case ChargeProgress::ScheduleRenegotiation:
            return refuse<Response>(context, session, ResponseCode::WARNING_ScheduleRenegotiationFailed);
        case ChargeProgress::Start: break;
    }
    return refuse<Response>(context, session, ResponseCode::FAILED_SequenceError);
}

Answer<DC_ChargeLoopRes> charge(const Context& context, const Session& session, const DC_ChargeLoopReq& request) {
    using Response = DC_ChargeLoopRes;
    const Station& station = context.station;
    auto answer = begin<Response>(context, session);
    Response& response = answer.response;
    response.evse_present_current = to_rational(station.present_current);
    response.evse_present_voltage = to_rational(station.present_voltage);
    put_limits(response, session, station);
    const auto needs = needs_of(session, request);
    if (!needs) {
        response.response_code = ResponseCode::FAILED_WrongChargeParameter;
        return answer;
    }
    response.evse_status = status_for(context, answer.session);
    const bool is_overdue =
        answer.session.is_told_to_terminate && context.moment.now - answer.session.told_at > context.settings.terminate_limit;
    const bool has_failed = station.is_known && station.phase == Phase::charge && station.progress == Progress::failed;
    if (is_overdue || (has_failed && !station.stop_wanted)) {
        response.response_code = is_overdue ? ResponseCode::FAILED : ResponseCode::FAILED_ContactorError;
        const std::string_view why = is_overdue ? "told to terminate and went on" : "the power path stopped";
        answer.actions.stop = Stop{StopCause::communication_lost, Text<80>::cut(why)};
        return answer;
    }
    response.evse_power_limit_achieved = station.is_power_limited;
    response.evse_current_limit_achieved = station.is_current_limited;
    response.evse_voltage_limit_achieved = station.is_voltage_limited;
    if (request.meter_info_requested) put_meter(response, station);
    answer.session.needs = *needs;
    answer.actions.tell_needs = true;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
