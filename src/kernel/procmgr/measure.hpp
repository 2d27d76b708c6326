// SPDX-License-Identifier: Apache-2.0
// What a program is: its SHA-256, taken from the descriptor that it will be started from.
#pragma once

#include <array>

#include "base/result.hpp"

namespace voltkeep::kernel::procmgr {

using Measure = std::array<std::uint8_t, 32>;

/// Reads the whole file from its beginning. `io` if it cannot be read.
[[nodiscard]] Result<Measure> measure(int file);

}  // namespace voltkeep::kernel::procmgr
