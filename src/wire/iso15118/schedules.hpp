// SPDX-License-Identifier: Apache-2.0
// Power and prices over time: the schedules of ScheduleExchange and PowerDelivery, in both directions of energy.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

using MaxSupportingPoints = exi::Within<std::uint16_t, 12, 1024>;
using Currency = exi::String<3>;  ///< ISO 4217
using Language = exi::String<3>;  ///< ISO 639

/// Whether the car keeps within the power tolerance.
enum class PowerToleranceAcceptance : std::uint8_t { PowerToleranceNotConfirmed, PowerToleranceConfirmed };
constexpr auto names(exi::of<PowerToleranceAcceptance>) {
    return exi::enumeration<PowerToleranceAcceptance::PowerToleranceConfirmed>("PowerToleranceNotConfirmed",
                                                                               "PowerToleranceConfirmed");
}

/// Power for a duration. Power is the sum or L1 if L2 and L3 are there.
struct PowerScheduleEntry {
    std::uint32_t duration = 0;                // s
    RationalNumber power{};                    // W
    std::optional<RationalNumber> power_l2{};  // W
    std::optional<RationalNumber> power_l3{};  // W
};
constexpr auto fields(exi::of<PowerScheduleEntry>) {
    return exi::list(exi::element("Duration", &PowerScheduleEntry::duration), exi::element("Power", &PowerScheduleEntry::power),
                     exi::element("Power_L2", &PowerScheduleEntry::power_l2),
                     exi::element("Power_L3", &PowerScheduleEntry::power_l3));
}

/// The entries, in order of time.
struct PowerScheduleEntryList {
    exi::Many<PowerScheduleEntry, 1024> power_schedule_entry{};
};
constexpr auto fields(exi::of<PowerScheduleEntryList>) {
    return exi::list(exi::element("PowerScheduleEntry", &PowerScheduleEntryList::power_schedule_entry));
}

/// Power over time, from the anchor on.
struct PowerSchedule {
    std::uint64_t time_anchor = 0;                     // s since 1970-01-01T00:00:00Z
    std::optional<RationalNumber> available_energy{};  // Wh
    std::optional<RationalNumber> power_tolerance{};   // W
    PowerScheduleEntryList power_schedule_entries{};
};
constexpr auto fields(exi::of<PowerSchedule>) {
    return exi::list(exi::element("TimeAnchor", &PowerSchedule::time_anchor),
                     exi::element("AvailableEnergy", &PowerSchedule::available_energy),
                     exi::element("PowerTolerance", &PowerSchedule::power_tolerance),
                     exi::element("PowerScheduleEntries", &PowerSchedule::power_schedule_entries));
}

/// A price level for a duration.
struct PriceLevelScheduleEntry {
    std::uint32_t duration = 0;  // s
    std::uint8_t price_level = 0;
};
constexpr auto fields(exi::of<PriceLevelScheduleEntry>) {
    return exi::list(exi::element("Duration", &PriceLevelScheduleEntry::duration),
                     exi::element("PriceLevel", &PriceLevelScheduleEntry::price_level));
}

/// The entries, in order of time.
struct PriceLevelScheduleEntryList {
    exi::Many<PriceLevelScheduleEntry, 1024> price_level_schedule_entry{};
};
constexpr auto fields(exi::of<PriceLevelScheduleEntryList>) {
    return exi::list(exi::element("PriceLevelScheduleEntry", &PriceLevelScheduleEntryList::price_level_schedule_entry));
}

/// Prices as levels: 0 is the lowest.
struct PriceLevelSchedule {
    std::optional<xmldsig::ID> id{};
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    NumericID price_schedule_id{};
    std::optional<Description> price_schedule_description{};
    std::uint8_t number_of_price_levels = 0;
    PriceLevelScheduleEntryList price_level_schedule_entries{};
};
constexpr auto fields(exi::of<PriceLevelSchedule>) {
    return exi::list(exi::attribute("Id", &PriceLevelSchedule::id), exi::element("TimeAnchor", &PriceLevelSchedule::time_anchor),
                     exi::element("PriceScheduleID", &PriceLevelSchedule::price_schedule_id),
                     exi::element("PriceScheduleDescription", &PriceLevelSchedule::price_schedule_description),
                     exi::element("NumberOfPriceLevels", &PriceLevelSchedule::number_of_price_levels),
                     exi::element("PriceLevelScheduleEntries", &PriceLevelSchedule::price_level_schedule_entries));
}

