// SPDX-License-Identifier: Apache-2.0
// Tariffs, as OCPP 2.1 sends them to a station: blocks C and I.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class DayOfWeekEnum : std::uint8_t { Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday };

enum class EvseKindEnum : std::uint8_t { AC, DC };

/// When a fixed price applies. Times are hh:mm and dates yyyy-mm-dd, local.
struct TariffConditionsFixed {
    std::optional<Text<kLongestText>> startTimeOfDay;
    std::optional<Text<kLongestText>> endTimeOfDay;
    std::optional<List<DayOfWeekEnum, 1, 7>> dayOfWeek;
    std::optional<Text<kLongestText>> validFromDate;
    std::optional<Text<kLongestText>> validToDate;
    std::optional<EvseKindEnum> evseKind;
    std::optional<Text<20>> paymentBrand;
    std::optional<Text<20>> paymentRecognition;
    std::optional<CustomData> customData;
};

/// When a price applies. Times are hh:mm and dates yyyy-mm-dd, local.
struct TariffConditions {
    std::optional<Text<kLongestText>> startTimeOfDay;
    std::optional<Text<kLongestText>> endTimeOfDay;
    std::optional<List<DayOfWeekEnum, 1, 7>> dayOfWeek;
    std::optional<Text<kLongestText>> validFromDate;
    std::optional<Text<kLongestText>> validToDate;
    std::optional<EvseKindEnum> evseKind;
    std::optional<Decimal> minEnergy;                       ///< kWh
    std::optional<Decimal> maxEnergy;                       ///< kWh
    std::optional<Decimal> minCurrent;                      ///< A
    std::optional<Decimal> maxCurrent;                      ///< A
    std::optional<Decimal> minPower;                        ///< kW
    std::optional<Decimal> maxPower;                        ///< kW
    std::optional<Integer<>> minTime;                       ///< s
    std::optional<Integer<>> maxTime;                       ///< s
    std::optional<Integer<>> minChargingTime;               ///< s
    std::optional<Integer<>> maxChargingTime;               ///< s
    std::optional<Integer<>> minIdleTime;                   ///< s
    std::optional<Integer<>> maxIdleTime;                   ///< s
    std::optional<CustomData> customData;
};

/// A price per kWh, and when it applies.
struct TariffEnergyPrice {
    Decimal priceKwh;                                       ///< without tax
    std::optional<TariffConditions> conditions;
    std::optional<CustomData> customData;
};

/// Prices of energy.
struct TariffEnergy {
    List<TariffEnergyPrice, 1, kUnbounded> prices;
    std::optional<List<TaxRate, 1, 5>> taxRates;
    std::optional<CustomData> customData;
};

/// A fixed price, and when it applies.
struct TariffFixedPrice {
    Decimal priceFixed;                                     ///< without tax
    std::optional<TariffConditionsFixed> conditions;
    std::optional<CustomData> customData;
};

/// Fixed prices.
struct TariffFixed {
    List<TariffFixedPrice, 1, kUnbounded> prices;
    std::optional<List<TaxRate, 1, 5>> taxRates;
    std::optional<CustomData> customData;
};

/// A price per minute, and when it applies.
struct TariffTimePrice {
    Decimal priceMinute;                                    ///< without tax
    std::optional<TariffConditions> conditions;
    std::optional<CustomData> customData;
};

/// Prices of time.
struct TariffTime {
    List<TariffTimePrice, 1, kUnbounded> prices;
    std::optional<List<TaxRate, 1, 5>> taxRates;
    std::optional<CustomData> customData;
};

/// What charging costs: energy, charging time, idle time, fixed fees, reservation.
struct Tariff {
    Text<60> tariffId;
    Text<3> currency;                                       ///< ISO 4217
    std::optional<List<MessageContent, 1, 10>> description;
    std::optional<TariffEnergy> energy;
    std::optional<DateTime> validFrom;
    std::optional<TariffTime> chargingTime;
    std::optional<TariffTime> idleTime;
    std::optional<TariffFixed> fixedFee;
    std::optional<TariffTime> reservationTime;
    std::optional<TariffFixed> reservationFixed;
    std::optional<Price> minCost;
    std::optional<Price> maxCost;
    std::optional<CustomData> customData;
};

}  // namespace voltkeep::ocpp
