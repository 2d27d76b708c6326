// SPDX-License-Identifier: Apache-2.0
#include "a13_driver/trial.hpp"

namespace voltkeep::attacks {
namespace {

constexpr const char* driver = "meter@1";

harness::Options owned_driver() {
    harness::Options options;
    options.changes.programs["meter"] = owned_program("meter");
    // One life a try: the real policy would give the driver up after ten deaths in a minute, and the attacker with it. It still
    // pauses.
    options.changes.edits.push_back({"meter/manifest.toml", "intensity  = 10", "intensity  = 32"});
    options.changes.edits.push_back({"meter/manifest.toml", "period_s   = 60", "period_s   = 1"});
    options.charge_s = 120;
    return options;
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(owned_driver()));
    TRY(station->wait_until_charging());
    Watch watch = TRY(Watch::begin(*station, {driver}));
    TRY(carry_out_all(*station, trial, driver));
    TRY(watch.judge(trial));
    trial.contained.expect(station->is_charging(), "the car goes on charging");
    return {};
}

Result<> control(Trial& trial) {
    harness::Options options = owned_driver();
    options.changes.edits.push_back({"meter/manifest.toml", "syscalls = [\"base\", \"files\"]",
                                     "syscalls = [\"base\", \"sockets\", \"processes\", \"files\"]\nnetwork = "
                                     "\"station\"\ncontrol = [\"get_state\", \"restart\", \"quarantine\"]"});
    options.changes.edits.push_back({"meter/manifest.toml", "\"pki/{service}\"]", "\"pki/{service}\", \"pki/secc\"]"});
    options.changes.edits.push_back({"meter/manifest.toml", "tasks  = 1", "tasks  = 4"});
    // What one reads no other may read too: link@ev has the keys in this station no longer.
    const auto station = TRY(Station::start(options));
    TRY(station->wait_until_charging());
    for (const char* name : {"fork", "TCP socket", "open the keys", "learn of other services"}) {
        const std::string answer = TRY(answer_to(*station, driver, name));
        trial.control.expect(answer.starts_with("ok"),
                             std::string("with its grant the same try succeeds: ") + name + ": " + answer);
    }
    return expect_restart_of_loop(*station, trial, driver);
}

const Registration a13{{"A13", run, control}};

}  // namespace
}  // namespace voltkeep::attacks
