// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/linux/torture/faults.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <set>
#include <tuple>

#include "base/result.hpp"

namespace voltkeep::kernel::os::torture {

namespace {
struct Rule {
    const void* function;
    long number;
    const char* name;
    std::vector<int> errors;
};

template <class F>
Rule rule(const char* name, F* function, std::vector<int> errors) {
    return {reinterpret_cast<const void*>(function), -1, name, std::move(errors)};
}
Rule rule(const char* name, long number, std::vector<int> errors) {
    return {reinterpret_cast<const void*>(&::syscall), number, name, std::move(errors)};
}

/// What each call may say when the machine is short of something, or interrupted; never what only a mistake of ours would bring.
const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        rule("close", ::close, {EIO, EINTR}),
        rule("socketpair", ::socketpair, {EMFILE, ENOMEM, ENFILE}),
        rule("sendmsg", ::sendmsg, {ENOMEM, EINTR, EAGAIN, ENOBUFS, ETOOMANYREFS}),
        rule("recvmsg", ::recvmsg, {ENOMEM, EINTR, EAGAIN, EMFILE}),
        rule("ppoll", ::ppoll, {EINTR, ENOMEM}),
        rule("poll", ::poll, {EINTR, ENOMEM}),
        rule("epoll_create1", ::epoll_create1, {EMFILE, ENOMEM}),
        rule("epoll_ctl", ::epoll_ctl, {ENOMEM, ENOSPC}),
        rule("epoll_pwait2", ::epoll_pwait2, {EINTR}),
        rule("timerfd_create", ::timerfd_create, {EMFILE, ENOMEM}),
        rule("socket", ::socket, {EMFILE, ENOMEM}),
        rule("connect", ::connect, {EAGAIN, EINTR, ENOMEM}),
        rule("bind", ::bind, {ENOMEM, ENOSPC}),
        rule("unlink", ::unlink, {EIO}),
        rule("stat", static_cast<int (*)(const char*, struct stat*)>(::stat), {ENOMEM, EIO}),
        rule("fstat", ::fstat, {ENOMEM, EIO}),
        rule("lchown", ::lchown, {EIO, ENOSPC}),
        rule("chmod", ::chmod, {EIO}),
        rule("open", ::open, {EMFILE, ENOMEM, EINTR, EIO, ENOSPC}),
        rule("openat", ::openat, {EMFILE, ENOMEM, EINTR, EIO}),
        rule("pipe2", ::pipe2, {EMFILE, ENFILE}),
        rule("read", ::read, {EIO, EINTR, EAGAIN}),
        rule("pread", ::pread, {EIO, EINTR}),
        rule("write", ::write, {EIO, ENOSPC, EINTR, EAGAIN}),
        rule("chdir", ::chdir, {ENOMEM, EIO}),
        rule("flock", ::flock, {ENOMEM, EINTR}),
        rule("prctl", ::prctl, {EPERM}),
        rule("signalfd", static_cast<int (*)(int, const sigset_t*, int)>(::signalfd), {EMFILE, ENOMEM}),
        rule("unshare", ::unshare, {ENOMEM, ENOSPC}),
        rule("mount", ::mount, {ENOMEM}),
        rule("umount2", ::umount2, {EBUSY}),
        rule("waitpid", ::waitpid, {EINTR}),
        rule("waitid", ::waitid, {EINTR}),
        rule("nftw", ::nftw, {ENOMEM}),
        rule("sched_getaffinity", static_cast<int (*)(pid_t, std::size_t, cpu_set_t*)>(::sched_getaffinity), {ENOMEM}),
        rule("sched_setaffinity", static_cast<int (*)(pid_t, std::size_t, const cpu_set_t*)>(::sched_setaffinity), {EPERM}),
        rule("sched_setscheduler", ::sched_setscheduler, {EPERM}),
        rule("setpriority", ::setpriority, {EPERM}),
        rule("fdopendir", ::fdopendir, {ENOMEM}),
        rule("readdir", ::readdir, {EIO}),
        rule("unlinkat", ::unlinkat, {EBUSY, EIO}),
        rule("access", ::access, {EIO, ENOMEM}),
        rule("mkdirat", ::mkdirat, {ENOSPC, ENOMEM}),
        rule("mkdir", ::mkdir, {ENOSPC, ENOMEM}),
        rule("open_tree", ::open_tree, {EMFILE, ENOMEM}),
        rule("mount_setattr", ::mount_setattr, {ENOMEM}),
        rule("move_mount", ::move_mount, {ENOMEM}),
        rule("symlink", ::symlink, {ENOSPC, ENOMEM}),
        rule("readlink", ::readlink, {EIO, ENOMEM}),
        rule("setrlimit", ::setrlimit, {EPERM}),
        rule("fcntl", ::fcntl, {EMFILE}),
        rule("dup2", ::dup2, {EBUSY, EINTR}),
        rule("dup3", ::dup3, {EBUSY, EINTR}),
        rule("sethostname", ::sethostname, {EPERM}),
        rule("setns", ::setns, {ENOMEM}),
        rule("clone3", SYS_clone3, {EAGAIN, ENOMEM}),
        rule("pidfd_open", SYS_pidfd_open, {EMFILE, ENOMEM}),
        rule("landlock_create_ruleset", SYS_landlock_create_ruleset, {ENOMEM, EMFILE}),
        rule("landlock_add_rule", SYS_landlock_add_rule, {ENOMEM}),
        rule("landlock_restrict_self", SYS_landlock_restrict_self, {ENOMEM}),
        rule("seccomp", SYS_seccomp, {ENOMEM}),
        rule("openat2", SYS_openat2, {EMFILE, EAGAIN, ENOMEM}),
        rule("pivot_root", SYS_pivot_root, {EBUSY}),
        rule("capset", SYS_capset, {EPERM}),
        rule("setgroups", SYS_setgroups, {ENOMEM}),
        rule("setresgid", SYS_setresgid, {EAGAIN}),
        rule("setresuid", SYS_setresuid, {EAGAIN}),
        rule("close_range", SYS_close_range, {ENOMEM}),
        rule("execveat", SYS_execveat, {ENOMEM, EIO, EAGAIN}),
    };
    return all;
}

