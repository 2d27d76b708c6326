// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/proof/rules.hpp"

namespace voltkeep::safety::proof {

namespace {

constexpr std::int32_t absolute(std::int32_t value) { return value < 0 ? (value == INT32_MIN ? INT32_MAX : -value) : value; }

void count(std::int32_t& ms, bool is_so, std::int32_t elapsed_ms, std::int32_t cut) { ms = !is_so ? 0 : ms + elapsed_ms > cut ? cut : ms + elapsed_ms; }

// The pilot as a car's state, as Annex A of IEC 61851-1 has it.
bool is_state_c(const Sensors& s) { return s.pilot_high_mv >= 5'000 && s.pilot_high_mv <= 7'000; }
bool is_plugged(const Sensors& s) { return s.pilot_high_mv >= 2'000 && s.pilot_high_mv <= 10'000; }

// Does this fault forbid to close, whenever it is there?
bool forbids_closing(Fault fault) {
    switch (fault) {
        case Fault::none: case Fault::setpoints: case Fault::stall: case Fault::insulation: case Fault::short_circuit: case Fault::over_current: case Fault::over_current_long:
        case Fault::inrush: case Fault::reverse_current: case Fault::over_voltage_ev: case Fault::auxiliary_open: case Fault::welded:
        case Fault::discharge_broken: case Fault::never_precharged: case Fault::insulation_test_hangs: case Fault::diode: return false;
        default: return true;   // visible while it is open, too
    }
}

const char* closing(const Observer& o, const World& w, const Configuration& c, const Command& command) {
    const Sensors& s = w.sensors;
    if (command.demand == Demand::none) return "closed although nobody wants power";
    if (o.consent_age > 500) return "closed without fresh consent";
    if (!is_state_c(s)) return "closed although the car is not in state C";
    if (c.outlet != Outlet::ac_cable && !s.locked) return "closed with the lock open";
    if (s.contactor_closed) return "closed what is closed already";
    if (!is_ac(c.outlet) && absolute(s.supply_voltage.value - s.outlet_voltage.value) > 20'000) return "closed onto another voltage";
    if (w.is_faulty && o.fault_age > (w.fault == Fault::echo_frozen ? 80 : 30) && forbids_closing(w.fault)) return "closed onto a fault";
    if (o.owes_acknowledgement) return "closed before the emergency was acknowledged";
    if (o.owes_withdrawal) return "closed again while the demand stood";
    return nullptr;
}

const char* closed(const Observer& o, const World& w, const Configuration& c, const Outputs& out) {
    const FaultClass& fault = class_of(w.fault);
    const bool ac = is_ac(c.outlet);
    const std::int32_t controlled = ac ? 6'050 : 1'050;
    const Actuators& a = out.actuators;
    if (!a.lock) return "unlocked under a closed contactor";
    if (a.reset_watchdog) return "watchdog released while closed";
    if (fault.open_within_ms > 0 && w.fault != Fault::stall && o.fault_while_closed > fault.open_within_ms) return "a fault did not open in its time";
    if (o.not_ready > 100 && (o.not_ready > 200 || ac)) return "the car left state C and the contactor stayed closed";
    if (o.consent_age > 500 + 30 + controlled) return "consent expired and the contactor stayed closed";
    if (o.consent_age > 500 && a.current.value != 0) return "power offered without consent";
    if (o.unwanted > (ac ? 6'050 : 5'050)) return "nobody wants power and the contactor stayed closed";
    if (o.after_stall > 60) return "a loop that stood still did not open";
    return nullptr;
}

const char* power(const Observer& o, const Configuration& c, const Outputs& out, const Command& command) {
    const Actuators& a = out.actuators;
    const std::int32_t current = absolute(a.current.value);
    if (a.supply_on && !a.close_contactor) return "supply on behind an open contactor";
    if (a.supply_on && a.discharge) return "supply on while it is bled";
    if (current > 20'000) return "more current than nameplate and cable";
    if (a.current.value < 0) return "discharge that the station is not built for";
    if (a.voltage.value < 0 || a.voltage.value > 920'000) return "more voltage than the nameplate";
    if (is_ac(c.outlet)) {
        if (a.drive == Drive::pwm && a.duty_permille != 50 && command.demand != Demand::energy) return "AC offered though nobody wants it";
        return nullptr;
    }
    if (a.supply_on && a.voltage.value > (o.accepted == kHighVoltage ? 920'000 : 500'000)) return "more voltage than the car can take";
    if (a.supply_on && a.voltage.value > 60'000 && !o.stood) return "a high voltage before the short-circuit test";
    if (current > 2'000 && o.tested < 600) return "power before the insulation test";
    if (current > 2'000 && a.current.value > o.last_current + 4'000) return "a ramp steeper than the station's";
    if (current > 2'000 && !o.matched) return "power before the precharge was within 20 V";
    if (a.supply_on && out.report.stage == Stage::stopping && out.report.stop == STOP_EMERGENCY) return "supply on in an emergency";
    return nullptr;
}

}  // namespace

const char* observe(Observer& o, const World& w, const Configuration& c, const Command& command, const Outputs& out, Stage stage_before,
                    std::int32_t elapsed_ms) {
    const Sensors& s = w.sensors;
    const Actuators& a = out.actuators;
    const FaultClass& fault = class_of(w.fault);
    const bool opens = o.was_closed && !a.close_contactor;
    const bool closes = !o.was_closed && a.close_contactor;
    const bool both = o.was_closed && a.close_contactor;

    const std::int32_t oldest = is_ac(c.outlet) ? 6'600 : 1'600;
    o.consent_age = command.consent_ms > 0 ? 0 : o.consent_age + elapsed_ms > oldest ? oldest : o.consent_age + elapsed_ms;
    count(o.fault_age, w.is_faulty, elapsed_ms, 90);
    count(o.fault_while_closed, both && shows(w, stage_before), elapsed_ms, fault.open_within_ms + 60);
    count(o.not_ready, both && !is_state_c(s), elapsed_ms, 300);
    count(o.unwanted, both && command.demand == Demand::none, elapsed_ms, 6'200);
    const bool is_silent = w.is_faulty && w.fault == Fault::frames_stop;   // what the hardware does then is told by nobody
    count(o.against_order, !is_silent && !a.close_contactor && !o.was_closed && s.contactor_closed, elapsed_ms, 300);
    if (elapsed_ms > 100 && o.was_closed) o.after_stall = 0;
    else if (o.after_stall >= 0) o.after_stall = a.close_contactor ? o.after_stall + elapsed_ms : -1;
    if (!a.close_contactor) o.tested = 0, o.stood = false, o.matched = false;
    if (a.close_contactor && absolute(s.outlet_voltage.value - kBatteryMv) <= 20'000) o.matched = true;
    count(o.not_bled, !is_silent && !is_ac(c.outlet) && w.orders.discharge && s.supply_voltage.value >= 60'000, elapsed_ms, 1'300);
    if (s.outlet_voltage.value >= 40'000) o.stood = o.stood || a.close_contactor;
    const bool is_insulated = s.insulation.value >= 50'000;
    // The test ends with a good measurement; one that is bad for longer than a trip takes has ended it before.
    if (a.close_contactor && o.tested < 600) count(o.tested, s.outlet_voltage.value >= 475'000, elapsed_ms, is_insulated ? 600 : 590);

    if (command.demand == Demand::none && !a.close_contactor) o.owes_withdrawal = false;
    // What shows only under power, or is how one unplugs, is gone when the contactor is open; what has just come is not yet known. A broken
    // current sensor is an over-current first: that is what is acknowledged then.
    const bool is_gone = !w.is_faulty || !forbids_closing(w.fault) || w.fault == Fault::lock_open || w.fault == Fault::echo_frozen ||
                         w.fault == Fault::current_sensor || o.fault_age <= 80;
    if (command.acknowledge && is_gone) o.owes_acknowledgement = false;

    if (w.setpoint < kFirstRefused) o.accepted = w.setpoint;

    const char* broken = closes ? closing(o, w, c, command) : nullptr;
    if (!broken && a.close_contactor) broken = closed(o, w, c, out);
    if (!broken) broken = power(o, c, out, command);
    if (!broken && !o.was_closed && !a.close_contactor && o.against_order > 200 && !out.report.latched) broken = "a contactor that is closed against its order was not latched";
    if (!broken && !is_ac(c.outlet) && is_plugged(s) && s.outlet_voltage.value >= 60'000 && o.was_locked && !a.lock && w.orders.drive != Drive::fault)
        broken = "unlocked under voltage";

    const std::uint32_t told = out.report.tripped | out.report.latched;
    const auto bit = [](std::uint8_t id) { return std::uint32_t{1} << id; };
    if (!broken && o.not_bled > 1'100 && !(told & bit(PROTECTION_DISCHARGE_FAILED))) broken = "an output that stays charged was not told";
    if (!broken && o.not_bled > 1'100 && w.fault == Fault::welded && w.is_faulty && !(told & bit(PROTECTION_CONTACTOR_WELDED)))
        broken = "a welded contactor was not told";
    const bool is_pilot_broken = w.is_faulty && (w.fault == Fault::pilot_e || w.fault == Fault::pilot_between) && w.orders.drive != Drive::fault;
    count(o.broken_pilot, is_pilot_broken, elapsed_ms, 200);
    if (!broken && o.broken_pilot > 150 && !out.report.tripped) broken = "a broken pilot was not told";

    // Wear is what the sensor showed when the order to open went out.
    const bool is_blind = w.is_faulty && (w.fault == Fault::frames_stop || w.fault == Fault::temperature_sensor || w.fault == Fault::cabinet_sensor ||
                                          w.fault == Fault::current_sensor || w.fault == Fault::supply_voltage_sensor ||
                                          w.fault == Fault::outlet_voltage_sensor || w.fault == Fault::voltages_disagree);
    const Counters& counted = out.report.counters;
    if (!broken && opens && !is_blind && counted.openings_under_load != o.openings + (absolute(s.current.value) >= 5'000 ? 1 : 0))
        broken = "an opening under load was not counted, or one without load was";
    if (!broken && counted.operations != o.operations + (closes ? 1 : 0)) broken = "a closing was not counted";
    const bool is_new = w.setpoint != o.setpoint;
    const bool is_refused = is_new && w.setpoint >= kFirstRefused;
    const bool knows_the_car = !is_ac(c.outlet) || w.setpoint <= kHighVoltage;   // AC: the car has no voltage to be clamped to
    const bool is_clamped = is_new && w.setpoint >= kFirstClamped && !is_refused && knows_the_car;
    if (!broken && w.fault == Fault::setpoints && counted.refused_setpoints - o.refused != (is_refused ? 1 : 0)) broken = "an absurd setpoint was not refused once";
    if (!broken && w.fault == Fault::setpoints && counted.clamped_setpoints - o.clamped != (is_clamped ? 1 : 0)) broken = "a setpoint beyond the nameplate was not clamped once";
    o.setpoint = w.setpoint;
    o.was_locked = a.lock;
    o.refused = counted.refused_setpoints;
    o.clamped = counted.clamped_setpoints;
    o.openings = counted.openings_under_load;
    o.operations = counted.operations;

    if (opens) {
        const bool by_fault = w.is_faulty && fault.open_within_ms > 0 && is_state_c(s) && o.consent_age <= 500;
        if (o.consent_age > 500 && command.demand != Demand::none) o.owes_withdrawal = true;
        if (by_fault && out.report.stop == STOP_EMERGENCY && fault.is_emergency && w.fault != Fault::stall) {
            o.owes_acknowledgement = true;
            o.owes_withdrawal = command.demand != Demand::none;
        }
        if (by_fault && out.report.stop == STOP_NONE) broken = broken ? broken : "a stop without a class";
    }
    o.was_closed = a.close_contactor;
    o.last_current = absolute(a.current.value);
    return broken;
}

}  // namespace voltkeep::safety::proof
