// SPDX-License-Identifier: Apache-2.0
// A contained start on QNX: posix_spawn with the service's security type, user and schedule. What a service may open, connect to
// and ask of the kernel is in its type, made by `voltkeep policy secpol` from the same manifests and pushed before the start.
#include "kernel/os/spawn.hpp"

#include <fcntl.h>
#include <secpol/secpol.h>
#include <signal.h>
#include <spawn.h>
#include <sys/neutrino.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "kernel/os/qnx/exchange.hpp"

namespace voltkeep::kernel::os {

using qnx::Exchange;

struct Spawner::Inside {
    const policy::Image* image = nullptr;
    SpawnOptions options;
    std::array<Descriptor, policy::max_services> programs;

    [[nodiscard]] std::string path_of(std::uint16_t service) const {
        return std::string(image->programs.view()) + "/" + std::string(image->services[service].program.view());
    }
};

namespace {
/// Attributes of one start, and what is to be undone after it.
class Attributes {
public:
    Attributes() {
        CHECK(::posix_spawnattr_init(&attributes_) == 0);
        CHECK(::posix_spawn_file_actions_init(&actions_) == 0);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() {
        ::posix_spawnattr_destroy(&attributes_);
        ::posix_spawn_file_actions_destroy(&actions_);
    }

    Result<> set(const policy::Image& image, const policy::Service& service, int output) {
        std::uint32_t flags = POSIX_SPAWN_SETTYPEID | POSIX_SPAWN_SETCRED | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_HOLD;
        const std::string type = std::string(service.type.view()) + "_t";
        const uid_t id = image.first_uid + service.uid;
        sigset_t none;
        ::sigemptyset(&none);
        int failure = ::secpol_posix_spawnattr_settypeid(nullptr, &attributes_, type.c_str(), 0);
        if (failure == 0) failure = ::posix_spawnattr_setcred(&attributes_, id, id);
        if (failure == 0) failure = ::posix_spawnattr_setsigmask(&attributes_, &none);
        if (failure == 0 && service.schedule == policy::Schedule::fifo) {
            sched_param priority{};
            priority.sched_priority = service.priority;
            flags |= POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSCHEDPARAM;
            failure = ::posix_spawnattr_setschedpolicy(&attributes_, SCHED_FIFO);
            if (failure == 0) failure = ::posix_spawnattr_setschedparam(&attributes_, &priority);
        }
        if (failure == 0 && service.cpu != 0xff) {
            flags |= POSIX_SPAWN_EXPLICIT_CPU;
            failure = ::posix_spawnattr_setrunmask(&attributes_, 1u << service.cpu);
        }
        if (failure == 0) failure = ::posix_spawnattr_setxflags(&attributes_, flags);
        if (failure == 0) failure = ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDWR, 0);
        for (const int place : {1, 2})
            if (failure == 0) failure = ::posix_spawn_file_actions_adddup2(&actions_, output, place);
        if (failure == 0) return {};
        errno = failure;
        return fail_errno("posix_spawnattr", service.name);
    }
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }
    [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }

private:
    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
};
}  // namespace

Spawner::Spawner(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Spawner::Spawner(Spawner&&) noexcept = default;
Spawner::~Spawner() = default;

Result<Spawner> Spawner::prepare(const policy::Image& image, SpawnOptions options) {
    if (options.is_rootless)
        return fail(Errc::unsupported, "QNX has no user namespaces: a station is started with the abilities that it needs");
    auto inside = std::make_unique<Inside>();
    inside->image = &image;
    inside->options = options;
    for (std::uint16_t i = 0; i < image.services.size(); ++i) {
        const std::string path = inside->path_of(i);
        inside->programs[i] = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (!inside->programs[i]) return fail_errno("open", path);
    }
    TRY(Exchange::here().watch_deaths());
    return Spawner(std::move(inside));
}

bool Spawner::is_rootless() const { return false; }
int Spawner::program(std::uint16_t service) const { return inside_->programs[service].get(); }

Result<Child> Spawner::spawn(std::uint16_t service, int control, int output) {
    const policy::Service& s = inside_->image->services[service];
    Attributes attributes;
    TRY(attributes.set(*inside_->image, s, output));
    std::string name(s.name.view()), path = inside_->path_of(service);
    std::string offered = std::string(qnx::control_variable) + "=" + TRY(Exchange::here().offer(control, 0));
    char* const arguments[] = {name.data(), nullptr};
    char* const environment[] = {offered.data(), nullptr};
    pid_t pid = 0;
    const int failure = ::posix_spawn(&pid, path.c_str(), attributes.actions(), attributes.attributes(), arguments, environment);
    if (failure != 0) {
        errno = failure;
        return fail_errno("posix_spawn", s.name);
    }
    Exchange::here().allow(control, pid);   // it is held until we have said whom the end is for
    Child child{Descriptor(Exchange::here().add(qnx::Process{pid, false})), static_cast<std::uint32_t>(pid)};
    ::kill(pid, SIGCONT);
    return child;
}

Lacks Spawner::settle(std::uint16_t service, const Child& child) {
    const policy::Service& s = inside_->image->services[service];
    Lacks lacks = 0;
    const auto lack = [&](Lack what, bool is_missing) { lacks |= static_cast<Lacks>(is_missing) << static_cast<unsigned>(what); };
    // Not built here: limits on memory and tasks of one process, and a share of the processor (adaptive partitions).
    for (const Lack what : {Lack::landlock, Lack::memory_limit, Lack::task_limit}) lack(what, true);
    lack(Lack::rt_budget, s.schedule == policy::Schedule::fifo);
    sched_param priority{};
    const bool has_priority =
        ::sched_getparam(static_cast<pid_t>(child.pid), &priority) == 0 && priority.sched_priority == s.priority;
    lack(Lack::fifo, s.schedule == policy::Schedule::fifo && !has_priority);
    return lacks;
}

void Spawner::kill(const Child& child) { ::kill(static_cast<pid_t>(child.pid), SIGKILL); }

std::optional<control::Ending> Spawner::ended(std::uint16_t, const Child& child) {
    using control::Cause;
    int status = 0;
    if (::waitpid(static_cast<pid_t>(child.pid), &status, WNOHANG) != static_cast<pid_t>(child.pid)) return std::nullopt;
    if (WIFSIGNALED(status)) return control::Ending{Cause::signal, static_cast<std::uint8_t>(WTERMSIG(status))};
    const auto code = static_cast<std::uint8_t>(WEXITSTATUS(status));
    return control::Ending{code == broken_status ? Cause::invariant : Cause::exit, code};
}

}  // namespace voltkeep::kernel::os
