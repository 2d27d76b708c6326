// SPDX-License-Identifier: Apache-2.0
// The contained start of a service: a process that has what the policy image grants it, and nothing else.
// Only the process manager uses this. Nothing here blocks but `make`, and nothing allocates.
#pragma once

#include "kernel/control.hpp"
#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

/// Protections and guarantees that this machine did not give. Never silent: they are in the life event of the service.
enum class Lack : std::uint8_t { own_uid, fifo, affinity, cgroup, rt_budget, memlock, landlock, cable, last_ = cable };
using Lacks = std::uint32_t;   ///< bit n = Lack n

struct SpawnOptions {
    bool lab = false;        ///< a sanitizer build: no address space limit, /proc of its own
    bool rootless = false;   ///< in a user namespace even if the caller is root
};

struct Child {
    Descriptor watch;        ///< readable when the process has ended
    std::uint32_t pid = 0;
};

class Spawner {
public:
    /// Prepares once what all services share, opens and measures every program. The image outlives the spawner. An error says
    /// why no service can be contained on this machine.
    static Result<Spawner> make(const policy::Image& image, SpawnOptions options);

    /// Starts a service: its descriptor 3 is `control`, 1 and 2 are `output`. What fails after the process exists ends it with
    /// `start_failed`, and the reason is on `output`.
    [[nodiscard]] Result<Child> spawn(std::uint16_t service, int control, int output);
    /// Applies what would only hinder a start (the share of the processor), and reads back what the process really got.
    [[nodiscard]] Lacks settle(std::uint16_t service, const Child& child);
    static void kill(const Child& child);
    /// How it ended, or nothing if it has not.
    [[nodiscard]] std::optional<control::Ending> ended(std::uint16_t service, const Child& child);
    /// Removes what `make` left in the system.
    void clean_up();

    [[nodiscard]] bool is_rootless() const { return rootless_; }
    /// The open file that a service is started from; whatever its name leads to later.
    [[nodiscard]] int program(std::uint16_t service) const { return programs_[program_of_[service]].file.get(); }

private:
    struct Program {
        Text<24> name;
        Descriptor file;
    };

    const policy::Image* image_ = nullptr;
    bool lab_ = false;
    bool rootless_ = false;
    std::array<Program, policy::max_services> programs_;
    std::size_t program_count_ = 0;
    std::array<std::uint8_t, policy::max_services> program_of_{};
};

}  // namespace voltkeep::kernel::os
