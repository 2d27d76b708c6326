// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/json.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "wire/ocpp/scan.hpp"

namespace voltkeep::ocpp {

namespace {

/// The length of the UTF-8 sequence at `at`, 0 if it is none (RFC 3629, 4).
std::size_t utf8_sequence(const char* at, const char* end) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at[i]); };
    const auto left = static_cast<std::size_t>(end - at);
    const auto follows = [&](std::size_t i) { return i < left && (byte(i) & 0xc0) == 0x80; };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return follows(1) ? 2 : 0;
    if (first < 0xf0) {
        if (!follows(1) || !follows(2)) return 0;
        if (first == 0xe0 && byte(1) < 0xa0) return 0;  // not the shortest form
        if (first == 0xed && byte(1) > 0x9f) return 0;  // surrogates
        return 3;
    }
    if (first < 0xf5) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (first == 0xf0 && byte(1) < 0x90) return 0;
        if (first == 0xf4 && byte(1) > 0x8f) return 0;
        return 4;
    }
    return 0;
}

/// Bytes that a string may contain and that need no second look: not a control, not '"', not '\', and ASCII.
constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

class StrictPass {
public:
    StrictPass(std::string_view text, unsigned depth)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), depth_(depth) {}

    bool run() {
        at_ = scan::space(at_, end_);
        if (!value(0)) return false;
        at_ = scan::space(at_, end_);
        return at_ == end_ || refuse("something follows the value");
    }

    OcppError error() && { return std::move(error_); }

private:
    /// A name of an object that is not closed yet. The hash is of the unescaped name.
    struct Name {
        std::uint32_t hash;
        std::uint32_t begin;
        std::uint32_t size;
        bool escaped;
    };

    bool refuse(std::string_view why) {
        error_.code = ErrorCode::FormatViolation;
        error_.what = std::string(why) + " at byte " + std::to_string(at_ - begin_);
        return false;
    }

    bool value(unsigned depth) {
        if (at_ == end_) return refuse("the text ends where a value belongs");
        switch (*at_) {
            case '{': return depth == depth_ ? refuse("nested too deeply") : object(depth + 1);
            case '[': return depth == depth_ ? refuse("nested too deeply") : array(depth + 1);
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }

    bool object(unsigned depth) {
        const std::size_t outer = names_;
        ++at_;
        at_ = scan::space(at_, end_);
        if (at_ != end_ && *at_ == '}') return ++at_, true;
        for (;;) {
            if (at_ == end_ || *at_ != '"') return refuse("expected a name in quotes");
            if (!name(outer)) return false;
            const Name member = open_names_[names_ - 1];
            at_ = scan::space(at_, end_);
            if (at_ == end_ || *at_ != ':') return refuse("expected a colon");
            at_ = scan::space(at_ + 1, end_);
            if (!value(depth)) return inside(unescaped(member));
            at_ = scan::space(at_, end_);
            if (at_ == end_) return refuse("the text ends inside an object");
            if (*at_ == '}') break;
            if (*at_ != ',') return refuse("expected a comma or a closing brace");
            at_ = scan::space(at_ + 1, end_);
        }
        ++at_;
        names_ = outer;
        return true;
    }

    bool array(unsigned depth) {
        ++at_;
        at_ = scan::space(at_, end_);
        if (at_ != end_ && *at_ == ']') return ++at_, true;
        for (std::size_t index = 0;; ++index) {
            if (!value(depth)) return inside(std::to_string(index));
            at_ = scan::space(at_, end_);
            if (at_ == end_) return refuse("the text ends inside an array");
            if (*at_ == ']') break;
            if (*at_ != ',') return refuse("expected a comma or a closing bracket");
            at_ = scan::space(at_ + 1, end_);
        }
        ++at_;
        return true;
    }

    /// Names the place of an error on the way out of it.
    bool inside(std::string_view step) {
        error_.where.insert(0, scan::pointer_step(step));
        return false;
    }

    bool name(std::size_t outer) {
        const char* first = at_ + 1;
        bool escaped = false;
        if (!string(&escaped)) return false;
        if (names_ == open_names_.size()) return refuse("too many names in open objects");
        Name fresh{0, static_cast<std::uint32_t>(first - begin_), static_cast<std::uint32_t>(at_ - 1 - first), escaped};
        fresh.hash = escaped ? hash(unescaped(fresh)) : hash({first, fresh.size});
        for (std::size_t i = outer; i < names_; ++i) {
            if (open_names_[i].hash != fresh.hash || !same(open_names_[i], fresh)) continue;
            refuse("the same name twice in an object");
            return inside(unescaped(fresh));
        }
        open_names_[names_++] = fresh;
        return true;
    }

    std::string_view raw(const Name& name) const { return {begin_ + name.begin, name.size}; }
    std::string unescaped(const Name& name) const {
        std::string text;
        scan::unescape(raw(name), text);
        return text;
    }
    bool same(const Name& a, const Name& b) const {
        if (!a.escaped && !b.escaped) return raw(a) == raw(b);
        return unescaped(a) == unescaped(b);
    }
    static std::uint32_t hash(
        std::string_view text) {  // FNV-1a: only to make most comparisons short, collisions cost time and no more
        std::uint32_t h = 2166136261u;
        for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
        return h;
    }

    bool string(bool* escaped = nullptr) {
        ++at_;
        for (;;) {
            while (at_ != end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
            if (at_ == end_) return refuse("the text ends inside a string");
            if (*at_ == '"') return ++at_, true;
            if (*at_ == '\\') {
                if (escaped) *escaped = true;
                if (!escape()) return false;
                continue;
            }
            if (static_cast<unsigned char>(*at_) < 0x20) return refuse("a control character in a string");
            const std::size_t length = utf8_sequence(at_, end_);
            if (length == 0) return refuse("not UTF-8");
            at_ += length;
        }
    }

    bool escape() {
        if (end_ - at_ < 2) return refuse("the text ends inside a string");
        if (std::strchr("\"\\/bfnrt", at_[1]) != nullptr && at_[1] != '\0') return at_ += 2, true;
        const int unit = code_unit();
        if (unit < 0) return refuse("an unknown escape");
        if (unit >= 0xdc00 && unit <= 0xdfff) return refuse("half a surrogate pair");
        at_ += 6;
        if (unit < 0xd800 || unit > 0xdbff) return true;
        const int low = code_unit();
        if (low < 0xdc00 || low > 0xdfff) return refuse("half a surrogate pair");
        at_ += 6;
        return true;
    }

    /// The number in \uXXXX at at_, or -1.
    int code_unit() const {
        if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return -1;
        int unit = 0;
        for (int i = 2; i < 6; ++i) {
            const int digit = scan::hex(at_[i]);
            if (digit < 0) return -1;
            unit = unit * 16 + digit;
        }
        return unit;
    }

    bool word(std::string_view expected) {
        if (static_cast<std::size_t>(end_ - at_) < expected.size() || std::string_view(at_, expected.size()) != expected) {
            return refuse("not a JSON value");
        }
        at_ += expected.size();
        return true;
    }

    bool number() {
        if (*at_ == '-') ++at_;
        if (at_ == end_ || !scan::is_digit(*at_)) return refuse("not a JSON value");
        if (*at_ == '0') {
            ++at_;
        } else {
            digits();
        }
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            if (!digits()) return refuse("a number ends with its point");
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) return refuse("a number without its exponent");
        }
        return true;
    }

    bool digits() {
        const char* first = at_;
        while (at_ != end_ && scan::is_digit(*at_)) ++at_;
        return at_ != first;
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    unsigned depth_;
    std::size_t names_ = 0;
    OcppError error_;
    std::array<Name, kMostOpenNames> open_names_;
};

}  // namespace

