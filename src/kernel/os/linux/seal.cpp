// SPDX-License-Identifier: Apache-2.0
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/os/linux/files.hpp"
#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

Result<> seal(Bytes filter) {
    if (filter.empty()) return {};
    CHECK(filter.size() % sizeof(sock_filter) == 0);
    sock_fprog program{static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
                       const_cast<sock_filter*>(reinterpret_cast<const sock_filter*>(filter.data()))};
    TRY(done(system<::prctl>(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "no_new_privs"));
    return done(system<::syscall>(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program), "seccomp");
}

void end_broken() noexcept { ::_exit(broken_status); }

namespace {
void (*reporter)(int) noexcept = nullptr;

void on_refused_call(int, siginfo_t* info, void*) {
    if (reporter) reporter(info->si_syscall);
    ::_exit(128 + SIGSYS);
}
}  // namespace

void report_refused_calls(void (*report)(int) noexcept) {
    reporter = report;
    struct sigaction action{};
    action.sa_sigaction = on_refused_call;
    action.sa_flags = SA_SIGINFO;
    CHECK(system<::sigaction>(SIGSYS, &action, nullptr) == 0);
}

void share_one_heap() { (void)mallopt(M_ARENA_MAX, 1); }   // a sanitizer's allocator has nothing to set

}  // namespace voltkeep::kernel::os
