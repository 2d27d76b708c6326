// SPDX-License-Identifier: Apache-2.0
// Who charges, where, how much. The decisions are in charging/session; this is their wiring to the other processes.
#include "kernel/config.hpp"
#include "kernel/service.hpp"
#include "station.hpp"

namespace voltkeep::session {
namespace {

class Station {
public:
    Station(kernel::Service& self, const Config& config)
        : self_(self), config_(config), journal_(self), store_(MUST(Store::open(self, "state/session"))) {
        for (EvseId number : self.evses_of("power")) evses_.emplace_back(self, *store_, journal_, config_, number);
    }

    void begin() {
        store_->on_notice([this](const Notice& notice) { log(notice); });
        const bool same_boot = MUST(store_->database().is_same_boot());
        for (Evse& evse : evses_) MUST(evse.begin(same_boot));
        store_->start();
        self_.on("power", power::Pulse::changed, [this](EvseId evse, std::uint64_t) { at(evse)->look_at_power(); });
        self_.on_back("power", [this](EvseId evse) { at(evse)->power_is_back(); });
        self_.on("power", power::Pulse::tripped, [this](EvseId evse, std::uint64_t value) {
            at(evse)->look_at_power();
            // 0: the peer is back, and nothing has tripped. At rest, what needs nobody's acknowledgement is no event: a bus that
            // starts.
            const charging::State& state = at(evse)->state();
            if (value == 0 || (state.power.latched == 0 && !state.durable.transaction)) return;
            journal_.append(audit::Type::safety, evse.number,
                            audit::Payload()
                                .put("step", "tripped")
                                .put("protection", safety::protection_name(static_cast<std::uint8_t>(value - 1))));
        });
        // Without consent the power stops by itself; here the transactions end, and the CSMS and the screen are told.
        self_.on_fallback([this](EvseId of, bool is_on) {
            for (Evse& evse : evses_)
                if (of.number == 0 || evse.number() == of) evse.feed(charging::OutOfOrder{is_on});
        });
        self_.on("meter", meter::Pulse::sample, [this](EvseId evse, std::uint64_t) { at(evse)->look_at_meter(); });
    }

