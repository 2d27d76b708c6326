// SPDX-License-Identifier: Apache-2.0
#include "kernel/os/host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace voltkeep::kernel::os {

/// A file descriptor is a connection of one process to a resource manager, and no pair carries one to another process.
Result<Descriptor> open_device(const policy::DeviceGrant&) {
    return fail(Errc::unsupported, "on QNX a service opens its device itself, as its security type allows");
}
void remove_device(const policy::DeviceGrant&) {}

Result<Pair> make_lossy_pipe() {
    int ends[2];
    if (::pipe(ends) != 0) return fail_errno("pipe");
    Pair pair{Descriptor(ends[0]), Descriptor(ends[1])};
    for (const int end : ends)
        if (::fcntl(end, F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(end, F_SETFL, O_NONBLOCK) != 0)
            return fail_errno("fcntl", "a pipe");
    return pair;
}

Result<std::span<char>> read_pipe(int descriptor, std::span<char> buffer) {
    for (;;) {
        const ssize_t n = ::read(descriptor, buffer.data(), buffer.size());
        if (n > 0) return buffer.first(static_cast<std::size_t>(n));
        if (n == 0) return fail(Errc::closed);
        if (errno == EAGAIN) return buffer.first(0);
        if (errno != EINTR) return fail_errno("read", "the output of a service");
    }
}

Result<Descriptor> make_memory(std::size_t) { return fail(Errc::unsupported, "no pair carries memory to another process"); }

Result<std::span<std::byte>> read_at(int file, std::span<std::byte> buffer, std::size_t offset) {
    const ssize_t n = ::pread(file, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (n < 0) return fail_errno("pread", "a program");
    return buffer.first(static_cast<std::size_t>(n));
}

bool write_line(int descriptor, std::string_view line) {
    pollfd p{descriptor, POLLOUT, 0};
    CHECK(line.size() <= 4096);
    if (::poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0) return false;
    return ::write(descriptor, line.data(), line.size()) >= 0;
}

Result<Descriptor> hold_state_folder(std::string_view path) {
    std::array<char, policy::Path::capacity + 1> name{};
    std::ranges::copy(path, name.begin());
    if (::chdir(name.data()) != 0) return fail_errno("chdir", path);
    Descriptor lock(::open("station.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return fail_errno("open", "station.lock");
    struct flock whole{};
    whole.l_type = F_WRLCK;
    if (::fcntl(lock.get(), F_SETLK, &whole) == 0) return lock;
    if (errno == EACCES || errno == EAGAIN) return fail(Errc::busy, "a station runs in this state folder already: stop it first");
    return fail_errno("fcntl", "station.lock");
}

namespace {
int stop_pipe = -1;
void on_stop_signal(int) { (void)!::write(stop_pipe, "", 1); }
}  // namespace

Result<Descriptor> stop_requests() {
    Pair pipe = TRY(make_lossy_pipe());
    stop_pipe = pipe.b.release();
    struct sigaction action{};
    action.sa_handler = on_stop_signal;
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        if (::sigaction(number, &action, nullptr) != 0) return fail_errno("sigaction");
    ::signal(SIGPIPE, SIG_IGN);
    return std::move(pipe.a);
}

bool take_stop_request(int descriptor) {
    char request = 0;
    return ::read(descriptor, &request, 1) == 1;
}

}  // namespace voltkeep::kernel::os
