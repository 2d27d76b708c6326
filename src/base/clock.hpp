// SPDX-License-Identifier: Apache-2.0
// Time is passed in: pure code gets an Instant, only services ask the clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace voltkeep {

using namespace std::chrono_literals;
using Duration = std::chrono::nanoseconds;

/// A point on the monotonic clock of this boot: nanoseconds, comparable between the processes of one machine, never set back.
struct Instant {
    std::int64_t ns = 0;

    friend constexpr auto operator<=>(Instant, Instant) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.ns + d.count()}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.ns - d.count()}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return Duration(a.ns - b.ns); }
};

/// Milliseconds since 1970-01-01T00:00:00Z, as the wall clock said; it may jump.
struct WallTime {
    std::int64_t unix_ms = 0;
    friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

[[nodiscard]] Instant now() noexcept;
[[nodiscard]] WallTime wall_now() noexcept;

}  // namespace voltkeep
