// SPDX-License-Identifier: Apache-2.0
// What somebody who has taken over a service could try, as commands of one line. Each says what the system answered: "ok",
// perhaps with more, the name of an errno, or "SIGSYS" where a system-call filter refused it and the process hid that (`hide`).
#pragma once

#include <string>
#include <vector>

#include "kernel/runtime.hpp"

namespace voltkeep::containment {

/// The words of a line; what stands in quotes is one word, its opening quote left in front.
std::vector<std::string> words_of(const std::string& line);

/// From now on a refused system call is an answer and not the end: only possible before the seal.
void hide_refused_calls();
/// True if a call was refused since the last question.
bool take_refused();

/// Powers that need nothing but the process itself. "no such try" if it is none.
std::string try_alone(const std::vector<std::string>& words);
/// Powers over the station's channels: send, pulse, record, ends, counts.
std::string try_channel(kernel::Runtime& runtime, const std::vector<std::string>& words);

inline constexpr const char* no_such_try = "no such try";

}  // namespace voltkeep::containment
