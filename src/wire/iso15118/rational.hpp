// SPDX-License-Identifier: Apache-2.0
// RationalNumber to integers and back: value * 10^exponent of a base unit (V, A, W, Wh, ...) against a fixed power of ten of it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.hpp"
#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

/// The number in units of 10^power base units (power -3: thousandths), rounded toward zero; nothing if it does not fit 64 bits.
[[nodiscard]] std::optional<std::int64_t> to_integer(RationalNumber number, int power) noexcept;
/// number * 10^power base units with as many digits as 16 bits hold, the rest rounded toward zero. Exact for |number| <= 32767.
[[nodiscard]] RationalNumber to_rational(std::int64_t number, int power) noexcept;

/// Typed forms; nothing if the quantity's 32 bits (64 for energy) do not hold the number.
[[nodiscard]] std::optional<MilliVolt> to_millivolt(RationalNumber volts) noexcept;
[[nodiscard]] std::optional<MilliAmpere> to_milliampere(RationalNumber amperes) noexcept;
[[nodiscard]] std::optional<Watt> to_watt(RationalNumber watts) noexcept;
[[nodiscard]] std::optional<WattHour> to_watthour(RationalNumber watt_hours) noexcept;
[[nodiscard]] RationalNumber to_rational(MilliVolt voltage) noexcept;
[[nodiscard]] RationalNumber to_rational(MilliAmpere current) noexcept;
[[nodiscard]] RationalNumber to_rational(Watt power) noexcept;
[[nodiscard]] RationalNumber to_rational(WattHour energy) noexcept;

}  // namespace voltkeep::iso15118
