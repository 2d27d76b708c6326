// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/proof/rules.hpp"

#include "charging/safety/pilot.hpp"

namespace voltkeep::safety::proof {

namespace {

constexpr std::int32_t absolute(std::int32_t value) { return value < 0 ? (value == INT32_MIN ? INT32_MAX : -value) : value; }

void count(std::int32_t& ms, bool is_so, std::int32_t elapsed_ms, std::int32_t cut) {
    ms = !is_so ? 0 : ms + elapsed_ms > cut ? cut : ms + elapsed_ms;
}

// The pilot as a car's state, as Annex A of IEC 61851-1 has it.
bool is_state_c(const Sensors& s) { return s.pilot_high_mv >= 5'000 && s.pilot_high_mv <= 7'000; }
bool is_plugged(const Sensors& s) { return s.pilot_high_mv >= 2'000 && s.pilot_high_mv <= 10'000; }

// Does this fault forbid to close, whenever it is there?
bool forbids_closing(Fault fault) {
    switch (fault) {
        case Fault::none:
        case Fault::setpoints:
        case Fault::stall:
        case Fault::insulation:
        case Fault::short_circuit:
        case Fault::over_current:
        case Fault::over_current_long:
        case Fault::inrush:
        case Fault::reverse_current:
        case Fault::over_voltage_ev:
        case Fault::auxiliary_open:
        case Fault::welded:
        case Fault::discharge_broken: case Fault::never_precharged: case Fault::insulation_test_hangs: case Fault::diode:
        case Fault::over_current_back: case Fault::slow_car: case Fault::cable_thin: case Fault::few_closings: return false;
        default: return true;   // visible while it is open, too
    }
}

// How long it is there before anybody can know.
std::int32_t known_after(Fault fault) {
    return fault == Fault::echo_frozen || fault == Fault::pilot_flutters || fault == Fault::lock_flutters ? 80 : 30;
}

std::int32_t regained_ms(const Configuration& c) { return static_cast<std::int32_t>(c.closing_regained_ms); }

const char* closing(const Observer& o, const World& w, const Configuration& c, const Command& command) {
    const Sensors& s = w.sensors;
    if (command.demand == Demand::none) return "closed although nobody wants power";
    if (o.consent_age > 500) return "closed without fresh consent";
    if (!is_state_c(s)) return "closed although the car is not in state C";
    if (c.outlet != Outlet::ac_cable && !s.locked) return "closed with the lock open";
    if (s.contactor_closed) return "closed what is closed already";
    if (!is_ac(c.outlet) && absolute(s.supply_voltage.value - s.outlet_voltage.value) > 20'000)
        return "closed onto another voltage";
    for (std::size_t i = 0; i < w.faults.size(); ++i)
        if (w.is_there[i] && o.fault_age[i] > known_after(w.faults[i]) && forbids_closing(w.faults[i]))
            return "closed onto a fault";
    if (o.owes_acknowledgement) return "closed before the emergency was acknowledged";
    if (o.owes_withdrawal) return "closed again while the demand stood";
    if (o.rested < 1'000) return "closed before the contactor had rested";
    if (o.wear > (c.closings_most - 1) * regained_ms(c)) return "closed too often";
    return nullptr;
}

const char* closed(const Observer& o, const World& w, const Configuration& c, const Outputs& out) {
    const bool ac = is_ac(c.outlet);
    const std::int32_t controlled = ac ? 6'050 : 1'050;
    const Actuators& a = out.actuators;
    if (!a.lock) return "unlocked under a closed contactor";
    if (a.reset_watchdog) return "watchdog released while closed";
    for (std::size_t i = 0; i < w.faults.size(); ++i) {
        const std::int32_t within = class_of(w.faults[i]).open_within_ms;
        // A loop that stood still beside it has its own time.
        const std::int32_t stood = w.faults[1 - i] == Fault::stall ? 210 : 0;
        if (within > 0 && w.faults[i] != Fault::stall && o.fault_while_closed[i] > within + stood)
            return "a fault did not open in its time";
    }
    if (o.not_ready > 100 && (o.not_ready > 200 || ac)) return "the car left state C and the contactor stayed closed";
    if (o.consent_age > 500 + 30 + controlled) return "consent expired and the contactor stayed closed";
    if (o.consent_age > 500 && a.current.value != 0) return "power offered without consent";
    if (o.unwanted > (ac ? 6'050 : 5'050)) return "nobody wants power and the contactor stayed closed";
    if (o.after_stall > 60) return "a loop that stood still did not open";
    return nullptr;
}

const char* power(const Observer& o, Scene scene, const Configuration& c, const Outputs& out, const Command& command) {
    const Actuators& a = out.actuators;
    const std::int32_t current = absolute(a.current.value);
    if (a.supply_on && !a.close_contactor) return "supply on behind an open contactor";
    if (a.supply_on && a.discharge) return "supply on while it is bled";
    if (current > 20'000) return "more current than nameplate and cable";
    if (a.current.value < -c.discharge_max.value) return "discharge that the station is not built for";
    const bool is_to_feed_back = feeds_back(o.accepted, scene);
    if (!is_to_feed_back && a.current.value < 0 && a.current.value < o.last_current) return "fed back though it is to deliver";
    if (is_to_feed_back && a.current.value > 2'000 && a.current.value > o.last_current)
        return "delivered though it is to feed back";
    if (a.voltage.value < 0 || a.voltage.value > 920'000) return "more voltage than the nameplate";
    if (is_ac(c.outlet)) {
        if (o.over_cable > 100) return "offered more than the cable carries";
        if (a.drive == Drive::pwm && a.duty_permille != 50 && command.demand != Demand::energy)
            return "AC offered though nobody wants it";
        return nullptr;
    }
    if (a.supply_on && a.voltage.value > (o.accepted == kHighVoltage ? 920'000 : 500'000))
        return "more voltage than the car can take";
    if (a.supply_on && a.voltage.value > 60'000 && !o.stood) return "a high voltage before the short-circuit test";
    if (current > 2'000 && o.tested < 600) return "power before the insulation test";
    // Away from zero it is ramped, in either direction; a stop may drop to zero at once.
    const bool is_steep = a.current.value > (o.last_current > 0 ? o.last_current : 0) + 4'000 ||
                          a.current.value < (o.last_current < 0 ? o.last_current : 0) - 4'000;
    if (current > 2'000 && is_steep) return "a ramp steeper than the station's";
    if (current > 2'000 && !o.matched) return "power before the precharge was within 20 V";
    if (a.supply_on && out.report.stage == Stage::stopping && out.report.stop == STOP_EMERGENCY)
        return "supply on in an emergency";
    return nullptr;
}

}  // namespace

const char* observe(Observer& o, const World& w, Scene scene, const Configuration& c, const Command& command, const Outputs& out,
                    Stage stage_before, std::int32_t elapsed_ms) {
    const Sensors& s = w.sensors;
    const Actuators& a = out.actuators;
    const bool opens = o.was_closed && !a.close_contactor;
    const bool closes = !o.was_closed && a.close_contactor;
    const bool both = o.was_closed && a.close_contactor;

    const std::int32_t seen_ms = elapsed_ms > 100 ? 0 : elapsed_ms;   // what came while the loop stood still is seen now
    const std::int32_t oldest = !o.was_closed && !a.close_contactor ? 600 : is_ac(c.outlet) ? 6'600 : 1'600;
    o.consent_age = command.consent_ms > 0 ? 0 : o.consent_age + elapsed_ms > oldest ? oldest : o.consent_age + elapsed_ms;
    const bool is_silent = w.has(Fault::frames_stop);   // what the hardware does then is told by nobody
    for (std::size_t i = 0; i < w.faults.size(); ++i) {
        const bool is_hidden =
            is_silent && w.faults[i] != Fault::frames_stop;  // what comes while no frame comes is seen in the next one
        count(o.fault_age[i], w.is_there[i], is_hidden ? 0 : elapsed_ms, 90);
        if (w.is_there[i])
            count(o.fault_while_closed[i], both && shows(w, i, stage_before), elapsed_ms,
                  class_of(w.faults[i]).open_within_ms + 270);
        else o.fault_while_closed[i] = 0;
    }
    count(o.not_ready, both && !is_state_c(s), elapsed_ms, 300);
    count(o.unwanted, both && command.demand == Demand::none, elapsed_ms, 6'200);
    count(o.against_order, !is_silent && !a.close_contactor && !o.was_closed && s.contactor_closed, seen_ms, 300);
    if (elapsed_ms > 100 && o.was_closed) o.after_stall = 0;
    else if (o.after_stall >= 0) o.after_stall = a.close_contactor ? o.after_stall + elapsed_ms : -1;
    if (!a.close_contactor) o.tested = 0, o.stood = false, o.matched = false;
    if (a.close_contactor && absolute(s.outlet_voltage.value - kBatteryMv) <= 20'000) o.matched = true;
    count(o.not_bled, !is_silent && !is_ac(c.outlet) && w.orders.discharge && s.supply_voltage.value >= 60'000, seen_ms, 1'300);
    if (s.outlet_voltage.value >= 40'000) o.stood = o.stood || a.close_contactor;
    const bool is_insulated = s.insulation.value >= 50'000;
    // The test ends with a good measurement; one that is bad for longer than a trip takes has ended it before.
    if (a.close_contactor && o.tested < 600)
        count(o.tested, s.outlet_voltage.value >= 475'000, elapsed_ms, is_insulated ? 600 : 590);

    if (command.demand == Demand::none && !a.close_contactor) o.owes_withdrawal = false;
    // What shows only under power, or is how one unplugs, is gone when the contactor is open; what has just come is not yet
    // known. A broken current sensor is an over-current first: that is what is acknowledged then.
    const auto is_gone = [&](std::size_t i) {
        const Fault f = w.faults[i];
        return !w.is_there[i] || !forbids_closing(f) || f == Fault::lock_open || f == Fault::lock_flutters ||
               f == Fault::echo_frozen || f == Fault::current_sensor || o.fault_age[i] <= 80;
    };
    if (command.acknowledge && o.owes_acknowledgement > 0 && is_gone(o.owes_acknowledgement - 1u)) o.owes_acknowledgement = 0;

    if (w.setpoint < kFirstRefused) o.accepted = w.setpoint;

    const bool is_offered = is_ac(c.outlet) && a.drive == Drive::pwm && a.duty_permille != 50;
    count(o.over_cable, is_offered && !is_silent && current_for(a.duty_permille).value > cable_carries(s.proximity.value),
          elapsed_ms, 200);

    count(o.rested, !o.was_closed, elapsed_ms, 1'160);   // a loop's first period, a stall's 150 ms at most, is no time to it
    o.wear = o.wear > elapsed_ms ? o.wear - elapsed_ms : 0;

    const char* broken = closes ? closing(o, w, c, command) : nullptr;
    if (!broken && a.close_contactor) broken = closed(o, w, c, out);
    if (!broken) broken = power(o, scene, c, out, command);
    if (!broken && !o.was_closed && !a.close_contactor && o.against_order > 200 && !out.report.latched)
        broken = "a contactor that is closed against its order was not latched";
    if (!broken && !is_ac(c.outlet) && is_plugged(s) && s.outlet_voltage.value >= 60'000 && o.was_locked && !a.lock &&
        w.orders.drive != Drive::fault)
        broken = "unlocked under voltage";
    if (!broken && is_ac(c.outlet) && s.contactor_closed && o.was_locked && !a.lock)
        broken = "unlocked behind a closed contactor";

    const std::uint32_t told = out.report.tripped | out.report.latched;
    const auto bit = [](std::uint8_t id) { return std::uint32_t{1} << id; };
    if (!broken && o.not_bled > 1'100 && !(told & bit(PROTECTION_DISCHARGE_FAILED)))
        broken = "an output that stays charged was not told";
    if (!broken && o.not_bled > 1'100 && w.has(Fault::welded) && !w.has(Fault::discharge_broken) &&
        !(told & bit(PROTECTION_CONTACTOR_WELDED)))
        broken = "a welded contactor was not told";
    const bool is_pilot_broken =
        !is_silent && (w.has(Fault::pilot_e) || w.has(Fault::pilot_between)) && w.orders.drive != Drive::fault;
    count(o.broken_pilot, is_pilot_broken, seen_ms, 200);
    if (!broken && o.broken_pilot > 150 && !out.report.tripped) broken = "a broken pilot was not told";

    // Wear is what the sensor showed when the order to open went out.
    const bool is_blind = is_silent || w.has(Fault::temperature_sensor) || w.has(Fault::cabinet_sensor) ||
                          w.has(Fault::current_sensor) || w.has(Fault::supply_voltage_sensor) ||
                          w.has(Fault::outlet_voltage_sensor) || w.has(Fault::voltages_disagree);
    const Counters& counted = out.report.counters;
    if (!broken && opens && !is_blind && counted.openings_under_load != o.openings + (absolute(s.current.value) >= 5'000 ? 1 : 0))
        broken = "an opening under load was not counted, or one without load was";
    if (!broken && counted.operations != o.operations + (closes ? 1 : 0)) broken = "a closing was not counted";
    const bool is_new = w.setpoint != o.setpoint;
    const bool is_refused = is_new && w.setpoint >= kFirstRefused;
    const bool knows_the_car = !is_ac(c.outlet) || w.setpoint <= kHighVoltage;   // AC: the car has no voltage to be clamped to
    const bool is_clamped = is_new && w.setpoint >= kFirstClamped && !is_refused && knows_the_car;
    if (!broken && w.faults[0] == Fault::setpoints && counted.refused_setpoints - o.refused != (is_refused ? 1 : 0))
        broken = "an absurd setpoint was not refused once";
    if (!broken && w.faults[0] == Fault::setpoints && counted.clamped_setpoints - o.clamped != (is_clamped ? 1 : 0))
        broken = "a setpoint beyond the nameplate was not clamped once";
    o.setpoint = w.setpoint;
    o.was_locked = a.lock;
    o.refused = counted.refused_setpoints;
    o.clamped = counted.clamped_setpoints;
    o.openings = counted.openings_under_load;
    o.operations = counted.operations;

    // What does not close says why, or nothing stands against it.
    if (!broken && !opens && o.owes_withdrawal && !a.close_contactor && command.demand != Demand::none && !out.report.blocked)
        broken = "it waits for a withdrawal, and does not say so";
    if (!broken && out.report.wait == Wait::pause && (o.rested > 1'150 || a.close_contactor))
        broken = "it says that it has to rest, and has rested";
    if (!broken && out.report.wait == Wait::closings && (o.wear <= (c.closings_most - 1) * regained_ms(c) || a.close_contactor))
        broken = "it says that no closing is left, and one is";
    const bool is_inviting = a.drive == Drive::pwm && a.duty_permille != 50;
    if (!broken && is_inviting && out.report.wait == Wait::closings) broken = "a car is invited, and no closing is left";
    if (closes) o.wear += regained_ms(c);
    const bool has_reason = out.report.wait != Wait::none || w.is_faulty() || o.consent_age > 0 ||
                            command.demand == Demand::none || (is_ac(c.outlet) && command.demand != Demand::energy) ||
                            !is_state_c(s) || !s.locked || out.report.latched || out.report.blocked ||
                            out.report.stage != Stage::idle || out.report.cable_check == CableCheck::failed;
    count(o.willing, !a.close_contactor && !has_reason, elapsed_ms, 1'000);
    if (!broken && o.willing > 900) broken = "nothing stands against it, and it stays open";

    if (opens) {
        const bool is_asked = is_state_c(s) && o.consent_age <= 500;
        const bool is_emergency = out.report.stop == STOP_EMERGENCY;
        if (o.consent_age > 500 && command.demand != Demand::none && out.report.stop != STOP_NORMAL) o.owes_withdrawal = true;
        for (std::size_t i = 0; i < w.faults.size(); ++i) {
            const bool is_alone = !w.is_there[1 - i] && w.faults[1 - i] != Fault::stall;
            const FaultClass& fault = class_of(w.faults[i]);
            if (!w.is_there[i] || !is_alone || fault.open_within_ms == 0 || !is_asked) continue;
            if (is_emergency && fault.is_emergency && w.faults[i] != Fault::stall) {
                o.owes_acknowledgement = static_cast<std::uint8_t>(i + 1);
                o.owes_withdrawal = command.demand != Demand::none;
            }
            if (out.report.stop == STOP_NONE) broken = broken ? broken : "a stop without a class";
        }
        const bool are_both =
            w.is_there[0] && w.is_there[1] && class_of(w.faults[0]).is_emergency && class_of(w.faults[1]).is_emergency;
        if (are_both && is_asked && is_emergency && !out.report.latched)
            broken = broken ? broken : "an emergency latched nothing";
    }
    o.was_closed = a.close_contactor;
    o.last_current = a.current.value;
    return broken;
}

}  // namespace voltkeep::safety::proof
