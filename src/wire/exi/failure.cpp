// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/failure.hpp"

#include <format>

namespace voltkeep::exi {

std::string_view describe(Fault fault) noexcept {
    switch (fault) {
        case Fault::none: return "no fault";
        case Fault::truncated: return "the stream ends too early";
        case Fault::header: return "the stream does not begin with 0x80";
        case Fault::unknown_root: return "no such message in this schema";
        case Fault::escape: return "an event that the schema does not have";
        case Fault::not_used: return "an element that is not used in ISO 15118-20";
        case Fault::out_of_range: return "a value out of its range";
        case Fault::too_long: return "a text or binary of a wrong length";
        case Fault::too_many: return "more elements than allowed";
        case Fault::too_few: return "fewer elements than required";
        case Fault::string_table: return "a reference into an empty string table";
        case Fault::padding: return "padding that is not zero";
        case Fault::trailing: return "bytes after the end";
        case Fault::no_room: return "no room for the stream";
    }
    return "?";
}

Error to_error(const Failure& failure, Errc code, std::string_view message) {
    std::array<char, 220> text{};
    auto end = std::format_to_n(text.begin(), text.size(), "{}: {} at bit {}{}{}", message, describe(failure.fault), failure.bit,
                                failure.field.empty() ? "" : " in ", failure.field);
    return {code, {text.data(), std::min(static_cast<std::size_t>(end.size), text.size())}};
}

}  // namespace voltkeep::exi
