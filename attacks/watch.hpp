// SPDX-License-Identifier: Apache-2.0
// The parts of the three oracles that every attack shares, and the words of its sources.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attack.hpp"
#include "harness/station.hpp"

namespace voltkeep::attacks {

using harness::Json;
using harness::number_in;
using harness::Services;
using harness::ServiceState;
using harness::Station;

/// The safety loop of one EVSE.
struct LoopTimes {
    std::int64_t turns = 0;       ///< since its start
    std::int64_t missed = 0;      ///< since its start: not done when the next one was due
    std::int64_t worst_us = 0;    ///< of the last second
};

/// What a station was before an attack, and the judgement of what it is after it: the parts of the three oracles that every
/// attack shares.
class Watch {
public:
    /// Takes the state of all services and of the power loop. `may_die`: services that the attack owns and whose end is their
    /// own.
    static Result<Watch> begin(Station& station, std::vector<std::string> may_die = {});
    /// Who was attacked may end the charge by being busy: a protection may trip and the hardware may be told to stop.
    void charge_may_end() { charge_may_end_ = true; }
    /// contained: nobody else was started again, or missed beats. on_time: the power loop, its driver and the hardware's
    /// watchdog.
    Result<> judge(Trial& trial);
    /// How many turns of the power loop came late since the beginning, for a control that makes them late.
    Result<std::int64_t> missed();

private:
    explicit Watch(Station& station) : station_(&station) {}
    Station* station_;
    std::vector<std::string> may_die_;
    Services before_;
    LoopTimes loop_before_;
    std::shared_ptr<std::int64_t> worst_us_ = std::make_shared<std::int64_t>(0);   ///< of those seconds that were looked at
    std::int64_t stolen_before_ms_ = 0;
    bool charge_may_end_ = false;
    std::size_t first_line_ = 0;
};

/// A program that the attacks' own build has made: "a16_messages/ocpp".
[[nodiscard]] std::string test_program(std::string_view name);

/// How long the processors were taken away from this machine by the one that it runs on, since its start.
[[nodiscard]] std::int64_t stolen_ms();

/// Of `values` that which `share` (0 to 1) of them do not exceed.
[[nodiscard]] double quantile(std::vector<double> values, double share);
/// "12.3 ms"
[[nodiscard]] std::string milliseconds(double us);

}  // namespace voltkeep::attacks
