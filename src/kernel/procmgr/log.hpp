// SPDX-License-Identifier: Apache-2.0
// One JSON object a line, for the launcher. Bounded, never waits: a line that the reader has no room for is counted and lost.
#pragma once

#include <charconv>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::kernel::procmgr {

/// A line that is being written. What does not fit is left off; the line stays valid JSON.
class Line {
public:
    Line(std::string_view event, Duration since_start) {
        raw("{\"event\":\"");
        raw(event);
        raw("\",\"us\":");
        number(since_start / 1us);
    }
    /// Everything that is not printable ASCII is escaped: a service's words never reach a terminal as they are.
    Line& text(std::string_view key, std::string_view value);
    Line& number(std::string_view key, std::int64_t value) {
        begin(key);
        number(value);
        return *this;
    }
    Line& flag(std::string_view key, bool value) {
        begin(key);
        raw(value ? "true" : "false");
        return *this;
    }
    Line& hex(std::string_view key, std::span<const std::uint8_t> value);
    /// `is_set(n)` says whether names[n] is in the list.
    Line& list(std::string_view key, std::span<const std::string_view> names, std::uint32_t bits);
    [[nodiscard]] std::string_view finish() {
        raw("}\n");
        return {characters_.data(), size_};
    }

private:
    static constexpr std::size_t room = 1000;   // of a value's text; keys and numbers have the rest
    void begin(std::string_view key);
    void raw(std::string_view part);
    void number(std::int64_t value);

    std::array<char, 1400> characters_;
    std::size_t size_ = 0;
};

}  // namespace voltkeep::kernel::procmgr