Checked<Json> check_json(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes || text.size() > 0xffff'ffff) {
        return std::unexpected(
            OcppError{ErrorCode::FormatViolation, "", "longer than " + std::to_string(limits.bytes) + " bytes"});
    }
    StrictPass pass(text, limits.depth);
    if (!pass.run()) return std::unexpected(std::move(pass).error());
    return Json(text);
}

unsigned depth_of(Json json) {
    unsigned depth = 0;
    unsigned deepest = 0;
    const char* end = json.text().data() + json.text().size();
    for (const char* at = json.text().data(); at != end;) {
        if (*at == '"') {
            at = scan::behind_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') deepest = std::max(deepest, ++depth);
        if (*at == '}' || *at == ']') --depth;
        ++at;
    }
    return deepest;
}

bool is_utf8(std::string_view text) {
    const char* end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const std::size_t length = utf8_sequence(at, end);
        if (length == 0) return false;
        at += length;
    }
    return true;
}

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    return count;
}

namespace scan {

void unescape(std::string_view inside, std::string& out) {
    const auto unit = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = at + 2; i < at + 6; ++i) value = value * 16 + static_cast<std::uint32_t>(hex(inside[i]));
        return value;
    };
    for (std::size_t at = 0; at < inside.size();) {
        const std::size_t plain = std::min(inside.find('\\', at), inside.size());
        out.append(inside, at, plain - at);
        at = plain;
        if (at == inside.size()) return;
        switch (inside[at + 1]) {
            case 'b': out += '\b'; break;
            case 'f': out += '\f'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case 't': out += '\t'; break;
            case 'u': {
                std::uint32_t c = unit(at);
                at += 6;
                if (c >= 0xd800 && c <= 0xdbff) {
                    c = 0x10000 + ((c - 0xd800) << 10) + (unit(at) - 0xdc00);
                    at += 6;
                }
                append_utf8(out, c);
                continue;
            }
            default: out += inside[at + 1];  // the quote, the backslash, the slash
        }
        at += 2;
    }
}

std::string pointer_step(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    std::size_t end = std::min(name.size(), kLongest);
    while (end != name.size() && end != 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    std::string step = "/";
    for (const char c : name.substr(0, end)) {
        if (c == '~') {
            step += "~0";
        } else if (c == '/') {
            step += "~1";
        } else {
            step += c;
        }
    }
    return step;
}

const char* behind_string(const char* at) {
    for (++at; *at != '"'; ++at) {
        if (*at == '\\') ++at;
    }
    return at + 1;
}

const char* behind_value(const char* at, const char* end) {
    if (*at == '"') return behind_string(at);
    if (*at != '{' && *at != '[') {
        while (at != end && *at != ',' && *at != ']' && *at != '}' && !is_space(*at)) ++at;
        return at;
    }
    unsigned open = 0;
    do {
        if (*at == '"') {
            at = behind_string(at);
            continue;
        }
        if (*at == '{' || *at == '[') ++open;
        if (*at == '}' || *at == ']') --open;
        ++at;
    } while (open != 0);
    return at;
}

}  // namespace scan

}  // namespace voltkeep::ocpp
