// SPDX-License-Identifier: Apache-2.0
// The names that the source gives to types and enumerators, as the compiler writes them: no second list of them anywhere.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace voltkeep {

/// The name of a type, with its namespace: the same in every build of one source tree.
template <class T>
constexpr std::string_view type_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("T = ") + 4);
    return text.substr(0, text.find_first_of(";]"));
}

/// "gone_unread" for Errc::gone_unread.
template <auto V>
constexpr std::string_view enumerator_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("V = ") + 4);
    text = text.substr(0, text.find_first_of(";]"));
    return text.substr(text.rfind(':') + 1);
}

/// An enumeration that counts from 0 without gaps and names its last one `last_`.
template <class E>
concept Listed = std::is_enum_v<E> && requires { E::last_; };

/// By their values.
template <Listed E>
inline constexpr auto names_of = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{enumerator_name<static_cast<E>(I)>()...};
}(std::make_index_sequence<static_cast<std::size_t>(E::last_) + 1>{});

template <Listed E>
constexpr std::string_view name_of(E value) {
    return names_of<E>[static_cast<std::size_t>(value)];
}

/// An enumerator as files write it: "safe-state" for Exhausted::safe_state; with `blank` = '_' as the source does.
template <Listed E>
std::string word(E value, char blank = '-') {
    std::string text(name_of(value));
    for (char& c : text) c = c == '_' ? blank : c;
    return text;
}
template <Listed E>
std::optional<E> from_word(std::string_view text, char blank = '-') {
    for (std::size_t i = 0; i < names_of<E>.size(); ++i)
        if (word(static_cast<E>(i), blank) == text) return static_cast<E>(i);
    return std::nullopt;
}
/// "always or on-demand"
template <Listed E>
std::string words(char blank = '-') {
    std::string text;
    for (std::size_t i = 0; i < names_of<E>.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names_of<E>.size() ? " or " : ", ") + word(static_cast<E>(i), blank);
    return text;
}

}  // namespace voltkeep
