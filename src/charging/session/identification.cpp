// SPDX-License-Identifier: Apache-2.0
// Who may charge: cards, the car, remote starts, reservations. An answer counts only for the question that is open.
#include "charging/session/machine.hpp"

namespace voltkeep::charging {

namespace {

bool is_free(const State& state) {
    return !state.durable.transaction && state.durable.operative && !has_fault(state) && !state.store_fails;
}

bool is_reserved_for_another(const State& state, const Identity& identity) {
    const auto& reservation = state.durable.reservation;
    return reservation && !(reservation->identity.token == identity.token);
}

/// Whether this EVSE has the start already.
bool has(const State& state, const RemoteStarted& start) {
    const auto& t = state.durable.transaction;
    if (t) return !t->stopping && t->remote_start_id == start.remote_start_id && t->identity == start.identity;
    const auto& open = state.authorizing;
    return open && open->accepted && open->remote_start_id == start.remote_start_id && open->identity == start.identity;
}

/// 0: it does not take the start; the more, the better it fits.
int fit_for(const RemoteStarted& start, const State& state) {
    if (has(state, start)) return 4;
    //= OCPP 2.1 F01.FR.21, F01.FR.23, F01.FR.24, F02.FR.23, F02.FR.25, F02.FR.26
    if (!is_free(state) || is_reserved_for_another(state, start.identity) || (state.authorizing && state.authorizing->accepted))
        return 0;
    return state.durable.reservation ? 3 : state.plugged ? 2 : 1;
}

void refuse(Machine& m, const Identity& identity) {
    m.state.refused = identity;
    m.state.refused_until = m.context.now + 5s;
    m.note(NoteKind::refused);
    m.act(EvDecided{});
}

void ask(Machine& m, const Identity& identity) {
    if (is_reserved_for_another(m.state, identity)) return refuse(m, identity);
    const std::uint64_t request = ++m.state.durable.requests;
    m.dirty = true;
    m.state.refused.reset();
    m.state.authorizing =
        Authorizing{identity, request, m.context.now + m.configuration.authorization_timeout, std::nullopt, false, false};
    m.act(AskAuthorization{request, identity});
}

void accept(Machine& m, Authorizing& a) {
    a.accepted = true;
    a.request = 0;
    a.before_plug = !m.state.plugged;
    a.until = m.context.now + m.configuration.connect_timeout;
    m.state.refused.reset();
    m.note(NoteKind::authorized);
}

}  // namespace

void Machine::on(const IdentityPresented& event) {
    const Identity& identity = event.identity;
    if (Transaction* t = running()) {
        //= OCPP 2.1 E07.FR.02, E08.FR.01 the same identity presented again stops the transaction
        if (t->identity.token == identity.token && t->identity.type == identity.type)
            stop(StopCause::user, Trigger::stop_authorized);
        else note(NoteKind::refused);
        return;
    }
    if (!is_free(state)) return note(NoteKind::refused);
    if (state.authorizing && state.authorizing->accepted) {
        // Presented again before the car came: taken back. Another identity has to wait.
        if (state.authorizing->identity.token == identity.token) state.authorizing.reset();
        else note(NoteKind::refused);
        return;
    }
    if (state.authorizing && state.authorizing->identity == identity) return;
    ask(*this, identity);
}

/// The plug may have been another's while the whole station was away: the bill ends with its own car.
void Machine::on(const EvNamed& event) {
    state.evcc = event.evcc;
    Transaction* t = running();
    if (!t || (t->is_same_car && !t->evcc.empty())) return;   // who is plugged was never out of sight
    if (!t->is_same_car && t->evcc != event.evcc) {
        note(NoteKind::another_car);
        return stop(StopCause::unplugged, Trigger::ev_departed);
    }
    t->evcc = event.evcc;
    t->is_same_car = true;
    dirty = true;
}

void Machine::on(const EvAuthorizes& event) {
    state.parted_at = context.now;   // it speaks: nobody has to wake it
    if (running() || state.authorizing) return;
    if (state.durable.transaction && state.durable.car_may_ask) return;   // the one before it ends first
    if (!is_free(state) || !state.plugged || !state.durable.car_may_ask) return refuse(*this, event.identity);
    if (state.refused && context.now < state.refused_until) return;
    const bool by_other_means = event.identity.kind == IdentificationKind::external;
    if (!by_other_means) ask(*this, event.identity);
    else if (configuration.anybody) ask(*this, *configuration.anybody);
}

/// A car without a protocol asks by being there: for whoever plugs in, once, and again in a while when it was refused or nobody
/// answered.
void Machine::ask_for_the_silent() {
    constexpr Duration ask_again = 60s;
    const bool asks = !configuration.digital && configuration.anybody && state.plugged && state.durable.car_may_ask &&
                      is_free(state) && !state.authorizing;
    if (asks && (!state.refused || context.now >= state.refused_until + ask_again)) ask(*this, *configuration.anybody);
}

void Machine::on(const AuthorizationAnswered& event) {
    auto& open = state.authorizing;
    if (!open || open->accepted || open->request != event.request) return note(NoteKind::late_answer_dropped);
    if (event.accepted) return accept(*this, *open);
    const Identity identity = open->identity;
    open.reset();
    refuse(*this, identity);
}

//= OCPP 2.1 E05.FR.10, C15.FR.04 a withdrawn authorization ends the transaction
void Machine::on(const AuthorizationWithdrawn& event) {
    if (Transaction* t = running()) {
        if (t->id == event.transaction) stop(StopCause::deauthorized, Trigger::deauthorized);
    } else if (event.transaction.empty()) {
        state.authorizing.reset();
    }
}

//= OCPP 2.1 C05.FR.01, F01.FR.02, F02.FR.10 remote start, with the car first or last
void Machine::on(const RemoteStarted& event) {
    if (has(state, event)) return;
    if (fit_for(event, state) == 0) return note(NoteKind::refused);
    state.authorizing = Authorizing{event.identity, 0, {}, event.remote_start_id, false, false};
    accept(*this, *state.authorizing);
}

//= OCPP 2.1 F03.FR.03
void Machine::on(const RemoteStopped& event) {
    if (Transaction* t = running(); t && t->id == event.transaction) stop(StopCause::remote, Trigger::remote_stop);
}

void Machine::on(const Reserved& event) {
    if (outcome_of(event, state, context.wall) != ReservationOutcome::accepted) return note(NoteKind::refused);
    state.durable.reservation = Reservation{event.id, event.identity, event.until_wall_ms};
    dirty = true;
}

void Machine::on(const ReservationCancelled& event) {
    if (!state.durable.reservation || state.durable.reservation->id != event.id) return;
    state.durable.reservation.reset();
    note(NoteKind::reservation_ended);
    dirty = true;
}

//= OCPP 2.1 F01.FR.20, F02.FR.22
std::optional<std::size_t> choose_for(const RemoteStarted& start, std::span<const State* const> evses) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < evses.size(); ++i)
        if (const int fit = fit_for(start, *evses[i]); fit > 0 && (!best || fit > fit_for(start, *evses[*best]))) best = i;
    return best;
}

