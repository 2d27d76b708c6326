// SPDX-License-Identifier: Apache-2.0
// Builds one small JSON object in place: bounded, escaped, without allocation. For log payloads and status lines.
// What a text has of control characters (C1 too: a terminal obeys them) is escaped, and a byte that is no UTF-8 becomes U+FFFD:
// the text may come from anybody, and the object is always one line of valid JSON. What does not fit makes the whole text an
// empty object with a mark, never a cut-off text: {"overflow":true}.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace voltkeep {

/// JsonObject<512>().put("step", "plugged").put("evse", 1).text()
template <std::size_t N>
class JsonObject {
    static_assert(N >= 20);

public:
    JsonObject& put(std::string_view key, std::string_view value) {
        begin(key);
        quote(value);
        return *this;
    }
    JsonObject& put(std::string_view key, const char* value) { return put(key, std::string_view(value)); }
    JsonObject& put(std::string_view key, std::same_as<bool> auto value) {
        begin(key);
        raw(value ? "true" : "false");
        return *this;
    }
    JsonObject& put(std::string_view key, std::integral auto value)
        requires(!std::same_as<decltype(value), bool>)
    {
        begin(key);
        std::array<char, 24> digits;
        const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
        raw({digits.data(), static_cast<std::size_t>(end - digits.data())});
        return *this;
    }
    /// Anybody's octets: what is not printable ASCII is escaped, so that they never reach a terminal as they are; the end is left
    /// off if less than `room` characters would remain for what comes behind.
    JsonObject& put_octets(std::string_view key, std::string_view octets, std::size_t room) {
        begin(key);
        raw("\"");
        for (const char c : octets) {
            if (N - size_ < room) break;
            if (c < ' ' || c > '~') escape(static_cast<unsigned char>(c));
            else {
                if (c == '"' || c == '\\') raw("\\");
                raw({&c, 1});
            }
        }
        raw("\"");
        return *this;
    }
    /// names[n] is in the list if bit n is set.
    JsonObject& put_names(std::string_view key, std::span<const std::string_view> names, std::uint32_t bits) {
        begin(key);
        std::string_view before = "[";
        for (std::size_t i = 0; i < names.size(); ++i) {
            if ((bits >> i & 1) == 0) continue;
            raw(std::exchange(before, ","));
            quote(names[i]);
        }
        raw(before == "[" ? "[]" : "]");
        return *this;
    }
    /// A value that is JSON already.
    JsonObject& put_raw(std::string_view key, std::string_view json) {
        begin(key);
        raw(json);
        return *this;
    }

    [[nodiscard]] Text<N> text() const {
        if (overflow_) return *Text<N>::from(R"({"overflow":true})");
        std::array<char, N> whole = bytes_;
        std::size_t size = size_;
        if (size == 0) whole[size++] = '{';
        whole[size++] = '}';
        return *Text<N>::from({whole.data(), size});
    }

    /// The text and a newline behind it.
    [[nodiscard]] Text<N + 1> line() const {
        const Text<N> object = text();
        std::array<char, N + 1> whole;
        *std::ranges::copy(object.view(), whole.begin()).out = '\n';
        return *Text<N + 1>::from({whole.data(), object.size() + 1});
    }

private:
    void begin(std::string_view key) {
        raw(size_ == 0 ? "{" : ",");
        quote(key);
        raw(":");
    }
    void raw(std::string_view text) {
        if (overflow_ || text.size() > N - 1 - size_) {   // one byte is kept for the closing brace
            overflow_ = true;
            return;
        }
        std::copy(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += text.size();
    }
    void quote(std::string_view text) {
        raw("\"");
        while (!text.empty()) {
            const std::size_t length = utf8_length(text);
            const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
            const auto octet = static_cast<unsigned char>(character.back());
            text.remove_prefix(character.size());
            if (length == 0) raw("\\ufffd");
            else if (octet < 0x20 || octet == 0x7f || (length == 2 && character[0] == '\xc2' && octet < 0xa0)) escape(octet);
            else {
                if (octet == '"' || octet == '\\') raw("\\");
                raw(character);
            }
        }
        raw("\"");
    }
    void escape(unsigned char octet) {
        const std::array<char, 6> sequence{'\\', 'u', '0', '0', "0123456789abcdef"[octet >> 4], "0123456789abcdef"[octet & 15]};
        raw({sequence.data(), sequence.size()});
    }

    std::array<char, N> bytes_{};
    std::size_t size_ = 0;
    bool overflow_ = false;
};

}  // namespace voltkeep