/// One tax and what it is put on.
struct TaxRule {
    NumericID tax_rule_id{};
    std::optional<Name> tax_rule_name{};
    RationalNumber tax_rate{};  // percent
    std::optional<bool> tax_included_in_price{};
    bool applies_to_energy_fee = false;
    bool applies_to_parking_fee = false;
    bool applies_to_overstay_fee = false;
    bool applies_minimum_maximum_cost = false;
};
constexpr auto fields(exi::of<TaxRule>) {
    return exi::list(exi::element("TaxRuleID", &TaxRule::tax_rule_id), exi::element("TaxRuleName", &TaxRule::tax_rule_name),
                     exi::element("TaxRate", &TaxRule::tax_rate),
                     exi::element("TaxIncludedInPrice", &TaxRule::tax_included_in_price),
                     exi::element("AppliesToEnergyFee", &TaxRule::applies_to_energy_fee),
                     exi::element("AppliesToParkingFee", &TaxRule::applies_to_parking_fee),
                     exi::element("AppliesToOverstayFee", &TaxRule::applies_to_overstay_fee),
                     exi::element("AppliesMinimumMaximumCost", &TaxRule::applies_minimum_maximum_cost));
}

/// The taxes.
struct TaxRuleList {
    exi::Many<TaxRule, 10> tax_rule{};
};
constexpr auto fields(exi::of<TaxRuleList>) { return exi::list(exi::element("TaxRule", &TaxRuleList::tax_rule)); }

/// A price from a power on.
struct PriceRule {
    RationalNumber energy_fee{};                             // currency per kWh
    std::optional<RationalNumber> parking_fee{};             // currency per parking_fee_period
    std::optional<std::uint32_t> parking_fee_period{};       // s
    std::optional<std::uint16_t> carbon_dioxide_emission{};  // g/kWh
    std::optional<std::uint8_t> renewable_generation_percentage{};
    RationalNumber power_range_start{};  // W
};
constexpr auto fields(exi::of<PriceRule>) {
    return exi::list(exi::element("EnergyFee", &PriceRule::energy_fee), exi::element("ParkingFee", &PriceRule::parking_fee),
                     exi::element("ParkingFeePeriod", &PriceRule::parking_fee_period),
                     exi::element("CarbonDioxideEmission", &PriceRule::carbon_dioxide_emission),
                     exi::element("RenewableGenerationPercentage", &PriceRule::renewable_generation_percentage),
                     exi::element("PowerRangeStart", &PriceRule::power_range_start));
}

/// The prices of a duration, by power range.
struct PriceRuleStack {
    std::uint32_t duration = 0;  // s
    List<PriceRule, 8> price_rule{};
};
constexpr auto fields(exi::of<PriceRuleStack>) {
    return exi::list(exi::element("Duration", &PriceRuleStack::duration), exi::element("PriceRule", &PriceRuleStack::price_rule));
}

/// The prices, in order of time.
struct PriceRuleStackList {
    exi::Many<PriceRuleStack, 1024> price_rule_stack{};
};
constexpr auto fields(exi::of<PriceRuleStackList>) {
    return exi::list(exi::element("PriceRuleStack", &PriceRuleStackList::price_rule_stack));
}

/// A fee from a time on.
struct OverstayRule {
    std::optional<Description> overstay_rule_description{};
    std::uint32_t start_time = 0;           // s
    RationalNumber overstay_fee{};          // currency per overstay_fee_period
    std::uint32_t overstay_fee_period = 0;  // s
};
constexpr auto fields(exi::of<OverstayRule>) {
    return exi::list(exi::element("OverstayRuleDescription", &OverstayRule::overstay_rule_description),
                     exi::element("StartTime", &OverstayRule::start_time),
                     exi::element("OverstayFee", &OverstayRule::overstay_fee),
                     exi::element("OverstayFeePeriod", &OverstayRule::overstay_fee_period));
}

/// What is paid for staying after the charge.
struct OverstayRuleList {
    std::optional<std::uint32_t> overstay_time_threshold{};    // s
    std::optional<RationalNumber> overstay_power_threshold{};  // W
    exi::Many<OverstayRule, 5> overstay_rule{};
};
constexpr auto fields(exi::of<OverstayRuleList>) {
    return exi::list(exi::element("OverstayTimeThreshold", &OverstayRuleList::overstay_time_threshold),
                     exi::element("OverstayPowerThreshold", &OverstayRuleList::overstay_power_threshold),
                     exi::element("OverstayRule", &OverstayRuleList::overstay_rule));
}

