// SPDX-License-Identifier: Apache-2.0
// In the loop of a session that somebody owns. Its own code goes on, so the car goes on charging; a signal says what to tell the
// safety loop beside it, in valid messages, as fast as the loop turns, with consent.
#include <signal.h>

#include <cstdio>
#include <limits>

#include "act.hpp"
#include "kernel/runtime.hpp"
#include "services/power/protocol.hpp"

using namespace voltkeep;

extern "C" void __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until);
extern "C" void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until);

namespace {

using attacks::Tyranny;

volatile sig_atomic_t ordered = 0;
void on_order(int, siginfo_t* information, void*) { ordered = information->si_value.sival_int; }

/// Before main, and so before the service is sealed.
const bool is_waiting = [] {
    struct sigaction action{};
    action.sa_sigaction = on_order;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGUSR1, &action, nullptr) == 0;
}();

constexpr std::int32_t largest = std::numeric_limits<std::int32_t>::max();
constexpr Duration act_time = 1500ms, swinging_time = 2500ms,
                   switching_time = 6s;           // a car whose session broke needs two to come back
constexpr std::uint32_t stranger = 0x8000'0000;   ///< sequence numbers of ours begin here

class Tyrant {
public:
    explicit Tyrant(kernel::Runtime& runtime) : runtime_(runtime) {}

    void begin(Tyranny act) {
        act_ = act;
        begun_ = now();
        turn_ = sent_ = 0;
    }

    /// One step, between two turns of the service's own loop. False: it is over, and told.
    bool go_on() {
        ++turn_;
        put(power::Consent{500});
        put(order());
        if (now() < begun_ + (act_ == Tyranny::switching ? switching_time : act_ == Tyranny::swinging ? swinging_time : act_time))
            return true;
        std::printf("tyrant {\"act\":%d,\"sent\":%u}\n", static_cast<int>(act_), sent_);
        std::fflush(stdout);
        return false;
    }

private:
    [[nodiscard]] power::Setpoint order() const {
        power::Setpoint wanted{.demand = safety::Demand::energy,
                               .setpoint = {.voltage = {920'000}, .current = {250'000}, .ramp_ma_per_s = 400'000},
                               .lock = true};
        safety::Setpoint& s = wanted.setpoint;
        switch (act_) {
            case Tyranny::reversed: s.current = {turn_ % 2 ? -125'000 : -1}; break;
            case Tyranny::enormous:
                switch (turn_ % 6) {
                    case 0: s.current = {largest}; break;
                    case 1: s.current = {-largest - 1}; break;
                    case 2: s.voltage = {largest}; break;
                    case 3: s.ramp_ma_per_s = largest; break;
                    case 4: s.ev_voltage_max = {-1}; break;
                    case 5: s.phases = 255; break;
                }
                break;
            case Tyranny::swinging: {
                const auto third = (now() - begun_) / 333ms;
                if (third < 6 ? third % 2 == 0 : turn_ % 2 == 0) s.current = {0};
                break;
            }
            case Tyranny::switching:
                if (now() < begun_ + switching_time / 2 ? turn_ % 2 == 0 : (now() - begun_) / 120ms % 2 == 0)
                    wanted.demand = safety::Demand::none;
                break;
            default: break;
        }
        return wanted;
    }

    template <class M>
    void put(const M& message) {
        std::array<std::byte, kernel::header_size + kernel::bound<M>> packet{};
        for (const kernel::ConduitState& conduit : runtime_.conduits) {
            if (conduit.end.is_server || conduit.end.peer_type != "power" || !conduit.calls) continue;
            (void)kernel::encode(kernel::Header{stranger + ++sequence_, power::Interface::number_of<M>, 0}, packet);
            const Bytes body = kernel::encode(message, std::span(packet).subspan(kernel::header_size));
            if (kernel::os::send(conduit.calls.get(), Bytes(packet).first(kernel::header_size + body.size()))) ++sent_;
        }
    }

    kernel::Runtime& runtime_;
    Tyranny act_ = Tyranny::none;
    Instant begun_;
    std::uint32_t turn_ = 0, sent_ = 0, sequence_ = 0;
};

}  // namespace

void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until) {
    static Tyrant it(*runtime);
    static bool is_busy = false;
    if (ordered != 0 && is_waiting) {
        it.begin(static_cast<Tyranny>(ordered));
        ordered = 0;
        is_busy = true;
    }
    if (is_busy) {
        is_busy = it.go_on();
        until = std::min(until, now() + 2ms);
    }
    __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(runtime, until);
}
