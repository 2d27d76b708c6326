// SPDX-License-Identifier: Apache-2.0
// A whole station for a test, in a process and a folder of its own: `voltkeep run` with the simulated hardware, the reference
// CSMS and a car at each EVSE. It ends with this object. What each side says of it comes as lines; every wait is for a line, with
// a deadline.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "charging/safety/safety.hpp"
#include "cli/door.hpp"
#include "cli/run/child.hpp"
#include "harness/layout.hpp"

namespace voltkeep::harness {

using cli::Json;
using cli::number_in;

struct Options {
    int evses = 1;
    int charge_s = 60;                                ///< how long a car wants to charge
    std::vector<std::string> car{"--come-back", "3"}; ///< more options of the car's program
    Changes changes{};
    std::string tpm = "none";                         ///< trust.tpm of station.toml
    int closings = CLOSINGS_AT_ONCE;                  ///< of the contactor at once; many where it is killed again and again
    bool is_bidirectional = false;                    ///< EVSE 1 takes energy back
};

/// One service as the process manager sees it.
struct ServiceState {
    std::string name;               ///< "power@1"
    std::string life;               ///< "ready"
    pid_t pid = 0;
    std::int64_t restarts = 0;
    std::int64_t restart_us = 0;    ///< of the last one: from the end of the process to `ready`
    std::int64_t beats = 0;
};
using Services = std::map<std::string, ServiceState, std::less<>>;

class Station {
public:
    using Fits = std::function<bool(const Json&)>;

    /// Starts it and returns at once; a car is plugged in as soon as it is available. Errors: io, bad_argument (a change does not
    /// fit).
    static Result<std::unique_ptr<Station>> start(const Options& options);
    /// Ends everything and removes the folder.
    ~Station();
    Station(const Station&) = delete;

    // Lines of the run (src/cli/run/timeline.hpp: entries of the log are lines). What is no JSON is an object with this `text`.

    /// Takes what has come, waits for nothing.
    const std::vector<Json>& lines();
    /// The first line from `from` on that fits, those that came before included; none if it does not come within `patience`.
    std::optional<Json> wait_for(const Fits& fits, Duration patience, std::size_t from = 0);
    /// Lets this time pass, and takes what comes meanwhile.
    void pause(Duration duration);
    /// Lines that fit, of those from `from` on.
    std::size_t count(const Fits& fits, std::size_t from = 0);
    /// The last lines, for whoever looks for the reason of a failure.
    std::string tail(std::size_t most = 25);
    /// Is called every `interval` from now on, whenever something is waited for. It must not wait for lines itself.
    void each(Duration interval, std::function<void()> what);

    /// Waits until the car at EVSE 1 draws what it asked for. Errors: timeout, with the station's last lines on standard error.
    Result<> wait_until_charging(Duration patience = 60s);
    /// Power flows now: the transaction's next reading shows it.
    bool is_charging(Duration patience = 6s);
    /// A station that does not go on: its last lines to standard error, and the error `timeout` with this reason.
    std::unexpected<Error> stuck(const std::string& why);

    /// All services. Asks until the operator's door answers. Errors: timeout.
    Result<Services> services(Duration patience = 3s);
    Result<ServiceState> service(std::string_view name);
    /// A question at the operator's door, over one connection that stays.
    Result<Json> ask(const std::string& request, Duration patience = 5s);
    /// The simulated hardware about one EVSE ("status"), or what is done to it ("fault emergency_stop"): the EVSE's number is put
    /// in.
    Result<Json> plant(const std::string& words = "status", int evse = 1);
    /// "plug", "unplug".
    Result<> car(const std::string& verb, int evse = 1);
    /// The reference CSMS's own control ("raw VK-DEV-0001 [...]").
    Result<Json> csms(const std::string& request);

    /// The process manager, now. 0: there is none.
    [[nodiscard]] pid_t procmgr() const;
    /// The network in which the car is: to be entered by a process that attacks from the cable. Errors: not_found (loopback).
    Result<std::string> car_network() const;
    /// SIGUSR1 to a peer's process, which a test has put in the place of "csms", "ev" or "plant". Errors: not_found.
    Result<> tell_peer(std::string_view name) const;

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string state() const { return folder_ + "/state"; }
    [[nodiscard]] int port() const { return port_; }   ///< of the CSMS

protected:
    Station();
    void run(const cli::Child::How& how);   ///< the station's process; forgets the lines of one before
    [[nodiscard]] cli::Child& process() { return *run_; }

private:
    bool take(Instant deadline);
    [[nodiscard]] std::vector<pid_t> children() const;

    std::string folder_;
    int port_;
    std::optional<cli::Child> run_;
    std::optional<cli::DoorClient> door_;
    std::vector<Json> lines_;
    std::function<void()> each_;
    Duration interval_{};
    Instant next_{};
};

}  // namespace voltkeep::harness
