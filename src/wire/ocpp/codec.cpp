// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/codec.hpp"

#include <algorithm>

#include "wire/ocpp/reader.hpp"
#include "wire/ocpp/type.hpp"
#include "wire/ocpp/types.hpp"
#include "wire/ocpp/writer.hpp"

namespace voltkeep::ocpp {

namespace detail {

Checked<> parse(Json json, const Type& type, void* object) {
    Reader reader(json);
    if (!reader.read(type, object)) return std::unexpected(std::move(reader).error());
    return {};
}

Checked<std::string> write(const void* object, const Type& type, Version version) {
    Writer writer(version);
    if (!writer.write(type, object)) return std::unexpected(std::move(writer).error());
    std::string text = std::move(writer).text();
    constexpr std::size_t kLargestPayload = kLargestMessage - 1024;  // type, id and action are around it
    if (text.size() > kLargestPayload) {
        return std::unexpected(
            OcppError{ErrorCode::FormatViolation, "", "longer than " + std::to_string(kLargestPayload) + " bytes"});
    }
    return text;
}

std::string_view word(const Type& enumeration, unsigned value) {
    return value < enumeration.names.size() ? enumeration.names[value] : std::string_view{};
}

std::optional<unsigned> value(const Type& enumeration, std::string_view word) {
    const auto found = std::ranges::find(enumeration.names, word);
    if (found == enumeration.names.end()) return std::nullopt;
    return static_cast<unsigned>(found - enumeration.names.begin());
}

}  // namespace detail

namespace {
template <class T>
Checked<T> from_text(std::string_view text, Type::Kind kind) {
    auto json = check_json(text);
    if (!json) return std::unexpected(std::move(json).error());
    T value;
    if (auto done = detail::parse(*json, Type{.kind = kind}, &value); !done) return std::unexpected(std::move(done).error());
    return value;
}
}  // namespace

Checked<AnyJson> AnyJson::from(std::string_view text) { return from_text<AnyJson>(text, Type::Kind::any_json); }
Checked<CustomData> CustomData::from(std::string_view text) { return from_text<CustomData>(text, Type::Kind::custom_data); }

Checked<Message> Message::parse(const Type& type, Json json) {
    CHECK(type.create != nullptr);
    const std::shared_ptr<void> value(type.create(), type.destroy);
    if (auto done = detail::parse(json, type, value.get()); !done) return std::unexpected(std::move(done).error());
    Message message;
    message.type_ = &type;
    message.value_ = value;
    return message;
}

Checked<std::string> Message::write(Version version) const {
    CHECK(type_ != nullptr);
    return detail::write(value_.get(), *type_, version);
}

}  // namespace voltkeep::ocpp
