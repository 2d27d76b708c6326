// SPDX-License-Identifier: Apache-2.0
// DC_WeldingDetection, SessionStop: for good, for a while, or for another service.
#include "services/iso15118/secc/handlers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

using Response = SessionStopRes;

/// No power flows, and there is something to come back to.
bool is_between(const Session& session) {
    return session.stage == Stage::cable_check || session.stage == Stage::welding_detection ||
           session.stage == Stage::session_stop;
}

Answer<Response> pause(const Context& context, const Session& session) {
    if (!is_between(session)) return refuse<Response>(context, session, ResponseCode::FAILED_PauseNotAllowed);
    auto answer = begin<Response>(context, session);
    answer.actions.stop = Stop{StopCause::ev_pause, "SessionStop(Pause)"};
    answer.session.is_paused = true;
    answer.session.stage = Stage::ended;
    return answer;
}

//= ISO 15118-20 [V2G20-1477] the connection stays, and the car asks for the services again
Answer<Response> renegotiate_service(const Context& context, const Session& session) {
    if (!is_between(session)) return refuse<Response>(context, session, ResponseCode::FAILED_NoServiceRenegotiationSupported);
    auto answer = begin<Response>(context, session);
    answer.session.service = answer.session.parameter_set = 0;
    answer.session.control = ControlMode::none;
    answer.session.promised = {};
    answer.session.needs = {};
    answer.session.scheduled = answer.session.offered = {};
    answer.session.stage = Stage::service_discovery;
    answer.actions.tell_needs = true;
    return answer;
}

}  // namespace

Answer<DC_WeldingDetectionRes> detect_welding(const Context& context, const Session& session,
                                              const DC_WeldingDetectionReq& request) {
    auto answer = begin<DC_WeldingDetectionRes>(context, session);
    answer.response.evse_present_voltage = to_rational(context.station.present_voltage);
    answer.session.needs.phase = Phase::weld_check;
    answer.actions.tell_needs = true;
    if (request.ev_processing == Processing::Finished) answer.session.stage = Stage::session_stop;
    return answer;
}

Answer<SessionStopRes> stop_session(const Context& context, const Session& session, const SessionStopReq& request) {
    if (request.charging_session == ChargingSession::Pause) return pause(context, session);
    if (request.charging_session == ChargingSession::ServiceRenegotiation) return renegotiate_service(context, session);
    auto answer = begin<Response>(context, session);
    const std::string_view why = request.ev_termination_code ? request.ev_termination_code->view() : "SessionStop";
    answer.actions.stop = Stop{StopCause::ev_terminate, Text<80>::cut(why)};
    answer.session.stage = Stage::ended;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
