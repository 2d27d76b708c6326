// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "a10_keys/search.hpp"
#include "a13_driver/trial.hpp"
#include "pki/certificate.hpp"

namespace voltkeep::attacks {
namespace {

/// Who keeps keys: nobody else may ever have one.
constexpr std::string_view keepers[] = {"rot", "crypto", "swtpm", "token"};
/// Each key by its name, and the service whose key it is.
struct Owned {
    const char* name;
    const char* service;
    const char* file;   ///< where it is without a TPM
};
constexpr Owned of_tpm[] = {{"tls-csms", "link@csms", "pki/station/key.pem"}, {"meter@1", "meter@1", "pki/meter@1/key.pem"}};
constexpr Owned of_token = {"secc", "link@ev1", "pki/secc/key.pem"};

/// Where the token's maker (known_token.cpp) tells its secrets: outside the station.
class Told {
public:
    Told() {
        char name[] = "/tmp/voltkeep-a10-XXXXXX";
        CHECK(::mkdtemp(name) != nullptr);
        folder_ = name;
        ::setenv("A10_FOLDER", name, 1);
    }
    Told(const Told&) = delete;
    Told& operator=(const Told&) = delete;
    ~Told() { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path(std::string_view file) const { return folder_ + "/" + std::string(file); }

private:
    std::string folder_;
};

/// What is looked for, under its name.
struct Wanted {
    std::string name;
    PrivateKey value;
};

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

harness::Options charging_station(std::string tpm) {
    harness::Options options;
    options.charge_s = 120;
    options.tpm = std::move(tpm);
    options.changes.programs["meter"] = owned_program("meter");
    options.changes.peers["factory"] = test_program("a10_keys/a10_factory");
    return options;
}

/// The TPM's private halves by their value, from the memory of the process that plays the part: each was loaded there for its
/// last signature. Nobody but the test can do this: it is root, and the part an emulated one.
Result<std::vector<Wanted>> take_from_tpm(Station& station) {
    std::vector<Wanted> keys;
    for (const Owned& key : of_tpm) {
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
        keys.push_back({key.name, *found});
    }
    return keys;
}

/// The token's, and its PIN.
Result<std::vector<Wanted>> take_from_maker(const Told& told) {
    const pki::Key secc = TRY(pki::key_from_pem(text_of(told.path("secc.pem"))));
    std::string pin = text_of(told.path("pin"));
    if (pin.size() < 24) return fail(Errc::not_found, "the token's maker told no PIN");
    return std::vector<Wanted>{{of_token.name, TRY(private_half_of(secc.get()))}, {"the token's PIN", {std::move(pin)}}};
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
    const Told told;
    const auto station = TRY(Station::start(charging_station("emulated")));
    TRY(station->wait_until_charging());
    Watch watch = TRY(Watch::begin(*station, {"meter@1", "link@csms"}));
    std::vector<Wanted> keys = TRY(take_from_tpm(*station));
    std::ranges::move(TRY(take_from_maker(told)), std::back_inserter(keys));
    std::size_t searched = 0;
    for (const auto& [name, value] : keys) {
        const std::string names = TRY(who_has(*station, value, searched)), files = files_with(station->state(), value);
        trial.contained.expect(names.empty(), name + " in the memory of nobody but its keepers: " + names);
        trial.contained.expect(files.empty(), name + " in no file: " + files);
    }
    trial.control.expect(files_with(told.path(""), keys.back().value) == "pin ", "the PIN is found where it is");
    trial.figure("searched", std::to_string(searched >> 20) + " MiB of memory for " + std::to_string(keys.size()) +
                                 " secrets by their value");
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
    for (const Owned& key : {of_tpm[0], of_tpm[1], of_token}) {
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
