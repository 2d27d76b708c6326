// SPDX-License-Identifier: Apache-2.0
// One JSON object a line, for the launcher. Bounded: what does not fit is left off, and the line stays valid JSON.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::kernel::procmgr {

class Line {
public:
    Line(std::string_view event, Duration since_start) {
        raw({"{\"event\":\"", event, "\""});
        number("us", since_start / 1us);
    }
    /// Everything that is not printable ASCII is escaped: a service's words never reach a terminal as they are.
    Line& text(std::string_view key, std::string_view value);
    Line& number(std::string_view key, std::int64_t value);
    Line& flag(std::string_view key, bool value) { return raw({",\"", key, value ? "\":true" : "\":false"}); }
    Line& hex(std::string_view key, std::span<const std::uint8_t> value);
    /// names[n] is in the list if bit n is set.
    Line& list(std::string_view key, std::span<const std::string_view> names, std::uint32_t bits);
    [[nodiscard]] std::string_view finish() {
        raw({"}\n"});
        return {characters_.data(), size_};
    }

private:
    static constexpr std::size_t text_end = 1000;   // a text ends here; keys, numbers and lists have the rest
    Line& raw(std::initializer_list<std::string_view> parts);

    std::array<char, 1400> characters_;
    std::size_t size_ = 0;
};

}  // namespace voltkeep::kernel::procmgr
