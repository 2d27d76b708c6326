// SPDX-License-Identifier: Apache-2.0
// The safety loop of one EVSE. It alone closes and opens the contactor. Whoever is above may want; it decides.
// Every message sets a state, so sending one twice is harmless.
#pragma once

#include <array>

#include "charging/safety/safety.hpp"
#include "kernel/message.hpp"
#include "services/power/state_codec.hpp"

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

/// Somebody who is allowed to has acknowledged these latched trips. What is still there stays latched.
struct Acknowledge {
    std::uint32_t trips = 0;         ///< one bit a protection
    using Reply = kernel::Done;
};

/// What the safety core knows.
struct Read {
    using Reply = safety::Report;
};

/// One step of the safety core: what it was given, and what it decided, as a digest.
struct SafetyStep {
    safety::Tick at;
    safety::Inputs inputs;
    std::uint64_t digest = 0;         ///< digest_of(inputs, safety::Outputs)
};

/// FNV-1a over the values as a message carries them: the same bits, the same number.
template <class... T>
[[nodiscard]] std::uint64_t digest_of(const T&... values) {
    std::uint64_t digest = 1469598103934665603u;
    const auto mix = [&digest]<class V>(const V& value) {
        std::array<std::byte, kernel::bound<V>> buffer;
        for (const std::byte octet : kernel::encode(value, buffer))
            digest = (digest ^ static_cast<std::uint8_t>(octet)) * 1099511628211u;
    };
    (mix(values), ...);
    return digest;
}

/// For the flight recorder: the steps behind the first `after` ones, oldest first, without a gap between them. Errors: busy
/// (asked too often: 20 a second, and 34 at once).
struct TakeSteps {
    std::uint64_t after = 0;
    bool with_state = false;          ///< also the state behind the newest step, if the steps reach it
    struct Steps {
        std::int64_t life =
            0;  ///< another one after the loop was started anew: its steps count from 0, its first state is State{}
        std::uint64_t first = 0;      ///< so many steps were before these; more than `after` if older ones are forgotten
        List<SafetyStep, 16> steps;
        safety::Configuration configuration;
        std::optional<safety::State> state;
    };
    using Reply = Steps;
};

using Interface = kernel::Interface<Consent, Setpoint, Acknowledge, Read, TakeSteps>;

/// changed: pilot, stage or contactor. tripped: a protection; the value is its number and one, 0 says no trip.
enum class Pulse : std::uint8_t { changed, tripped, last_ = tripped };

struct Config {
    safety::Configuration safety;
};

}  // namespace voltkeep::power
