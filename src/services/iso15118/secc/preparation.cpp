// SPDX-License-Identifier: Apache-2.0
// DC_CableCheck, DC_PreCharge: the station works, the answers tell how far it is.
#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {

Answer<DC_CableCheckRes> check_cable(const Context& context, const Session& session, const DC_CableCheckReq&) {
    using Response = DC_CableCheckRes;
    const Station& station = context.station;
    const bool is_at_work = station.is_known && station.phase == Phase::cable_check;
    if (is_at_work && station.progress == Progress::failed)
        return give_up<Response>(context, session, ResponseCode::FAILED, "the cable check failed");
    auto answer = begin<Response>(context, session);
    answer.session.needs.phase = Phase::cable_check;
    answer.actions.tell_needs = true;
    if (is_at_work && station.progress == Progress::finished) {
        answer.session.stage = Stage::precharge;
    } else if (context.moment.now - session.since > context.settings.cable_check_limit) {
        return give_up<Response>(context, session, ResponseCode::FAILED, "the cable check takes too long");
    } else {
        answer.response.evse_processing = Processing::Ongoing;
    }
    return answer;
}

Answer<DC_PreChargeRes> pre_charge(const Context& context, const Session& session, const DC_PreChargeReq& request) {
    using Response = DC_PreChargeRes;
    const Station& station = context.station;
    if (is_ac(session.service)) return refuse<Response>(context, session, ResponseCode::FAILED_SequenceError);
    auto answer = begin<Response>(context, session);
    answer.response.evse_present_voltage = to_rational(station.present_voltage);
    const auto target = to_millivolt(request.ev_target_voltage);
    const auto present = to_millivolt(request.ev_present_voltage);
    if (!target || !present || target->value < 0 || *target > session.promised.voltage) {
        answer.response.response_code = ResponseCode::FAILED_WrongChargeParameter;
        return answer;
    }
    if (station.is_known && station.phase == Phase::precharge && station.progress == Progress::failed)
        return give_up<Response>(context, session, ResponseCode::FAILED, "the precharge failed");
    answer.session.needs.phase = Phase::precharge;
    answer.session.needs.target_voltage = *target;
    answer.session.needs.present_voltage = *present;
    answer.session.stage = Stage::power_delivery;
    answer.actions.tell_needs = true;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
