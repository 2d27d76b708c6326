// SPDX-License-Identifier: Apache-2.0
// The limit of an EVSE: the lowest of everybody's who may say one, and whose it is. Pure; services ask and show it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/units.hpp"

namespace voltkeep::charging {

/// Who may limit an EVSE. On equal values the earlier is named.
enum class LimitSource : std::uint8_t { hardware, cable, fuse, grid, csms, ev, last_ = ev };
inline constexpr std::size_t kLimitSources = static_cast<std::size_t>(LimitSource::last_) + 1;

/// The word for screen and log: "hardware", "cable", "fuse", "grid", "csms", "ev".
[[nodiscard]] std::string_view name(LimitSource source) noexcept;

/// What one of them allows. Absent: no limit of that kind. Never negative; a negative one is taken as 0.
struct Allowance {
    std::optional<Watt> power;
    std::optional<MilliAmpere> current;
    friend constexpr bool operator==(const Allowance&, const Allowance&) = default;
};

struct Allowances {
    std::array<Allowance, kLimitSources> of{};
    [[nodiscard]] constexpr Allowance& operator[](LimitSource source) { return of[static_cast<std::size_t>(source)]; }
    [[nodiscard]] constexpr const Allowance& operator[](LimitSource source) const { return of[static_cast<std::size_t>(source)]; }
};

struct Limit {
    MilliAmpere current{};
    Watt power{};
    LimitSource reason = LimitSource::hardware;  ///< who says the lowest at this voltage
    friend constexpr bool operator==(const Limit&, const Limit&) = default;
};

/// The minimum over all, at this voltage; with nobody's word at all it is 0. voltage: present or expected, at least 1 V is
/// assumed.
[[nodiscard]] Limit limit_of(const Allowances& allowances, MilliVolt voltage);

/// How fast a limit may change. What protects (hardware, cable, fuse, the car) comes down at once, whatever the ramp says.
struct Ramp {
    Watt up_per_second{20'000};
    Watt down_per_second{50'000};
};

/// The next limit on the way from `present` to `wanted` after `elapsed`. Never above `wanted` when a protecting limit is the
/// reason.
[[nodiscard]] Limit ramped(const Limit& present, const Limit& wanted, const Ramp& ramp, Duration elapsed, MilliVolt voltage);

}  // namespace voltkeep::charging
