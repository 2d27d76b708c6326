// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/linux/contain.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/control.hpp"

namespace voltkeep::kernel::os {

namespace {
/// Says what failed on the service's output, which is descriptor 2 by then or `output` before.
[[noreturn]] void give_up(int output, std::string_view step) {
    char text[160] = "start failed: ";
    std::size_t size = std::strlen(text);
    const auto append = [&](std::string_view part) {
        const std::size_t n = std::min(part.size(), sizeof text - 1 - size);
        std::memcpy(text + size, part.data(), n);
        size += n;
    };
    const char* reason = strerrordesc_np(errno);
    append(step);
    append(": ");
    append(reason ? reason : "unknown error");
    append("\n");
    (void)!::write(output, text, size);
    ::_exit(start_failed_status);
}

/// 0 is /dev/null, 1 and 2 the output, 3 control; the program is moved to 4 and closes itself when it starts.
int place_descriptors(const Plan& plan) {
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0) give_up(plan.output, "open /dev/null");
    // First out of the way of the numbers that are given out, so that nothing is overwritten before it is placed.
    constexpr int above = 64;
    const int control = ::fcntl(plan.control, F_DUPFD, above);
    const int output = ::fcntl(plan.output, F_DUPFD, above);
    const int program = ::fcntl(plan.program, F_DUPFD, above);
    const int parent = ::fcntl(plan.parent, F_DUPFD, above);
    const int input = ::fcntl(null, F_DUPFD, above);
    const bool is_native = plan.service.kind == policy::Kind::native;
    if (control < 0 || output < 0 || program < 0 || parent < 0 || input < 0) give_up(plan.output, "fcntl F_DUPFD");
    if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(start_failed_status);
    if (is_native && ::dup2(control, control::descriptor) < 0) give_up(2, "dup2 of the control channel");
    if (!is_native) ::close(control::descriptor);
    if (::dup3(program, 4, O_CLOEXEC) < 0 || ::dup3(parent, 5, O_CLOEXEC) < 0) give_up(2, "dup3");
    if (::syscall(SYS_close_range, 6, ~0u, 0) != 0) give_up(2, "close_range");
    return 4;
}

/// The death of the process manager ends this process; if it was quicker than the request, now.
void die_with_parent(int parent) {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(2, "prctl PR_SET_PDEATHSIG");
    pollfd p{parent, POLLIN, 0};
    if (::poll(&p, 1, 0) != 0) ::_exit(start_failed_status);
}
}  // namespace

void become(const Plan& plan) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setsid();
    ::umask(077);
    const int program = place_descriptors(plan);
    die_with_parent(program + 1);

    std::array<char, policy::ServiceName::capacity + 1> name{};
    std::ranges::copy(plan.service.name.view(), name.begin());
    char* const arguments[] = {name.data(), nullptr};
    char* const environment[] = {nullptr};
    ::syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
    give_up(2, "execveat");
}

}  // namespace voltkeep::kernel::os
