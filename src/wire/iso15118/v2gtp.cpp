// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/v2gtp.hpp"

#include "wire/iso15118/sdp.hpp"

namespace voltkeep::iso15118 {
namespace {

constexpr std::byte protocol_version{0x01};
constexpr std::byte inverse_version{0xfe};
constexpr std::uint16_t first_dynamic_port = 49152;

std::uint32_t big_endian(Bytes bytes) {
    std::uint32_t value = 0;
    for (std::byte b : bytes) value = value << 8 | std::to_integer<std::uint32_t>(b);
    return value;
}

std::byte octet(std::uint32_t value, unsigned shift) { return static_cast<std::byte>(value >> shift & 0xff); }

/// The payload of a datagram that is exactly one frame of this type and length.
std::expected<Bytes, SdpFault> payload_of(Bytes datagram, PayloadType type, std::size_t length) {
    auto header = parse_v2gtp_header(datagram);
    if (!header) return std::unexpected(SdpFault::header);
    if (header->type != type) return std::unexpected(SdpFault::payload_type);
    if (header->length != length || datagram.size() != v2gtp_header_size + length) return std::unexpected(SdpFault::length);
    return datagram.subspan(v2gtp_header_size);
}

bool is_known_security(std::byte b) { return b == std::byte{0x00} || b == std::byte{0x10}; }
bool is_known_transport(std::byte b) { return b == std::byte{0x00}; }

}  // namespace

bool is_known(std::uint16_t payload_type) noexcept {
    return (payload_type >= 0x8001 && payload_type <= 0x8006) || (payload_type >= 0x8101 && payload_type <= 0x8104) ||
           payload_type == 0x9000 || payload_type == 0x9001;
}

std::string_view describe(V2gtpFault fault) noexcept {
    switch (fault) {
        case V2gtpFault::short_header: return "fewer than 8 bytes";
        case V2gtpFault::version: return "not V2GTP version 1";
        case V2gtpFault::payload_type: return "unknown payload type";
        case V2gtpFault::empty: return "empty payload";
        case V2gtpFault::too_long: return "payload over 128 KiB";
    }
    return "?";
}

std::expected<V2gtpHeader, V2gtpFault> parse_v2gtp_header(Bytes bytes) noexcept {
    if (bytes.size() < v2gtp_header_size) return std::unexpected(V2gtpFault::short_header);
    if (bytes[0] != protocol_version || bytes[1] != inverse_version) return std::unexpected(V2gtpFault::version);
    auto type = static_cast<std::uint16_t>(big_endian(bytes.subspan(2, 2)));
    if (!is_known(type)) return std::unexpected(V2gtpFault::payload_type);
    std::uint32_t length = big_endian(bytes.subspan(4, 4));
    if (length == 0) return std::unexpected(V2gtpFault::empty);
    if (length > v2gtp_max_payload) return std::unexpected(V2gtpFault::too_long);
    return V2gtpHeader{static_cast<PayloadType>(type), length};
}

std::array<std::byte, v2gtp_header_size> make_v2gtp_header(V2gtpHeader header) noexcept {
    auto type = static_cast<std::uint32_t>(header.type);
    return {protocol_version,         inverse_version,          octet(type, 8),          octet(type, 0),
            octet(header.length, 24), octet(header.length, 16), octet(header.length, 8), octet(header.length, 0)};
}

std::expected<SdpRequest, SdpFault> parse_sdp_request(Bytes datagram) noexcept {
    auto payload = payload_of(datagram, PayloadType::sdp_request, 2);
    if (!payload) return std::unexpected(payload.error());
    if (!is_known_security((*payload)[0]) || !is_known_transport((*payload)[1])) return std::unexpected(SdpFault::value);
    return SdpRequest{static_cast<SdpSecurity>((*payload)[0]), static_cast<SdpTransport>((*payload)[1])};
}

std::expected<SdpResponse, SdpFault> parse_sdp_response(Bytes datagram) noexcept {
    auto payload = payload_of(datagram, PayloadType::sdp_response, 20);
    if (!payload) return std::unexpected(payload.error());
    SdpResponse response;
    std::ranges::copy(payload->first(16), response.address.begin());
    response.port = static_cast<std::uint16_t>(big_endian(payload->subspan(16, 2)));
    if (response.port < first_dynamic_port) return std::unexpected(SdpFault::value);
    if (!is_known_security((*payload)[18]) || !is_known_transport((*payload)[19])) return std::unexpected(SdpFault::value);
    response.security = static_cast<SdpSecurity>((*payload)[18]);
    response.transport = static_cast<SdpTransport>((*payload)[19]);
    return response;
}

std::array<std::byte, sdp_request_size> make_sdp_request(const SdpRequest& request) noexcept {
    std::array<std::byte, sdp_request_size> datagram{};
    std::ranges::copy(make_v2gtp_header({PayloadType::sdp_request, 2}), datagram.begin());
    datagram[8] = static_cast<std::byte>(request.security);
    datagram[9] = static_cast<std::byte>(request.transport);
    return datagram;
}

std::array<std::byte, sdp_response_size> make_sdp_response(const SdpResponse& response) noexcept {
    std::array<std::byte, sdp_response_size> datagram{};
    std::ranges::copy(make_v2gtp_header({PayloadType::sdp_response, 20}), datagram.begin());
    std::ranges::copy(response.address, datagram.begin() + v2gtp_header_size);
    datagram[24] = octet(response.port, 8);
    datagram[25] = octet(response.port, 0);
    datagram[26] = static_cast<std::byte>(response.security);
    datagram[27] = static_cast<std::byte>(response.transport);
    return datagram;
}

}  // namespace voltkeep::iso15118
