// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block N: diagnostics: logs, monitors, events, customer information, event streams.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ClearMonitoringStatusEnum : std::uint8_t { Accepted, Rejected, NotFound };

enum class CustomerInformationStatusEnum : std::uint8_t { Accepted, Rejected, Invalid };

enum class EventNotificationEnum : std::uint8_t { HardWiredNotification, HardWiredMonitor, PreconfiguredMonitor, CustomMonitor };

enum class EventTriggerEnum : std::uint8_t { Alerting, Delta, Periodic };

enum class LogEnum : std::uint8_t { DiagnosticsLog, SecurityLog, DataCollectorLog };
consteval auto added_in_2_1(LogEnum) { return std::array{LogEnum::DataCollectorLog}; }

enum class LogStatusEnum : std::uint8_t { Accepted, Rejected, AcceptedCanceled };

enum class MonitorEnum : std::uint8_t {
    UpperThreshold, LowerThreshold, Delta, Periodic, PeriodicClockAligned, TargetDelta, TargetDeltaRelative,
};
consteval auto added_in_2_1(MonitorEnum) { return std::array{MonitorEnum::TargetDelta, MonitorEnum::TargetDeltaRelative}; }

enum class MonitoringBaseEnum : std::uint8_t { All, FactoryDefault, HardWiredOnly };

enum class MonitoringCriterionEnum : std::uint8_t { ThresholdMonitoring, DeltaMonitoring, PeriodicMonitoring };

enum class SetMonitoringStatusEnum : std::uint8_t {
    Accepted, UnknownComponent, UnknownVariable, UnsupportedMonitorType, Rejected, Duplicate,
};

enum class UploadLogStatusEnum : std::uint8_t {
    BadMessage, Idle, NotSupportedOperation, PermissionDenied, Uploaded, UploadFailure, Uploading, AcceptedCanceled,
};

