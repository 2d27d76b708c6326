// SPDX-License-Identifier: Apache-2.0
// How a type says what it is on the wire: one constexpr list of its fields, in schema order.
//
//     constexpr auto fields(exi::of<EVSEStatus>) {
//         return exi::list(exi::element("NotificationMaxDelay", &EVSEStatus::notification_max_delay),
//                          exi::element("EVSENotification", &EVSEStatus::evse_notification));
//     }
//
// Attributes come first, sorted by name. Occurrence is the member's type: T is 1, std::optional and Rare are 0..1, List and Many
// are 1..N unless at_least<n> says otherwise, std::variant is a choice or a substitution group with one event code an
// alternative. Encoder, decoder, range checks, JSON, equality and random instances are made from this list; nothing describes a
// type a second time.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

#include "wire/exi/values.hpp"

namespace voltkeep::exi {

enum class Kind : std::uint8_t {
    attribute,  ///< AT, written "@Name" in JSON
    element,    ///< SE, of a simple or complex type
    choice,     ///< SE, one code an alternative
    text,       ///< CH: the content of a type that has only text ("#text" in JSON if there are attributes beside it)
    unused,     ///< codes that the schema gives and V2G never sends: counted in the grammar, refused when they come
    mixed,      ///< the type is mixed: a last code for text, refused when it comes
};

/// One slot of a type's grammar.
template <class Owner, class Member, std::size_t Names>
struct Slot {
    Kind kind;
    Member Owner::* member;
    std::array<std::string_view, Names> names;
    unsigned minimum;   ///< of a list
    bool is_unbounded;  ///< of a list: the schema sets no maximum, so the code for one more never goes away; the member's bound
                        ///< is ours
};

/// A slot without a member.
struct Dead {
    Kind kind;
    unsigned codes;
};

/// Names a type without making one: the argument of the functions `fields` and `names` that stand beside a type, in its
/// namespace.
template <class T>
struct of {};
/// T has a field list. A type without one is a value, not a structure.
template <class T>
concept Described = requires { fields(of<T>{}); };
template <Described T>
inline constexpr auto fields_of = fields(of<T>{});

/// The names of an enumeration in the order of its codes.
template <class E>
inline constexpr auto names_of = names(of<E>{});
template <auto Last, class... Names>
constexpr auto enumeration(Names... texts) {
    static_assert(sizeof...(Names) == static_cast<std::size_t>(Last) + 1, "one name for each value");
    return std::array<std::string_view, sizeof...(Names)>{std::string_view(texts)...};
}
/// The schema's word for a value of an enumeration; "?" if it is none.
template <class E>
    requires std::is_enum_v<E>
[[nodiscard]] constexpr std::string_view name(E value) {
    return static_cast<std::size_t>(value) < names_of<E>.size() ? names_of<E>[static_cast<std::size_t>(value)] : "?";
}

template <class... Slots>
constexpr auto list(Slots... slots) {
    return std::tuple<Slots...>(slots...);
}

template <class Owner, class Member>
constexpr auto attribute(std::string_view name, Member Owner::* member) {
    return Slot<Owner, Member, 1>{Kind::attribute, member, {name}, 1, false};
}

template <unsigned Minimum, bool IsUnbounded>
struct Occurs {};
/// minOccurs of a list.
template <unsigned N>
inline constexpr Occurs<N, false> at_least{};
/// A list that the schema does not bound, with its minOccurs.
template <unsigned N>
inline constexpr Occurs<N, true> unbounded{};

template <class Owner, class Member, unsigned Minimum = 1, bool IsUnbounded = false>
constexpr auto element(std::string_view name, Member Owner::* member, Occurs<Minimum, IsUnbounded> = {}) {
    return Slot<Owner, Member, 1>{Kind::element, member, {name}, Minimum, IsUnbounded};
}

template <class Owner, class Member>
constexpr auto text(Member Owner::* member) {
    return Slot<Owner, Member, 1>{Kind::text, member, {"#text"}, 1, false};
}

/// The alternatives of a choice in schema order, which is the variant's order.
template <class Owner, class Member, class... Names>
constexpr auto choice(Member Owner::* member, Names... names_of_alternatives) {
    return Slot<Owner, Member, sizeof...(Names)>{Kind::choice, member, {std::string_view(names_of_alternatives)...}, 1, false};
}

/// The members of a substitution group (head included, even if abstract), sorted by name: their event codes follow that order.
template <class Owner, class Member, class... Names>
consteval auto substitutes(Member Owner::* member, Names... names_of_members) {
    auto slot = choice(member, names_of_members...);
    if (!std::ranges::is_sorted(slot.names)) throw "the members of a substitution group are sorted by name";
    return slot;
}

constexpr Dead unused(unsigned codes) { return {Kind::unused, codes}; }
inline constexpr Dead mixed{Kind::mixed, 0};

/// What a member's type says of occurrence: how often at least and at most, and of what.
template <class V>
struct Shape {
    using Item = V;
    static constexpr unsigned minimum = 1, maximum = 1;
    static constexpr bool is_optional = false, is_list = false;
};
template <class V>
struct Shape<std::optional<V>> {
    using Item = V;
    static constexpr unsigned minimum = 0, maximum = 1;
    static constexpr bool is_optional = true, is_list = false;
};
template <class V>
struct Shape<Rare<V>> : Shape<std::optional<V>> {};
template <class V, std::size_t N>
struct Shape<List<V, N>> {
    using Item = V;
    static constexpr unsigned minimum = 1, maximum = N;
    static constexpr bool is_optional = false, is_list = true;
};
template <class V, std::size_t N>
struct Shape<Many<V, N>> : Shape<List<V, N>> {};

/// The I-th slot of T's list, as a constant.
template <Described T, std::size_t I>
inline constexpr auto slot_of = std::get<I>(fields_of<T>);
template <Described T>
inline constexpr std::size_t slot_count = std::tuple_size_v<std::remove_const_t<decltype(fields_of<T>)>>;
/// The slot has a member: it is not dead.
template <Described T, std::size_t I>
inline constexpr bool has_member = requires { slot_of<T, I>.member; };

/// Calls visit.template operator()<I>() for each slot of T in order, as long as it returns true. True if all did.
template <Described T, class Visit>
constexpr bool for_each_slot([[maybe_unused]] Visit&& visit) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (visit.template operator()<I>() && ...);
    }(std::make_index_sequence<slot_count<T>>{});
}

/// Two structures are equal if all their fields are.
template <Described T>
[[nodiscard]] constexpr bool equal([[maybe_unused]] const T& a, [[maybe_unused]] const T& b) {
    return for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>)
            return a.*slot_of<T, I>.member == b.*slot_of<T, I>.member;
        else
            return true;
    });
}
/// A namespace of described types says `using exi::operator==;` and has it for all of them.
template <Described T>
[[nodiscard]] constexpr bool operator==(const T& a, const T& b) {
    return equal(a, b);
}

}  // namespace voltkeep::exi