    /// Null if there is no such EVSE.
    Evse* at(EvseId number) {
        const auto evse = std::ranges::find(evses_, number, &Evse::number);
        return evse == evses_.end() ? nullptr : &*evse;
    }
    /// The EVSE of whoever speaks for a car. The policy lets nobody do so who has none; a receiver does not live by that.
    Result<Evse*> of(const kernel::Caller& caller) {
        if (Evse* evse = at(caller.evse)) return evse;
        return fail(Errc::denied, "no EVSE of the caller's");
    }
    /// The same for who wants something of it: where the pilot alone speaks, nobody speaks for a car.
    Result<Evse*> heard(const kernel::Caller& caller) {
        Evse* const evse = TRY(of(caller));
        if (!evse->is_digital()) return fail(Errc::denied, "the pilot alone speaks at this EVSE");
        return evse;
    }
    /// The EVSE with this transaction, or null.
    Evse* with(const TransactionId& id) {
        for (Evse& evse : evses_)
            if (const auto& t = evse.state().durable.transaction; t && t->id == id) return &evse;
        return nullptr;
    }
    /// The EVSE that takes this start: this one, or (0) the one that fits best.
    Result<Evse*> choose(EvseId wanted, const charging::RemoteStarted& start) {
        std::vector<Evse*> candidates;
        std::vector<const charging::State*> states;
        for (Evse& evse : evses_)
            if (wanted.number == 0 || evse.number() == wanted) {
                candidates.push_back(&evse);
                states.push_back(&evse.state());
            }
        if (candidates.empty()) return fail(Errc::not_found, "no such EVSE");
        const auto place = charging::choose_for(start, states);
        if (!place) return fail(Errc::bad_state, "no EVSE takes this start");
        return candidates[*place];
    }
    /// The EVSE that takes this reservation, or what stands against it at the one that is wanted (0: at the last one).
    std::pair<Evse*, charging::ReservationOutcome> choose(EvseId wanted, const charging::Reserved& reservation) {
        std::pair<Evse*, charging::ReservationOutcome> chosen{nullptr, charging::ReservationOutcome::rejected};
        for (Evse& evse : evses_) {
            if (wanted.number != 0 && evse.number() != wanted) continue;
            chosen = {&evse, charging::outcome_of(reservation, evse.state(), wall_now())};
            if (chosen.second == charging::ReservationOutcome::accepted) break;
        }
        return chosen;
    }
    /// When everything that was decided until now is on the disk, at all EVSEs.
    void when_durable(Backlog::Then then) {
        auto last = std::make_shared<Backlog::Then>(std::move(then));
        auto missing = std::make_shared<std::size_t>(evses_.size());
        for (Evse& evse : evses_)
            evse.when_durable([last, missing] {
                if (--*missing == 0) (*last)();
            });
    }
    Store& store() { return *store_; }
    std::deque<Evse>& evses() { return evses_; }

private:
    void log(const Notice& notice) {
        audit::Payload payload;
        switch (notice.kind) {
            case Notice::Kind::set_aside:
                payload.put("step", "store_set_aside").put("file", "state/session/" + notice.file).put("why", notice.why);
                payload.put("events_taken_over", notice.count).put("events_unreadable", notice.lost);
                self_.fault(Error(Errc::integrity, notice.why + ": it is now " + notice.file + ", and a new one is begun"));
                break;
            case Notice::Kind::events_unreadable:
                payload.put("step", "events_unreadable")
                    .put("count", notice.count)
                    .put("first", notice.first)
                    .put("why", notice.why);
                break;
            case Notice::Kind::dropping: payload.put("step", "events_dropping").put("bound", notice.count); break;
            case Notice::Kind::dropped: payload.put("step", "events_dropped").put("count", notice.count); break;
        }
        journal_.append(audit::Type::session, 0, payload);
    }

    kernel::Service& self_;
    Config config_;
    audit::Journal journal_;
    std::unique_ptr<Store> store_;
    std::deque<Evse> evses_;
};

Result<kernel::Done> done() { return kernel::Done{}; }
std::unexpected<Error> no_evse() { return fail(Errc::not_found, "no such EVSE"); }

charging::EvNeeds needs_of(const SetEvNeeds& m) {
    return {m.phase,           m.target_voltage,  m.target_current, m.present_voltage, m.maximum_voltage,
            m.maximum_current, m.maximum_power,   m.minimum_current, m.state_of_charge};
}

}  // namespace
}  // namespace voltkeep::session

