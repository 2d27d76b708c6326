// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/log.hpp"

namespace voltkeep::kernel::procmgr {

namespace {
constexpr std::string_view digits = "0123456789abcdef";
}

void Line::raw(std::string_view part) {
    CHECK(part.size() <= characters_.size() - size_);
    std::ranges::copy(part, characters_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
}

void Line::begin(std::string_view key) {
    raw(",\"");
    raw(key);
    raw("\":");
}

void Line::number(std::int64_t value) {
    const auto end = std::to_chars(characters_.data() + size_, characters_.data() + characters_.size(), value);
    CHECK(end.ec == std::errc{});
    size_ = static_cast<std::size_t>(end.ptr - characters_.data());
}

Line& Line::text(std::string_view key, std::string_view value) {
    begin(key);
    raw("\"");
    for (const char c : value) {
        if (size_ > room) break;
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            raw("\\");
            raw({&c, 1});
        } else if (octet >= 0x20 && octet < 0x7f) raw({&c, 1});
        else {
            raw("\\u00");
            raw(digits.substr(octet >> 4, 1));
            raw(digits.substr(octet & 15, 1));
        }
    }
    raw("\"");
    return *this;
}

Line& Line::hex(std::string_view key, std::span<const std::uint8_t> value) {
    begin(key);
    raw("\"");
    for (const std::uint8_t octet : value) {
        raw(digits.substr(octet >> 4, 1));
        raw(digits.substr(octet & 15, 1));
    }
    raw("\"");
    return *this;
}

Line& Line::list(std::string_view key, std::span<const std::string_view> names, std::uint32_t bits) {
    begin(key);
    std::string_view before = "[\"";
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((bits >> i & 1) == 0) continue;
        raw(before);
        raw(names[i]);
        before = "\",\"";
    }
    raw(before == "[\"" ? "[]" : "\"]");
    return *this;
}

}  // namespace voltkeep::kernel::procmgr
