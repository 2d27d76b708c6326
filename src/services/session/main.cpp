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
        const bool same_boot = MUST(store_->is_same_boot());
        for (Evse& evse : evses_) MUST(evse.begin(same_boot));
        store_->start();
        self_.on("power", power::Pulse::changed, [this](EvseId evse, std::uint64_t) { at(evse)->look_at_power(); });
        self_.on_back("power", [this](EvseId evse) { at(evse)->power_is_back(); });
        self_.on("power", power::Pulse::tripped, [this](EvseId evse, std::uint64_t value) {
            at(evse)->look_at_power();
            // 0: the peer is back, and nothing has tripped. At rest, what needs nobody's acknowledgement is no event: a bus that starts.
            const charging::State& state = at(evse)->state();
            if (value == 0 || (state.power.latched == 0 && !state.durable.transaction)) return;
            journal_.append(audit::Type::safety, evse.number,
                            audit::Payload().put("step", "tripped").put("protection", safety::protection_name(static_cast<std::uint8_t>(value - 1))));
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
    /// The EVSE with this transaction, or null.
    Evse* with(const TransactionId& id) {
        for (Evse& evse : evses_)
            if (const auto& t = evse.state().durable.transaction; t && t->id == id) return &evse;
        return nullptr;
    }
    Store& store() { return *store_; }
    std::deque<Evse>& evses() { return evses_; }

private:
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
            station.at(caller.evse)->feed(charging::EvAuthorizes{m.identity});
            return station.at(caller.evse)->verdict();
        },
        [&](const SetEvNeeds& m, const kernel::Caller& caller) {
            station.at(caller.evse)->feed(needs_of(m));
            return done();
        },
        [&](const TakeSetpoint&, const kernel::Caller& caller) -> Result<TakeSetpoint::Setpoint> { return station.at(caller.evse)->setpoint(); },
        [&](const StopByEv& m, const kernel::Caller& caller) {
            station.at(caller.evse)->feed(charging::StoppedByEv{m.cause});
            return done();
        },
        [&](const Relay&) -> Result<kernel::Done> { return fail(Errc::unsupported, "nothing is relayed to this CSMS"); },
        [&](const TakeEvents& m, kernel::Defer<TakeEvents::Events> reply) {
            station.store().take(m.acknowledged, m.after, [reply = std::move(reply)](Result<TakeEvents::Events> events) mutable { reply(events); });
        },
        [&](const AuthorizationResult& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            evse->feed(charging::AuthorizationAnswered{m.request, m.accepted, m.reason});
            return done();
        },
        [&](const RemoteStart& m) -> Result<RemoteStart::Started> {
            // Said twice (its parser died over it): it is the same start.
            for (const Evse& evse : station.evses())
                if (const auto& t = evse.state().durable.transaction; t && t->remote_start_id == m.remote_start_id) return RemoteStart::Started{t->id};
            for (Evse& evse : station.evses()) {
                if (m.evse.number != 0 && evse.number() != m.evse) continue;
                if (evse.state().durable.transaction) continue;
                evse.feed(charging::RemoteStarted{m.identity, m.remote_start_id});
                const auto& t = evse.state().durable.transaction;
                return RemoteStart::Started{t ? t->id : TransactionId()};
            }
            return m.evse.number != 0 && !station.at(m.evse) ? no_evse() : fail(Errc::bad_state, "no EVSE is free");
        },
        [&](const RemoteStop& m) -> Result<kernel::Done> {
            Evse* evse = station.with(m.transaction);
            if (!evse) return fail(Errc::not_found, "no such transaction");
            evse->feed(charging::RemoteStopped{m.transaction});
            return done();
        },
        [&](const Deauthorize& m) -> Result<kernel::Done> {
            Evse* evse = station.with(m.transaction);
            if (!evse) return fail(Errc::not_found, "no such transaction");
            evse->feed(charging::AuthorizationWithdrawn{m.transaction});
            return done();
        },
        [&](const SetLimits& m) -> Result<kernel::Done> {
            Evse* evse = station.at(m.evse);
            if (!evse) return no_evse();
            evse->feed(charging::LimitChanged{charging::LimitSource::csms, {m.power, m.current}});
            return done();
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
        });

    station.begin();
    self.seal();
    return self.run();
}
