// SPDX-License-Identifier: Apache-2.0
#include "cli/run/timeline.hpp"

#include <cstdio>

#include "cli/door.hpp"
#include "cli/printable.hpp"

namespace voltkeep::cli {

namespace {

std::string with_places(std::int64_t thousandths, int places) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*f", places, static_cast<double>(thousandths) / 1000.0);
    return text;
}

Json number(std::int64_t value) { return *Json::parse(std::to_string(value)); }

}  // namespace

std::string kwh_of(std::int64_t mwh) { return with_places(mwh / 1000, 3); }
std::string money_of(std::int64_t micro) { return with_places((micro + 500) / 1000, 2); }

void Timeline::print(Instant at, std::string_view who, const Line& line) const {
    const double seconds = static_cast<double>((at - begun_).count()) / 1e9;
    const char* const strong = colour_ ? (line.is_bad ? "\033[1;31m" : "\033[1m") : "";
    const char* const faint = colour_ ? "\033[2m" : "";
    const char* const plain = colour_ ? "\033[0m" : "";
    std::printf("%s%9.3f%s  %s%-12.*s%s  %s\n", faint, seconds, plain, strong, static_cast<int>(who.size()), who.data(), plain,
                printable(line.text).c_str());
    std::fflush(stdout);
}

void Timeline::object(const Json& object) const {
    std::printf("%s\n", printable(object.text()).c_str());
    std::fflush(stdout);
}

void Timeline::words(std::string_view text) const {
    if (json_) return;
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    std::fflush(stdout);
}

void Timeline::say(std::string_view who, std::string_view event, std::string_view text, const Json& more) {
    if (!json_) return print(now(), who, {std::string(text)});
    Json line = Json::object();
    line.add("event", Json(event));
    line.add("at_ms", number((now() - begun_) / 1ms));
    line.add("source", Json(who));
    line.add("text", Json(text));
    for (const auto& [name, value] : more.members())
        if (line.find(name) == nullptr) line.add(name, value);
    object(line);
}

void Timeline::entry(const Json& e) {
    const Json payload = Json::parse(e.string("payload")).value_or(Json::object());
    const Instant at{number_in(e, "monotonic_ns")};
    const std::string source(e.string("source"));
    if (json_) {
        Json line = Json::object();
        line.add("event", Json(e.string("type")));
        line.add("at_ms", number((at - begun_) / 1ms));
        line.add("source", Json(source));
        line.add("index", number(number_in(e, "index")));
        line.add("entry_sequence", number(number_in(e, "sequence")));
        line.add("evse", number(number_in(e, "evse")));
        for (const auto& [name, value] : payload.members())
            if (const std::string as = name == "event" ? "security_event" : name; line.find(as) == nullptr) line.add(as, value);
        return object(line);
    }
    const Line line = describe(source, e.string("type"), payload);
    if (!line.is_quiet) print(at, source, line);
}

Timeline::Line Timeline::describe_message(std::string_view source, const Json& p) {
    const std::string step(p.string("message"));
    const int seen = ++repeated_[std::string(source) + step];
    const bool is_loop = step.find("ChargeLoop") != std::string::npos || step.find("PreCharge") != std::string::npos ||
                         step.find("CableCheck") != std::string::npos || step == "Heartbeat";
    if (is_loop && seen > 1) return {{}, true};
    std::string text = step;
    if (p.find("turnaround_us") != nullptr) text += "  answered in " + with_places(number_in(p, "turnaround_us"), 1) + " ms";
    return {text + (is_loop ? "  (and on)" : "")};
}

Timeline::Line Timeline::describe(std::string_view source, std::string_view type, const Json& p) {
    const std::string step(p.string("step"));
    if (type == "boot")
        return {"log opened: boot " + std::to_string(number_in(p, "boot")) + ", " + std::to_string(number_in(p, "entries")) +
                " earlier entries"};
    if (type == "message") return describe_message(source, p);
    if (type == "service") return {{}, true};   // the process manager has said it itself
    if (type == "policy") return {"REFUSED " + p.text(), false, true};
    if (type == "connection") {
        if (p.find("group") != nullptr)
            return {std::string(p.string("protocol")) + ", " + std::string(p.string("group")) + ", " +
                    std::string(p.string("cipher")) + "; we: " + std::string(p.string("own")) +
                    "; they: " + std::string(p.string("peer"))};
        return {step.empty() ? p.text() : step + ": " + std::string(p.string("reason")), false, step == "failed"};
    }
    if (type == "security")
        return {"SECURITY " + std::string(p.string("event")) + " " + std::string(p.string("detail")), false, true};
    if (type == "safety" && p.find("protection") != nullptr)
        return {"protection tripped: " + std::string(p.string("protection")), false, true};
    if (type == "safety" && !step.empty()) {
        const std::string reason(p.string("reason"));
        return {step + ": " + std::string(p.string("trips")) + (reason.empty() ? "" : " (" + reason + ")")};
    }
    if (type == "session" && step == "store_set_aside")
        return {std::string(p.string("why")) + ": it is kept as " + std::string(p.string("file")) + ", and a new one is begun",
                false, true};
    if (type == "session" && step == "status") return {"connector is " + std::string(p.string("status"))};
    if (type == "transaction") {
        const std::string energy = kwh_of(number_in(p, "energy_mwh")) + " kWh, " + money_of(number_in(p, "cost_micro")) + " " +
                                   std::string(p.string("currency"));
        if (step == "started") return {"transaction " + std::string(p.string("transaction")) + " started"};
        if (step == "ended") return {"transaction ended: " + energy};
        return {"charging: " + energy + ", " + with_places(number_in(p, "power_w"), 1) + " kW" +
                (p.find("soc_permille") != nullptr ? ", SoC " + with_places(number_in(p, "soc_permille") * 100, 1) + " %" : "")};
    }
    if (!step.empty()) return {step};
    return {p.text()};
}

}  // namespace voltkeep::cli
