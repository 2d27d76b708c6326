// SPDX-License-Identifier: Apache-2.0
#include "policy/syscalls.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <ranges>
#include <string>

#include <netinet/in.h>

namespace voltkeep::policy {

namespace {
using Conditions = std::initializer_list<scmp_arg_cmp>;

// ---- the groups: names of calls that are allowed whatever their arguments ----

/// What every process needs once it runs: its own memory, its own descriptors, time, an end.
constexpr std::string_view base_calls =
    "read write readv writev close lseek fstat newfstatat dup "
    "recvmsg sendmsg recvfrom sendto shutdown getsockopt getsockname getpeername "
    "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll pselect6 eventfd2 timerfd_create timerfd_settime "
    "timerfd_gettime "
    "munmap mremap brk madvise mlock munlock futex sched_yield sched_getaffinity membarrier "
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getrandom "
    "rt_sigprocmask rt_sigreturn sigaltstack restart_syscall tgkill "
    "getpid gettid getuid geteuid getgid getegid getrusage uname exit exit_group";
/// Until the seal: the loader, the C library, the configuration, the second filter.
constexpr std::string_view start_calls =
    "access faccessat faccessat2 statx readlink readlinkat getdents64 getcwd pread64 sysinfo "
    "arch_prctl set_tid_address set_robust_list rseq prlimit64 mlockall munlockall prctl seccomp close_range dup2 dup3 pipe2 "
    "socketpair";
constexpr std::string_view file_read_calls =
    "pread64 preadv access faccessat faccessat2 statx readlink readlinkat getdents64 getcwd statfs fstatfs flock";
constexpr std::string_view file_write_calls =
    "openat pwrite64 pwritev fsync fdatasync ftruncate fallocate unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir "
    "fchmod fchown "
    "umask sync_file_range";
/// A file that is opened before the seal, and written behind it. No path, no other file, no length: its limit is set before the
/// seal too.
constexpr std::string_view kept_calls = "pread64 pwrite64 fdatasync";
constexpr std::string_view kept_start_calls = "openat fsync";
// uname: a name look-up
constexpr std::string_view socket_calls = "bind connect listen accept accept4 setsockopt sendmmsg recvmmsg uname";
constexpr std::string_view accept_calls = "accept accept4";
constexpr std::string_view thread_calls = "set_robust_list rseq getcpu";
constexpr std::string_view process_calls =
    "clone fork vfork execve execveat wait4 waitid pipe2 dup2 dup3 kill set_robust_list rseq arch_prctl set_tid_address "
    "prlimit64 setsid "
    "getppid pidfd_open pidfd_send_signal";
constexpr std::string_view clock_calls = "clock_settime clock_adjtime adjtimex settimeofday";
/// Debian's own programs that we do not write (swtpm, p11-kit server): what such a daemon does with files and its Unix socket.
constexpr std::string_view foreign_calls =
    "open openat stat lstat mmap mprotect ioctl fcntl clone clone3 wait4 waitid kill pipe pipe2 dup2 dup3 select pselect6 "
    "socketpair bind "
    "connect listen accept accept4 setsockopt pread64 pwrite64 fsync fdatasync ftruncate unlink unlinkat rename mkdir rmdir "
    "chmod fchmod fchown "
    "chdir umask getdents64 getcwd getppid getpgrp setsid getgroups set_robust_list rseq prlimit64 getrlimit flock access statx "
    "statfs fstatfs "
    "sched_getscheduler sched_setscheduler sysinfo times capget";
/// Sanitizers: they map, look at themselves and start helpers.
constexpr std::string_view lab_calls =
    "mmap mprotect openat open readlink readlinkat stat lstat access prctl sysinfo prlimit64 getrlimit personality clone clone3 "
    "execve wait4 ptrace "
    "pipe2 sched_setaffinity getcwd set_robust_list rseq mincore dup2 dup3 unlink unlinkat mkdir socket connect getppid kill "
    "pread64 ioctl fcntl";

/// The flags with which the C library makes a thread of this process, and nothing else.
constexpr scmp_datum_t thread_flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |
                                      CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
constexpr scmp_datum_t int_bits = 0xffffffff;   ///< the kernel looks at no more of an int

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_MASKED_EQ, int_bits, value}; }
/// All of these bits are 0.
scmp_arg_cmp without(unsigned argument, scmp_datum_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, 0}; }

class Rules {
public:
    Rules() : context_(seccomp_init(SCMP_ACT_TRAP)) {
        good_ = context_ && seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;   // 2: a binary tree instead of a chain
    }
    void allow(std::string_view calls) {
        for (const auto call : std::views::split(calls, ' ')) add(SCMP_ACT_ALLOW, std::string(std::string_view(call)), {});
    }
    void allow(const std::string& call, Conditions conditions) { add(SCMP_ACT_ALLOW, call, conditions); }
    /// Answers with an errno instead of ending the process: for what libraries try first and can do without.
    void deny(const std::string& call, int error, Conditions conditions) {
        add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, conditions);
    }

    [[nodiscard]] Result<Filter> filter() const {
        if (!good_)
            return fail(Errc::unsupported,
                        unknown_.empty() ? "libseccomp failed" : "libseccomp does not know the system call " + unknown_);
        Filter bytes;
        std::size_t size = Filter::capacity;
        CHECK(bytes.resize(size));
        if (seccomp_export_bpf_mem(context_.get(), bytes.data(), &size) != 0 || !bytes.resize(size))
            return fail(Errc::full, "the system-call filter is longer than the policy image's bound");
        return bytes;
    }

