// SPDX-License-Identifier: Apache-2.0
// The process manager's side of a start: what is prepared once, clone3, and how a process ended.
#include "kernel/os/spawn.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "kernel/os/linux/contain.hpp"

namespace voltkeep::kernel::os {

namespace {
Result<Descriptor> open_program(const policy::Image& image, std::string_view name) {
    std::array<char, policy::Path::capacity + 1 + 24 + 1> path{};
    char* end = std::ranges::copy(image.programs.view(), path.begin()).out;
    *end++ = '/';
    std::ranges::copy(name, end);
    Descriptor file(::open(path.data(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return fail_errno("open", path.data());
    return file;
}
}  // namespace

Result<Spawner> Spawner::make(const policy::Image& image, SpawnOptions options) {
    Spawner spawner;
    spawner.image_ = &image;
    spawner.lab_ = options.lab;
    spawner.rootless_ = options.rootless || ::geteuid() != 0;
    for (std::size_t i = 0; i < image.services.size(); ++i) {
        const auto known = std::span(spawner.programs_).first(spawner.program_count_);
        const auto it = std::ranges::find(known, image.services[i].program, &Program::name);
        spawner.program_of_[i] = static_cast<std::uint8_t>(it - known.begin());
        if (it != known.end()) continue;
        Program& program = spawner.programs_[spawner.program_count_++];
        program.name = image.services[i].program;
        program.file = TRY(open_program(image, program.name));
    }
    return spawner;
}

Result<Child> Spawner::spawn(std::uint16_t service, int control, int output) {
    const Descriptor myself(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!myself) return fail_errno("pidfd_open");
    const Plan plan{.service = image_->services[service],
                    .program = program(service),
                    .control = control,
                    .output = output,
                    .parent = myself.get()};
    int watch = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&watch);
    arguments.exit_signal = SIGCHLD;
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) return fail_errno("clone3", plan.service.name);
    if (pid == 0) become(plan);
    return Child{Descriptor(watch), static_cast<std::uint32_t>(pid)};
}

Lacks Spawner::settle(std::uint16_t, const Child&) { return 0; }

void Spawner::kill(const Child& child) { (void)::syscall(SYS_pidfd_send_signal, child.watch.get(), SIGKILL, nullptr, 0); }

std::optional<control::Ending> Spawner::ended(std::uint16_t, const Child& child) {
    siginfo_t information{};
    if (::waitid(P_PIDFD, static_cast<id_t>(child.watch.get()), &information, WEXITED | WNOHANG) != 0 || information.si_pid == 0)
        return std::nullopt;
    const auto code = static_cast<std::uint8_t>(information.si_status);
    if (information.si_code != CLD_EXITED) return control::Ending{code == SIGSYS ? control::Cause::seccomp : control::Cause::signal, code};
    if (code == broken_status) return control::Ending{control::Cause::invariant, code};
    if (code == start_failed_status) return control::Ending{control::Cause::start_failed, code};
    if (code == 128 + SIGSYS) return control::Ending{control::Cause::seccomp, code};
    return control::Ending{control::Cause::exit, code};
}

void Spawner::clean_up() {}

}  // namespace voltkeep::kernel::os
