// SPDX-License-Identifier: Apache-2.0
// The driver of one meter on Modbus/TCP. It serves nobody: it calls `net` for its socket and `meter` with what it reads.
#pragma once

#include <cstdint>

namespace voltkeep::meterdrv {

/// Where the meter is, only `net` knows.
struct Config {
    std::uint8_t unit = 1;  ///< the meter's address behind a gateway, 1 to 247; 255: the one that answers
};

}  // namespace voltkeep::meterdrv
