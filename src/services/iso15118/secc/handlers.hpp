// SPDX-License-Identifier: Apache-2.0
// The handlers of the state machine, one for each request: (context, session, request) -> (session, response, actions).
// A handler is called only in the stages that table.cpp gives it, with the right session id. It fills what is its own in the
// response; headers, timers and the end of a failed session are the dispatcher's.
#pragma once

#include "services/iso15118/secc/secc.hpp"

namespace voltkeep::iso15118::secc {

struct Context {
    const Settings& settings;
    const Moment& moment;
    const Station& station;
    Instant arrived;                   ///< of the request
};

template <class Response>
struct Answer {
    Session session;
    Response response;
    Actions actions{};
};

/// A response whose mandatory fields are valid as they stand: where a handler starts, and what a refused request gets.
template <class Response>
[[nodiscard]] Response blank(const Settings&) {
    return {};
}
template <> [[nodiscard]] SessionSetupRes blank(const Settings& settings);
template <> [[nodiscard]] AuthorizationSetupRes blank(const Settings& settings);
template <> [[nodiscard]] ServiceDiscoveryRes blank(const Settings& settings);
template <> [[nodiscard]] ServiceDetailRes blank(const Settings& settings);
template <> [[nodiscard]] CertificateInstallationRes blank(const Settings& settings);

template <class Response>
[[nodiscard]] Answer<Response> begin(const Context& context, const Session& session) {
    return {session, blank<Response>(context.settings)};
}
/// The answer with this code: FAILED codes end the session, others keep it where it was.
template <class Response>
[[nodiscard]] Answer<Response> refuse(const Context& context, const Session& session, ResponseCode code) {
    auto answer = begin<Response>(context, session);
    answer.response.response_code = code;
    return answer;
}
/// FAILED because of the station, not of the car: the same car may begin anew.
template <class Response>
[[nodiscard]] Answer<Response> give_up(const Context& context, const Session& session, ResponseCode code, std::string_view why) {
    auto answer = refuse<Response>(context, session, code);
    answer.actions.stop = Stop{StopCause::communication_lost, Text<80>::cut(why)};
    return answer;
}

// setup.cpp
Answer<supportedAppProtocolRes> choose_protocol(const Context&, const Session&, const supportedAppProtocolReq&);
Answer<SessionSetupRes> set_up_session(const Context&, const Session&, const SessionSetupReq&);
// authorization.cpp
Answer<AuthorizationSetupRes> set_up_authorization(const Context&, const Session&, const AuthorizationSetupReq&);
Answer<AuthorizationRes> authorize(const Context&, const Session&, const AuthorizationReq&);
// services.cpp
Answer<ServiceDiscoveryRes> list_services(const Context&, const Session&, const ServiceDiscoveryReq&);
Answer<ServiceDetailRes> detail_service(const Context&, const Session&, const ServiceDetailReq&);
Answer<ServiceSelectionRes> select_service(const Context&, const Session&, const ServiceSelectionReq&);
// parameters.cpp
Answer<DC_ChargeParameterDiscoveryRes> exchange_parameters(const Context&, const Session&, const DC_ChargeParameterDiscoveryReq&);
Answer<AC_ChargeParameterDiscoveryRes> exchange_ac_parameters(const Context&, const Session&,
                                                              const AC_ChargeParameterDiscoveryReq&);
// schedules.cpp
Answer<ScheduleExchangeRes> exchange_schedules(const Context&, const Session&, const ScheduleExchangeReq&);
Answer<ScheduleExchangeRes> renegotiate_schedules(const Context&, const Session&, const ScheduleExchangeReq&);
// preparation.cpp
Answer<DC_CableCheckRes> check_cable(const Context&, const Session&, const DC_CableCheckReq&);
Answer<DC_PreChargeRes> pre_charge(const Context&, const Session&, const DC_PreChargeReq&);
// delivery.cpp
Answer<PowerDeliveryRes> start_power(const Context&, const Session&, const PowerDeliveryReq&);
Answer<PowerDeliveryRes> change_power(const Context&, const Session&, const PowerDeliveryReq&);
// loop_dc.cpp, loop_ac.cpp
Answer<DC_ChargeLoopRes> charge(const Context&, const Session&, const DC_ChargeLoopReq&);
Answer<AC_ChargeLoopRes> charge_ac(const Context&, const Session&, const AC_ChargeLoopReq&);
// stop.cpp
Answer<DC_WeldingDetectionRes> detect_welding(const Context&, const Session&, const DC_WeldingDetectionReq&);
Answer<SessionStopRes> stop_session(const Context&, const Session&, const SessionStopReq&);

}  // namespace voltkeep::iso15118::secc
