// SPDX-License-Identifier: Apache-2.0
// A service of the outermost zone that serves nobody and wants everything. What it got is printed as one line.
#include <signal.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstring>

#include "hog.hpp"
#include "kernel/service.hpp"

using namespace voltkeep;
using attacks::Hunger;

namespace {

volatile sig_atomic_t ordered = 0;
Instant spins_until;

void on_order(int, siginfo_t* information, void*) { ordered = information->si_value.sival_int; }

void spin(Instant until) {
    while (now() < until) {}
}

void take_memory() {
    constexpr std::size_t piece = 4u << 20, most = 512u << 20;
    std::size_t taken = 0;
    for (; taken < most; taken += piece) {
        void* const memory = ::mmap(nullptr, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) break;
        std::memset(memory, 1, piece);
    }
    std::printf("hog {\"mib\":%zu}\n", taken >> 20);
    std::fflush(stdout);
    CHECK(taken == most);   // refused: it ends, as a program does that believes in its memory
}

}  // namespace

int main() {
    struct sigaction action {};
    action.sa_sigaction = on_order;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGUSR1, &action, nullptr);
    auto self = kernel::Service::start();
    self.every(50ms, [&] {
        const auto hunger = static_cast<Hunger>(std::exchange(ordered, 0));
        if (hunger == Hunger::processor) spins_until = now() + 4s;
        if (hunger == Hunger::memory) take_memory();
        if (now() < spins_until) spin(now() + 45ms);
    });
    self.seal();
    return self.run();
}
