// SPDX-License-Identifier: Apache-2.0
// What people and tests may ask of the plant. One line of text in, one line of JSON out: {"ok":true,...} or
// {"ok":false,"error":"..."}.
//
//   status [EVSE]                       the truth about every EVSE, or about one: energy in 1/1000 Wh, voltage, current,
//                                       contactor, faults
//   faults                              the menu
//   fault EVSE NAME [on|off|VALUE]      break something, or mend it
//   clear EVSE                          mend everything
//   plug EVSE [SOC_PERMILLE [DRAW_MA]]  a car without electronics: state C, its contactor follows the voltage; DRAW_MA: on AC
//   release EVSE                        that car's contactor falls open, whatever flows
//   pilot EVSE b|c|d                    what that car shows
//   mark EVSE [QUANTITY LIMIT]          from here on lowest_amperes of `status` is the lowest current, and onset_us is now, or
//                                       when QUANTITY (volts, amperes, celsius, contactor, discharge) is first above LIMIT
//   unplug EVSE                         pulls the plug of whatever car is there
#pragma once

#include <string>
#include <string_view>

#include "peers/plant/world.hpp"

namespace voltkeep::plant {

inline constexpr std::size_t kLongestLine = 512;

/// Carries out one line. The answer ends with a newline.
[[nodiscard]] std::string answer(World& world, std::string_view line);

}  // namespace voltkeep::plant
