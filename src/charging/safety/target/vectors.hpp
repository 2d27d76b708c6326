// SPDX-License-Identifier: Apache-2.0
// The test vectors of the safety core, the same on every machine: long runs of sensors and commands made from a seed, and of
// every step a digest of all that came out of it. Freestanding as the core is. Who runs it prints; equal digests are equal
// outputs, bit for bit.
#pragma once

#include "charging/safety/safety.hpp"

namespace voltkeep::safety::vectors {

inline constexpr unsigned kRuns = 64;
inline constexpr unsigned kSteps = 1'500;

/// The digest of one run: FNV-1a over actuators, report and the interlock's state after every step. `delivering` counts steps
/// with power.
[[nodiscard]] std::uint64_t run(unsigned number, std::uint32_t& delivering);

/// Writes "run NN digest delivering\n" (34 characters and the end) into `line`.
void print(unsigned number, std::uint64_t digest, std::uint32_t delivering, char (&line)[40]);

}  // namespace voltkeep::safety::vectors
