// SPDX-License-Identifier: Apache-2.0
// Structures to JSON and back, from the same field list as the bytes. The shape: elements by name in schema order, "@Name" for
// attributes,
// "#text" for text beside attributes, all scalars as strings (hexBinary as hex, base64Binary as base64), a list of one as that
// one, an element without content as "".
#pragma once

#include <limits>

#include "wire/exi/fields.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::exi {

[[nodiscard]] std::string to_hex(Bytes bytes);  ///< upper case, as xs:hexBinary has it
[[nodiscard]] std::string to_lower_hex(Bytes bytes);
[[nodiscard]] std::string to_base64(Bytes bytes);  ///< with padding
/// The bytes written to `out`; nothing if the text is malformed or has more than out.size() bytes.
[[nodiscard]] std::optional<std::size_t> from_hex(std::string_view text, std::span<std::byte> out);
[[nodiscard]] std::optional<std::size_t> from_base64(std::string_view text, std::span<std::byte> out);

// ---- scalars as text ----

[[nodiscard]] std::string to_text(bool value);
[[nodiscard]] std::string to_text(std::int64_t value);
[[nodiscard]] std::string to_text(std::uint64_t value);
[[nodiscard]] std::string to_text(const Integer& value);

template <class T>
    requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
std::string to_text(T value) {
    return to_text(static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(value));
}
template <class Rep, Rep lowest, Rep highest>
std::string to_text(const Within<Rep, lowest, highest>& value) {
    return to_text(value.value);
}
template <class E>
    requires std::is_enum_v<E>
std::string to_text(E value) {
    return std::string(name(value));
}
template <std::size_t N>
std::string to_text(const String<N>& value) {
    return std::string(value.view());
}
template <std::size_t N>
std::string to_text(const HexBinary<N>& value) {
    return to_hex(value);
}
template <std::size_t N>
std::string to_text(const Base64Fixed<N>& value) {
    return to_base64(value);
}
template <std::size_t N>
std::string to_text(const Base64Binary<N>& value) {
    return to_base64(value);
}

// ---- scalars from text: false if the text is none ----

[[nodiscard]] bool from_text(std::string_view text, bool& value);
[[nodiscard]] bool from_text(std::string_view text, Integer& value);
/// Decimal, between the bounds.
[[nodiscard]] bool from_text(std::string_view text, std::int64_t& value, std::int64_t lowest, std::int64_t highest);
[[nodiscard]] bool from_text(std::string_view text, std::uint64_t& value, std::uint64_t lowest, std::uint64_t highest);

template <class T>
[[nodiscard]] bool number_from_text(std::string_view text, T& value, T lowest, T highest) {
    std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> wide = 0;
    bool is_number = from_text(text, wide, lowest, highest);
    value = static_cast<T>(wide);
    return is_number;
}
template <class T>
    requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
[[nodiscard]] bool from_text(std::string_view text, T& value) {
    return number_from_text(text, value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}
template <class Rep, Rep lowest, Rep highest>
[[nodiscard]] bool from_text(std::string_view text, Within<Rep, lowest, highest>& value) {
    return number_from_text(text, value.value, lowest, highest);
}
template <class E>
    requires std::is_enum_v<E>
[[nodiscard]] bool from_text(std::string_view text, E& value) {
    auto found = std::ranges::find(names_of<E>, text);
    value = static_cast<E>(found - names_of<E>.begin());
    return found != names_of<E>.end();
}
template <std::size_t N>
[[nodiscard]] bool from_text(std::string_view text, String<N>& value) {
    auto string = String<N>::from(text);
    if (string) value = *string;
    return string.has_value();
}
template <std::size_t N>
[[nodiscard]] bool from_text(std::string_view text, HexBinary<N>& value) {
    return from_hex(text, value.octets) == N;
}
template <std::size_t N>
[[nodiscard]] bool from_text(std::string_view text, Base64Fixed<N>& value) {
    return from_base64(text, value.octets) == N;
}
template <std::size_t N>
[[nodiscard]] bool from_text(std::string_view text, Base64Binary<N>& value) {
    (void)value.resize(N);
    auto size = from_base64(text, {value.data(), N});
    return value.resize(size.value_or(0)) && size.has_value();
}

/// A member's name in JSON, without making a string of it.
struct MemberName {
    std::string_view name;
    bool is_attribute;
};
template <Kind kind>
constexpr MemberName member_name(std::string_view name) {
    return {name, kind == Kind::attribute};
}

// ---- structures to JSON ----

void add_member(Json& object, MemberName name, Json&& value);
/// An object without members is "", one with only "#text" is that text.
[[nodiscard]] Json simplified(Json&& object);

template <Described T>
Json to_json(const T& value);

template <class T>
Json item_to_json(const T& value) {
    if constexpr (Described<T>)
        return to_json(value);
    else
        return Json(to_text(value));
}

template <Kind kind, class Item, std::size_t N>
void item_to_member(Json& object, const Item& item, const std::array<std::string_view, N>& names) {
    if constexpr (kind == Kind::choice)
        std::visit([&](const auto& alternative) { add_member(object, {names[item.index()], false}, item_to_json(alternative)); },
                   item);
    else
        add_member(object, member_name<kind>(names[0]), item_to_json(item));
}

template <Described T, std::size_t I>
void slot_to_json(const T& owner, Json& object) {
    constexpr auto slot = slot_of<T, I>;
    const auto& member = owner.*slot.member;
    using S = Shape<std::remove_cvref_t<decltype(member)>>;
    if constexpr (S::is_list) {
        if (member.empty()) return;
        Json array = Json::array();
        for (const auto& item : member) array.add(item_to_json(item));
        add_member(object, {slot.names[0], false}, member.size() == 1 ? Json(array.items()[0]) : std::move(array));
    } else if constexpr (S::is_optional) {
        if (member.has_value()) item_to_member<slot.kind>(object, *member, slot.names);
    } else {
        item_to_member<slot.kind>(object, member, slot.names);
    }
}

template <Described T>
Json to_json([[maybe_unused]] const T& value) {
    Json object = Json::object();
    for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) slot_to_json<T, I>(value, object);
        return true;
    });
    return simplified(std::move(object));
}

