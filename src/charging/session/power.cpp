// SPDX-License-Identifier: Apache-2.0
// What power shall do, and what is made of what it did.
#include <algorithm>
#include <bit>

#include "charging/session/machine.hpp"

namespace voltkeep::charging {

namespace {

constexpr std::uint32_t bit(std::uint8_t id) { return std::uint32_t{1} << id; }

// A process or a bus had a moment, or a car whose communication broke went back to state B before the station had opened: nobody
// needs to look at the station, the transaction goes on when the car begins anew.
constexpr std::uint32_t kPassing = bit(PROTECTION_INPUTS_STALE) | bit(PROTECTION_BUS_LATE) | bit(PROTECTION_LOOP_OVERRUN) |
                                   bit(PROTECTION_WATCHDOG) | bit(PROTECTION_PILOT_LOST);
// Of the car's making: gone with it.
constexpr std::uint32_t kOfTheCar = bit(PROTECTION_PILOT_FAULT) | bit(PROTECTION_DIODE) | bit(PROTECTION_LOCK_OPEN) |
                                    bit(PROTECTION_INRUSH) | bit(PROTECTION_REVERSE_CURRENT);

/// What made the station stop: what tripped first, if that is why it is faulted; else (nothing was stopped: it tripped at rest)
/// what is.
std::uint8_t culprit(const safety::Report& report) {
    const std::uint32_t faults = report.latched & ~kPassing;
    if (faults == 0 || (report.cause < PROTECTION_COUNT && (faults & bit(report.cause)))) return report.cause;
    return static_cast<std::uint8_t>(std::countr_zero(faults));
}

bool is_engaged(safety::Stage stage) { return stage >= safety::Stage::closing && stage <= safety::Stage::delivering; }

bool wants_power(EvPhase phase) {
    return phase == EvPhase::cable_check || phase == EvPhase::precharge || phase == EvPhase::charge;
}

MilliVolt expected_voltage(const Configuration& configuration, const State& state) {
    if (state.power.voltage >= configuration.voltage_min) return state.power.voltage;
    return state.needs.target_voltage.value > 0 ? state.needs.target_voltage : configuration.voltage_max;
}

/// Power has stopped what nobody asked it to stop and closes again only after a withdrawal. Without a protocol the car cannot
/// begin anew: the station does, once what stopped it is over. A car that drew too much, or whose pilot was wrong, has to be
/// looked at, or unplugged.
bool begins_anew(const Configuration& configuration, const State& state, Instant now) {
    if (configuration.digital || !state.power.blocked) return false;
    const bool is_by_itself = state.power.cause == PROTECTION_NONE;   // a limit of nothing that was over before the stop was
    const bool is_ours = state.power.cause == PROTECTION_CONSENT_EXPIRED || state.power.cause == PROTECTION_INPUTS_STALE ||
                         state.power.cause == PROTECTION_BUS_LATE || state.power.cause == PROTECTION_LOOP_OVERRUN ||
                         state.power.cause == PROTECTION_WATCHDOG;  // somebody of the station's had a moment
    return is_by_itself || is_ours ||
           (state.power.cause == PROTECTION_MAINS && now - state.mains_bad_at >= configuration.mains_pause);
}

safety::Demand demand_for(const Configuration& configuration, const State& state, Instant now) {
    if (!may_deliver(state) || state.failed || begins_anew(configuration, state, now)) return safety::Demand::none;
    if (!configuration.digital) return safety::Demand::energy;
    switch (state.needs.phase) {
        case EvPhase::cable_check: {
            // What stopped is first let come to rest, and what it found forgotten: a car can be back before the output is
            // discharged.
            const bool settles = state.power.stage == safety::Stage::stopping ||
                                 state.power.stage == safety::Stage::discharging ||
                                 state.power.cable_check == safety::CableCheck::failed;
            return settles && !state.engaged ? safety::Demand::none : safety::Demand::cable_check;
        }
        case EvPhase::precharge: return safety::Demand::precharge;
        case EvPhase::charge:
            return state.power.stage == safety::Stage::ready || state.power.stage == safety::Stage::delivering
                       ? safety::Demand::energy
                       : safety::Demand::precharge;
        default: return safety::Demand::none;
    }
}

//= IEC 61851-1 Annex A: the station wakes a car by going from PWM to a steady level and back
bool is_waking(const Configuration& configuration, const State& state, Instant now) {
    const bool waits = configuration.digital && state.durable.transaction && state.plugged && state.reconnect_until &&
                       state.needs.phase == EvPhase::idle;
    if (!waits) return false;
    const Duration into = (now - state.parted_at) % configuration.wake_period;
    return into >= configuration.wake_after && into < configuration.wake_after + configuration.wake_hold;
}

/// What the car asked for last is not known to this process, but to power, which goes on with it: until the car asks again, or
/// may have less.
bool keeps_setpoint(const Configuration& configuration, const State& state) {
    const bool is_less =
        std::int64_t{state.limit.current.value} * 20 < std::int64_t{state.adopted.value} * 19;  // voltages rise by less
    return configuration.digital && !state.needs_told && state.power.stage == safety::Stage::delivering &&
           state.adopted.value > 0 && !is_less;
}

}  // namespace

bool has_fault(const State& state) { return state.out_of_order || (state.power.latched & ~kPassing) != 0; }

bool is_off(const State& state) {
    const bool idle = state.power.stage == safety::Stage::idle || state.power.stage == safety::Stage::discharging;
    return state.power_known && idle && !state.power.contactor_closed;
}

void Machine::on(const PowerSeen& event) {
    const safety::Report before = state.power;
    const bool was_known = state.power_known;
    state.power = event.report;
    state.power_known = true;
    if (event.report.tripped & bit(PROTECTION_MAINS)) state.mains_bad_at = context.now;
    const safety::Pilot pilot = event.report.pilot;
    const bool gone = pilot == safety::Pilot::a;
    const bool there = pilot == safety::Pilot::b || pilot == safety::Pilot::c || pilot == safety::Pilot::d;
    if (there && !state.plugged) {
        state.plugged = true;
        note(NoteKind::plugged);
    }
    if (gone) {
        stop(StopCause::unplugged, Trigger::ev_communication_lost);
        if (state.plugged) {
            note(NoteKind::unplugged);
            state.authorizing.reset();  // whoever authorized stood at a car that has left
            state.refused.reset();
        }
        state.plugged = state.finished = false;
        state.evcc = {};
        dirty = dirty || !state.durable.car_may_ask;
        state.durable.car_may_ask = true;
        state.needs = {};
        state.engaged = state.failed = state.paused = false;
    }
    const std::uint32_t fresh = event.report.latched & ~(was_known ? before.latched : 0u);
    if (fresh != 0) note(NoteKind::tripped, event.report.cause);
    if (was_known && before.latched != 0 && event.report.latched == 0) note(NoteKind::trips_cleared);
    if (has_fault(state)) {
        //= OCPP 2.1 E06.FR.16
        const bool pressed = event.report.latched & bit(PROTECTION_EMERGENCY_STOP);
        stop(pressed ? StopCause::emergency : StopCause::power_trip, Trigger::abnormal_condition, culprit(event.report));
    }
}

void Machine::on(const PowerGone&) {
    if (state.power_known) note(NoteKind::power_lost);
    state.power_known = false;
    state.power = {};
    state.power.pilot = safety::Pilot::between;
    state.sent = {};   // its successor knows nothing of what was said: not even that the connector is to stay locked
}

void Machine::on(const OutOfOrder& event) {
    state.out_of_order = event.is_on;
    if (event.is_on) stop(StopCause::other, Trigger::abnormal_condition);
}

void Machine::on(const StoreFails& event) {
    if (state.store_fails != event.is_on) note(event.is_on ? NoteKind::store_fails : NoteKind::store_is_back);
    state.store_fails = event.is_on;
    if (event.is_on && event.is_full) stop(StopCause::other, Trigger::abnormal_condition);
}

void Machine::on(const EvNeeds& event) {
    const EvPhase before = state.needs.phase;
    const bool begins = (event.phase == EvPhase::cable_check && before != EvPhase::cable_check) || event.phase == EvPhase::idle;
    state.needs = event;
    state.needs_at = context.now;
    state.needs_told = true;
    if (!running()) return;
    if (begins) state.engaged = state.failed = false;
    if (event.phase == EvPhase::cable_check && before != EvPhase::cable_check) {
        state.paused = false;
        if (state.durable.transaction->is_same_car) state.reconnect_until.reset();
    }
    if (event.phase == EvPhase::precharge) state.precharge_voltage = event.target_voltage;
    if (event.phase != before) {
        state.durable.transaction->needs = event;
        dirty = true;
    }
    state.durable.allowances[LimitSource::ev] = {
        event.maximum_power.value > 0 ? std::optional(event.maximum_power) : std::nullopt,
        event.maximum_current.value > 0 ? std::optional(event.maximum_current) : std::nullopt};
}

void Machine::on(const LimitChanged& event) {
    Allowance& allowance = state.durable.allowances[event.source];
    if (allowance == event.allowance) return;
    allowance = event.allowance;
    dirty = true;
}

void Machine::on(const TripsAcknowledged& event) { act(AcknowledgeTrips{event.trips, true}); }

void Machine::watch_power() {
    if (is_engaged(state.power.stage)) state.engaged = true;
    const bool lost = !state.power_known || (!is_engaged(state.power.stage)) || state.power.latched != 0;
    const bool refused = state.power_known && state.power.cable_check == safety::CableCheck::failed;
    if (running() && configuration.digital && wants_power(state.needs.phase) && !state.failed && state.engaged &&
        (lost || refused)) {
        state.failed = true;
        if (!state.reconnect_until) state.reconnect_until = context.now + configuration.reconnect_timeout;
        act(EvSetpointChanged{});
    }
    const std::uint32_t clearable = kPassing | (state.plugged ? 0u : kOfTheCar);
    if (state.power.latched != 0 && (state.power.latched & ~clearable) == 0) act(AcknowledgeTrips{state.power.latched, false});
}

void Machine::move_limit(Duration elapsed) {
    if (!may_deliver(state)) {
        state.limit = {};
        return;
    }
    MilliVolt voltage = expected_voltage(configuration, state);
    if (!configuration.digital) voltage.value *= configuration.phases;   // a current is of each phase, a power of all
    const Limit wanted = limit_of(state.durable.allowances, voltage);
    const bool adopts = state.adopt_limit && state.power.stage == safety::Stage::delivering;
    state.adopt_limit = false;
    if (adopts) {
        state.limit = wanted;
        state.adopted = wanted.current;
        return;
    }
    state.limit = ramped(state.limit, wanted, configuration.ramp, elapsed, voltage);
    // A ramp is of power; what protects is kept on it, also when the voltage falls.
    Allowances protecting = state.durable.allowances;
    protecting[LimitSource::csms] = protecting[LimitSource::grid] = {};
    const Limit highest = limit_of(protecting, voltage);
    if (highest.current < state.limit.current)
        state.limit = {highest.current, std::min(highest.power, state.limit.power), highest.reason};
}

void Machine::command(bool renew) {
    if (!state.power_known) return;  // nobody to tell; a new process must not stop what it has not seen
    SetPower wanted;
    wanted.demand = demand_for(configuration, state, context.now);
    wanted.lock = state.plugged && state.durable.transaction.has_value();
    wanted.offer =
        (state.durable.operative || state.durable.transaction.has_value()) && !is_waking(configuration, state, context.now);
    wanted.digital = configuration.digital;
    const EvNeeds& needs = state.needs;
    if (wanted.demand != safety::Demand::none) {
        const bool energy = wanted.demand == safety::Demand::energy;
        wanted.setpoint.ev_voltage_max = needs.maximum_voltage;
        if (energy) wanted.setpoint.voltage = needs.maximum_voltage.value > 0 ? needs.maximum_voltage : needs.target_voltage;
        else if (wanted.demand == safety::Demand::precharge) wanted.setpoint.voltage = state.precharge_voltage;
        if (!configuration.digital)
            wanted.setpoint.voltage = expected_voltage(configuration, state), wanted.setpoint.phases = configuration.phases;
        const bool starved = state.limit.current < needs.minimum_current;
        const MilliAmpere asked = configuration.digital ? needs.target_current : state.limit.current;
        // What the car gives is taken only where the EVSE is built for it, and as far as a limit lets as much flow the other way.
        const MilliAmpere back = std::min(configuration.discharge, state.limit.current);
        if (asked.value < 0 && energy) wanted.setpoint.current = std::max(asked, MilliAmpere{-back.value});
        else if (energy && !starved) wanted.setpoint.current = std::min(asked, state.limit.current);
    }
    const bool keeps = wanted.demand == safety::Demand::energy && keeps_setpoint(configuration, state);
    const bool changed = !keeps && !(wanted == state.sent);
    if (changed || (renew && !keeps)) {
        state.sent = wanted;
        act(wanted);
    }
    if (wanted.demand != safety::Demand::none && (renew || changed || keeps)) act(GiveConsent{configuration.consent_ms});
}

}  // namespace voltkeep::charging
