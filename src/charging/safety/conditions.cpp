// SPDX-License-Identifier: Apache-2.0
// What is wrong in this step, one bit a protection. How long it must last and what it leads to stands in interlock.c.
#include "charging/safety/parts.hpp"

namespace voltkeep::safety {

namespace {

struct Set {
    std::uint32_t bits = 0;
    void add(std::uint8_t id, bool present) {
        if (present) bits |= std::uint32_t{1} << id;
    }
};

bool outside(std::int32_t value, std::int32_t low, std::int32_t high) { return value < low || value > high; }

bool mains_outside(const Sensors& sensors) {
    const std::int32_t percent = limit_of(PROTECTION_MAINS);
    return outside(sensors.mains_voltage.value, 2'300 * (100 - percent), 2'300 * (100 + percent)) ||
           outside(sensors.mains_frequency.value, 47'500, 52'500);
}

bool implausible(const Work& work) {
    const Sensors& s = work.sensors;
    const std::int32_t current_top = 2 * higher(work.configuration.current_max.value, work.configuration.cable_max.value);
    if (outside(s.plus_temperature.value, -500, 1'800) || outside(s.minus_temperature.value, -500, 1'800)) return true;
    if (outside(s.cabinet_temperature.value, -500, 1'500) || outside(s.current.value, -current_top, current_top)) return true;
    if (work.is_ac) return false;
    const std::int32_t voltage_top = work.configuration.voltage_max.value / 2 * 3;
    if (outside(s.supply_voltage.value, -20'000, voltage_top) || outside(s.outlet_voltage.value, -20'000, voltage_top))
        return true;
    // Two sensors on one conductor: when the contactor is closed they must agree.
    const bool joined = s.contactor_closed && work.state.interlock.phase == INTERLOCK_RUNNING;
    const std::int32_t tolerance = higher(20'000, s.supply_voltage.value / 20);
    return joined && magnitude(s.supply_voltage.value - s.outlet_voltage.value) > tolerance;
}

void add_ac(const Work& work, Set& set) {
    const Sensors& s = work.sensors;
    set.add(PROTECTION_RESIDUAL_DC_6, magnitude(s.residual_dc.value) >= limit_of(PROTECTION_RESIDUAL_DC_6));
    set.add(PROTECTION_RESIDUAL_DC_60, magnitude(s.residual_dc.value) >= limit_of(PROTECTION_RESIDUAL_DC_60));
    set.add(PROTECTION_RESIDUAL_DC_200, magnitude(s.residual_dc.value) >= limit_of(PROTECTION_RESIDUAL_DC_200));
    set.add(PROTECTION_RESIDUAL_AC_30, magnitude(s.residual_ac.value) >= limit_of(PROTECTION_RESIDUAL_AC_30));
    set.add(PROTECTION_RESIDUAL_AC_150, magnitude(s.residual_ac.value) >= limit_of(PROTECTION_RESIDUAL_AC_150));
    // The car draws by itself and only the cable knows how much: half more than allowed goes at once, a tenth more after 100 s.
    const std::int64_t current = magnitude(s.current.value);
    const std::int64_t allowed = higher(work.state.allowed.value, 6'000);
    const bool closed = work.state.interlock.phase != INTERLOCK_OPEN;
    set.add(PROTECTION_OVER_CURRENT, closed && current * 100 > allowed * (limit_of(PROTECTION_OVER_CURRENT) + 40) + 50'000);
    set.add(PROTECTION_OVER_CURRENT_LONG, closed && current * 100 > allowed * limit_of(PROTECTION_OVER_CURRENT_LONG));
}

bool insulation_low(const Work& work) {
    const State& state = work.state;
    const bool testing = state.stage == Stage::insulation_test && state.settled_us >= 300'000;
    const bool live =
        state.stage >= Stage::precharging && state.stage <= Stage::stopping && work.sensors.outlet_voltage.value >= 60'000;
    if (!testing && !live) return false;
    const std::int64_t volt = higher(work.sensors.outlet_voltage.value, work.configuration.insulation_test_voltage.value) / 1'000;
    return work.sensors.insulation.value < volt * limit_of(PROTECTION_INSULATION);
}

void add_dc(const Work& work, Set& set) {
    const Sensors& s = work.sensors;
    const State& state = work.state;
    const Configuration& c = work.configuration;
    const bool closed = state.interlock.phase != INTERLOCK_OPEN;
    const bool before_energy = state.stage >= Stage::closing && state.stage <= Stage::ready;
    const std::int64_t current = magnitude(s.current.value);

    set.add(PROTECTION_SHORT_CIRCUIT, state.short_circuit);
    set.add(PROTECTION_INSULATION, insulation_low(work));
    // Who may feed back has a bound for each direction, of one protection and one time: where the bound is 0 nothing may flow.
    const bool is_back = c.discharge_max.value > 0 && s.current.value < 0;
    const std::int64_t allowed = is_back ? state.allowed_back.value : state.allowed.value;
    set.add(PROTECTION_OVER_CURRENT,
            closed && !before_energy && current * 100 > allowed * limit_of(PROTECTION_OVER_CURRENT) + 200'000);
    set.add(PROTECTION_INRUSH, closed && before_energy && current > limit_of(PROTECTION_INRUSH));
    set.add(PROTECTION_REVERSE_CURRENT,
            closed && c.discharge_max.value == 0 && s.current.value < limit_of(PROTECTION_REVERSE_CURRENT));
    const std::int64_t ev_limit = state.wanted.ev_voltage_max.value;
    set.add(PROTECTION_OVER_VOLTAGE_EV,
            closed && ev_limit > 0 && s.outlet_voltage.value > ev_limit + limit_of(PROTECTION_OVER_VOLTAGE_EV));
    const std::int64_t top = static_cast<std::int64_t>(c.voltage_max.value) * limit_of(PROTECTION_OVER_VOLTAGE) / 100;
    set.add(PROTECTION_OVER_VOLTAGE, s.outlet_voltage.value > top || s.supply_voltage.value > top);
    const bool bleeding = state.stage == Stage::test_discharge || state.stage == Stage::discharging;
    const bool charged = !is_stale(state) && s.supply_voltage.value >= limit_of(PROTECTION_DISCHARGE_FAILED);
    set.add(PROTECTION_DISCHARGE_FAILED, bleeding && charged);
    // Behind an open contactor the station's side must go down alone. If it stays with the car's, the contactor is welded.
    const bool follows = magnitude(s.supply_voltage.value - s.outlet_voltage.value) < 5'000;
    set.add(PROTECTION_CONTACTOR_WELDED, state.stage == Stage::discharging && state.stage_us > 800'000 && charged && follows);
    set.add(PROTECTION_SETUP_TIMEOUT,
            state.stage == Stage::insulation_test || (state.stage == Stage::precharging && state.wanted.voltage.value > 0));
}

}  // namespace

bool is_stale(const State& state) {
    return !state.seen || state.frame_age_us > static_cast<std::uint32_t>(limit_of(PROTECTION_INPUTS_STALE)) * 1'000;
}

std::uint32_t conditions(const Work& work, bool late) {
    const Sensors& s = work.sensors;
    const State& state = work.state;
    Set set;
    set.add(PROTECTION_INPUTS_STALE, is_stale(state));
    // The echo proves the frame's age without a common clock: it names the outputs that the hardware had seen. One period is 10
    // ms.
    const std::uint32_t behind = state.sequence - s.echo;
    set.add(PROTECTION_BUS_LATE, state.interlock.phase != INTERLOCK_OPEN &&
                                     behind > static_cast<std::uint32_t>(limit_of(PROTECTION_BUS_LATE)) / 10);
    set.add(PROTECTION_LOOP_OVERRUN, late);
    set.add(PROTECTION_WATCHDOG, s.watchdog_tripped);
    set.add(PROTECTION_EMERGENCY_STOP, s.emergency_stop);
    set.add(PROTECTION_EARTH_LOST, !s.earth_present);
    const Pilot pilot = state.pilot.stable;
    set.add(PROTECTION_PILOT_FAULT,
            state.drive != Drive::fault && (pilot == Pilot::e || pilot == Pilot::f || pilot == Pilot::between));
    set.add(PROTECTION_DIODE, work.plugged && state.drive == Drive::pwm && !state.diode.stable);
    const std::int32_t hottest = higher(s.plus_temperature.value, s.minus_temperature.value);
    set.add(PROTECTION_OVER_TEMPERATURE, hottest >= limit_of(PROTECTION_OVER_TEMPERATURE));
    set.add(PROTECTION_SENSOR_IMPLAUSIBLE, implausible(work));
    set.add(PROTECTION_SUPPLY_FAULT, s.supply_fault);
    set.add(PROTECTION_MAINS, mains_outside(s));
    if (work.is_ac) add_ac(work, set);
    else add_dc(work, set);
    return set.bits;
}

}  // namespace voltkeep::safety
