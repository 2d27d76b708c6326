// SPDX-License-Identifier: Apache-2.0
// SECC Discovery Protocol: how a car finds the charger's address. One UDP datagram each way: server port 15118, multicast
// ff02::1. Pure functions; whatever is not a well-formed datagram is to be dropped and counted, never answered.
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::iso15118 {

constexpr std::uint16_t sdp_port = 15118;

enum class SdpSecurity : std::uint8_t { tls = 0x00, none = 0x10 };
enum class SdpTransport : std::uint8_t { tcp = 0x00 };

struct SdpRequest {
    SdpSecurity security = SdpSecurity::tls;
    SdpTransport transport = SdpTransport::tcp;
    friend bool operator==(const SdpRequest&, const SdpRequest&) = default;
};

struct SdpResponse {
    std::array<std::byte, 16> address{};  ///< IPv6 address of the charger, network order
    std::uint16_t port = 0;               ///< TCP, 49152 to 65535
    SdpSecurity security = SdpSecurity::tls;
    SdpTransport transport = SdpTransport::tcp;
    friend bool operator==(const SdpResponse&, const SdpResponse&) = default;
};

/// Why a datagram is dropped.
enum class SdpFault : std::uint8_t {
    header,        ///< no V2GTP header, or a bad one
    payload_type,  ///< another payload type
    length,        ///< not the one length that this datagram has
    value,         ///< a security, transport or port that the standard does not know
};

constexpr std::size_t sdp_request_size = v2gtp_header_size + 2;
constexpr std::size_t sdp_response_size = v2gtp_header_size + 20;

[[nodiscard]] std::expected<SdpRequest, SdpFault> parse_sdp_request(Bytes datagram) noexcept;
[[nodiscard]] std::expected<SdpResponse, SdpFault> parse_sdp_response(Bytes datagram) noexcept;
[[nodiscard]] std::array<std::byte, sdp_request_size> make_sdp_request(const SdpRequest& request) noexcept;
[[nodiscard]] std::array<std::byte, sdp_response_size> make_sdp_response(const SdpResponse& response) noexcept;

}  // namespace voltkeep::iso15118
