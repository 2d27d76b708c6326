// SPDX-License-Identifier: Apache-2.0
#include "cable.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace voltkeep::ev {

Result<CableSocket> CableSocket::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::bad_argument, "the path of the cable's socket is too long: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    CableSocket cable;
    cable.socket_ = Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!cable.socket_ || ::connect(cable.socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("connect", path);
    return cable;
}

Result<> CableSocket::say(const plant::CarFrame& frame) {
    if (said_ == frame) return {};
    const auto bytes = plant::encode(frame);
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
        if (errno == EAGAIN) return {};   // said with the next change of time
        return fail_errno("send", "cable");
    }
    said_ = frame;
    return {};
}

Result<std::optional<plant::CableFrame>> CableSocket::take() {
    std::optional<plant::CableFrame> newest;
    std::array<std::byte, plant::kCableFrameSize + 1> bytes;
    for (;;) {
        const ssize_t n = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (n < 0 && errno == EAGAIN) return newest;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("recv", "cable");
        if (n == 0) return fail(Errc::closed, "the plant is gone");
        if (const auto frame = plant::decode_cable(Bytes(bytes).first(static_cast<std::size_t>(n)))) newest = *frame;
    }
}

}  // namespace voltkeep::ev
