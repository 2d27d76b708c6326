// SPDX-License-Identifier: Apache-2.0
#include "cli/printable.hpp"

#include <cstdint>
#include <format>

#include "base/utf8.hpp"

namespace voltkeep::cli {

namespace {

std::uint32_t code_of(std::string_view character) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i])); };
    if (character.size() == 1) return at(0);
    std::uint32_t code = at(0) & (0x7fu >> character.size());
    for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (at(i) & 0x3f);
    return code;
}

/// Unicode's Cc, Cf (as far as terminals act on them), Zl, Zp, and the tags, which nobody sees.
bool is_hidden(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x061c || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            out += "\\ufffd";
            text.remove_prefix(1);
            continue;
        }
        const std::uint32_t code = code_of(text.substr(0, length));
        if (!is_hidden(code)) out += text.substr(0, length);
        else if (code < 0x10000) out += std::format("\\u{:04x}", code);
        else out += std::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
        text.remove_prefix(length);
    }
    return out;
}

}  // namespace voltkeep::cli