const Rule* rule_of(const Place& place) {
    for (const Rule& one : rules())
        if (one.function == place.function && one.number == place.number) return &one;
    return nullptr;
}

/// Lock-free: whoever counts in it may be killed at any moment.
struct Shared {
    struct Entry {
        std::atomic<std::uint64_t> key;   ///< address and role; 0: free
        std::atomic<std::uint64_t> function;
        std::atomic<long> number;
        std::atomic<unsigned> calls;
    };
    std::array<Entry, 2048> entries;
    std::atomic<std::uint64_t> wanted_key;
    unsigned wanted_occurrence;
    int wanted_error;
    std::atomic<bool> has_happened;
    std::atomic<std::uint64_t> starved_function;
    std::atomic<long> starved_number;
    std::atomic<int> starved_error;       ///< 0: nothing is starved
};

Shared& shared() {
    static Shared* const mapped = [] {
        void* const memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        CHECK(memory != MAP_FAILED);
        return new (memory) Shared;
    }();
    return *mapped;
}

constexpr unsigned role_shift = 56;
std::uint64_t key_of(Role role, const void* address) {
    return reinterpret_cast<std::uint64_t>(address) | static_cast<std::uint64_t>(role) << role_shift;
}

Role my_role = Role::bystander;
pid_t my_pid = 0;

Shared::Entry& entry_of(std::uint64_t key) {
    Shared& s = shared();
    for (std::size_t at = key * 0x9e3779b97f4a7c15u >> 40;; ++at) {
        Shared::Entry& entry = s.entries[at % s.entries.size()];
        std::uint64_t expected = 0;
        if (entry.key.compare_exchange_strong(expected, key) || expected == key) return entry;
    }
}
}  // namespace

void become(Role role) noexcept {
    my_role = role;
    my_pid = ::getpid();
}

void prepare(const Fault* fault) {
    Shared& s = shared();
    for (Shared::Entry& entry : s.entries) {
        entry.key = 0;
        entry.calls = 0;
    }
    s.has_happened = false;
    s.wanted_key = fault ? key_of(fault->place.role, fault->place.address) : 0;
    s.wanted_occurrence = fault ? fault->occurrence : 0;
    s.wanted_error = fault ? fault->error : 0;
}

