// SPDX-License-Identifier: Apache-2.0
// The request of each step.
#pragma once

#include "peers/ev/evcc/car.hpp"

namespace voltkeep::iso15118::evcc {

/// The request that belongs to car.step, without its header. Not for ramp_down and done.
[[nodiscard]] Message make_request(const Plan& plan, const Car& car, const Cable& cable, std::uint64_t unix_s);

/// The voltage at the inlet: the cable's word, or the charger's.
[[nodiscard]] MilliVolt inlet_voltage(const Car& car, const Cable& cable);
/// The battery and the inlet agree well enough for the contactor: within 20 V.
[[nodiscard]] bool is_precharged(const Car& car, const Cable& cable);

}  // namespace voltkeep::iso15118::evcc
