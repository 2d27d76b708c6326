// SPDX-License-Identifier: Apache-2.0
// What a person sees of a running station: one line a step, with when, who and what. The same as JSON objects for programs.
#pragma once

#include <map>
#include <string>

#include "base/clock.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::cli {

using exi::Json;

class Timeline {
public:
    Timeline(bool json, bool colour) : json_(json), colour_(colour), begun_(now()) {}

    /// A step that did not come through the log. `who`: the process; `text`: for people; `event`: one word for programs,
    /// which also get what else there is in `more`.
    void say(std::string_view who, std::string_view event, std::string_view text, const Json& more = Json::object());
    /// An entry of the audit log, as the operator's door gives it.
    void entry(const Json& entry);
    /// A line that belongs to neither: an object for programs, or plain words.
    void object(const Json& object) const;
    void words(std::string_view text) const;

    [[nodiscard]] bool is_json() const { return json_; }
    [[nodiscard]] Instant begun() const { return begun_; }

private:
    struct Line {
        std::string text;
        bool is_quiet = false;    ///< not shown to people
        bool is_bad = false;
    };
    Line describe(std::string_view source, std::string_view type, const Json& payload);
    Line describe_message(std::string_view source, const Json& payload);
    void print(Instant at, std::string_view who, const Line& line) const;

    bool json_;
    bool colour_;
    Instant begun_;
    std::map<std::string, int, std::less<>> repeated_;   ///< how often a step of the charge loop was shown
};

/// "0.132" from 1/1000 Wh: kWh with three places.
[[nodiscard]] std::string kwh_of(std::int64_t mwh);
/// "0.06" from millionths, rounded to two places.
[[nodiscard]] std::string money_of(std::int64_t micro);

}  // namespace voltkeep::cli