void starve(const std::string& call, int error) {
    Shared& s = shared();
    for (const Rule& one : rules()) {
        if (one.name != call) continue;
        s.starved_function = reinterpret_cast<std::uint64_t>(one.function);
        s.starved_number = one.number;
    }
    s.starved_error = error;
}
void relieve() { shared().starved_error = 0; }

bool has_happened() { return shared().has_happened; }

std::vector<Place> places() {
    std::vector<Place> seen;
    for (const Shared::Entry& entry : shared().entries) {
        if (entry.key == 0) continue;
        seen.push_back({static_cast<Role>(entry.key >> role_shift), reinterpret_cast<const void*>(entry.function.load()),
                        entry.number, reinterpret_cast<const void*>(entry.key & ((1ull << role_shift) - 1)), entry.calls});
    }
    return seen;
}

std::vector<int> errors_of(const Place& place) {
    const Rule* const found = rule_of(place);
    return found ? found->errors : std::vector<int>{};
}

std::string describe(const Fault& fault) {
    static constexpr std::array roles{"bystander", "manager", "child", "client", "server"};
    const Rule* const found = rule_of(fault.place);
    Dl_info around{};
    ::dladdr(fault.place.address, &around);
    char place[32];
    (void)std::snprintf(place, sizeof place, "+0x%zx",
                        reinterpret_cast<std::size_t>(fault.place.address) - reinterpret_cast<std::size_t>(around.dli_fbase));
    return std::string(roles[static_cast<std::size_t>(fault.place.role)]) + ": " + (found ? found->name : "?") + " at " + place +
           ", call " + std::to_string(fault.occurrence) + ", " + strerrorname_np(fault.error);
}

int fault(const void* function, long number, const void* address) noexcept {
    if (my_role == Role::bystander) return 0;
    const Role role = my_role == Role::manager && ::getpid() != my_pid ? Role::child : my_role;
    const std::uint64_t key = key_of(role, address);
    Shared::Entry& entry = entry_of(key);
    entry.function = reinterpret_cast<std::uint64_t>(function);
    entry.number = number;
    const unsigned occurrence = ++entry.calls;
    Shared& s = shared();
    const bool is_starved = s.starved_function == reinterpret_cast<std::uint64_t>(function) && s.starved_number == number;
    if (role == Role::manager && is_starved && s.starved_error != 0) return s.starved_error;
    if (s.wanted_key != key || s.wanted_occurrence != occurrence) return 0;
    s.has_happened = true;
    return s.wanted_error;
}

Outcome torture(Extent extent, const std::function<std::string()>& run) {
    Outcome outcome;
    std::set<std::tuple<Role, const void*>> known;
    std::set<std::tuple<Role, const void*, unsigned, int>> asked;
    std::deque<Fault> left;
    const auto learn = [&] {
        for (const Place& place : places()) {
            known.emplace(place.role, place.address);
            const std::vector<int> errors = errors_of(place);
            for (unsigned call = 1; call <= std::min(place.calls, extent.calls) && !errors.empty(); ++call)
                for (std::size_t e = 0; e < (extent.every_error ? errors.size() : 1); ++e) {
                    const int error = extent.every_error ? errors[e] : errors[call % errors.size()];
                    if (asked.emplace(place.role, place.address, call, error).second) left.push_back({place, call, error});
                }
        }
    };
    prepare(nullptr);
    if (std::string complaint = run(); !complaint.empty()) outcome.complaints.push_back("without any fault: " + complaint);
    for (learn(); !left.empty() && outcome.complaints.size() < 10; learn()) {
        const Fault next = left.front();
        left.pop_front();
        prepare(&next);
        ++outcome.runs;
        if (std::string complaint = run(); !complaint.empty()) outcome.complaints.push_back(describe(next) + ": " + complaint);
    }
    outcome.places = static_cast<unsigned>(known.size());
    return outcome;
}

unsigned open_descriptors() {
    unsigned count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    CHECK(folder != nullptr);
    while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.';
    ::closedir(folder);
    return count - 1;   // the folder's own
}

}  // namespace voltkeep::kernel::os::torture
