// SPDX-License-Identifier: Apache-2.0
#include "measure.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/result.hpp"

namespace bench {

using namespace voltkeep;

namespace {
constexpr int no_fifo_status = 3;

bool become_fifo(int priority) {
    sched_param parameter{};
    parameter.sched_priority = priority;
    return ::sched_setscheduler(0, SCHED_FIFO, &parameter) == 0;
}
}  // namespace

void take_place(const Placement& placement, Role role) {
    if (placement.is_one_core) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN) - 1), &cores);   // the first one has the most interrupts
        CHECK(::sched_setaffinity(0, sizeof cores, &cores) == 0);
    }
    // Who serves runs above who calls, as in the station.
    if (placement.is_fifo && !become_fifo(40 + 5 * static_cast<int>(role))) ::_exit(no_fifo_status);
    ::mlockall(MCL_CURRENT | MCL_FUTURE);
}

bool has_fifo() {
    return Process([] { return become_fifo(1) ? 0 : no_fifo_status; }).wait() == 0;
}

Process::Process(const std::function<int()>& body) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::_exit(body());
}

Process::~Process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

int Process::wait() {
    CHECK(pid_ > 0);
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct Samples::Shared {
    std::size_t count;
    std::array<std::uint32_t, 1 << 23> ns;   // a minute of calls of 7 us; touched only as far as it is used
};

Samples::Samples() {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    shared_ = static_cast<Shared*>(memory);
}

Samples::~Samples() { ::munmap(shared_, sizeof(Shared)); }

bool Samples::measure(Duration time, const std::function<bool()>& call) {
    const Instant warm = now() + time / 10;
    do {
        if (!call()) return false;
    } while (now() < warm);
    shared_->count = 0;
    Instant begun = now();
    const Instant until = begun + time;
    while (shared_->count < shared_->ns.size() && (begun < until || shared_->count < 100)) {
        if (!call()) return false;
        const Instant done = now();
        shared_->ns[shared_->count++] = static_cast<std::uint32_t>(std::min<std::int64_t>((done - begun).count(), UINT32_MAX));
        begun = done;
    }
    return true;
}

std::span<const std::uint32_t> Samples::taken() const { return std::span(shared_->ns).first(shared_->count); }

}  // namespace bench
