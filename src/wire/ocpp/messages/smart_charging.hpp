// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block K: smart charging.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/charging_profile.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ChargingProfileStatusEnum : std::uint8_t { Accepted, Rejected };

enum class ClearChargingProfileStatusEnum : std::uint8_t { Accepted, Unknown };

enum class ControlModeEnum : std::uint8_t { ScheduledControl, DynamicControl };

enum class GetChargingProfileStatusEnum : std::uint8_t { Accepted, NoProfiles };

enum class IslandingDetectionEnum : std::uint8_t {
    NoAntiIslandingSupport, RoCoF, UVP_OVP, UFP_OFP, VoltageVectorShift, ZeroCrossingDetection, OtherPassive,
    ImpedanceMeasurement, ImpedanceAtFrequency, SlipModeFrequencyShift, SandiaFrequencyShift, SandiaVoltageShift, FrequencyJump,
    RCLQFactor, OtherActive,
};

enum class MobilityNeedsModeEnum : std::uint8_t { EVCC, EVCC_SECC };

enum class NotifyEVChargingNeedsStatusEnum : std::uint8_t { Accepted, Rejected, Processing, NoChargingProfile };
consteval auto added_in_2_1(NotifyEVChargingNeedsStatusEnum) {
    using enum NotifyEVChargingNeedsStatusEnum;
    return std::array{NoChargingProfile};
}

enum class PriorityChargingStatusEnum : std::uint8_t { Accepted, Rejected, NoProfile };

/// What an EV needs of AC charging, ISO 15118-2.
struct ACChargingParameters {
    Decimal energyAmount{};                                 ///< Wh
    Decimal evMinCurrent{};                                 ///< A
    Decimal evMaxCurrent{};                                 ///< A
    Decimal evMaxVoltage{};                                 ///< V
    std::optional<CustomData> customData{};
};

/// Who limits charging.
struct ChargingLimit {
    String<20> chargingLimitSource{};
    Since21<bool> isLocalGeneration{};
    std::optional<bool> isGridCritical{};
    std::optional<CustomData> customData{};
};

/// What an EV needs of DC charging, ISO 15118-2.
struct DCChargingParameters {
    Decimal evMaxCurrent{};                                 ///< A
    Decimal evMaxVoltage{};                                 ///< V
    std::optional<Decimal> evMaxPower{};                    ///< W
    std::optional<Decimal> evEnergyCapacity{};              ///< Wh
    std::optional<Decimal> energyAmount{};                  ///< Wh
    std::optional<Integer<0, 100>> stateOfCharge{};         ///< %
    std::optional<Integer<0, 100>> fullSoC{};               ///< %
    std::optional<Integer<0, 100>> bulkSoC{};               ///< %
    std::optional<CustomData> customData{};
};

