// SPDX-License-Identifier: Apache-2.0
// The safety loop of one EVSE. It alone closes and opens the contactor. Whoever is above may want; it decides.
// Every message sets a state, so sending one twice is harmless.
#pragma once

#include "charging/safety/safety.hpp"
#include "kernel/message.hpp"

namespace voltkeep::power {

/// Power may flow for so long from now, unless this is renewed. Its expiry is a controlled stop.
struct Consent {
    std::uint16_t ms = 500;          ///< cut to the configuration's maximum; 0 withdraws
    using Reply = kernel::Done;
};

/// What the session wants. Absurd values are refused by the safety core and counted in its report.
struct Setpoint {
    safety::Demand demand = safety::Demand::none;
    safety::Setpoint setpoint;
    bool lock = false;
    bool offer = true;
    bool digital = true;
    using Reply = kernel::Done;
};

/// Somebody who is allowed to has acknowledged the latched trips.
struct Acknowledge {
    using Reply = kernel::Done;
};

/// What the safety core knows.
struct Read {
    using Reply = safety::Report;
};

using Interface = kernel::Interface<Consent, Setpoint, Acknowledge, Read>;

/// changed: pilot, stage or contactor. tripped: a protection; the value is its number and one, 0 says no trip.
enum class Pulse : std::uint8_t { changed, tripped, last_ = tripped };

struct Config {
    safety::Configuration safety;
};

}  // namespace voltkeep::power
