// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <cinttypes>

namespace voltkeep::ev {

Result<Report> Report::open(bool is_json, const std::string& trace) {
    Report report;
    report.is_json_ = is_json;
    if (!trace.empty()) {
        report.trace_.reset(std::fopen(trace.c_str(), "we"));
        if (!report.trace_) return fail_errno("open", trace);
    }
    return report;
}

std::int64_t Report::since_start_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun_).count();
}

void Report::say(std::string_view event, std::string_view text, Line fields) {
    if (is_json_) {
        const auto rest = fields.put("text", text).text();
        const auto head = Line().put("event", event).put("at_ms", since_start_ms()).text();
        std::printf("%.*s,%.*s\n", static_cast<int>(head.size() - 1), head.data(), static_cast<int>(rest.size() - 1),
                    rest.data() + 1);
    } else {
        std::printf("%8.3f s  %.*s\n", static_cast<double>(since_start_ms()) / 1'000.0, static_cast<int>(text.size()),
                    text.data());
    }
    std::fflush(stdout);
}

void Report::trace(bool is_from_car, iso15118::PayloadType type, std::string_view message, Bytes payload) {
    if (!trace_) return;
    std::string hex;
    hex.reserve(2 * payload.size());
    for (const std::byte octet : payload) {
        hex += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
        hex += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
    }
    std::fprintf(trace_.get(),
                 R"({"at_ms":%)" PRId64 R"(,"dir":"%s","v2gtp":"0x%04x","message":"%.*s","hex":"%s"})"
                 "\n",
                 since_start_ms(), is_from_car ? "EV->SE" : "SE->EV", static_cast<unsigned>(type),
                 static_cast<int>(message.size()), message.data(), hex.c_str());
    std::fflush(trace_.get());
}

}  // namespace voltkeep::ev