int main() {
    using namespace voltkeep;
    using namespace voltkeep::session;
    auto self = kernel::Service::start();
    Station station(self, MUST(kernel::read_config<Config>("config/session")));

    self.serve<Interface>(
        [&](const Authorize& m, const kernel::Caller& caller) -> Result<Authorize::Authorization> {
            Evse* const evse = TRY(station.heard(caller));
            evse->name_car(m.evcc);
            evse->feed(charging::EvAuthorizes{m.identity});
            return evse->verdict();
        },
        [&](const SetEvNeeds& m, const kernel::Caller& caller) -> Result<kernel::Done> {
            Evse* const evse = TRY(station.heard(caller));
            evse->name_car(m.evcc);
            evse->feed(needs_of(m));
            return done();
        },
        [&](const TakeSetpoint&, const kernel::Caller& caller) -> Result<TakeSetpoint::Setpoint> {
            return TRY(station.of(caller))->setpoint();
        },
        [&](const StopByEv& m, const kernel::Caller& caller) -> Result<kernel::Done> {
            TRY(station.heard(caller))->feed(charging::StoppedByEv{m.cause});
            return done();
        },
        [&](const TakeEvents& m, kernel::Defer<TakeEvents::Events> reply) {
            station.store().take(m.acknowledged, m.after,
                                 [reply = std::move(reply)](Result<TakeEvents::Events> events) mutable { reply(events); });
        },
        [&](const AuthorizationResult& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            evse->feed(charging::AuthorizationAnswered{m.request, m.accepted, m.reason});
            return done();
        },
        [&](const RemoteStart& m, kernel::Defer<RemoteStart::Started> reply) {
            const charging::RemoteStarted start{m.identity, m.remote_start_id};
            Result<Evse*> chosen = station.choose(m.evse, start);
            if (!chosen) return reply(std::unexpected(chosen.error()));
            Evse* evse = *chosen;
            evse->feed(start);
            evse->when_durable([evse, reply = std::move(reply)]() mutable {
                const auto& t = evse->state().durable.transaction;
                reply(RemoteStart::Started{t ? t->id : TransactionId()});
            });
        },
        [&](const RemoteStop& m, kernel::Defer<kernel::Done> reply) {
            Evse* evse = station.with(m.transaction);
            if (!evse) return reply(fail(Errc::not_found, "no such transaction"));
            evse->feed(charging::RemoteStopped{m.transaction});
            evse->when_durable([reply = std::move(reply)]() mutable { reply(kernel::Done{}); });
        },
        [&](const Deauthorize& m, kernel::Defer<kernel::Done> reply) {
            Evse* evse = station.with(m.transaction);
            if (!evse) return reply(fail(Errc::not_found, "no such transaction"));
            evse->feed(charging::AuthorizationWithdrawn{m.transaction});
            evse->when_durable([reply = std::move(reply)]() mutable { reply(kernel::Done{}); });
        },
        [&](const Reserve& m, kernel::Defer<Reserve::Outcome> reply) {
            const charging::Reserved wanted{m.id, m.identity, m.until_wall_ms};
            auto [evse, outcome] = station.choose(m.evse, wanted);
            if (!evse) return reply(no_evse());
            evse->feed(wanted);
            evse->when_durable([outcome, reply = std::move(reply)]() mutable { reply(Reserve::Outcome{outcome}); });
        },
        [&](const CancelReservation& m, kernel::Defer<kernel::Done> reply) {
            for (Evse& evse : station.evses()) {
                const auto& reservation = evse.state().durable.reservation;
                if (!reservation || reservation->id != m.id) continue;
                evse.feed(charging::ReservationCancelled{m.id});
                return evse.when_durable([reply = std::move(reply)]() mutable { reply(kernel::Done{}); });
            }
            reply(fail(Errc::not_found, "no such reservation"));
        },
        [&](const SetAvailability& m, kernel::Defer<SetAvailability::Change> reply) {
            if (m.evse.number != 0 && !station.at(m.evse)) return reply(no_evse());
            SetAvailability::Change change;
            for (Evse& evse : station.evses()) {
                if (m.evse.number != 0 && evse.number() != m.evse) continue;
                change.is_scheduled = change.is_scheduled || (!m.operative && evse.state().durable.transaction);
                evse.feed(charging::AvailabilityWanted{m.operative});
            }
            station.when_durable([change, reply = std::move(reply)]() mutable { reply(change); });
        },
        [&](const SetOnline& m) {
            for (Evse& evse : station.evses()) evse.set_online(m.online);
            return done();
        },
        [&](const Snapshot& m) -> Result<Snapshot::View> {
            const Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            return evse->snapshot();
        },
        [&](const StopByUser& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            evse->feed(charging::StoppedByUser{});
            return done();
        },
        [&](const Present& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            evse->feed(charging::IdentityPresented{m.identity});
            return done();
        },
        [&](const AcknowledgeTrips& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            if (!evse->state().power_known) return fail(Errc::bad_state, "power is not there");
            evse->feed(charging::TripsAcknowledged{m.trips});
            return done();
        });

    station.begin();
    self.seal();
    return self.run();
}
