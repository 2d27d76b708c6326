// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/json.hpp"

#include <algorithm>
#include <format>
#include <set>

#include "wire/exi/values.hpp"

namespace voltkeep::exi {

class JsonParser {
public:
    explicit JsonParser(std::string_view text) : text_(text) {}

    Result<Json> document() {
        Json value = TRY(this->value(0));
        skip_space();
        if (at_ != text_.size()) return error("something after the value");
        return value;
    }

private:
    [[nodiscard]] std::unexpected<Error> error(std::string_view what) const {
        return std::unexpected(Error(Errc::malformed, std::format("JSON: {} at byte {}", what, at_)));
    }
    [[nodiscard]] bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        if (!is_at(c)) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
    }

    Result<Json> value(unsigned depth) {
        if (depth > json_max_depth) return error("nested too deeply");
        skip_space();
        if (take('{')) return object(depth);
        if (take('[')) return array(depth);
        if (take('"')) return Json(TRY(string()));
        return literal();
    }

    Result<Json> object(unsigned depth) {
        Json object = Json::object();
        std::set<std::string, std::less<>> names;
        skip_space();
        if (take('}')) return object;
        do {
            skip_space();
            if (!take('"')) return error("expected a member name");
            std::string name = TRY(string());
            if (!names.insert(name).second) return error("a member name twice");
            skip_space();
            if (!take(':')) return error("expected ':'");
            object.add(name, TRY(value(depth + 1)));
            skip_space();
        } while (take(','));
        if (!take('}')) return error("expected ',' or '}'");
        return object;
    }

    Result<Json> array(unsigned depth) {
        Json array = Json::array();
        skip_space();
        if (take(']')) return array;
        do {
            array.add(TRY(value(depth + 1)));
            skip_space();
        } while (take(','));
        if (!take(']')) return error("expected ',' or ']'");
        return array;
    }

    Result<std::string> string() {
        std::string result;
        while (!take('"')) {
            if (at_ == text_.size()) return error("a string without end");
            if (static_cast<unsigned char>(text_[at_]) < 0x20) return error("a control character in a string");
            if (take('\\')) {
                TRY(escape(result));
                continue;
            }
            auto character = first_character(text_.substr(at_));
            if (!character) return error("a string that is not UTF-8");
            result.append(text_.substr(at_, character->bytes));
            at_ += character->bytes;
        }
        return result;
    }

    Result<> escape(std::string& result) {
        constexpr std::string_view from = "\"\\/bfnrt";
        constexpr std::string_view to = "\"\\/\b\f\n\r\t";
        if (at_ == text_.size()) return error("a string without end");
        char c = text_[at_++];
        if (auto i = from.find(c); i != std::string_view::npos) {
            result.push_back(to[i]);
            return {};
        }
        if (c != 'u') return error("an unknown escape");
        std::uint32_t code = TRY(hexadecimal());
        if (code >= 0xd800 && code < 0xdc00) {
            if (!take('\\') || !take('u')) return error("half a surrogate pair");
            std::uint32_t low = TRY(hexadecimal());
            if (low < 0xdc00 || low > 0xdfff) return error("half a surrogate pair");
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else if (code >= 0xdc00 && code < 0xe000) {
            return error("half a surrogate pair");
        }
        std::array<char, 4> utf8{};
        result.append(utf8.data(), put_character(code, utf8.data()));
        return {};
    }

    Result<std::uint32_t> hexadecimal() {
        std::uint32_t code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            auto digit = at_ < text_.size() ? std::string_view("0123456789abcdef0123456789ABCDEF").find(text_[at_])
                                            : std::string_view::npos;
            if (digit == std::string_view::npos) return error("expected four hexadecimal digits");
            code = code << 4 | static_cast<std::uint32_t>(digit % 16);
        }
        return code;
    }

    Result<Json> literal() {
        std::size_t end = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
        std::string_view word = text_.substr(at_, end - at_);
        Json value(word == "null"                      ? Json::Type::null
                   : word == "true" || word == "false" ? Json::Type::boolean
                                                       : Json::Type::number);
        if (value.type() == Json::Type::number && !is_number(word)) return error("no JSON value");
        if (value.type() != Json::Type::null) value.text_ = word;
        at_ = end;
        return value;
    }

    static bool is_number(std::string_view word) {
        auto digits = [&] {
            std::size_t n = std::min(word.find_first_not_of("0123456789"), word.size());
            word.remove_prefix(n);
            return n;
        };
        if (word.starts_with('-')) word.remove_prefix(1);
        bool leading_zero = word.starts_with('0');
        std::size_t whole = digits();
        if (whole == 0 || (leading_zero && whole > 1)) return false;
        if (word.starts_with('.')) {
            word.remove_prefix(1);
            if (digits() == 0) return false;
        }
        if (word.starts_with('e') || word.starts_with('E')) {
            word.remove_prefix(1);
            if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
            if (digits() == 0) return false;
        }
        return word.empty();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

namespace {

void write_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += std::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

}  // namespace

Json::Json() = default;
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;
Json::Json(std::string_view text) : type_(Type::string), text_(text) {}

void Json::add(std::string_view name, Json value) { members_.emplace_back(name, std::move(value)); }
void Json::add(Json value) { items_.push_back(std::move(value)); }
void Json::remove(std::string_view name) {
    std::erase_if(members_, [&](const Member& member) { return member.first == name; });
}

Result<Json> Json::parse(std::string_view text) { return JsonParser(text).document(); }

std::string Json::text() const {
    std::string out;
    write(out);
    return out;
}

void Json::write(std::string& out) const {
    switch (type_) {
        case Type::null: out += "null"; break;
        case Type::boolean:
        case Type::number: out += text_; break;
        case Type::string: write_string(out, text_); break;
        case Type::array:
            out.push_back('[');
            for (const Json& item : items_) {
                if (&item != items_.data()) out.push_back(',');
                item.write(out);
            }
            out.push_back(']');
            break;
        case Type::object:
            out.push_back('{');
            for (const Member& member : members_) {
                if (&member != members_.data()) out.push_back(',');
                write_string(out, member.first);
                out.push_back(':');
                member.second.write(out);
            }
            out.push_back('}');
            break;
    }
}

const Json* Json::find(std::string_view name) const {
    auto member = std::ranges::find(members_, name, &Member::first);
    return member == members_.end() ? nullptr : &member->second;
}

std::string_view Json::string(std::string_view name) const {
    const Json* value = find(name);
    return value != nullptr && value->type() == Type::string ? value->scalar() : std::string_view();
}

bool operator==(const Json& a, const Json& b) {
    if (a.type_ != b.type_ || a.text_ != b.text_ || a.items_ != b.items_ || a.members_.size() != b.members_.size()) return false;
    return std::ranges::all_of(a.members_, [&](const Json::Member& member) {
        const Json* other = b.find(member.first);
        return other != nullptr && *other == member.second;
    });
}

}  // namespace voltkeep::exi
