// SPDX-License-Identifier: Apache-2.0
// The control pilot and the proximity coding (IEC 61851-1, Annexes A and B), as pure functions of what was measured.
#pragma once

#include "charging/safety/safety.hpp"

namespace voltkeep::safety {

/// The state of one measurement, without debounce. A steady -12 V is F, whoever drives it.
[[nodiscard]] Pilot classify_pilot(std::int16_t high_mv, std::int16_t low_mv);

/// The negative half is -12 V +-1 V: a diode, and not a resistor, is at the other end.
[[nodiscard]] constexpr bool diode_present(std::int16_t low_mv) { return low_mv >= -13'000 && low_mv <= -11'000; }

/// The duty cycle that offers this current (IEC 61851-1 Table A.8): 6 A to 80 A; below 6 A there is none, 1000 (steady, X1).
[[nodiscard]] std::uint16_t duty_for(MilliAmpere current);

/// What a car reads out of a duty cycle; 0 for no charging and for digital communication.
[[nodiscard]] MilliAmpere current_for(std::uint16_t duty_permille);

/// The rating of a Type 2 cable by its resistor; 0 if no cable, or a resistor that no cable has.
[[nodiscard]] MilliAmpere cable_rating(Ohm proximity);

}  // namespace voltkeep::safety
