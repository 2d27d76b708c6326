// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "a13_driver/trial.hpp"

namespace voltkeep::attacks {
namespace {

harness::Options owned_outer() {
    harness::Options options;
    for (const char* service : {"operator", "ocpp"}) options.changes.programs[service] = owned_program(service);
    options.charge_s = 120;
    return options;
}

/// The policy by which this station runs, byte by byte.
std::string policy_of(const Station& station) {
    std::ifstream file(station.state() + "/run/policy.image", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(owned_outer()));
    TRY(station->wait_until_charging());
    const std::string policy = policy_of(*station);
    Watch watch = TRY(Watch::begin(*station, {"operator", "ocpp"}));
    for (const char* service : {"ocpp", "operator"}) TRY(carry_out_all(*station, trial, service));
    TRY(watch.judge(trial));
    trial.contained.expect(!policy.empty() && policy_of(*station) == policy, "the policy is the same, byte by byte");
    trial.contained.expect(station->is_charging(), "the car goes on charging");
    return {};
}

/// One grant more, and the same tries reach what they want: the conduit's bit, the request's bit, the key's folder.
Result<> control(Trial& trial) {
    harness::Options options = owned_outer();
    options.changes.edits = {
        {"session/manifest.toml", R"("Present", "AcknowledgeTrips"])", R"("Present", "AcknowledgeTrips", "SetAvailability"])"},
        {"operator/manifest.toml", "StopByUser = 50", "StopByUser = 50, SetAvailability = 50"},
        {"ocpp/manifest.toml", "syscalls = [\"base\", \"kept\"]",
         "syscalls = [\"base\", \"kept\", \"files\"]\ncontrol = [\"get_state\", \"restart\"]"},
        {"ocpp/manifest.toml", R"(read = ["config/{service}"])", R"(read = ["config/{service}", "pki/station"])"},
        {"audit/manifest.toml", R"(to.ocpp     = ["Append", "AppendLater"])",
         R"(to.ocpp     = ["Append", "AppendLater", "Read"])"},
        {"ocpp/manifest.toml", "AppendLater = { request = 2000 } }", "AppendLater = { request = 2000 }, Read = 200 }"},
    };
    const auto station = TRY(Station::start(options));
    TRY(station->wait_until_charging());
    const std::string taken = TRY(answer_to(*station, "operator", "take the station out of service"));
    trial.control.expect(taken != "denied" && taken != "no conduit", "with its bit the message passes to a handler: " + taken);
    const std::string log = TRY(answer_to(*station, "ocpp", "read the log"));
    trial.control.expect(log != "denied" && log != "no conduit", "with its bit the log is asked: " + log);
    const std::string key = TRY(answer_to(*station, "ocpp", "read the station's key"));
    trial.control.expect(key.starts_with("ok"), "with its grant the key's file is read: " + key.substr(0, 30));
    const std::string state = TRY(answer_to(*station, "ocpp", "learn of other services"));
    trial.control.expect(state.starts_with("ok"), "with the permission the process manager answers: " + state);
    return expect_restart_of_loop(*station, trial, "ocpp");
}

const Registration a15{{"A15", run, control}};

}  // namespace
}  // namespace voltkeep::attacks
