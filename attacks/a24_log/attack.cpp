// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cstdio>
#include <filesystem>
#include <format>
#include <fstream>

#include "a24_log/forms.hpp"
#include "cli/log_files.hpp"
#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// What somebody does to the files under the service that writes them.
struct Form {
    const char* what;
    void (*act)(const std::string& log);
    const char* why;  ///< in the words of the entry that tells
};

std::string last_segment(const std::string& log) {
    std::string last;
    for (const auto& item : std::filesystem::directory_iterator(log))
        if (item.path().extension() == ".log") last = std::max(last, item.path().string());
    return last;
}

constexpr Form forms[] = {
    {"the checkpoints are erased",
     [](const std::string& log) {
         std::filesystem::remove(log + "/checkpoint");
         std::filesystem::remove(log + "/checkpoints");
     },
     "checkpoints are missing"},
    {"a byte of an entry is changed",
     [](const std::string& log) {
         std::string bytes = text_of(last_segment(log));
         bytes[200] = static_cast<char>(bytes[200] ^ 4);
         write(last_segment(log), bytes);
     },
     "changed"},
    {"signed entries are cut off at the end",
     [](const std::string& log) {
         std::filesystem::resize_file(last_segment(log), std::filesystem::file_size(last_segment(log)) / 2);
     },
     "were signed"},
    {"the checkpoint of another key is put there",
     [](const std::string& log) {
         std::filesystem::remove(log + "/checkpoints");
         write(log + "/checkpoint", MadeLog(1).notes[0] + "\n");
     },
     ""},
};

/// Errors: timeout (it is not running).
Result<pid_t> writer(Station& station) {
    for (const Instant deadline = now() + 10s; now() < deadline; station.pause(100ms)) {
        const ServiceState audit = TRY(station.service("audit"));
        if (audit.life == "ready" && audit.pid > 0) return audit.pid;
    }
    return station.stuck("the log has no writer");
}

/// Each form against the log of a station that charges: the writer is killed, so that it has to look at what it is to go on with.
Result<> tamper(Station& station, Trial& trial) {
    const std::string log = station.state() + "/log";
    for (const Form& form : forms) {
        station.pause(1500ms);  // the log that begins behind damage is a young one: its first entries have to be signed
        const std::size_t from = station.lines().size();
        const pid_t audit = TRY(writer(station));
        form.act(log);
        if (::kill(audit, SIGKILL) != 0) return fail_errno("kill");
        const auto told = station.wait_for(
            [](const Json& l) { return l.text().find("TamperDetectionActivated") != std::string::npos; }, 10s, from);
        const bool is_named = told && told->text().find(form.why) != std::string::npos;
        trial.logged.expect(is_named,
                            std::string(form.what) + ", and the log says so: " + (told ? told->text() : "nothing came"));
        if (told) trial.figure(form.what, std::format("entry {}: {}", number_in(*told, "entry"), told->string("detail")));
    }
    station.pause(2s);
    const auto key = TRY(cli::log_key(log, ""));
    const auto verified = TRY(cli::verify_folder(log, key, true));
    trial.contained.expect(!verified.damage, "the log that began behind the damage is good");
    trial.contained.expect(verified.origin.ends_with("/" + std::to_string(std::size(forms) + 1)),
                           "each damaged log was set aside: " + verified.origin);
    return {};
}

Result<> try_files(Trial& trial) {
    const MadeLog small(200), large(10'000);
    std::uint64_t flips = flip_bytes(small, 0, small.size(), trial.contained);
    flips += flip_bytes(large, 0, 500, trial.contained) + flip_bytes(large, 9'500, large.size(), trial.contained);
    flip_seeded(large, 5'000, trial.contained);
    const std::uint64_t signed_flips = flip_checkpoints(small, 1, trial.contained) + flip_checkpoints(large, 64, trial.contained);
    drop_last(small, trial.contained);
    drop_last(large, trial.contained);
    rewrite(small, trial.contained);
    sign_again(small, trial.contained);
    set_clock_back(trial.contained);
    trial.figure("flipped bytes of entries, each named", std::to_string(flips + 5'000));
    trial.figure("flipped bytes of checkpoints", std::to_string(signed_flips));
    return {};
}

/// The program's one line; its status.
Result<std::pair<std::string, int>> run_kills(const std::string& words) {
    std::FILE* const program = ::popen((test_program("a24/kills") + words).c_str(), "r");
    if (program == nullptr) return fail_errno("popen");
    char line[512] = "";
    if (std::fgets(line, sizeof line, program) == nullptr) line[0] = 0;
    const int status = ::pclose(program);
    std::string text = line;
    return std::pair(text.substr(0, text.find('\n')), status);
}

Result<> run(Trial& trial) {
    TRY(try_files(trial));
    const auto [line, status] = TRY(run_kills(""));
    trial.contained.expect(status == 0, "a writer that is killed at any of its calls loses nothing: " + line);
    trial.figure("the writer, killed", line);

    const auto station = TRY(Station::start({.charge_s = 120}));
    TRY(station->wait_until_charging());
    Watch watch = TRY(Watch::begin(*station, {"audit"}));
    // A log without checkpoints that is younger than ten seconds may be one whose writer was killed.
    (void)station->wait_for([](const Json& l) { return l.find("entry_sequence") != nullptr && number_in(l, "at_ms") > 14'000; },
                            20s);
    TRY(tamper(*station, trial));
    return watch.judge(trial);
}

Result<> control(Trial& trial) {
    without_checkpoints(MadeLog(200), trial.control);
    const auto [line, status] = TRY(run_kills(" hasty"));
    trial.control.expect(status != 0 && !line.starts_with("0 kills"),
                         "a writer that acknowledges before it commits loses entries: " + line);
    trial.figure("a writer that acknowledges too early", line);
    return {};
}

const Registration registration({"A24", run, control});

}  // namespace
}  // namespace voltkeep::attacks
