// SPDX-License-Identifier: Apache-2.0
// PowerDelivery: power starts, stops, and goes on with another schedule.
#include <algorithm>

#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "services/iso15118/secc/schedule.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

using Response = PowerDeliveryRes;

Answer<Response> stop_power(const Context& context, const Session& session) {
    auto answer = begin<Response>(context, session);
    answer.session.needs.phase = Phase::stopping;
    answer.session.needs.target_current = {};
    answer.session.renegotiation = Renegotiation::none;
    answer.session.stage = is_ac(session.service) ? Stage::session_stop : Stage::welding_detection;
    answer.actions.tell_needs = true;   // the ramp down begins now; the answer does not wait for it
    return answer;
}

/// The car takes up the charger's word, begins by its own, or chooses what it was offered.
Answer<Response> take_new_schedule(const Context& context, const Session& session, const PowerDeliveryReq& request) {
    auto answer = begin<Response>(context, session);
    if (session.renegotiation != Renegotiation::offered) {
        answer.session.renegotiation = Renegotiation::opened;
        return answer;
    }
    answer.response.response_code = judge_profile(session, request);
    if (is_failed(answer.response.response_code)) return answer;
    answer.session.renegotiation = Renegotiation::none;
    answer.session.scheduled = session.offered;
    return answer;
}

bool is_delivering(const Station& station) {
    return station.is_known && station.phase == Phase::charge && station.progress == Progress::finished;
}

}  // namespace

ResponseCode judge_profile(const Session& session, const PowerDeliveryReq& request) {
    if (!request.ev_power_profile) return ResponseCode::OK;
    const auto* scheduled = std::get_if<Scheduled_EVPPTControlMode>(&request.ev_power_profile->control_mode);
    if ((scheduled == nullptr) != (session.control == ControlMode::dynamic)) return ResponseCode::FAILED_ScheduleSelectionInvalid;
    if (!scheduled) return ResponseCode::OK;
    if (scheduled->selected_schedule_tuple_id != only_schedule) return ResponseCode::FAILED_ScheduleSelectionInvalid;
    for (const PowerScheduleEntry& entry : request.ev_power_profile->ev_power_profile_entries.ev_power_profile_entry) {
        const auto power = to_watt(entry.power);
        const Watt most = session.offered, least{-session.promised.discharge_power.value};
        // Of the power's own rounding to 16 bits the car is not to blame.
        if (!power || *power > most + Watt{most.value / 1'000} || *power < least)
            return ResponseCode::FAILED_EVPowerProfileInvalid;
    }
    return ResponseCode::OK;
}

Answer<PowerDeliveryRes> start_power(const Context& context, const Session& session, const PowerDeliveryReq& request) {
    const Station& station = context.station;
    if (request.charge_progress == ChargeProgress::Stop) return stop_power(context, session);
    if (request.charge_progress == ChargeProgress::Standby)
        return refuse<Response>(context, session, ResponseCode::WARNING_StandbyNotAllowed);
    if (request.charge_progress == ChargeProgress::ScheduleRenegotiation)
        return refuse<Response>(context, session, ResponseCode::WARNING_ScheduleRenegotiationFailed);
    if (const ResponseCode code = judge_profile(session, request); is_failed(code))
        return refuse<Response>(context, session, code);
    if (station.is_known && (station.progress == Progress::failed || station.stop_wanted))
        return give_up<Response>(context, session, ResponseCode::FAILED_PowerDeliveryNotApplied, "no power at its start");
    auto answer = begin<Response>(context, session);
    if (request.ev_processing != Processing::Finished) return answer;   // the car asks again
    answer.session.needs.phase = Phase::charge;
    answer.actions.tell_needs = true;
    if (is_ac(session.service) && !is_delivering(station)) {
        // The car draws as soon as it has the answer: the contactor is closed before.
        if (context.moment.now - context.arrived > context.settings.contactor_limit)
            return give_up<Response>(context, session, ResponseCode::FAILED_ContactorError,
                                     "the contactor did not close in time");
        answer.actions.wait = true;
        return answer;
    }
    answer.session.stage = Stage::charge_loop;
    return answer;
}

Answer<PowerDeliveryRes> change_power(const Context& context, const Session& session, const PowerDeliveryReq& request) {
    switch (request.charge_progress) {
        case ChargeProgress::Stop: return stop_power(context, session);
        case ChargeProgress::Standby: return refuse<Response>(context, session, ResponseCode::WARNING_StandbyNotAllowed);
        case ChargeProgress::ScheduleRenegotiation: return take_new_schedule(context, session, request);
        case ChargeProgress::Start: break;
    }
    return refuse<Response>(context, session, ResponseCode::FAILED_SequenceError);
}

}  // namespace voltkeep::iso15118::secc
