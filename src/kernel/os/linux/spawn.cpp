// SPDX-License-Identifier: Apache-2.0
// The process manager's side of a start: what is prepared once, clone3, and how a process ended.
#include "kernel/os/spawn.hpp"

#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernel/os/linux/contain.hpp"
#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

struct Spawner::Inside {
    const policy::Image* image = nullptr;
    SpawnOptions options;
    int landlock = 0;
    Descriptor empty_network;
    Cgroups cgroups;
    std::array<Descriptor, 8> cables;                  ///< by EVSE - 1
    std::array<Descriptor, policy::max_services> programs;   ///< by the first service that runs it
    std::array<std::uint16_t, policy::max_services> program_of{};

    Result<> open_programs();
    Result<> open_cables();
};

namespace {
constexpr std::uint64_t own_namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

Result<> write_once(const char* path, const std::string& text) {
    return done(write_text(AT_FDCWD, path, text) ? 0 : -1, "write", path);
}

/// A user namespace maps fewer users than the machine has.
bool is_in_user_namespace() {
    Words buffer;
    const std::string_view text = read_text(AT_FDCWD, "/proc/self/uid_map", buffer);
    return !text.empty() && !text.contains(" 4294967295\n");
}

/// From here on this process has every capability over what it makes itself, and none over the machine.
Result<> enter_user_namespace() {
    const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
    TRY(done(system<::unshare>(CLONE_NEWUSER), "this machine gives no user namespace, and this user is not root: unshare"));
    TRY(write_once("/proc/self/setgroups", "deny"));
    TRY(write_once("/proc/self/uid_map", user + " " + user + " 1"));
    return write_once("/proc/self/gid_map", group + " " + group + " 1");
}

/// Tries once what every start does first, and leaves its empty network namespace for all services that need no network.
Result<Descriptor> try_containment() {
    clone_args arguments{};
    arguments.flags = own_namespaces | CLONE_NEWNET;
    arguments.exit_signal = SIGCHLD;
    Pair report = TRY(make_pair());
    const auto pid = static_cast<pid_t>(system<::syscall>(SYS_clone3, &arguments, sizeof arguments));
    if (pid < 0) return fail_errno("this machine cannot contain services: clone3 with new namespaces");
    if (pid == 0) {
        report.a.reset();
        const bool is_private = system<::mount>(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        const bool is_good = is_private && system<::mount>("none", ".", "tmpfs", 0, nullptr) == 0;
        const int reason = is_good ? 0 : errno;
        (void)send(report.b.get(), Bytes(reinterpret_cast<const std::byte*>(&reason), sizeof reason));
        (void)wait(report.b.get(), {INT64_MAX});
        ::_exit(0);
    }
    report.b.reset();
    int reason = EIO;
    (void)wait(report.a.get(), now() + 10s);
    (void)receive(report.a.get(), std::as_writable_bytes(std::span(&reason, 1)));
    Descriptor network(system<::open>(("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    if (reason == 0 && !network) reason = errno;
    report.a.reset();
    while (system<::waitpid>(pid, nullptr, 0) < 0 && errno == EINTR) {}
    errno = reason;
    if (reason != 0) return fail_errno("this machine cannot contain services: mount in a new namespace");
    return network;
}

// nftw has no argument of its own to hand on.
uid_t new_owner = 0;
gid_t new_group = 0;

int give_to_owner(const char* path, const struct stat*, int, FTW*) { return system<::lchown>(path, new_owner, new_owner); }

int open_to_group(const char* path, const struct stat* kind, int, FTW*) {
    if (S_ISLNK(kind->st_mode)) return 0;
    // 02000: what comes later is readable too
    const mode_t mode = (kind->st_mode & 07777) | (S_ISDIR(kind->st_mode) ? 02050u : 0040u);
    return system<::lchown>(path, static_cast<uid_t>(-1), new_group) != 0 || system<::chmod>(path, mode) != 0 ? -1 : 0;
}

/// A writable grant is its service's own; what is granted for reading is readable for the readers' group.
Result<> share_out_files(const policy::Image& image, bool is_rootless) {
    for (const bool write : {true, false})   // owners first: a reader may be let into what is another one's
        for (const policy::Service& s : image.services)
            for (const policy::FileGrant& grant : s.files) {
                if (grant.write != write) continue;
                const Words path = join({grant.path});
                if (write && !grant.optional) {
                    make_folders_above(path);
                    if (system<::mkdir>(path.data(), 0755) != 0 && errno != EEXIST) return fail_errno("mkdir", path.data());
                }
                if (is_rootless || system<::access>(path.data(), F_OK) != 0) continue;
                new_owner = image.first_uid + s.uid;
                new_group = readers_group(image);
                const auto share = write ? give_to_owner : open_to_group;
                TRY(done(system<::nftw>(path.data(), share, 16, FTW_PHYS | FTW_MOUNT), "share out", path.data()));
            }
    return {};
}

/// True if the process keeps its memory in memory: it could not, or did not care to, if this is false.
bool is_locked(pid_t pid) {
    std::array<char, 4096> buffer;
    const std::string_view text = read_text(AT_FDCWD, join({"/proc/", std::to_string(pid), "/status"}).data(), buffer);
    const std::size_t at = text.find("\nVmLck:");
    return at != std::string_view::npos && std::strtoul(buffer.data() + at + 7, nullptr, 10) > 0;
}
}  // namespace

Spawner::Spawner(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Spawner::Spawner(Spawner&&) noexcept = default;
Spawner::~Spawner() {
    if (inside_) inside_->cgroups.remove();
}

Result<Spawner> Spawner::prepare(const policy::Image& image, SpawnOptions options) {
    auto inside = std::make_unique<Inside>();
    inside->image = &image;
    inside->options = options;
    inside->options.is_rootless |= ::geteuid() != 0;
    const long abi = system<::syscall>(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    inside->landlock = static_cast<int>(std::max(abi, 0l));
    TRY(inside->open_programs());
    TRY(share_out_files(image, inside->options.is_rootless));
    if (!inside->options.is_rootless) inside->cgroups = Cgroups::make(image);
    else if (::geteuid() != 0 || !is_in_user_namespace())
        TRY(enter_user_namespace());  // else who started us has made one for us
    TRY(inside->open_cables());
    inside->empty_network = TRY(try_containment());
    return Spawner(std::move(inside));
}

Result<> Spawner::Inside::open_programs() {
    for (std::uint16_t i = 0; i < image->services.size(); ++i) {
        program_of[i] = 0;
        while (image->services[program_of[i]].program != image->services[i].program) ++program_of[i];
        if (program_of[i] != i) continue;
        const std::string path = std::string(image->programs.view()) + "/" + std::string(image->services[i].program.view());
        programs[i] = TRY(opened(system<::open>(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), "open", path));
    }
    return {};
}

Result<> Spawner::Inside::open_cables() {
    for (std::size_t i = 0; i < image->cables.size(); ++i) {
        const std::string path(image->cables[i].view());
        if (path.empty()) continue;
        cables[i] = TRY(opened(system<::open>(path.c_str(), O_RDONLY | O_CLOEXEC), "open the network of a cable", path));
    }
    return {};
}

bool Spawner::is_rootless() const { return inside_->options.is_rootless; }
int Spawner::program(std::uint16_t service) const { return inside_->programs[inside_->program_of[service]].get(); }

Result<Child> Spawner::spawn(std::uint16_t service, int control, int output) {
    const policy::Image& image = *inside_->image;
    const policy::Service& s = image.services[service];
    const Descriptor myself = TRY(opened(static_cast<int>(system<::syscall>(SYS_pidfd_open, ::getpid(), 0)), "pidfd_open"));
    int network = -1;
    if (s.network == policy::Network::none) network = inside_->empty_network.get();
    if (s.network == policy::Network::cable && s.evse.number > 0) network = inside_->cables[s.evse.number - 1u].get();
    const Plan plan{.image = image,
                    .service = s,
                    .filter = s.start_filter == policy::no_index ? nullptr : &image.filters[s.start_filter],
                    .is_lab = inside_->options.is_lab,
                    .is_rootless = inside_->options.is_rootless,
                    .landlock = inside_->landlock,
                    .program = program(service),
                    .control = control,
                    .output = output,
                    .parent = myself.get(),
                    .network = network,
                    .cgroups = inside_->options.is_rootless ? CgroupEntries{} : inside_->cgroups.entries(service)};
    int watch = -1;
    clone_args arguments{};
    arguments.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | own_namespaces;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&watch);
    arguments.exit_signal = SIGCHLD;
    const long pid = system<::syscall>(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) become(plan);
    const auto failure = pid < 0 ? fail_errno("clone3", s.name) : fail(Errc::ok);
    for (const int entry : plan.cgroups) system<::close>(entry);
    if (pid < 0) return failure;
    return Child{Descriptor(watch), static_cast<std::uint32_t>(pid)};
}

Lacks Spawner::settle(std::uint16_t service, const Child& child) {
    const policy::Service& s = inside_->image->services[service];
    const auto pid = static_cast<pid_t>(child.pid);
    const bool is_rootless = inside_->options.is_rootless;
    const bool is_fifo = s.schedule == policy::Schedule::fifo;
    if (!is_rootless) inside_->cgroups.limit_cpu(service);
    Lacks lacks = 0;
    const auto lack = [&](Lack what, bool is_missing) { lacks |= static_cast<Lacks>(is_missing) << static_cast<unsigned>(what); };
    lack(Lack::own_uid, is_rootless);
    lack(Lack::landlock, inside_->landlock == 0);
    lack(Lack::ports, s.network != policy::Network::none && inside_->landlock < 4);   // the first that knows TCP ports
    lack(Lack::memory_limit, !inside_->cgroups.limits_memory(service));
    lack(Lack::task_limit, !inside_->cgroups.limits_tasks(service));
    cpu_set_t cpus;
    const bool is_pinned =
        system<::sched_getaffinity>(pid, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1 && CPU_ISSET(s.cpu, &cpus);
    lack(Lack::affinity, s.cpu != 0xff && !is_pinned);
    if (!is_fifo) return lacks;
    sched_param priority{.sched_priority = s.priority};
    (void)system<::sched_setscheduler>(pid, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority);
    const bool has_priority = system<::sched_getparam>(pid, &priority) == 0 && priority.sched_priority == s.priority;
    lack(Lack::fifo, (system<::sched_getscheduler>(pid) & ~SCHED_RESET_ON_FORK) != SCHED_FIFO || !has_priority);
    lack(Lack::rt_budget, !inside_->cgroups.has_rt_budget(service));
    lack(Lack::memlock, !is_locked(pid));
    return lacks;
}

void Spawner::kill(const Child& child) { (void)system<::syscall>(SYS_pidfd_send_signal, child.watch.get(), SIGKILL, nullptr, 0); }

std::optional<control::Ending> Spawner::ended(std::uint16_t service, const Child& child) {
    using control::Cause;
    siginfo_t information{};
    if (system<::waitid>(P_PIDFD, static_cast<id_t>(child.watch.get()), &information, WEXITED | WNOHANG) != 0 ||
        information.si_pid == 0)
        return std::nullopt;
    const bool was_out_of_memory = inside_->cgroups.was_out_of_memory(service);
    const auto code = static_cast<std::uint8_t>(information.si_status);
    if (information.si_code == CLD_EXITED) {
        if (code == broken_status) return control::Ending{Cause::invariant, code};
        if (code == start_failed_status) return control::Ending{Cause::start_failed, code};
        return control::Ending{code == 128 + SIGSYS ? Cause::seccomp : Cause::exit, code};
    }
    if (code == SIGKILL && was_out_of_memory) return control::Ending{Cause::memory, code};
    return control::Ending{code == SIGSYS ? Cause::seccomp : Cause::signal, code};
}

}  // namespace voltkeep::kernel::os
