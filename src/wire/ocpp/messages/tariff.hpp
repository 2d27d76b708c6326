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
    std::optional<String<kLongestString>> startTimeOfDay{};
    std::optional<String<kLongestString>> endTimeOfDay{};
    std::optional<Sequence<DayOfWeekEnum, 1, 7>> dayOfWeek{};
    std::optional<String<kLongestString>> validFromDate{};
    std::optional<String<kLongestString>> validToDate{};
    std::optional<EvseKindEnum> evseKind{};
    std::optional<String<20>> paymentBrand{};
    std::optional<String<20>> paymentRecognition{};
    std::optional<CustomData> customData{};
};

/// When a price applies. Times are hh:mm and dates yyyy-mm-dd, local.
struct TariffConditions {
    std::optional<String<kLongestString>> startTimeOfDay{};
    std::optional<String<kLongestString>> endTimeOfDay{};
    std::optional<Sequence<DayOfWeekEnum, 1, 7>> dayOfWeek{};
    std::optional<String<kLongestString>> validFromDate{};
    std::optional<String<kLongestString>> validToDate{};
    std::optional<EvseKindEnum> evseKind{};
    std::optional<Decimal> minEnergy{};                     ///< kWh
    std::optional<Decimal> maxEnergy{};                     ///< kWh
    std::optional<Decimal> minCurrent{};                    ///< A
    std::optional<Decimal> maxCurrent{};                    ///< A
    std::optional<Decimal> minPower{};                      ///< kW
    std::optional<Decimal> maxPower{};                      ///< kW
    std::optional<Integer<>> minTime{};                     ///< s
    std::optional<Integer<>> maxTime{};                     ///< s
    std::optional<Integer<>> minChargingTime{};             ///< s
    std::optional<Integer<>> maxChargingTime{};             ///< s
    std::optional<Integer<>> minIdleTime{};                 ///< s
    std::optional<Integer<>> maxIdleTime{};                 ///< s
    std::optional<CustomData> customData{};
};

/// A price per kWh, and when it applies.
struct TariffEnergyPrice {
    Decimal priceKwh{};                                     ///< without tax
    std::optional<TariffConditions> conditions{};
    std::optional<CustomData> customData{};
};

/// Prices of energy.
struct TariffEnergy {
    Sequence<TariffEnergyPrice, 1, kUnbounded> prices{};
    std::optional<Sequence<TaxRate, 1, 5>> taxRates{};
    std::optional<CustomData> customData{};
};

/// A fixed price, and when it applies.
struct TariffFixedPrice {
    Decimal priceFixed{};                                   ///< without tax
    std::optional<TariffConditionsFixed> conditions{};
    std::optional<CustomData> customData{};
};

/// Fixed prices.
struct TariffFixed {
    Sequence<TariffFixedPrice, 1, kUnbounded> prices{};
    std::optional<Sequence<TaxRate, 1, 5>> taxRates{};
    std::optional<CustomData> customData{};
};

/// A price per minute, and when it applies.
struct TariffTimePrice {
    Decimal priceMinute{};                                  ///< without tax
    std::optional<TariffConditions> conditions{};
    std::optional<CustomData> customData{};
};

/// Prices of time.
struct TariffTime {
    Sequence<TariffTimePrice, 1, kUnbounded> prices{};
    std::optional<Sequence<TaxRate, 1, 5>> taxRates{};
    std::optional<CustomData> customData{};
};

/// What charging costs: energy, charging time, idle time, fixed fees, reservation.
struct Tariff {
    String<60> tariffId{};
    String<3> currency{};                                   ///< ISO 4217
    std::optional<Sequence<MessageContent, 1, 10>> description{};
    std::optional<TariffEnergy> energy{};
    std::optional<DateTime> validFrom{};
    std::optional<TariffTime> chargingTime{};
    std::optional<TariffTime> idleTime{};
    std::optional<TariffFixed> fixedFee{};
    std::optional<TariffTime> reservationTime{};
    std::optional<TariffFixed> reservationFixed{};
    std::optional<Price> minCost{};
    std::optional<Price> maxCost{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
