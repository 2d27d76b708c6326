// SPDX-License-Identifier: Apache-2.0
// How each value type lies in the stream (EXI 1.0, 7.1): one pair of functions a type, reader and writer side by side.
#pragma once

#include <limits>

#include "wire/exi/bits.hpp"
#include "wire/exi/fields.hpp"

namespace voltkeep::exi {

/// An integer whose type spans at most this many values is written as its offset from the lowest, in as many bits as they need.
inline constexpr std::uint64_t largest_bounded_range = 4096;

template <class Rep, Rep lowest, Rep highest>
struct Number {
    static constexpr std::uint64_t span = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
    static constexpr bool is_bounded = span < largest_bounded_range;
    static constexpr auto bits = static_cast<unsigned>(std::bit_width(span));

    static Rep get(BitReader& in) {
        std::int64_t value = 0;
        if constexpr (is_bounded) {
            std::uint64_t offset = in.get(bits);
            if (offset > span) in.fail(Fault::out_of_range);
            value = static_cast<std::int64_t>(offset) + static_cast<std::int64_t>(lowest);
        } else if constexpr (lowest >= 0) {
            std::uint64_t number = in.unsigned_integer();
            if (number < static_cast<std::uint64_t>(lowest) || number > static_cast<std::uint64_t>(highest))
                in.fail(Fault::out_of_range);
            value = static_cast<std::int64_t>(number);
        } else {
            bool negative = in.get(1) != 0;
            std::uint64_t magnitude = in.unsigned_integer();
            if (magnitude > static_cast<std::uint64_t>(highest)) in.fail(Fault::out_of_range);
            value = negative ? -static_cast<std::int64_t>(magnitude) - 1 : static_cast<std::int64_t>(magnitude);
        }
        return static_cast<Rep>(value);
    }

    static void put(BitWriter& out, Rep value) {
        if (value < lowest || value > highest) return out.fail(Fault::out_of_range);
        if constexpr (is_bounded) {
            out.put(bits, static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(lowest));
        } else if constexpr (lowest >= 0) {
            out.unsigned_integer(static_cast<std::uint64_t>(value));
        } else {
            auto wide = static_cast<std::int64_t>(value);
            out.put(1, wide < 0 ? 1 : 0);
            out.unsigned_integer(static_cast<std::uint64_t>(wide < 0 ? -(wide + 1) : wide));
        }
    }
};

template <class T>
    requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
void get(BitReader& in, T& value) {
    static_assert(!std::is_same_v<T, std::int64_t>, "no type of the standard is a signed 64 bit number");
    value = Number<T, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()>::get(in);
}
template <class T>
    requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
void put(BitWriter& out, T value) {
    Number<T, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()>::put(out, value);
}

template <class Rep, Rep lowest, Rep highest>
void get(BitReader& in, Within<Rep, lowest, highest>& value) {
    value.value = Number<Rep, lowest, highest>::get(in);
}
template <class Rep, Rep lowest, Rep highest>
void put(BitWriter& out, const Within<Rep, lowest, highest>& value) {
    Number<Rep, lowest, highest>::put(out, value.value);
}

inline void get(BitReader& in, bool& value) { value = in.get(1) != 0; }
inline void put(BitWriter& out, bool value) { out.put(1, value ? 1 : 0); }

template <class E>
    requires std::is_enum_v<E>
void get(BitReader& in, E& value) {
    constexpr auto last = static_cast<std::uint8_t>(names_of<E>.size() - 1);
    value = static_cast<E>(Number<std::uint8_t, 0, last>::get(in));
}
template <class E>
    requires std::is_enum_v<E>
void put(BitWriter& out, E value) {
    constexpr auto last = static_cast<std::uint8_t>(names_of<E>.size() - 1);
    Number<std::uint8_t, 0, last>::put(out, static_cast<std::uint8_t>(value));
}

/// xs:integer: sign, then the magnitude in groups of 7 bits; of a negative number one less.
void get(BitReader& in, Integer& value);
void put(BitWriter& out, const Integer& value);

/// The characters of a string after its length, into `utf8` with room for 4 bytes each: the bytes written.
[[nodiscard]] std::size_t get_characters(BitReader& in, std::size_t characters, char* utf8);
/// A string with its length. `utf8` is well-formed.
void put_string(BitWriter& out, std::string_view utf8);

/// Lengths 0 and 1 are string table hits. The tables have no room (valuePartitionCapacity 0), so there is nothing to hit.
inline constexpr std::uint64_t string_length_offset = 2;

template <std::size_t N>
void get(BitReader& in, String<N>& value) {
    std::uint64_t length = in.unsigned_integer();
    if (length < string_length_offset) return in.fail(Fault::string_table);
    if (length - string_length_offset > N) return in.fail(Fault::too_long);
    StringAccess::set_size(value, get_characters(in, length - string_length_offset, StringAccess::bytes(value)));
}
template <std::size_t N>
void put(BitWriter& out, const String<N>& value) {
    put_string(out, value.view());
}

/// A binary whose length is fixed.
template <std::size_t N>
void get_fixed(BitReader& in, std::array<std::byte, N>& octets) {
    if (in.unsigned_integer() != N) return in.fail(Fault::too_long);
    in.octets(octets.data(), N);
}
template <std::size_t N>
void put_fixed(BitWriter& out, const std::array<std::byte, N>& octets) {
    out.unsigned_integer(N);
    out.octets(octets.data(), N);
}
template <std::size_t N>
void get(BitReader& in, HexBinary<N>& value) {
    get_fixed(in, value.octets);
}
template <std::size_t N>
void put(BitWriter& out, const HexBinary<N>& value) {
    put_fixed(out, value.octets);
}
template <std::size_t N>
void get(BitReader& in, Base64Fixed<N>& value) {
    get_fixed(in, value.octets);
}
template <std::size_t N>
void put(BitWriter& out, const Base64Fixed<N>& value) {
    put_fixed(out, value.octets);
}

template <std::size_t N>
void get(BitReader& in, Base64Binary<N>& value) {
    std::uint64_t length = in.unsigned_integer();
    if (!value.resize(length)) return in.fail(Fault::too_long);
    in.octets(value.data(), length);
}
template <std::size_t N>
void put(BitWriter& out, const Base64Binary<N>& value) {
    out.unsigned_integer(value.size());
    out.octets(value.data(), value.size());
}

}  // namespace voltkeep::exi
