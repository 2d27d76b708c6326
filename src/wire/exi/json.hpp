// SPDX-License-Identifier: Apache-2.0
// A small JSON value, for people and tests: reading is strict (RFC 8259, no duplicate keys, nothing after the value), bounded in
// depth by json_max_depth and in size by its input. Numbers keep their text. No function throws.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::exi {

inline constexpr unsigned json_max_depth = 32;

class Json {
public:
    enum class Type : std::uint8_t { null, boolean, number, string, array, object };
    using Member = std::pair<std::string, Json>;

    // Out of line: hundreds of types are turned into values and back.
    Json();
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;
    ~Json();
    /// A string.
    explicit Json(std::string_view text);
    [[nodiscard]] static Json object() { return Json(Type::object); }
    [[nodiscard]] static Json array() { return Json(Type::array); }

    /// Errc::malformed with the byte position.
    [[nodiscard]] static Result<Json> parse(std::string_view text);
    /// On one line, non-ASCII characters as they are.
    [[nodiscard]] std::string text() const;

    [[nodiscard]] Type type() const { return type_; }
    [[nodiscard]] bool is_object() const { return type_ == Type::object; }
    [[nodiscard]] bool is_array() const { return type_ == Type::array; }
    /// A string's characters, a number's digits, "true" or "false"; empty for the rest.
    [[nodiscard]] std::string_view scalar() const { return text_; }
    [[nodiscard]] bool is_scalar() const { return type_ == Type::string || type_ == Type::number || type_ == Type::boolean; }
    [[nodiscard]] const std::vector<Json>& items() const { return items_; }
    [[nodiscard]] const std::vector<Member>& members() const { return members_; }
    /// The member of this name, or null.
    [[nodiscard]] const Json* find(std::string_view name) const;
    /// The string member of this name, or "".
    [[nodiscard]] std::string_view string(std::string_view name) const;

    void add(std::string_view name, Json value);
    /// Takes the member of this name out, if there is one.
    void remove(std::string_view name);
    void add(Json value);

    /// Objects are equal whatever the order of their members.
    friend bool operator==(const Json& a, const Json& b);

private:
    friend class JsonParser;
    explicit Json(Type type) : type_(type) {}
    void write(std::string& out) const;

    Type type_ = Type::null;
    std::string text_;
    std::vector<Json> items_;
    std::vector<Member> members_;
};

}  // namespace voltkeep::exi
