// SPDX-License-Identifier: Apache-2.0
// Runs a recording again through the very same pure code, and compares every decision. Pure.
#pragma once

#include "services/flight/recording.hpp"

namespace voltkeep::flight {

struct Difference {
    std::size_t step = 0;             ///< from 0
    std::int64_t at_ns = 0;           ///< on the recording's monotonic clock
    std::string given;                ///< what it was given
    std::string decides;              ///< what this code decides there
};

struct Replayed {
    std::size_t steps = 0;            ///< that decided the same
    std::int64_t first_ns = 0, last_ns = 0;
    std::vector<TransactionId> transactions;   ///< of a session's recording, in order
    std::optional<Difference> difference;      ///< the first; nothing behind it was run
};

/// Errors: integrity (a step that is none of this build's).
[[nodiscard]] Result<Replayed> replay(const Segment& segment);

}  // namespace voltkeep::flight
