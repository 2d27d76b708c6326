// SPDX-License-Identifier: Apache-2.0
// How long whoever wants a signature waits, and what is said when that is over: the disk that failed last, else the silence of
// the meter. Pure.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::meter {

class Patience {
public:
    explicit Patience(Instant until) : until_(until) {}

    [[nodiscard]] Instant until() const { return until_; }
    /// The disk did not take the page number. True: for the first time, somebody must hear of it.
    bool disk_failed(const Error& error) {
        const bool is_first = !disk_;
        disk_ = error;
        return is_first;
    }
    /// What the answer is when nothing better came until then.
    [[nodiscard]] Error when_over() const { return disk_ ? *disk_ : Error(Errc::stale, "the meter does not answer"); }

private:
    Instant until_;
    std::optional<Error> disk_;
};

/// When a driver asked for its reading, as the driver says. Errors: malformed (no clock shows that).
[[nodiscard]] inline Result<Instant> asked_at(std::int64_t said_ns, Instant now) {
    if (said_ns < 0) return fail(Errc::malformed, "no clock shows that");
    return Instant{said_ns < now.ns ? said_ns : now.ns};
}

}  // namespace voltkeep::meter
