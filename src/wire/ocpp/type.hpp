// SPDX-License-Identifier: Apache-2.0
// A C++ type of this folder as data: what reader and writer need to know of it. The tables are constants that the compiler makes
// from the structs themselves (reflect.hpp), so there is no second description of a message. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "wire/ocpp/action.hpp"

namespace voltkeep::ocpp {

struct Type;

/// How to get at the value of an optional without knowing its type.
struct OptionalAccess {
    void* (*emplace)(void* optional);           ///< makes a value, returns it
    const void* (*get)(const void* optional);   ///< nullptr if there is none
};

/// How to fill and walk a Sequence without knowing its type.
struct ListAccess {
    void* (*grow)(void* list);                  ///< appends an element, returns it. The bound is the caller's.
    const void* (*data)(const void* list);
    std::size_t (*size)(const void* list);
};

struct Field {
    std::string_view name;
    const Type* type = nullptr;                 ///< of the value, inside the optional
    std::uint32_t offset = 0;                   ///< bytes from the start of the object
    bool since_2_1 = false;
    const OptionalAccess* optional = nullptr;   ///< nullptr: the property is required
};

struct Type {
    enum class Kind : std::uint8_t {
        text,
        integer,
        decimal,
        boolean,
        date_time,
        enumeration,
        any_json,
        custom_data,
        object,
        list
    };

    Kind kind{};
    std::uint32_t size = 0;                     ///< bytes of the C++ object
    std::int64_t least = 0;                     ///< integer and decimal: minimum; list: elements
    std::int64_t most = 0;                      ///< integer and decimal: maximum; list: elements; text: characters
    std::span<const std::string_view> names{};  ///< enumeration, by value
    std::uint64_t since_2_1 = 0;                ///< enumeration: bit n is set if value n came with OCPP 2.1
    std::span<const Field> fields{};            ///< object
    const Type* element = nullptr;              ///< list
    const ListAccess* list = nullptr;
    void* (*create)() = nullptr;                ///< a request or a response: makes one
    void (*destroy)(void*) = nullptr;
    Action action{};                            ///< if create is not nullptr
    bool is_response = false;
};

}  // namespace voltkeep::ocpp
