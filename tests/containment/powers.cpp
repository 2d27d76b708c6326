// SPDX-License-Identifier: Apache-2.0
#include "powers.hpp"

#include <sys/syscall.h>

#include <algorithm>

namespace voltkeep::containment {

using policy::SyscallGroup;

bool Place::writes() const {
    return std::ranges::any_of(service.files, [](const policy::FileGrant& grant) { return grant.write; });
}

bool Place::may_open(bool to_write) const {
    if (is_foreign()) return true;
    if (to_write) return writes() && (!is_sealed || has(SyscallGroup::files));
    return !is_sealed || has(SyscallGroup::files);
}

bool fits(const Try& tried, const std::string& answer) {
    if (!tried.exactly.empty()) return answer == tried.exactly;
    switch (tried.expected) {
        case Expected::granted: return answer == "ok" || answer.starts_with("ok ");
        case Expected::refused: return answer.starts_with("E");
        case Expected::filtered: return answer == "SIGSYS";
    }
    return false;
}

namespace {

using Tries = std::vector<Try>;

constexpr std::uint32_t bit(SyscallGroup group) { return 1u << static_cast<unsigned>(group); }

/// A call that these groups give, and nothing else does.
Tries plain(const Place& place, const std::string& order, std::uint32_t groups) {
    return {{order, (place.service.syscalls & groups) != 0 ? Expected::refused : Expected::filtered, {}}};
}
/// A call that these groups give, and that succeeds.
Tries given(const Place& place, const std::string& order, std::uint32_t groups) {
    return {{order, (place.service.syscalls & groups) != 0 ? Expected::granted : Expected::filtered, {}}};
}
/// What would make a second process of a captive that is let through; that is tried as "threads" and "run".
Tries native_alone(const Place& place, const std::string& order, std::uint32_t groups) {
    return place.is_foreign() ? Tries{} : plain(place, order, groups);
}
/// Until the seal.
Tries until_seal(const Place& place, const std::string& order, std::uint32_t groups) {
    return {{order, !place.is_sealed || (place.service.syscalls & groups) != 0 ? Expected::granted : Expected::filtered, {}}};
}

// ---- files

std::string entry_of(const policy::FileGrant& grant) {
    const std::string path(grant.path.view());
    return "\"" + path + (path.starts_with("pki/") ? "/entry\"" : "\"");
}
bool is_below(std::string_view path, std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}
bool is_granted(const policy::Service& service, std::string_view path, bool to_write) {
    return std::ranges::any_of(
        service.files, [&](const policy::FileGrant& g) { return (g.write || !to_write) && is_below(path, g.path.view()); });
}
Expected opened(const Place& place, bool to_write, bool is_there) {
    return !place.may_open(to_write) ? Expected::filtered : is_there ? Expected::granted : Expected::refused;
}

Tries read_granted(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const policy::FileGrant& grant : place.service.files)
        tries.push_back({"read " + entry_of(grant), opened(place, false, true), {}});
    return tries;
}
Tries write_granted(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const policy::FileGrant& grant : place.service.files)
        if (grant.write)
            tries.push_back({"write \"" + std::string(grant.path.view()) + "/made\" \"x\"", opened(place, true, true), {}});
    return tries;
}
Tries write_readable(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const policy::FileGrant& grant : place.service.files)
        if (!grant.write) tries.push_back({"write " + entry_of(grant) + " \"x\"", opened(place, true, false), {}});
    return tries;
}
Tries others(const Place& place, const char* verb, bool to_write) {
    Tries tries;
    for (const policy::Service& other : place.image.services)
        for (const policy::FileGrant& grant : other.files) {
            if (is_granted(place.service, grant.path.view(), false)) continue;
            for (const std::string& root : {std::string(), std::string(place.image.state.view()) + "/"})
                tries.push_back({verb + std::string(" \"") + root + entry_of(grant).substr(1) + (to_write ? " \"x\"" : ""),
                                 opened(place, to_write, false),
                                 {}});
        }
    return tries;
}
Tries read_others(const Place& place, const std::string&, std::uint32_t) { return others(place, "read", false); }
Tries write_others(const Place& place, const std::string&, std::uint32_t) { return others(place, "write", true); }

