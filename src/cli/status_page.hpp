// SPDX-License-Identifier: Apache-2.0
// What `voltkeep status` shows, as lines: who runs and how, how long their messages take, what each EVSE does. Pure: the two
// answers of the operator's door in, lines of a bounded width out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/door.hpp"

namespace voltkeep::cli {

struct PageLine {
    enum class Style : std::uint8_t { plain, heading, faint, warning, bad };
    std::string text;      ///< ASCII, at most as wide as asked for
    Style style = Style::plain;
};

struct PageSize {
    std::size_t columns = 80;
    std::size_t rows = 0;  ///< 0: as many as there is to say
};

/// What was seen before: a share of the processor is a difference.
class StatusPage {
public:
    /// `status` and `measures`: the answers to the requests of these names; `at`: when they came.
    std::vector<PageLine> lines(const Json& status, const Json& measures, Instant at, PageSize size);

private:
    struct Before {
        std::int64_t pid = 0;
        std::int64_t cpu_ms = 0;
        Instant at;
    };
    std::map<std::string, Before, std::less<>> before_;
};

/// The name of a service's message: "Exchange"; of its timers, "timers"; of one that this build does not know, its number.
[[nodiscard]] std::string message_name(std::string_view service, std::int64_t number);
/// "85us", "1.2ms", "3.4s"
[[nodiscard]] std::string short_time(std::int64_t us);

}  // namespace voltkeep::cli
