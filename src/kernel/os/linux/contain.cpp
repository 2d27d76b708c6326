// SPDX-License-Identifier: Apache-2.0
// The order matters, and each step says why it is where it is: groups while we may still write them, the tree while we may still
// mount, identity after everything that needs root, the parent's death after the last change of identity, filters last.
#include "kernel/os/linux/contain.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernel/control.hpp"
#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

namespace {
constexpr rlim_t stuck_us = 100'000;   ///< a FIFO service that computes that long without waiting is ended by the kernel
constexpr int program_place = 4, parent_place = 5;

/// Where the service's output is: it moves when the descriptors are placed.
int service_output = -1;

/// Goes on only if the step succeeded; else says on the service's output what failed, with errno's words.
void need(bool is_good, std::string_view step, std::string_view subject = "") {
    if (is_good) return;
    const char* reason = strerrordesc_np(errno);
    const Words text = join({"start failed: ", step, " ", subject, ": ", reason ? reason : "unknown error", "\n"});
    (void)!system<::write>(service_output, text.data(), std::strlen(text.data()));
    ::_exit(start_failed_status);
}

// ---- the tree

/// Binds what `source` is to `target`, closed for everything but what `attributes` leave open from its first moment.
void bind_into(int source, const Words& target, std::uint64_t attributes) {
    struct stat kind{};
    need(source >= 0 && system<::fstat>(source, &kind) == 0, "open", target.data());
    make_folders_above(target);
    if (S_ISDIR(kind.st_mode)) (void)system<::mkdir>(target.data(), 0755);
    else system<::close>(system<::open>(target.data(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
    const int tree = system<::open_tree>(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
    need(tree >= 0, "open_tree", target.data());
    mount_attr attr{};
    attr.attr_set = attributes;
    need(system<::mount_setattr>(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0, "mount_setattr",
         target.data());
    need(system<::move_mount>(tree, "", AT_FDCWD, target.data(), MOVE_MOUNT_F_EMPTY_PATH) == 0, "move_mount", target.data());
    system<::close>(tree);
    system<::close>(source);
}

/// One of the system's own folders or files, as it is there: a link stays a link.
void bind_system(const char* path) {
    Words link{};
    if (system<::readlink>(path, link.data(), link.size() - 1) > 0 && std::strncmp(path, "/etc/", 5) != 0) {
        need(system<::symlink>(link.data(), path + 1) == 0, "symlink", path);
        return;
    }
    const int source = system<::open>(path, O_PATH | O_CLOEXEC);
    if (source >= 0) bind_into(source, join({path + 1}), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

void bind_grant(int state, const policy::FileGrant& grant) {
    const Words path = join({grant.path});
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const auto source = static_cast<int>(system<::syscall>(SYS_openat2, state, path.data(), &how, sizeof how));
    if (source < 0 && grant.optional && errno == ENOENT) return;
    bind_into(source, join({"state/", grant.path}),
              MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | (grant.write ? 0u : MOUNT_ATTR_RDONLY));
}

/// A new root that holds the system's libraries, /dev/null and the granted files, and nothing else; the old one is gone.
void enter_tree(const Plan& plan) {
    need(system<::mount>(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
    // The tree covers it until the old root is gone.
    const int state_folder = system<::open>(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    constexpr unsigned long closed = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    need(system<::mount>("none", ".", "tmpfs", closed, "size=64k,mode=755") == 0, "mount tmpfs");
    const Words state = join({plan.image.state});
    need(system<::chdir>(state.data()) == 0, "chdir", state.data());
    (void)system<::mkdir>("state", 0755);
    for (const char* path : {"/usr", "/lib", "/lib64", "/etc/ld.so.cache"}) bind_system(path);
    if (plan.service.network != policy::Network::none)
        for (const char* path : {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services"}) bind_system(path);
    bind_into(system<::open>("/dev/null", O_PATH | O_CLOEXEC), join({"dev/null"}), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    for (const policy::FileGrant& grant : plan.service.files) bind_grant(state_folder, grant);
    if (plan.is_lab && system<::mkdir>("proc", 0555) == 0) (void)system<::mount>("proc", "proc", "proc", closed, nullptr);
    need(system<::syscall>(SYS_pivot_root, ".", ".") == 0 && system<::umount2>(".", MNT_DETACH) == 0, "pivot_root");
    mount_attr read_only{};
    read_only.attr_set = MOUNT_ATTR_RDONLY;
    need(system<::mount_setattr>(AT_FDCWD, "/", 0, &read_only, sizeof read_only) == 0, "close the root");
    need(system<::chdir>("/state") == 0, "chdir /state");
}

// ---- time, limits, identity

/// What is not granted here is read back by the process manager and said aloud. A FIFO service starts as an ordinary one before
/// all others: its real-time budget is for its loop, and being loaded and locked would use up many periods of it.
void set_schedule(const policy::Service& service) {
    if (service.cpu != 0xff) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET(service.cpu, &cpus);
        (void)system<::sched_setaffinity>(0, sizeof cpus, &cpus);
    }
    if (service.schedule != policy::Schedule::fifo) return;
    (void)system<::setpriority>(PRIO_PROCESS, 0, -20);
}

void limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    need(system<::setrlimit>(static_cast<__rlimit_resource_t>(resource), &both) == 0, "setrlimit");
}

void set_limits(const Plan& plan) {
    const policy::Service& s = plan.service;
    limit(RLIMIT_CORE, 0);
    if (!plan.is_lab) limit(RLIMIT_AS, s.limits.memory_bytes);
    if (!plan.is_rootless) limit(RLIMIT_NPROC, s.limits.tasks);   // with one uid for all it would count all
    if (s.schedule != policy::Schedule::fifo) return;
    limit(RLIMIT_RTTIME, stuck_us);
    const rlimit locked{s.limits.memory_bytes, s.limits.memory_bytes};
    (void)system<::setrlimit>(RLIMIT_MEMLOCK, &locked);
}

void set_capabilities(std::uint64_t kept) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    for (std::size_t half = 0; half < 2; ++half) {
        const auto bits = static_cast<std::uint32_t>(kept >> 32 * half);
        data[half] = {.effective = bits, .permitted = bits, .inheritable = bits};
    }
    need(system<::syscall>(SYS_capset, &header, data.data()) == 0, "capset");
}

void drop_identity(const Plan& plan) {
    const std::uint64_t kept = plan.service.abilities;
    for (int capability = 0; system<::prctl>(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        if ((kept >> capability & 1) == 0)
            need(system<::prctl>(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0, "empty the bounding set");
    if (!plan.is_rootless) {
        const uid_t id = plan.image.first_uid + plan.service.uid;
        const gid_t readers = readers_group(plan.image);
        if (kept != 0) need(system<::prctl>(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "keep capabilities");
        need(system<::syscall>(SYS_setgroups, 1, &readers) == 0, "change groups");
        need(system<::syscall>(SYS_setresgid, id, id, id) == 0, "change group");
        need(system<::syscall>(SYS_setresuid, id, id, id) == 0, "change identity");
    }
    set_capabilities(kept);
    for (int capability = 0; kept >> capability != 0; ++capability)
        if (kept >> capability & 1)
            need(system<::prctl>(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0, "keep a capability");
}

// ---- descriptors, the parent's death

/// 0 is /dev/null, 1 and 2 the output, 3 control. First out of the way of the places that are given out, so that nothing is
/// overwritten before it is placed.
void place_descriptors(const Plan& plan) {
    constexpr int above = 64;
    const auto away = [&](int descriptor) {
        const int copy = system<::fcntl>(descriptor, F_DUPFD_CLOEXEC, above);
        need(copy >= 0, "place a descriptor");
        return copy;
    };
    const int input = away(system<::open>("/dev/null", O_RDWR | O_CLOEXEC));
    const int control = away(plan.control), program = away(plan.program), parent = away(plan.parent);
    service_output = away(plan.output);
    need(system<::dup2>(input, 0) == 0 && system<::dup2>(service_output, 1) == 1 && system<::dup2>(service_output, 2) == 2,
         "dup2");
    service_output = 2;
    if (plan.service.kind == policy::Kind::native) need(system<::dup2>(control, control::descriptor) >= 0, "dup2");
    else system<::close>(control::descriptor);
    need(system<::dup3>(program, program_place, O_CLOEXEC) >= 0, "dup3");
    need(system<::dup3>(parent, parent_place, O_CLOEXEC) >= 0, "dup3");
    need(system<::syscall>(SYS_close_range, parent_place + 1, ~0u, 0) == 0, "close_range");
}

/// The death of the process manager ends this process; if it was quicker than the request, now.
void die_with_parent() {
    need(system<::prctl>(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl PR_SET_PDEATHSIG");
    pollfd p{parent_place, POLLIN, 0};
    if (system<::poll>(&p, 1, 0) != 0) ::_exit(start_failed_status);
}

// ---- Landlock

constexpr std::uint64_t may_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t may_write = may_read | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;
constexpr std::uint64_t of_a_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                    LANDLOCK_ACCESS_FS_EXECUTE;

void allow_beneath(int rules, int object, std::uint64_t handled, std::uint64_t access) {
    struct stat kind{};
    if (object < 0 || system<::fstat>(object, &kind) != 0) return;   // optional, and not there
    landlock_path_beneath_attr attr{};
    attr.parent_fd = object;
    attr.allowed_access = access & handled & (S_ISDIR(kind.st_mode) ? ~0ull : of_a_file);
    need(system<::syscall>(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) == 0, "landlock_add_rule");
}

/// The TCP ports that the service may listen on. One rule a port: a manifest names no more than it needs.
void allow_ports(int rules, const policy::Service& service) {
    for (const policy::PortGrant& grant : service.ports)
        for (std::uint32_t port = grant.first; grant.tcp && port <= grant.last; ++port) {
            const landlock_net_port_attr attr{LANDLOCK_ACCESS_NET_BIND_TCP, port};
            need(system<::syscall>(SYS_landlock_add_rule, rules, LANDLOCK_RULE_NET_PORT, &attr, 0) == 0, "landlock_add_rule");
        }
}

/// A second fence around the tree, which also holds for what the tree cannot say: TCP ports, abstract sockets, signals.
void enter_landlock(const Plan& plan) {
    if (plan.landlock == 0) return;
    landlock_ruleset_attr attr{};
    attr.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (plan.landlock >= 2) attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
    if (plan.landlock >= 3) attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (plan.landlock >= 5) attr.handled_access_fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    if (plan.landlock >= 4) attr.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP;   // it knows no UDP
    if (plan.landlock >= 4 && plan.service.network == policy::Network::none)
        attr.handled_access_net |= LANDLOCK_ACCESS_NET_CONNECT_TCP;
    if (plan.landlock >= 6) attr.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
    const auto rules = static_cast<int>(system<::syscall>(SYS_landlock_create_ruleset, &attr, sizeof attr, 0));
    need(rules >= 0, "landlock_create_ruleset");
    const auto allow = [&](const char* path, std::uint64_t access) {
        const int object = system<::open>(path, O_PATH | O_CLOEXEC);
        allow_beneath(rules, object, attr.handled_access_fs, access);
        if (object >= 0) system<::close>(object);
    };
    allow("/", may_read);
    // A service starts nothing: of all that is in the libraries' folders only the loader may be executed, for its own start.
    for (const char* loader : {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"})
        allow(loader, LANDLOCK_ACCESS_FS_EXECUTE);
    if (plan.service.kind == policy::Kind::foreign) allow("/usr", LANDLOCK_ACCESS_FS_EXECUTE);
    allow("/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (const policy::FileGrant& grant : plan.service.files)
        if (grant.write)
            allow(join({"/state/", grant.path}).data(),
                  may_write | (plan.service.kind == policy::Kind::foreign ? LANDLOCK_ACCESS_FS_MAKE_SOCK : 0));
    allow_beneath(rules, program_place, attr.handled_access_fs, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE);
    if (attr.handled_access_net != 0) allow_ports(rules, plan.service);
    need(system<::syscall>(SYS_landlock_restrict_self, rules, 0) == 0, "landlock_restrict_self");
    system<::close>(rules);
}

}  // namespace

void make_folders_above(Words path) {
    for (char* slash = std::strchr(path.data() + 1, '/'); slash != nullptr; slash = std::strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)system<::mkdir>(path.data(), 0755);
        *slash = '/';
    }
}

void become(const Plan& plan) {
    service_output = plan.output;
    sigset_t none;
    ::sigemptyset(&none);
    system<::sigprocmask>(SIG_SETMASK, &none, nullptr);
    system<::setsid>();
    ::umask(022);
    for (const int entry : plan.cgroups) need(system<::write>(entry, "0", 1) == 1, "enter a control group");
    if (plan.network >= 0) need(system<::setns>(plan.network, CLONE_NEWNET) == 0, "enter the network namespace");
    enter_tree(plan);
    ::umask(
        027);  // a folder's group reads along where the policy gives the folder to several; else the group is the service's own
    need(system<::sethostname>("voltkeep", 8) == 0, "sethostname");
    set_schedule(plan.service);
    set_limits(plan);
    drop_identity(plan);
    place_descriptors(plan);
    die_with_parent();   // a change of identity before exec would clear it
    need(system<::prctl>(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    enter_landlock(plan);
    limit(RLIMIT_NOFILE, plan.service.limits.files);   // counts from here: what is open above it is closed by exec
    if (plan.filter != nullptr) need(seal(*plan.filter).has_value(), "seccomp");

    Words name = join({plan.service.name});
    char* const arguments[] = {name.data(), nullptr};
    char* const environment[] = {nullptr};
    system<::syscall>(SYS_execveat, program_place, "", arguments, environment, AT_EMPTY_PATH);
    need(false, "execveat");
    ::_exit(start_failed_status);
}

}  // namespace voltkeep::kernel::os
