// SPDX-License-Identifier: Apache-2.0
#include "door.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace voltkeep::operator_door {

Door::Door(kernel::Service& self, int listener, OnRequest on_request)
    : self_(self), listener_(listener), on_request_(std::move(on_request)) {
    self_.watch(listener_.get(), false, [this](bool, bool) { accept(); });
    self_.every(1s, [this] {
        const auto all = connections_;   // an answer may close one
        for (const auto& [descriptor, connection] : all) {
            connection->allowance = requests_per_second;
            handle_lines(connection);
        }
    });
}

void Door::accept() {
    kernel::os::Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket || connections_.size() == connection_bound) return;   // the ninth is closed at once
    const int descriptor = socket.get();
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
    auto connection = std::make_shared<Connection>();
    connection->socket = std::move(socket);
    connection->user = peer.uid;
    connections_.emplace(descriptor, std::move(connection));
    self_.watch(descriptor, false,
                [this, descriptor](bool readable, bool writable) { on_ready(descriptor, readable, writable); });
}

void Door::close(int descriptor) {
    self_.unwatch(descriptor);
    if (const auto it = connections_.find(descriptor); it != connections_.end()) {
        it->second->socket.reset();
        connections_.erase(it);
    }
}

void Door::on_ready(int descriptor, bool readable, bool writable) {
    const auto it = connections_.find(descriptor);
    if (it == connections_.end()) return;
    const std::shared_ptr<Connection> connection = it->second;
    if (writable) flush(connection);
    if (!readable || !connection->socket) return;
    std::array<char, 512> buffer;
    const ssize_t n = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return close(descriptor);
    connection->input.append(buffer.data(), static_cast<std::size_t>(n));
    handle_lines(connection);
}

void Door::handle_lines(const std::shared_ptr<Connection>& connection) {
    while (connection->socket && !connection->is_answering && connection->allowance > 0) {
        const std::size_t end = connection->input.find('\n');
        if (end == std::string::npos) break;
        const std::string line = connection->input.substr(0, end);
        connection->input.erase(0, end + 1);
        if (line.size() > line_bound) return close(connection->socket.get());
        connection->is_answering = true;
        --connection->allowance;
        on_request_(line, connection->user, [this, connection](std::string answer) {
            if (!connection->socket) return;
            connection->is_answering = false;
            connection->output += answer;
            connection->output += '\n';
            flush(connection);
            if (connection->socket) handle_lines(connection);
        });
    }
    if (connection->socket && connection->input.size() > 8 * line_bound) close(connection->socket.get());
}

void Door::flush(const std::shared_ptr<Connection>& connection) {
    const int descriptor = connection->socket.get();
    while (!connection->output.empty()) {
        const ssize_t n = ::send(descriptor, connection->output.data(), connection->output.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0 || connection->output.size() > unsent_bound) return close(descriptor);
        connection->output.erase(0, static_cast<std::size_t>(n));
    }
    self_.watch(descriptor, !connection->output.empty(),
                [this, descriptor](bool readable, bool writable) { on_ready(descriptor, readable, writable); });
}

}  // namespace voltkeep::operator_door