private:
    void add(std::uint32_t action, const std::string& call, Conditions conditions) {
        const int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, call.c_str());
        const int result = number < 0 ? -1
                                      : seccomp_rule_add_array(context_.get(), action, number,
                                                               static_cast<unsigned>(conditions.size()), conditions.begin());
        if (result == 0 || !good_) return;
        good_ = false;
        unknown_ = call;
    }
    struct Release {
        void operator()(scmp_filter_ctx context) const { seccomp_release(context); }
    };
    std::unique_ptr<void, Release> context_;
    bool good_ = false;
    std::string unknown_;
};

/// Handlers for every signal but SIGSYS (31): behind the seal nobody takes the reporter of refused calls away. A number differs
/// from it in one of its low bits, or is larger; compared bit by bit, because the kernel looks at the lower half of the argument
/// only.
void allow_handlers(Rules& rules) {
    static_assert(SIGSYS == 0b11111);
    for (const scmp_datum_t low : {1u, 2u, 4u, 8u, 16u}) rules.allow("rt_sigaction", {without(0, low)});
    for (const scmp_datum_t high : {32u, 64u}) rules.allow("rt_sigaction", {{0, SCMP_CMP_MASKED_EQ, high, high}});
}

/// Calls of `base` whose arguments matter.
void allow_bounded_calls(Rules& rules, Stage stage) {
    for (const char* call : {"mmap", "mprotect"}) {
        rules.allow(call, {without(2, PROT_EXEC)});
        if (stage == Stage::start) rules.allow(call, {without(2, PROT_WRITE)});   // never both at once
    }
    for (const int command : {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC})
        rules.allow("fcntl", {equals(1, static_cast<unsigned>(command))});
    for (const int request : {FIONBIO, FIONREAD}) rules.allow("ioctl", {equals(1, static_cast<unsigned>(request))});
    rules.deny("ioctl", ENOTTY, {equals(1, TCGETS)});   // the C library asks whether its output is a terminal
    for (const int level : {int{SOL_SOCKET}, int{IPPROTO_TCP}})
        rules.allow("setsockopt", {equals(1, static_cast<unsigned>(level))});
    if (stage == Stage::sealed) allow_handlers(rules);
    else rules.allow("rt_sigaction");
    if (stage == Stage::start) rules.allow("execveat", {equals(4, AT_EMPTY_PATH)});   // the measured binary, by its descriptor
}

void allow_sockets(Rules& rules, bool has_local_ones) {
    rules.allow(socket_calls);
    for (const int family : {AF_INET, AF_INET6})
        for (const int type : {int{SOCK_STREAM}, int{SOCK_DGRAM}})
            rules.allow("socket",
                        {equals(0, static_cast<unsigned>(family)), {1, SCMP_CMP_MASKED_EQ, 0xf, static_cast<unsigned>(type)}});
    rules.allow("socket", {equals(0, AF_NETLINK), equals(2, 0)});   // NETLINK_ROUTE: which addresses are there
    if (!has_local_ones) rules.deny("socket", EAFNOSUPPORT, {equals(0, AF_UNIX)});   // the C library looks for nscd
    for (const unsigned request : {0x8933u /* SIOCGIFINDEX */, 0x8910u /* SIOCGIFNAME */})
        rules.allow("ioctl", {equals(1, request)});
}

void allow_files(Rules& rules, bool writes) {
    rules.allow(file_read_calls);
    if (writes) rules.allow(file_write_calls);
    for (const int command : {F_GETLK, F_SETLK, F_SETLKW}) rules.allow("fcntl", {equals(1, static_cast<unsigned>(command))});
}

void allow_threads(Rules& rules) {
    rules.allow(thread_calls);
    rules.allow("clone", {equals(0, thread_flags)});
    rules.deny("clone3", ENOSYS, {});   // its flags are out of a filter's sight; the C library falls back to clone
}
}  // namespace

Result<Filter> make_filter(std::uint32_t groups, bool writes, Stage stage) {
    const auto has = [&](SyscallGroup group) { return (groups >> static_cast<unsigned>(group) & 1u) != 0; };
    Rules rules;
    rules.allow(base_calls);
    if (stage == Stage::start) rules.allow(start_calls);
    const bool is_open =
        has(SyscallGroup::foreign) || has(SyscallGroup::lab);  // these groups allow whole calls: no bounds on top
    if (!is_open) allow_bounded_calls(rules, stage);
    else rules.allow("execveat setsockopt rt_sigaction");
    if (!is_open && (stage == Stage::start || has(SyscallGroup::files)) && !writes)
        rules.allow("openat", {without(2, O_ACCMODE | O_CREAT | O_TRUNC)});
    if (has(SyscallGroup::files)) allow_files(rules, writes);
    if (has(SyscallGroup::kept)) {
        rules.allow(kept_calls);
        if (stage == Stage::start && writes) rules.allow(kept_start_calls);
    }
    if (has(SyscallGroup::sockets)) allow_sockets(rules, has(SyscallGroup::foreign));
    if (has(SyscallGroup::accept)) rules.allow(accept_calls);
    if (has(SyscallGroup::threads) && !is_open) allow_threads(rules);
    if (has(SyscallGroup::processes)) rules.allow(process_calls);
    if (has(SyscallGroup::clock)) rules.allow(clock_calls);
    if (has(SyscallGroup::foreign)) {
        rules.allow(foreign_calls);
        rules.allow("socket", {equals(0, AF_UNIX)});
    }
    if (has(SyscallGroup::lab)) rules.allow(lab_calls);
    return rules.filter();
}

}  // namespace voltkeep::policy
