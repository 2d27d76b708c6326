// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block B: provisioning.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class APNAuthenticationEnum : std::uint8_t { PAP, CHAP, NONE, AUTO };

enum class AttributeEnum : std::uint8_t { Actual, Target, MinSet, MaxSet };

enum class BootReasonEnum : std::uint8_t {
    ApplicationReset, FirmwareUpdate, LocalReset, PowerUp, RemoteReset, ScheduledReset, Triggered, Unknown, Watchdog,
};

enum class ComponentCriterionEnum : std::uint8_t { Active, Available, Enabled, Problem };

enum class DataEnum : std::uint8_t { string, decimal, integer, dateTime, boolean, OptionList, SequenceList, MemberList };

enum class GetVariableStatusEnum : std::uint8_t {
    Accepted, Rejected, UnknownComponent, UnknownVariable, NotSupportedAttributeType,
};

enum class MutabilityEnum : std::uint8_t { ReadOnly, WriteOnly, ReadWrite };

enum class OCPPInterfaceEnum : std::uint8_t { Wired0, Wired1, Wired2, Wired3, Wireless0, Wireless1, Wireless2, Wireless3, Any };
consteval auto added_in_2_1(OCPPInterfaceEnum) { return std::array{OCPPInterfaceEnum::Any}; }

enum class OCPPTransportEnum : std::uint8_t { SOAP, JSON };

enum class OCPPVersionEnum : std::uint8_t { OCPP12, OCPP15, OCPP16, OCPP20, OCPP201, OCPP21 };
consteval auto added_in_2_1(OCPPVersionEnum) { return std::array{OCPPVersionEnum::OCPP201, OCPPVersionEnum::OCPP21}; }

enum class RegistrationStatusEnum : std::uint8_t { Accepted, Pending, Rejected };

enum class ReportBaseEnum : std::uint8_t { ConfigurationInventory, FullInventory, SummaryInventory };

enum class ResetEnum : std::uint8_t { Immediate, OnIdle, ImmediateAndResume };
consteval auto added_in_2_1(ResetEnum) { return std::array{ResetEnum::ImmediateAndResume}; }

enum class ResetStatusEnum : std::uint8_t { Accepted, Rejected, Scheduled };

enum class SetNetworkProfileStatusEnum : std::uint8_t { Accepted, Rejected, Failed };

enum class SetVariableStatusEnum : std::uint8_t {
    Accepted, Rejected, UnknownComponent, UnknownVariable, NotSupportedAttributeType, RebootRequired,
};

enum class VPNEnum : std::uint8_t { IKEv2, IPSec, L2TP, PPTP };

/// How to reach a mobile network.
struct APN {
    String<2000> apn{};
    APNAuthenticationEnum apnAuthentication{};
    std::optional<String<50>> apnUserName{};
    std::optional<String<64>> apnPassword{};
    std::optional<Integer<>> simPin{};
    std::optional<String<6>> preferredNetwork{};
    std::optional<bool> useOnlyPreferredNetwork{};
    std::optional<CustomData> customData{};
};

/// The station's modem.
struct Modem {
    std::optional<String<20>> iccid{};
    std::optional<String<20>> imsi{};
    std::optional<CustomData> customData{};
};

/// What the station is.
struct ChargingStation {
    String<20> model{};
    String<50> vendorName{};
    std::optional<String<25>> serialNumber{};
    std::optional<Modem> modem{};
    std::optional<String<50>> firmwareVersion{};
    std::optional<CustomData> customData{};
};

/// Which variable is asked for.
struct GetVariableData {
    Component component{};
    Variable variable{};
    std::optional<AttributeEnum> attributeType{};
    std::optional<CustomData> customData{};
};

/// The value of a variable, or why there is none.
struct GetVariableResult {
    GetVariableStatusEnum attributeStatus{};
    Component component{};
    Variable variable{};
    std::optional<StatusInfo> attributeStatusInfo{};
    std::optional<AttributeEnum> attributeType{};
    std::optional<String<2500>> attributeValue{};
    std::optional<CustomData> customData{};
};

/// A virtual private network.
struct VPN {
    String<2000> server{};
    String<50> user{};
    String<64> password{};
    String<255> key{};
    VPNEnum type{};
    std::optional<String<50>> group{};
    std::optional<CustomData> customData{};
};

/// A way to reach the CSMS.
struct NetworkConnectionProfile {
    OCPPInterfaceEnum ocppInterface{};
    OCPPTransportEnum ocppTransport{};
    Integer<> messageTimeout{};                             ///< s
    String<2000> ocppCsmsUrl{};
    Count securityProfile{};
    std::optional<APN> apn{};
    std::optional<OCPPVersionEnum> ocppVersion{};
    Since21<String<48>> identity{};
    Since21<String<64>> basicAuthPassword{};
    std::optional<VPN> vpn{};
    std::optional<CustomData> customData{};
};

/// An attribute of a variable.
struct VariableAttribute {
    std::optional<AttributeEnum> type{};
    std::optional<String<2500>> value{};
    std::optional<MutabilityEnum> mutability{};
    std::optional<bool> persistent{};
    std::optional<bool> constant{};
    std::optional<CustomData> customData{};
};

