// SPDX-License-Identifier: Apache-2.0
#include "cli/status_page.hpp"

#include <algorithm>
#include <cstdio>

#include "cli/run/timeline.hpp"
#include "kernel/control.hpp"
#include "services/registry/registry.hpp"

namespace voltkeep::cli {

namespace {

using Style = PageLine::Style;

struct Message {
    std::string name;
    std::int64_t count = 0, p99_us = 0, late = 0;
};

struct Service {
    std::string name, life;
    std::int64_t pid = 0, restarts = 0, beats = 0, calls = 0, memory_kib = 0;
    double cpu = -1;                    ///< per cent; below 0: not known yet
    std::vector<Message> messages;      ///< of the last second, the slowest first; late ones always

    [[nodiscard]] std::int64_t late() const {
        std::int64_t sum = 0;
        for (const Message& m : messages) sum += m.late;
        return sum;
    }
};

const std::vector<Json>& items_of(const Json& object, std::string_view name) {
    static const std::vector<Json> none;
    const Json* list = object.find(name);
    return list == nullptr ? none : list->items();
}

bool is_true(const Json& object, std::string_view name) {
    const Json* value = object.find(name);
    return value != nullptr && value->scalar() == "true";
}

std::string format(const char* pattern, auto... values) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

void add_measures(Service& s, const Json& measured) {
    s.memory_kib = number_in(measured, "memory_kib");
    for (const Json& m : items_of(measured, "messages")) {
        const std::int64_t number = number_in(m, "message"), count = number_in(m, "count"), late = number_in(m, "late");
        if (number != kernel::control::Measure::timers) s.calls += count;
        if (count > 0 || late > 0) s.messages.push_back({message_name(s.name, number), count, number_in(m, "p99_us"), late});
    }
    std::ranges::stable_sort(s.messages, std::greater<>(), &Message::p99_us);
}

/// "Exchange 22us" or, if it was ever over its deadline, "Exchange 22us !3"
std::string words_of(const Message& m) {
    return m.name + " " + (m.count > 0 ? short_time(m.p99_us) : "-") + (m.late > 0 ? " !" + std::to_string(m.late) : "");
}

PageLine line_of(const Service& s, std::size_t columns) {
    std::string text =
        format("%-11.11s %-9.9s%7lld%4lld%8lld%8lld", s.name.c_str(), s.life.c_str(), static_cast<long long>(s.pid),
               static_cast<long long>(s.restarts), static_cast<long long>(s.beats), static_cast<long long>(s.calls));
    text += s.cpu < 0 ? "     -" : format("%6.1f", s.cpu);
    text += format("%6.1f  ", static_cast<double>(s.memory_kib) / 1024.0);
    if (!s.messages.empty()) text += words_of(s.messages.front());
    const bool is_well = s.life == "ready" || s.life == "off";
    return {text.substr(0, columns), !is_well ? Style::bad : s.restarts > 0 || s.late() > 0 ? Style::warning : Style::plain};
}

/// All messages of a service, as many on a line as fit.
std::vector<PageLine> message_lines(const Service& s, std::size_t columns) {
    std::vector<PageLine> lines;
    for (const Message& m : s.messages) {
        const std::string words = std::to_string(m.count) + "/s " + words_of(m);
        if (lines.empty() || lines.back().text.size() + 2 + words.size() > columns) lines.push_back({"   ", Style::faint});
        lines.back().text += (lines.back().text.size() > 3 ? ", " : "") + words;
    }
    for (PageLine& line : lines) line.text.resize(std::min(line.text.size(), columns));
    return lines;
}

/// What is wrong comes first, and what charges (or did) behind it all the same.
PageLine line_of_evse(const Json& e) {
    std::string text = format("EVSE %lld ", static_cast<long long>(number_in(e, "evse")));
    const std::string fault = std::string(e.string("fault")) + std::string(e.string("error"));
    if (!fault.empty()) text += "FAULT " + fault + ": ";
    text += std::string(e.string("availability")) + " " + std::string(e.string("state"));
    if (!e.string("transaction").empty()) {
        if (number_in(e, "soc_permille") >= 0)
            text += format(" SoC %.0f%%", static_cast<double>(number_in(e, "soc_permille")) / 10.0);
        text += " " + kwh_of(number_in(e, "energy_mwh")) + " kWh " + money_of(number_in(e, "cost_micro")) + " " +
                std::string(e.string("currency"));
        text += format(" %.1f/%.1f kW (%s)", static_cast<double>(number_in(e, "power_w")) / 1000.0,
                       static_cast<double>(number_in(e, "limit_w")) / 1000.0, std::string(e.string("limited_by")).c_str());
        text += " " + std::string(e.string("transaction"));
    }
    return {text, !fault.empty() ? Style::bad : Style::heading};
}

/// "14:03:59Z"
std::string clock_of(std::int64_t wall_ms) {
    const std::int64_t second = wall_ms / 1000 % 86'400;
    return format("%02d:%02d:%02dZ", static_cast<int>(second / 3600), static_cast<int>(second / 60 % 60),
                  static_cast<int>(second % 60));
}

/// Whether there is a TPM and what of it works; each key that was used. Without one: a warning that stays.
std::vector<PageLine> trust_lines(const Json& trust, std::size_t columns) {
    const std::string tpm(trust.string("tpm"));
    if (tpm == "none") return {{"no TPM: private keys are files", Style::warning}};
    const bool is_well = tpm == "ready" && is_true(trust, "software_keys") && is_true(trust, "token");
    std::string text = "TPM " + tpm + " " + std::string(trust.string("part"));
    if (tpm == "ready" && !is_true(trust, "has_endorsement")) text += ", without its maker's certificate";
    for (const char* reason : {"reason", "software_reason", "token_reason"})
        if (!trust.string(reason).empty()) text += ": " + std::string(trust.string(reason));
    std::vector<PageLine> lines{{text.substr(0, columns), is_well ? Style::heading : Style::bad}};
    for (const Json& key : items_of(trust, "keys")) {
        if (number_in(key, "uses") == 0) continue;
        const std::string words = format("   %s in %s: %lld times, last for %s at %s", std::string(key.string("key")).c_str(),
                                         std::string(key.string("place")).c_str(), static_cast<long long>(number_in(key, "uses")),
                                         std::string(key.string("last")).c_str(), clock_of(number_in(key, "last_ms")).c_str());
        lines.push_back({words.substr(0, columns), Style::faint});
    }
    return lines;
}

/// How far the log is sealed by a TPM; that it was tampered with; why it is not signed or sealed.
std::vector<PageLine> log_lines(const Json& log, std::size_t columns) {
    std::vector<PageLine> lines;
    const auto number = [&](const char* name) { return static_cast<long long>(number_in(log, name)); };
    if (number("counter") > 0)
        lines.push_back({format("log: %lld entries signed, %lld sealed by the TPM (counter %lld)", number("signed"),
                                number("sealed"), number("counter")),
                         Style::heading});
    if (!log.string("problem").empty())
        lines.push_back({"log: not signed or sealed: " + std::string(log.string("problem")), Style::warning});
    if (!log.string("alarm").empty())
        lines.push_back(
            {format("THE LOG WAS TAMPERED WITH at entry %lld: ", number("alarm_entry")) + std::string(log.string("alarm")),
             Style::bad});
    for (PageLine& line : lines) line.text = line.text.substr(0, columns);
    return lines;
}

}  // namespace

std::string message_name(std::string_view service, std::int64_t number) {
    if (number == kernel::control::Measure::timers) return "timers";
    static const std::vector<kernel::InterfaceDescription> interfaces = registry::interfaces();
    const auto type = service.substr(0, service.find('@'));
    const auto found = std::ranges::find(interfaces, type, &kernel::InterfaceDescription::service);
    if (found == interfaces.end() || number < 0 || static_cast<std::size_t>(number) >= found->messages.size())
        return "message" + std::to_string(number);
    return std::string(found->messages[static_cast<std::size_t>(number)].name);
}

std::string short_time(std::int64_t us) {
    if (us < 1'000) return format("%lldus", static_cast<long long>(us));
    if (us < 1'000'000) return format("%.1fms", static_cast<double>(us) / 1e3);
    return format("%.1fs", static_cast<double>(us) / 1e6);
}

std::vector<PageLine> StatusPage::lines(const Json& status, const Json& measures, Instant at, PageSize size) {
    std::vector<Service> services;
    for (const Json& s : items_of(status, "services")) {
        Service& service = services.emplace_back(Service{std::string(s.string("name")),
                                                         std::string(s.string("life")),
                                                         number_in(s, "pid"),
                                                         number_in(s, "restarts"),
                                                         number_in(s, "beats"),
                                                         0,
                                                         0,
                                                         -1,
                                                         {}});
        for (const Json& measured : items_of(measures, "services")) {
            if (measured.string("name") != service.name) continue;
            add_measures(service, measured);
            Before& before = before_[service.name];
            const Before is{service.pid, number_in(measured, "cpu_ms"), at};
            const double ms = static_cast<double>((is.at - before.at).count()) / 1e6;
            if (before.pid == is.pid && ms > 0)
                service.cpu = std::max(0.0, 100.0 * static_cast<double>(is.cpu_ms - before.cpu_ms) / ms);
            before = is;
        }
    }
    const auto ready = std::ranges::count(services, "ready", &Service::life);
    std::vector<PageLine> page;
    page.push_back({"station " + std::string(status.string("station")) + "   " + std::to_string(ready) + " of " +
                        std::to_string(services.size()) + " services ready",
                    Style::heading});
    if (is_true(status, "rootless"))
        page.push_back({"ROOTLESS: no real-time schedules, no control groups, one user for all: not for use", Style::bad});
    else if (is_true(status, "lab"))
        page.push_back({"LAB: limits are relaxed for measuring and sanitizers: not for use", Style::bad});
    for (const Json& e : items_of(status, "evses")) page.push_back(line_of_evse(e));
    if (const Json* trust = status.find("trust")) std::ranges::move(trust_lines(*trust, size.columns), std::back_inserter(page));
    if (const Json* log = status.find("log")) std::ranges::move(log_lines(*log, size.columns), std::back_inserter(page));
    page.push_back({});
    page.push_back({format("%-11s %-9s%7s%4s%8s%8s%6s%6s  %s", "service", "state", "pid", "rst", "beats", "calls/s", "cpu%",
                           "MiB", "slowest p99"),
                    Style::heading});

    std::size_t wanted = page.size() + services.size();
    for (const Service& s : services) wanted += message_lines(s, size.columns).size();
    const bool has_room = size.rows == 0 || wanted <= size.rows;
    for (const Service& s : services) {
        page.push_back(line_of(s, size.columns));
        if (!has_room) continue;
        for (PageLine& line : message_lines(s, size.columns)) page.push_back(std::move(line));
    }
    const std::size_t edge = size.rows == 0 ? std::string::npos : size.columns;   // a pipe has none
    for (PageLine& line : page) line.text.resize(std::min(line.text.size(), edge));
    if (size.rows > 0 && page.size() > size.rows) {
        page.resize(size.rows);
        page.back() = {std::string("... the terminal is too low for the rest").substr(0, size.columns), Style::warning};
    }
    return page;
}

}  // namespace voltkeep::cli
