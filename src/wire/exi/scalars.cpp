// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/scalars.hpp"

namespace voltkeep::exi {
namespace {

using Limbs = std::array<std::uint32_t, Integer::limbs>;
constexpr unsigned integer_bits = Integer::limbs * 32;

/// Adds 7 bits at a bit position; false if they do not fit.
bool add_group(Limbs& limbs, unsigned position, std::uint64_t group) {
    if (position >= integer_bits || (position + 7 > integer_bits && group >> (integer_bits - position) != 0)) return group == 0;
    std::uint64_t shifted = group << (position % 32);
    limbs[position / 32] |= static_cast<std::uint32_t>(shifted);
    if (shifted >> 32 != 0) limbs[position / 32 + 1] |= static_cast<std::uint32_t>(shifted >> 32);
    return true;
}

/// The magnitude plus one; false if it is over 256 bits then.
bool increment(Limbs& limbs) {
    return std::ranges::any_of(limbs, [](std::uint32_t& limb) { return ++limb != 0; });
}

void decrement(Limbs& limbs) {
    (void)std::ranges::any_of(limbs, [](std::uint32_t& limb) { return limb-- != 0; });
}

}  // namespace

void get(BitReader& in, Integer& value) {
    bool negative = in.get(1) != 0;
    Limbs limbs{};
    for (unsigned position = 0;; position += 7) {
        std::uint64_t octet = in.get(8);
        bool is_last = octet < 0x80;
        if (!add_group(limbs, position, octet & 0x7f) || position > integer_bits || (octet == 0 && position != 0)) {
            return in.fail(Fault::out_of_range);
        }
        if (is_last) break;
    }
    if (negative && !increment(limbs)) return in.fail(Fault::out_of_range);
    value = Integer::from_limbs(negative, limbs);
}

void put(BitWriter& out, const Integer& value) {
    Limbs limbs = value.magnitude();
    out.put(1, value.is_negative() ? 1 : 0);
    if (value.is_negative()) decrement(limbs);
    do {
        std::uint64_t group = limbs[0] & 0x7f;
        for (std::size_t i = 0; i < limbs.size(); ++i) {
            std::uint64_t next = i + 1 < limbs.size() ? limbs[i + 1] : 0;
            limbs[i] = static_cast<std::uint32_t>((next << 32 | limbs[i]) >> 7);
        }
        out.put(8, group | (limbs != Limbs{} ? 0x80u : 0u));
    } while (limbs != Limbs{});
}

std::size_t get_characters(BitReader& in, std::size_t characters, char* utf8) {
    char* at = utf8;
    for (; characters > 0; --characters) {
        std::uint64_t code = in.get(8);
        if (code >= 0x20 && code < 0x80) [[likely]] {
            *at++ = static_cast<char>(code);
            continue;
        }
        if (code >= 0x80) code = in.unsigned_integer_after(code);
        if (code > 0x10ffff || !is_xml_character(static_cast<std::uint32_t>(code))) {
            in.fail(Fault::out_of_range);
            return 0;
        }
        at += put_character(static_cast<std::uint32_t>(code), at);
    }
    return static_cast<std::size_t>(at - utf8);
}

void put_string(BitWriter& out, std::string_view utf8) {
    auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; };
    out.unsigned_integer(utf8.size() - static_cast<std::size_t>(std::ranges::count_if(utf8, is_continuation)) +
                         string_length_offset);
    while (!utf8.empty()) {
        auto lead = static_cast<unsigned char>(utf8.front());
        if (lead < 0x80) {
            out.put(8, lead);
            utf8.remove_prefix(1);
            continue;
        }
        auto character = first_character(utf8);
        if (!character) return out.fail(Fault::out_of_range);
        out.unsigned_integer(character->code);
        utf8.remove_prefix(character->bytes);
    }
}

}  // namespace voltkeep::exi
