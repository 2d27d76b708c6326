// SPDX-License-Identifier: Apache-2.0
// A real station for an attack: `voltkeep run`'s own world in a process and a folder of its own, a car charging. What an attack needs
// beside it (a program in a service's place, a changed or added manifest) is made for this one station from copies: nothing of it is
// in the station's programs, and no option of theirs turns anything off.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attack.hpp"
#include "base/clock.hpp"
#include "cli/door.hpp"
#include "cli/run/child.hpp"

namespace voltkeep::attacks {

using cli::Json;
using cli::number_in;

/// In one manifest this text, which must stand there, is replaced.
struct ManifestEdit {
    std::string file;    ///< "power/manifest.toml"
    std::string from;
    std::string to;
};

struct StationOptions {
    int evses = 1;
    int charge_s = 60;                               ///< how long a car wants to charge
    std::map<std::string, std::string> programs;     ///< a service's program ("ocpp"), and what is started in its place; also for new services
    std::map<std::string, std::string> peers;        ///< the same for "csms", "ev", "plant"
    std::vector<ManifestEdit> edits;
    std::map<std::string, std::string> manifests;    ///< added: "hog" and the manifest's text
};

/// One service as the process manager sees it.
struct ServiceState {
    std::string name;
    std::string life;
    pid_t pid = 0;
    std::int64_t restarts = 0;
    std::int64_t beats = 0;
};

/// The safety loop of one EVSE, as its own process measures it: each turn from the moment when it was due until it was done.
struct LoopTimes {
    std::int64_t turns = 0;       ///< since its start
    std::int64_t missed = 0;      ///< since its start: not done when the next one was due
    std::int64_t worst_us = 0;    ///< of those seconds that were looked at
};

class Station {
public:
    /// Starts it and returns at once. Errors: io, bad_argument (an edit does not fit its manifest).
    static Result<std::unique_ptr<Station>> start(const StationOptions& options);
    /// Ends everything and removes the folder.
    ~Station();
    Station(const Station&) = delete;

    /// Waits until the car at EVSE 1 draws what it asked for. Errors: timeout, closed, timeout, and the station's last lines are on standard error.
    Result<> wait_until_charging(Duration patience = 60s);
    /// Power flows now: the transaction's next reading shows it.
    bool is_charging(Duration patience = 6s);

    /// Waits for a line of the run (src/cli/run/timeline.hpp: entries of the log are lines), looking also at those that came before.
    std::optional<Json> wait_for(const std::function<bool(const Json&)>& fits, Duration patience);
    /// Waits for nothing: takes what has come.
    const std::vector<Json>& lines();
    /// Lines that fit, of those from `from` on.
    std::size_t count(const std::function<bool(const Json&)>& fits, std::size_t from = 0);
    /// A station that does not go on: its last lines to standard error, and the error `timeout` with this reason.
    std::unexpected<Error> stuck(const std::string& why);

    Result<std::vector<ServiceState>> services();
    Result<ServiceState> service(std::string_view name);
    /// A question at the operator's door, over one connection that stays.
    Result<Json> ask(const std::string& request, Duration patience = 5s);
    /// The power loop of EVSE 1, now.
    Result<LoopTimes> loop();
    /// From here on the loop's worst turn is looked at every second, whenever something is waited for.
    void watch_loop() { worst_us_ = 0; }
    /// The simulated hardware's own answer about EVSE 1.
    Result<Json> plant();

    /// The network in which the car is: to be entered by a process that attacks from the cable. Errors: not_found (loopback).
    Result<std::string> car_network();

    /// SIGUSR1 to a peer's process, which an attack has put in the place of "csms", "ev" or "plant". Errors: not_found.
    Result<> tell_peer(std::string_view name);

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] int csms_port() const { return port_; }

private:
    Station() = default;
    Result<> lay_out(const StationOptions& options, std::string& programs, std::string& peers, std::string& manifests);
    bool take(Instant deadline);
    Result<std::vector<std::string>> children();

    std::string folder_;
    int port_ = 0;
    std::optional<cli::Child> run_;
    std::optional<cli::DoorClient> door_;
    std::vector<Json> lines_;
    std::int64_t worst_us_ = 0;
    Instant next_look_;
};

/// What a station was before an attack, and the judgement of what it is after it: the parts of the three oracles that every attack shares.
class Watch {
public:
    /// Takes the state of all services and of the power loop. `may_die`: services that the attack owns and whose end is their own.
    static Result<Watch> begin(Station& station, std::vector<std::string> may_die = {});
    /// Who was attacked may end the charge by being busy: a protection may trip and the hardware may be told to stop.
    void charge_may_end() { charge_may_end_ = true; }
    /// contained: nobody else was started again, or missed beats. on_time: the power loop, its driver and the hardware's watchdog.
    Result<> judge(Trial& trial);
    /// How many turns of the power loop came late since the beginning, for a control that makes them late.
    Result<std::int64_t> missed();

private:
    explicit Watch(Station& station) : station_(&station) {}
    Station* station_;
    std::vector<std::string> may_die_;
    std::vector<ServiceState> before_;
    LoopTimes loop_before_;
    std::int64_t stolen_before_ms_ = 0;
    bool charge_may_end_ = false;
    std::size_t first_line_ = 0;
};

/// The folder of this build, found from this program.
[[nodiscard]] std::string build_folder();
/// A program that this folder's build has made: "a16_messages/ocpp".
[[nodiscard]] std::string test_program(std::string_view name);

/// A TCP port that nobody listens on now.
[[nodiscard]] int free_port();

/// How long the processors were taken away from this machine by the one that it runs on, since its start.
[[nodiscard]] std::int64_t stolen_ms();

/// Of `values` that which `share` (0 to 1) of them do not exceed.
[[nodiscard]] double quantile(std::vector<double> values, double share);
/// "12.3 ms"
[[nodiscard]] std::string milliseconds(double us);

}  // namespace voltkeep::attacks
