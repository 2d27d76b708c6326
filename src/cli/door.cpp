// SPDX-License-Identifier: Apache-2.0
#include "cli/door.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>

namespace voltkeep::cli {

Result<DoorClient> DoorClient::connect(const std::string& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() >= sizeof address.sun_path)
        return fail(Errc::bad_argument, "the state folder's path is too long for a socket: " + socket);
    std::memcpy(address.sun_path, socket.data(), socket.size());
    DoorClient client;
    client.socket_ = kernel::os::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!client.socket_) return fail_errno("socket");
    if (::connect(client.socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED)
            return fail(Errc::not_found,
                        "no station runs here (" + socket + "): start one with ./voltkeep run, or name its folder with --state");
        return fail_errno("connect", socket);
    }
    return client;
}

Result<> DoorClient::send(const std::string& request) {
    const std::string line = request + "\n";
    if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return fail_errno("send");
    return {};
}

Result<std::optional<std::string>> DoorClient::take() {
    std::array<char, 65536> buffer;
    for (;;) {
        if (const std::size_t end = input_.find('\n'); end != std::string::npos) {
            std::string line = input_.substr(0, end);
            input_.erase(0, end + 1);
            return line;
        }
        const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return std::nullopt;
        if (n <= 0) return fail(Errc::closed, "the station has closed the connection");
        input_.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

Result<Json> DoorClient::ask(const std::string& request, Duration patience) {
    const Instant deadline = now() + patience;
    TRY(send(request));
    for (;;) {
        if (const auto line = TRY(take())) return opened(*line);
        if (!TRY(kernel::os::wait(socket_.get(), deadline))) return fail(Errc::timeout, "the station does not answer");
    }
}

Result<Json> opened(std::string_view line) {
    Json answer = TRY(Json::parse(line));
    const Json* ok = answer.find("ok");
    if (ok == nullptr || ok->scalar() != "true") return fail(Errc::refused, answer.string("error"));
    return answer;
}

std::int64_t number_in(const Json& object, std::string_view name) {
    const Json* member = object.find(name);
    std::int64_t value = 0;
    if (member != nullptr) std::from_chars(member->scalar().data(), member->scalar().data() + member->scalar().size(), value);
    return value;
}

}  // namespace voltkeep::cli
