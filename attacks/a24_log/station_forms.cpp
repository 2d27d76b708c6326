// SPDX-License-Identifier: Apache-2.0
#include "a24_log/station_forms.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <format>
#include <fstream>

#include "a24_log/made_log.hpp"
#include "cli/log_files.hpp"

namespace voltkeep::attacks {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}
std::string last_segment(const std::string& log) {
    std::string last;
    for (const auto& item : std::filesystem::directory_iterator(log))
        if (item.path().extension() == ".log") last = std::max(last, item.path().string());
    return last;
}
std::string earlier_of(const std::string& log) { return log + ".earlier"; }

/// All of it to whom the folder belongs: who writes there as another would not be the log's writer.
void give_back(const std::string& log) {
    struct stat status{};
    bool is_good = ::stat(log.c_str(), &status) == 0;
    for (const auto& item : std::filesystem::recursive_directory_iterator(log))
        is_good = ::lchown(item.path().c_str(), status.st_uid, status.st_gid) == 0 && is_good;
    CHECK(is_good);
}

/// What somebody does to the files while their writer stands still.
struct Form {
    const char* what;
    void (*act)(const std::string& log);
    const char* why;           ///< in the words of the entry that tells
    bool is_set_aside = true;  ///< else the log goes on: by itself it is as it was written
};

constexpr Form forms[] = {
    {"all of it is put back to an earlier state, with its checkpoints and its seals",
     [](const std::string& log) {
         for (const auto& item : std::filesystem::directory_iterator(log)) std::filesystem::remove_all(item.path());
         std::filesystem::copy(earlier_of(log), log, std::filesystem::copy_options::recursive);
         give_back(log);
     },
     "entries that were sealed are missing", false},
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
constexpr auto set_aside = std::ranges::count(forms, true, &Form::is_set_aside);

/// Errors: timeout (it is not running).
Result<pid_t> writer(Station& station) {
    for (const Instant deadline = now() + 10s; now() < deadline; station.pause(20ms)) {
        const ServiceState audit = TRY(station.service("audit"));
        if (audit.life == "ready" && audit.pid > 0) return audit.pid;
    }
    return station.stuck("the log has no writer");
}

/// Until the TPM has sealed the log more than so many times. Returns how often it has. Errors: timeout.
Result<std::uint64_t> sealed_more_than(Station& station, std::uint64_t count) {
    for (const Instant deadline = now() + 10s; now() < deadline; station.pause(20ms)) {
        std::ifstream file(station.state() + "/log/seals");
        std::uint64_t seals = 0;
        for (std::string line; std::getline(file, line);) seals += std::ranges::count(line, ' ') == 5 ? 1u : 0u;
        if (seals > count) return seals;
    }
    return station.stuck("the TPM does not seal the log");
}

/// The last alarm that is in the log.
struct Alarm {
    std::uint64_t aside = 0;  ///< files of logs that were set aside
    std::uint64_t count = 0;  ///< of alarms in the one that goes on
    std::string payload;
    bool is_heard = false;    ///< the CSMS has answered to it, in the log that goes on

    [[nodiscard]] bool is_behind(const Alarm& other) const {
        return std::pair(aside, count) > std::pair(other.aside, other.count);
    }
};
/// Read from the files: who follows the log over the door can miss the first entries of one that begins behind damage.
Alarm alarm_in(const std::string& log) {
    Alarm alarm;
    for (const auto& item : std::filesystem::directory_iterator(log))
        alarm.aside += item.path().filename().string().find(".damaged") != std::string::npos ? 1u : 0u;
    (void)cli::each_record(log, [&alarm](const audit_log::Record& record) -> Result<> {
        const auto entry = TRY(audit_log::entry_of(record));
        const auto has = [&entry](std::string_view words) { return entry.payload.find(words) != std::string::npos; };
        alarm.is_heard = alarm.is_heard || (entry.source == "ocpp" && has("SecurityEventNotification"));
        if (entry.source != "audit" || !has("TamperDetectionActivated")) return {};
        ++alarm.count;
        alarm.payload = entry.payload;
        return {};
    });
    return alarm;
}
/// Nothing new: what was there before.
Alarm wait_for_alarm(Station& station, const std::string& log, const Alarm& before) {
    Alarm alarm = alarm_in(log);
    for (const Instant deadline = now() + 10s; !(alarm.is_behind(before) && alarm.count > 0) && now() < deadline;) {
        station.pause(20ms);
        alarm = alarm_in(log);
    }
    return alarm;
}

bool is_heard(Station& station, const std::string& log) {
    for (const Instant deadline = now() + 10s; !alarm_in(log).is_heard && now() < deadline;) station.pause(20ms);
    return alarm_in(log).is_heard;
}

/// A copy that is whole: its writer stands still meanwhile.
Result<> keep_earlier(Station& station) {
    const pid_t audit = TRY(writer(station));
    const std::string log = station.state() + "/log";
    if (::kill(audit, SIGSTOP) != 0) return fail_errno("kill");
    std::filesystem::copy(log, earlier_of(log), std::filesystem::copy_options::recursive);
    if (::kill(audit, SIGCONT) != 0 || ::kill(audit, SIGKILL) != 0) return fail_errno("kill");
    return {};
}

}  // namespace

Result<> tamper(Station& station, Trial& trial) {
    const std::string log = station.state() + "/log";
    const std::uint64_t before = TRY(sealed_more_than(station, 0));
    TRY(keep_earlier(station));
    TRY(sealed_more_than(station, before));
    for (const Form& form : forms) {
        TRY(sealed_more_than(station, 0));  // the log that begins behind damage is a young one
        const pid_t audit = TRY(writer(station));
        if (::kill(audit, SIGSTOP) != 0) return fail_errno("kill");
        const Alarm before_it = form.is_set_aside ? alarm_in(log) : Alarm();
        form.act(log);
        if (::kill(audit, SIGKILL) != 0) return fail_errno("kill");
        const Alarm told = wait_for_alarm(station, log, before_it);
        const bool is_named = told.is_behind(before_it) && told.payload.find(form.why) != std::string::npos;
        trial.logged.expect(is_named, std::string(form.what) + ", and the log says so: " + told.payload);
        trial.logged.expect(is_heard(station, log), std::string(form.what) + ", and the CSMS has heard it");
        trial.figure(form.what, told.payload);
    }
    TRY(sealed_more_than(station, 0));
    const auto key = TRY(cli::log_key(log, ""));
    const auto tpm = TRY(cli::tpm_keys(log, ""));
    const auto verified = TRY(cli::verify_folder(log, key, true, tpm));
    trial.contained.expect(!verified.damage, "the log that began behind the damage is good" +
                                                 (verified.damage ? ": " + verified.damage->what : std::string()));
    trial.contained.expect(verified.origin.ends_with("/" + std::to_string(set_aside + 1)),
                           "each damaged log was set aside: " + verified.origin);
    return {};
}

}  // namespace voltkeep::attacks
