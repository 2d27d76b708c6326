// SPDX-License-Identifier: Apache-2.0
// A whole station to kill parts of: `voltkeep run`'s own world in a process and a folder of its own, and what each side says of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/door.hpp"
#include "cli/run/child.hpp"

namespace voltkeep::kills {

using cli::Json;
using cli::number_in;

/// In a copy of one manifest this text, which must stand there, is replaced: for a station that is to fail.
struct ManifestEdit {
    std::string file;    ///< "iso15118/manifest.toml"
    std::string from;
    std::string to;
};

struct Options {
    std::vector<std::string> car{"--come-back", "1000", "--setup-pause", "120"};
    std::map<std::string, std::string> programs;   ///< of a service, and what is started in its place
    std::vector<ManifestEdit> edits;
};

/// One service, as the policy image has it.
struct Member {
    std::string name;                       ///< "power@1"
    std::string type;                       ///< "power"
    Duration watchdog{};                    ///< from its last beat to its end
    Duration period{};                      ///< of the restart intensity
    Duration budget_period{};               ///< of real-time services: their start may use up one budget, and wait for the next
    std::vector<Duration> backoff;
    [[nodiscard]] Duration pause_at(std::size_t death) const;   ///< 1: the first in the period
};

/// One service as the process manager sees it now.
struct State {
    std::string life;
    pid_t pid = 0;
    std::int64_t restarts = 0;
    std::int64_t restart_us = 0;            ///< of the last one: from the end of the process to `ready`
};
using States = std::map<std::string, State>;

class Station {
public:
    /// Starts it and returns at once; a car is plugged in as soon as it is available. Errors: io.
    static Result<std::unique_ptr<Station>> start(const Options& options);
    ~Station();
    Station(const Station&) = delete;

    /// All services, from the image that the process manager reads. Errors: io, malformed.
    [[nodiscard]] Result<std::vector<Member>> members() const;
    /// Asks until the operator's door answers. Errors: timeout.
    Result<States> states(Duration patience = 3s);
    /// The simulated hardware's own answer about EVSE 1. Errors: io.
    Result<Json> plant(const std::string& verb = "status");
    Result<> car(const std::string& verb);  ///< plug, unplug

    /// Lines of the run (src/cli/run/timeline.hpp) that have come so far.
    const std::vector<Json>& lines();
    std::optional<Json> wait_for(std::size_t from, Duration patience, const std::function<bool(const Json&)>& fits);
    std::size_t count(std::size_t from, const std::function<bool(const Json&)>& fits);
    std::string tail();

    /// The process manager, now. 0: there is none.
    [[nodiscard]] pid_t procmgr() const;
    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string state() const { return folder_ + "/state"; }

private:
    Station() = default;
    bool take(Instant deadline);

    std::string folder_;
    std::optional<cli::Child> run_;
    std::optional<cli::DoorClient> door_;
    std::vector<Json> lines_;
};

}  // namespace voltkeep::kills
