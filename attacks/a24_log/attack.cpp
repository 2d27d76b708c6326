// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <future>

#include "a24_log/forms.hpp"
#include "a24_log/seal_forms.hpp"
#include "a24_log/station_forms.hpp"

namespace voltkeep::attacks {
namespace {

void try_files(Trial& trial) {
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
    const std::uint64_t seal_flips = flip_seals(small, trial.contained);
    fork_and_merge(small, trial.contained);
    exchange_tpm(small, trial.contained);
    trial.figure("flipped bytes of entries, each named", std::to_string(flips + 5'000));
    trial.figure("flipped bytes of checkpoints", std::to_string(signed_flips));
    trial.figure("flipped bytes of the TPM's seals", std::to_string(seal_flips));
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

/// What needs no station: tried while one starts and charges.
Result<Trial> try_without_a_station() {
    Trial trial;
    try_files(trial);
    const auto [line, status] = TRY(run_kills(""));
    trial.contained.expect(status == 0, "a writer that is killed at any of its calls loses nothing: " + line);
    trial.figure("the writer, killed", line);
    return trial;
}

Result<> run(Trial& trial) {
    auto files = std::async(std::launch::async, try_without_a_station);
    const auto station = TRY(Station::start({.charge_s = 120, .tpm = "emulated"}));
    TRY(station->wait_until_charging());
    Watch watch = TRY(Watch::begin(*station, {"audit"}));
    TRY(tamper(*station, trial));
    const Trial elsewhere = TRY(files.get());
    trial.contained.include(elsewhere.contained);
    std::ranges::copy(elsewhere.figures, std::back_inserter(trial.figures));
    return watch.judge(trial);
}

Result<> control(Trial& trial) {
    without_checkpoints(MadeLog(200), trial.control);
    without_seals(MadeLog(200), trial.control);
    const auto [line, status] = TRY(run_kills(" hasty"));
    trial.control.expect(status != 0 && !line.starts_with("0 kills"),
                         "a writer that acknowledges before it commits loses entries: " + line);
    trial.figure("a writer that acknowledges too early", line);
    return {};
}

const Registration registration({"A24", run, control});

}  // namespace
}  // namespace voltkeep::attacks
