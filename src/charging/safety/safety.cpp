// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/safety.hpp"

#include "charging/safety/parts.hpp"

namespace voltkeep::safety {

namespace {

constexpr std::uint32_t kAheadOfEcho = 1'000;
constexpr std::uint32_t kFaultSignalUs = 500'000;  // F after an emergency: every car opens its contactor on it
static_assert(kFaultSignalUs < CLOSING_PAUSE_MS * 1'000,
              "nothing closes while the pilot says F: it is over before the contactor has rested");

std::uint32_t saturating_add(std::uint32_t a, std::uint32_t b) { return a > UINT32_MAX - b ? UINT32_MAX : a + b; }

std::uint32_t elapsed_since(const State& state, Tick now) {
    if (!state.started || now.us <= state.last.us) return state.started ? 1 : 0;  // never zero: no stop waits forever
    const std::int64_t us = now.us - state.last.us;
    return us > 3'600'000'000 ? 3'600'000'000U : static_cast<std::uint32_t>(us);
}

std::uint32_t that_can_latch() {
    std::uint32_t set = 0;
    for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id)
        if (interlock_protections[id].latches != LATCH_NEVER) set |= std::uint32_t{1} << id;
    return set;
}

std::uint32_t regained_us(const Configuration& configuration) {
    return configuration.closing_regained_ms > UINT32_MAX / 1'000 ? UINT32_MAX : configuration.closing_regained_ms * 1'000;
}

// From a fresh frame: what an earlier life of this loop had latched is latched, and the closings that it had spent are spent.
// When the frames answer our own orders, the last one of that life has arrived, and the registers are ours to write.
void remember_register(Work& work) {
    State& state = work.state;
    const Sensors& s = work.sensors;
    if (state.knows_register) return;
    state.interlock.latched |= s.latched & that_can_latch();
    const std::uint8_t most = work.configuration.closings_most;
    const std::uint8_t spent = s.spent != kUnknownSpent ? s.spent
                               : most > 0               ? static_cast<std::uint8_t>(most - 1)
                                                        : std::uint8_t{0};
    if (spent > state.interlock.spent) {
        state.interlock.spent = spent > most ? most : spent;
        state.interlock.regain_left_us = regained_us(work.configuration);
    }
    state.knows_register = state.sequence - s.echo <= static_cast<std::uint32_t>(limit_of(PROTECTION_BUS_LATE)) / 10;
}

void see(Work& work) {
    State& state = work.state;
    const Sensors& s = work.sensors;
    const bool fresh = !state.seen ? s.sequence != 0 : s.sequence != state.seen_sequence;
    state.frame_age_us = fresh ? 0 : saturating_add(state.frame_age_us, work.elapsed_us);
    if (fresh) {
        // Numbers that the loop before this one never used: an echo that stands still must not look like an answer to this one.
        if (!state.seen) state.sequence = s.echo + kAheadOfEcho;
        state.seen = true;
        state.seen_sequence = s.sequence;
        remember_register(work);
    }
    // What was never measured is not known; while the pilot says F it cannot be read.
    if (state.seen && state.drive != Drive::fault)
        state.pilot.step(classify_pilot(s.pilot_high_mv, s.pilot_low_mv), Pilot::between, work.elapsed_us);
    const bool lockable = work.configuration.outlet != Outlet::ac_cable;
    state.locked.step(!lockable || s.locked, false, work.elapsed_us);
    state.diode.step(state.drive != Drive::pwm || diode_present(s.pilot_low_mv), false, work.elapsed_us);

    const Pilot pilot = state.pilot.stable;
    work.plugged = pilot == Pilot::b || pilot == Pilot::c || pilot == Pilot::d;
    const bool by_pilot = pilot == Pilot::c || (pilot == Pilot::d && work.configuration.ventilated);
    work.energy_ready = work.plugged && (work.configuration.outlet == Outlet::mcs ? s.charge_enable : by_pilot);
}

void renew_consent(Work& work) {
    State& state = work.state;
    state.consent_left_us = state.consent_left_us > work.elapsed_us ? state.consent_left_us - work.elapsed_us : 0;
    const std::uint16_t ms = work.command.consent_ms;
    const std::uint16_t bounded = ms > work.configuration.consent_max_ms ? work.configuration.consent_max_ms : ms;
    if (bounded > 0) state.consent_left_us = static_cast<std::uint32_t>(bounded) * 1'000;
}

interlock_inputs for_interlock(const Work& work, std::uint32_t conditions) {
    const Sensors& s = work.sensors;
    const State& state = work.state;
    const std::uint32_t blind = (1U << PROTECTION_INPUTS_STALE) | (1U << PROTECTION_SENSOR_IMPLAUSIBLE);
    interlock_inputs in{};
    in.elapsed_us = work.elapsed_us;
    in.conditions = conditions;
    in.current_ma = s.current.value;
    in.path = work.is_ac ? PATH_AC : PATH_DC;
    in.request = wants_closed(work);
    in.consent = state.consent_left_us > 0;
    in.energy_ready = work.energy_ready;
    in.locked = state.locked.stable;
    in.voltage_matched = work.is_ac || magnitude(s.supply_voltage.value - s.outlet_voltage.value) <= 20'000;
    in.current_known = (conditions & blind) == 0;
    in.contactor_closed = s.contactor_closed;
    in.acknowledge = work.command.acknowledge;
    in.regained_us = regained_us(work.configuration);
    in.closings_most = work.configuration.closings_most;
    return in;
}

void remember_stop(Work& work, const interlock_outputs& interlock, std::uint8_t phase_before) {
    State& state = work.state;
    const bool stopped = phase_before != INTERLOCK_OPEN && (interlock.stop != STOP_NONE || !interlock.close);
    if (stopped && state.interlock.stop >= STOP_CONTROLLED) state.blocked = true;
    if (stopped && state.interlock.stop == STOP_EMERGENCY && phase_before == INTERLOCK_RUNNING)
        state.fault_signal_us = kFaultSignalUs;
    if (work.command.demand == Demand::none && state.interlock.phase == INTERLOCK_OPEN) state.blocked = false;
    if ((work.command.acknowledge >> PROTECTION_SHORT_CIRCUIT & 1u) != 0 && state.stage != Stage::short_test)
        state.short_circuit = false;
    const bool idle = state.stage == Stage::idle;
    if (idle && (!work.plugged || work.command.demand == Demand::none)) {
        state.cable_check = CableCheck::none;
        state.insulation_warning = false;
    }
}

Wait wait_of(const Work& work) {
    const bool is_wanted = work.command.demand != Demand::none && work.plugged;
    if (!is_wanted || work.state.interlock.phase != INTERLOCK_OPEN) return Wait::none;
    if (!has_closing(work)) return Wait::closings;
    return work.state.interlock.rested_us < CLOSING_PAUSE_MS * 1'000u ? Wait::pause : Wait::none;
}

void count_wait(Work& work) {
    State& state = work.state;
    const Wait wait = wait_of(work);
    if (wait != state.wait && wait == Wait::pause)
        state.counters.waits_for_pause = saturating_add(state.counters.waits_for_pause, 1);
    if (wait != state.wait && wait == Wait::closings)
        state.counters.waits_for_closings = saturating_add(state.counters.waits_for_closings, 1);
    state.wait = wait;
}

Report report_of(const Work& work, const interlock_outputs& interlock) {
    const State& state = work.state;
    const Sensors& s = work.sensors;
    const Limit limit = limit_now(work);
    Report r;
    r.stage = state.stage;
    r.pilot = state.pilot.stable;
    r.plugged = work.plugged;
    r.energy_ready = work.energy_ready;
    r.contactor_closed = s.contactor_closed;
    r.locked = state.locked.stable;
    r.consent = state.consent_left_us > 0;
    r.insulation_warning = state.insulation_warning;
    r.cable_check = state.cable_check;
    r.stop = state.interlock.stop;
    r.cause = state.interlock.stop == STOP_NONE ? static_cast<std::uint8_t>(PROTECTION_NONE) : state.interlock.cause;
    r.blocked = state.blocked || (state.interlock.phase == INTERLOCK_OPEN && !state.interlock.armed);
    r.wait = state.wait;
    r.tripped = interlock.tripped;
    r.latched = state.interlock.latched;
    r.voltage = work.is_ac ? s.mains_voltage : s.outlet_voltage;
    r.current = s.current;
    r.limit = limit.current;
    r.limit_reason = limit.reason;
    r.insulation = s.insulation;
    r.temperature = s.plus_temperature < s.minus_temperature ? s.minus_temperature : s.plus_temperature;
    r.counters = state.counters;
    r.counters.operations = state.interlock.operations;
    r.counters.openings_under_load = state.interlock.openings_under_load;
    return r;
}

}  // namespace