/// What a variable may hold.
struct VariableCharacteristics {
    DataEnum dataType{};
    bool supportsMonitoring = false;
    std::optional<String<16>> unit{};
    std::optional<Decimal> minLimit{};
    std::optional<Decimal> maxLimit{};
    Since21<Integer<1>> maxElements{};
    std::optional<String<1000>> valuesList{};
    std::optional<CustomData> customData{};
};

/// A variable of a component, with attributes and characteristics.
struct ReportData {
    Component component{};
    Variable variable{};
    Sequence<VariableAttribute, 1, 4> variableAttribute{};
    std::optional<VariableCharacteristics> variableCharacteristics{};
    std::optional<CustomData> customData{};
};

/// A variable and its new value.
struct SetVariableData {
    String<2500> attributeValue{};
    Component component{};
    Variable variable{};
    std::optional<AttributeEnum> attributeType{};
    std::optional<CustomData> customData{};
};

/// What became of a variable.
struct SetVariableResult {
    SetVariableStatusEnum attributeStatus{};
    Component component{};
    Variable variable{};
    std::optional<AttributeEnum> attributeType{};
    std::optional<StatusInfo> attributeStatusInfo{};
    std::optional<CustomData> customData{};
};

struct BootNotificationRequest;
struct BootNotificationResponse {
    using Request = BootNotificationRequest;
    static constexpr Action kAction = Action::BootNotification;

    DateTime currentTime{};
    Integer<> interval{};                                   ///< s
    RegistrationStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// The station introduces itself and asks whether it is accepted (B01 to B03). From the station.
struct BootNotificationRequest {
    using Response = BootNotificationResponse;
    static constexpr Action kAction = Action::BootNotification;

    ChargingStation chargingStation{};
    BootReasonEnum reason{};
    std::optional<CustomData> customData{};
};

struct GetBaseReportRequest;
struct GetBaseReportResponse {
    using Request = GetBaseReportRequest;
    static constexpr Action kAction = Action::GetBaseReport;

    GenericDeviceModelStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of the device model (B07). From the CSMS.
struct GetBaseReportRequest {
    using Response = GetBaseReportResponse;
    static constexpr Action kAction = Action::GetBaseReport;

    Integer<> requestId{};
    ReportBaseEnum reportBase{};
    std::optional<CustomData> customData{};
};

struct GetReportRequest;
struct GetReportResponse {
    using Request = GetReportRequest;
    static constexpr Action kAction = Action::GetReport;

    GenericDeviceModelStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of chosen components (B08). From the CSMS.
struct GetReportRequest {
    using Response = GetReportResponse;
    static constexpr Action kAction = Action::GetReport;

    Integer<> requestId{};
    std::optional<Sequence<ComponentVariable, 1, kUnbounded>> componentVariable{};
    std::optional<Sequence<ComponentCriterionEnum, 1, 4>> componentCriteria{};
    std::optional<CustomData> customData{};
};

struct GetVariablesRequest;
struct GetVariablesResponse {
    using Request = GetVariablesRequest;
    static constexpr Action kAction = Action::GetVariables;

    Sequence<GetVariableResult, 1, kUnbounded> getVariableResult{};
    std::optional<CustomData> customData{};
};

/// Reads variables of the device model (B06). From the CSMS.
struct GetVariablesRequest {
    using Response = GetVariablesResponse;
    static constexpr Action kAction = Action::GetVariables;

    Sequence<GetVariableData, 1, kUnbounded> getVariableData{};
    std::optional<CustomData> customData{};
};

struct NotifyReportRequest;
struct NotifyReportResponse {
    using Request = NotifyReportRequest;
    static constexpr Action kAction = Action::NotifyReport;

    std::optional<CustomData> customData{};
};

/// A part of a report of the device model (B07, B08). From the station.
struct NotifyReportRequest {
    using Response = NotifyReportResponse;
    static constexpr Action kAction = Action::NotifyReport;

    Integer<> requestId{};
    DateTime generatedAt{};
    Count seqNo{};                                          ///< counts from 0
    std::optional<Sequence<ReportData, 1, kUnbounded>> reportData{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct ResetRequest;
struct ResetResponse {
    using Request = ResetRequest;
    static constexpr Action kAction = Action::Reset;

    ResetStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Restarts station or EVSE (B11, B12). From the CSMS.
struct ResetRequest {
    using Response = ResetResponse;
    static constexpr Action kAction = Action::Reset;

    ResetEnum type{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

struct SetNetworkProfileRequest;
struct SetNetworkProfileResponse {
    using Request = SetNetworkProfileRequest;
    static constexpr Action kAction = Action::SetNetworkProfile;

    SetNetworkProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Stores a way to reach the CSMS (B09). From the CSMS.
struct SetNetworkProfileRequest {
    using Response = SetNetworkProfileResponse;
    static constexpr Action kAction = Action::SetNetworkProfile;

    Integer<> configurationSlot{};
    NetworkConnectionProfile connectionData{};
    std::optional<CustomData> customData{};
};

struct SetVariablesRequest;
struct SetVariablesResponse {
    using Request = SetVariablesRequest;
    static constexpr Action kAction = Action::SetVariables;

    Sequence<SetVariableResult, 1, kUnbounded> setVariableResult{};
    std::optional<CustomData> customData{};
};

/// Sets variables of the device model (B05). From the CSMS.
struct SetVariablesRequest {
    using Response = SetVariablesResponse;
    static constexpr Action kAction = Action::SetVariables;

    Sequence<SetVariableData, 1, kUnbounded> setVariableData{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
