// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/parts.hpp"

namespace voltkeep::safety {

namespace {

bool is_absurd(const Configuration& c, const Setpoint& s) {
    if (s.voltage.value < 0 || s.voltage.value / 2 > c.voltage_max.value || s.ev_voltage_max.value < 0) return true;
    if (s.current.value < 0 && c.discharge_max.value == 0) return true;
    if (magnitude(s.current.value) / 8 > c.current_max.value) return true;
    if (s.ramp_ma_per_s < 0 || s.ramp_ma_per_s > c.ramp_limit_ma_per_s) return true;
    return s.phases != 1 && s.phases != 3;
}

Setpoint clamped(const Configuration& c, Setpoint s) {
    s.voltage.value = lower(s.voltage.value, c.voltage_max.value);
    if (s.ev_voltage_max.value > 0) s.voltage.value = lower(s.voltage.value, s.ev_voltage_max.value);
    s.current.value = lower(s.current.value, lower(c.current_max.value, c.cable_max.value));
    s.current.value = higher(s.current.value, -c.discharge_max.value);
    if (s.phases > c.phases) s.phases = c.phases;
    return s;
}

// Full up to 90 degC at the hottest contact, nothing at 105 degC.
constexpr std::int32_t kDerateFrom = 900;
constexpr std::int32_t kDerateTo = 1'050;

MilliAmpere derated(MilliAmpere full, const Sensors& sensors) {
    const std::int32_t hottest = higher(sensors.plus_temperature.value, sensors.minus_temperature.value);
    if (hottest <= kDerateFrom) return full;
    if (hottest >= kDerateTo) return {0};
    return {static_cast<std::int32_t>(static_cast<std::int64_t>(full.value) * (kDerateTo - hottest) / (kDerateTo - kDerateFrom))};
}

constexpr std::uint32_t kCarFollowsUs = 6'100'000;

void toward(std::int32_t& value, std::int32_t target, std::int64_t step) {
    if (value < target) value = static_cast<std::int32_t>(value + step < target ? value + step : target);
    else value = static_cast<std::int32_t>(value - step > target ? value - step : target);
}

}  // namespace

void accept_setpoint(Work& work) {
    State& state = work.state;
    const Setpoint& asked = work.command.setpoint;
    const bool is_new = !(asked == state.asked);
    state.asked = asked;
    if (is_absurd(work.configuration, asked)) {
        if (is_new) ++state.counters.refused_setpoints;
        return;
    }
    state.wanted = clamped(work.configuration, asked);
    if (is_new && !(state.wanted == asked)) ++state.counters.clamped_setpoints;
}

Limit limit_now(const Work& work) {
    const Configuration& c = work.configuration;
    Limit limit{work.state.wanted.current, LimitReason::setpoint};
    const bool discharging = limit.current.value < 0;
    std::int32_t value = magnitude(limit.current.value);
    const auto at_most = [&](std::int32_t bound, LimitReason reason) {
        if (value <= bound) return;
        value = bound;
        limit.reason = reason;
    };
    at_most(discharging ? c.discharge_max.value : c.current_max.value, LimitReason::nameplate_current);
    if (c.outlet == Outlet::ac_socket) at_most(cable_rating(work.sensors.proximity).value, LimitReason::cable);
    at_most(c.cable_max.value, LimitReason::cable);
    if (!work.is_ac) {
        const std::int64_t voltage = higher(higher(work.sensors.outlet_voltage.value, work.sensors.supply_voltage.value), 50'000);
        const std::int64_t by_power = static_cast<std::int64_t>(c.power_max.value) * 1'000'000 / voltage;
        at_most(by_power > INT32_MAX ? INT32_MAX : static_cast<std::int32_t>(by_power), LimitReason::nameplate_power);
    }
    at_most(derated(c.current_max, work.sensors).value, LimitReason::temperature);
    limit.current.value = discharging ? -value : value;
    return limit;
}

void ramp(Work& work, MilliAmpere target, bool at_once) {
    State& state = work.state;
    // How fast it goes up may be asked for; down to nothing it never goes slower than the station does.
    const std::int32_t own = work.configuration.ramp_ma_per_s,
                       asked = state.wanted.ramp_ma_per_s > 0 ? state.wanted.ramp_ma_per_s : own;
    const std::int64_t rate = target.value == 0 ? higher(asked, own) : asked;
    const std::int64_t elapsed = work.elapsed_us;
    if (at_once) state.ramped = target;
    else toward(state.ramped.value, target.value, rate * elapsed / 1'000'000);

    // A supply follows within some frames: half the rate. An AC car may take 5 s to follow the pilot, and 6 s after X1 it is
    // opened (IEC 61851-1 Annex A).
    const std::int32_t present = higher(state.ramped.value, 0), back = higher(-state.ramped.value, 0);
    if (state.allowed_back.value <= back) state.allowed_back.value = back;
    else toward(state.allowed_back.value, back, rate / 2 * elapsed / 1'000'000);
    if (state.allowed.value <= present) {
        state.allowed.value = present;
        state.allowed_held_us = 0;
    } else if (!work.is_ac) {
        toward(state.allowed.value, present, rate / 2 * elapsed / 1'000'000);
    } else {
        state.allowed_held_us += work.elapsed_us > kCarFollowsUs ? kCarFollowsUs : work.elapsed_us;
        if (state.allowed_held_us > kCarFollowsUs) state.allowed = {present};
    }
}

}  // namespace voltkeep::safety
