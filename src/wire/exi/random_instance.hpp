// SPDX-License-Identifier: Apache-2.0
// Random valid instances of a type, from its field list: for property tests and benchmarks. Edges (lowest, highest, full lists)
// are frequent.
#pragma once

#include <limits>

#include "wire/exi/fields.hpp"

namespace voltkeep::exi {

/// A small reproducible generator (SplitMix64). Not for secrets.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    /// 0 to n-1.
    std::size_t below(std::size_t n) { return next() % n; }
    bool one_in(std::size_t n) { return below(n) == 0; }

private:
    std::uint64_t state_;
};

template <Described T>
void randomize(Random& random, T& value);

template <class Rep>
Rep random_number(Random& random, Rep lowest, Rep highest) {
    auto span = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
    switch (random.below(8)) {
        case 0: return lowest;
        case 1: return highest;
        case 2:
            return static_cast<Rep>(static_cast<std::uint64_t>(lowest) +
                                    (span == ~0ull ? random.next() : random.next() % (span + 1)));
        default: {
            std::uint64_t offset = random.next() >> random.below(64);
            return static_cast<Rep>(static_cast<std::uint64_t>(lowest) + (span == ~0ull ? offset : offset % (span + 1)));
        }
    }
}

inline void randomize(Random& random, bool& value) { value = random.one_in(2); }
template <class T>
    requires std::is_integral_v<T>
void randomize(Random& random, T& value) {
    value = random_number(random, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}
template <class Rep, Rep lowest, Rep highest>
void randomize(Random& random, Within<Rep, lowest, highest>& value) {
    value.value = random_number(random, lowest, highest);
}
template <class E>
    requires std::is_enum_v<E>
void randomize(Random& random, E& value) {
    value = static_cast<E>(random.below(names_of<E>.size()));
}
inline void randomize(Random& random, Integer& value) {
    std::array<std::uint32_t, Integer::limbs> limbs{};
    for (std::size_t i = random.below(Integer::limbs + 1); i-- > 0;)
        limbs[i] = random.one_in(4) ? ~0u : static_cast<std::uint32_t>(random.next());
    value = Integer::from_limbs(random.one_in(2), limbs);
}
template <std::size_t N>
void randomize(Random& random, String<N>& value) {
    constexpr std::array<std::uint32_t, 8> characters = {'A', 'z', '0', ' ', 0xe9, 0x20ac, 0xfffd, 0x1f50c};
    std::size_t length = random.one_in(32) ? N : random.below(std::min<std::size_t>(N, 12) + 1);
    char* at = StringAccess::bytes(value);
    for (std::size_t i = 0; i < length; ++i) at += put_character(characters[random.below(characters.size())], at);
    StringAccess::set_size(value, static_cast<std::size_t>(at - StringAccess::bytes(value)));
}
inline void randomize_octets(Random& random, std::span<std::byte> octets) {
    for (std::byte& octet : octets) octet = static_cast<std::byte>(random.next());
}
template <std::size_t N>
void randomize(Random& random, HexBinary<N>& value) {
    randomize_octets(random, value.octets);
}
template <std::size_t N>
void randomize(Random& random, Base64Fixed<N>& value) {
    randomize_octets(random, value.octets);
}
template <std::size_t N>
void randomize(Random& random, Base64Binary<N>& value) {
    std::size_t length = random.one_in(16) ? N : random.below(std::min<std::size_t>(N, 48) + 1);
    (void)value.resize(length);
    randomize_octets(random, {value.data(), length});
}
template <class... A>
void randomize(Random& random, std::variant<A...>& value) {
    std::size_t alternative = random.below(sizeof...(A));
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((alternative == I && (randomize(random, value.template emplace<I>()), true)) || ...);
    }(std::index_sequence_for<A...>{});
}

/// A length between the bounds: short mostly, full now and then.
inline std::size_t random_length(Random& random, std::size_t minimum, std::size_t maximum) {
    if (random.one_in(maximum <= 32 ? 32 : 4096)) return maximum;
    return std::min(maximum, minimum + random.below(4));
}

template <Described T>
void randomize([[maybe_unused]] Random& random, [[maybe_unused]] T& value) {
    for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) {
            constexpr auto slot = slot_of<T, I>;
            auto& member = value.*slot.member;
            using S = Shape<std::remove_cvref_t<decltype(member)>>;
            if constexpr (S::is_list) {
                (void)member.resize(random_length(random, slot.minimum, S::maximum));
                for (auto& item : member) randomize(random, item);
            } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, Rare<typename S::Item>>) {
                if (random.one_in(8)) randomize(random, member.emplace());
            } else if constexpr (S::is_optional) {
                if (random.one_in(2)) randomize(random, member.emplace());
            } else {
                randomize(random, member);
            }
        }
        return true;
    });
}

}  // namespace voltkeep::exi
