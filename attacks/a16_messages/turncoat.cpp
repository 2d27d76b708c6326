// SPDX-License-Identifier: Apache-2.0
// A service that somebody has taken over: the station's own program, which goes on with its work, and in whose loop a stranger
// waits. It is linked with the service's objects, and the linker puts this file in front of the runtime's loop (--wrap); the
// service's own code and the station's libraries are as they are. A signal says what to do (act.hpp); what came of it is printed
// as one line.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <deque>
#include <string>

#include "act.hpp"
#include "kernel/runtime.hpp"

using namespace voltkeep;
using kernel::ConduitState;
using kernel::Header;
using kernel::Runtime;
namespace os = kernel::os;

extern "C" void __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(Runtime* runtime, Instant until);
extern "C" void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(Runtime* runtime, Instant until);

namespace {

using attacks::Act;

volatile sig_atomic_t ordered = 0;

void on_order(int, siginfo_t* information, void*) { ordered = information->si_value.sival_int; }

/// Before main, and so before the service is sealed.
const bool is_waiting = [] {
    struct sigaction action {};
    action.sa_sigaction = on_order;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGUSR1, &action, nullptr) == 0;
}();

constexpr std::size_t largest = 65536;
constexpr std::uint32_t stranger = 0x8000'0000;   ///< sequence numbers of ours begin here

std::array<std::byte, largest> sending, receiving;

/// What the server of one conduit made of what it got.
struct Tally {
    std::uint32_t sent = 0, full = 0, denied = 0, malformed = 0, accepted = 0, other = 0;
    [[nodiscard]] std::uint32_t answers() const { return denied + malformed + accepted + other; }
};

void drain(int end, Tally& tally) {
    for (;;) {
        const auto received = os::receive(end, receiving);
        if (!received || !*received) return;
        for (const int handle : (*received)->handles) os::Descriptor{handle};
        const auto header =
            kernel::decode<Header>(Bytes(receiving).first(std::min<std::size_t>((*received)->size, kernel::header_size)));
        if (!header || (header->sequence != 0 && header->sequence < stranger)) continue;   // 0: what was too long to be looked at
        if (header->status == static_cast<std::uint16_t>(Errc::denied)) ++tally.denied;
        else if (header->status == static_cast<std::uint16_t>(Errc::malformed)) ++tally.malformed;
        else ++(header->status == 0 ? tally.accepted : tally.other);
    }
}

/// One message to be sent: `size` octets of this value behind the header, and perhaps a descriptor.
struct Plan {
    std::uint16_t number = 0;
    std::size_t size = 0;
    std::uint8_t octet = 0xff;
    bool has_header = true;
    bool has_descriptor = false;
};

class Stranger {
public:
    explicit Stranger(Runtime& runtime) : runtime_(runtime), tallies_(runtime.conduits.size()), plans_(runtime.conduits.size()) {}

    void begin(Act act) {
        act_ = act;
        until_ = now() + (is_flood() ? flood_time : patience);
        std::ranges::fill(tallies_, Tally{});
        each([&](std::size_t i) {
            plans_[i].clear();
            if (act == Act::unlisted) plan_unlisted(i);
            if (act == Act::malformed) plan_malformed(i);
            if (act == Act::absurd) plan_absurd(i);
        });
    }

    /// One step, between two turns of the service's own loop. False: it is over, and told.
    bool go_on() {
        std::uint32_t sent = 0;
        bool is_done = !is_flood();
        const Instant step_end = now() + 20ms;   // the service must turn its own loop, or the watchdog ends us
        each([&](std::size_t i) {
            if (is_flood()) burst(i);
            while (!plans_[i].empty() && now() < step_end && put(i, plans_[i].front())) {
                plans_[i].pop_front();
                hear(i);
            }
            const int end = runtime_.conduits[i].calls.get();
            if (end >= 0 && act_ == Act::flood) drain(end, tallies_[i]);
            sent += tallies_[i].sent;
            is_done = is_done && plans_[i].empty();
        });
        if (!is_done && now() < until_ && sent < flood_bound) return true;
        tell();
        return false;
    }

private:
    static constexpr Duration flood_time = 400ms;
    static constexpr Duration patience = 3s;             ///< until all is sent: a server takes no more of us than our quota
    static constexpr std::uint32_t flood_bound = 200'000;   ///< messages of one act at most

    [[nodiscard]] bool is_flood() const { return act_ == Act::flood || act_ == Act::deaf_flood; }

    template <class F>
    void each(F then) {
        for (std::size_t i = 0; i < runtime_.conduits.size(); ++i)
            if (!runtime_.conduits[i].end.is_server && runtime_.conduits[i].calls) then(i);
    }