//= OCPP 2.1 H01.FR.02, H01.FR.03, H01.FR.11, H01.FR.12, H01.FR.14 a reservation of the same id is replaced
ReservationOutcome outcome_of(const Reserved& wanted, const State& state, WallTime wall) {
    if (has_fault(state)) return ReservationOutcome::faulted;
    if (!state.durable.operative) return ReservationOutcome::unavailable;
    const bool is_taken = state.durable.reservation && state.durable.reservation->id != wanted.id;
    if (state.durable.transaction || state.plugged || state.authorizing || is_taken) return ReservationOutcome::occupied;
    if (state.store_fails || wanted.until_wall_ms <= wall.unix_ms || wanted.identity.token.empty())
        return ReservationOutcome::rejected;
    return ReservationOutcome::accepted;
}

/// What was granted is on the disk before anybody is told, and only as long as it stands.
void Machine::keep_granted() {
    auto& kept = state.durable.granted;
    const auto& open = state.authorizing;
    const bool is_granted = open && open->accepted;
    if (!is_granted && !kept) return;
    if (is_granted && kept && kept->identity == open->identity && kept->remote_start_id == open->remote_start_id) return;
    kept.reset();
    if (is_granted)
        kept = Granted{open->identity, open->remote_start_id, context.wall.unix_ms + (open->until - context.now) / 1ms,
                       open->before_plug};
    dirty = true;
}

void Machine::watch_authorizing() {
    if (auto& r = state.durable.reservation; r && context.wall.unix_ms >= r->until_wall_ms) {
        r.reset();
        note(NoteKind::reservation_ended);
        dirty = true;
    }
    auto& open = state.authorizing;
    if (!open || context.now < open->until) return;
    const Identity identity = open->identity;
    const bool accepted = open->accepted;
    open.reset();
    //= OCPP 2.1 C01.FR.26
    if (accepted) return note(NoteKind::connect_timeout);
    note(NoteKind::authorization_timeout);
    refuse(*this, identity);
}

}  // namespace voltkeep::charging
