// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/writer.hpp"

#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

void append_quoted(std::string& out, std::string_view text) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        std::size_t plain = at;
        while (plain < text.size() && static_cast<unsigned char>(text[plain]) >= 0x20 && text[plain] != '"' &&
               text[plain] != '\\')
            ++plain;
        out.append(text, at, plain - at);
        at = plain;
        if (at == text.size()) break;
        const char c = text[at++];
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4];
            out += kHex[static_cast<unsigned char>(c) & 15];
        }
    }
    out += '"';
}

bool Writer::refuse(ErrorCode code, std::string_view why) {
    error_.code = code;
    error_.what = why;
    return false;
}

bool Writer::inside(std::string_view step) {
    error_.where.insert(0, "/" + std::string(step));
    return false;
}

bool Writer::write(const Type& type, const void* value, unsigned depth) {
    switch (type.kind) {
        case Type::Kind::text: return text(type, value);
        case Type::Kind::integer: return integer(type, value);
        case Type::Kind::decimal: return decimal(type, value);
        case Type::Kind::boolean: text_ += *static_cast<const bool*>(value) ? "true" : "false"; return true;
        case Type::Kind::date_time: return date_time(value);
        case Type::Kind::enumeration: return enumeration(type, value);
        case Type::Kind::any_json:
        case Type::Kind::custom_data: return raw(value, depth);
        case Type::Kind::object: return object(type, value, depth + 1);
        case Type::Kind::list: return list(type, value, depth + 1);
    }
    return false;
}

bool Writer::text(const Type& type, const void* value) {
    const std::string_view characters_of = static_cast<const AnyString*>(value)->view();
    const auto most = static_cast<std::size_t>(type.most);
    if (!is_utf8(characters_of)) return refuse(ErrorCode::FormatViolation, "not UTF-8");
    if (characters_of.size() > most && characters(characters_of) > most) {
        return refuse(ErrorCode::PropertyConstraintViolation, "more than " + std::to_string(most) + " characters");
    }
    append_quoted(text_, characters_of);
    return true;
}

bool Writer::integer(const Type& type, const void* value) {
    const std::int32_t number = *static_cast<const std::int32_t*>(value);
    if (number < type.least || number > type.most) {
        return refuse(ErrorCode::PropertyConstraintViolation,
                      "expected an integer from " + std::to_string(type.least) + " to " + std::to_string(type.most));
    }
    text_ += std::to_string(number);
    return true;
}

bool Writer::decimal(const Type& type, const void* value) {
    const auto& number = *static_cast<const Decimal*>(value);
    if (!number.within(type.least, type.most)) {
        return refuse(ErrorCode::PropertyConstraintViolation, "a number outside the schema's range");
    }
    text_ += number.text();
    return true;
}

bool Writer::date_time(const void* value) {
    const auto time = static_cast<const DateTime*>(value)->text();
    if (!time) return refuse(ErrorCode::PropertyConstraintViolation, "a year that has not four digits");
    text_ += '"';
    text_ += *time;
    text_ += '"';
    return true;
}

bool Writer::enumeration(const Type& type, const void* value) {
    const unsigned number = *static_cast<const std::uint8_t*>(value);
    if (number >= type.names.size()) return refuse(ErrorCode::PropertyConstraintViolation, "not one of the schema's words");
    if (version_ == Version::ocpp201 && (type.since_2_1 >> number & 1) != 0) {
        return refuse(ErrorCode::PropertyConstraintViolation, "a word that OCPP 2.0.1 does not have");
    }
    text_ += '"';
    text_ += type.names[number];
    text_ += '"';
    return true;
}

bool Writer::raw(const void* value, unsigned depth) {
    const auto& json = *static_cast<const RawJson*>(value);
    if (depth + json.depth() >= kDeepest) return refuse(ErrorCode::FormatViolation, "nested too deeply");
    text_ += json.text();
    return true;
}

bool Writer::object(const Type& type, const void* value, unsigned depth) {
    text_ += '{';
    bool first = true;
    for (const Field& field : type.fields) {
        const void* member = static_cast<const char*>(value) + field.offset;
        if (field.optional) member = field.optional->get(member);
        if (!member || (field.since_2_1 && version_ == Version::ocpp201)) continue;
        if (!first) text_ += ',';
        first = false;
        text_ += '"';
        text_ += field.name;
        text_ += "\":";
        if (!write(*field.type, member, depth)) return inside(field.name);
    }
    text_ += '}';
    return true;
}

bool Writer::list(const Type& type, const void* value, unsigned depth) {
    const std::size_t count = type.list->size(value);
    const char* element = static_cast<const char*>(type.list->data(value));
    if (count < static_cast<std::size_t>(type.least) || count > static_cast<std::size_t>(type.most)) {
        return refuse(ErrorCode::OccurrenceConstraintViolation,
                      "expected " + std::to_string(type.least) + " to " + std::to_string(type.most) + " elements");
    }
    text_ += '[';
    for (std::size_t i = 0; i < count; ++i, element += type.element->size) {
        if (i != 0) text_ += ',';
        if (!write(*type.element, element, depth)) return inside(std::to_string(i));
    }
    text_ += ']';
    return true;
}

}  // namespace voltkeep::ocpp
