// SPDX-License-Identifier: Apache-2.0
// One step of the session in the making; how its files share it. Not for users of the session.
#pragma once

#include "charging/session/session.hpp"

namespace voltkeep::charging {

struct Machine {
    const Configuration& configuration;
    const Context& context;
    State state;
    Actions actions{};
    bool dirty = false;  ///< Durable has changed

    void act(const Action& action) { CHECK(actions.push(action)); }
    void note(NoteKind kind, std::uint8_t protection = PROTECTION_NONE) { act(Note{kind, protection}); }

    Transaction* running() {  ///< a transaction that may still charge
        auto& t = state.durable.transaction;
        return t && !t->stopping ? &*t : nullptr;
    }

    // identification.cpp
    void on(const IdentityPresented& event);
    void on(const EvNamed& event);
    void on(const EvAuthorizes& event);
    void on(const AuthorizationAnswered& event);
    void on(const AuthorizationWithdrawn& event);
    void on(const RemoteStarted& event);
    void on(const RemoteStopped& event);
    void on(const Reserved& event);
    void on(const ReservationCancelled& event);
    void watch_authorizing();
    void ask_for_the_silent();
    void keep_granted();

    // transaction.cpp
    void try_start();
    void record(RecordKind kind, Trigger trigger);
    void stop(StopCause cause, Trigger trigger, std::uint8_t protection = PROTECTION_NONE);
    void try_end();
    void on(const MeterSeen& event);
    void on(const MeterGone& event);
    void on(const MeterAlive& event);
    void on(const MeterFails& event);
    void on(const StoppedByEv& event);
    void on(const StoppedByUser& event);
    void watch_transaction();

    // power.cpp
    void on(const PowerSeen& event);
    void on(const PowerGone& event);
    void on(const OutOfOrder& event);
    void on(const StoreFails& event);
    void on(const EvNeeds& event);
    void on(const LimitChanged& event);
    void on(const TripsAcknowledged& event);
    void watch_power();
    void move_limit(Duration elapsed);
    void command(bool renew);

    // session.cpp
    void on(const AvailabilityWanted& event);
    void on(const Ticked& event);
    void settle(bool is_tick);
    Step finish();
};

/// Power is off for certain, as far as `power` knows.
[[nodiscard]] bool is_off(const State& state);

/// Somebody must look at the station: a trip is latched that is not the passing trouble of a process or a bus.
[[nodiscard]] bool has_fault(const State& state);

}  // namespace voltkeep::charging
