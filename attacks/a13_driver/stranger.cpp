// SPDX-License-Identifier: Apache-2.0
// A service that somebody has taken over: the station's own objects, and in the runtime's loop a stranger (the linker puts this
// file in front of Runtime::turn). The service goes on with its work. SIGUSR1 with a number says which order to carry out; what
// came of it is printed as "stranger NUMBER ANSWER", if there is anybody left to print it.
#include <signal.h>

#include <cstdio>

#include "a13_driver/orders.hpp"
#include "kernel/runtime.hpp"
#include "tries.hpp"

using namespace voltkeep;

extern "C" void __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until);
extern "C" void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until);

namespace {

volatile sig_atomic_t ordered = 0;   ///< one more than the order's number

void on_order(int, siginfo_t* information, void*) { ordered = information->si_value.sival_int + 1; }

/// Before main, and so before the service is sealed.
const bool is_waiting = [] {
    struct sigaction action{};
    action.sa_sigaction = on_order;
    action.sa_flags = SA_SIGINFO;
    return ::sigaction(SIGUSR1, &action, nullptr) == 0;
}();

void carry_out(kernel::Runtime& runtime, std::size_t number) {
    static const auto orders = attacks::orders_for(runtime.slice.type.view());
    if (number >= orders.size()) return;
    const auto words = containment::words_of(orders[number].order);
    std::string said = containment::try_channel(runtime, words);
    if (said == containment::no_such_try) said = containment::try_alone(words);
    std::printf("stranger %zu %s\n", number, said.c_str());
    std::fflush(stdout);
}

}  // namespace

void __wrap__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(kernel::Runtime* runtime, Instant until) {
    if (const int order = ordered; order != 0) {
        ordered = 0;
        carry_out(*runtime, static_cast<std::size_t>(order - 1));
    }
    __real__ZN8voltkeep6kernel7Runtime4turnENS_7InstantE(runtime, until);
}
