// SPDX-License-Identifier: Apache-2.0
// How much of something a peer may do in a window of time; over it, nobody listens until the window ends.
#pragma once

#include "base/clock.hpp"

namespace voltkeep::kernel {

struct Pace {
    Instant window_end;
    unsigned spent = 0;
    bool is_paused = false;

    /// True if this was the last that fits.
    bool spend(unsigned amount, unsigned allowance, Duration window, Instant now) {
        if (now >= window_end) {
            window_end = now + window;
            spent = 0;
        }
        spent += amount;
        return is_paused = spent >= allowance;
    }
};

}  // namespace voltkeep::kernel