/// What became of one monitor.
struct ClearMonitoringResult {
    ClearMonitoringStatusEnum status{};
    Count id{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// When a stream sends: after how many values, after which time.
struct PeriodicEventStreamParams {
    std::optional<Count> interval{};                        ///< s
    std::optional<Count> values{};
    std::optional<CustomData> customData{};
};

/// An event stream.
struct ConstantStreamData {
    Count id{};
    PeriodicEventStreamParams params{};
    Count variableMonitoringId{};
    std::optional<CustomData> customData{};
};

/// Something that happened to a variable of a component.
struct EventData {
    Count eventId{};
    DateTime timestamp{};
    EventTriggerEnum trigger{};
    String<2500> actualValue{};
    Component component{};
    EventNotificationEnum eventNotificationType{};
    Variable variable{};
    std::optional<Count> cause{};
    std::optional<String<50>> techCode{};
    std::optional<String<500>> techInfo{};
    std::optional<bool> cleared{};
    std::optional<String<36>> transactionId{};
    std::optional<Count> variableMonitoringId{};
    Since21<Count> severity{};
    std::optional<CustomData> customData{};
};

/// Where a log goes, and which part of it.
struct LogParameters {
    String<2000> remoteLocation{};
    std::optional<DateTime> oldestTimestamp{};
    std::optional<DateTime> latestTimestamp{};
    std::optional<CustomData> customData{};
};

/// An installed monitor.
struct VariableMonitoring {
    static constexpr std::string_view required_since_2_1 = "eventNotificationType";

    Count id{};
    bool transaction = false;
    Decimal value{};
    MonitorEnum type{};
    Count severity{};
    EventNotificationEnum eventNotificationType{};
    std::optional<CustomData> customData{};
};

/// The monitors of a variable.
struct MonitoringData {
    Component component{};
    Variable variable{};
    Sequence<VariableMonitoring, 1, kUnbounded> variableMonitoring{};
    std::optional<CustomData> customData{};
};

/// A monitor to install.
struct SetMonitoringData {
    Decimal value{};
    MonitorEnum type{};
    Count severity{};
    Component component{};
    Variable variable{};
    std::optional<Count> id{};
    Since21<PeriodicEventStreamParams> periodicEventStream{};
    std::optional<bool> transaction{};
    std::optional<CustomData> customData{};
};

/// What became of a monitor.
struct SetMonitoringResult {
    SetMonitoringStatusEnum status{};
    MonitorEnum type{};
    Component component{};
    Variable variable{};
    Count severity{};
    std::optional<Count> id{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// A value of a stream.
struct StreamDataElement {
    Decimal t{};
    String<2500> v{};
    std::optional<CustomData> customData{};
};

struct AdjustPeriodicEventStreamRequest;
struct AdjustPeriodicEventStreamResponse {
    using Request = AdjustPeriodicEventStreamRequest;
    static constexpr Action kAction = Action::AdjustPeriodicEventStream;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Changes how often a periodic event stream sends (N14). From the CSMS. Since 2.1.
struct AdjustPeriodicEventStreamRequest {
    using Response = AdjustPeriodicEventStreamResponse;
    static constexpr Action kAction = Action::AdjustPeriodicEventStream;

    Count id{};
    PeriodicEventStreamParams params{};
    std::optional<CustomData> customData{};
};

struct ClearVariableMonitoringRequest;
struct ClearVariableMonitoringResponse {
    using Request = ClearVariableMonitoringRequest;
    static constexpr Action kAction = Action::ClearVariableMonitoring;

    Sequence<ClearMonitoringResult, 1, kUnbounded> clearMonitoringResult{};
    std::optional<CustomData> customData{};
};

/// Removes monitors (N06). From the CSMS.
struct ClearVariableMonitoringRequest {
    using Response = ClearVariableMonitoringResponse;
    static constexpr Action kAction = Action::ClearVariableMonitoring;

    Sequence<Count, 1, kUnbounded> id{};
    std::optional<CustomData> customData{};
};

struct ClosePeriodicEventStreamRequest;
struct ClosePeriodicEventStreamResponse {
    using Request = ClosePeriodicEventStreamRequest;
    static constexpr Action kAction = Action::ClosePeriodicEventStream;

    std::optional<CustomData> customData{};
};

/// Ends a periodic event stream (N13). From the station. Since 2.1.
struct ClosePeriodicEventStreamRequest {
    using Response = ClosePeriodicEventStreamResponse;
    static constexpr Action kAction = Action::ClosePeriodicEventStream;

    Count id{};
    std::optional<CustomData> customData{};
};

struct CustomerInformationRequest;
struct CustomerInformationResponse {
    using Request = CustomerInformationRequest;
    static constexpr Action kAction = Action::CustomerInformation;

    CustomerInformationStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Reports or clears what the station stores about a customer (N09, N10). From the CSMS.
struct CustomerInformationRequest {
    using Response = CustomerInformationResponse;
    static constexpr Action kAction = Action::CustomerInformation;

    Count requestId{};
    bool report = false;
    bool clear = false;
    std::optional<CertificateHashData> customerCertificate{};
    std::optional<IdToken> idToken{};
    std::optional<String<64>> customerIdentifier{};
    std::optional<CustomData> customData{};
};

struct GetLogRequest;
struct GetLogResponse {
    using Request = GetLogRequest;
    static constexpr Action kAction = Action::GetLog;

    LogStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<String<255>> filename{};
    std::optional<CustomData> customData{};
};

/// Has a log uploaded (N01). From the CSMS.
struct GetLogRequest {
    using Response = GetLogResponse;
    static constexpr Action kAction = Action::GetLog;

    LogParameters log{};
    LogEnum logType{};
    Integer<> requestId{};
    std::optional<Count> retries{};
    std::optional<Integer<>> retryInterval{};               ///< s
    std::optional<CustomData> customData{};
};

struct GetMonitoringReportRequest;
struct GetMonitoringReportResponse {
    using Request = GetMonitoringReportRequest;
    static constexpr Action kAction = Action::GetMonitoringReport;

    GenericDeviceModelStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of monitors (N02). From the CSMS.
struct GetMonitoringReportRequest {
    using Response = GetMonitoringReportResponse;
    static constexpr Action kAction = Action::GetMonitoringReport;

    Integer<> requestId{};
    std::optional<Sequence<ComponentVariable, 1, kUnbounded>> componentVariable{};
    std::optional<Sequence<MonitoringCriterionEnum, 1, 3>> monitoringCriteria{};
    std::optional<CustomData> customData{};
};

struct GetPeriodicEventStreamRequest;
struct GetPeriodicEventStreamResponse {
    using Request = GetPeriodicEventStreamRequest;
    static constexpr Action kAction = Action::GetPeriodicEventStream;

    std::optional<Sequence<ConstantStreamData, 1, kUnbounded>> constantStreamData{};
    std::optional<CustomData> customData{};
};

/// Asks which periodic event streams are open (N12). From the CSMS. Since 2.1.
struct GetPeriodicEventStreamRequest {
    using Response = GetPeriodicEventStreamResponse;
    static constexpr Action kAction = Action::GetPeriodicEventStream;

    std::optional<CustomData> customData{};
};

struct LogStatusNotificationRequest;
struct LogStatusNotificationResponse {
    using Request = LogStatusNotificationRequest;
    static constexpr Action kAction = Action::LogStatusNotification;

    std::optional<CustomData> customData{};
};

/// How far a log upload is (N01). From the station.
struct LogStatusNotificationRequest {
    using Response = LogStatusNotificationResponse;
    static constexpr Action kAction = Action::LogStatusNotification;

    UploadLogStatusEnum status{};
    std::optional<Integer<>> requestId{};
    Since21<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

struct NotifyCustomerInformationRequest;
struct NotifyCustomerInformationResponse {
    using Request = NotifyCustomerInformationRequest;
    static constexpr Action kAction = Action::NotifyCustomerInformation;

    std::optional<CustomData> customData{};
};

/// A part of a customer information report (N09). From the station.
struct NotifyCustomerInformationRequest {
    using Response = NotifyCustomerInformationResponse;
    static constexpr Action kAction = Action::NotifyCustomerInformation;

    String<512> data{};
    Count seqNo{};                                          ///< counts from 0
    DateTime generatedAt{};
    Count requestId{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct NotifyEventRequest;
struct NotifyEventResponse {
    using Request = NotifyEventRequest;
    static constexpr Action kAction = Action::NotifyEvent;

    std::optional<CustomData> customData{};
};

/// Something happened to a component (N07). From the station.
struct NotifyEventRequest {
    using Response = NotifyEventResponse;
    static constexpr Action kAction = Action::NotifyEvent;

    DateTime generatedAt{};
    Count seqNo{};                                          ///< counts from 0
    Sequence<EventData, 1, kUnbounded> eventData{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct NotifyMonitoringReportRequest;
struct NotifyMonitoringReportResponse {
    using Request = NotifyMonitoringReportRequest;
    static constexpr Action kAction = Action::NotifyMonitoringReport;

    std::optional<CustomData> customData{};
};

/// A part of a report of monitors (N02). From the station.
struct NotifyMonitoringReportRequest {
    using Response = NotifyMonitoringReportResponse;
    static constexpr Action kAction = Action::NotifyMonitoringReport;

    Integer<> requestId{};
    Count seqNo{};                                          ///< counts from 0
    DateTime generatedAt{};
    std::optional<Sequence<MonitoringData, 1, kUnbounded>> monitor{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

/// Values of an event stream (N11). From the station, as a SEND: there is no answer. Since 2.1.
struct NotifyPeriodicEventStream {
    static constexpr Action kAction = Action::NotifyPeriodicEventStream;

    Sequence<StreamDataElement, 1, kUnbounded> data{};
    Count id{};
    Count pending{};
    DateTime basetime{};
    std::optional<CustomData> customData{};
};

struct OpenPeriodicEventStreamRequest;
struct OpenPeriodicEventStreamResponse {
    using Request = OpenPeriodicEventStreamRequest;
    static constexpr Action kAction = Action::OpenPeriodicEventStream;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Begins an event stream (N11). From the station. Since 2.1.
struct OpenPeriodicEventStreamRequest {
    using Response = OpenPeriodicEventStreamResponse;
    static constexpr Action kAction = Action::OpenPeriodicEventStream;

    ConstantStreamData constantStreamData{};
    std::optional<CustomData> customData{};
};

struct SetMonitoringBaseRequest;
struct SetMonitoringBaseResponse {
    using Request = SetMonitoringBaseRequest;
    static constexpr Action kAction = Action::SetMonitoringBase;

    GenericDeviceModelStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Chooses a base set of monitors (N03). From the CSMS.
struct SetMonitoringBaseRequest {
    using Response = SetMonitoringBaseResponse;
    static constexpr Action kAction = Action::SetMonitoringBase;

    MonitoringBaseEnum monitoringBase{};
    std::optional<CustomData> customData{};
};

struct SetMonitoringLevelRequest;
struct SetMonitoringLevelResponse {
    using Request = SetMonitoringLevelRequest;
    static constexpr Action kAction = Action::SetMonitoringLevel;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// From which severity on events are reported (N05). From the CSMS.
struct SetMonitoringLevelRequest {
    using Response = SetMonitoringLevelResponse;
    static constexpr Action kAction = Action::SetMonitoringLevel;

    Count severity{};
    std::optional<CustomData> customData{};
};

struct SetVariableMonitoringRequest;
struct SetVariableMonitoringResponse {
    using Request = SetVariableMonitoringRequest;
    static constexpr Action kAction = Action::SetVariableMonitoring;

    Sequence<SetMonitoringResult, 1, kUnbounded> setMonitoringResult{};
    std::optional<CustomData> customData{};
};

/// Installs monitors (N04). From the CSMS.
struct SetVariableMonitoringRequest {
    using Response = SetVariableMonitoringResponse;
    static constexpr Action kAction = Action::SetVariableMonitoring;

    Sequence<SetMonitoringData, 1, kUnbounded> setMonitoringData{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
