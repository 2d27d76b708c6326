// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/door.hpp"
#include "kernel/config.hpp"
#include "cli/layout.hpp"
#include "cli/printable.hpp"
#include "wire/audit_log/chain.hpp"

namespace voltkeep::cli {

namespace {

std::string wall_text(std::int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, static_cast<int>(ms % 1000));
    return text;
}

/// What an entry says was written by whoever wrote it: nothing of it reaches the terminal as a control character.
void print_entry(const Json& e, bool json) {
    if (json) std::printf("%s\n", printable(e.text()).c_str());
    else
        std::printf("%6lld  %s  %-13s %-13s %s\n", static_cast<long long>(number_in(e, "index")), wall_text(number_in(e, "wall_ms")).c_str(),
                    printable(e.string("source")).c_str(), printable(e.string("type")).c_str(), printable(e.string("payload")).c_str());
}

/// The segments of a log folder, oldest first, or the one file.
Result<std::vector<std::string>> segments_of(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) return std::vector{path};
    std::vector<std::string> segments;
    for (const auto& item : std::filesystem::directory_iterator(path, error))
        if (item.path().extension() == ".log") segments.push_back(item.path().string());
    if (error) return fail(Errc::not_found, "no log in " + path + ": name its folder, or the station's with --state");
    if (segments.empty()) return fail(Errc::not_found, "no log in " + path + ": start the station with ./voltkeep run");
    std::ranges::sort(segments);
    return segments;
}

/// Walks over all segments of a log, from the oldest. Stops at the first that is not whole, which is named.
struct Walked {
    std::uint64_t size = 0;
    audit_log::Hash head{};
    std::string segment;
    std::optional<audit_log::Damage> damage;
};
Result<Walked> walk_all(const std::string& path, const std::function<void(std::uint64_t, const audit_log::Entry&, const audit_log::Hash&)>& visit) {
    constexpr std::size_t segment_bound = 256u << 20;
    Walked all;
    for (const std::string& segment : TRY(segments_of(path))) {
        std::error_code error;
        const std::uintmax_t there = std::filesystem::file_size(segment, error);
        if (error) return fail(Errc::io, segment + ": " + error.message());
        const auto bytes = TRY(kernel::read_file(segment, std::min<std::uintmax_t>(there, segment_bound)));
        audit_log::Walk walk = audit_log::walk(bytes, all.size, all.head, visit);
        all.size += walk.size;
        all.head = walk.head;
        all.segment = segment;
        all.damage = std::move(walk.damage);
        if (all.damage) break;
    }
    return all;
}

/// The log of a station that does not run, as it lies in its folder.
Result<int> show_from_folder(const std::string& folder, std::uint64_t from, std::uint64_t last, bool json) {
    if (last > 0) {
        const std::uint64_t size = TRY(walk_all(folder, {})).size;
        from = size > last ? size - last : 0;
    }
    const Walked all = TRY(walk_all(folder, [&](std::uint64_t index, const audit_log::Entry& e, const audit_log::Hash& hash) {
        if (index < from) return;
        print_entry(*Json::parse(JsonObject<8192>()
                                     .put("index", index).put("source", e.source).put("sequence", e.sequence).put("boot", e.boot)
                                     .put("monotonic_ns", e.monotonic_ns).put("wall_ms", e.wall_ms).put("type", e.type).put("evse", e.evse)
                                     .put("payload", e.payload).put("hash", audit_log::to_hex(hash)).text().view()),
                    json);
    }));
    if (!all.damage) return 0;
    std::fprintf(stderr, "voltkeep: the log ends here: entry %llu is not as it was written; see `voltkeep log verify`\n",
                 static_cast<unsigned long long>(all.damage->index));
    return 1;
}

}  // namespace

Result<int> log_show_command(const std::string& state, std::uint64_t from, std::uint64_t last, bool follow, bool json) {
    auto connected = DoorClient::connect(door_of(state));
    if (!connected && connected.error().code == Errc::not_found && !follow && std::filesystem::exists(state + "/log"))
        return show_from_folder(state + "/log", from, last, json);
    DoorClient door = TRY(std::move(connected));
    if (last > 0) {
        const auto size = static_cast<std::uint64_t>(number_in(TRY(door.ask("head")), "size"));
        from = size > last ? size - last : 0;
    }
    for (;;) {
        const Json answer = TRY(door.ask("log " + std::to_string(from) + " " + (follow ? "20000" : "0"), 30s));
        const Json* entries = answer.find("entries");
        if (entries == nullptr || entries->items().empty()) {
            if (follow) continue;
            return 0;
        }
        for (const Json& entry : entries->items()) {
            print_entry(entry, json);
            from = static_cast<std::uint64_t>(number_in(entry, "index")) + 1;
        }
        std::fflush(stdout);
    }
}

Result<int> log_verify_command(const std::string& path, bool json) {
    const Walked all = TRY(walk_all(path, {}));
    if (all.damage) {
        const audit_log::Damage& d = *all.damage;
        const std::string why = d.is_torn ? d.what + " (a write that was cut off, or the end was taken away)" : d.what;
        if (json)
            std::printf("%s\n", std::string(JsonObject<8192>().put("ok", false).put("entry", d.index).put("segment", all.segment).put("offset", d.offset).put("what", why).text()).c_str());
        else
            std::printf("NOT as it was written: entry %llu (%s, byte %llu): %s\nEverything before it is good: %llu entries.\n",
                        static_cast<unsigned long long>(d.index), all.segment.c_str(), static_cast<unsigned long long>(d.offset), why.c_str(),
                        static_cast<unsigned long long>(d.index));
        return 1;
    }
    if (json)
        std::printf("{\"ok\":true,\"entries\":%llu,\"head\":\"%s\"}\n", static_cast<unsigned long long>(all.size), audit_log::to_hex(all.head).c_str());
    else
        std::printf("good: %llu entries, each as it was written; head %s\n", static_cast<unsigned long long>(all.size), audit_log::to_hex(all.head).c_str());
    return 0;
}

}  // namespace voltkeep::cli
