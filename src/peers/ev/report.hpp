// SPDX-License-Identifier: Apache-2.0
// What the car tells: one line an event, for people or as JSON, and the trace of all frames.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "peers/ev/evcc/car.hpp"

namespace voltkeep::ev {

using Line = JsonObject<1024>;

class Report {
public:
    /// `trace`: path of a file, empty for none. Errors: io.
    [[nodiscard]] static Result<Report> open(bool is_json, const std::string& trace);

    /// `text` is for people; `fields` for programs.
    void say(std::string_view event, std::string_view text, Line fields = {});
    /// One frame: JSON as `voltkeep v2g decode` reads it.
    void trace(bool is_from_car, iso15118::PayloadType type, std::string_view message, Bytes payload);
    [[nodiscard]] std::int64_t since_start_ms() const;

private:
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    bool is_json_ = false;
    std::unique_ptr<std::FILE, CloseFile> trace_;
    Instant begun_ = now();
};

}  // namespace voltkeep::ev