/// Another service and its fee.
struct AdditionalService {
    Name service_name{};
    RationalNumber service_fee{};  // currency
};
constexpr auto fields(exi::of<AdditionalService>) {
    return exi::list(exi::element("ServiceName", &AdditionalService::service_name),
                     exi::element("ServiceFee", &AdditionalService::service_fee));
}

/// Other services and their fees.
struct AdditionalServiceList {
    exi::Many<AdditionalService, 5> additional_service{};
};
constexpr auto fields(exi::of<AdditionalServiceList>) {
    return exi::list(exi::element("AdditionalService", &AdditionalServiceList::additional_service));
}

/// Prices in money.
struct AbsolutePriceSchedule {
    std::optional<xmldsig::ID> id{};
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    NumericID price_schedule_id{};
    std::optional<Description> price_schedule_description{};
    Currency currency{};
    Language language{};
    Identifier price_algorithm{};
    std::optional<RationalNumber> minimum_cost{};  // currency
    std::optional<RationalNumber> maximum_cost{};  // currency
    std::optional<TaxRuleList> tax_rules{};
    PriceRuleStackList price_rule_stacks{};
    std::optional<OverstayRuleList> overstay_rules{};
    std::optional<AdditionalServiceList> additional_selected_services{};
};
constexpr auto fields(exi::of<AbsolutePriceSchedule>) {
    return exi::list(
        exi::attribute("Id", &AbsolutePriceSchedule::id), exi::element("TimeAnchor", &AbsolutePriceSchedule::time_anchor),
        exi::element("PriceScheduleID", &AbsolutePriceSchedule::price_schedule_id),
        exi::element("PriceScheduleDescription", &AbsolutePriceSchedule::price_schedule_description),
        exi::element("Currency", &AbsolutePriceSchedule::currency), exi::element("Language", &AbsolutePriceSchedule::language),
        exi::element("PriceAlgorithm", &AbsolutePriceSchedule::price_algorithm),
        exi::element("MinimumCost", &AbsolutePriceSchedule::minimum_cost),
        exi::element("MaximumCost", &AbsolutePriceSchedule::maximum_cost),
        exi::element("TaxRules", &AbsolutePriceSchedule::tax_rules),
        exi::element("PriceRuleStacks", &AbsolutePriceSchedule::price_rule_stacks),
        exi::element("OverstayRules", &AbsolutePriceSchedule::overstay_rules),
        exi::element("AdditionalSelectedServices", &AbsolutePriceSchedule::additional_selected_services));
}

/// The car follows the charger.
struct Dynamic_EVPPTControlMode {};
constexpr auto fields(exi::of<Dynamic_EVPPTControlMode>) { return exi::list(); }

/// The schedule that the car chose.
struct Scheduled_EVPPTControlMode {
    NumericID selected_schedule_tuple_id{};
    std::optional<PowerToleranceAcceptance> power_tolerance_acceptance{};
};
constexpr auto fields(exi::of<Scheduled_EVPPTControlMode>) {
    return exi::list(exi::element("SelectedScheduleTupleID", &Scheduled_EVPPTControlMode::selected_schedule_tuple_id),
                     exi::element("PowerToleranceAcceptance", &Scheduled_EVPPTControlMode::power_tolerance_acceptance));
}

/// The entries, in order of time.
struct EVPowerProfileEntryList {
    exi::Many<PowerScheduleEntry, 2048> ev_power_profile_entry{};
};
constexpr auto fields(exi::of<EVPowerProfileEntryList>) {
    return exi::list(exi::element("EVPowerProfileEntry", &EVPowerProfileEntryList::ev_power_profile_entry));
}

/// The power that the car intends to take.
struct EVPowerProfile {
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    std::variant<Dynamic_EVPPTControlMode, Scheduled_EVPPTControlMode> control_mode{};
    EVPowerProfileEntryList ev_power_profile_entries{};
};
constexpr auto fields(exi::of<EVPowerProfile>) {
    return exi::list(exi::element("TimeAnchor", &EVPowerProfile::time_anchor),
                     exi::choice(&EVPowerProfile::control_mode, "Dynamic_EVPPTControlMode", "Scheduled_EVPPTControlMode"),
                     exi::element("EVPowerProfileEntries", &EVPowerProfile::ev_power_profile_entries));
}

/// Power for a duration.
struct EVPowerScheduleEntry {
    std::uint32_t duration = 0;  // s
    RationalNumber power{};      // W
};
constexpr auto fields(exi::of<EVPowerScheduleEntry>) {
    return exi::list(exi::element("Duration", &EVPowerScheduleEntry::duration),
                     exi::element("Power", &EVPowerScheduleEntry::power));
}