/// What an EV can do as a distributed energy resource, ISO 15118-20.
struct DERChargingParameters {
    std::optional<Sequence<DERControlEnum, 1, kUnbounded>> evSupportedDERControl{};
    std::optional<Decimal> evOverExcitedMaxDischargePower{};
    std::optional<Decimal> evOverExcitedPowerFactor{};
    std::optional<Decimal> evUnderExcitedMaxDischargePower{};
    std::optional<Decimal> evUnderExcitedPowerFactor{};
    std::optional<Decimal> maxApparentPower{};
    std::optional<Decimal> maxChargeApparentPower{};
    std::optional<Decimal> maxChargeApparentPower_L2{};
    std::optional<Decimal> maxChargeApparentPower_L3{};
    std::optional<Decimal> maxDischargeApparentPower{};
    std::optional<Decimal> maxDischargeApparentPower_L2{};
    std::optional<Decimal> maxDischargeApparentPower_L3{};
    std::optional<Decimal> maxChargeReactivePower{};
    std::optional<Decimal> maxChargeReactivePower_L2{};
    std::optional<Decimal> maxChargeReactivePower_L3{};
    std::optional<Decimal> minChargeReactivePower{};
    std::optional<Decimal> minChargeReactivePower_L2{};
    std::optional<Decimal> minChargeReactivePower_L3{};
    std::optional<Decimal> maxDischargeReactivePower{};
    std::optional<Decimal> maxDischargeReactivePower_L2{};
    std::optional<Decimal> maxDischargeReactivePower_L3{};
    std::optional<Decimal> minDischargeReactivePower{};
    std::optional<Decimal> minDischargeReactivePower_L2{};
    std::optional<Decimal> minDischargeReactivePower_L3{};
    std::optional<Decimal> nominalVoltage{};
    std::optional<Decimal> nominalVoltageOffset{};
    std::optional<Decimal> maxNominalVoltage{};
    std::optional<Decimal> minNominalVoltage{};
    std::optional<String<50>> evInverterManufacturer{};
    std::optional<String<50>> evInverterModel{};
    std::optional<String<50>> evInverterSerialNumber{};
    std::optional<String<50>> evInverterSwVersion{};
    std::optional<String<50>> evInverterHwVersion{};
    std::optional<Sequence<IslandingDetectionEnum, 1, kUnbounded>> evIslandingDetectionMethod{};
    std::optional<Decimal> evIslandingTripTime{};
    std::optional<Decimal> evMaximumLevel1DCInjection{};
    std::optional<Decimal> evDurationLevel1DCInjection{};
    std::optional<Decimal> evMaximumLevel2DCInjection{};
    std::optional<Decimal> evDurationLevel2DCInjection{};
    std::optional<Decimal> evReactiveSusceptance{};
    std::optional<Decimal> evSessionTotalDischargeEnergyAvailable{};
    std::optional<CustomData> customData{};
};

/// The price of energy above a power.
struct EVPriceRule {
    Decimal energyFee{};
    Decimal powerRangeStart{};
    std::optional<CustomData> customData{};
};

/// A price rule of an EV's offer over time.
struct EVAbsolutePriceScheduleEntry {
    Integer<> duration{};                                   ///< s
    Sequence<EVPriceRule, 1, 8> evPriceRule{};
    std::optional<CustomData> customData{};
};

/// At which price an EV would give energy.
struct EVAbsolutePriceSchedule {
    DateTime timeAnchor{};
    String<3> currency{};                                   ///< ISO 4217
    Sequence<EVAbsolutePriceScheduleEntry, 1, 1024> evAbsolutePriceScheduleEntries{};
    String<2000> priceAlgorithm{};
    std::optional<CustomData> customData{};
};

/// How much power an EV would give, for how long.
struct EVPowerScheduleEntry {
    Integer<> duration{};                                   ///< s
    Decimal power{};                                        ///< W
    std::optional<CustomData> customData{};
};

/// How much power an EV would give over time.
struct EVPowerSchedule {
    Sequence<EVPowerScheduleEntry, 1, 1024> evPowerScheduleEntries{};
    DateTime timeAnchor{};
    std::optional<CustomData> customData{};
};

/// What energy an EV would give, and for how much.
struct EVEnergyOffer {
    EVPowerSchedule evPowerSchedule{};
    std::optional<EVAbsolutePriceSchedule> evAbsolutePriceSchedule{};
    std::optional<CustomData> customData{};
};

