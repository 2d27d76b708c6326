// SPDX-License-Identifier: Apache-2.0
// Quantities that cannot be mixed up. Integers in the unit that the name says; arithmetic inside one unit only.
#pragma once

#include <compare>
#include <cstdint>

namespace voltkeep {

template <class Unit, class Rep>
struct Quantity {
    using rep = Rep;
    Rep value = 0;

    friend constexpr auto operator<=>(Quantity, Quantity) = default;
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return {static_cast<Rep>(a.value + b.value)}; }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return {static_cast<Rep>(a.value - b.value)}; }
    friend constexpr Quantity operator-(Quantity a) { return {static_cast<Rep>(-a.value)}; }
    constexpr Quantity& operator+=(Quantity b) { return *this = *this + b; }
    constexpr Quantity& operator-=(Quantity b) { return *this = *this - b; }
};

using MilliVolt = Quantity<struct MilliVoltUnit, std::int32_t>;        ///< 1/1000 volt
using MilliAmpere =
    Quantity<struct MilliAmpereUnit, std::int32_t>;  ///< 1/1000 ampere; negative flows from the car to the station
using Watt = Quantity<struct WattUnit, std::int32_t>;                  ///< negative flows from the car to the station
using WattHour = Quantity<struct WattHourUnit, std::int64_t>;
using MilliHertz = Quantity<struct MilliHertzUnit, std::int32_t>;
using DeciCelsius = Quantity<struct DeciCelsiusUnit, std::int16_t>;    ///< 1/10 degree Celsius
using Permille = Quantity<struct PermilleUnit, std::int16_t>;          ///< 1/1000, for state of charge and duty cycle
using Ohm = Quantity<struct OhmUnit, std::int32_t>;

/// Power of a DC path: rounded toward zero. Any current and voltage of the types above fit.
[[nodiscard]] constexpr Watt power_of(MilliVolt u, MilliAmpere i) {
    return {static_cast<std::int32_t>(static_cast<std::int64_t>(u.value) * i.value / 1'000'000)};
}

}  // namespace voltkeep
