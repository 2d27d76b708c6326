// SPDX-License-Identifier: Apache-2.0
// What the summary says of the station itself: its processes, their memory, and the head of its log.
#pragma once

#include "cli/door.hpp"

namespace voltkeep::cli {

/// Adds "processes", "memory_kib" (proportional set size of all of them together) and "log" to the summary, as far as the station
/// answers.
void add_end_state(Json& summary, const std::string& state);

/// Proportional set size of a process in KiB; 0 if it is not there or not ours to read.
[[nodiscard]] std::int64_t pss_kib(std::int64_t pid);

}  // namespace voltkeep::cli
