// SPDX-License-Identifier: Apache-2.0
// Structures to streams: the mirror of decode.hpp, from the same field list.
#pragma once

#include "wire/exi/grammar.hpp"
#include "wire/exi/scalars.hpp"

namespace voltkeep::exi {

template <Described T>
void put(BitWriter& out, const T& value);

template <class T>
void put_element(BitWriter& out, const T& value) {
    if constexpr (Described<T>) {
        put(out, value);
    } else {
        out.put(1, 0);
        put(out, value);
        out.put(1, 0);
    }
}

template <Kind kind, class Item>
void put_occurrence(BitWriter& out, const Item& value) {
    if constexpr (kind == Kind::choice)
        std::visit([&](const auto& alternative) { put_element(out, alternative); }, value);
    else if constexpr (kind == Kind::element)
        put_element(out, value);
    else
        put(out, value);
}

/// Where the encoder is: the bits of the next code, and the first code of the slot that comes now.
struct Cursor {
    unsigned width;
    unsigned code;
};

/// The code of a slot's occurrence and its content.
template <Kind kind, class Item>
void put_event(BitWriter& out, const Cursor& at, const Item& value) {
    unsigned alternative = 0;
    if constexpr (kind == Kind::choice) {
        if (value.valueless_by_exception()) return out.fail(Fault::out_of_range);
        alternative = static_cast<unsigned>(value.index());
    }
    out.put(at.width, at.code + alternative);
    put_occurrence<kind>(out, value);
}

template <Described T, std::size_t I, class Members>
void put_list(BitWriter& out, const Members& members, Cursor& at) {
    using G = Grammar<T>;
    constexpr auto row = G::rows[I];
    if (members.size() < row.minimum) return out.fail(Fault::too_few);
    if (members.empty()) {
        at.code += row.codes;
        return;
    }
    unsigned seen = 0;
    for (const auto& item : members) {
        put_event<slot_of<T, I>.kind>(out, at, item);
        ++seen;
        at.code = 0;
        if (seen < row.minimum)
            at.width = G::width(I, 0);
        else
            at.width = seen < row.maximum ? G::width(I, row.minimum) : G::width(I, row.maximum);
    }
    if (seen < row.maximum) at.code = row.codes;
}

template <Described T, std::size_t I>
bool put_slot(BitWriter& out, [[maybe_unused]] const T& owner, Cursor& at) {
    using G = Grammar<T>;
    constexpr auto slot = slot_of<T, I>;
    if constexpr (!has_member<T, I>) {
        at.code += slot.codes;
    } else {
        const auto& member = owner.*slot.member;
        using S = Shape<std::remove_cvref_t<decltype(member)>>;
        if constexpr (S::is_list) {
            put_list<T, I>(out, member, at);
        } else if constexpr (S::is_optional) {
            if (member.has_value()) {
                put_event<slot.kind>(out, at, *member);
                at = {G::width(I, 1), 0};
            } else {
                at.code += G::rows[I].codes;
            }
        } else {
            put_event<slot.kind>(out, at, member);
            at = {G::width(I, 1), 0};
        }
        if (!out.ok()) [[unlikely]] {
            out.blame(slot.names[0]);
            return false;
        }
    }
    return true;
}

/// The content of an element of type T up to and including its end.
template <Described T>
void put(BitWriter& out, const T& value) {
    Cursor at{Grammar<T>::width(0, 0), 0};
    if (for_each_slot<T>([&]<std::size_t I>() { return put_slot<T, I>(out, value, at); })) out.put(at.width, at.code);
}

}  // namespace voltkeep::exi