Tries read_closed(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const std::string& path :
         {std::string("/etc/passwd"), std::string("/etc/shadow"), std::string("../../etc/passwd"),
          std::string("/state/../../etc/passwd"), std::string("/var/lib/dpkg/status"), place.programs + "/captive",
          std::string(place.image.state.view()) + "/image", std::string("/proc/self/status"),
          std::string("/proc/1/root/etc/passwd"), std::string("/sys/kernel/notes"), std::string("/dev/mem"),
          std::string("/dev/vda"), std::string("/dev/tpm0"), std::string("/dev/kmsg"), std::string("/dev/net/tun"),
          std::string("/run/dbus/system_bus_socket")})
        tries.push_back({"read \"" + path + "\"", opened(place, false, false), {}});
    return tries;
}
Tries write_closed(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const char* path : {"/x", "/state/x", "/usr/x", "/etc/ld.so.cache", "/dev/x", "/lib64/ld-linux-x86-64.so.2"})
        tries.push_back({std::string("write \"") + path + "\" \"x\"", opened(place, true, false), {}});
    return tries;
}
Tries list_root(const Place& place, const std::string&, std::uint32_t) {
    return {{"list /", opened(place, false, true), place.may_open(false) ? "ok dev etc lib lib64 state usr" : ""}};
}
Tries make_below(const Place& place, const char* verb, int number) {
    const bool may_make = place.writes() && place.has(SyscallGroup::files);
    const Expected there = may_make ? Expected::granted : Expected::filtered,
                   away = may_make ? Expected::refused : Expected::filtered;
    Tries tries;
    for (const policy::FileGrant& grant : place.service.files)
        if (grant.write)
            tries.push_back({"call " + std::to_string(number) + " \"" + std::string(grant.path.view()) + "/" + verb +
                                 (place.is_sealed ? "2" : "1") + "\" 448",
                             there,
                             {}});
    tries.push_back({"call " + std::to_string(number) + " \"/state/" + verb + "\" 448", away, {}});
    return tries;
}
Tries make_folder(const Place& place, const std::string&, std::uint32_t) { return make_below(place, "folder", SYS_mkdir); }

Tries execute(const Place& place, const std::string&, std::uint32_t) {
    if (place.is_foreign())
        return {{"run /usr/bin/true", Expected::granted, {}}, {"run " + place.programs + "/captive", Expected::refused, {}}};
    const Expected expected = place.is_sealed ? Expected::filtered : Expected::refused;
    Tries tries;
    if (place.may_open(false)) tries = {{"exec /usr/bin/true", expected, {}}, {"exec /usr/bin/env", expected, {}}};
    tries.push_back(
        {"call " + std::to_string(SYS_execveat) + " 4 \"\" 0 0 4096", expected, {}});  // the descriptor from which it was started
    return tries;
}

// ---- sockets

Tries make_socket(const Place& place, const std::string& order, std::uint32_t) {
    return {{"call " + std::to_string(SYS_socket) + order,
             place.has(SyscallGroup::sockets) ? Expected::granted : Expected::filtered,
             {}}};
}
Tries never_socket(const Place&, const std::string& order, std::uint32_t) {
    return {{"call " + std::to_string(SYS_socket) + order, Expected::filtered, {}}};
}
Tries local_socket(const Place& place, const std::string&, std::uint32_t) {
    if (place.is_foreign())
        return {{"name \"" + std::string(place.image.state.view()) + "/run/operator.sock\"", Expected::refused, {}}};
    const Expected expected = place.has(SyscallGroup::sockets) ? Expected::refused : Expected::filtered;
    return {{"name \"" + std::string(place.image.state.view()) + "/run/operator.sock\"", expected, {}},
            {"name @voltkeep", expected, {}}};
}
Tries connect(const Place& place, const std::string&, std::uint32_t) {
    const Expected expected = !place.has(SyscallGroup::sockets)                     ? Expected::filtered
                              : place.service.network == policy::Network::station ? Expected::granted
                                                                                    : Expected::refused;
    return {{"connect 127.0.0.1 " + std::to_string(place.port), expected, {}}};
}
Tries listen_granted(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const policy::PortGrant& grant : place.service.ports)
        for (const std::uint16_t port : {grant.first, grant.last})
            tries.push_back({std::string("listen ") + (grant.tcp ? "tcp " : "udp ") + std::to_string(port),
                             place.has(SyscallGroup::sockets) ? Expected::granted : Expected::filtered,
                             {}});
    return tries;
}
Tries listen_else(const Place& place, const std::string&, std::uint32_t) {
    Tries tries;
    for (const int port : {80, 8080, 34567})
        tries.push_back({"listen tcp " + std::to_string(port),
                         place.has(SyscallGroup::sockets) ? Expected::refused : Expected::filtered,
                         {}});
    return tries;
}

