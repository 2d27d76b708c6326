// SPDX-License-Identifier: Apache-2.0
// JSON text <-> the messages and data types of OCPP 2.1. Everything that the official schemas demand is demanded here, of what
// comes in and of what goes out. No exceptions, no state, bounded memory (types.hpp).
//
//   auto request = parse<BootNotificationRequest>(text);   // Checked<BootNotificationRequest>
//   auto text = write(response);                           // Checked<std::string>
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wire/ocpp/error.hpp"
#include "wire/ocpp/json.hpp"

namespace voltkeep::ocpp {

struct Type;

/// What the codec knows of a struct or enumeration of messages/. Defined for all of them, and for nothing else.
template <class T>
const Type& type_of();

/// Who will read what is written: 2.0.1 gets neither the properties nor the words that came with 2.1.
enum class Version : std::uint8_t { ocpp201, ocpp21 };

namespace detail {
Checked<> parse(Json json, const Type& type, void* object);
Checked<std::string> write(const void* object, const Type& type, Version version);
std::string_view word(const Type& enumeration, unsigned value);
std::optional<unsigned> value(const Type& enumeration, std::string_view word);
}  // namespace detail

/// Reads a T. Unknown properties, missing ones, and values outside the schema's bounds are errors, with their place.
template <class T>
[[nodiscard]] Checked<T> parse(Json json) {
    T object{};
    if (auto done = detail::parse(json, type_of<T>(), &object); !done) return std::unexpected(std::move(done).error());
    return object;
}
/// The same for text that has not been through check_json.
template <class T>
[[nodiscard]] Checked<T> parse(std::string_view text) {
    auto json = check_json(text);
    if (!json) return std::unexpected(std::move(json).error());
    return parse<T>(*json);
}

/// Writes an object without white space, or says which of its values the schema does not allow.
template <class T>
[[nodiscard]] Checked<std::string> write(const T& object, Version version = Version::ocpp21) {
    return detail::write(&object, type_of<T>(), version);
}

/// The schema's word for a value of an enumeration: word(PhaseEnum::L1_N) is "L1-N". A value that is none: "".
template <class E>
[[nodiscard]] std::string_view word(E value) {
    return detail::word(type_of<E>(), static_cast<unsigned>(value));
}
/// The value of a word, case-sensitive.
template <class E>
[[nodiscard]] std::optional<E> value_of_word(std::string_view text) {
    const auto value = detail::value(type_of<E>(), text);
    return value ? std::optional(static_cast<E>(*value)) : std::nullopt;
}

/// One request or response of any action, already valid when it was read: what travels between the RPC framework and who handles
/// it. Copies share the same value, which nobody changes.
class Message {
public:
    Message() = default;
    template <class T>
        requires requires { T::kAction; }
    Message(T value) : type_(&type_of<T>()), value_(std::make_shared<const T>(std::move(value))) {}  // NOLINT: it is a message

    /// Reads a message of a type that is known only at run time (actions.hpp).
    [[nodiscard]] static Checked<Message> parse(const Type& type, Json json);
    [[nodiscard]] Checked<std::string> write(Version version = Version::ocpp21) const;

    /// The value if it is a T, else nullptr.
    template <class T>
    [[nodiscard]] const T* get() const {
        return type_ == &type_of<T>() ? static_cast<const T*>(value_.get()) : nullptr;
    }
    [[nodiscard]] const Type* type() const { return type_; }
    explicit operator bool() const { return type_ != nullptr; }

private:
    const Type* type_ = nullptr;
    std::shared_ptr<const void> value_;
};

}  // namespace voltkeep::ocpp
