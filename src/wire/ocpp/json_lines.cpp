// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/json_lines.hpp"

#include <optional>

#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/scan.hpp"
#include "wire/ocpp/writer.hpp"

namespace voltkeep::ocpp {

namespace {

constexpr std::string_view kPayload = "/payload";

struct Line {
    std::optional<std::string> action;
    std::optional<std::string> direction;
    std::optional<Json> payload;
};

std::optional<std::string> string_of(std::string_view value) {
    if (value.front() != '"') return std::nullopt;
    std::string text;
    scan::unescape(value.substr(1, value.size() - 2), text);
    return text;
}

/// The three members of a line that has passed the strict pass; nothing if it is no object.
std::optional<Line> members(Json json) {
    const char* at = json.text().data();
    const char* end = at + json.text().size();
    at = scan::space(at, end);
    if (*at != '{') return std::nullopt;
    Line line;
    for (at = scan::space(at + 1, end); *at != '}';) {
        const char* name_end = scan::behind_string(at);
        const auto name = string_of({at, static_cast<std::size_t>(name_end - at)});
        at = scan::space(scan::space(name_end, end) + 1, end);  // the colon
        const char* value_end = scan::behind_value(at, end);
        const std::string_view value(at, static_cast<std::size_t>(value_end - at));
        if (name == "action") line.action = string_of(value);
        if (name == "direction") line.direction = string_of(value);
        if (name == "payload") line.payload = json.part(value);
        at = scan::space(value_end, end);
        if (*at == ',') at = scan::space(at + 1, end);
    }
    return line;
}

Checked<> check(std::string_view text) {
    const auto malformed = [](std::string_view what) {
        return std::unexpected(OcppError{ErrorCode::FormatViolation, "", std::string(what)});
    };
    auto json = check_json(text);
    if (!json) {
        OcppError error = std::move(json).error();
        error.where = error.where.starts_with(kPayload) ? error.where.substr(kPayload.size()) : "";
        return std::unexpected(std::move(error));
    }
    const auto line = members(*json);
    if (!line || !line->action || !line->direction || !line->payload)
        return malformed("a line has action, direction and payload");
    if (line->direction != "request" && line->direction != "response") return malformed("the direction is request or response");
    const ActionInfo* action = find_action(*line->action);
    if (!action) return std::unexpected(OcppError{ErrorCode::NotImplemented, "", "no such action"});
    TRY(parse_payload(*action, line->direction == "request" ? Direction::request : Direction::response, *line->payload));
    return {};
}

}  // namespace

std::string check_line(std::string_view line) {
    const auto checked = check(line);
    if (checked) return R"({"ok":true})";
    std::string text = R"({"ok":false,"code":")";
    text += name(checked.error().code);
    text += R"(","where":)";
    append_quoted(text, checked.error().where);
    text += '}';
    return text;
}

}  // namespace voltkeep::ocpp