/// Linux has no fence for UDP ports: whoever makes sockets may take any of its network. In the table, because it is true.
Tries listen_datagram(const Place& place, const std::string&, std::uint32_t) {
    return {{"listen udp 34567", place.has(SyscallGroup::sockets) ? Expected::granted : Expected::filtered, {}}};
}

// ---- processes, growth

Tries end_others(const Place& place, const std::string&, std::uint32_t) {
    const Expected expected = place.has(SyscallGroup::processes) || place.is_foreign() ? Expected::refused : Expected::filtered;
    return {{"kill 2 0", expected, {}}, {"kill 100 9", expected, {}}};
}
Tries thread_of_others(const Place&, const std::string&, std::uint32_t) {
    const std::string call = "call " + std::to_string(SYS_tgkill);
    return {{call + " 2 2 9", Expected::refused, {}}, {call + " 100 100 9", Expected::refused, {}}};
}
Tries grow_threads(const Place& place, const std::string&, std::uint32_t) {
    // The C library blocks all signals around this call: there a refusal would be the end even of who hides it.
    if (!place.has(SyscallGroup::threads) && !place.is_foreign())
        return {{"call " + std::to_string(SYS_clone) + " 0x3d0f00 0 0 0 0", Expected::filtered, {}}};
    const std::string tasks = std::to_string(place.service.limits.tasks);
    return {{"threads", Expected::granted, place.is_rootless ? "" : "ok " + tasks + " then EAGAIN"}};
}
Tries grow_files(const Place& place, const std::string&, std::uint32_t) {
    return {{"files", Expected::granted, "ok " + std::to_string(place.service.limits.files) + " then EMFILE"}};
}
Tries grow_memory(const Place& place, const std::string&, std::uint32_t) {
    const std::uint64_t mib = place.service.limits.memory_bytes >> 20;
    return {{"memory " + std::to_string(mib / 2), Expected::granted, {}},
            {"memory " + std::to_string(mib), Expected::refused, {}},
            {"memory " + std::to_string(4 * mib), Expected::refused, {}}};
}
Tries identity(const Place& place, const std::string&, std::uint32_t) {
    if (place.is_rootless) return {};
    const std::string id = std::to_string(place.image.first_uid + place.service.uid);
    return {{"identity", Expected::granted, "ok " + id + " " + id}};
}

/// 0 to 3, the poller and its timer, two ends of each conduit, the devices: one more is one too many.
Tries descriptors(const Place& place, const std::string&, std::uint32_t) {
    if (place.is_foreign())
        return {
            {"descriptors", Expected::granted, "0:device 1:pipe 2:pipe 3:socket 4:socket, sockets 0"}};  // both the captive's own
    const auto index = static_cast<std::uint16_t>(&place.service - place.image.services.begin());
    std::size_t sockets = place.service.devices.size();
    for (const policy::Conduit& c : place.image.conduits) sockets += c.client == index || c.server == index ? 2 : 0;
    return {{"descriptors", Expected::granted,
             "0:device 1:pipe 2:pipe 3:socket 4:kernel 5:kernel, sockets " + std::to_string(sockets)}};
}

/// Whoever ignores SIGSYS would be refused in silence.
Tries silence(const Place& place, const std::string&, std::uint32_t) {
    if (!place.is_sealed) return {};   // the runtime itself sets the reporter then
    return {{"silence", Expected::filtered, {}}};
}

// ---- the table

std::string call(long number, const char* arguments = "") { return "call " + std::to_string(number) + arguments; }

