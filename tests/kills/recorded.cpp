// SPDX-License-Identifier: Apache-2.0
#include "recorded.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <format>
#include <optional>

#include "kernel/config.hpp"

namespace voltkeep::kills {

namespace {

constexpr std::int64_t stop_us = 1'100'000;  ///< a controlled stop is over 1 s after its cause; and the frame that shows it
constexpr std::int64_t ramp_us = 1'500'000;          ///< 125 A down at 100 A/s, and the supply's own time
constexpr std::int64_t find_us = 150'000;            ///< and the hardware's watchdog opens 100 ms after the loop before
constexpr std::int32_t no_current_ma = 1'000;
constexpr std::int32_t tolerance_ma = 2'500;         ///< 2 % of the nameplate's current: sensor and supply
constexpr std::int64_t power_tolerance = 103;        ///< per cent

class Watcher {
public:
    Watcher(const flight::SafetyBeginning& beginning, Kept& kept) : configuration_(beginning.configuration), kept_(kept) {
        if (!beginning.state.started) return;
        consent_until_us_ = beginning.state.last.us + beginning.state.consent_left_us;
        note_limit(beginning.state.last.us, beginning.state.wanted);
    }

    void look(const power::SafetyStep& step) {
        const std::int64_t at = step.at.us;
        if (!consent_until_us_) {   // a loop that has just begun: what it finds was another's, and it opens at once
            consent_until_us_ = at - stop_us + find_us;
            note_limit(at, {.current = configuration_.current_max});
        }
        const safety::Command& command = step.inputs.command;
        if (command.consent_ms > 0)
            consent_until_us_ = at + 1'000 * std::min<std::int64_t>(command.consent_ms, configuration_.consent_max_ms);
        note_limit(at, command.setpoint);
        const std::int32_t current = std::abs(step.inputs.sensors.current.value);
        ++kept_.steps;
        if (current > 50'000) ++kept_.with_current;
        if (current > no_current_ma && at > *consent_until_us_ + stop_us)
            say(0, step, std::format("{} mA, {} ms after the last consent", current, (at - *consent_until_us_) / 1'000));
        std::int32_t limit = 0;
        for (const auto& [when, milliampere] : limits_) limit = std::max(limit, milliampere);
        if (current > limit + tolerance_ma)
            say(1, step, std::format("{} mA, and for {} ms nobody had wanted more than {} mA", current, ramp_us / 1'000, limit));
        const std::int64_t milliwatt = static_cast<std::int64_t>(current) * step.inputs.sensors.outlet_voltage.value / 1'000;
        if (milliwatt * 100 > configuration_.power_max.value * 1'000 * power_tolerance)
            say(2, step, std::format("{} W are more than the nameplate's", milliwatt / 1'000));
    }

private:
    /// What was wanted in the last `ramp_us`, and the value that held when that time began.
    void note_limit(std::int64_t at, const safety::Setpoint& wanted) {
        const std::int32_t milliampere =
            std::min({std::abs(wanted.current.value), configuration_.current_max.value, configuration_.cable_max.value});
        if (limits_.empty() || limits_.back().second != milliampere) limits_.emplace_back(at, milliampere);
        while (limits_.size() > 1 && limits_[1].first < at - ramp_us) limits_.pop_front();
    }

    void say(std::size_t kind, const power::SafetyStep& step, const std::string& what) {
        if (!is_said_[kind]) kept_.problems.push_back(std::format("frame {}: ", step.inputs.sensors.sequence) + what);
        is_said_[kind] = true;
    }

    const safety::Configuration& configuration_;
    Kept& kept_;
    std::optional<std::int64_t> consent_until_us_;
    std::deque<std::pair<std::int64_t, std::int32_t>> limits_;
    std::array<bool, 3> is_said_{};
};

}  // namespace

void look_at(const flight::SafetyBeginning& beginning, std::span<const power::SafetyStep> steps, Kept& kept) {
    Watcher watcher(beginning, kept);
    for (const power::SafetyStep& step : steps) watcher.look(step);
}

Result<Kept> look_at_all(const std::string& state) {
    Kept kept;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(state + "/state/session/flight", error)) {
        if (!entry.path().filename().string().starts_with("power@")) continue;
        const auto file = TRY(kernel::read_file(entry.path().string(), 16u << 20));
        const flight::Segment segment = TRY(flight::read(file));
        const auto beginning = TRY(kernel::decode<flight::SafetyBeginning>(segment.beginning));
        std::vector<power::SafetyStep> steps;
        for (const flight::Step& each : segment.steps) steps.push_back(TRY(kernel::decode<power::SafetyStep>(each.bytes)));
        look_at(beginning, steps, kept);
    }
    if (error) return fail(Errc::io, state + ": " + error.message());
    return kept;
}

}  // namespace voltkeep::kills