Step step(const Configuration& configuration, const State& before, const Inputs& inputs, Tick now) {
    Step result{before, {}};
    State& state = result.state;
    const bool is_ac = configuration.outlet == Outlet::ac_socket || configuration.outlet == Outlet::ac_cable;
    Work work{configuration, inputs.sensors, inputs.command, state, elapsed_since(before, now), is_ac};
    const bool backwards = before.started && now.us < before.last.us;
    const bool late = before.started && work.elapsed_us > static_cast<std::uint32_t>(limit_of(PROTECTION_LOOP_OVERRUN)) * 1'000;
    state.started = true;
    state.last = now;
    state.stage_us = saturating_add(state.stage_us, work.elapsed_us);

    see(work);
    renew_consent(work);
    accept_setpoint(work);

    const std::uint8_t phase_before = state.interlock.phase;
    const interlock_inputs in = for_interlock(work, conditions(work, late || backwards));
    const interlock_outputs interlock = interlock_step(&state.interlock, &in);

    Actuators& a = result.outputs.actuators;
    if (is_ac) sequence_ac(work, interlock, a);
    else sequence_dc(work, interlock, a);
    remember_stop(work, interlock, phase_before);
    count_wait(work);

    a.sequence = ++state.sequence;
    a.close_contactor = interlock.close;
    a.reset_watchdog = !interlock.close;
    a.latched = state.knows_register ? state.interlock.latched : kUnknownRegister;
    a.spent = state.knows_register ? state.interlock.spent : kUnknownSpent;
    // What is live stays locked, whatever the pilot says; behind a welded contactor the mains are.
    const bool is_live =
        interlock.close || (is_ac ? inputs.sensors.contactor_closed : inputs.sensors.outlet_voltage.value >= 60'000);
    a.lock = is_live || (work.plugged && (inputs.command.lock || inputs.command.demand != Demand::none));
    state.fault_signal_us = state.fault_signal_us > work.elapsed_us ? state.fault_signal_us - work.elapsed_us : 0;
    if (state.fault_signal_us > 0) {
        a.drive = Drive::fault;
        a.duty_permille = 0;
    }
    state.drive = a.drive;
    result.outputs.report = report_of(work, interlock);
    return result;
}

const char* protection_name(std::uint8_t id) { return id < PROTECTION_COUNT ? interlock_protections[id].name : "none"; }

const char* stop_name(std::uint8_t stop) {
    switch (stop) {
        case STOP_NORMAL: return "normal";
        case STOP_CONTROLLED: return "controlled";
        case STOP_EMERGENCY: return "emergency";
        default: return "none";
    }
}

const char* wait_name(Wait wait) {
    switch (wait) {
        case Wait::pause: return "pause";
        case Wait::closings: return "closings";
        default: return "none";
    }
}

const char* stage_name(Stage stage) {
    switch (stage) {
        case Stage::idle: return "idle";
        case Stage::closing: return "closing";
        case Stage::short_test: return "short_test";
        case Stage::insulation_test: return "insulation_test";
        case Stage::test_discharge: return "test_discharge";
        case Stage::checked: return "checked";
        case Stage::precharging: return "precharging";
        case Stage::ready: return "ready";
        case Stage::delivering: return "delivering";
        case Stage::stopping: return "stopping";
        case Stage::discharging: return "discharging";
    }
    return "none";
}

}  // namespace voltkeep::safety
