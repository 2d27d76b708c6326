// SPDX-License-Identifier: Apache-2.0
// A transaction: one started, any updated, one ended. Its registers never fall; a stop is final.
#include <algorithm>

#include "charging/session/machine.hpp"

namespace voltkeep::charging {

namespace {

constexpr Duration kFreshReading = 2s;

//= OCPP 2.1 J02.FR.16
/// Takes the newest reading into the transaction, unless its register fell or it is another meter's.
void take_reading(Machine& m, Transaction& t) {
    if (!m.state.reading) return;
    if (m.state.reading->import_mwh < t.last.import_mwh || m.state.reading->export_mwh < t.last.export_mwh) return;
    if (m.state.reading->serial != t.begin.serial) return;
    t.last = *m.state.reading;
}

/// The newest reading is fresh, and its record names nobody else.
bool has_first_reading(const State& state, const Identity& identity, Instant now) {
    return state.reading && now - state.reading_at <= kFreshReading && (!state.reading_of || *state.reading_of == identity);
}

}  // namespace

void Machine::try_start() {
    auto& open = state.authorizing;
    //= OCPP 2.1 C01.FR.01, C06.FR.01, E01.FR.05, E01.FR.14
    if (!open || !open->accepted || state.durable.transaction || !state.durable.operative) return;
    if (!state.plugged || !state.power_known || state.power.latched != 0 || state.power.contactor_closed) return;
    // Nothing is billed that is not measured: without a fresh first reading there is no transaction.
    if (!has_first_reading(state, open->identity, context.now)) return;
    CHECK(!context.fresh.empty());

    Transaction t;
    t.id = context.fresh;
    t.identity = open->identity;
    t.evcc = state.evcc;
    t.remote_start_id = open->remote_start_id;
    t.started_wall_ms = context.wall.unix_ms;
    t.begin = t.last = *state.reading;
    //= OCPP 2.1 E01.FR.13, E02.FR.03, E03.FR.03, F02.FR.06, H01.FR.15
    if (state.durable.reservation) {
        t.reservation_id = state.durable.reservation->id;
        state.durable.reservation.reset();
    }
    //= OCPP 2.1 F01.FR.19, F02.FR.21
    const bool remote = open->remote_start_id.has_value();
    const Trigger trigger = open->before_plug ? Trigger::cable_plugged_in : remote ? Trigger::remote_start : Trigger::authorized;
    open.reset();
    state.needs = {};
    state.engaged = state.failed = state.paused = false;
    state.reconnect_until.reset();
    state.limit = {};
    state.durable.allowances[LimitSource::ev] = {};
    state.next_record = context.now + configuration.meter_interval;
    state.durable.transaction = t;
    state.durable.transaction->told = charging_state(state);
    record(RecordKind::started, trigger);
    act(EvDecided{});
}

void Machine::record(RecordKind kind, Trigger trigger) {
    Transaction& t = *state.durable.transaction;
    take_reading(*this, t);
    Record r;
    r.kind = kind;
    //= OCPP 2.1 E01.FR.15, E02.FR.15, E06.FR.15, F01.FR.17, F03.FR.09
    r.trigger = trigger;
    r.charging = charging_state(state);
    r.transaction = t.id;
    //= OCPP 2.1 E01.FR.07, E02.FR.07, E03.FR.06, E04.FR.04, E05.FR.04, E06.FR.14, E07.FR.11, E08.FR.08, E09.FR.04, E10.FR.03
    r.sequence = t.next_sequence++;
    r.wall_ms = context.wall.unix_ms;
    if (kind == RecordKind::started) {
        //= OCPP 2.1 C05.FR.03, C05.FR.05, E01.FR.10, E03.FR.01, F01.FR.04, F02.FR.05, F02.FR.12
        r.identity = t.identity;
        r.remote_start_id = t.remote_start_id;
        r.reservation_id = t.reservation_id;
    }
    if (kind == RecordKind::ended) {
        r.stop = t.stop;
        r.protection = t.protection;
    }
    r.reading = t.last;
    r.state_of_charge = state.needs.state_of_charge;
    r.energy_mwh = energy_of(state);
    r.cost_micro = cost_of(configuration, state);
    r.offline = !context.online;
    t.told = r.charging;
    dirty = true;
    act(r);
}

//= OCPP 2.1 E06.FR.06
void Machine::stop(StopCause cause, Trigger trigger, std::uint8_t protection) {
    Transaction* t = running();
    if (!t) return;
    t->stopping = true;
    t->stop = cause;
    t->stop_trigger = trigger;
    t->protection = protection;
    dirty = true;
    const bool by_nobody = cause == StopCause::unplugged || cause == StopCause::reboot;  // who is plugged now was refused nothing
    state.durable.car_may_ask = by_nobody || cause == StopCause::ev_terminate || cause == StopCause::ev_communication_lost;
    state.authorizing.reset();
    state.refused.reset();
    state.reconnect_until.reset();
    state.reading_after_power = false;
    // The ramp of a normal stop first, then the final reading.
    state.stop_until = context.now + 6s + configuration.final_timeout;
}

void Machine::try_end() {
    auto& t = state.durable.transaction;
    if (!t || !t->stopping) return;
    const bool complete = is_off(state) && state.reading_after_power;
    if (!complete && context.now < state.stop_until) return;
    record(RecordKind::ended, t->stop_trigger);
    t.reset();
    if (state.reading && state.reading->page != 0)
        state.reading.reset();  // signed as the last one of this transaction: the first of no other
    state.finished = state.plugged;
    state.needs = {};
    state.engaged = state.failed = state.paused = false;
    state.limit = {};
}

void Machine::on(const MeterSeen& event) {
    const auto& t = state.durable.transaction;
    if (t && event.reading.serial != t->begin.serial) return on(MeterFails{MeterTrouble::exchanged});
    const Identity* who = t ? &t->identity : state.authorizing ? &state.authorizing->identity : nullptr;
    if (event.of && (!who || *who != *event.of)) return;   // whoever it was signed for has been taken back meanwhile
    const bool falls = state.reading && (event.reading.import_mwh < state.reading->import_mwh ||
                                         event.reading.export_mwh < state.reading->export_mwh);
    if (falls) note(NoteKind::register_fell);
    state.reading = event.reading;
    state.reading_of = event.of;
    state.reading_at = state.metered_at = context.now;
    if (event.asked == ReadingWanted::last && t && t->stopping && is_off(state)) state.reading_after_power = true;
}

void Machine::on(const MeterGone&) {
    // Its last reading stays; watch_transaction ends what is not measured any more.
}

void Machine::on(const MeterAlive&) { state.metered_at = context.now; }

void Machine::on(const MeterFails& event) {
    if (!running()) return;   // nothing begins without a reading
    constexpr NoteKind notes[] = {NoteKind::meter_not_good, NoteKind::meter_exchanged, NoteKind::meter_not_signed};
    static_assert(std::size(notes) == static_cast<std::size_t>(MeterTrouble::last_) + 1);
    note(notes[static_cast<std::size_t>(event.trouble)]);
    stop(StopCause::other, Trigger::abnormal_condition);
}

ReadingWanted reading_wanted(const Configuration& configuration, const State& state, Instant now) {
    const auto& t = state.durable.transaction;
    if (t && t->stopping) return is_off(state) && !state.reading_after_power ? ReadingWanted::last : ReadingWanted::none;
    if (t)
        return state.reading && now - state.reading_at < configuration.meter_interval ? ReadingWanted::none
                                                                                      : ReadingWanted::periodic;
    const bool begins = state.authorizing && state.authorizing->accepted && state.plugged && state.durable.operative;
    return begins && !has_first_reading(state, state.authorizing->identity, now) ? ReadingWanted::first : ReadingWanted::none;
}

void Machine::on(const StoppedByEv& event) {
    if (!running()) return;
    const bool begins_anew = event.cause == StopCause::ev_communication_lost || event.cause == StopCause::ev_protocol_error ||
                             (event.cause == StopCause::ev_terminate && state.failed);
    if (state.paused && begins_anew) return;   // a car that pauses has no connection
    state.needs.phase = EvPhase::idle;
    state.durable.transaction->needs = state.needs;
    dirty = true;
    if (event.cause == StopCause::ev_pause) {
        state.paused = true;
    } else if (begins_anew) {
        // A broken connection, or power that stopped by itself: the same car, still plugged, may go on with the same transaction.
        if (!state.reconnect_until) state.reconnect_until = context.now + configuration.reconnect_timeout;
        state.parted_at = context.now;
        record(RecordKind::updated, Trigger::ev_communication_lost);
    } else {
        stop(event.cause, Trigger::charging_state_changed);
    }
}

void Machine::on(const StoppedByUser&) {
    stop(StopCause::user, Trigger::stop_authorized);
    if (!state.durable.transaction) state.authorizing.reset();
}

void Machine::watch_transaction() {
    Transaction* t = running();
    if (!t) return;
    const bool is_unsigned = context.now - state.reading_at > configuration.meter_interval + configuration.meter_timeout;
    if (is_unsigned || context.now - state.metered_at > configuration.meter_timeout) {
        note(NoteKind::meter_lost);
        return stop(StopCause::other, Trigger::abnormal_condition);
    }
    if (state.reconnect_until && context.now >= *state.reconnect_until)
        return stop(StopCause::ev_communication_lost, Trigger::ev_communication_lost);
    const bool silent = state.needs.phase == EvPhase::charge && context.now - state.needs_at > configuration.needs_timeout;
    if (configuration.digital && silent) return on(StoppedByEv{StopCause::ev_communication_lost});
    if (context.now < state.next_record || state.store_fails) return;   // what flows is billed from the registers at its end
    state.next_record = context.now + configuration.meter_interval;
    //= OCPP 2.1 J02.FR.11
    record(RecordKind::updated, Trigger::meter_value_periodic);
}

}  // namespace voltkeep::charging
