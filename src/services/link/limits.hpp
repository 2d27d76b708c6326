// SPDX-License-Identifier: Apache-2.0
// How often something may happen, and how long to wait before the next try. Pure: the time is passed in, chance too.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace voltkeep::link {

/// At most `burst` at once, and one more every `interval`.
class RateLimit {
public:
    constexpr RateLimit(std::uint32_t burst, Duration interval) : burst_(burst), interval_(interval) {}

    /// True if this one may happen.
    [[nodiscard]] constexpr bool allows(Instant now) {
        // `full_at_` is when the bucket would be full again: each one that happens moves it one interval away.
        const Instant earliest = std::max(full_at_, now);
        if (earliest - now > interval_ * (burst_ - 1)) return false;
        full_at_ = earliest + interval_;
        return true;
    }

private:
    std::uint32_t burst_;
    Duration interval_;
    Instant full_at_{};
};

/// The pause before the next connection: the minimum, doubled with each failure up to `doublings` times, plus a random share.
//= OCPP 2.1 Part 4 5.3 Reconnecting
class BackOff {
public:
    constexpr BackOff(Duration minimum, Duration random_range, std::uint8_t doublings)
        : minimum_(minimum), random_range_(random_range), doublings_(doublings) {}

    /// `chance` is uniform over 0 to 65535, new for each pause.
    [[nodiscard]] constexpr Duration next(std::uint16_t chance) {
        const Duration pause = minimum_ * (std::int64_t{1} << failures_) + random_range_ * chance / 65536;
        if (failures_ < doublings_) ++failures_;
        return pause;
    }
    constexpr void succeeded() { failures_ = 0; }

private:
    Duration minimum_;
    Duration random_range_;
    std::uint8_t doublings_;
    std::uint8_t failures_ = 0;
};

}  // namespace voltkeep::link
