// SPDX-License-Identifier: Apache-2.0
// The sockets of a cable, from a real process. The client reports by its exit status: the number of the first expectation that
// failed, 0 if none did.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstdlib>

#include "kernel/test_station.hpp"
#include "run.hpp"
#include "sockets.hpp"

namespace voltkeep::plc {
namespace {

using kernel::Service;
using kernel::os::Descriptor;

constexpr int could_not_try = 77;

#define EXPECT_HERE(condition) \
    if (!(condition)) return __LINE__ % 251 + 1

Config loopback() { return {.interface = "lo", .discovery_port = 49117}; }

sockaddr_in6 address_of(const char* host, std::uint16_t port, std::uint32_t interface = 0) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_scope_id = interface;
    EXPECT_EQ(::inet_pton(AF_INET6, host, &address.sin6_addr), 1);
    return address;
}

bool is_readable(int socket) {
    pollfd ready{socket, POLLIN, 0};
    return ::poll(&ready, 1, 2000) == 1;
}

using ClientCheck = int (*)(Service&, const Result<Listen::Sockets>&);

/// Asks once and lets the check judge the answer.
int ask(int control, ClientCheck check) {
    Service self = Service::start(control);
    auto client = self.connect<Interface>("plc");
    int status = -1;
    EXPECT_HERE(client.request(Listen{}, [&](const Result<Listen::Sockets>& sockets) { ::_exit(check(self, sockets)); }));
    self.run();
    return status;
}

int run_station(kernel::testing::TestStation::Body plc, ClientCheck check) {
    kernel::testing::TestStation station;
    const std::size_t server = station.add("plc", std::move(plc));
    const std::size_t client = station.add("link", [check](int control) { return ask(control, check); });
    station.conduit<Interface>(client, server, 1, 5000, 1);
    station.start();
    return station.wait(client);
}

}  // namespace

/// Loopback has no route for multicast: a car there asks ::1.
TEST(Plc, the_sockets_that_link_gets_hear_discovery_and_take_connections) {
    const int status = run_station(
        [](int control) {
            Service self = Service::start(control);
            return run(self, loopback());
        },
        [](Service&, const Result<Listen::Sockets>& sockets) {
            EXPECT_HERE(sockets.has_value());
            EXPECT_HERE(sockets->port >= 49152);
            EXPECT_HERE(sockets->interface == ::if_nametoindex("lo"));
            EXPECT_HERE(sockets->address[15] == 1);
            const Descriptor car(::socket(AF_INET6, SOCK_DGRAM, 0));
            sockaddr_in6 charger = address_of("::1", 49117);
            EXPECT_HERE(::sendto(car.get(), "hello", 5, 0, reinterpret_cast<const sockaddr*>(&charger), sizeof charger) == 5);
            EXPECT_HERE(is_readable(sockets->discovery.descriptor));
            char text[8] = {};
            sockaddr_in6 from{};
            socklen_t size = sizeof from;
            EXPECT_HERE(
                ::recvfrom(sockets->discovery.descriptor, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&from), &size) == 5);
            EXPECT_HERE(::sendto(sockets->discovery.descriptor, "back", 4, 0, reinterpret_cast<const sockaddr*>(&from), size) ==
                        4);
            EXPECT_HERE(is_readable(car.get()));
            const Descriptor stream(::socket(AF_INET6, SOCK_STREAM, 0));
            charger.sin6_port = htons(sockets->port);
            EXPECT_HERE(::connect(stream.get(), reinterpret_cast<const sockaddr*>(&charger), sizeof charger) == 0);
            EXPECT_HERE(is_readable(sockets->listener.descriptor));
            return 0;
        });
    EXPECT_EQ(status, 0);
}

TEST(Plc, two_links_after_each_other_get_sockets) {
    const auto first = make_sockets(loopback());
    ASSERT_TRUE(first) << std::string(first.error().what);
    EXPECT_EQ(make_sockets(loopback()).error().code, Errc::io) << "the discovery port is taken while the first lives";
}

TEST(Plc, an_interface_that_is_not_there_is_waited_for_and_then_said_so) {
    const Instant start = now();
    const int status = run_station(
        [](int control) {
            Service self = Service::start(control);
            return run(self, {.interface = "nocable", .discovery_port = 15118});
        },
        [](Service&, const Result<Listen::Sockets>& sockets) {
            EXPECT_HERE(!sockets && sockets.error().code == Errc::bad_state);
            return 0;
        });
    EXPECT_EQ(status, 0);
    EXPECT_GT(now() - start, 1s);
}

namespace {
/// In a network of its own, where the cable is plugged a little later than link asks, and the car then asks the group.
int serve_cable_plugged_late(int control) {
    const bool has_network = ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    if (!has_network ||
        std::system("ip link add cable7 type veth peer name car7 2>/dev/null && "
                    "for end in cable7 car7; do echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/$end/accept_dad || exit 1; done") !=
            0)
        return could_not_try;
    if (::fork() == 0) {
        ::poll(nullptr, 0, 400);
        CHECK(std::system("ip link set cable7 up && ip link set car7 up") == 0);
        const Descriptor car(::socket(AF_INET6, SOCK_DGRAM, 0));
        const sockaddr_in6 group = address_of("ff02::1", 15118, ::if_nametoindex("car7"));
        for (int i = 0; i < 40; ++i, ::poll(nullptr, 0, 50))
            (void)!::sendto(car.get(), "hello", 5, 0, reinterpret_cast<const sockaddr*>(&group), sizeof group);
        ::_exit(0);
    }
    Service self = Service::start(control);
    return run(self, {.interface = "cable7", .discovery_port = 15118});
}
}  // namespace

//= ISO 15118-20 SDP: a multicast to ff02::1 reaches the charger, whose listener is on a dynamic port.
TEST(Plc, answers_as_soon_as_the_address_is_there_and_hears_the_group) {
    const int status = run_station(serve_cable_plugged_late, [](Service&, const Result<Listen::Sockets>& sockets) {
        if (!sockets && sockets.error().code == Errc::gone_unknown) return could_not_try;
        EXPECT_HERE(sockets.has_value());
        EXPECT_HERE(sockets->address[0] == 0xfe && sockets->address[1] == 0x80);
        EXPECT_HERE(sockets->port >= 49152);
        EXPECT_HERE(is_readable(sockets->discovery.descriptor));
        return 0;
    });
    if (status == could_not_try) GTEST_SKIP() << "this machine does not let a test make a network namespace";
    EXPECT_EQ(status, 0);
}

}  // namespace voltkeep::plc
