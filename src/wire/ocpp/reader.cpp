// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/reader.hpp"

#include <algorithm>

#include "wire/ocpp/scan.hpp"

namespace voltkeep::ocpp {

bool Reader::refuse(ErrorCode code, std::string_view why) {
    error_.code = code;
    error_.what = why;
    return false;
}

bool Reader::inside(std::string_view step) {
    error_.where.insert(0, scan::pointer_step(step));
    return false;
}

bool Reader::wrong_type(std::string_view expected) {
    return refuse(ErrorCode::TypeConstraintViolation, std::string("expected ") + std::string(expected));
}

void Reader::space() { at_ = scan::space(at_, end_); }

bool Reader::read(const Type& type, void* out) {
    space();
    switch (type.kind) {
        case Type::Kind::text: return text(type, out);
        case Type::Kind::integer: return integer(type, out);
        case Type::Kind::decimal: return decimal(type, out);
        case Type::Kind::boolean: return boolean(out);
        case Type::Kind::date_time: return date_time(out);
        case Type::Kind::enumeration: return enumeration(type, out);
        case Type::Kind::any_json: return any_json(out);
        case Type::Kind::custom_data: return custom_data(out);
        case Type::Kind::object: return object(type, out);
        case Type::Kind::list: return list(type, out);
    }
    return false;
}

std::string_view Reader::string() {
    const char* first = at_ + 1;
    at_ = scan::behind_string(at_);
    const std::string_view inside(first, static_cast<std::size_t>(at_ - 1 - first));
    if (inside.find('\\') == std::string_view::npos) return inside;
    scratch_.clear();
    scan::unescape(inside, scratch_);
    return scratch_;
}

bool Reader::text(const Type& type, void* out) {
    if (*at_ != '"') return wrong_type("a text");
    const std::string_view value = string();
    const auto most = static_cast<std::size_t>(type.most);
    if (value.size() > most && characters(value) > most) {
        return refuse(ErrorCode::PropertyConstraintViolation, "more than " + std::to_string(most) + " characters");
    }
    static_cast<AnyString*>(out)->value_ = value;
    return true;
}

std::optional<Decimal> Reader::number() {
    const char* first = at_;
    at_ = scan::behind_value(at_, end_);
    return Decimal::from({first, static_cast<std::size_t>(at_ - first)});
}

bool Reader::integer(const Type& type, void* out) {
    if (*at_ != '-' && !scan::is_digit(*at_)) return wrong_type("an integer");
    const auto value = number();
    // JSON Schema (draft 6, 6.1.1): a number without a fraction is an integer, however it is written.
    if (value && value->exponent() < 0) return wrong_type("an integer");
    const auto whole = value ? value->scaled(0) : std::nullopt;
    if (!whole || *whole < type.least || *whole > type.most) {
        return refuse(ErrorCode::PropertyConstraintViolation,
                      "expected an integer from " + std::to_string(type.least) + " to " + std::to_string(type.most));
    }
    *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(*whole);
    return true;
}

bool Reader::decimal(const Type& type, void* out) {
    if (*at_ != '-' && !scan::is_digit(*at_)) return wrong_type("a number");
    const auto value = number();
    if (!value) return refuse(ErrorCode::PropertyConstraintViolation, "a number with more than 18 digits or out of all range");
    if (!value->within(type.least, type.most)) {
        if (type.least == 0)
            return refuse(ErrorCode::PropertyConstraintViolation, "expected a number from 0 to " + std::to_string(type.most));
        return refuse(ErrorCode::PropertyConstraintViolation, "expected a number of at most " + std::to_string(type.most));
    }
    *static_cast<Decimal*>(out) = *value;
    return true;
}

bool Reader::boolean(void* out) {
    if (*at_ != 't' && *at_ != 'f') return wrong_type("true or false");
    *static_cast<bool*>(out) = *at_ == 't';
    at_ = scan::behind_value(at_, end_);
    return true;
}

bool Reader::date_time(void* out) {
    if (*at_ != '"') return wrong_type("a date and time");
    const auto value = DateTime::from(string());
    if (!value) return refuse(ErrorCode::PropertyConstraintViolation, "expected a date and time as in RFC 3339");
    *static_cast<DateTime*>(out) = *value;
    return true;
}

bool Reader::enumeration(const Type& type, void* out) {
    if (*at_ != '"') return wrong_type("one of the schema's words");
    const auto found = std::ranges::find(type.names, string());
    if (found == type.names.end()) return refuse(ErrorCode::PropertyConstraintViolation, "not one of the schema's words");
    *static_cast<std::uint8_t*>(out) = static_cast<std::uint8_t>(found - type.names.begin());
    return true;
}

namespace {
std::string too_large(std::size_t most) { return "more than " + std::to_string(most) + " bytes"; }
}  // namespace

bool Reader::any_json(void* out) {
    const char* first = at_;
    at_ = scan::behind_value(at_, end_);
    const std::string_view value(first, static_cast<std::size_t>(at_ - first));
    if (value.size() > kLargestData) return refuse(ErrorCode::PropertyConstraintViolation, too_large(kLargestData));
    auto& raw = *static_cast<RawJson*>(out);
    raw.text_ = value;
    raw.depth_ = depth_of(json_.part(value));
    return true;
}

bool Reader::custom_data(void* out) {
    if (*at_ != '{') return wrong_type("an object");
    const char* first = at_;
    bool has_vendor = false;
    for (++at_;; ++at_) {
        space();
        if (*at_ == '}') break;
        const bool vendor = string() == "vendorId";
        space();
        ++at_;  // the colon
        space();
        if (vendor) {
            has_vendor = true;
            String<255> vendor_id;
            if (!text({.kind = Type::Kind::text, .most = 255}, &vendor_id)) return inside("vendorId");
        } else {
            at_ = scan::behind_value(at_, end_);
        }
        space();
        if (*at_ == '}') break;
    }
    ++at_;
    if (!has_vendor) {
        refuse(ErrorCode::OccurrenceConstraintViolation, "a required property is missing");
        return inside("vendorId");
    }
    const std::string_view value(first, static_cast<std::size_t>(at_ - first));
    if (value.size() > kLargestCustomData) return refuse(ErrorCode::PropertyConstraintViolation, too_large(kLargestCustomData));
    auto& raw = *static_cast<RawJson*>(out);
    raw.text_ = value;
    raw.depth_ = depth_of(json_.part(value));
    return true;
}

bool Reader::object(const Type& type, void* out) {
    if (*at_ != '{') return wrong_type("an object");
    std::uint64_t seen = 0;
    std::size_t next = 0;  // most peers keep the schema's order: the first guess is the field behind the last one
    for (++at_;; ++at_) {
        space();
        if (*at_ == '}') break;
        const std::string_view name = string();
        std::size_t tried = 0;
        while (tried < type.fields.size() && type.fields[next].name != name) {
            next = next + 1 == type.fields.size() ? 0 : next + 1;
            ++tried;
        }
        if (tried == type.fields.size()) {
            const std::string step(name);
            refuse(ErrorCode::FormatViolation, "no such property");
            return inside(step);
        }
        space();
        ++at_;  // the colon
        if (!member(type.fields[next], out)) return inside(type.fields[next].name);
        seen |= std::uint64_t{1} << next;
        next = next + 1 == type.fields.size() ? 0 : next + 1;
        space();
        if (*at_ == '}') break;
    }
    ++at_;
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
        if (type.fields[i].optional || (seen >> i & 1) != 0) continue;
        refuse(ErrorCode::OccurrenceConstraintViolation, "a required property is missing");
        return inside(type.fields[i].name);
    }
    return true;
}

bool Reader::member(const Field& field, void* object) {
    void* value = static_cast<char*>(object) + field.offset;
    if (field.optional) value = field.optional->emplace(value);
    return read(*field.type, value);
}

bool Reader::list(const Type& type, void* out) {
    if (*at_ != '[') return wrong_type("a list");
    std::size_t count = 0;
    for (++at_;; ++at_) {
        space();
        if (*at_ == ']') break;
        if (count == static_cast<std::size_t>(type.most)) {
            return refuse(ErrorCode::OccurrenceConstraintViolation, "more than " + std::to_string(type.most) + " elements");
        }
        if (room_ < type.element->size)
            return refuse(ErrorCode::PropertyConstraintViolation, "the lists of this message take too much memory");
        room_ -= type.element->size;
        if (!read(*type.element, type.list->grow(out))) return inside(std::to_string(count));
        ++count;
        space();
        if (*at_ == ']') break;
    }
    ++at_;
    if (count < static_cast<std::size_t>(type.least)) {
        return refuse(ErrorCode::OccurrenceConstraintViolation, "fewer than " + std::to_string(type.least) + " elements");
    }
    return true;
}

}  // namespace voltkeep::ocpp
