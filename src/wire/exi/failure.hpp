// SPDX-License-Identifier: Apache-2.0
// Why a stream or a value was refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace voltkeep::exi {

enum class Fault : std::uint8_t {
    none,
    truncated,     ///< the bits ended inside the message
    header,        ///< the first byte is not 0x80
    unknown_root,  ///< the root code is no message of this schema set
    escape,        ///< a second-level event (a deviation from the schema), or a code that no production has
    not_used,      ///< a production that the schema has and V2G never sends
    out_of_range,  ///< a number, code or character outside its type's range
    too_long,      ///< a string or binary over its maxLength, or not of its length
    too_many,      ///< a list over its bound
    too_few,       ///< a list under its minOccurs (only when encoding)
    string_table,  ///< a string table hit: the partition capacity is 0
    padding,       ///< bits after the end that are not zero
    trailing,      ///< whole bytes after the end
    no_room,       ///< the output is too small (only when encoding)
};
[[nodiscard]] std::string_view describe(Fault fault) noexcept;

struct Failure {
    Fault fault = Fault::none;
    std::size_t bit = 0;     ///< position in the stream where it was noticed
    std::string_view field;  ///< the innermost field's name; "" if it is the stream's frame
};

/// "DC_ChargeLoopReq: a value out of its range at bit 113 in EVPresentVoltage", with this code.
[[nodiscard]] Error to_error(const Failure& failure, Errc code, std::string_view message);

}  // namespace voltkeep::exi
