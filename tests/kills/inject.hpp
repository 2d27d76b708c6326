// SPDX-License-Identifier: Apache-2.0
// Ways to die, brought about from outside in a process that knows nothing of it: no switch in a service makes any of this
// possible. What is no signal is done with ptrace: the process is stopped, a few instructions are written where it stands, and it
// goes on there.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::kills {

enum class Cause : std::uint8_t {
    kill,          ///< SIGKILL
    exit,          ///< leaves by itself, with status 0
    crash,         ///< reads address 0
    abort,         ///< an instruction that there is not, as a broken invariant ends
    seccomp,       ///< a system call that its filter refuses
    memory,        ///< takes memory until it gets no more
    busy,          ///< runs in a circle: the watchdog ends it
    hang,          ///< SIGSTOP: the watchdog ends it
    slow,          ///< stands still for less than the watchdog's time: nobody ends it, and nobody notices
    last_ = slow,
};
[[nodiscard]] std::string_view name(Cause cause) noexcept;

/// False if this machine's instructions are not known here: only kill, hang and slow can be done.
[[nodiscard]] bool can(Cause cause) noexcept;

/// `pause`: how long it stands still, for `slow`; it runs again when this returns. Errors: io.
[[nodiscard]] Result<> inflict(Cause cause, pid_t pid, Duration pause);

}  // namespace voltkeep::kills
