// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "kernel/config.hpp"
#include "services/flight/replay.hpp"

namespace voltkeep::cli {

namespace {

constexpr std::size_t file_bound = 16u << 20;

/// One segment, run again.
struct Run {
    std::string path, source;
    flight::Segment segment;
    flight::Replayed replayed;
    [[nodiscard]] bool is_same() const { return !replayed.difference && !segment.damage; }
    [[nodiscard]] std::int64_t wall_ms(std::int64_t ns) const {
        return segment.header.began_wall_ms + (ns - segment.header.began_ns) / 1'000'000;
    }
    [[nodiscard]] bool is_own_code() const { return segment.header.code == flight::code_id(); }
};

std::string time_text(std::int64_t wall_ms) {
    const std::time_t seconds = wall_ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[40];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text + n, sizeof text - n, ".%03dZ", static_cast<int>(wall_ms % 1000));
    return text;
}

/// A broken file stops the command: what it would say of the others would be taken for the whole.
Result<Run> run_again(const std::string& path) {
    const auto refused = [&](const Error& error) { return fail(error.code, path + ": " + std::string(error.what.view())); };
    const auto file = kernel::read_file(path, file_bound);
    if (!file) return refused(file.error());
    auto segment = flight::read(*file);
    if (!segment) return refused(segment.error());
    auto replayed = flight::replay(*segment);
    if (!replayed) return refused(replayed.error());
    const auto& header = segment->header;
    const std::string source =
        (header.source == flight::Source::safety ? "power@" : "session@") + std::to_string(header.evse.number);
    return Run{path, source, std::move(*segment), std::move(*replayed)};
}

Result<std::vector<Run>> run_all(const std::string& state, const std::string& what) {
    std::error_code error;
    std::vector<Run> runs;
    if (!what.empty() && std::filesystem::is_regular_file(what, error)) {
        runs.push_back(TRY(run_again(what)));
        return runs;
    }
    const std::string folder = state + "/state/session/flight";
    std::vector<std::string> paths;
    for (const auto& item : std::filesystem::directory_iterator(folder, error)) paths.push_back(item.path().string());
    if (paths.empty())
        return fail(Errc::not_found, "no flight recording in " + folder + ": name the station's folder with --state, or a file");
    std::ranges::sort(paths);
    for (const std::string& path : paths) {
        const std::string name = std::filesystem::path(path).stem().string();   // power@1
        const bool is_source = name == what || name.ends_with("@" + what);
        if (what.empty() || is_source || what.size() == TransactionId::capacity) runs.push_back(TRY(run_again(path)));
    }
    if (what.size() == TransactionId::capacity) {   // where it ran, and the safety loop of that EVSE meanwhile
        const auto has_it = [&](const Run& run) {
            return std::ranges::any_of(run.replayed.transactions, [&](const TransactionId& id) { return id == what; });
        };
        std::vector<const Run*> found;
        for (const Run& run : runs)
            if (has_it(run)) found.push_back(&run);
        std::vector<bool> is_wanted;
        for (const Run& run : runs)
            is_wanted.push_back(std::ranges::any_of(found, [&](const Run* session) {
                return session == &run || (run.segment.header.source == flight::Source::safety &&
                                           run.segment.header.evse == session->segment.header.evse &&
                                           run.wall_ms(run.replayed.first_ns) <= session->wall_ms(session->replayed.last_ns) &&
                                           run.wall_ms(run.replayed.last_ns) >= session->wall_ms(session->replayed.first_ns));
            }));
        std::size_t at = 0;
        std::erase_if(runs, [&](const Run&) { return !is_wanted[at++]; });
    }
    if (runs.empty()) return fail(Errc::not_found, "nothing of '" + what + "' is recorded in " + folder);
    std::ranges::sort(runs, {}, [](const Run& run) { return std::pair(run.source, run.segment.number); });
    return runs;
}

std::string object_of(const Run& run) {
    JsonObject<2048> object;
    object.put("source", run.source)
        .put("segment", run.segment.number)
        .put("steps", run.replayed.steps)
        .put("same", run.is_same());
    object.put("from", time_text(run.wall_ms(run.replayed.first_ns))).put("to", time_text(run.wall_ms(run.replayed.last_ns)));
    object.put("code", run.segment.header.code.view()).put("own_code", run.is_own_code());
    if (const auto& d = run.replayed.difference)
        object.put("difference_step", d->step)
            .put("difference_at", time_text(run.wall_ms(d->at_ns)))
            .put("given", d->given)
            .put("decides", d->decides);
    if (run.segment.damage) object.put("damage", run.segment.damage->what.view());
    return std::string(object.text().view());
}

void print(const Run& run) {
    std::printf("%-10s segment %-4llu %8zu steps  %s .. %s  %s\n", run.source.c_str(),
                static_cast<unsigned long long>(run.segment.number), run.replayed.steps,
                time_text(run.wall_ms(run.replayed.first_ns)).c_str(), time_text(run.wall_ms(run.replayed.last_ns)).c_str(),
                run.is_same()             ? "the same"
                : run.replayed.difference ? "DIFFERENT"
                                          : "DAMAGED");
    if (const auto& d = run.replayed.difference)
        std::printf("  step %zu at %s was given %s; this code decides: %s\n", d->step, time_text(run.wall_ms(d->at_ns)).c_str(),
                    d->given.c_str(), d->decides.c_str());
    if (run.segment.damage)
        std::printf("  %s, %s: the steps before it were run\n", run.path.c_str(),
                    std::string(run.segment.damage->what.view()).c_str());
    if (!run.is_own_code())
        std::printf("  recorded by other code (%s) than this (%s): it need not decide the same\n",
                    std::string(run.segment.header.code.view()).c_str(), std::string(flight::code_id()).c_str());
}

}  // namespace

Result<int> replay_command(const std::string& state, const std::string& what, bool json) {
    const auto runs = run_all(state, what);
    if (!runs && runs.error().code == Errc::integrity) {
        std::fprintf(stderr, "voltkeep: %s\n", std::string(runs.error().what.view()).c_str());
        return 1;
    }
    if (!runs) return std::unexpected(runs.error());
    const bool ok = std::ranges::all_of(*runs, &Run::is_same);
    std::size_t steps = 0;
    std::string objects;
    for (const Run& run : *runs) {
        steps += run.replayed.steps;
        if (!json) print(run);
        else objects += (objects.empty() ? "" : ",") + object_of(run);
    }
    if (json) std::printf("{\"ok\":%s,\"steps\":%zu,\"segments\":[%s]}\n", ok ? "true" : "false", steps, objects.c_str());
    else std::printf("%zu steps run again%s\n", steps, ok ? ": the same decisions, bit for bit" : "");
    return ok ? 0 : 1;
}

}  // namespace voltkeep::cli
