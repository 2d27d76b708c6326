// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/actions.hpp"

#include <algorithm>
#include <array>

#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/battery_swap.hpp"
#include "wire/ocpp/messages/bidirectional.hpp"
#include "wire/ocpp/messages/certificates.hpp"
#include "wire/ocpp/messages/data_transfer.hpp"
#include "wire/ocpp/messages/der.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/display.hpp"
#include "wire/ocpp/messages/firmware.hpp"
#include "wire/ocpp/messages/local_list.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/remote_control.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/messages/security.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/messages/tariff_and_cost.hpp"
#include "wire/ocpp/messages/transactions.hpp"
#include "wire/ocpp/type.hpp"

namespace voltkeep::ocpp {

namespace {

constexpr bool kNew = true;  // since 2.1

template <class Request>
constexpr ActionInfo of(std::string_view name, char block, From from, bool since_2_1 = false) {
    ActionInfo action{Request::kAction, name, block, from, since_2_1, &type_of<Request>, nullptr};
    if constexpr (requires { typename Request::Response; }) action.response = &type_of<typename Request::Response>;
    return action;
}

constexpr std::array kActions = std::to_array<ActionInfo>({
    of<AFRRSignalRequest>("AFRRSignal", 'Q', From::csms, kNew),
    of<AdjustPeriodicEventStreamRequest>("AdjustPeriodicEventStream", 'N', From::csms, kNew),
    of<AuthorizeRequest>("Authorize", 'C', From::station),
    of<BatterySwapRequest>("BatterySwap", 'S', From::station, kNew),
    of<BootNotificationRequest>("BootNotification", 'B', From::station),
    of<CancelReservationRequest>("CancelReservation", 'H', From::csms),
    of<CertificateSignedRequest>("CertificateSigned", 'A', From::csms),
    of<ChangeAvailabilityRequest>("ChangeAvailability", 'G', From::csms),
    of<ChangeTransactionTariffRequest>("ChangeTransactionTariff", 'I', From::csms, kNew),
    of<ClearCacheRequest>("ClearCache", 'C', From::csms),
    of<ClearChargingProfileRequest>("ClearChargingProfile", 'K', From::csms),
    of<ClearDERControlRequest>("ClearDERControl", 'R', From::csms, kNew),
    of<ClearDisplayMessageRequest>("ClearDisplayMessage", 'O', From::csms),
    of<ClearTariffsRequest>("ClearTariffs", 'I', From::csms, kNew),
    of<ClearVariableMonitoringRequest>("ClearVariableMonitoring", 'N', From::csms),
    of<ClearedChargingLimitRequest>("ClearedChargingLimit", 'K', From::station),
    of<ClosePeriodicEventStreamRequest>("ClosePeriodicEventStream", 'N', From::station, kNew),
    of<CostUpdatedRequest>("CostUpdated", 'I', From::csms),
    of<CustomerInformationRequest>("CustomerInformation", 'N', From::csms),
    of<DataTransferRequest>("DataTransfer", 'P', From::either),
    of<DeleteCertificateRequest>("DeleteCertificate", 'M', From::csms),
    of<FirmwareStatusNotificationRequest>("FirmwareStatusNotification", 'L', From::station),
    of<Get15118EVCertificateRequest>("Get15118EVCertificate", 'M', From::station),
    of<GetBaseReportRequest>("GetBaseReport", 'B', From::csms),
    of<GetCertificateChainStatusRequest>("GetCertificateChainStatus", 'M', From::station, kNew),
    of<GetCertificateStatusRequest>("GetCertificateStatus", 'M', From::station),
    of<GetChargingProfilesRequest>("GetChargingProfiles", 'K', From::csms),
    of<GetCompositeScheduleRequest>("GetCompositeSchedule", 'K', From::csms),
    of<GetDERControlRequest>("GetDERControl", 'R', From::csms, kNew),
    of<GetDisplayMessagesRequest>("GetDisplayMessages", 'O', From::csms),
    of<GetInstalledCertificateIdsRequest>("GetInstalledCertificateIds", 'M', From::csms),
    of<GetLocalListVersionRequest>("GetLocalListVersion", 'D', From::csms),
    of<GetLogRequest>("GetLog", 'N', From::csms),
    of<GetMonitoringReportRequest>("GetMonitoringReport", 'N', From::csms),
    of<GetPeriodicEventStreamRequest>("GetPeriodicEventStream", 'N', From::csms, kNew),
    of<GetReportRequest>("GetReport", 'B', From::csms),
    of<GetTariffsRequest>("GetTariffs", 'I', From::csms, kNew),
    of<GetTransactionStatusRequest>("GetTransactionStatus", 'E', From::csms),
    of<GetVariablesRequest>("GetVariables", 'B', From::csms),
    of<HeartbeatRequest>("Heartbeat", 'G', From::station),
    of<InstallCertificateRequest>("InstallCertificate", 'M', From::csms),
    of<LogStatusNotificationRequest>("LogStatusNotification", 'N', From::station),
    of<MeterValuesRequest>("MeterValues", 'J', From::station),
    of<NotifyAllowedEnergyTransferRequest>("NotifyAllowedEnergyTransfer", 'Q', From::csms, kNew),
    of<NotifyChargingLimitRequest>("NotifyChargingLimit", 'K', From::station),
    of<NotifyCustomerInformationRequest>("NotifyCustomerInformation", 'N', From::station),
    of<NotifyDERAlarmRequest>("NotifyDERAlarm", 'R', From::station, kNew),
    of<NotifyDERStartStopRequest>("NotifyDERStartStop", 'R', From::station, kNew),
    of<NotifyDisplayMessagesRequest>("NotifyDisplayMessages", 'O', From::station),
    of<NotifyEVChargingNeedsRequest>("NotifyEVChargingNeeds", 'K', From::station),
    of<NotifyEVChargingScheduleRequest>("NotifyEVChargingSchedule", 'K', From::station),
    of<NotifyEventRequest>("NotifyEvent", 'N', From::station),
    of<NotifyMonitoringReportRequest>("NotifyMonitoringReport", 'N', From::station),
    of<NotifyPeriodicEventStream>("NotifyPeriodicEventStream", 'N', From::station, kNew),
    of<NotifyPriorityChargingRequest>("NotifyPriorityCharging", 'K', From::station, kNew),
    of<NotifyReportRequest>("NotifyReport", 'B', From::station),
    of<NotifySettlementRequest>("NotifySettlement", 'C', From::station, kNew),
    of<NotifyWebPaymentStartedRequest>("NotifyWebPaymentStarted", 'C', From::csms, kNew),
    of<OpenPeriodicEventStreamRequest>("OpenPeriodicEventStream", 'N', From::station, kNew),
    of<PublishFirmwareRequest>("PublishFirmware", 'L', From::csms),
    of<PublishFirmwareStatusNotificationRequest>("PublishFirmwareStatusNotification", 'L', From::station),
    of<PullDynamicScheduleUpdateRequest>("PullDynamicScheduleUpdate", 'K', From::station, kNew),
    of<ReportChargingProfilesRequest>("ReportChargingProfiles", 'K', From::station),
    of<ReportDERControlRequest>("ReportDERControl", 'R', From::station, kNew),
    of<RequestBatterySwapRequest>("RequestBatterySwap", 'S', From::csms, kNew),
    of<RequestStartTransactionRequest>("RequestStartTransaction", 'F', From::csms),
    of<RequestStopTransactionRequest>("RequestStopTransaction", 'F', From::csms),
    of<ReservationStatusUpdateRequest>("ReservationStatusUpdate", 'H', From::station),
    of<ReserveNowRequest>("ReserveNow", 'H', From::csms),
    of<ResetRequest>("Reset", 'B', From::csms),
    of<SecurityEventNotificationRequest>("SecurityEventNotification", 'A', From::station),
    of<SendLocalListRequest>("SendLocalList", 'D', From::csms),
    of<SetChargingProfileRequest>("SetChargingProfile", 'K', From::csms),
    of<SetDERControlRequest>("SetDERControl", 'R', From::csms, kNew),
    of<SetDefaultTariffRequest>("SetDefaultTariff", 'I', From::csms, kNew),
    of<SetDisplayMessageRequest>("SetDisplayMessage", 'O', From::csms),
    of<SetMonitoringBaseRequest>("SetMonitoringBase", 'N', From::csms),
    of<SetMonitoringLevelRequest>("SetMonitoringLevel", 'N', From::csms),
    of<SetNetworkProfileRequest>("SetNetworkProfile", 'B', From::csms),
    of<SetVariableMonitoringRequest>("SetVariableMonitoring", 'N', From::csms),
    of<SetVariablesRequest>("SetVariables", 'B', From::csms),
    of<SignCertificateRequest>("SignCertificate", 'A', From::station),
    of<StatusNotificationRequest>("StatusNotification", 'G', From::station),
    of<TransactionEventRequest>("TransactionEvent", 'E', From::station),
    of<TriggerMessageRequest>("TriggerMessage", 'F', From::csms),
    of<UnlockConnectorRequest>("UnlockConnector", 'F', From::csms),
    of<UnpublishFirmwareRequest>("UnpublishFirmware", 'L', From::csms),
    of<UpdateDynamicScheduleRequest>("UpdateDynamicSchedule", 'K', From::csms, kNew),
    of<UpdateFirmwareRequest>("UpdateFirmware", 'L', From::csms),
    of<UsePriorityChargingRequest>("UsePriorityCharging", 'K', From::csms, kNew),
    of<VatNumberValidationRequest>("VatNumberValidation", 'C', From::station, kNew),
});

static_assert([] {
    for (std::size_t i = 0; i < kActions.size(); ++i) {
        if (static_cast<std::size_t>(kActions[i].action) != i) return false;
        if (i > 0 && kActions[i - 1].name >= kActions[i].name) return false;
    }
    return kActions.size() == 91;
}());

}  // namespace

std::span<const ActionInfo> actions() { return kActions; }

const ActionInfo& info(Action action) {
    CHECK(static_cast<std::size_t>(action) < kActions.size());
    return kActions[static_cast<std::size_t>(action)];
}

const ActionInfo* find_action(std::string_view name) {
    const auto found = std::ranges::lower_bound(kActions, name, {}, &ActionInfo::name);
    return found != kActions.end() && found->name == name ? &*found : nullptr;
}

Checked<Message> parse_payload(const ActionInfo& action, Direction direction, Json payload) {
    if (direction == Direction::request) return Message::parse(action.request(), payload);
    if (!action.response) return std::unexpected(OcppError{ErrorCode::NotSupported, "", "this action has no response"});
    return Message::parse(action.response(), payload);
}

Meaning meaning(const Message& message) {
    CHECK(message);
    return {&info(message.type()->action), message.type()->is_response ? Direction::response : Direction::request};
}

}  // namespace voltkeep::ocpp
