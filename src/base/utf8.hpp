// SPDX-License-Identifier: Apache-2.0
// UTF-8, one character at a time. For whoever passes on what a stranger wrote.
#pragma once

#include <cstddef>
#include <string_view>

namespace voltkeep {

/// Bytes of the character that a text begins with, as RFC 3629 has it (shortest form, no surrogate); 0 if it begins with none.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [&](std::size_t i) { return (at(i) & 0xc0u) == 0x80u; };
    const unsigned first = at(0);
    if (text.empty() || (first >= 0x80 && first < 0xc2) || first > 0xf4) return 0;
    if (first < 0x80) return 1;
    if (first < 0xe0) return follows(1) ? 2 : 0;
    const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at(1) < lowest || at(1) > highest || !follows(2)) return 0;
    if (first < 0xf0) return 3;
    return follows(3) ? 4 : 0;
}

}  // namespace voltkeep