/// The entries, in order of time.
struct EVPowerScheduleEntryList {
    exi::Many<EVPowerScheduleEntry, 1024> ev_power_schedule_entry{};
};
constexpr auto fields(exi::of<EVPowerScheduleEntryList>) {
    return exi::list(exi::element("EVPowerScheduleEntry", &EVPowerScheduleEntryList::ev_power_schedule_entry));
}

/// Power that the car offers over time.
struct EVPowerSchedule {
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    EVPowerScheduleEntryList ev_power_schedule_entries{};
};
constexpr auto fields(exi::of<EVPowerSchedule>) {
    return exi::list(exi::element("TimeAnchor", &EVPowerSchedule::time_anchor),
                     exi::element("EVPowerScheduleEntries", &EVPowerSchedule::ev_power_schedule_entries));
}

/// A price from a power on.
struct EVPriceRule {
    RationalNumber energy_fee{};         // currency per kWh
    RationalNumber power_range_start{};  // W
};
constexpr auto fields(exi::of<EVPriceRule>) {
    return exi::list(exi::element("EnergyFee", &EVPriceRule::energy_fee),
                     exi::element("PowerRangeStart", &EVPriceRule::power_range_start));
}

/// The prices of a duration, by power range.
struct EVPriceRuleStack {
    std::uint32_t duration = 0;  // s
    List<EVPriceRule, 8> ev_price_rule{};
};
constexpr auto fields(exi::of<EVPriceRuleStack>) {
    return exi::list(exi::element("Duration", &EVPriceRuleStack::duration),
                     exi::element("EVPriceRule", &EVPriceRuleStack::ev_price_rule));
}

/// The prices, in order of time.
struct EVPriceRuleStackList {
    exi::Many<EVPriceRuleStack, 1024> ev_price_rule_stack{};
};
constexpr auto fields(exi::of<EVPriceRuleStackList>) {
    return exi::list(exi::element("EVPriceRuleStack", &EVPriceRuleStackList::ev_price_rule_stack));
}

/// The prices of the car.
struct EVAbsolutePriceSchedule {
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    Currency currency{};
    Identifier price_algorithm{};
    EVPriceRuleStackList ev_price_rule_stacks{};
};
constexpr auto fields(exi::of<EVAbsolutePriceSchedule>) {
    return exi::list(exi::element("TimeAnchor", &EVAbsolutePriceSchedule::time_anchor),
                     exi::element("Currency", &EVAbsolutePriceSchedule::currency),
                     exi::element("PriceAlgorithm", &EVAbsolutePriceSchedule::price_algorithm),
                     exi::element("EVPriceRuleStacks", &EVAbsolutePriceSchedule::ev_price_rule_stacks));
}

/// What the car would give back, and at what price.
struct EVEnergyOffer {
    EVPowerSchedule ev_power_schedule{};
    EVAbsolutePriceSchedule ev_absolute_price_schedule{};
};
constexpr auto fields(exi::of<EVEnergyOffer>) {
    return exi::list(exi::element("EVPowerSchedule", &EVEnergyOffer::ev_power_schedule),
                     exi::element("EVAbsolutePriceSchedule", &EVEnergyOffer::ev_absolute_price_schedule));
}

/// Power over time, with its price.
struct ChargingSchedule {
    PowerSchedule power_schedule{};
    std::optional<std::variant<AbsolutePriceSchedule, PriceLevelSchedule>> price_schedule{};
};
constexpr auto fields(exi::of<ChargingSchedule>) {
    return exi::list(exi::element("PowerSchedule", &ChargingSchedule::power_schedule),
                     exi::choice(&ChargingSchedule::price_schedule, "AbsolutePriceSchedule", "PriceLevelSchedule"));
}

/// One schedule that the car can choose.
struct ScheduleTuple {
    NumericID schedule_tuple_id{};
    ChargingSchedule charging_schedule{};
    std::optional<ChargingSchedule> discharging_schedule{};
};
constexpr auto fields(exi::of<ScheduleTuple>) {
    return exi::list(exi::element("ScheduleTupleID", &ScheduleTuple::schedule_tuple_id),
                     exi::element("ChargingSchedule", &ScheduleTuple::charging_schedule),
                     exi::element("DischargingSchedule", &ScheduleTuple::discharging_schedule));
}

}  // namespace voltkeep::iso15118
