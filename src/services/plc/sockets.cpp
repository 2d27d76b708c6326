// SPDX-License-Identifier: Apache-2.0
#include "sockets.hpp"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>

namespace voltkeep::plc {
namespace {

using kernel::os::Descriptor;

//= ISO 15118-20 SDP: the port of the charger is one of the dynamic ports (RFC 6335): of 1024 of them, as the manifest says.
constexpr std::uint16_t first_port = 49152;
constexpr int port_tries = 64;
constexpr int waiting_connections = 4;  ///< one car; the others are refused by link

struct Address {
    in6_addr address{};
    std::uint32_t interface = 0;
    bool is_loopback = false;
};

Result<Address> address_of(const std::string& interface) {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return fail_errno("getifaddrs");
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (interface != entry->ifa_name || entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET6) continue;
        if ((entry->ifa_flags & IFF_UP) == 0) continue;
        const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr)->sin6_addr;
        const bool is_loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
        if (is_loopback ? IN6_IS_ADDR_LOOPBACK(&address) : IN6_IS_ADDR_LINKLOCAL(&address))
            return Address{address, ::if_nametoindex(entry->ifa_name), is_loopback};
    }
    return fail(Errc::bad_state, "no address on the cable's interface " + interface);
}

/// An address that is there but not yet verified cannot be bound: it may come.
std::unexpected<Error> fail_bind() {
    if (errno == EADDRNOTAVAIL || errno == ENODEV) return fail(Errc::bad_state, "the cable's address is not usable yet");
    return fail_errno("bind", "the cable's address");
}

sockaddr_in6 socket_address(const in6_addr& address, std::uint16_t port, std::uint32_t interface) {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_addr = address;
    result.sin6_port = htons(port);
    result.sin6_scope_id = interface;
    return result;
}

bool set(int socket, int level, int option, int value) { return ::setsockopt(socket, level, option, &value, sizeof value) == 0; }

Result<Descriptor> make_listener(const Address& at, std::uint16_t& port) {
    Descriptor listener(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!listener || !set(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) return fail_errno("socket", "TCP");
    std::uint16_t start = 0;
    if (::getrandom(&start, sizeof start, 0) != sizeof start) return fail_errno("getrandom");
    for (int i = 0; i < port_tries; ++i) {
        port = static_cast<std::uint16_t>(first_port | ((start + i) & 0x3ff));
        const sockaddr_in6 address = socket_address(at.address, port, at.is_loopback ? 0 : at.interface);
        if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            if (::listen(listener.get(), waiting_connections) != 0) return fail_errno("listen");
            return listener;
        }
        if (errno != EADDRINUSE) return fail_bind();
    }
    return fail(Errc::io, "no free port for the charger's TCP listener");
}

//= ISO 15118-20 SDP: UDP port 15118, multicast group ff02::1, on this interface alone.
Result<Descriptor> make_discovery(const Address& at, const std::string& interface, std::uint16_t port) {
    Descriptor socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket || !set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1)) return fail_errno("socket", "UDP");
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.data(), static_cast<socklen_t>(interface.size())) != 0)
        return fail_errno("SO_BINDTODEVICE", interface);
    const sockaddr_in6 any = socket_address(in6addr_any, port, 0);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0)
        return fail_errno("bind", "the discovery port");
    ipv6_mreq group{};
    group.ipv6mr_multiaddr.s6_addr[0] = 0xff;
    group.ipv6mr_multiaddr.s6_addr[1] = 0x02;
    group.ipv6mr_multiaddr.s6_addr[15] = 0x01;
    group.ipv6mr_interface = at.interface;
    if (::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) != 0)
        return fail_errno("IPV6_JOIN_GROUP", interface);
    return socket;
}

}  // namespace

Result<CableSockets> make_sockets(const Config& config) {
    const std::string interface(config.interface);
    const Address at = TRY(address_of(interface));
    CableSockets sockets;
    sockets.listener = TRY(make_listener(at, sockets.reply.port));
    sockets.discovery = TRY(make_discovery(at, interface, config.discovery_port));
    sockets.reply.listener.descriptor = sockets.listener.get();
    sockets.reply.discovery.descriptor = sockets.discovery.get();
    std::ranges::copy(at.address.s6_addr, sockets.reply.address.begin());
    sockets.reply.interface = at.interface;
    return sockets;
}

Result<Descriptor> watch_addresses() {
    Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR;
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("socket", "NETLINK_ROUTE");
    return socket;
}

void drain(int addresses) {
    std::array<std::byte, 8192> ignored;
    while (::recv(addresses, ignored.data(), ignored.size(), MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
    }
}

}  // namespace voltkeep::plc
