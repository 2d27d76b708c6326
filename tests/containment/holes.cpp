// SPDX-License-Identifier: Apache-2.0
// A process manager with holes, for control runs: the same objects as the real one, linked with --wrap, so that single steps of a
// start are left out. VOLTKEEP_HOLES names them. The real process manager is linked without this file and has no such switch.
#include <sched.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

bool has_hole(std::string_view name) {
    const char* const holes = ::getenv("VOLTKEEP_HOLES");
    return holes != nullptr && std::string_view(holes).find(name) != std::string_view::npos;
}

/// The tree that becomes the root holds one more thing of the old one.
void let_old_root_in() {
    (void)::mkdir("etc", 0755);
    (void)::mknod("etc/passwd", S_IFREG | 0644, 0);
    (void)::mount("/etc/passwd", "etc/passwd", nullptr, MS_BIND, nullptr);
}

}  // namespace

extern "C" {

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
    va_list list;
    va_start(list, number);
    long a[6];
    for (long& argument : a) argument = va_arg(list, long);
    va_end(list);
    if (number == SYS_landlock_restrict_self && has_hole("landlock")) return 0;
    if (number == SYS_seccomp && has_hole("seccomp")) return 0;
    if ((number == SYS_setresuid || number == SYS_setresgid || number == SYS_setgroups) && has_hole("identity")) return 0;
    if (number == SYS_close_range && has_hole("descriptors")) return 0;
    if (number == SYS_pivot_root && has_hole("tree")) let_old_root_in();
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __real_setns(int descriptor, int kind);
int __wrap_setns(int descriptor, int kind) { return has_hole("network") ? 0 : __real_setns(descriptor, kind); }

int __real_setrlimit(__rlimit_resource_t resource, const rlimit* limits);
int __wrap_setrlimit(__rlimit_resource_t resource, const rlimit* limits) {
    if ((resource == RLIMIT_NOFILE && has_hole("files")) || (resource == RLIMIT_AS && has_hole("memory")) ||
        (resource == RLIMIT_NPROC && has_hole("tasks")))
        return 0;
    return __real_setrlimit(resource, limits);
}

/// "0" is how a process enters a control group.
ssize_t __real_write(int descriptor, const void* bytes, size_t size);
ssize_t __wrap_write(int descriptor, const void* bytes, size_t size) {
    if (size == 1 && *static_cast<const char*>(bytes) == '0' && has_hole("group")) return 1;
    return __real_write(descriptor, bytes, size);
}
}
