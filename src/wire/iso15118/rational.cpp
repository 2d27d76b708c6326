// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/rational.hpp"

#include <limits>

namespace voltkeep::iso15118 {
namespace {

template <class Q>
std::optional<Q> quantity(RationalNumber number, int power) noexcept {
    using Rep = typename Q::rep;
    auto value = to_integer(number, power);
    if (!value || *value < std::numeric_limits<Rep>::min() || *value > std::numeric_limits<Rep>::max()) return std::nullopt;
    return Q{static_cast<Rep>(*value)};
}

}  // namespace

std::optional<std::int64_t> to_integer(RationalNumber number, int power) noexcept {
    std::int64_t value = number.value;
    int shift = number.exponent - power;
    for (; shift > 0 && value != 0; --shift) {
        if (value > std::numeric_limits<std::int64_t>::max() / 10 || value < std::numeric_limits<std::int64_t>::min() / 10)
            return std::nullopt;
        value *= 10;
    }
    for (; shift < 0 && value != 0; ++shift) value /= 10;
    return value;
}

RationalNumber to_rational(std::int64_t number, int power) noexcept {
    constexpr std::int64_t highest = std::numeric_limits<std::int16_t>::max();
    constexpr std::int64_t lowest = std::numeric_limits<std::int16_t>::min();
    for (; number > highest || number < lowest; ++power) number /= 10;
    while (number != 0 && power < 0 && number % 10 == 0) {
        number /= 10;
        ++power;
    }
    if (number == 0) power = 0;
    return {static_cast<std::int8_t>(power), static_cast<std::int16_t>(number)};
}

std::optional<MilliVolt> to_millivolt(RationalNumber volts) noexcept { return quantity<MilliVolt>(volts, -3); }
std::optional<MilliAmpere> to_milliampere(RationalNumber amperes) noexcept { return quantity<MilliAmpere>(amperes, -3); }
std::optional<Watt> to_watt(RationalNumber watts) noexcept { return quantity<Watt>(watts, 0); }
std::optional<WattHour> to_watthour(RationalNumber watt_hours) noexcept { return quantity<WattHour>(watt_hours, 0); }
RationalNumber to_rational(MilliVolt voltage) noexcept { return to_rational(voltage.value, -3); }
RationalNumber to_rational(MilliAmpere current) noexcept { return to_rational(current.value, -3); }
RationalNumber to_rational(Watt power) noexcept { return to_rational(power.value, 0); }
RationalNumber to_rational(WattHour energy) noexcept { return to_rational(energy.value, 0); }

}  // namespace voltkeep::iso15118
