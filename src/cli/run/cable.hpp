// SPDX-License-Identifier: Apache-2.0
// A charging cable as a network: two network namespaces joined by a veth pair, the charger's end and the car's. The namespaces
// belong to two processes that do nothing; when they end, nothing is left.
#pragma once

#include "cli/run/child.hpp"

namespace voltkeep::cli {

/// Without root: makes this process root of a user namespace of its own, where it may make networks and the process manager may
/// make containers; over the machine it has no power. Its children inherit that. One thread only. Errors: denied (the machine
/// forbids it).
Result<> become_own_root();

class Cable {
public:
    /// Errors: io, denied (the machine does not let us make networks: the car then charges over loopback).
    static Result<Cable> lay(int evse);

    [[nodiscard]] std::string charger_network() const { return path_of(charger_); }
    [[nodiscard]] std::string car_network() const { return path_of(car_); }
    /// One of the two processes that keep its ends.
    [[nodiscard]] bool holds(pid_t pid) const { return pid == charger_.pid() || pid == car_.pid(); }

private:
    Cable(Child charger, Child car) : charger_(std::move(charger)), car_(std::move(car)) {}
    static std::string path_of(const Child& holder) { return "/proc/" + std::to_string(holder.pid()) + "/ns/net"; }
    Child charger_;
    Child car_;
};

}  // namespace voltkeep::cli
