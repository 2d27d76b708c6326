// SPDX-License-Identifier: Apache-2.0
// Outgoing connections, from a real process. The client reports by its exit status: the number of the first expectation that
// failed, 0 if none did.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "kernel/test_station.hpp"
#include "run.hpp"

namespace voltkeep::net {
namespace {

using kernel::Service;
using kernel::os::Descriptor;

#define EXPECT_HERE(condition) \
    if (!(condition)) return __LINE__ % 251 + 1

/// A listener on 127.0.0.1 whose queue can be filled.
Descriptor listen(std::uint16_t& port) {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.get(), 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return listener;
}

Descriptor connect_and_wait(std::uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    pollfd ready{socket.get(), POLLOUT, 0};
    (void)::poll(&ready, 1, 200);
    return socket;
}

int run_station(std::string_view host, std::uint16_t port, std::function<int(const Result<Connect::Connected>&)> check,
                std::string_view client_name = "link@csms") {
    kernel::testing::TestStation station;
    Config config;
    CHECK(config.destinations.push({"link@csms", *Text<255>::from(host), port}));
    const std::size_t server = station.add("net", [config](int control) {
        Service self = Service::start(control);
        return run(self, config);
    });
    const std::size_t client = station.add(std::string(client_name), [check](int control) {
        Service self = Service::start(control);
        auto net = self.connect<Interface>("net");
        EXPECT_HERE(net.request(Connect{}, [&](const Result<Connect::Connected>& connected) { ::_exit(check(connected)); }));
        return self.run();
    });
    station.conduit<Interface>(client, server, 1, 20000, 1);
    station.start();
    return station.wait(client);
}

int expect_connected(const Result<Connect::Connected>& connected) {
    EXPECT_HERE(connected.has_value());
    const int socket = connected->socket.descriptor;
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_HERE(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value != 0);
    EXPECT_HERE(::getsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &value, &size) == 0 && value != 0);
    EXPECT_HERE((::fcntl(socket, F_GETFL) & O_NONBLOCK) != 0);
    EXPECT_HERE(::send(socket, "hello", 5, 0) == 5);
    ::shutdown(socket, SHUT_WR);
    return 0;
}

}  // namespace

TEST(Net, gives_a_connected_socket_away_and_keeps_nothing_of_it) {
    for (const std::string_view host : {"127.0.0.1", "localhost"}) {
        std::uint16_t port = 0;
        const Descriptor listener = listen(port);
        EXPECT_EQ(run_station(host, port, expect_connected), 0) << host;  // localhost is ::1 first, where nobody listens
        pollfd ready{listener.get(), POLLIN, 0};
        ASSERT_EQ(::poll(&ready, 1, 2000), 1);
        const Descriptor accepted(::accept(listener.get(), nullptr, nullptr));
        char text[8] = {};
        EXPECT_EQ(::recv(accepted.get(), text, sizeof text, MSG_WAITALL), 5);
    }
}

TEST(Net, says_which_part_failed) {
    std::uint16_t port = 0;
    listen(port).reset();
    EXPECT_EQ(
        run_station("127.0.0.1", port,
                    [](const Result<Connect::Connected>& c) {
                        EXPECT_HERE(!c && c.error().code == Errc::io);
                        EXPECT_HERE(c.error().what.view().contains("127.0.0.1:") && c.error().what.view().contains("refused"));
                        return 0;
                    }),
        0);
    EXPECT_EQ(run_station("no such name", 443,
                          [](const Result<Connect::Connected>& c) {
                              EXPECT_HERE(!c && c.error().code == Errc::io);
                              EXPECT_HERE(c.error().what.view().contains("name no such name"));
                              return 0;
                          }),
              0);
}

TEST(Net, a_client_without_a_destination_gets_none) {
    EXPECT_EQ(run_station(
                  "127.0.0.1", 9,
                  [](const Result<Connect::Connected>& c) {
                      EXPECT_HERE(!c && c.error().code == Errc::not_found);
                      return 0;
                  },
                  "link@other"),
              0);
}

/// A destination that does not answer: its queue is full until somebody accepts.
TEST(Net, a_new_request_replaces_the_one_under_way) {
    std::uint16_t port = 0;
    const Descriptor listener = listen(port);
    ASSERT_EQ(::listen(listener.get(), 0), 0);
    const Descriptor filling = connect_and_wait(port);
    kernel::testing::TestStation station;
    Config config;
    CHECK(config.destinations.push({"link@csms", "127.0.0.1", port}));
    const std::size_t server = station.add("net", [config](int control) {
        Service self = Service::start(control);
        return run(self, config);
    });
    const std::size_t client = station.add("link@csms", [](int control) {
        Service self = Service::start(control);
        auto net = self.connect<Interface>("net");
        EXPECT_HERE(net.request(Connect{}, [&](const Result<Connect::Connected>& first) {
            if (first || first.error().code != Errc::timeout) ::_exit(2);
            if (!net.request(Connect{}, [](const Result<Connect::Connected>& second) { ::_exit(expect_connected(second)); }))
                ::_exit(3);
        }));
        return self.run();
    });
    station.conduit<Interface>(client, server, 1, 1500, 1);
    station.start();
    ::poll(nullptr, 0, 1750);  // TCP asks again after each second: the first request never hears an answer, the second does
    ::fcntl(listener.get(), F_SETFL, O_NONBLOCK);
    while (::accept(listener.get(), nullptr, nullptr) >= 0) {
    }
    EXPECT_EQ(station.wait(client), 0);
}

}  // namespace voltkeep::net
