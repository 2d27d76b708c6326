// SPDX-License-Identifier: Apache-2.0
// supportedAppProtocol, SessionSetup.
#include <algorithm>

#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {
namespace {

/// MCS speaks as DC does.
std::string_view namespace_of(Outlet outlet) {
    return outlet == Outlet::ac ? "urn:iso:std:iso:15118:-20:AC" : "urn:iso:std:iso:15118:-20:DC";
}
constexpr std::uint32_t major_version = 1;
constexpr std::uint32_t minor_version = 0;

bool is_supported(const Settings& settings, const AppProtocol& protocol) {
    return protocol.protocol_namespace == namespace_of(settings.outlet) && protocol.version_number_major == major_version;
}

bool is_same(const SessionID& id, const SessionOctets& octets) {
    return std::ranges::equal(id.octets, octets,
                              [](std::byte a, std::uint8_t b) { return std::to_integer<std::uint8_t>(a) == b; });
}

//= ISO 15118-20 [V2G20-2545] only the car that paused a session joins it again: by the vehicle certificate of TLS
bool may_join(const Moment& moment, const SessionSetupReq& request) {
    const auto& paused = moment.paused;
    const bool is_known = moment.is_tls13 && moment.vehicle != VehicleHash{};
    const bool may_charge =
        moment.station.is_known && moment.station.verdict == Verdict::accepted;  // its transaction is still there
    return paused && is_known && may_charge && moment.vehicle == paused->vehicle &&
           is_same(request.header.session_id, paused->id) && request.evcc_id.view() == paused->evcc.view();
}

}  // namespace

//= ISO 15118-20 [V2G20-169] of what both sides support, the entry with the car's highest priority is chosen
//= ISO 15118-20 [V2G20-2356] without TLS 1.3 this protocol is not selected
Answer<supportedAppProtocolRes> choose_protocol(const Context& context, const Session& session,
                                                const supportedAppProtocolReq& request) {
    const AppProtocol* chosen = nullptr;
    for (const AppProtocol& protocol : request.app_protocol)
        if (is_supported(context.settings, protocol) && (!chosen || protocol.priority < chosen->priority)) chosen = &protocol;
    const bool is_allowed = context.moment.is_tls13 || !context.settings.tls_required;

    Answer<supportedAppProtocolRes> answer{session, {AppProtocolResponseCode::Failed_NoNegotiation, {}}};
    if (!chosen || !is_allowed) {
        answer.session.stage = Stage::ended;
        answer.actions.close = chosen ? Text<80>("ISO 15118-20 is offered without TLS 1.3") : Text<80>("no common protocol");
        return answer;
    }
    answer.response.schema_id = chosen->schema_id;
    answer.response.response_code = chosen->version_number_minor == minor_version
                                        ? AppProtocolResponseCode::OK_SuccessfulNegotiation
                                        : AppProtocolResponseCode::OK_SuccessfulNegotiationWithMinorDeviation;
    answer.session.stage = Stage::session_setup;
    return answer;
}

//= ISO 15118-20 [V2G20-2621] the session's id is random and not zero
Answer<SessionSetupRes> set_up_session(const Context& context, const Session& session, const SessionSetupReq& request) {
    const auto evcc = Text<255>::from(request.evcc_id.view());
    if (!evcc || evcc->empty()) return refuse<SessionSetupRes>(context, session, ResponseCode::FAILED);
    auto answer = begin<SessionSetupRes>(context, session);
    answer.session.evcc = *evcc;
    if (may_join(context.moment, request)) {
        //= ISO 15118-20 [V2G20-1032] authorization and service of the paused session are kept
        const Paused& paused = *context.moment.paused;
        answer.session.id = paused.id;
        answer.session.service = paused.service;
        answer.session.parameter_set = paused.parameter_set;
        answer.session.control = paused.control;
        answer.session.stage = Stage::charge_parameters;
        answer.response.response_code = ResponseCode::OK_OldSessionJoined;
        return answer;
    }
    answer.session.id = context.moment.fresh_id;
    if (answer.session.id == SessionOctets{}) answer.session.id.back() = 1;
    answer.session.stage = Stage::authorization_setup;
    answer.response.response_code = ResponseCode::OK_NewSessionEstablished;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
