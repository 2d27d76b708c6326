// SPDX-License-Identifier: Apache-2.0
// What a car for tests can do wrong: one misdeed, at one message.
#pragma once

#include "base/result.hpp"
#include "wire/iso15118/message.hpp"

namespace voltkeep::iso15118::evcc {

enum class Misdeed : std::uint8_t {
    wrong_order,        ///< a message that has no place there
    wrong_session_id,
    session_id_zero,
    restart,            ///< supportedAppProtocolReq again
    silence,            ///< says nothing, and keeps the connection
    garbage,            ///< a well-formed frame whose payload is no EXI
    wrong_stream,       ///< the payload type of another stream
    bad_header,         ///< bytes that are no V2GTP header
    huge_length,        ///< a header that promises 4 GiB
    slow_drip,          ///< a byte every 200 ms
    disconnect,         ///< ends the connection without a word
    over_voltage,       ///< asks for more voltage than the charger has
};
[[nodiscard]] std::string_view name(Misdeed misdeed) noexcept;
/// All of them, for the help.
[[nodiscard]] std::span<const std::string_view> misdeed_names() noexcept;

struct Fault {
    Misdeed misdeed = Misdeed::silence;
    Text<40> at;              ///< element name of the request
    std::uint16_t nth = 1;    ///< which of these requests
};

/// "garbage@DC_CableCheckReq" or "silence@DC_ChargeLoopReq:5". Errors: bad_argument.
[[nodiscard]] Result<Fault> parse_fault(std::string_view text);

}  // namespace voltkeep::iso15118::evcc
