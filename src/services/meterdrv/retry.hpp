// SPDX-License-Identifier: Apache-2.0
// How long to wait before the meter is tried again: twice as long each time, because a meter that starts is not to be flooded,
// and never so long that it is missed for more than a few seconds when it is back. Pure.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace voltkeep::meterdrv {

class Retry {
public:
    static constexpr Duration first = 100ms, longest = 3s;

    [[nodiscard]] Duration next() {
        const Duration now = pause_;
        pause_ = std::min(2 * pause_, longest);
        ++tries_;
        return now;
    }
    void succeeded() { *this = {}; }
    /// Since the last success.
    [[nodiscard]] unsigned tries() const { return tries_; }

private:
    Duration pause_ = first;
    unsigned tries_ = 0;
};

}  // namespace voltkeep::meterdrv
