// SPDX-License-Identifier: Apache-2.0
// For tests: contents of the right shape.
#pragma once

#include <string>

namespace voltkeep::pki {

/// What an ML-DSA key signs of a checkpoint of this log: 42 entries, a root of zeroes.
inline std::string timed_checkpoint(std::string_view origin = "voltkeep/VK") {
    const std::string name = std::string(1, static_cast<char>(origin.size())) + std::string(origin);
    const auto number = [](char value) { return std::string(7, '\0') + value; };
    return std::string("subtree/v1\n\0", 12) + name + number(1) + name + number(0) + number(42) + std::string(32, '\0');
}

}  // namespace voltkeep::pki
