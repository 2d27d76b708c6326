// SPDX-License-Identifier: Apache-2.0
// Pairs, messages and waiting on Linux: AF_UNIX SOCK_SEQPACKET and epoll. What the sockets do when a peer dies is in
// docs/kernel.md.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "kernel/os/linux/files.hpp"
#include "kernel/os/linux/system.hpp"

namespace voltkeep::kernel::os {

void Descriptor::reset() noexcept {
    if (number_ >= 0) system<::close>(number_);
    number_ = -1;
}

Result<Pair> make_pair() {
    int ends[2];
    const int kind = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
    if (system<::socketpair>(AF_UNIX, kind, 0, ends) != 0) return fail_errno("socketpair");
    return Pair{Descriptor(ends[0]), Descriptor(ends[1])};
}

namespace {
struct Ancillary {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(max_handles * sizeof(int))> bytes;
};

msghdr header_of(iovec& part, Ancillary& ancillary, std::size_t size) {
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = ancillary.bytes.data();
    header.msg_controllen = size;
    return header;
}

/// Takes the descriptors out of a received message, all that came.
List<int, max_handles> take_handles(msghdr& header) {
    List<int, max_handles> handles;
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int handle = -1;
            std::memcpy(&handle, CMSG_DATA(c) + i * sizeof(int), sizeof handle);
            if (!handles.push(handle)) system<::close>(handle);
        }
    }
    return handles;
}

timespec timespec_of(Duration d) { return {static_cast<time_t>(d / 1s), static_cast<long>(d % 1s / 1ns)}; }
timespec time_until(Instant deadline) { return timespec_of(std::max<Duration>(deadline - now(), 0ns)); }

/// One message with descriptors; sendmsg's own result.
ssize_t send_with_handles(int end, Bytes message, std::span<const int> handles) {
    CHECK(handles.size() <= max_handles);
    iovec part{const_cast<std::byte*>(message.data()), message.size()};
    Ancillary ancillary;
    msghdr header = header_of(part, ancillary, CMSG_SPACE(handles.size_bytes()));
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(handles.size_bytes());
    std::memcpy(CMSG_DATA(c), handles.data(), handles.size_bytes());
    return system<::sendmsg>(end, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}
}  // namespace

Result<> send(int end, Bytes message, std::span<const int> handles) {
    if (message.empty()) return fail(Errc::bad_argument, "a message has at least one octet");   // it would look like a hang-up
    for (;;) {
        const ssize_t sent = handles.empty() ? system<::send>(end, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                             : send_with_handles(end, message, handles);
        if (sent >= 0) return {};
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS)
            return fail(Errc::full, "the peer's queue is full");
        if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) return fail(Errc::closed, "the peer is gone");
        return fail_errno("send");
    }
}

Result<std::optional<Received>> receive(int end, std::span<std::byte> buffer, bool waits) {
    iovec part{buffer.data(), buffer.size()};
    Ancillary ancillary;
    bool unread = false;   // the peer died without having read what we sent: reported once, before what it had sent to us
    for (;;) {
        msghdr header = header_of(part, ancillary, ancillary.bytes.size());
        const ssize_t n = system<::recvmsg>(end, &header, (waits ? 0 : MSG_DONTWAIT) | MSG_CMSG_CLOEXEC);
        if (n > 0 || (n == 0 && header.msg_controllen > 0)) {
            Received received{static_cast<std::size_t>(n), take_handles(header), false, unread};
            if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
                for (int handle : received.handles) system<::close>(handle);
                received.handles.clear();
                received.truncated = true;
            }
            return received;
        }
        if (n == 0) return fail(unread ? Errc::gone_unread : Errc::closed, "the peer is gone");
        unread |= errno == ECONNRESET;
        if (errno == EINTR || errno == ECONNRESET) continue;
        if (errno != EAGAIN) return fail_errno("recvmsg");
        if (unread) return fail(Errc::gone_unread, "the peer is gone");
        return std::nullopt;
    }
}

void set_patience(int end, Duration patience) {
    const timeval limit{static_cast<time_t>(patience / 1s), static_cast<suseconds_t>(patience % 1s / 1us)};
    if (system<::setsockopt>(end, SOL_SOCKET, SO_RCVTIMEO, static_cast<const void*>(&limit), socklen_t{sizeof limit}) == 0)
        (void)system<::fcntl>(end, F_SETFL, 0);   // it blocks now, where it is not told otherwise
}

Result<bool> wait(int end, Instant deadline) {
    for (;;) {
        const timespec timeout = time_until(deadline);
        pollfd p{end, POLLIN, 0};
        const int n = system<::ppoll>(&p, 1, &timeout, nullptr);
        if (n > 0) return true;
        if (n == 0) return false;
        if (errno != EINTR) return fail_errno("ppoll");
    }
}

void* map_memory(const Descriptor& memory, std::size_t size) {
    void* const address =
        system<::mmap>(static_cast<void*>(nullptr), size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), off_t{0});
    return address == MAP_FAILED ? nullptr : address;
}

Result<Poller> Poller::make() {
    Poller poller;
    poller.set_ = TRY(opened(system<::epoll_create1>(EPOLL_CLOEXEC), "epoll_create1"));
    return poller;
}

namespace {
epoll_event interest(std::uint64_t key, bool readable, bool writable) {
    epoll_event e{};
    e.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
    e.data.u64 = key;
    return e;
}
}  // namespace

Result<> Poller::add(int descriptor, std::uint64_t key, bool writable) {
    epoll_event e = interest(key, true, writable);
    return done(system<::epoll_ctl>(set_.get(), EPOLL_CTL_ADD, descriptor, &e), "epoll_ctl");
}

Result<> Poller::change(int descriptor, std::uint64_t key, bool readable, bool writable) {
    epoll_event e = interest(key, readable, writable);
    return done(system<::epoll_ctl>(set_.get(), EPOLL_CTL_MOD, descriptor, &e), "epoll_ctl");
}

void Poller::remove(int descriptor) { system<::epoll_ctl>(set_.get(), EPOLL_CTL_DEL, descriptor, nullptr); }

Result<std::span<Poller::Event>> Poller::wait(std::span<Event> events, Instant deadline) {
    std::array<epoll_event, 32> ready;
    const bool is_endless = deadline.ns == INT64_MAX;   // a timer that is set and taken back at each wait costs the most of it
    const timespec timeout = is_endless ? timespec{} : time_until(deadline);
    const int most = static_cast<int>(std::min(ready.size(), events.size()));
    const int n = system<::epoll_pwait2>(set_.get(), ready.data(), most, is_endless ? nullptr : &timeout, nullptr);
    if (n < 0 && errno != EINTR) return fail_errno("epoll_pwait2");
    const auto count = static_cast<std::size_t>(std::max(n, 0));
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t flags = ready[i].events;
        events[i] = {ready[i].data.u64, (flags & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0, (flags & (EPOLLOUT | EPOLLERR)) != 0};
    }
    return events.first(count);
}

Result<Descriptor> make_timer() {
    return opened(system<::timerfd_create>(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create");
}

Result<> arm_timer(int timer, Instant when) {
    const itimerspec at{{0, 0}, timespec_of(Duration(std::max<std::int64_t>(when.ns, 1)))};   // 0 would disarm it
    return done(system<::timerfd_settime>(timer, TFD_TIMER_ABSTIME, &at, nullptr), "timerfd_settime");
}

}  // namespace voltkeep::kernel::os
