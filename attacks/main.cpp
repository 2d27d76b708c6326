// SPDX-License-Identifier: Apache-2.0
// attack [ID...] [--json] [--list] [--docs]: runs attacks of the book against real stations and prints what they have shown.
// Exit status: 0 every oracle and every control holds, 1 one does not, 2 wrong use or the machine cannot.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <span>

#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

struct Report {
    const Page* page = nullptr;
    Trial trial;
    std::string could_not;    ///< why it could not be run
    double seconds = 0;

    [[nodiscard]] bool is_good() const {
        return could_not.empty() && trial.contained.holds() && trial.on_time.holds() && trial.logged.holds() &&
               trial.control.holds();
    }
};

Report run(const Attack& attack, const Page& page) {
    Report report{&page, {}, {}, 0};
    const Instant begun = now();
    Result<> done = attack.run(report.trial);
    // A machine that others use, too, may take a turn of the loop away. What an attack does to the loop, it does again: once
    // more, and said.
    if (done && !report.trial.on_time.holds()) {
        std::string first = report.trial.on_time.failures().empty() ? "" : report.trial.on_time.failures().front();
        report.trial = {};
        report.trial.figure("REPEATED, in the first run NOT", std::move(first));
        done = attack.run(report.trial);
    }
    if (done) done = attack.control(report.trial);
    if (!done) report.could_not = done.error().what.view();
    report.seconds = static_cast<double>((now() - begun).count()) / 1e9;
    return report;
}

const char* word(const Oracle& oracle) { return oracle.holds() ? "yes" : oracle.expectations() > 0 ? "NO" : "-"; }

void print_failures(const Report& report) {
    const Trial& t = report.trial;
    const std::pair<const char*, const Oracle*> oracles[] = {
        {"contained", &t.contained}, {"on time", &t.on_time}, {"logged", &t.logged}, {"control", &t.control}};
    for (const auto& [name, oracle] : oracles)
        for (const std::string& failure : oracle->failures()) std::printf("       %s: NOT %s\n", name, failure.c_str());
    if (!report.could_not.empty()) std::printf("       could not be run: %s\n", report.could_not.c_str());
}

void print_row(const Report& report) {
    const Trial& t = report.trial;
    std::printf("%-4s %-9s %-11s %-6s %-8s %5.1f s  %.*s\n", std::string(report.page->id).c_str(), word(t.contained),
                word(t.on_time), word(t.logged), word(t.control), report.seconds, static_cast<int>(report.page->what.size()),
                report.page->what.data());
    for (const auto& [name, value] : t.figures) std::printf("       %s: %s\n", name.c_str(), value.c_str());
    print_failures(report);
    std::fflush(stdout);
}

Json object_of(const Report& report) {
    const auto truth = [](bool value) { return *Json::parse(value ? "true" : "false"); };
    Json object = Json::object();
    object.add("id", Json(report.page->id));
    object.add("what", Json(report.page->what));
    object.add("ok", truth(report.is_good()));
    object.add("contained", truth(report.trial.contained.holds()));
    object.add("on_time", truth(report.trial.on_time.holds()));
    object.add("logged", truth(report.trial.logged.holds()));
    object.add("control", truth(report.trial.control.holds()));
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f", report.seconds);
    object.add("seconds", *Json::parse(seconds));
    Json figures = Json::object(), failures = Json::array();
    for (const auto& [name, value] : report.trial.figures) figures.add(name, Json(value));
    for (const Oracle* oracle : {&report.trial.contained, &report.trial.on_time, &report.trial.logged, &report.trial.control})
        for (const std::string& failure : oracle->failures()) failures.add(Json(failure));
    if (!report.could_not.empty()) failures.add(Json(report.could_not));
    object.add("figures", figures);
    object.add("failures", failures);
    return object;
}

const Page* page_of(std::string_view id) {
    const auto page = std::ranges::find(book(), id, &Page::id);
    return page == book().end() ? nullptr : &*page;
}

int wrong_use(const std::string& why) {
    std::fprintf(stderr, "attack: %s\nusage: attack [ID...] [--json] | --list | --docs\n", why.c_str());
    return 2;
}

void print_list() {
    const std::vector<Attack> there = built();
    for (const Page& page : book())
        std::printf("%s  %-8s  %.*s\n", std::string(page.id).c_str(),
                    std::ranges::find(there, page.id, &Attack::id) != there.end() ? "done" : "not done",
                    static_cast<int>(page.what.size()), page.what.data());
}

void print_json(const std::vector<Report>& reports, const std::vector<const Page*>& missing) {
    Json whole = Json::object(), done = Json::array(), not_done = Json::array();
    for (const Report& report : reports) done.add(object_of(report));
    for (const Page* page : missing) not_done.add(Json(page->id));
    whole.add("ok", *Json::parse(std::ranges::all_of(reports, &Report::is_good) ? "true" : "false"));
    whole.add("attacks", done);
    whole.add("not_done", not_done);
    std::printf("%s\n", whole.text().c_str());
}

int main(std::span<char*> words) {
    bool as_json = false;
    std::vector<const Page*> wanted;
    for (const std::string_view word : words) {
        if (word == "--json") as_json = true;
        else if (word == "--list") return print_list(), 0;
        else if (word == "--docs") return std::printf("%s", table_for_docs().c_str()), 0;
        else if (word.starts_with("-")) return wrong_use("'" + std::string(word) + "' is not an option of it");
        else if (const Page* page = page_of(word)) wanted.push_back(page);
        else return wrong_use("there is no attack '" + std::string(word) + "': the book has A01 to A25; --list shows them");
    }
    const bool is_all = wanted.empty();
    if (is_all)
        for (const Page& page : book()) wanted.push_back(&page);
    if (::geteuid() != 0)
        std::fprintf(stderr,
                     "attack: not root: there are no real-time schedules and no control groups here, and what they prevent is "
                     "not prevented\n");

    const std::vector<Attack> there = built();
    std::vector<Report> reports;
    std::vector<const Page*> missing;
    if (!as_json)
        std::printf("%-4s %-9s %-11s %-6s %-8s %7s  %s\n", "", "contained", "no deadline", "logged", "succeeds", "time", "what");
    if (!as_json) std::printf("%-4s %-9s %-11s %-6s %-8s\n", "", "", "missed", "", "without");
    for (const Page* page : wanted) {
        const auto attack = std::ranges::find(there, page->id, &Attack::id);
        if (attack == there.end()) {
            missing.push_back(page);
            continue;
        }
        reports.push_back(run(*attack, *page));
        if (!as_json) print_row(reports.back());
    }
    if (as_json) print_json(reports, missing);
    else if (!missing.empty()) {
        std::printf("\nnot built:");
        for (const Page* page : missing) std::printf(" %s", std::string(page->id).c_str());
        std::printf("\n");
    }
    if (reports.empty() && !is_all) return 2;   // who asks for what is not built gets no "good"
    if (std::ranges::any_of(reports, [](const Report& r) { return !r.could_not.empty(); })) return 2;
    return std::ranges::all_of(reports, &Report::is_good) ? 0 : 1;
}

}  // namespace
}  // namespace voltkeep::attacks

int main(int argc, char** argv) { return voltkeep::attacks::main(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)); }