/// What an EV needs and offers, ISO 15118-20. Powers in W, energies in Wh, voltages in V, currents in A.
struct V2XChargingParameters {
    std::optional<Decimal> minChargePower{};
    std::optional<Decimal> minChargePower_L2{};
    std::optional<Decimal> minChargePower_L3{};
    std::optional<Decimal> maxChargePower{};
    std::optional<Decimal> maxChargePower_L2{};
    std::optional<Decimal> maxChargePower_L3{};
    std::optional<Decimal> minDischargePower{};
    std::optional<Decimal> minDischargePower_L2{};
    std::optional<Decimal> minDischargePower_L3{};
    std::optional<Decimal> maxDischargePower{};
    std::optional<Decimal> maxDischargePower_L2{};
    std::optional<Decimal> maxDischargePower_L3{};
    std::optional<Decimal> minChargeCurrent{};
    std::optional<Decimal> maxChargeCurrent{};
    std::optional<Decimal> minDischargeCurrent{};
    std::optional<Decimal> maxDischargeCurrent{};
    std::optional<Decimal> minVoltage{};
    std::optional<Decimal> maxVoltage{};
    std::optional<Decimal> evTargetEnergyRequest{};
    std::optional<Decimal> evMinEnergyRequest{};
    std::optional<Decimal> evMaxEnergyRequest{};
    std::optional<Decimal> evMinV2XEnergyRequest{};
    std::optional<Decimal> evMaxV2XEnergyRequest{};
    std::optional<Integer<0, 100>> targetSoC{};
    std::optional<CustomData> customData{};
};

/// What the EV has asked for, ISO 15118-2 and -20.
struct ChargingNeeds {
    EnergyTransferModeEnum requestedEnergyTransfer{};
    std::optional<ACChargingParameters> acChargingParameters{};
    Since21<DERChargingParameters> derChargingParameters{};
    Since21<EVEnergyOffer> evEnergyOffer{};
    std::optional<DCChargingParameters> dcChargingParameters{};
    Since21<V2XChargingParameters> v2xChargingParameters{};
    Since21<Sequence<EnergyTransferModeEnum, 1, kUnbounded>> availableEnergyTransfer{};
    Since21<ControlModeEnum> controlMode{};
    Since21<MobilityNeedsModeEnum> mobilityNeedsMode{};
    std::optional<DateTime> departureTime{};
    std::optional<CustomData> customData{};
};

/// Which profiles are to be reported.
struct ChargingProfileCriterion {
    std::optional<ChargingProfilePurposeEnum> chargingProfilePurpose{};
    std::optional<Count> stackLevel{};
    std::optional<Sequence<Integer<>, 1, kUnbounded>> chargingProfileId{};
    std::optional<Sequence<String<20>, 1, 4>> chargingLimitSource{};
    std::optional<CustomData> customData{};
};

/// New values of a dynamic profile's only period.
struct ChargingScheduleUpdate {
    std::optional<Decimal> limit{};                         ///< A or W, by chargingRateUnit
    std::optional<Decimal> limit_L2{};
    std::optional<Decimal> limit_L3{};
    std::optional<NonPositive> dischargeLimit{};
    std::optional<NonPositive> dischargeLimit_L2{};
    std::optional<NonPositive> dischargeLimit_L3{};
    std::optional<Decimal> setpoint{};
    std::optional<Decimal> setpoint_L2{};
    std::optional<Decimal> setpoint_L3{};
    std::optional<Decimal> setpointReactive{};
    std::optional<Decimal> setpointReactive_L2{};
    std::optional<Decimal> setpointReactive_L3{};
    std::optional<CustomData> customData{};
};

/// Which profiles are to be removed.
struct ClearChargingProfile {
    std::optional<Count> evseId{};
    std::optional<ChargingProfilePurposeEnum> chargingProfilePurpose{};
    std::optional<Count> stackLevel{};
    std::optional<CustomData> customData{};
};

/// What the profiles together allow.
struct CompositeSchedule {
    Count evseId{};
    Integer<> duration{};                                   ///< s
    DateTime scheduleStart{};
    ChargingRateUnitEnum chargingRateUnit{};
    Sequence<ChargingSchedulePeriod, 1, kUnbounded> chargingSchedulePeriod{};
    std::optional<CustomData> customData{};
};

struct ClearChargingProfileRequest;
struct ClearChargingProfileResponse {
    using Request = ClearChargingProfileRequest;
    static constexpr Action kAction = Action::ClearChargingProfile;

    ClearChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Removes charging profiles (K10). From the CSMS.
struct ClearChargingProfileRequest {
    using Response = ClearChargingProfileResponse;
    static constexpr Action kAction = Action::ClearChargingProfile;

    std::optional<Integer<>> chargingProfileId{};
    std::optional<ClearChargingProfile> chargingProfileCriteria{};
    std::optional<CustomData> customData{};
};

struct ClearedChargingLimitRequest;
struct ClearedChargingLimitResponse {
    using Request = ClearedChargingLimitRequest;
    static constexpr Action kAction = Action::ClearedChargingLimit;

    std::optional<CustomData> customData{};
};

/// An external charging limit is gone (K13). From the station.
struct ClearedChargingLimitRequest {
    using Response = ClearedChargingLimitResponse;
    static constexpr Action kAction = Action::ClearedChargingLimit;

    String<20> chargingLimitSource{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

struct GetChargingProfilesRequest;
struct GetChargingProfilesResponse {
    using Request = GetChargingProfilesRequest;
    static constexpr Action kAction = Action::GetChargingProfiles;

    GetChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of charging profiles (K09). From the CSMS.
struct GetChargingProfilesRequest {
    using Response = GetChargingProfilesResponse;
    static constexpr Action kAction = Action::GetChargingProfiles;

    Integer<> requestId{};
    ChargingProfileCriterion chargingProfile{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

struct GetCompositeScheduleRequest;
struct GetCompositeScheduleResponse {
    using Request = GetCompositeScheduleRequest;
    static constexpr Action kAction = Action::GetCompositeSchedule;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CompositeSchedule> schedule{};
    std::optional<CustomData> customData{};
};

/// Asks what limits all profiles together make (K08). From the CSMS.
struct GetCompositeScheduleRequest {
    using Response = GetCompositeScheduleResponse;
    static constexpr Action kAction = Action::GetCompositeSchedule;

    Integer<> duration{};                                   ///< s
    Count evseId{};
    std::optional<ChargingRateUnitEnum> chargingRateUnit{};
    std::optional<CustomData> customData{};
};

struct NotifyChargingLimitRequest;
struct NotifyChargingLimitResponse {
    using Request = NotifyChargingLimitRequest;
    static constexpr Action kAction = Action::NotifyChargingLimit;

    std::optional<CustomData> customData{};
};

/// An external system has set a charging limit (K11, K12). From the station.
struct NotifyChargingLimitRequest {
    using Response = NotifyChargingLimitResponse;
    static constexpr Action kAction = Action::NotifyChargingLimit;

    ChargingLimit chargingLimit{};
    std::optional<Sequence<ChargingSchedule, 1, kUnbounded>> chargingSchedule{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

struct NotifyEVChargingNeedsRequest;
struct NotifyEVChargingNeedsResponse {
    using Request = NotifyEVChargingNeedsRequest;
    static constexpr Action kAction = Action::NotifyEVChargingNeeds;

    NotifyEVChargingNeedsStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// What the EV has asked for (K15, K17). From the station.
struct NotifyEVChargingNeedsRequest {
    using Response = NotifyEVChargingNeedsResponse;
    static constexpr Action kAction = Action::NotifyEVChargingNeeds;

    Integer<1> evseId{};
    ChargingNeeds chargingNeeds{};
    std::optional<Count> maxScheduleTuples{};
    Since21<DateTime> timestamp{};
    std::optional<CustomData> customData{};
};

struct NotifyEVChargingScheduleRequest;
struct NotifyEVChargingScheduleResponse {
    using Request = NotifyEVChargingScheduleRequest;
    static constexpr Action kAction = Action::NotifyEVChargingSchedule;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// The schedule that the EV has chosen (K15, K17). From the station.
struct NotifyEVChargingScheduleRequest {
    using Response = NotifyEVChargingScheduleResponse;
    static constexpr Action kAction = Action::NotifyEVChargingSchedule;

    DateTime timeBase{};
    ChargingSchedule chargingSchedule{};
    Integer<1> evseId{};
    Since21<Count> selectedChargingScheduleId{};
    Since21<bool> powerToleranceAcceptance{};
    std::optional<CustomData> customData{};
};

struct NotifyPriorityChargingRequest;
struct NotifyPriorityChargingResponse {
    using Request = NotifyPriorityChargingRequest;
    static constexpr Action kAction = Action::NotifyPriorityCharging;

    std::optional<CustomData> customData{};
};

/// Priority charging has begun or ended (K21, K22). From the station. Since 2.1.
struct NotifyPriorityChargingRequest {
    using Response = NotifyPriorityChargingResponse;
    static constexpr Action kAction = Action::NotifyPriorityCharging;

    String<36> transactionId{};
    bool activated = false;
    std::optional<CustomData> customData{};
};

struct PullDynamicScheduleUpdateRequest;
struct PullDynamicScheduleUpdateResponse {
    using Request = PullDynamicScheduleUpdateRequest;
    static constexpr Action kAction = Action::PullDynamicScheduleUpdate;

    ChargingProfileStatusEnum status{};
    std::optional<ChargingScheduleUpdate> scheduleUpdate{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for the next values of a dynamic profile (K28). From the station. Since 2.1.
struct PullDynamicScheduleUpdateRequest {
    using Response = PullDynamicScheduleUpdateResponse;
    static constexpr Action kAction = Action::PullDynamicScheduleUpdate;

    Integer<> chargingProfileId{};
    std::optional<CustomData> customData{};
};

struct ReportChargingProfilesRequest;
struct ReportChargingProfilesResponse {
    using Request = ReportChargingProfilesRequest;
    static constexpr Action kAction = Action::ReportChargingProfiles;

    std::optional<CustomData> customData{};
};

/// A part of a report of charging profiles (K09). From the station.
struct ReportChargingProfilesRequest {
    using Response = ReportChargingProfilesResponse;
    static constexpr Action kAction = Action::ReportChargingProfiles;

    Integer<> requestId{};
    String<20> chargingLimitSource{};
    Sequence<ChargingProfile, 1, kUnbounded> chargingProfile{};
    Count evseId{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct SetChargingProfileRequest;
struct SetChargingProfileResponse {
    using Request = SetChargingProfileRequest;
    static constexpr Action kAction = Action::SetChargingProfile;

    ChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Installs a charging profile (K01 to K04). From the CSMS.
struct SetChargingProfileRequest {
    using Response = SetChargingProfileResponse;
    static constexpr Action kAction = Action::SetChargingProfile;

    Count evseId{};
    ChargingProfile chargingProfile{};
    std::optional<CustomData> customData{};
};

struct UpdateDynamicScheduleRequest;
struct UpdateDynamicScheduleResponse {
    using Request = UpdateDynamicScheduleRequest;
    static constexpr Action kAction = Action::UpdateDynamicSchedule;

    ChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// The next values of a dynamic profile (K28). From the CSMS. Since 2.1.
struct UpdateDynamicScheduleRequest {
    using Response = UpdateDynamicScheduleResponse;
    static constexpr Action kAction = Action::UpdateDynamicSchedule;

    Integer<> chargingProfileId{};
    ChargingScheduleUpdate scheduleUpdate{};
    std::optional<CustomData> customData{};
};

struct UsePriorityChargingRequest;
struct UsePriorityChargingResponse {
    using Request = UsePriorityChargingRequest;
    static constexpr Action kAction = Action::UsePriorityCharging;

    PriorityChargingStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Begins or ends priority charging (K21, K22). From the CSMS. Since 2.1.
struct UsePriorityChargingRequest {
    using Response = UsePriorityChargingResponse;
    static constexpr Action kAction = Action::UsePriorityCharging;

    String<36> transactionId{};
    bool activate = false;
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
