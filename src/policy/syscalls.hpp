// SPDX-License-Identifier: Apache-2.0
// System-call filters (seccomp, x86-64) out of the groups that a manifest names. Which calls are in a group stands once, in
// syscalls.cpp.
#pragma once

#include "kernel/image.hpp"

namespace voltkeep::policy {

/// `start` holds from before the program's first instruction, and lets it load, configure and connect itself.
/// `sealed` comes on top after initialisation: no exec, no executable memory, and nothing is opened but by who was granted files.
enum class Stage : std::uint8_t { start, sealed };

/// The filter for these groups (bit n = SyscallGroup n). `writes`: there is a path that the service may write; without one the
/// group `files` only reads. What is not allowed traps (SIGSYS); another architecture's call ends the process. `unsupported` on a
/// machine whose libseccomp does not know a call, `full` if the filter does not fit.
[[nodiscard]] Result<Filter> make_filter(std::uint32_t groups, bool writes, Stage stage);

}  // namespace voltkeep::policy
