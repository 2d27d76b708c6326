// SPDX-License-Identifier: Apache-2.0
// Block B of OCPP 2.1: the CSMS reads and sets variables of the device model.
#include "station.hpp"
#include "wire/ocpp/messages/provisioning.hpp"

namespace voltkeep::ocpp {

Facts Station::facts() const { return {config_, at_.heartbeat_s, at_.availability, wall_now()}; }

/// More than DeviceDataCtrlr says. True: refused.
bool Station::refuse_too_much(const rpc::MessageId& id, std::size_t items) {
    //= OCPP 2.1 B06.FR.16, B08.FR.17
    if (items > items_per_message) run(rpc::Refuse{id, ErrorCode::OccurrenceConstraintViolation, "more items than ItemsPerMessage"}, answering_);
    //= OCPP 2.1 B06.FR.17, B08.FR.18
    else if (frame_size_ > bytes_per_message) run(rpc::Refuse{id, ErrorCode::FormatViolation, "more bytes than BytesPerMessage"}, answering_);
    else return false;
    return true;
}

//= OCPP 2.1 B06
void Station::get_variables(const rpc::MessageId& id, const GetVariablesRequest& request) {
    if (refuse_too_much(id, request.getVariableData.size())) return;
    const Facts now = facts();
    GetVariablesResponse response;
    //= OCPP 2.1 B06.FR.01
    for (const GetVariableData& wanted : request.getVariableData) CHECK(response.getVariableResult.push(get_variable(wanted, settings_, now)));
    answer(id, response);
}

/// On the disk, and in force.
Result<> Station::adopt(const Values& values) {
    if (values.kept != settings_) TRY(file_.write(values.kept));
    settings_ = values.kept;
    at_.heartbeat_s = values.heartbeat_s;
    return {};
}

//= OCPP 2.1 B05
void Station::set_variables(const rpc::MessageId& id, const SetVariablesRequest& request) {
    if (refuse_too_much(id, request.setVariableData.size())) return;
    const Facts now = facts();
    Values values{settings_, at_.heartbeat_s};
    SetVariablesResponse response;
    //= OCPP 2.1 B05.FR.01
    for (const SetVariableData& wanted : request.setVariableData) CHECK(response.setVariableResult.push(set_variable(wanted, values, now)));
    if (const auto adopted = adopt(values); !adopted) {
        self_.fault(adopted.error());
        //= OCPP 2.1 B05.FR.09
        for (SetVariableResult& result : response.setVariableResult)
            if (result.attributeStatus == SetVariableStatusEnum::Accepted) result.attributeStatus = SetVariableStatusEnum::Rejected;
    }
    answer(id, response);
}

}  // namespace voltkeep::ocpp
