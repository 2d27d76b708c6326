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
#include "cli/log_files.hpp"
#include "wire/audit_log/proof_file.hpp"

namespace voltkeep::cli {

namespace {

std::string wall_text(std::int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                  utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
    return text;
}

bool is_wanted(const Json& e, const LogView& view) {
    return (view.source.empty() || e.string("source") == view.source) && (view.type.empty() || e.string("type") == view.type) &&
           (view.evse == 0 || number_in(e, "evse") == view.evse);
}

/// What an entry says was written by whoever wrote it: nothing of it reaches the terminal as a control character.
void print_entry(const Json& e, const LogView& view) {
    if (!is_wanted(e, view)) return;
    if (view.json)
        std::printf("%s\n", printable(e.text()).c_str());
    else
        std::printf("%6lld  %s  %-13s %-13s %s\n", static_cast<long long>(number_in(e, "index")),
                    wall_text(number_in(e, "wall_ms")).c_str(), printable(e.string("source")).c_str(),
                    printable(e.string("type")).c_str(), printable(e.string("payload")).c_str());
}

/// The log of a station that does not run, as it lies in its folder.
Result<int> show_from_folder(const std::string& folder, const LogView& view) {
    std::uint64_t from = view.from;
    if (view.last > 0) {
        std::uint64_t size = 0;
        TRY(each_record(folder, [&](const audit_log::Record&) -> Result<> {
            ++size;
            return {};
        }));
        from = size > view.last ? size - view.last : 0;
    }
    const auto print = [&](const audit_log::Record& record) -> Result<> {
        const audit_log::Entry e = TRY(audit_log::entry_of(record));
        if (record.index < from) return {};
        print_entry(*Json::parse(JsonObject<8192>()
                                     .put("index", record.index)
                                     .put("source", e.source)
                                     .put("sequence", e.sequence)
                                     .put("boot", e.boot)
                                     .put("monotonic_ns", e.monotonic_ns)
                                     .put("wall_ms", e.wall_ms)
                                     .put("type", e.type)
                                     .put("evse", e.evse)
                                     .put("payload", e.payload)
                                     .put("hash", audit_log::to_hex(record.leaf))
                                     .text()
                                     .view()),
                    view);
        return {};
    };
    const auto damage = TRY(each_record(folder, print));
    if (!damage) return 0;
    std::fprintf(stderr, "voltkeep: the log ends here: entry %llu is not as it was written; see `voltkeep log verify`\n",
                 static_cast<unsigned long long>(damage->index));
    return 1;
}

}  // namespace

Result<int> log_show_command(const std::string& state, const LogView& view) {
    auto connected = DoorClient::connect(door_of(state));
    if (!connected && connected.error().code == Errc::not_found && !view.follow && std::filesystem::exists(state + "/log"))
        return show_from_folder(state + "/log", view);
    DoorClient door = TRY(std::move(connected));
    std::uint64_t from = view.from;
    if (view.last > 0) {
        const auto size = static_cast<std::uint64_t>(number_in(TRY(door.ask("head")), "size"));
        from = size > view.last ? size - view.last : 0;
    }
    for (;;) {
        const Json answer = TRY(door.ask("log " + std::to_string(from) + " " + (view.follow ? "20000" : "0"), 30s));
        const Json* entries = answer.find("entries");
        if (entries == nullptr || entries->items().empty()) {
            if (view.follow) continue;
            return 0;
        }
        for (const Json& entry : entries->items()) {
            print_entry(entry, view);
            from = static_cast<std::uint64_t>(number_in(entry, "index")) + 1;
        }
        std::fflush(stdout);
    }
}

Result<int> log_verify_command(const std::string& folder, const LogVerification& how) {
    const auto public_key = TRY(log_key(folder, how.key));
    const auto tpm = TRY(tpm_keys(folder, how.tpm));
    const auto all = TRY(verify_folder(folder, public_key, how.every_signature, tpm));
    const bool json = how.json;
    if (all.damage) {
        const audit_log::Damage& d = *all.damage;
        const std::string why = d.is_torn ? d.what + " (a write that was cut off, or the end was taken away)" : d.what;
        if (json)
            std::printf("%s\n", std::string(JsonObject<8192>()
                                                .put("ok", false)
                                                .put("entry", d.index)
                                                .put("file", all.place)
                                                .put("offset", d.offset)
                                                .put("what", why)
                                                .text())
                                    .c_str());
        else
            std::printf("NOT as it was written: entry %llu (%s, byte %llu): %s\nEverything before it is good: %llu entries.\n",
                        static_cast<unsigned long long>(d.index), all.place.c_str(), static_cast<unsigned long long>(d.offset),
                        why.c_str(), static_cast<unsigned long long>(d.index));
        return 1;
    }
    const std::string root = audit_log::to_hex(all.root), when = wall_text(static_cast<std::int64_t>(all.signed_unix_s) * 1000);
    if (json) {
        JsonObject<8192> object;
        object.put("ok", true)
            .put("entries", all.entries)
            .put("signed", all.signed_size)
            .put("signed_at", when)
            .put("root", root)
            .put("origin", all.origin);
        if (all.set_back) object.put("clock_set_back", *all.set_back);
        if (all.seals > 0)
            object.put("seals", all.seals)
                .put("sealed", all.sealed_size)
                .put("counter", all.counter)
                .put("seals_checked", tpm.has_value());
        std::printf("%s\n", std::string(object.text()).c_str());
        return 0;
    }
    std::printf("good: %llu entries, each as it was written; %llu of them signed at %s\nlog %s, root %s\n",
                static_cast<unsigned long long>(all.entries), static_cast<unsigned long long>(all.signed_size), when.c_str(),
                all.origin.c_str(), root.c_str());
    if (all.seals > 0)
        std::printf("%llu seals of the TPM%s: %llu entries, its counter at %llu\n", static_cast<unsigned long long>(all.seals),
                    tpm ? "" : " (their signatures NOT checked: its public keys are not here)",
                    static_cast<unsigned long long>(all.sealed_size), static_cast<unsigned long long>(all.counter));
    if (all.set_back)
        std::printf("the station's clock was set back before entry %llu: go by the order of the entries\n",
                    static_cast<unsigned long long>(*all.set_back));
    return 0;
}

Result<int> log_export_command(const std::string& state, const std::string& target) {
    TRY(export_log(state + "/log", target));
    const int status = TRY(log_verify_command(target + "/log", {}));
    std::printf(
        "voltkeep log verify %s/log says the same; the public keys are in %s/pki: compare them with those that you know\n",
        target.c_str(), target.c_str());
    return status;
}

Result<int> log_prove_command(const std::string& folder, const std::string& key, std::uint64_t index) {
    const auto public_key = TRY(log_key(folder, key));
    const std::string proof = TRY(prove_entry(folder, public_key, index));
    std::fwrite(proof.data(), 1, proof.size(), stdout);
    return 0;
}

Result<int> log_check_command(const std::string& file, const std::string& key) {
    const auto public_key = TRY(read_log_key(key));
    const auto bytes = TRY(kernel::read_file(file, audit_log::proof_file_bound));
    const auto proven = TRY(check_entry(as_text(bytes), public_key));
    const audit_log::Entry& e = proven.entry;
    std::printf(
        "proved: entry %llu of the log %s\n%s  %s  %s  %s\nIt is one of the first %llu entries, which the key signed at %s.\n",
        static_cast<unsigned long long>(proven.index), proven.log.checkpoint.origin.c_str(), wall_text(e.wall_ms).c_str(),
        printable(e.source).c_str(), printable(e.type).c_str(), printable(e.payload).c_str(),
        static_cast<unsigned long long>(proven.log.checkpoint.size),
        wall_text(static_cast<std::int64_t>(proven.log.unix_s) * 1000).c_str());
    return 0;
}

}  // namespace voltkeep::cli
