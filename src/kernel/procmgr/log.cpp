// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/log.hpp"

#include <charconv>
#include <utility>

namespace voltkeep::kernel::procmgr {

namespace {
std::array<char, 2> hex_of(unsigned octet) { return {"0123456789abcdef"[octet >> 4], "0123456789abcdef"[octet & 15]}; }
}  // namespace

Line& Line::raw(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) {
        CHECK(part.size() <= characters_.size() - size_);
        size_ += part.copy(characters_.data() + size_, part.size());
    }
    return *this;
}

Line& Line::number(std::string_view key, std::int64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value);
    return raw({",\"", key, "\":", {digits.data(), end.ptr}});
}

Line& Line::text(std::string_view key, std::string_view value) {
    raw({",\"", key, "\":\""});
    for (const char c : value) {
        if (size_ > text_end) break;
        const auto octet = static_cast<unsigned char>(c);
        const std::array<char, 2> digits = hex_of(octet);
        if (octet < 0x20 || octet >= 0x7f) raw({"\\u00", {digits.data(), 2}});
        else raw({c == '"' || c == '\\' ? "\\" : "", {&c, 1}});
    }
    return raw({"\""});
}

Line& Line::hex(std::string_view key, std::span<const std::uint8_t> value) {
    raw({",\"", key, "\":\""});
    for (const std::uint8_t octet : value) raw({{hex_of(octet).data(), 2}});
    return raw({"\""});
}

Line& Line::list(std::string_view key, std::span<const std::string_view> names, std::uint32_t bits) {
    raw({",\"", key, "\":["});
    std::string_view comma = "\"";
    for (std::size_t i = 0; i < names.size(); ++i)
        if (bits >> i & 1) raw({std::exchange(comma, ",\""), names[i], "\""});
    return raw({"]"});
}

}  // namespace voltkeep::kernel::procmgr
