// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <cstdlib>

#include "worker.hpp"

namespace voltkeep::rot {
namespace {

constexpr Duration pause_before_again = 500ms;   ///< a TPM that closes at once is not asked in a loop
constexpr Duration pause_of_probes = 2s;         ///< so long a loss may stay unknown
constexpr Duration stop_time = 1500ms;           ///< for TPM2_Shutdown; the process manager gives two seconds

class Root {
public:
    Root(kernel::Service& self, const Config& config, std::string file, Source& source)
        : self_(self), config_(config), source_(source), worker_(self, {std::move(file), config.meters}, [this] { changed(); }) {
        for (const KeyName name : keys_of(std::min(config.meters, most_meters)))
            CHECK(uses_.push({.key = name.key, .evse = name.evse, .last = {}}));
    }

    void begin() {
        MUST(worker_.start());
        self_.every(pause_of_probes, [this] { worker_.probe(); });
        source_.begin([this](std::unique_ptr<Wire> wire) { worker_.take(std::move(wire)); });
    }
    void stop() {
        if (!worker_.end(stop_time)) self_.fault(Error(Errc::timeout, "the TPM was not shut down in time"));
    }

    /// The message's own function of the TPM, on the thread.
    template <class M, class F>
    void ask(Urgency urgency, const M& message, const kernel::Caller& caller, kernel::Defer<typename M::Reply> reply, F use) {
        using R = typename M::Reply;
        worker_.submit<R>(
            urgency, caller,
            [message, use, type = std::string(caller.type)](Tpm& tpm) { return use(tpm, message, std::string_view(type)); },
            std::move(reply), [this, message](const Result<R>& result) { seen(message, result); });
    }

    [[nodiscard]] GetState::State state() {
        const Tpm::Part& part = worker_.part();
        return {worker_.condition(),
                worker_.reason().what,
                part.name,
                part.has_endorsement,
                part.resets,
                worker_.increments_left(),
                worker_.waiting(),
                static_cast<std::uint32_t>(worker_.slowest() / 1ms),
                uses_};
    }

private:
    void changed() {
        self_.notify(Pulse::changed, static_cast<std::uint64_t>(worker_.condition()));
        if (worker_.condition() == Condition::lost) self_.after(pause_before_again, [this] { source_.again(); });
    }

    /// A key that was asked for what it is not for is a security event: the process manager's events are the log's.
    template <class M, class R>
    void seen(const M& message, const Result<R>& result) {
        if (!result && (result.error().code == Errc::refused || result.error().code == Errc::integrity))
            self_.fault(result.error());
        if (!result) return;
        if constexpr (std::same_as<M, Sign>) note({message.key, message.evse}, message.purpose);
        if constexpr (std::same_as<M, Quote> || std::same_as<M, Certify>) note({Key::attestation, {}}, std::nullopt);
    }

    void note(KeyName name, std::optional<Purpose> purpose) {
        const auto use = std::ranges::find_if(uses_, [&](const GetState::Use& u) { return KeyName{u.key, u.evse} == name; });
        if (use == uses_.end()) return;
        ++use->uses;
        use->last = purpose;
        use->last_ms = wall_now().unix_ms;
    }

    kernel::Service& self_;
    const Config& config_;
    Source& source_;
    List<GetState::Use, 4 + most_meters> uses_;
    Worker worker_;
};

}  // namespace

int run(kernel::Service& self, const Config& config, std::string file, Source& source) {
    ::setenv("TSS2_LOG", "all+NONE", 0);   // what fails is said in our own words
    Root root(self, config, std::move(file), source);
    using kernel::Caller, kernel::Defer;
    using std::string_view;

    self.serve<Interface>(
        [&](const Sign& m, const Caller& caller, Defer<Sign::Signature> reply) {
            root.ask(urgency_of(m.purpose), m, caller, std::move(reply),
                     [](Tpm& t, const Sign& s, string_view type) { return t.sign(s, type); });
        },
        [&](const GetPublic& m, const Caller& caller, Defer<GetPublic::Public> reply) {
            root.ask(Urgency::other, m, caller, std::move(reply),
                     [](Tpm& t, const GetPublic& g, string_view) { return t.get_public({g.key, g.evse}); });
        },
        [&](const Quote& m, const Caller& caller, Defer<Quote::Quoted> reply) {
            root.ask(Urgency::seal, m, caller, std::move(reply), [](Tpm& t, const Quote& q, string_view) { return t.quote(q); });
        },
        [&](const CounterRead& m, const Caller& caller, Defer<CounterRead::Value> reply) {
            root.ask(Urgency::other, m, caller, std::move(reply),
                     [](Tpm& t, const CounterRead& c, string_view) { return t.read(c.counter); });
        },
        [&](const CounterIncrement& m, const Caller& caller, Defer<CounterRead::Value> reply) {
            root.ask(Urgency::seal, m, caller, std::move(reply),
                     [](Tpm& t, const CounterIncrement& c, string_view) { return t.increment(c.counter); });
        },
        [&](const Certify& m, const Caller& caller, Defer<Certify::Certified> reply) {
            root.ask(Urgency::seal, m, caller, std::move(reply),
                     [](Tpm& t, const Certify& c, string_view) { return t.certify(c); });
        },
        [&](const Extend& m, const Caller& caller, Defer<kernel::Done> reply) {
            root.ask(Urgency::seal, m, caller, std::move(reply),
                     [](Tpm& t, const Extend& e, string_view type) { return t.extend(e, type); });
        },
        [&](const Seal& m, const Caller& caller, Defer<Seal::Sealed> reply) {
            root.ask(Urgency::other, m, caller, std::move(reply),
                     [](Tpm& t, const Seal& s, string_view type) { return t.seal(s, type); });
        },
        [&](const Unseal& m, const Caller& caller, Defer<Unseal::Secret> reply) {
            root.ask(Urgency::other, m, caller, std::move(reply),
                     [](Tpm& t, const Unseal& u, string_view type) { return t.unseal(u, type); });
        },
        [&](const Random& m, const Caller& caller, Defer<Random::Octets> reply) {
            root.ask(Urgency::other, m, caller, std::move(reply),
                     [](Tpm& t, const Random& r, string_view) { return t.random(r.size); });
        },
        [&](const GetState&) -> Result<GetState::State> { return root.state(); });

    self.on_stop([&] { root.stop(); });
    self.seal();
    root.begin();
    return self.run();
}

}  // namespace voltkeep::rot
