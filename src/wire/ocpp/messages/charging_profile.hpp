// SPDX-License-Identifier: Apache-2.0
// Charging profiles and schedules: blocks F and K.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ChargingProfileKindEnum : std::uint8_t { Absolute, Recurring, Relative, Dynamic };
consteval auto added_in_2_1(ChargingProfileKindEnum) { return std::array{ChargingProfileKindEnum::Dynamic}; }

enum class ChargingProfilePurposeEnum : std::uint8_t {
    ChargingStationExternalConstraints, ChargingStationMaxProfile, TxDefaultProfile, TxProfile, PriorityCharging,
    LocalGeneration,
};
consteval auto added_in_2_1(ChargingProfilePurposeEnum) {
    using enum ChargingProfilePurposeEnum;
    return std::array{PriorityCharging, LocalGeneration};
}

enum class ChargingRateUnitEnum : std::uint8_t { W, A };

enum class CostKindEnum : std::uint8_t { CarbonDioxideEmission, RelativePricePercentage, RenewableGenerationPercentage };

enum class RecurrencyKindEnum : std::uint8_t { Daily, Weekly };

/// value * 10^exponent, as in ISO 15118-20.
struct RationalNumber {
    Integer<> exponent{};
    Integer<> value{};
    std::optional<CustomData> customData{};
};

/// The price of a value-added service, as in ISO 15118-20.
struct AdditionalSelectedServices {
    RationalNumber serviceFee{};
    String<80> serviceName{};
    std::optional<CustomData> customData{};
};

/// What staying too long costs from one time on.
struct OverstayRule {
    RationalNumber overstayFee{};
    Integer<> startTime{};
    Integer<> overstayFeePeriod{};
    std::optional<String<32>> overstayRuleDescription{};
    std::optional<CustomData> customData{};
};

/// What staying too long costs, as in ISO 15118-20.
struct OverstayRuleList {
    Sequence<OverstayRule, 1, 5> overstayRule{};
    std::optional<RationalNumber> overstayPowerThreshold{};
    std::optional<Integer<>> overstayTimeThreshold{};
    std::optional<CustomData> customData{};
};

/// The price of energy above a power.
struct PriceRule {
    RationalNumber energyFee{};
    RationalNumber powerRangeStart{};
    std::optional<Integer<>> parkingFeePeriod{};
    std::optional<Count> carbonDioxideEmission{};
    std::optional<Integer<0, 100>> renewableGenerationPercentage{};
    std::optional<RationalNumber> parkingFee{};
    std::optional<CustomData> customData{};
};

/// Price rules for different powers, and how long they apply.
struct PriceRuleStack {
    Integer<> duration{};                                   ///< s
    Sequence<PriceRule, 1, 8> priceRule{};
    std::optional<CustomData> customData{};
};

/// A tax, as in ISO 15118-20.
struct TaxRule {
    Count taxRuleID{};
    bool appliesToEnergyFee = false;
    bool appliesToParkingFee = false;
    bool appliesToOverstayFee = false;
    bool appliesToMinimumMaximumCost = false;
    RationalNumber taxRate{};
    std::optional<String<100>> taxRuleName{};
    std::optional<bool> taxIncludedInPrice{};
    std::optional<CustomData> customData{};
};

/// Prices over time, as in ISO 15118-20.
struct AbsolutePriceSchedule {
    DateTime timeAnchor{};
    Count priceScheduleID{};
    String<3> currency{};                                   ///< ISO 4217
    String<8> language{};
    String<2000> priceAlgorithm{};
    Sequence<PriceRuleStack, 1, 1024> priceRuleStacks{};
    std::optional<String<160>> priceScheduleDescription{};
    std::optional<RationalNumber> minimumCost{};
    std::optional<RationalNumber> maximumCost{};
    std::optional<Sequence<TaxRule, 1, 10>> taxRules{};
    std::optional<OverstayRuleList> overstayRuleList{};
    std::optional<Sequence<AdditionalSelectedServices, 1, 5>> additionalSelectedServices{};
    std::optional<CustomData> customData{};
};

/// A point of the frequency-watt curve.
struct V2XFreqWattPoint {
    Decimal frequency{};                                    ///< Hz
    Decimal power{};                                        ///< W
    std::optional<CustomData> customData{};
};

/// A point of the signal-watt curve.
struct V2XSignalWattPoint {
    Integer<> signal{};
    Decimal power{};                                        ///< W
    std::optional<CustomData> customData{};
};

