// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/values.hpp"

namespace voltkeep::exi {

std::optional<Character> first_character(std::string_view utf8) noexcept {
    auto octet = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(utf8[i])); };
    std::uint32_t lead = octet(0);
    if (lead < 0x80) return Character{lead, 1};
    std::size_t bytes = lead >= 0xf0 ? 4u : lead >= 0xe0 ? 3u : 2u;
    if (lead < 0xc2 || lead > 0xf4 || utf8.size() < bytes) return std::nullopt;
    std::uint32_t code = lead & (0xffu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((octet(i) & 0xc0u) != 0x80u) return std::nullopt;
        code = code << 6 | (octet(i) & 0x3fu);
    }
    constexpr std::array<std::uint32_t, 5> shortest = {0, 0, 0x80, 0x800, 0x10000};
    if (code < shortest[bytes]) return std::nullopt;
    return Character{code, bytes};
}

std::optional<std::size_t> count_characters(std::string_view utf8) noexcept {
    std::size_t count = 0;
    while (!utf8.empty()) {
        auto character = first_character(utf8);
        if (!character || !is_xml_character(character->code)) return std::nullopt;
        utf8.remove_prefix(character->bytes);
        ++count;
    }
    return count;
}

std::optional<Integer> Integer::from_octets(Bytes big_endian) {
    while (!big_endian.empty() && big_endian.front() == std::byte{0}) big_endian = big_endian.subspan(1);
    if (big_endian.size() > limbs * 4) return std::nullopt;
    Integer number;
    for (std::size_t i = 0; i < big_endian.size(); ++i) {
        auto octet = std::to_integer<std::uint32_t>(big_endian[big_endian.size() - 1 - i]);
        number.limbs_[i / 4] |= octet << (8 * (i % 4));
    }
    return number;
}

std::optional<Integer> Integer::from_text(std::string_view decimal) {
    bool negative = decimal.starts_with('-');
    if (negative) decimal.remove_prefix(1);
    if (decimal.empty()) return std::nullopt;
    std::array<std::uint32_t, limbs> magnitude{};
    for (char digit : decimal) {
        if (digit < '0' || digit > '9') return std::nullopt;
        auto carry = static_cast<std::uint64_t>(digit - '0');
        for (std::uint32_t& limb : magnitude) {
            carry += std::uint64_t{limb} * 10;
            limb = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0) return std::nullopt;
    }
    return from_limbs(negative, magnitude);
}

Integer Integer::from_limbs(bool negative, const std::array<std::uint32_t, limbs>& little_endian) {
    Integer number;
    number.limbs_ = little_endian;
    number.negative_ = negative && little_endian != std::array<std::uint32_t, limbs>{};
    return number;
}

Text<80> Integer::text() const {
    auto rest = limbs_;
    std::array<char, 80> digits{};
    std::size_t first = digits.size();
    do {
        std::uint64_t remainder = 0;
        for (std::size_t i = limbs; i-- > 0;) {
            remainder = remainder << 32 | rest[i];
            rest[i] = static_cast<std::uint32_t>(remainder / 10);
            remainder %= 10;
        }
        digits[--first] = static_cast<char>('0' + remainder);
    } while (rest != std::array<std::uint32_t, limbs>{});
    if (negative_) digits[--first] = '-';
    return Text<80>::cut({digits.data() + first, digits.size() - first});
}

}  // namespace voltkeep::exi
