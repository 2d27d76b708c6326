// SPDX-License-Identifier: Apache-2.0
// How the files of the safety core share a step among them. Not for users of the core.
#pragma once

#include "charging/safety/pilot.hpp"
#include "charging/safety/safety.hpp"

namespace voltkeep::safety {

/// One step in the making.
struct Work {
    const Configuration& configuration;
    const Sensors& sensors;
    const Command& command;
    State& state;
    std::uint32_t elapsed_us;
    bool is_ac;
    bool plugged = false;
    bool energy_ready = false;
};

struct Limit {
    MilliAmpere current{};
    LimitReason reason = LimitReason::setpoint;
};

constexpr std::int32_t magnitude(std::int32_t value) { return value < 0 ? (value == INT32_MIN ? INT32_MAX : -value) : value; }
constexpr std::int32_t lower(std::int32_t a, std::int32_t b) { return a < b ? a : b; }
constexpr std::int32_t higher(std::int32_t a, std::int32_t b) { return a > b ? a : b; }
inline std::int32_t limit_of(std::uint8_t id) { return interlock_protections[id].limit; }

/// Takes the command's setpoint if it is not absurd, clamped to nameplate; counts once a message what it refuses or clamps.
void accept_setpoint(Work& work);

/// The highest current that may flow now, and why.
[[nodiscard]] Limit limit_now(const Work& work);

/// Moves `ramped` towards the target and lets `allowed` follow. A controlled or emergency stop drops to zero at once.
void ramp(Work& work, MilliAmpere target, bool at_once);

/// One bit a protection whose condition is present in this step, without those that the interlock finds itself.
[[nodiscard]] std::uint32_t conditions(const Work& work, bool late);
/// What the hardware said last is old. It is a trip of its own; what the hardware had yet to do is not known meanwhile.
[[nodiscard]] bool is_stale(const State& state);

/// Whether the sequence wants the contactor closed.
[[nodiscard]] bool wants_closed(const Work& work);

/// Whether the contactor is closed, or has a closing left: who has none invites no car.
[[nodiscard]] inline bool has_closing(const Work& work) {
    const interlock_state& interlock = work.state.interlock;
    return interlock.phase != INTERLOCK_OPEN || interlock.spent < work.configuration.closings_most;
}

/// Advances the stage after the interlock has decided, and fills what the hardware shall do.
void sequence_dc(Work& work, const interlock_outputs& interlock, Actuators& actuators);
void sequence_ac(Work& work, const interlock_outputs& interlock, Actuators& actuators);

void enter(State& state, Stage stage);

}  // namespace voltkeep::safety
