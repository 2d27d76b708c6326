// SPDX-License-Identifier: Apache-2.0
// The strict pass over JSON text that everything from outside goes through before anything looks at it. It knows no OCPP.
// Refused: more bytes or deeper nesting than the limits, invalid UTF-8, a lone surrogate, a name twice in one object
// (after unescaping), anything behind the value, and every other deviation from RFC 8259. Allocates nothing unless it refuses.
#pragma once

#include <cstddef>
#include <string_view>

#include "wire/ocpp/error.hpp"

namespace voltkeep::ocpp {

inline constexpr std::size_t kLargestMessage = 1 << 20;  ///< bytes of one message; ours, the standard names none
inline constexpr unsigned kDeepest = 16;            ///< objects and arrays within each other, the message's own array included
inline constexpr std::size_t kMostOpenNames = 512;  ///< names of all objects that are open at one place

struct Limits {
    std::size_t bytes = kLargestMessage;
    unsigned depth = kDeepest;
};

/// One JSON value whose text has passed the strict pass. Only a view: whoever owns the text keeps it alive.
class Json {
public:
    [[nodiscard]] std::string_view text() const { return text_; }

    /// A part of a value that has passed, found by a reader that knows where values begin and end.
    [[nodiscard]] Json part(std::string_view inside) const {
        CHECK(inside.data() >= text_.data() && inside.data() + inside.size() <= text_.data() + text_.size());
        return Json(inside);
    }

private:
    friend Checked<Json> check_json(std::string_view, const Limits&);
    explicit Json(std::string_view text) : text_(text) {}
    std::string_view text_;
};

/// The strict pass. Errors are FormatViolation, with the place and the byte where it stopped.
[[nodiscard]] Checked<Json> check_json(std::string_view text, const Limits& limits = {});

/// How deep the objects and arrays of a value are nested: 0 for a number or a text.
[[nodiscard]] unsigned depth_of(Json json);

/// True if the bytes are UTF-8 as RFC 3629 says: shortest form, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

/// Unicode characters of valid UTF-8 text: what the schemas' maxLength counts.
[[nodiscard]] std::size_t characters(std::string_view text);

}  // namespace voltkeep::ocpp
