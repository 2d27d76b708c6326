// SPDX-License-Identifier: Apache-2.0
#include "charging/session/session.hpp"

#include <algorithm>

#include "charging/session/machine.hpp"

namespace voltkeep::charging {

namespace {

Phase phase_of(const State& state) {
    const auto& t = state.durable.transaction;
    if (t && t->stopping) return Phase::stopping;
    if (t) {
        switch (charging_state(state)) {
            case ChargingState::charging: return Phase::charging;
            case ChargingState::suspended_ev: return Phase::suspended_ev;
            case ChargingState::suspended_evse: return Phase::suspended_evse;
            default: return Phase::preparing;
        }
    }
    if (has_fault(state)) return Phase::faulted;
    if (!state.durable.operative) return Phase::unavailable;
    if (state.authorizing) return state.authorizing->accepted ? Phase::authorized : Phase::authorizing;
    if (state.plugged) return state.finished ? Phase::finishing : Phase::occupied;
    return state.durable.reservation ? Phase::reserved : Phase::available;
}

//= OCPP 2.1 G01.FR.01, G01.FR.03, G01.FR.04
Availability availability_of(const State& state) {
    if (has_fault(state)) return Availability::faulted;
    if (state.durable.transaction || (state.plugged && state.durable.operative)) return Availability::occupied;
    if (!state.durable.operative) return Availability::unavailable;
    return state.durable.reservation ? Availability::reserved : Availability::available;
}

// What makes the car look again; measured values do not.
bool says_the_same(const EvView& a, const EvView& b) {
    return a.phase == b.phase && a.progress == b.progress && a.stop_wanted == b.stop_wanted &&
           a.maximum_current == b.maximum_current && a.maximum_power == b.maximum_power && a.limited_by == b.limited_by &&
           a.contactor_closed == b.contactor_closed;
}

Progress progress_of(const State& state) {
    using safety::CableCheck;
    using safety::Stage;
    const safety::Report& power = state.power;
    const bool wants = state.needs.phase >= EvPhase::cable_check && state.needs.phase <= EvPhase::charge;
    // While power is being asked (a new process of either) nothing is known, and nothing has failed.
    if (wants && (state.failed || (state.power_known && !may_deliver(state)))) return Progress::failed;
    switch (state.needs.phase) {
        case EvPhase::idle: return Progress::finished;
        case EvPhase::cable_check: {
            const bool passed = power.cable_check == CableCheck::passed || power.cable_check == CableCheck::passed_with_warning;
            return passed && power.stage >= Stage::checked && power.stage <= Stage::delivering ? Progress::finished
                                                                                               : Progress::ongoing;
        }
        case EvPhase::precharge: return power.stage == Stage::ready ? Progress::finished : Progress::ongoing;
        case EvPhase::charge: return power.stage == Stage::delivering ? Progress::finished : Progress::ongoing;
        case EvPhase::stopping:
        case EvPhase::weld_check: return is_off(state) ? Progress::finished : Progress::ongoing;
    }
    return Progress::ongoing;
}

}  // namespace

std::string_view name(Phase phase) noexcept {
    constexpr std::string_view names[] = {"available", "reserved", "occupied",     "authorizing",    "authorized",
                                          "preparing", "charging", "suspended_ev", "suspended_evse", "stopping",
                                          "finishing", "faulted",  "unavailable"};
    static_assert(std::size(names) == static_cast<std::size_t>(Phase::last_) + 1);
    return names[static_cast<std::size_t>(phase)];
}

//= IEC 61851-1 Annex A: there is no duty cycle for less
constexpr MilliAmpere kLeastByPilot{6'000};

bool may_deliver(const State& state) {
    const auto& t = state.durable.transaction;
    const bool waits = state.reconnect_until && state.needs.phase == EvPhase::idle;
    return t && !t->stopping && t->is_same_car && state.plugged && state.power_known && state.power.latched == 0 &&
           !state.paused && !waits;
}

ChargingState charging_state(const State& state) {
    const auto& t = state.durable.transaction;
    if (!t || !state.plugged) return ChargingState::idle;
    if (t->stopping) return ChargingState::ev_connected;
    if (state.paused) return ChargingState::suspended_ev;
    const bool delivering = state.power.stage == safety::Stage::delivering;
    if (!delivering) {
        if (state.sent.demand != safety::Demand::energy || state.sent.digital) return ChargingState::ev_connected;
        if (state.power.blocked || state.power.wait == safety::Wait::closings || state.limit.current < kLeastByPilot)
            return ChargingState::suspended_evse;
        return state.power.energy_ready ? ChargingState::ev_connected : ChargingState::suspended_ev;
    }
    if (state.sent.setpoint.current.value < 0) return ChargingState::charging;   // energy flows, back
    if (state.sent.digital && state.needs.target_current.value <= 0) return ChargingState::suspended_ev;
    if (state.limit.current.value <= 0 || state.limit.current < state.needs.minimum_current) return ChargingState::suspended_evse;
    return ChargingState::charging;
}

std::int64_t energy_of(const State& state) {
    const auto& t = state.durable.transaction;
    return t ? t->last.import_mwh - t->begin.import_mwh : 0;
}

std::int64_t energy_back_of(const State& state) {
    const auto& t = state.durable.transaction;
    return t ? t->last.export_mwh - t->begin.export_mwh : 0;
}

std::int64_t cost_of(const Configuration& configuration, const State& state) {
    const auto cost = cost_of(energy_of(state), configuration.price);
    return cost ? cost->micro : -1;
}

EvVerdict verdict_for_ev(const State& state) {
    const auto& t = state.durable.transaction;
    if (t && !t->stopping) return t->is_same_car ? EvVerdict{Verdict::accepted, t->id} : EvVerdict{};
    if (state.refused && !state.authorizing) return {Verdict::refused, {}};
    return {};
}

EvView view_for_ev(const Configuration& configuration, const State& state) {
    EvView view;
    view.phase = state.needs.phase;
    view.progress = progress_of(state);
    const auto& t = state.durable.transaction;
    view.stop_wanted = t ? t->stopping : state.finished;
    view.present_voltage = state.power.voltage;
    view.present_current = state.power.current;
    view.maximum_voltage = configuration.voltage_max;
    view.minimum_voltage = configuration.voltage_min;
    Allowances own = state.durable.allowances;
    own[LimitSource::ev] = {};
    const bool charging = state.needs.phase == EvPhase::charge;
    const MilliVolt voltage = state.power.voltage >= configuration.voltage_min ? state.power.voltage : configuration.voltage_max;
    const Limit possible = limit_of(own, voltage);
    const Limit limit = charging ? state.limit : possible;
    view.available_power = possible.power;
    view.maximum_discharge_current = std::min(configuration.discharge, possible.current);
    view.maximum_current = limit.current;
    view.maximum_power = limit.power;
    if (charging && state.power.stage == safety::Stage::delivering && state.power.limit < limit.current &&
        state.power.limit_reason != safety::LimitReason::setpoint) {
        view.maximum_current = state.power.limit;
        view.limited_by = state.power.limit_reason == safety::LimitReason::cable ? LimitSource::cable : LimitSource::hardware;
    } else {
        view.limited_by = limit.reason;
    }
    view.current_limited = charging && state.needs.target_current > view.maximum_current;
    view.contactor_closed = state.power.contactor_closed;
    return view;
}

void Machine::on(const AvailabilityWanted& event) {
    if (state.durable.operative == event.operative) return;
    state.durable.operative = event.operative;
    if (!event.operative) state.authorizing.reset();
    dirty = true;
}

void Machine::on(const Ticked&) {
    watch_authorizing();
    ask_for_the_silent();
    watch_transaction();
}

void Machine::settle(bool is_tick) {
    watch_power();
    try_start();
    try_end();
    const Duration elapsed = is_tick ? context.now - state.last_tick : Duration::zero();
    if (is_tick) state.last_tick = context.now;
    move_limit(elapsed);
    const bool is_seen = state.power_known && state.needs_told;   // else nothing has changed but who looks
    if (Transaction* t = running(); t && is_seen && t->told != charging_state(state))
        record(RecordKind::updated, Trigger::charging_state_changed);
    command(is_tick);
    state.phase = phase_of(state);
    if (const Availability now = availability_of(state); now != state.told) {
        state.told = now;
        act(StatusChanged{now});
    }
}

Step Machine::finish() {
    keep_granted();
    if (!dirty) return {std::move(state), actions};
    if (state.durable.transaction) state.durable.transaction->seen_wall_ms = context.wall.unix_ms;
    Actions ordered;
    CHECK(ordered.push(Persist{}));
    for (const Action& action : actions) CHECK(ordered.push(action));
    return {std::move(state), ordered};
}

State initial(const Configuration& configuration) {
    State state;
    state.durable.allowances[LimitSource::hardware] = configuration.hardware;
    state.durable.allowances[LimitSource::cable] = configuration.cable;
    state.power.pilot = safety::Pilot::between;
    return state;
}

Step step(const Configuration& configuration, const State& state, const Event& event, const Context& context) {
    Machine machine{configuration, context, state};
    const EvView before = view_for_ev(configuration, state);
    std::visit([&](const auto& e) { machine.on(e); }, event);
    machine.settle(std::holds_alternative<Ticked>(event));
    if (!says_the_same(before, view_for_ev(configuration, machine.state))) machine.act(EvSetpointChanged{});
    return machine.finish();
}

Step resume(const Configuration& configuration, const Durable& durable, Restart restart, const Context& context) {
    Machine machine{configuration, context, initial(configuration)};
    const Allowances own = machine.state.durable.allowances;
    //= OCPP 2.1 B01.FR.07, B01.FR.13, B11.FR.02, B11.FR.05, B12.FR.06, G01.FR.02, G03.FR.08, G04.FR.09
    machine.state.durable = durable;
    machine.state.durable.allowances[LimitSource::hardware] = own[LimitSource::hardware];
    machine.state.durable.allowances[LimitSource::cable] = own[LimitSource::cable];
    machine.state.last_tick = machine.state.mains_bad_at = machine.state.needs_at = machine.state.reading_at =
        machine.state.metered_at = context.now;
    machine.state.next_record = context.now + configuration.meter_interval;
    if (Transaction* t = machine.running()) {
        machine.state.plugged = true;  // as it was; the first report of power says what is
        const std::int64_t outage_ms = context.wall.unix_ms - t->seen_wall_ms;
        const bool short_enough = outage_ms >= 0 && std::chrono::milliseconds(outage_ms) <= configuration.resume_timeout;
        if (restart == Restart::process) {
            machine.state.adopt_limit = true;
            machine.state.needs = t->needs;
            machine.state.needs_told = t->needs.phase != EvPhase::charge;
            machine.state.precharge_voltage = t->needs.target_voltage;
            if (!t->is_same_car) {
                machine.state.reconnect_until = context.now + configuration.reconnect_timeout;
                machine.state.parted_at = context.now;
            }
            machine.note(NoteKind::resumed);
        } else if (short_enough && !t->evcc.empty()) {
            //= OCPP 2.1 E17.FR.10, E17.FR.14 a transaction is resumed after a power loss
            machine.state.reconnect_until = context.now + configuration.reconnect_timeout;
            machine.state.parted_at = context.now;
            t->needs = {};
            t->is_same_car = false;
            machine.note(NoteKind::resumed);
            machine.record(RecordKind::updated, Trigger::tx_resumed);
        } else {
            //= OCPP 2.1 E17.FR.20
            machine.note(NoteKind::resume_refused);
            machine.stop(StopCause::reboot, Trigger::abnormal_condition);
        }
    } else if (const auto& granted = durable.granted; granted && !durable.transaction) {
        const std::int64_t left_ms = granted->until_wall_ms - context.wall.unix_ms;
        const Duration left = std::min<Duration>(std::chrono::milliseconds(left_ms), configuration.connect_timeout);
        if (left_ms > 0) {
            machine.state.plugged = !granted->before_plug;   // as it was; if the car has left, what was granted goes with it
            machine.state.authorizing =
                Authorizing{granted->identity, 0, context.now + left, granted->remote_start_id, true, granted->before_plug};
        } else machine.note(NoteKind::connect_timeout);
    } else if (durable.transaction) {
        machine.state.stop_until = context.now + 6s + configuration.final_timeout;
    }
    machine.state.phase = phase_of(machine.state);
    machine.state.told = availability_of(machine.state);
    machine.act(StatusChanged{machine.state.told});
    return machine.finish();
}

}  // namespace voltkeep::charging
