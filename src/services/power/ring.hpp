// SPDX-License-Identifier: Apache-2.0
// The newest steps of the safety loop, for the flight recorder: what it was given and a digest of what it decided. Memory copies
// only; nothing here allocates, waits or fails. Who keeps them comes and takes them (power::TakeSteps); who does not come loses
// the oldest.
#pragma once

#include <algorithm>

#include "services/power/protocol.hpp"

namespace voltkeep::power {

class Ring {
public:
    /// `life`: of this process, never the same as of one before it.
    explicit Ring(Instant life) : life_(life.ns) {}

    void note(safety::Tick at, const safety::Inputs& inputs, const safety::Outputs& outputs) {
        steps_[count_ % capacity] = {at, inputs, digest_of(inputs, outputs)};
        ++count_;
    }

    /// configuration and state: those of now, after the newest step.
    [[nodiscard]] TakeSteps::Steps take(const TakeSteps& m, const safety::Configuration& configuration,
                                        const safety::State& state) const {
        TakeSteps::Steps taken;
        taken.life = life_;
        const std::uint64_t oldest = count_ > capacity ? count_ - capacity : 0;
        taken.first = std::clamp(m.after, oldest, count_);
        for (std::uint64_t number = taken.first; number < count_ && taken.steps.push(steps_[number % capacity]); ++number) {}
        const bool is_newest = taken.first + taken.steps.size() == count_;
        taken.configuration = configuration;
        if (m.with_state && is_newest) taken.state = state;
        return taken;
    }

private:
    static constexpr std::size_t capacity = 512;   ///< 5 s: a session that is started again misses nothing
    std::array<SafetyStep, capacity> steps_{};
    std::uint64_t count_ = 0;
    std::int64_t life_;
};

}  // namespace voltkeep::power
