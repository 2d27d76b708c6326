// SPDX-License-Identifier: Apache-2.0
// The child's side of a start: from clone3 to execveat. Between the two nothing is allocated and nothing can be asked back.
#pragma once

#include "kernel/policy/image.hpp"

namespace voltkeep::kernel::os {

inline constexpr int start_failed_status = 96;

/// All that a start needs, prepared by the process manager. Descriptors stay open until the program starts.
struct Plan {
    const policy::Service& service;
    int program = -1;   ///< the open program
    int control = -1;
    int output = -1;
    int parent = -1;    ///< a pidfd of the process manager
};

/// Becomes the service. A step that fails is named on `output` and ends the process with start_failed_status.
[[noreturn]] void become(const Plan& plan);

}  // namespace voltkeep::kernel::os
