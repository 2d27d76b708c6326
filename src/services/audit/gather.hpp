// SPDX-License-Identifier: Apache-2.0
// How long a commit waits for others to join it. Who was answered together comes back at about the same time: without a wait the
// first of them has a sync for himself, and the others wait for two. A writer that is alone never waits.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace voltkeep::audit {

class Gather {
public:
    /// A commit answered so many writers, and took so long.
    void committed(std::size_t writers, Duration took) {
        expected_ = writers;
        patience_ = std::min<Duration>(took / 2, 1ms);
    }
    /// All who were in the last commit are here again, or more.
    [[nodiscard]] bool is_complete(std::size_t waiting) const { return waiting >= expected_; }
    /// From the first writer on, how long to wait for the others.
    [[nodiscard]] Duration patience(std::size_t waiting) const { return is_complete(waiting) ? Duration::zero() : patience_; }

private:
    std::size_t expected_ = 0;
    Duration patience_{};
};

}  // namespace voltkeep::audit
