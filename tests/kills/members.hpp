// SPDX-License-Identifier: Apache-2.0
// Whoever lives in a station, as the policy image says it: a new service is killed by itself.
#pragma once

#include "harness/station.hpp"

namespace voltkeep::kills {

/// One service.
struct Member {
    std::string name;                       ///< "power@1"
    std::string type;                       ///< "power"
    int evse = 0;                           ///< 0: there is one for all
    Duration watchdog{};                    ///< from its last beat to its end
    Duration period{};                      ///< of the restart intensity
    Duration budget_period{};               ///< of real-time services: their start may use up one budget, and wait for the next
    std::vector<Duration> backoff;
    [[nodiscard]] Duration pause_at(std::size_t death) const;   ///< 1: the first in the period
};

/// All services, from the image that the process manager reads. Errors: io, malformed.
[[nodiscard]] Result<std::vector<Member>> members_of(const harness::Station& station);

}  // namespace voltkeep::kills
