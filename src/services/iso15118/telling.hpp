// SPDX-License-Identifier: Apache-2.0
// Something that a peer must hear, however often it dies: said again after a while, with one timer whoever wants it said, until
// the peer has taken it or has said that it never will. Pure.
#pragma once

#include <cstdint>
#include <utility>

#include "base/result.hpp"

namespace voltkeep::iso15118 {

class Telling {
public:
    enum class Next : std::uint8_t {
        done,    ///< nothing is left to say
        wait,    ///< set the timer, and say it again when it is over
        waits,   ///< the timer runs already
    };
    /// What came back; `ok`: it was taken.
    Next heard(Errc code) {
        const bool is_final = code == Errc::ok || code == Errc::denied || code == Errc::malformed || code == Errc::bad_argument ||
                              code == Errc::unsupported;
        if (is_final) return Next::done;
        return std::exchange(is_waiting_, true) ? Next::waits : Next::wait;
    }
    void timer_is_over() { is_waiting_ = false; }

private:
    bool is_waiting_ = false;
};

}  // namespace voltkeep::iso15118
