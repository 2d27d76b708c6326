// SPDX-License-Identifier: Apache-2.0
// How often the TPM's counters may be raised. A part of 500,000 cycles lasts 25 years at 54 a day; a service that counts in a
// loop would wear it out in a day. A bucket of one day, filled evenly: time is passed in, and a clock that is set back fills
// nothing.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace voltkeep::rot {

class WearBudget {
public:
    static constexpr std::uint32_t per_day = 54;
    static constexpr std::int64_t day_ms = 86'400'000;

    /// What is kept over restarts. Level: milliseconds of filling, so that nothing is rounded off.
    struct Kept {
        std::int64_t level = day_ms;
        std::int64_t at_ms = 0;
    };

    WearBudget() = default;
    explicit WearBudget(Kept kept) : kept_(kept) { kept_.level = std::clamp<std::int64_t>(kept_.level, 0, day_ms); }

    /// False: nothing is left, and nothing was taken.
    [[nodiscard]] bool take(WallTime at) {
        fill(at);
        if (kept_.level < cost) return false;
        kept_.level -= cost;
        return true;
    }
    [[nodiscard]] std::uint16_t left(WallTime at) {
        fill(at);
        return static_cast<std::uint16_t>(kept_.level / cost);
    }
    [[nodiscard]] const Kept& kept() const { return kept_; }

private:
    static constexpr std::int64_t cost = day_ms / per_day;

    void fill(WallTime at) {
        const std::int64_t passed = std::clamp<std::int64_t>(at.unix_ms - kept_.at_ms, 0, day_ms);
        kept_.level = std::min(kept_.level + passed, day_ms);
        kept_.at_ms = at.unix_ms;
    }

    Kept kept_;
};

}  // namespace voltkeep::rot
