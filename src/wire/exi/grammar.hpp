// SPDX-License-Identifier: Apache-2.0
// The grammar of a type, derived at compile time from its field list (EXI 1.0, 8.5.4: schema-informed, non-strict).
//
// A state is (slot, how many of it were seen). Its productions are: the codes of that slot again, if one more may come; the codes
// of the following slots up to and including the first that must come; the end of the element, if none must; text, if the type is
// mixed. A code takes the bits that count them and one more, the escape to second-level events, which V2G never sends.
#pragma once

#include "wire/exi/fields.hpp"

namespace voltkeep::exi {

inline constexpr unsigned no_limit = ~0u;

template <Described T>
struct Grammar {
    struct Row {
        unsigned minimum, maximum, codes;
    };
    static constexpr std::size_t slots = slot_count<T>;

    template <std::size_t I>
    static constexpr Row row() {
        constexpr auto slot = slot_of<T, I>;
        if constexpr (!has_member<T, I>) {
            return {0, no_limit, slot.codes};
        } else {
            using S = Shape<std::remove_cvref_t<decltype(std::declval<T&>().*slot.member)>>;
            return {S::is_list ? slot.minimum : S::minimum, slot.is_unbounded ? no_limit : S::maximum,
                    static_cast<unsigned>(slot.names.size())};
        }
    }
    static constexpr std::array<Row, slots> rows = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<Row, slots>{row<I>()...};
    }(std::make_index_sequence<slots>{});

    static constexpr bool is_mixed = [] {
        bool mixed_seen = false;
        for_each_slot<T>([&]<std::size_t I>() {
            mixed_seen = slot_of<T, I>.kind == Kind::mixed;
            return true;
        });
        return mixed_seen;
    }();

    /// Number of productions in a state, without the escape.
    static constexpr unsigned productions(std::size_t slot, unsigned seen) {
        unsigned count = 0;
        for (std::size_t s = slot; s < slots; ++s, seen = 0) {
            if (seen < rows[s].maximum) count += rows[s].codes;
            if (seen < rows[s].minimum) return count;
        }
        return count + 1 + (is_mixed ? 1 : 0);
    }
    /// Bits of a code in a state.
    static constexpr unsigned width(std::size_t slot, unsigned seen) {
        return static_cast<unsigned>(std::bit_width(productions(slot, seen)));
    }
};

/// Bits of an event code before slot `slot` of T, when all before it are there: for assertions beside a type.
template <Described T>
inline constexpr auto width_before =
    [](std::size_t slot) { return slot == 0 ? Grammar<T>::width(0, 0) : Grammar<T>::width(slot - 1, 1); };

}  // namespace voltkeep::exi
