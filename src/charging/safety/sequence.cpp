// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/parts.hpp"

namespace voltkeep::safety {

namespace {

constexpr std::int32_t kSafeMv = 60'000;        // below this a charged output may be touched
constexpr std::int32_t kBledMv = 10'000;        // low enough that the contactor may close again onto a dead cable
constexpr std::int32_t kMatchMv = 20'000;       // IEC 61851-23: precharge to within 20 V
constexpr std::int32_t kShortTestMv = 48'000;   // below 60 V, enough to see whether it stands
constexpr std::int32_t kShortTestMa = 500;
constexpr std::uint32_t kShortTestUs = 500'000;
constexpr std::int32_t kTestMa = 1'000;
constexpr std::uint32_t kInsulationUs = 600'000;  // 300 ms to settle, then longer than the trip's time
constexpr std::uint32_t kBleedUs = 1'500'000;     // the bleeder is not made for a battery behind a welded contactor
constexpr std::uint32_t kPhasePauseUs = 5'000'000;

MilliVolt test_voltage(const Work& work) {
    std::int32_t mv = lower(work.configuration.insulation_test_voltage.value, work.configuration.voltage_max.value);
    const std::int32_t ev = work.state.wanted.ev_voltage_max.value;
    return {ev > 0 ? lower(mv, ev) : mv};
}

bool is_matched(const Work& work) {
    return work.state.wanted.voltage.value >= work.configuration.voltage_min.value &&
           magnitude(work.sensors.outlet_voltage.value - work.state.wanted.voltage.value) <= kMatchMv;
}

// Before energy: one stage after the other, each left only by what the sensors show.
void advance_dc(Work& work, const interlock_outputs& interlock) {
    State& state = work.state;
    const Sensors& s = work.sensors;
    const Demand demand = work.command.demand;
    switch (state.stage) {
        case Stage::idle:
            if (interlock.close) {
                enter(state, Stage::closing);
                state.cable_check = CableCheck::running;
            }
            break;
        case Stage::closing:
            if (interlock.energy) enter(state, Stage::short_test);
            break;
        case Stage::short_test:
            if (s.outlet_voltage.value >= limit_of(PROTECTION_SHORT_CIRCUIT)) enter(state, Stage::insulation_test);
            else if (state.stage_us >= kShortTestUs) state.short_circuit = true;
            break;
        case Stage::insulation_test: {
            const bool standing = s.outlet_voltage.value >= test_voltage(work).value / 100 * 95;
            state.settled_us = standing ? state.settled_us + work.elapsed_us : 0;
            const std::int64_t volt = s.outlet_voltage.value / 1'000;
            // A fault that begins in the last moments of the test has not yet had the time to trip: it is not passed either.
            if (state.settled_us < kInsulationUs || s.insulation.value < volt * limit_of(PROTECTION_INSULATION)) break;
            //= IEC 61851-23 CC.4.1: below 500 ohm/V a warning
            state.insulation_warning = s.insulation.value < volt * 500;
            enter(state, Stage::test_discharge);
            break;
        }
        case Stage::test_discharge:
            if (s.supply_voltage.value >= kSafeMv || s.outlet_voltage.value >= kSafeMv) break;
            state.cable_check = state.insulation_warning ? CableCheck::passed_with_warning : CableCheck::passed;
            enter(state, Stage::checked);
            break;
        case Stage::checked:
            if (demand >= Demand::precharge) enter(state, Stage::precharging);
            break;
        case Stage::precharging:
            if (is_matched(work)) enter(state, Stage::ready);
            break;
        case Stage::ready:
            // With the demand the target changes from the battery's voltage to the car's highest: it is looked at no more.
            if (demand == Demand::energy) enter(state, Stage::delivering);
            else if (!is_matched(work)) enter(state, Stage::precharging);
            break;
        default:
            break;
    }
}

void stop_dc(Work& work, const interlock_outputs& interlock) {
    State& state = work.state;
    const bool powered = state.stage >= Stage::closing && state.stage <= Stage::stopping;
    if (powered && !interlock.close) {
        if (state.cable_check == CableCheck::running) state.cable_check = CableCheck::failed;
        enter(state, Stage::discharging);
    } else if (powered && interlock.stop != STOP_NONE && state.stage != Stage::stopping) {
        if (state.cable_check == CableCheck::running) state.cable_check = CableCheck::failed;
        enter(state, Stage::stopping);
    } else if (state.stage == Stage::discharging &&
               (work.sensors.supply_voltage.value < kBledMv || state.stage_us >= kBleedUs)) {
        enter(state, Stage::idle);
    } else if (state.stage == Stage::idle && !interlock.close && !is_stale(state) &&
               work.sensors.supply_voltage.value > kMatchMv && !state.interlock.latched) {
        enter(state,
              Stage::discharging);  // found charged, as after a restart in the middle of a delivery: it could not close again
    }
}

void drive_dc(Work& work, const interlock_outputs& interlock, Actuators& a) {
    State& state = work.state;
    const bool live = interlock.energy;
    switch (state.stage) {
        case Stage::short_test:
            a.supply_on = live && !state.short_circuit;
            a.voltage = {kShortTestMv};
            a.current = {kShortTestMa};
            break;
        case Stage::insulation_test:
            a.supply_on = live;
            a.voltage = test_voltage(work);
            a.current = {kTestMa};
            break;
        case Stage::precharging:
        case Stage::ready:
            a.supply_on = live && state.wanted.voltage.value >= work.configuration.voltage_min.value;
            a.voltage = state.wanted.voltage;
            a.current = work.configuration.precharge_current;
            break;
        case Stage::delivering:
            ramp(work, limit_now(work).current, false);
            a.supply_on = live;
            a.voltage = state.wanted.voltage;
            a.current = state.ramped;
            return;
        case Stage::stopping:
            ramp(work, {0}, interlock.stop != STOP_NORMAL);
            // On only to ramp down what was delivered: a stop before the first delivery puts no voltage on the output.
            a.supply_on = (state.allowed.value != 0 || state.allowed_back.value != 0) &&
                          (interlock.stop == STOP_NORMAL || interlock.stop == STOP_CONTROLLED);
            a.voltage = state.wanted.voltage;
            a.current = state.ramped;
            return;
        case Stage::test_discharge:
        case Stage::discharging:
            a.discharge = true;
            break;
        default:
            break;
    }
    state.ramped = {0};
    state.allowed = state.allowed_back = {0};
}

}  // namespace

void enter(State& state, Stage stage) {
    state.stage = stage;
    state.stage_us = 0;
    state.settled_us = 0;
}

bool wants_closed(const Work& work) {
    const State& state = work.state;
    const Demand demand = work.command.demand;
    const std::uint32_t behind = state.sequence - work.sensors.echo;
    if (demand == Demand::none || state.blocked || !work.plugged) return false;
    if (state.interlock.phase == INTERLOCK_OPEN && behind > static_cast<std::uint32_t>(limit_of(PROTECTION_BUS_LATE)) / 10)
        return false;
    // Debounce is for holding: onto a pilot or a lock that changes in this very frame nothing is closed.
    const bool is_sure = state.pilot.seen == state.pilot.stable && state.locked.seen;
    if (state.interlock.phase == INTERLOCK_OPEN && !is_sure) return false;
    if (work.is_ac)
        return demand == Demand::energy && work.energy_ready && limit_now(work).current.value >= 6'000 &&
               state.phases == state.wanted.phases && state.phase_pause_us == 0;
    if (state.stage == Stage::discharging) return false;
    // Back from a later stage to an earlier one is a stop: nothing is lowered under a car's closed contactor.
    if (state.stage == Stage::delivering) return demand == Demand::energy;
    if (state.stage == Stage::precharging || state.stage == Stage::ready) return demand >= Demand::precharge;
    return state.cable_check != CableCheck::failed;
}

void sequence_dc(Work& work, const interlock_outputs& interlock, Actuators& actuators) {
    stop_dc(work, interlock);
    if (interlock.stop == STOP_NONE) advance_dc(work, interlock);
    drive_dc(work, interlock, actuators);
    const State& state = work.state;
    const bool offered = work.command.offer && work.plugged && !state.interlock.latched;
    actuators.drive = offered ? Drive::pwm : Drive::steady;
    actuators.duty_permille = offered ? 50 : 1'000;
}

void sequence_ac(Work& work, const interlock_outputs& interlock, Actuators& actuators) {
    State& state = work.state;
    if (!interlock.close) {
        if (state.stage != Stage::idle) enter(state, Stage::idle);
        if (state.phases != state.wanted.phases) {
            state.phases = state.wanted.phases;
            state.phase_pause_us = kPhasePauseUs;
        }
    } else if (interlock.stop != STOP_NONE) {
        if (state.stage != Stage::stopping) enter(state, Stage::stopping);
    } else if (interlock.energy) {
        if (state.stage != Stage::delivering) enter(state, Stage::delivering);
    } else if (state.stage == Stage::idle) {
        enter(state, Stage::closing);
    }
    state.phase_pause_us = state.phase_pause_us > work.elapsed_us ? state.phase_pause_us - work.elapsed_us : 0;

    const std::int32_t limit = limit_now(work).current.value;
    const bool inviting = work.command.offer && work.command.demand == Demand::energy && !state.blocked &&
                          !state.interlock.latched && interlock.stop == STOP_NONE && work.plugged && limit >= 6'000 &&
                          state.phase_pause_us == 0 && has_closing(work) && state.phases == state.wanted.phases;
    if (state.stage == Stage::delivering && inviting) ramp(work, {limit}, state.ramped.value < 6'000);
    else ramp(work, {inviting ? limit : 0}, true);
    if (!interlock.close)
        state.allowed = state.ramped, state.allowed_held_us = 0;  // nothing of the last delivery is allowed in the next one
    const bool digital = work.command.digital && work.command.offer && work.plugged && !state.interlock.latched;
    actuators.current = state.ramped;
    actuators.three_phase = state.phases == 3;
    if (digital) {
        actuators.drive = Drive::pwm;
        actuators.duty_permille = 50;
    } else if (inviting) {
        actuators.drive = Drive::pwm;
        actuators.duty_permille = duty_for(state.ramped);
    }
}

}  // namespace voltkeep::safety
