// SPDX-License-Identifier: Apache-2.0
// When a reading was made, by the meter's own clock: what has lain in a queue is as old as it is, and not as new as its taking
// out. Pure.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace voltkeep::meter {

class Age {
public:
    /// `meter_ms`: the meter's clock in the reading. `read`: when it came out of the queue, never before the one before. The
    /// reading that came the fastest in the last `memory` tells how the two clocks stand; clocks may drift, and a meter may be
    /// started again.
    [[nodiscard]] Instant made(std::uint64_t meter_ms, Instant read) {
        const std::int64_t meter_ns = static_cast<std::int64_t>(meter_ms) * 1'000'000;
        if (meter_ns < last_ns_) *this = {};
        last_ns_ = meter_ns;
        if (read - since_ > memory / 2) {
            before_ns_ = apart_ns_;
            apart_ns_ = INT64_MAX;
            since_ = read;
        }
        apart_ns_ = std::min(apart_ns_, read.ns - meter_ns);
        return {meter_ns + std::min(apart_ns_, before_ns_)};
    }

private:
    static constexpr Duration memory = 8s;

    std::int64_t last_ns_ = 0;
    std::int64_t apart_ns_ = INT64_MAX,
                 before_ns_ = INT64_MAX;  ///< the least delay of this half of the memory, and of the one before
    Instant since_{};
};

}  // namespace voltkeep::meter
