// SPDX-License-Identifier: Apache-2.0
// Structures to JSON and back, from the same field list as the bytes. The shape: elements by name in schema order, "@Name" for
// attributes,
// "#text" for text beside attributes, all scalars as strings (hexBinary as hex, base64Binary as base64), a list of one as that
// one, an element without content as "".
#pragma once

#include <charconv>

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

inline std::string to_text(bool value) { return value ? "true" : "false"; }
template <class T>
    requires std::is_integral_v<T>
std::string to_text(T value) {
    return std::to_string(value);
}
template <class Rep, Rep lowest, Rep highest>
std::string to_text(const Within<Rep, lowest, highest>& value) {
    return std::to_string(value.value);
}
template <class E>
    requires std::is_enum_v<E>
std::string to_text(E value) {
    return std::string(name(value));
}
inline std::string to_text(const Integer& value) { return std::string(value.text().view()); }
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

inline bool from_text(std::string_view text, bool& value) {
    value = text == "true" || text == "1";
    return value || text == "false" || text == "0";
}
template <class T>
    requires std::is_integral_v<T>
bool from_text(std::string_view text, T& value) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}
template <class Rep, Rep lowest, Rep highest>
bool from_text(std::string_view text, Within<Rep, lowest, highest>& value) {
    return from_text(text, value.value) && value.is_valid();
}
template <class E>
    requires std::is_enum_v<E>
bool from_text(std::string_view text, E& value) {
    auto found = std::ranges::find(names_of<E>, text);
    value = static_cast<E>(found - names_of<E>.begin());
    return found != names_of<E>.end();
}
inline bool from_text(std::string_view text, Integer& value) {
    auto number = Integer::from_text(text);
    if (number) value = *number;
    return number.has_value();
}
template <std::size_t N>
bool from_text(std::string_view text, String<N>& value) {
    auto string = String<N>::from(text);
    if (string) value = *string;
    return string.has_value();
}
template <std::size_t N>
bool from_text(std::string_view text, HexBinary<N>& value) {
    return from_hex(text, value.octets) == N;
}
template <std::size_t N>
bool from_text(std::string_view text, Base64Fixed<N>& value) {
    return from_base64(text, value.octets) == N;
}
template <std::size_t N>
bool from_text(std::string_view text, Base64Binary<N>& value) {
    (void)value.resize(N);
    auto size = from_base64(text, {value.data(), N});
    return value.resize(size.value_or(0)) && size.has_value();
}

// ---- structures ----

template <Described T>
Json to_json(const T& value);

template <class T>
Json item_to_json(const T& value) {
    if constexpr (Described<T>)
        return to_json(value);
    else
        return Json(to_text(value));
}

template <Described T, std::size_t I>
void slot_to_json(const T& owner, Json& object) {
    constexpr auto slot = slot_of<T, I>;
    const auto& member = owner.*slot.member;
    using S = Shape<std::remove_cvref_t<decltype(member)>>;
    auto add = [&](const auto& item) {
        if constexpr (slot.kind == Kind::choice)
            std::visit([&](const auto& alternative) { object.add(slot.names[item.index()], item_to_json(alternative)); }, item);
        else
            object.add((slot.kind == Kind::attribute ? "@" : "") + std::string(slot.names[0]), item_to_json(item));
    };
    if constexpr (S::is_list) {
        if (member.size() < 2) {
            for (const auto& item : member) add(item);
            return;
        }
        Json array = Json::array();
        for (const auto& item : member) array.add(item_to_json(item));
        object.add(slot.names[0], std::move(array));
    } else if constexpr (S::is_optional) {
        if (member.has_value()) add(*member);
    } else {
        add(member);
    }
}

template <Described T>
Json to_json([[maybe_unused]] const T& value) {
    Json object = Json::object();
    for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) slot_to_json<T, I>(value, object);
        return true;
    });
    if (object.members().empty()) return Json(std::string_view());
    if (object.members().size() == 1 && object.members()[0].first == "#text") return object.members()[0].second;
    return object;
}

/// Errc::bad_argument that names the field.
[[nodiscard]] std::unexpected<Error> bad_field(std::string_view field, std::string_view what);

template <Described T>
Result<> from_json(const Json& json, T& value);

