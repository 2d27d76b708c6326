// SPDX-License-Identifier: Apache-2.0
// Block B of OCPP 2.1: the CSMS reads, sets and has reported variables of the device model; resets and network profiles.
#include "station.hpp"
#include "wire/ocpp/messages/provisioning.hpp"

namespace voltkeep::ocpp {

Facts Station::facts() const { return {config_, at_.heartbeat_s, at_.availability, wall_now(), list_.entries.size()}; }

/// More than DeviceDataCtrlr says. True: refused.
bool Station::refuse_too_much(const rpc::MessageId& id, std::size_t items, std::int32_t most) {
    //= OCPP 2.1 B06.FR.16, B08.FR.17
    if (items > static_cast<std::size_t>(most))
        run(rpc::Refuse{id, ErrorCode::OccurrenceConstraintViolation, "more items than ItemsPerMessage"}, answering_);
    //= OCPP 2.1 B06.FR.17, B08.FR.18
    else if (frame_size_ > bytes_per_message)
        run(rpc::Refuse{id, ErrorCode::FormatViolation, "more bytes than BytesPerMessage"}, answering_);
    else return false;
    return true;
}

//= OCPP 2.1 B06
void Station::get_variables(const rpc::MessageId& id, const GetVariablesRequest& request) {
    if (refuse_too_much(id, request.getVariableData.size())) return;
    const Facts now = facts();
    GetVariablesResponse response;
    //= OCPP 2.1 B06.FR.01
    for (const GetVariableData& wanted : request.getVariableData)
        CHECK(response.getVariableResult.push(get_variable(wanted, settings_, now)));
    answer(id, response);
}

/// On the disk, and in force.
Result<> Station::adopt(const Values& values) {
    if (values.kept != settings_) TRY(files_.settings.write(values.kept));
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
    for (const SetVariableData& wanted : request.setVariableData)
        CHECK(response.setVariableResult.push(set_variable(wanted, values, now)));
    if (const auto adopted = adopt(values); !adopted) {
        self_.fault(adopted.error());
        //= OCPP 2.1 B05.FR.09
        for (SetVariableResult& result : response.setVariableResult)
            if (result.attributeStatus == SetVariableStatusEnum::Accepted)
                result.attributeStatus = SetVariableStatusEnum::Rejected;
    }
    answer(id, response);
}

// ---- reports

/// Sent part by part, behind the answer. One at a time: whatever is asked for, it takes no more memory.
GenericDeviceModelStatusEnum Station::begin(const Report& report) {
    using enum GenericDeviceModelStatusEnum;
    //= OCPP 2.1 B07.FR.13, B08.FR.16
    if (at_.report) return Rejected;
    //= OCPP 2.1 B08.FR.15
    if (is_over(report, facts())) return EmptyResultSet;
    at_.report = report;
    //= OCPP 2.1 B07.FR.01, B08.FR.01
    return Accepted;
}

//= OCPP 2.1 B07.FR.12
void Station::get_base_report(const rpc::MessageId& id, const GetBaseReportRequest& request) {
    answer(id, GetBaseReportResponse{.status = begin(base_report(request, facts()))});
}

//= OCPP 2.1 B08
void Station::get_report(const rpc::MessageId& id, const GetReportRequest& request) {
    if (refuse_too_much(id, request.componentVariable ? request.componentVariable->size() : 0)) return;
    answer(id, GetReportResponse{.status = begin(chosen_report(request, settings_, facts()))});
}

void Station::send_part() {
    if (!call(next_part(*at_.report, settings_, facts()))) at_.report.reset();   // it can never be written
}

// ---- what the station cannot do, said as the standard says it

namespace {

StatusInfo because(const String<20>& reason) {
    StatusInfo info;
    info.reasonCode = reason;
    return info;
}

}  // namespace

//= OCPP 2.1 B11.FR.06, B11.FR.09 no service may start the station again, and an EVSE has nothing of its own to start
void Station::reset(const rpc::MessageId& id, const ResetRequest&) {
    answer(id, ResetResponse{.status = ResetStatusEnum::Rejected, .statusInfo = because("UnsupportedRequest")});
}

/// The one profile there is comes with the station and is in use.
void Station::set_network_profile(const rpc::MessageId& id, const SetNetworkProfileRequest& request) {
    constexpr std::int32_t only_slot = 1, security_profile = 3;
    //= OCPP 2.1 B09.FR.04, B09.FR.05
    const StatusInfo why =
        because(request.configurationSlot != only_slot                            ? String<20>("InvalidConfSlot")
                : request.connectionData.securityProfile.value < security_profile ? String<20>("NoSecurityDowngrade")
                                                                                  : String<20>("PriorityNetworkConf"));
    answer(id, SetNetworkProfileResponse{.status = SetNetworkProfileStatusEnum::Rejected, .statusInfo = why});
}

}  // namespace voltkeep::ocpp
