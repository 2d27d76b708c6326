// SPDX-License-Identifier: Apache-2.0
// Two properties, asked of every step of a safety loop that the flight recorder kept: no current without consent, none above the
// limit. Asked of what the loop was given and measured, by rules of this test's own: the loop's word for consent and limit does
// not count.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/flight/recording.hpp"

namespace voltkeep::kills {

struct Kept {
    std::size_t steps = 0;
    std::size_t with_current = 0;           ///< steps in which more than 50 A flowed
    std::vector<std::string> problems;      ///< the first of each kind of each segment
};

/// One segment.
void look_at(const flight::SafetyBeginning& beginning, std::span<const power::SafetyStep> steps, Kept& kept);
/// All segments of the safety loops below a station's state folder. Errors: io, integrity.
[[nodiscard]] Result<Kept> look_at_all(const std::string& state);

}  // namespace voltkeep::kills
