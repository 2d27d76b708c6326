// SPDX-License-Identifier: Apache-2.0
// The energy meter of one EVSE.
#pragma once

#include "base/ids.hpp"
#include "base/units.hpp"
#include "kernel/message.hpp"

namespace voltkeep::meter {

struct Sample {
    std::uint32_t sequence = 0;
    std::int64_t taken_ns = 0;           ///< Instant
    std::int64_t taken_wall_ms = 0;
    std::int64_t import_mwh = 0;         ///< register, 1/1000 Wh, never falls
    std::int64_t export_mwh = 0;
    MilliVolt voltage;
    MilliAmpere current;
    Watt power;
    MilliHertz frequency;                ///< of the supply; 0 for a DC meter without it
    Text<24> serial;
};

/// The newest sample. Errors: stale (the meter did not answer for a second).
struct Read {
    using Reply = Sample;
};

using Interface = kernel::Interface<Read>;

/// To session: a new sample; its value is the sequence.
enum class Pulse : std::uint8_t { sample, last_ = sample };

}  // namespace voltkeep::meter
