// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/json_fields.hpp"

#include <format>

namespace voltkeep::exi {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string hex_with(Bytes bytes, std::string_view digits) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        text.push_back(digits[std::to_integer<unsigned>(b) >> 4]);
        text.push_back(digits[std::to_integer<unsigned>(b) & 0xf]);
    }
    return text;
}

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
}

}  // namespace

std::string to_hex(Bytes bytes) { return hex_with(bytes, "0123456789ABCDEF"); }
std::string to_lower_hex(Bytes bytes) { return hex_with(bytes, "0123456789abcdef"); }

std::optional<std::size_t> from_hex(std::string_view text, std::span<std::byte> out) {
    if (text.size() % 2 != 0 || text.size() / 2 > out.size()) return std::nullopt;
    for (std::size_t i = 0; i < text.size() / 2; ++i) {
        auto high = hex_value(text[2 * i]);
        auto low = hex_value(text[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        out[i] = static_cast<std::byte>(*high << 4 | *low);
    }
    return text.size() / 2;
}

std::string to_base64(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i) text.push_back(i <= bytes.size() ? base64_digits[group >> (18 - 6 * i) & 0x3f] : '=');
    }
    return text;
}

std::optional<std::size_t> from_base64(std::string_view text, std::span<std::byte> out) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::size_t size = text.size() / 4 * 3 - padding;
    if (size > out.size()) return std::nullopt;
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t done = 0;
    for (char c : text.substr(0, text.size() - padding)) {
        auto digit = base64_digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[done++] = static_cast<std::byte>(bits >> held & 0xff);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;  // bits that belong to no byte
    return done;
}

std::unexpected<Error> bad_field(std::string_view field, std::string_view what) {
    return std::unexpected(Error(Errc::bad_argument, std::format("{}: {}", field, what)));
}

}  // namespace voltkeep::exi
