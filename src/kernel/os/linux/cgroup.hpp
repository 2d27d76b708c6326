// SPDX-License-Identifier: Apache-2.0
// Control groups, version 1 or 2, whichever is mounted: a service's memory, tasks, and share of the processor.
#pragma once

#include "kernel/os/linux/files.hpp"
#include "kernel/image.hpp"

namespace voltkeep::kernel::os {

/// Open `cgroup.procs` files: who writes 0 into each is in the groups.
using CgroupEntries = List<int, 3>;

class Cgroups {
public:
    /// Makes the station's groups and one below them per service, with their limits. What the machine does not allow stays out.
    static Cgroups make(const policy::Image& image);

    /// The groups that `service` is to enter; the caller closes them. Its processor share is open until `limit_cpu`: while it
    /// starts, a limit would only make it slow to come back.
    [[nodiscard]] CgroupEntries entries(std::uint16_t service);
    void limit_cpu(std::uint16_t service, bool is_limited = true) const;
    /// True if the kernel ended a process of this service for its memory since this was asked before.
    [[nodiscard]] bool was_out_of_memory(std::uint16_t service);
    /// What the kernel enforces for this service.
    [[nodiscard]] bool limits_memory(std::uint16_t service) const { return is_limited_[memory][service]; }
    [[nodiscard]] bool limits_tasks(std::uint16_t service) const { return is_limited_[pids][service]; }
    [[nodiscard]] bool has_rt_budget(std::uint16_t service) const { return is_limited_[cpu][service] && !is_unified_; }
    /// Removes the groups, which must be empty.
    void remove() const;

private:
    enum Controller : std::size_t { memory, pids, cpu, controllers };

    void make_group(std::uint16_t service);
    bool set(Controller controller, std::uint16_t service, std::string_view file, std::string_view value) const;
    bool set(Controller controller, std::uint16_t service, std::string_view file, std::uint64_t value) const;

    const policy::Image* image_ = nullptr;
    bool is_unified_ = false;                          ///< version 2: the three are one folder
    Words name_{};                                     ///< the station's group, the same at every start of this state folder
    std::array<Descriptor, controllers> parents_;      ///< where the station's group is
    std::array<Descriptor, controllers> groups_;       ///< the station's group; none: not to be had
    std::array<std::array<bool, policy::max_services>, controllers> is_limited_{};
    std::array<std::uint32_t, policy::max_services> kills_{};
};

}  // namespace voltkeep::kernel::os
