// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>
#include <format>

namespace voltkeep::kills {

namespace {

std::string ms(std::int64_t us) { return us < 0 ? "" : std::format("{:.1f} ms", static_cast<double>(us) / 1000); }

std::string verdict(const Death& death) {
    if (death.problems.empty()) return "good";
    std::string text = "NOT GOOD:";
    for (const std::string& problem : death.problems) text += " " + problem.substr(0, problem.find('\n')) + ";";
    return text;
}

std::string seen_by_car(const Death& death) {
    if (death.phase == Phase::idle) return "no car";
    if (death.sessions > 0) return "began anew";
    return may_stop(death.type) && death.phase != Phase::charge_loop ? "" : "nothing";
}

std::string seen_by_plant(const Death& death) {
    if (death.phase != Phase::charge_loop) return "";
    if (death.opened_us >= 0) return "contactor open after " + ms(death.opened_us);
    return std::format("never below {:.0f} % of the current", death.lowest_share * 100);
}

std::string seen_by_csms(const Death& death) {
    if (death.phase == Phase::idle) return "";
    return "one whole transaction";
}

/// The n-th cell of a row, without its blanks.
std::string cell(std::string_view row, int n) {
    for (; n >= 0; --n) {
        const std::size_t bar = row.find('|');
        if (bar == std::string_view::npos) return {};
        row.remove_prefix(bar + 1);
    }
    std::string_view text = row.substr(0, row.find('|'));
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return std::string(text);
}

/// "contactor open after 85.9 ms" to "contactor open after N ms": that it did, and not when.
std::string without_figures(std::string_view text) {
    std::string same;
    for (const char c : text) {
        const bool is_figure = (c >= '0' && c <= '9') || c == '.';
        if (!is_figure) same += c;
        else if (!same.ends_with('N')) same += 'N';
    }
    return same;
}

}  // namespace

std::string table_of(const std::deque<Death>& deaths) {
    std::vector<const Death*> rows;
    for (const Death& death : deaths) rows.push_back(&death);
    std::ranges::stable_sort(rows, {}, [](const Death* d) { return std::tuple(d->cause, d->service, d->phase); });
    std::string text =
        "| service | phase | cause | verdict | back after | the car saw | the plant saw | the CSMS got | energy again after |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Death* d : rows) {
        const bool good = d->problems.empty();
        text += std::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", d->service, name(d->phase), name(d->cause),
                            verdict(*d), d->cause == Cause::slow ? "" : ms(d->back_us), seen_by_car(*d), seen_by_plant(*d),
                            good ? seen_by_csms(*d) : "",
                            d->energy_ms < 0 ? "" : std::format("{:.1f} s", static_cast<double>(d->energy_ms) / 1000));
    }
    return text;
}

std::vector<std::string> comparable_in(std::string_view table) {
    std::vector<std::string> rows;
    while (!table.empty()) {
        const std::string_view row = table.substr(0, table.find('\n'));
        table.remove_prefix(std::min(row.size() + 1, table.size()));
        if (!row.starts_with("| ") || row.starts_with("| service") || row.starts_with("| ---")) continue;
        std::string text;
        // A driver that is back within 30 ms is not noticed: what it does to the charge is another thing each time.
        const int cells = cell(row, 0).starts_with("powerdrv") ? 4 : 9;
        for (int n = 0; n < cells; ++n) text += (n < 4 ? cell(row, n) : without_figures(cell(row, n))) + " | ";
        rows.push_back(std::move(text));
    }
    std::ranges::sort(rows);
    return rows;
}

}  // namespace voltkeep::kills
