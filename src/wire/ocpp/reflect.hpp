// SPDX-License-Identifier: Apache-2.0
// Makes the Type of a struct from the struct: names and types of its members by Boost.PFR, names of enumerators from the
// compiler. Heavy to compile: included only by reflect_*.cpp. Internal to this folder.
#pragma once

#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/core_name.hpp>
#include <type_traits>

#include "wire/ocpp/codec.hpp"
#include "wire/ocpp/type.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

template <class T>
consteval Type describe(std::type_identity<T>);

template <class T>
constexpr Type kType = describe(std::type_identity<T>{});

// ---- enumerations: the enumerators are the schema's words, '_' standing for the character that C++ does not allow

/// The character that '_' stands for in the names of this enumeration: what separator(E) beside the enumeration says.
template <class E>
consteval char separator_of() {
    if constexpr (requires { separator(E{}); }) {
        return separator(E{});
    } else {
        return '_';
    }
}

template <auto... Values>
consteval std::string_view spelled() {
    return __PRETTY_FUNCTION__;
}

/// The words of an enumeration, in a table of its own, so that the long text they are cut from stays in the compiler.
template <class E>
struct Words {
    static constexpr std::size_t kMost = 64;

    static consteval std::string_view all() {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return spelled<static_cast<E>(I)...>();
        }(std::make_index_sequence<kMost>{});
    }

    /// Calls each(word) for each enumerator: in the compiler's list, what is not `(E)57` but `space::E::Word`.
    static consteval void each(auto&& call) {
        std::string_view rest = all();
        rest.remove_prefix(rest.find("Values = ") + 10);
        for (;;) {
            const std::size_t end = rest.find_first_of(",}>]");
            const std::string_view item = rest.substr(0, end);
            if (item.empty() || item.find('(') != std::string_view::npos) return;
            call(item.substr(item.rfind(':') + 1));
            if (rest[end] != ',') return;
            rest.remove_prefix(end + 2);
        }
    }

    static constexpr std::size_t count = [] {
        std::size_t n = 0;
        each([&](std::string_view) { ++n; });
        return n;
    }();
    static constexpr auto characters = [] {
        constexpr std::size_t total = [] {
            std::size_t n = 0;
            each([&](std::string_view word) { n += word.size(); });
            return n;
        }();
        std::array<char, total> all_characters{};
        std::size_t at = 0;
        each([&](std::string_view word) {
            for (const char c : word) all_characters[at++] = c == '_' ? separator_of<E>() : c;
        });
        return all_characters;
    }();
    static constexpr auto views = [] {
        std::array<std::string_view, count> words;
        std::size_t at = 0;
        std::size_t i = 0;
        each([&](std::string_view word) {
            words[i++] = std::string_view(characters.data() + at, word.size());
            at += word.size();
        });
        return words;
    }();
};

/// The values of E that OCPP 2.0.1 does not have.
template <class E>
constexpr std::uint64_t added_bits() {
    std::uint64_t bits = 0;
    if constexpr (requires { added_in_2_1(E{}); }) {
        for (const E value : added_in_2_1(E{})) bits |= std::uint64_t{1} << static_cast<unsigned>(value);
    }
    return bits;
}

// ---- what each kind of type looks like

template <class T>
constexpr OptionalAccess kOptionalAccess{
    [](void* o) -> void* { return &static_cast<T*>(o)->emplace(); },
    [](const void* o) -> const void* { return static_cast<const T*>(o)->has_value() ? &**static_cast<const T*>(o) : nullptr; }};

template <class T>
struct Member {
    using Value = T;
    static constexpr bool since_2_1 = false;
    static constexpr const OptionalAccess* optional = nullptr;
};
template <class T>
struct Member<std::optional<T>> {
    using Value = T;
    static constexpr bool since_2_1 = false;
    static constexpr const OptionalAccess* optional = &kOptionalAccess<std::optional<T>>;
};
template <class T>
struct Member<Since21<T>> {
    using Value = T;
    static constexpr bool since_2_1 = true;
    static constexpr const OptionalAccess* optional = &kOptionalAccess<Since21<T>>;
};

