// SPDX-License-Identifier: Apache-2.0
// The child's side of a start: from clone3 to execveat. Between the two nothing is allocated and nothing can be asked back.
#pragma once

#include "kernel/os/linux/cgroup.hpp"
#include "kernel/image.hpp"

namespace voltkeep::kernel::os {

inline constexpr int start_failed_status = 96;
/// All services' group for what several may read: the ids behind the last possible service's.
constexpr std::uint32_t readers_group(const policy::Image& image) { return image.first_uid + policy::max_services; }

/// All that a start needs, prepared by the process manager. Its descriptors are gone when the program starts.
struct Plan {
    const policy::Image& image;
    const policy::Service& service;
    const policy::Filter* filter = nullptr;   ///< installed before the program starts; nullptr: none
    bool is_lab = false;
    bool is_rootless = false;
    int landlock = 0;                         ///< its ABI; 0: this system has none
    int program = -1;                         ///< open
    int control = -1;
    int output = -1;
    int parent = -1;                          ///< a pidfd of the process manager
    int network = -1;                         ///< a network namespace to live in; -1: the process manager's
    CgroupEntries cgroups;
};

/// Makes the folders above the last part of `path`, which is relative. What cannot be made is missed by who needs it.
void make_folders_above(Words path);

/// Becomes the service. A step that fails is named on `output` and ends the process with start_failed_status.
[[noreturn]] void become(const Plan& plan);

}  // namespace voltkeep::kernel::os