template <class T>
Result<> item_from_json(const Json& json, T& value, std::string_view field) {
    if constexpr (Described<T>) {
        return from_json(json, value);
    } else {
        if (!json.is_scalar()) return bad_field(field, "expected a value");
        if (!from_text(json.scalar(), value)) return bad_field(field, "not a value of its type");
        return {};
    }
}

template <class List>
Result<> list_from_json(const Json& json, List& list, unsigned minimum, std::string_view field) {
    std::size_t count = json.is_array() ? json.items().size() : 1;
    if (count < minimum) return bad_field(field, "too few");
    if (!list.resize(count)) return bad_field(field, "too many");
    for (std::size_t i = 0; i < count; ++i) TRY(item_from_json(json.is_array() ? json.items()[i] : json, list[i], field));
    return {};
}

/// The alternative of a choice that is there; `taken` counts the members that were understood.
template <class... A, std::size_t N>
Result<> choice_from_json(const Json& json, std::variant<A...>& value, const std::array<std::string_view, N>& names,
                          std::size_t& taken) {
    auto present = std::ranges::find_if(names, [&](std::string_view name) { return json.find(name) != nullptr; });
    if (present == names.end()) return bad_field(names[0], "it or another of its choice is missing");
    const Json& item = *json.find(*present);
    ++taken;
    Result<> result;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((present == names.begin() + I && (result = item_from_json(item, value.template emplace<I>(), names[I]), true)) ||
               ...);
    }(std::index_sequence_for<A...>{});
    return result;
}

template <Described T, std::size_t I>
Result<> slot_from_json(const Json& json, T& owner, std::size_t& taken) {
    constexpr auto slot = slot_of<T, I>;
    auto& member = owner.*slot.member;
    using S = Shape<std::remove_cvref_t<decltype(member)>>;
    if constexpr (slot.kind == Kind::choice) {
        bool is_present = std::ranges::any_of(slot.names, [&](std::string_view name) { return json.find(name) != nullptr; });
        if constexpr (S::is_optional)
            return is_present ? choice_from_json(json, member.emplace(), slot.names, taken) : Result<>();
        else
            return choice_from_json(json, member, slot.names, taken);
    } else {
        std::string name = (slot.kind == Kind::attribute ? "@" : "") + std::string(slot.names[0]);
        const Json* item = json.find(name);
        if (slot.kind == Kind::text && json.is_scalar()) item = &json;
        if (item == nullptr) {
            if (S::is_optional || (S::is_list && slot.minimum == 0)) return {};
            return bad_field(name, "missing");
        }
        ++taken;
        if constexpr (S::is_list)
            return list_from_json(*item, member, slot.minimum, name);
        else if constexpr (S::is_optional)
            return item_from_json(*item, member.emplace(), name);
        else
            return item_from_json(*item, member, name);
    }
}

/// The JSON member is one of T's slots.
template <Described T>
[[nodiscard]] bool is_member_of([[maybe_unused]] std::string_view member) {
    return !for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) {
            constexpr auto slot = slot_of<T, I>;
            if (slot.kind == Kind::attribute) return !(member.starts_with('@') && member.substr(1) == slot.names[0]);
            return std::ranges::find(slot.names, member) == slot.names.end();
        } else {
            return true;
        }
    });
}

/// Fills a default-constructed structure. Unknown members are an error, and so are two alternatives of a choice.
template <Described T>
Result<> from_json(const Json& json, [[maybe_unused]] T& value) {
    std::size_t taken = 0;
    Result<> result;
    for_each_slot<T>([&]<std::size_t I>() {
        if constexpr (has_member<T, I>) result = slot_from_json<T, I>(json, value, taken);
        return result.has_value();
    });
    if (!result) return result;
    for (const Json::Member& member : json.members()) {
        if (!is_member_of<T>(member.first)) return bad_field(member.first, "unknown here");
    }
    if (taken < json.members().size()) return bad_field(json.members().front().first, "beside it there are two of one choice");
    if (!json.is_object() && taken == 0 && !(json.is_scalar() && json.scalar().empty()))
        return bad_field("", "expected an object");
    return {};
}

}  // namespace voltkeep::exi
