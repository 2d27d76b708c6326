// SPDX-License-Identifier: Apache-2.0
#include "charging/energy/limit.hpp"

#include <algorithm>
#include <limits>

namespace voltkeep::charging {

namespace {

constexpr std::int32_t kHighest = std::numeric_limits<std::int32_t>::max();

std::int32_t volts_to(MilliVolt voltage) { return std::max(voltage.value, 1'000); }

Watt power_at(MilliAmpere current, MilliVolt voltage) {
    return {static_cast<std::int32_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(current.value) * volts_to(voltage) / 1'000'000, kHighest))};
}

MilliAmpere current_at(Watt power, MilliVolt voltage) {
    return {static_cast<std::int32_t>(
        std::min<std::int64_t>(static_cast<std::int64_t>(power.value) * 1'000'000 / volts_to(voltage), kHighest))};
}

}  // namespace

std::string_view name(LimitSource source) noexcept {
    constexpr std::string_view names[kLimitSources] = {"hardware", "cable", "fuse", "grid", "csms", "ev"};
    return names[static_cast<std::size_t>(source)];
}

Limit limit_of(const Allowances& allowances, MilliVolt voltage) {
    std::optional<Limit> lowest;
    for (std::size_t i = 0; i < kLimitSources; ++i) {
        const Allowance& a = allowances.of[i];
        std::int32_t current = kHighest;
        if (a.current) current = std::max(a.current->value, 0);
        if (a.power) current = std::min(current, current_at({std::max(a.power->value, 0)}, voltage).value);
        if (current == kHighest || (lowest && current >= lowest->current.value)) continue;
        lowest = Limit{{current}, power_at({current}, voltage), static_cast<LimitSource>(i)};
    }
    return lowest.value_or(Limit{});
}

Limit ramped(const Limit& present, const Limit& wanted, const Ramp& ramp, Duration elapsed, MilliVolt voltage) {
    const std::int64_t ms = std::clamp<std::int64_t>(elapsed.count() / 1'000'000, 0, 10'000);
    const auto reached = [&](Watt per_second) { return static_cast<std::int32_t>(per_second.value * ms / 1'000); };
    const bool protects = wanted.reason != LimitSource::csms && wanted.reason != LimitSource::grid;
    std::int32_t power = wanted.power.value;
    if (wanted.power > present.power) power = std::min(power, present.power.value + reached(ramp.up_per_second));
    else if (!protects) power = std::max(power, present.power.value - reached(ramp.down_per_second));
    if (power == wanted.power.value) return wanted;
    const MilliAmpere current{power > wanted.power.value ? current_at({power}, voltage).value
                                                         : std::min(wanted.current.value, current_at({power}, voltage).value)};
    return {current, {power}, wanted.reason};
}

}  // namespace voltkeep::charging