std::vector<Power> make_powers() {
    constexpr std::uint32_t none = 0, processes = bit(SyscallGroup::processes), clock = bit(SyscallGroup::clock),
                            threads = bit(SyscallGroup::threads), foreign = bit(SyscallGroup::foreign);
    return {
        {"read what it is granted", read_granted, {}, none},
        {"write what it is granted to write", write_granted, {}, none},
        {"write what it is granted to read", write_readable, {}, none},
        {"read what others are granted", read_others, {}, none},
        {"write what others are granted", write_others, {}, none},
        {"read the machine's files and devices", read_closed, {}, none},
        {"write in the root, the libraries, the state folder", write_closed, {}, none},
        {"see more than libraries and grants in the root", list_root, {}, none},
        {"make a folder, in its grant and beside it", make_folder, {}, none},
        {"execute a program", execute, {}, none},
        {"socket: TCP", make_socket, " 2 1 0", none},
        {"socket: UDP", make_socket, " 10 2 0", none},
        {"socket: which addresses there are", make_socket, " 16 3 0", none},
        {"socket: raw", never_socket, " 2 3 1", none},
        {"socket: packet", never_socket, " 17 3 768", none},
        {"socket: other netlink (audit)", never_socket, " 16 3 9", none},
        {"socket: vsock", never_socket, " 40 1 0", none},
        {"socket: CAN", never_socket, " 29 3 1", none},
        {"socket: Bluetooth", never_socket, " 31 3 1", none},
        {"socket: kernel cryptography", never_socket, " 38 5 0", none},
        {"the operator's door, names of sockets", local_socket, {}, none},
        {"connect to a port of the machine", connect, {}, none},
        {"listen on its ports", listen_granted, {}, none},
        {"listen on another TCP port", listen_else, {}, none},
        {"listen on another UDP port", listen_datagram, {}, none},
        {"kill", end_others, {}, none},
        {"signal a thread of others", thread_of_others, {}, none},
        {"be more than its limit: threads", grow_threads, {}, none},
        {"be more than its limit: descriptors", grow_files, {}, none},
        {"be more than its limit: memory", grow_memory, {}, none},
        {"be somebody else", identity, {}, none},
        {"hold more than its ends", descriptors, {}, none},
        {"memory that is written and executed", given, "map-wx", foreign},
        {"memory that is executed", until_seal, "map-x", none},
        {"memory that becomes executable", until_seal, "make-x", none},
        {"silence the reporter of refused calls", silence, {}, none},
        {"pidfd_open", plain, call(SYS_pidfd_open, " 100 0"), processes},
        {"execve", plain, call(SYS_execve, " \"/usr/bin/true\" 0 0"), processes},
        {"setsid", plain, call(SYS_setsid), processes | foreign},
        {"clock_settime", plain, call(SYS_clock_settime, " 0 0"), clock},
        {"settimeofday", plain, call(SYS_settimeofday, " 0 0"), clock},
        {"ptrace", plain, call(SYS_ptrace, " 16 100 0 0"), none},
        {"process_vm_readv", plain, call(SYS_process_vm_readv, " 100 *16 1 *16 1 0"), none},
        {"process_vm_writev", plain, call(SYS_process_vm_writev, " 100 *16 1 *16 1 0"), none},
        {"process_madvise", plain, call(SYS_process_madvise, " -1 *16 1 20 0"), none},
        {"kcmp", plain, call(SYS_kcmp, " 1 100 0 0 0"), none},
        {"pidfd_getfd", plain, call(SYS_pidfd_getfd, " -1 0 0"), none},
        {"mount", plain, call(SYS_mount, " \"none\" \"/state\" \"tmpfs\" 0 0"), none},
        {"umount2", plain, call(SYS_umount2, " \"/state\" 2"), none},
        {"pivot_root", plain, call(SYS_pivot_root, " \".\" \".\""), none},
        {"chroot", plain, call(SYS_chroot, " \".\""), none},
        {"open_tree", plain, call(SYS_open_tree, " -100 \"/\" 1"), none},
        {"move_mount", plain, call(SYS_move_mount, " -1 \"\" -1 \"\" 0"), none},
        {"fsopen", plain, call(SYS_fsopen, " \"tmpfs\" 0"), none},
        {"mount_setattr", plain, call(SYS_mount_setattr, " -100 \"/\" 0 *32 32"), none},
        {"unshare", plain, call(SYS_unshare, " 0x10000000"), none},
        {"setns", plain, call(SYS_setns, " -1 0"), none},
        {"clone3", native_alone, call(SYS_clone3, " *88 88"), threads},
        {"memfd_create", plain, call(SYS_memfd_create, " \"x\" 0"), none},
        {"memfd_secret", plain, call(SYS_memfd_secret, " 0"), none},
        {"setuid", plain, call(SYS_setuid, " 0"), none},
        {"setgid", plain, call(SYS_setgid, " 0"), none},
        {"setresuid", plain, call(SYS_setresuid, " 0 0 0"), none},
        {"setgroups", plain, call(SYS_setgroups, " 0 0"), none},
        {"setfsuid", plain, call(SYS_setfsuid, " 0"), none},
        {"capset", plain, call(SYS_capset, " *8 *24"), none},
        {"keyctl", plain, call(SYS_keyctl, " 0 0 0"), none},
        {"add_key", plain, call(SYS_add_key, " \"user\" \"x\" \"x\" 1 -2"), none},
        {"request_key", plain, call(SYS_request_key, " \"user\" \"x\" 0 0"), none},
        {"bpf", plain, call(SYS_bpf, " 0 *64 64"), none},
        {"perf_event_open", plain, call(SYS_perf_event_open, " *112 0 -1 -1 0"), none},
        {"io_uring_setup", plain, call(SYS_io_uring_setup, " 1 *120"), none},
        {"userfaultfd", plain, call(SYS_userfaultfd, " 0"), none},
        {"init_module", plain, call(SYS_init_module, " *16 16 \"\""), none},
        {"finit_module", plain, call(SYS_finit_module, " -1 \"\" 0"), none},
        {"delete_module", plain, call(SYS_delete_module, " \"x\" 0"), none},
        {"kexec_load", plain, call(SYS_kexec_load, " 0 0 0 0"), none},
        {"reboot", plain, call(SYS_reboot, " 0 0 0 0"), none},
        {"swapon", plain, call(SYS_swapon, " \"/x\" 0"), none},
        {"iopl", plain, call(SYS_iopl, " 3"), none},
        {"ioperm", plain, call(SYS_ioperm, " 0 1 1"), none},
        {"modify_ldt", plain, call(SYS_modify_ldt, " 0 *16 16"), none},
        {"sethostname", plain, call(SYS_sethostname, " \"x\" 1"), none},
        {"adjtimex", plain, call(SYS_adjtimex, " *208"), clock},
        {"syslog", plain, call(SYS_syslog, " 3 *16 16"), none},
        {"acct", plain, call(SYS_acct, " \"/x\""), none},
        {"quotactl", plain, call(SYS_quotactl, " 0 0 0 0"), none},
        {"name_to_handle_at", plain, call(SYS_name_to_handle_at, " -100 \"/\" *128 *8 0"), none},
        {"open_by_handle_at", plain, call(SYS_open_by_handle_at, " -1 *128 0"), none},
        {"fanotify_init", plain, call(SYS_fanotify_init, " 0 0"), none},
        {"inotify_init1", plain, call(SYS_inotify_init1, " 0"), none},
        {"symlink", plain, call(SYS_symlink, " \"/etc/passwd\" \"x\""), none},
        {"link", plain, call(SYS_link, " \"/usr/bin/env\" \"x\""), none},
        {"mknod", plain, call(SYS_mknod, " \"x\" 0020644 259"), none},
        {"chmod", plain, call(SYS_chmod, " \"x\" 511"), foreign},
        {"chown", plain, call(SYS_chown, " \"x\" 0 0"), none},
        {"setxattr", plain, call(SYS_setxattr, " \"x\" \"user.x\" *8 8 0"), none},
        {"chdir", given, call(SYS_chdir, " \"/state\""), foreign},
        {"sched_setscheduler", plain, call(SYS_sched_setscheduler, " 0 1 *8"), foreign},
        {"sched_setaffinity", plain, call(SYS_sched_setaffinity, " 0 8 *8"), none},
        {"setpriority", plain, call(SYS_setpriority, " 0 0 -20"), none},
        {"personality", plain, call(SYS_personality, " 0x40000"), none},
        {"landlock_restrict_self", plain, call(SYS_landlock_restrict_self, " -1 0"), none},
        {"mbind", plain, call(SYS_mbind, " 0 0 0 0 0 0"), none},
        {"move_pages", plain, call(SYS_move_pages, " 100 0 0 0 0 0"), none},
        {"msgget", plain, call(SYS_msgget, " 0 512"), none},
        {"shmget", plain, call(SYS_shmget, " 0 4096 512"), none},
        {"semget", plain, call(SYS_semget, " 0 1 512"), none},
        {"mq_open", plain, call(SYS_mq_open, " \"x\" 64 384 0"), none},
        {"splice", plain, call(SYS_splice, " -1 0 -1 0 1 0"), none},
        {"vmsplice", plain, call(SYS_vmsplice, " -1 *16 1 0"), none},
        {"sendfile", plain, call(SYS_sendfile, " -1 -1 0 1"), none},
        {"pkey_mprotect", plain, call(SYS_pkey_mprotect, " 0 4096 4 -1"), none},
        {"remap_file_pages", plain, call(SYS_remap_file_pages, " 0 4096 0 0 0"), none},
        {"getppid", given, call(SYS_getppid), processes | foreign},
        {"vhangup", plain, call(SYS_vhangup), none},
    };
}

}  // namespace

const std::vector<Power>& powers() {
    static const std::vector<Power> all = make_powers();
    return all;
}

}  // namespace voltkeep::containment