/// Limits and setpoints from one instant of a schedule on. Three phases where the phases are given as _L2 and _L3.
struct ChargingSchedulePeriod {
    Integer<> startPeriod{};                                ///< s
    std::optional<Decimal> limit{};                         ///< A or W, by chargingRateUnit
    Since21<Decimal> limit_L2{};
    Since21<Decimal> limit_L3{};
    std::optional<Integer<0, 3>> numberPhases{};
    std::optional<Integer<0, 3>> phaseToUse{};
    Since21<NonPositive> dischargeLimit{};
    Since21<NonPositive> dischargeLimit_L2{};
    Since21<NonPositive> dischargeLimit_L3{};
    Since21<Decimal> setpoint{};
    Since21<Decimal> setpoint_L2{};
    Since21<Decimal> setpoint_L3{};
    Since21<Decimal> setpointReactive{};
    Since21<Decimal> setpointReactive_L2{};
    Since21<Decimal> setpointReactive_L3{};
    Since21<bool> preconditioningRequest{};
    Since21<bool> evseSleep{};
    Since21<Decimal> v2xBaseline{};
    Since21<OperationModeEnum> operationMode{};
    Since21<Sequence<V2XFreqWattPoint, 1, 20>> v2xFreqWattCurve{};
    Since21<Sequence<V2XSignalWattPoint, 1, 20>> v2xSignalWattCurve{};
    std::optional<CustomData> customData{};
};

/// A limit from a state of charge on.
struct LimitAtSoC {
    Integer<0, 100> soc{};
    Decimal limit{};                                        ///< A or W, by chargingRateUnit
    std::optional<CustomData> customData{};
};

/// A price level and how long it applies.
struct PriceLevelScheduleEntry {
    Integer<> duration{};                                   ///< s
    Count priceLevel{};
    std::optional<CustomData> customData{};
};

/// Price levels over time, as in ISO 15118-20.
struct PriceLevelSchedule {
    Sequence<PriceLevelScheduleEntry, 1, 100> priceLevelScheduleEntries{};
    DateTime timeAnchor{};
    Count priceScheduleId{};
    Count numberOfPriceLevels{};
    std::optional<String<32>> priceScheduleDescription{};
    std::optional<CustomData> customData{};
};

/// A cost of a sales tariff, ISO 15118-2.
struct Cost {
    CostKindEnum costKind{};
    Integer<> amount{};
    std::optional<Integer<>> amountMultiplier{};
    std::optional<CustomData> customData{};
};

/// Costs from one consumption on, ISO 15118-2.
struct ConsumptionCost {
    Decimal startValue{};
    Sequence<Cost, 1, 3> cost{};
    std::optional<CustomData> customData{};
};

/// A time from the start of a schedule.
struct RelativeTimeInterval {
    Integer<> start{};
    std::optional<Integer<>> duration{};                    ///< s
    std::optional<CustomData> customData{};
};

/// When a price of a sales tariff applies.
struct SalesTariffEntry {
    RelativeTimeInterval relativeTimeInterval{};
    std::optional<Count> ePriceLevel{};
    std::optional<Sequence<ConsumptionCost, 1, 3>> consumptionCost{};
    std::optional<CustomData> customData{};
};

/// A sales tariff, ISO 15118-2.
struct SalesTariff {
    Count id{};
    Sequence<SalesTariffEntry, 1, 1024> salesTariffEntry{};
    std::optional<String<32>> salesTariffDescription{};
    std::optional<Count> numEPriceLevels{};
    std::optional<CustomData> customData{};
};

/// The periods of a schedule.
struct ChargingSchedule {
    Integer<> id{};
    ChargingRateUnitEnum chargingRateUnit{};
    Sequence<ChargingSchedulePeriod, 1, 1024> chargingSchedulePeriod{};
    Since21<LimitAtSoC> limitAtSoC{};
    std::optional<DateTime> startSchedule{};
    std::optional<Integer<>> duration{};                    ///< s
    std::optional<Decimal> minChargingRate{};               ///< A or W, by chargingRateUnit
    Since21<Decimal> powerTolerance{};                      ///< W
    Since21<Count> signatureId{};
    Since21<String<88>> digestValue{};
    Since21<bool> useLocalTime{};
    Since21<Count> randomizedDelay{};                       ///< s
    std::optional<SalesTariff> salesTariff{};
    Since21<AbsolutePriceSchedule> absolutePriceSchedule{};
    Since21<PriceLevelSchedule> priceLevelSchedule{};
    std::optional<CustomData> customData{};
};

/// One to three schedules with purpose, kind, level and validity.
struct ChargingProfile {
    Integer<> id{};
    Count stackLevel{};
    ChargingProfilePurposeEnum chargingProfilePurpose{};
    ChargingProfileKindEnum chargingProfileKind{};
    Sequence<ChargingSchedule, 1, 3> chargingSchedule{};
    std::optional<RecurrencyKindEnum> recurrencyKind{};
    std::optional<DateTime> validFrom{};
    std::optional<DateTime> validTo{};
    std::optional<String<36>> transactionId{};
    Since21<Integer<>> maxOfflineDuration{};                ///< s
    Since21<bool> invalidAfterOfflineDuration{};
    Since21<Integer<>> dynUpdateInterval{};                 ///< s
    Since21<DateTime> dynUpdateTime{};
    Since21<String<256>> priceScheduleSignature{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
