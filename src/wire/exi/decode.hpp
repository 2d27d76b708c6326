// SPDX-License-Identifier: Apache-2.0
// Streams to structures. Made from the field list alone; the recursion is over types, so its depth is known when it is compiled.
// For the translation units that instantiate it; who only uses messages includes iso15118/codec.hpp.
#pragma once

#include "wire/exi/grammar.hpp"
#include "wire/exi/scalars.hpp"

namespace voltkeep::exi {

template <Described T>
void get(BitReader& in, T& value);

/// The content of an element after its start: of a simple type a text event, the value and an end.
template <class T>
void get_element(BitReader& in, T& value) {
    if constexpr (Described<T>) {
        get(in, value);
    } else {
        (void)in.event<1>();
        get(in, value);
        (void)in.event<1>();
    }
}

template <class... A>
void get_alternative(BitReader& in, std::variant<A...>& value, unsigned alternative) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((alternative == I && (get_element(in, value.template emplace<I>()), true)) || ...);
    }(std::index_sequence_for<A...>{});
}

/// One occurrence of a slot, whose code was `alternative` of its own.
template <Kind kind, class Item>
void get_occurrence(BitReader& in, Item& value, [[maybe_unused]] unsigned alternative) {
    if constexpr (kind == Kind::choice)
        get_alternative(in, value, alternative);
    else if constexpr (kind == Kind::element)
        get_element(in, value);
    else
        get(in, value);
}

/// The code that follows the `seen`-th occurrence of slot I. A list has three kinds of states: one more must, may, must not come.
template <Described T, std::size_t I>
unsigned next_event(BitReader& in, unsigned seen) {
    using G = Grammar<T>;
    constexpr auto row = G::rows[I];
    if constexpr (row.maximum == 1) {
        return in.event<G::productions(I, 1)>();
    } else {
        if (seen < row.minimum) return in.event<G::productions(I, 0)>();
        if (seen < row.maximum) return in.event<G::productions(I, row.minimum)>();
        return in.event<G::productions(I, row.maximum)>();
    }
}

/// Slot I of T. `code` is the last event's code, counted from this slot on: below the slot's codes it is this slot's, otherwise
/// it is handed on to the following slots. False after a fault.
template <Described T, std::size_t I>
bool get_slot(BitReader& in, T& owner, unsigned& code) {
    constexpr auto slot = slot_of<T, I>;
    constexpr auto row = Grammar<T>::rows[I];
    if (code >= row.codes) {
        code -= row.codes;
        return in.ok();
    }
    if constexpr (!has_member<T, I>) {
        in.fail(Fault::not_used);
        return false;
    } else {
        auto& member = owner.*slot.member;
        using S = Shape<std::remove_cvref_t<decltype(member)>>;
        unsigned seen = 0;
        do {
            if constexpr (S::is_list) {
                if (!member.resize(seen + 1)) {
                    in.fail(Fault::too_many);
                } else {
                    get_occurrence<slot.kind>(in, member.back(), code);
                }
            } else if constexpr (S::is_optional) {
                get_occurrence<slot.kind>(in, member.emplace(), code);
            } else {
                get_occurrence<slot.kind>(in, member, code);
            }
            if (!in.ok()) [[unlikely]] {
                in.blame(slot.names[0]);
                return false;
            }
            code = next_event<T, I>(in, ++seen);
        } while (S::is_list && seen < row.maximum && code < row.codes && in.ok());
        if (seen < row.maximum && row.maximum > 1) code -= row.codes;
        if (!in.ok()) in.blame(slot.names[0]);
        return in.ok();
    }
}

/// The content of an element of type T up to and including its end.
template <Described T>
void get(BitReader& in, T& value) {
    unsigned code = in.event<Grammar<T>::productions(0, 0)>();
    if (!in.ok()) return;
    bool is_read = for_each_slot<T>([&]<std::size_t I>() { return get_slot<T, I>(in, value, code); });
    if (is_read && code != 0) in.fail(Fault::not_used);  // text in a mixed type
}

}  // namespace voltkeep::exi
