// SPDX-License-Identifier: Apache-2.0
// Small steps over JSON text, shared by the strict pass and the reader. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace voltkeep::ocpp::scan {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline const char* space(const char* at, const char* end) {
    while (at != end && is_space(*at)) ++at;
    return at;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

inline void append_utf8(std::string& out, std::uint32_t c) {
    const auto byte = [&](std::uint32_t b) { out += static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
    } else {
        byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f));
    }
}

/// Appends what a string says between its quotes; `inside` has passed the strict pass.
void unescape(std::string_view inside, std::string& out);

/// A step of a JSON pointer (RFC 6901, 3), the slash before it included. A name that a peer chose is cut at 64 bytes.
std::string pointer_step(std::string_view name);

// These walk over text that has passed the strict pass, `at` being at a value's first character. They return what lies behind it.
const char* behind_string(const char* at);
const char* behind_value(const char* at, const char* end);

}  // namespace voltkeep::ocpp::scan
