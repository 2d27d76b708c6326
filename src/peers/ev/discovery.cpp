// SPDX-License-Identifier: Apache-2.0
#include "discovery.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>

namespace voltkeep::ev {
namespace {

constexpr Duration retry_time = 250ms;
constexpr unsigned most_requests = 50;

bool is_loopback(int socket, const std::string& interface) {
    ifreq request{};
    std::ranges::copy(interface.substr(0, sizeof request.ifr_name - 1), request.ifr_name);
    return ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_LOOPBACK) != 0;
}

}  // namespace

std::string text_of(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
    return std::format("[{}]:{}", text.data(), ntohs(address.sin6_port));
}

Result<Address> parse_address(const std::string& host, std::uint16_t port) {
    Address address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    const auto percent = host.find('%');
    if (percent != std::string::npos) {
        address.sin6_scope_id = ::if_nametoindex(host.substr(percent + 1).c_str());
        if (address.sin6_scope_id == 0) return fail(Errc::bad_argument, "no such interface: " + host.substr(percent + 1));
    }
    if (::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &address.sin6_addr) != 1)
        return fail(Errc::bad_argument, "not an IPv6 address: " + host);
    return address;
}

Result<Discovery> Discovery::open(const Options& options) {
    Discovery discovery;
    discovery.options_ = options;
    discovery.interface_ = ::if_nametoindex(options.interface.c_str());
    if (discovery.interface_ == 0) return fail(Errc::bad_argument, "no such interface: " + options.interface);
    discovery.socket_ = Descriptor(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int index = static_cast<int>(discovery.interface_);
    if (!discovery.socket_) return fail_errno("socket");
    if (::setsockopt(discovery.socket_.get(), IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) != 0)
        return fail_errno("IPV6_MULTICAST_IF", options.interface);
    Address& group = discovery.group_;
    group.sin6_family = AF_INET6;
    group.sin6_port = htons(options.port);
    group.sin6_scope_id = discovery.interface_;
    // The loopback interface carries no multicast: there the charger is asked at its one address.
    ::inet_pton(AF_INET6, is_loopback(discovery.socket_.get(), options.interface) ? "::1" : "ff02::1", &group.sin6_addr);
    return discovery;
}

void Discovery::begin() {
    while (take()) {}
    requests_ = dropped_ = 0;
    next_ = {};
}

Result<> Discovery::ask(Instant now) {
    if (now < next_) return {};
    if (requests_ == most_requests) return fail(Errc::timeout, "no charger answers to SDP on " + options_.interface);
    const auto datagram = iso15118::make_sdp_request({options_.security, iso15118::SdpTransport::tcp});
    const ssize_t sent =
        ::sendto(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&group_), sizeof group_);
    // The interface may not be up or have no address yet: the next request is 250 ms away.
    if (sent < 0 && errno != EADDRNOTAVAIL && errno != ENETUNREACH && errno != ENETDOWN && errno != EAGAIN)
        return fail_errno("sendto", options_.interface);
    ++requests_;
    next_ = now + retry_time;
    return {};
}

std::optional<Address> Discovery::take() {
    std::array<std::byte, 128> datagram;
    Address from{};
    socklen_t size = sizeof from;
    for (;;) {
        const ssize_t n =
            ::recvfrom(socket_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (n < 0) return std::nullopt;
        const auto response = iso15118::parse_sdp_response(Bytes(datagram).first(static_cast<std::size_t>(n)));
        // A charger that answers without TLS is none: ISO 15118-20 is not spoken in the clear.
        if (!response || response->security != options_.security) {
            ++dropped_;
            continue;
        }
        Address address{};
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(response->port);
        std::memcpy(&address.sin6_addr, response->address.data(), response->address.size());
        if (IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) address.sin6_scope_id = interface_;
        return address;
    }
}

}  // namespace voltkeep::ev
