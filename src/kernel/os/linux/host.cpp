// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "kernel/os/linux/files.hpp"
#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

namespace {
Result<sockaddr_un> address_of(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return fail(Errc::bad_argument, "a socket's path is too long");
    std::ranges::copy(path, address.sun_path);
    return address;
}

/// The name is in a folder that somebody else may write: what it is must be a socket itself, and no link to another one.
Result<Descriptor> connect_socket(const policy::Path& path, int type) {
    const Descriptor name(system<::open>(join({path}).data(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat kind{};
    if (!name && errno == ENOENT) return fail(Errc::not_found, path);
    if (!name || system<::fstat>(name.get(), &kind) != 0) return fail_errno("open", path);
    if (!S_ISSOCK(kind.st_mode)) return fail(Errc::bad_argument, "not a socket");
    Words same;
    std::snprintf(same.data(), same.size(), "/proc/self/fd/%d", name.get());
    const sockaddr_un address = TRY(address_of(same.data()));
    Descriptor socket = TRY(opened(system<::socket>(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket", path));
    if (system<::connect>(socket.get(), reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address}) == 0)
        return socket;
    if (errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN) return fail(Errc::not_found, path);
    return fail_errno("connect", path);
}

/// A socket that is nobody's but its owner's from its first moment: the folder's owner is who runs the station.
Result<Descriptor> listen_socket(std::string_view path) {
    const sockaddr_un address = TRY(address_of(path));
    Descriptor socket = TRY(opened(system<::socket>(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket", path));
    system<::unlink>(address.sun_path);   // of a station that was killed: the state folder is ours alone
    const mode_t mask = ::umask(0177);
    const int bound = system<::bind>(socket.get(), reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address});
    ::umask(mask);
    if (bound != 0) return fail_errno("bind", path);
    struct stat folder{};
    TRY(done(system<::stat>(".", &folder), "chown", path));
    TRY(done(system<::lchown>(address.sun_path, folder.st_uid, folder.st_gid), "chown", path));
    TRY(done(system<::listen>(socket.get(), 16), "listen", path));
    return socket;
}

Result<Descriptor> open_character_device(const policy::Path& path) {
    Descriptor device(system<::open>(join({path}).data(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!device && (errno == ENOENT || errno == ENXIO || errno == ENODEV)) return fail(Errc::not_found, path);
    if (!device) return fail_errno("open", path);
    struct stat kind{};
    TRY(done(system<::fstat>(device.get(), &kind), "fstat", path));
    if (!S_ISCHR(kind.st_mode)) return fail(Errc::bad_argument, "not a character device");
    return device;
}
}  // namespace

Result<Descriptor> open_device(const policy::DeviceGrant& device) {
    switch (device.kind) {
        case policy::DeviceKind::connect: return connect_socket(device.path, SOCK_SEQPACKET);
        case policy::DeviceKind::stream: return connect_socket(device.path, SOCK_STREAM);
        case policy::DeviceKind::listen: return listen_socket(device.path);
        case policy::DeviceKind::open: return open_character_device(device.path);
    }
    return fail(Errc::bad_argument);
}

void remove_device(const policy::DeviceGrant& device) {
    if (device.kind != policy::DeviceKind::listen) return;
    if (const auto address = address_of(device.path)) system<::unlink>(address->sun_path);
}

Result<Pair> make_lossy_pipe() {
    int ends[2];
    TRY(done(system<::pipe2>(ends, O_CLOEXEC | O_NONBLOCK), "pipe2"));
    return Pair{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<std::span<char>> read_pipe(int descriptor, std::span<char> buffer) {
    for (;;) {
        const ssize_t n = system<::read>(descriptor, buffer.data(), buffer.size());
        if (n > 0) return buffer.first(static_cast<std::size_t>(n));
        if (n == 0) return fail(Errc::closed);
        if (errno == EAGAIN) return buffer.first(0);
        if (errno != EINTR) return fail_errno("read", "the output of a service");
    }
}

Result<Descriptor> make_memory(std::size_t size) {
    Descriptor memory = TRY(opened(system<::memfd_create>("voltkeep", unsigned{MFD_CLOEXEC}), "memfd_create"));
    TRY(done(system<::ftruncate>(memory.get(), static_cast<off_t>(size)), "ftruncate"));
    return memory;
}

Result<std::span<std::byte>> read_at(int file, std::span<std::byte> buffer, std::size_t offset) {
    const ssize_t n = system<::pread>(file, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n < 0) return fail_errno("pread", "a program");
    return buffer.first(static_cast<std::size_t>(n));
}

control::Usage usage_of(std::uint32_t pid) {
    Words path, text;
    std::snprintf(path.data(), path.size(), "/proc/%u/stat", pid);
    (void)read_text(AT_FDCWD, path.data(), text);
    const char* const after_name = std::strrchr(text.data(), ')');   // the name may hold anything
    constexpr const char* form = ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu %*s %*s %*s %*s %*s %*s %*s %*s %llu";
    unsigned long long user = 0, kernel = 0, pages = 0;
    if (!after_name || std::sscanf(after_name, form, &user, &kernel, &pages) != 3) return {};
    const auto ticks_a_second = static_cast<std::uint64_t>(system<::sysconf>(_SC_CLK_TCK));
    const auto page_size = static_cast<std::uint64_t>(system<::sysconf>(_SC_PAGESIZE));
    return {.cpu_ms = (user + kernel) * 1000 / ticks_a_second, .memory_kib = pages * page_size / 1024};
}

bool write_line(int descriptor, std::string_view line) {
    pollfd p{descriptor, POLLOUT,
             0};  // a pipe that polls writable takes PIPE_BUF bytes whole; nobody else may be made non-blocking
    CHECK(line.size() <= 4096);
    if (system<::poll>(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0) return false;
    return system<::write>(descriptor, line.data(), line.size()) >= 0;
}

Result<Descriptor> hold_state_folder(std::string_view path) {
    TRY(done(system<::chdir>(join({path}).data()), "chdir", path));
    Descriptor folder = TRY(opened(system<::open>(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", path));
    if (system<::flock>(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
    if (errno == EWOULDBLOCK) return fail(Errc::busy, "a station runs in this state folder already: stop it first");
    return fail_errno("flock", path);
}

Result<Descriptor> stop_requests() {
    const pid_t parent = ::getppid();
    TRY(done(system<::prctl>(PR_SET_PDEATHSIG, SIGTERM), "prctl", "PR_SET_PDEATHSIG"));
    if (::getppid() != parent) return fail(Errc::closed, "the starter of the process manager is gone");
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGHUP);
    TRY(done(system<::sigprocmask>(SIG_BLOCK, &set, nullptr), "sigprocmask"));
    system<::signal>(SIGPIPE, SIG_IGN);
    return opened(system<::signalfd>(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
}

bool take_stop_request(int descriptor) {
    signalfd_siginfo information;
    return system<::read>(descriptor, &information, sizeof information) == static_cast<ssize_t>(sizeof information);
}

}  // namespace voltkeep::kernel::os
