// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

namespace voltkeep::plant {

namespace {

// The smallest that the kernel grants: some packets, about the newest 20 ms.
constexpr int kSendBuffer = 1;

bool somebody_listens(const sockaddr_un& address, int type) {
    const Descriptor probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return probe && (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN);
}

}  // namespace

Result<Listener> Listener::open(const std::string& path, Kind kind, unsigned mode) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::bad_argument, path + ": the path of a socket has at most 107 bytes");
    path.copy(address.sun_path, path.size());
    const int type = kind == Kind::packets ? SOCK_SEQPACKET : SOCK_STREAM;
    if (somebody_listens(address, type)) return fail(Errc::busy, path + " is in use by another process");
    ::unlink(path.c_str());
    Descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return fail_errno("socket", path);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fail_errno("bind", path);
    Listener listener(std::move(socket), path, kind);
    if (::chmod(path.c_str(), mode) != 0) return fail_errno("chmod", path);
    if (::listen(listener.get(), 8) != 0) return fail_errno("listen", path);
    return listener;
}

Listener::~Listener() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Descriptor Listener::accept() const {
    Descriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection && kind_ == Kind::packets)
        ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    return connection;
}

Got receive(const Descriptor& from, std::span<std::byte> buffer, std::size_t& size) {
    const ssize_t n = ::recv(from.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (n > 0) {
        size = static_cast<std::size_t>(n);
        return Got::packet;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? Got::nothing : Got::end;
}

bool send(const Descriptor& to, Bytes packet) {
    if (!to) return true;
    return ::send(to.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN ||
           errno == EINTR || errno == ENOBUFS;
}

}  // namespace voltkeep::plant
