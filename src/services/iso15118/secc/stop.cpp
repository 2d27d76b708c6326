// SPDX-License-Identifier: Apache-2.0
// DC_WeldingDetection, SessionStop.
#include "services/iso15118/secc/handlers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {

Answer<DC_WeldingDetectionRes> detect_welding(const Context& context, const Session& session, const DC_WeldingDetectionReq& request) {
    auto answer = begin<DC_WeldingDetectionRes>(context, session);
    answer.response.evse_present_voltage = to_rational(context.station.present_voltage);
    answer.session.needs.phase = Phase::weld_check;
    answer.actions.tell_needs = true;
    if (request.ev_processing == Processing::Finished) answer.session.stage = Stage::session_stop;
    return answer;
}

Answer<SessionStopRes> stop_session(const Context& context, const Session& session, const SessionStopReq& request) {
    using Response = SessionStopRes;
    if (request.charging_session == ChargingSession::Pause)
        return refuse<Response>(context, session, ResponseCode::FAILED_PauseNotAllowed);
    if (request.charging_session == ChargingSession::ServiceRenegotiation)
        return refuse<Response>(context, session, ResponseCode::FAILED_NoServiceRenegotiationSupported);
    auto answer = begin<Response>(context, session);
    std::string_view why = request.ev_termination_code ? request.ev_termination_code->view() : "SessionStop";
    answer.actions.stop = Stop{StopCause::ev_terminate, Text<80>::cut(why)};
    answer.session.stage = Stage::ended;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