template <class T>
consteval auto members() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        std::array<Field, sizeof...(I)> fields;
        std::size_t offset = 0;
        const auto add = [&]<std::size_t N>() {
            using M = boost::pfr::tuple_element_t<N, T>;
            // The layout of the platform's ABI for a struct without bases and bit fields; a test compares it with the compiler's.
            offset = (offset + alignof(M) - 1) / alignof(M) * alignof(M);
            fields[N] = {boost::pfr::get_name<N, T>(), &kType<typename Member<M>::Value>, static_cast<std::uint32_t>(offset),
                         Member<M>::since_2_1, Member<M>::optional};
            if constexpr (requires { T::required_since_2_1; }) {
                if (fields[N].name == T::required_since_2_1) fields[N].since_2_1 = true;
            }
            offset += sizeof(M);
        };
        (add.template operator()<I>(), ...);
        return fields;
    }(std::make_index_sequence<boost::pfr::tuple_size_v<T>>{});
}

template <class T>
constexpr auto kMembers = members<T>();

template <class T>
consteval Type describe(std::type_identity<T>) {
    Type type{.kind = Type::Kind::object, .size = sizeof(T)};
    if constexpr (std::is_same_v<T, bool>) {
        type.kind = Type::Kind::boolean;
    } else if constexpr (std::is_same_v<T, DateTime>) {
        type.kind = Type::Kind::date_time;
    } else if constexpr (std::is_same_v<T, CustomData>) {
        type.kind = Type::Kind::custom_data;
    } else if constexpr (std::is_same_v<T, AnyJson>) {
        type.kind = Type::Kind::any_json;
    } else if constexpr (std::is_same_v<T, Decimal>) {
        type.kind = Type::Kind::decimal;
        type.least = std::numeric_limits<std::int64_t>::min();
        type.most = std::numeric_limits<std::int64_t>::max();
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(sizeof(T) == 1 && Words<T>::count > 0);
        type.kind = Type::Kind::enumeration;
        type.names = Words<T>::views;
        type.since_2_1 = added_bits<T>();
    } else {
        static_assert(boost::pfr::tuple_size_v<T> <= 64, "the reader keeps a bit for each member");
        type.fields = kMembers<T>;
        if constexpr (requires { T::kAction; }) {
            type.create = []() -> void* { return new T(); };
            type.action = T::kAction;
            type.is_response = requires { typename T::Request; };
            type.destroy = [](void* message) { delete static_cast<T*>(message); };
        }
    }
    return type;
}
template <std::size_t N>
consteval Type describe(std::type_identity<String<N>>) {
    return {.kind = Type::Kind::text, .size = sizeof(String<N>), .most = N};
}
template <std::int32_t Min, std::int32_t Max>
consteval Type describe(std::type_identity<Integer<Min, Max>>) {
    return {.kind = Type::Kind::integer, .size = sizeof(Integer<Min, Max>), .least = Min, .most = Max};
}
template <std::int64_t Min, std::int64_t Max>
consteval Type describe(std::type_identity<DecimalIn<Min, Max>>) {
    return {.kind = Type::Kind::decimal, .size = sizeof(DecimalIn<Min, Max>), .least = Min, .most = Max};
}

template <class T>
constexpr ListAccess kListAccess{
    [](void* l) -> void* { return static_cast<T*>(l)->grow(); },
    [](const void* l) -> const void* { return static_cast<const T*>(l)->data(); },
    [](const void* l) -> std::size_t { return static_cast<const T*>(l)->size(); }};

template <class T, std::size_t Min, std::size_t Max>
consteval Type describe(std::type_identity<Sequence<T, Min, Max>>) {
    return {.kind = Type::Kind::list, .size = sizeof(Sequence<T, Min, Max>), .least = Min, .most = Max,
            .element = &kType<T>, .list = &kListAccess<Sequence<T, Min, Max>>};
}

template <class T>
const Type& type_of() {
    return kType<T>;
}

}  // namespace voltkeep::ocpp
