// SPDX-License-Identifier: Apache-2.0
// AuthorizationSetup, Authorization. The verdict is the station's, asked anew with each message; here it is only told to the car.
#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {

Answer<AuthorizationSetupRes> set_up_authorization(const Context& context, const Session& session, const AuthorizationSetupReq&) {
    auto answer = begin<AuthorizationSetupRes>(context, session);
    answer.session.stage = Stage::authorization;
    return answer;
}

Answer<AuthorizationRes> authorize(const Context& context, const Session& session, const AuthorizationReq& request) {
    auto answer = begin<AuthorizationRes>(context, session);
    const bool is_eim = request.selected_authorization_service == Authorization::EIM &&
                        std::holds_alternative<EIM_AReqAuthorizationMode>(request.authorization_mode);
    if (!is_eim) {
        answer.response.response_code = ResponseCode::WARNING_AuthorizationSelectionInvalid;
        return answer;
    }
    answer.actions.authorize = true;
    const Station& station = context.station;
    const bool is_overdue = context.moment.now - session.since > context.settings.authorization_limit;
    if (station.is_known && station.verdict == Verdict::accepted) {
        answer.session.stage = Stage::service_discovery;
    } else if (station.is_known && station.verdict == Verdict::refused) {
        //= ISO 15118-20 [V2G20-2230] a rejected identification is told at once, and the session stays
        answer.response.response_code = ResponseCode::WARNING_EIMAuthorizationFailure;
    } else if (station.awaits_customer) {
        answer.response.evse_processing = Processing::Ongoing_WaitingForCustomerInteraction;
    } else if (is_overdue) {
        answer.response.response_code = ResponseCode::WARNING_EIMAuthorizationFailure;
    } else {
        answer.response.evse_processing = Processing::Ongoing;
    }
    return answer;
}

}  // namespace voltkeep::iso15118::secc
