// SPDX-License-Identifier: Apache-2.0
// The frame around every message: 8 bytes that say what follows and how long it is. Pure functions; the caller reads the stream.
//
//     01 FE | payload type, 16 bits | payload length, 32 bits     (big endian)
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>

#include "base/text.hpp"

namespace voltkeep::iso15118 {

enum class PayloadType : std::uint16_t {
    app_protocol = 0x8001,  ///< supportedAppProtocol
    common = 0x8002,        ///< main stream, CommonMessages
    ac = 0x8003,            ///< main stream, AC
    dc = 0x8004,            ///< main stream, DC (and MCS)
    acdp = 0x8005,          ///< main stream, ACDP
    wpt = 0x8006,           ///< main stream, WPT
    schedule_renegotiation =
        0x8101,                      ///< side stream beside the charge loop: charge parameters, schedule exchange, power delivery
    metering_confirmation = 0x8102,  ///< side stream beside the charge loop
    acdp_system_status = 0x8103,     ///< side stream
    parking_status = 0x8104,         ///< side stream: vehicle check in and out
    sdp_request = 0x9000,
    sdp_response = 0x9001,
};
/// True for the types above: all that this station understands.
[[nodiscard]] bool is_known(std::uint16_t payload_type) noexcept;

constexpr std::size_t v2gtp_header_size = 8;
/// A frame with a longer payload is refused before a byte of it is read. The longest messages (three schedules of 1,024 entries)
/// need half.
constexpr std::uint32_t v2gtp_max_payload = 128 * 1024;

struct V2gtpHeader {
    PayloadType type = PayloadType::common;
    std::uint32_t length = 0;  ///< of the payload: 1 to v2gtp_max_payload
};

/// Why a header is refused. Nothing after it can be trusted, so a stream ends with it and a datagram is dropped.
enum class V2gtpFault : std::uint8_t {
    short_header,  ///< fewer than 8 bytes
    version,       ///< not 01 FE
    payload_type,  ///< none that is known
    empty,         ///< payload length 0
    too_long,      ///< over v2gtp_max_payload
};
[[nodiscard]] std::string_view describe(V2gtpFault fault) noexcept;

/// Reads the first 8 bytes; what follows them is not looked at.
[[nodiscard]] std::expected<V2gtpHeader, V2gtpFault> parse_v2gtp_header(Bytes bytes) noexcept;
/// The 8 bytes of a header. length is at most v2gtp_max_payload.
[[nodiscard]] std::array<std::byte, v2gtp_header_size> make_v2gtp_header(V2gtpHeader header) noexcept;

}  // namespace voltkeep::iso15118