// ---- structures from JSON ----

/// Reads one object: counts what was understood, keeps the first error (Errc::bad_argument, with the field's name).
class ObjectReader {
public:
    ObjectReader(const Json& json, Error& error) : json_(json), error_(error) {}

    /// The member, or null. The text of a type with only text may stand for the whole object.
    [[nodiscard]] const Json* take(MemberName name, bool is_text);
    /// Which of these alternatives is there, or names.size().
    [[nodiscard]] std::size_t choose(std::span<const std::string_view> names) const;
    /// Nothing is left that was not taken.
    [[nodiscard]] bool finish(std::span<const MemberName> known);
    bool fail(std::string_view field, std::string_view what);
    [[nodiscard]] Error& error() { return error_; }

private:
    const Json& json_;
    Error& error_;
    std::size_t taken_ = 0;
};

template <Described T>
[[nodiscard]] bool from_json(const Json& json, T& value, Error& error);

template <class T>
[[nodiscard]] bool item_from_json(ObjectReader& in, const Json& json, T& value, std::string_view field) {
    if constexpr (Described<T>) {
        return from_json(json, value, in.error());
    } else {
        return (json.is_scalar() && from_text(json.scalar(), value)) || in.fail(field, "not a value of its type");
    }
}

template <class Members>
[[nodiscard]] bool list_from_json(ObjectReader& in, const Json& json, Members& members, unsigned minimum,
                                  std::string_view field) {
    std::span<const Json> items = json.is_array() ? std::span<const Json>(json.items()) : std::span<const Json>(&json, 1);
    if (items.size() < minimum) return in.fail(field, "too few");
    if (!members.resize(items.size())) return in.fail(field, "too many");
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!item_from_json(in, items[i], members[i], field)) return false;
    }
    return true;
}

template <class... A, std::size_t N>
[[nodiscard]] bool choice_from_json(ObjectReader& in, std::variant<A...>& value, const std::array<std::string_view, N>& names,
                                    std::size_t chosen) {
    const Json* item = in.take({names[chosen], false}, false);
    bool is_read = false;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((chosen == I && (is_read = item_from_json(in, *item, value.template emplace<I>(), names[I]), true)) || ...);
    }(std::index_sequence_for<A...>{});
    return is_read;
}

template <Described T, std::size_t I>
[[nodiscard]] bool slot_from_json(ObjectReader& in, T& owner) {
    constexpr auto slot = slot_of<T, I>;
    auto& member = owner.*slot.member;
    using S = Shape<std::remove_cvref_t<decltype(member)>>;
    if constexpr (slot.kind == Kind::choice) {
        std::size_t chosen = in.choose(slot.names);
        bool is_there = chosen < slot.names.size();
        if constexpr (S::is_optional)
            return !is_there || choice_from_json(in, member.emplace(), slot.names, chosen);
        else
            return is_there ? choice_from_json(in, member, slot.names, chosen)
                            : in.fail(slot.names[0], "missing, and so are the others of its choice");
    } else {
        const Json* item = in.take(member_name<slot.kind>(slot.names[0]), slot.kind == Kind::text);
        if (item == nullptr) return S::is_optional || (S::is_list && slot.minimum == 0) || in.fail(slot.names[0], "missing");
        if constexpr (S::is_list)
            return list_from_json(in, *item, member, slot.minimum, slot.names[0]);
        else if constexpr (S::is_optional)
            return item_from_json(in, *item, member.emplace(), slot.names[0]);
        else
            return item_from_json(in, *item, member, slot.names[0]);
    }
}

/// The names of all members that T can have.
template <Described T>
inline constexpr auto member_names_of = [] {
    constexpr std::size_t count = [] {
        std::size_t n = 0;
        for_each_slot<T>([&]<std::size_t I>() {
            if constexpr (has_member<T, I>) n += slot_of<T, I>.names.size();
            return true;
        });
        return n;
    }();
    std::array<MemberName, count> all{};
    [[maybe_unused]] std::size_t n = 0;
    for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) {
            for (std::string_view name : slot_of<T, I>.names) all[n++] = member_name<slot_of<T, I>.kind>(name);
        }
        return true;
    });
    return all;
}();

/// Fills a default-constructed structure. Unknown members are an error, and so are two alternatives of a choice.
template <Described T>
bool from_json(const Json& json, [[maybe_unused]] T& value, Error& error) {
    ObjectReader in(json, error);
    bool is_read = for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>)
            return slot_from_json<T, I>(in, value);
        else
            return true;
    });
    return is_read && in.finish(member_names_of<T>);
}

}  // namespace voltkeep::exi