    bool put(std::size_t i, const Plan& plan) {
        const ConduitState& c = runtime_.conduits[i];
        const std::size_t begin = plan.has_header ? kernel::header_size : 0, size = std::min(begin + plan.size, largest);
        if (plan.has_header) (void)kernel::encode(Header{stranger + sequence_++, plan.number, 0}, sending);
        std::memset(sending.data() + begin, plan.octet, size - begin);
        static constexpr std::array descriptor{1};
        const bool is_sent = c.calls && os::send(c.calls.get(), Bytes(sending).first(size),
                                                 std::span(descriptor).first(plan.has_descriptor ? 1 : 0))
                                            .has_value();
        ++(is_sent ? tallies_[i].sent : tallies_[i].full);
        return is_sent;
    }

    /// Waits for the answer to what was put last, over a pause of the server's, before the service's own code could take it.
    void hear(std::size_t i) {
        Tally& tally = tallies_[i];
        for (const Instant deadline = now() + 130ms; tally.answers() < tally.sent && now() < deadline;) {
            if (!os::wait(runtime_.conduits[i].calls.get(), deadline).value_or(false)) return;
            drain(runtime_.conduits[i].calls.get(), tally);
        }
    }

    [[nodiscard]] bool may(std::size_t i, std::uint32_t number) const {
        return number < 32 && (runtime_.conduits[i].end.messages >> number & 1) != 0;
    }

    /// Every number that the policy does not give, with no body and with the number of an EVSE; and pulses that nobody listens
    /// to.
    void plan_unlisted(std::size_t i) {
        for (std::uint32_t number = 0; number < 40; ++number)
            for (const std::size_t size : {0u, 1u})
                if (!may(i, number))
                    plans_[i].push_back({.number = static_cast<std::uint16_t>(number), .size = size, .octet = 1});
        plans_[i].push_back({.number = 0xffff});
        for (std::uint8_t code = 0; code < 40; ++code) {
            const std::array<std::byte, 9> pulse{std::byte{code}};
            if (code >= 32 || !(runtime_.conduits[i].end.pulses_out >> code & 1))
                (void)os::send(runtime_.conduits[i].pulses.get(), pulse);
        }
    }

    /// Allowed numbers with bodies that are none: too short, too long, counts and enumerators off their lists, a descriptor with
    /// it; no header, and half of one.
    void plan_malformed(std::size_t i) {
        const std::size_t most = runtime_.conduits[i].end.max_size;
        for (std::uint16_t number = 0; number < 32; ++number) {
            if (!may(i, number)) continue;
            for (const std::size_t size : {std::size_t{1}, most, most + 1, most + 1000, largest})
                plans_[i].push_back({.number = number, .size = size});
            plans_[i].push_back({.number = number, .has_descriptor = true});
        }
        for (const std::size_t size : {std::size_t{1}, kernel::header_size / 2})
            plans_[i].push_back({.size = size, .has_header = false});
        for (const std::size_t size : {1, 8, 10, 200})
            (void)os::send(runtime_.conduits[i].pulses.get(), Bytes(sending).first(size));
    }

    /// A setpoint of every size, one of which is its own, made of enumerators and booleans that there are none of.
    void plan_absurd(std::size_t i) {
        if (runtime_.conduits[i].end.peer_type != "power") return;
        for (std::size_t size = 1; size < 64; ++size) plans_[i].push_back({.number = 1, .size = size});
    }

    /// As many as the socket takes: messages that are allowed, with no body, which some are whole without.
    void burst(std::size_t i) {
        for (int n = 0; n < 64; ++n) {
            do number_ = static_cast<std::uint16_t>((number_ + 1) % 32);
            while (!may(i, number_));
            if (!put(i, {.number = number_})) return;
        }
    }

    void tell() {
        each([this](std::size_t i) {
            const Tally& t = tallies_[i];
            std::printf(
                "turncoat "
                "{\"act\":%d,\"server\":\"%s\",\"sent\":%u,\"full\":%u,\"denied\":%u,\"malformed\":%u,\"accepted\":%u,\"other\":%"
                "u}\n",
                static_cast<int>(act_), std::string(runtime_.conduits[i].end.peer.view()).c_str(), t.sent, t.full, t.denied,
                t.malformed, t.accepted, t.other);
        });
        std::printf("turncoat {\"act\":%d,\"done\":true}\n", static_cast<int>(act_));
        std::fflush(stdout);
    }

    Runtime& runtime_;
    Act act_ = Act::none;
    Instant until_;
    std::vector<Tally> tallies_;
    std::vector<std::deque<Plan>> plans_;   ///< by conduit, like the tallies
    std::uint32_t sequence_ = 0;
    std::uint16_t number_ = 0;
};

}  // namespace

extern "C" void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(Runtime* runtime, Instant until) {
    static Stranger it(*runtime);
    static bool is_busy = false;
    if (ordered != 0 && is_waiting) {
        it.begin(static_cast<Act>(ordered));
        ordered = 0;
        is_busy = true;
    }
    if (is_busy) {
        is_busy = it.go_on();
        until = std::min(until, now() + 1ms);
    }
    __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(runtime, until);
}
