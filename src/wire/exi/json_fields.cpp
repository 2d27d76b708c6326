// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/json_fields.hpp"

#include <charconv>
#include <format>

namespace voltkeep::exi {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string hex_with(Bytes bytes, std::string_view digits) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::byte b : bytes) {
        text.push_back(digits[std::to_integer<unsigned>(b) >> 4]);
        text.push_back(digits[std::to_integer<unsigned>(b) & 0xf]);
    }
    return text;
}

template <class T>
bool is_number_between(std::string_view text, T& value, T lowest, T highest) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= lowest && value <= highest;
}

bool is_name(std::string_view member, MemberName name) {
    if (name.is_attribute && !member.starts_with('@')) return false;
    return member.substr(name.is_attribute ? 1 : 0) == name.name;
}

std::optional<unsigned> hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
}

}  // namespace

std::string to_hex(Bytes bytes) { return hex_with(bytes, "0123456789ABCDEF"); }
std::string to_lower_hex(Bytes bytes) { return hex_with(bytes, "0123456789abcdef"); }

std::optional<std::size_t> from_hex(std::string_view text, std::span<std::byte> out) {
    if (text.size() % 2 != 0 || text.size() / 2 > out.size()) return std::nullopt;
    for (std::size_t i = 0; i < text.size() / 2; ++i) {
        auto high = hex_value(text[2 * i]);
        auto low = hex_value(text[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        out[i] = static_cast<std::byte>(*high << 4 | *low);
    }
    return text.size() / 2;
}

std::string to_base64(Bytes bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i) text.push_back(i <= bytes.size() ? base64_digits[group >> (18 - 6 * i) & 0x3f] : '=');
    }
    return text;
}

std::optional<std::size_t> from_base64(std::string_view text, std::span<std::byte> out) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::size_t size = text.size() / 4 * 3 - padding;
    if (size > out.size()) return std::nullopt;
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t done = 0;
    for (char c : text.substr(0, text.size() - padding)) {
        auto digit = base64_digits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[done++] = static_cast<std::byte>(bits >> held & 0xff);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) return std::nullopt;  // bits that belong to no byte
    return done;
}

std::string to_text(bool value) { return value ? "true" : "false"; }
std::string to_text(std::int64_t value) { return std::to_string(value); }
std::string to_text(std::uint64_t value) { return std::to_string(value); }
std::string to_text(const Integer& value) { return std::string(value.text().view()); }

bool from_text(std::string_view text, bool& value) {
    value = text == "true" || text == "1";
    return value || text == "false" || text == "0";
}

bool from_text(std::string_view text, Integer& value) {
    auto number = Integer::from_text(text);
    if (number) value = *number;
    return number.has_value();
}

bool from_text(std::string_view text, std::int64_t& value, std::int64_t lowest, std::int64_t highest) {
    return is_number_between(text, value, lowest, highest);
}

bool from_text(std::string_view text, std::uint64_t& value, std::uint64_t lowest, std::uint64_t highest) {
    return is_number_between(text, value, lowest, highest);
}

void add_member(Json& object, MemberName name, Json&& value) {
    if (!name.is_attribute) return object.add(name.name, std::move(value));
    std::string with_mark("@");
    with_mark += name.name;
    object.add(with_mark, std::move(value));
}

Json simplified(Json&& object) {
    if (object.members().empty()) return Json(std::string_view());
    if (object.members().size() == 1 && object.members()[0].first == "#text") return object.members()[0].second;
    return std::move(object);
}

const Json* ObjectReader::take(MemberName name, bool is_text) {
    auto is_it = [&](const Json::Member& member) { return is_name(member.first, name); };
    auto found = std::ranges::find_if(json_.members(), is_it);
    if (found != json_.members().end()) {
        ++taken_;
        return &found->second;
    }
    return is_text && json_.is_scalar() ? &json_ : nullptr;
}

std::size_t ObjectReader::choose(std::span<const std::string_view> names) const {
    auto found = std::ranges::find_if(names, [&](std::string_view name) { return json_.find(name) != nullptr; });
    return static_cast<std::size_t>(found - names.begin());
}

bool ObjectReader::finish(std::span<const MemberName> known) {
    for (const Json::Member& member : json_.members()) {
        if (!std::ranges::any_of(known, [&](MemberName name) { return is_name(member.first, name); }))
            return fail(member.first, "unknown here");
    }
    if (taken_ < json_.members().size()) return fail(json_.members()[0].first, "beside it there are two of one choice");
    bool has_text = std::ranges::any_of(known, [](MemberName name) { return name.name == "#text"; });
    bool is_content = json_.is_object() || (json_.is_scalar() && (has_text || json_.scalar().empty()));
    return is_content || fail("fields", "expected an object");
}

bool ObjectReader::fail(std::string_view field, std::string_view what) {
    error_ = Error(Errc::bad_argument, std::format("{}: {}", field, what));
    return false;
}

}  // namespace voltkeep::exi
