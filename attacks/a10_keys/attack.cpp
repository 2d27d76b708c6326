// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <fstream>
#include <iterator>

#include "a10_keys/search.hpp"
#include "a13_driver/trial.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::attacks {
namespace {

/// Who keeps keys: nobody else may ever have one.
constexpr std::string_view keepers[] = {"rot", "crypto", "swtpm"};
/// Each key by its name in pki/tpm, and the service whose key it is.
struct Owned {
    const char* name;
    const char* service;
    const char* file;   ///< where it is without a TPM
};
constexpr Owned owned[] = {{"tls-csms", "link@csms", "pki/station/key.pem"}, {"meter@1", "meter@1", "pki/meter@1/key.pem"}};

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

harness::Options charging_station(std::string tpm) {
    harness::Options options;
    options.charge_s = 120;
    options.tpm = std::move(tpm);
    options.changes.programs["meter"] = owned_program("meter");
    return options;
}

/// The TPM's private halves by their value, from the memory of the process that plays the part: each was loaded there for its
/// last signature. Nobody but the test can do this: it is root, and the part an emulated one.
Result<std::vector<PrivateKey>> take_from_tpm(Station& station) {
    std::vector<PrivateKey> keys;
    for (const Owned& key : owned) {
        const pki::Key known = TRY(pki::public_from_pem(text_of(station.state() + "/pki/tpm/" + key.name + ".pem")));
        std::optional<PrivateKey> found;
        for (const Instant deadline = now() + 10s; !found && now() < deadline; station.pause(20ms)) {
            const ServiceState part = TRY(station.service("swtpm"));
            found = find_private_half(TRY(memory_of(part.pid)), known.get());
            const ServiceState user = TRY(station.service(key.service));
            if (!found && std::string_view(key.name) == "tls-csms" && user.life == "ready")
                ::kill(user.pid, SIGKILL);  // it shakes hands anew
        }
        if (!found)
            return fail(Errc::not_found, std::string("the private half of ") + key.name + " is not in the TPM's memory either");
        keys.push_back(*found);
    }
    return keys;
}

/// Who has one of the keys in memory, of all services and the process manager; a blank behind each.
Result<std::string> who_has(Station& station, const PrivateKey& key, std::size_t& searched) {
    std::string names;
    for (const auto& [name, state] : TRY(station.services())) {
        if (std::ranges::find(keepers, name) != std::end(keepers) || state.pid <= 1) continue;
        const std::string memory = TRY(memory_of(state.pid));
        searched += memory.size();
        if (holds(memory, key)) names += name + " ";
    }
    if (holds(TRY(memory_of(station.procmgr())), key)) names += "procmgr ";
    return names;
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(charging_station("emulated")));
    TRY(station->wait_until_charging());
    Watch watch = TRY(Watch::begin(*station, {"meter@1", "link@csms"}));
    const std::vector<PrivateKey> keys = TRY(take_from_tpm(*station));
    std::size_t searched = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string names = TRY(who_has(*station, keys[i], searched)), files = files_with(station->state(), keys[i]);
        trial.contained.expect(names.empty(), std::string(owned[i].name) + " in the memory of nobody but its keepers: " + names);
        trial.contained.expect(files.empty(), std::string(owned[i].name) + " in no file: " + files);
    }
    trial.figure("searched",
                 std::to_string(searched >> 20) + " MiB of memory for " + std::to_string(keys.size()) + " keys by their value");
    for (const char* name : {"attach to another process", "read another process's memory"})
        TRY(expect_refused(*station, trial, "meter@1", name));
    TRY(watch.judge(trial));
    trial.contained.expect(station->is_charging(), "the car goes on charging");
    return {};
}

/// Without a TPM: the same search finds each key in the memory of whose it is, and on the disk.
Result<> control(Trial& trial) {
    const auto station = TRY(Station::start(charging_station("none")));
    TRY(station->wait_until_charging());
    for (const Owned& key : owned) {
        const pki::Key file = TRY(pki::key_from_pem(text_of(station->state() + "/" + key.file)));
        const PrivateKey half = TRY(private_half_of(file.get()));
        std::size_t searched = 0;
        const std::string names = TRY(who_has(*station, half, searched)), files = files_with(station->state(), half);
        trial.control.expect(names == std::string(key.service) + " ",
                             std::string(key.name) + " is in the memory of " + key.service + " alone: " + names);
        trial.control.expect(files == std::string(key.file) + " ", std::string(key.name) + " is in its file alone: " + files);
    }
    return {};
}

const Registration a10{{"A10", run, control}};

}  // namespace
}  // namespace voltkeep::attacks
