// SPDX-License-Identifier: Apache-2.0
// The contained start of a service: a process that has what the policy image grants it, and nothing else.
// Only the process manager uses this. Nothing here blocks but `prepare`, and nothing else allocates.
#pragma once

#include <memory>

#include "kernel/control.hpp"
#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

/// Protections and guarantees that this machine did not give. Never silent: they are in the life event of the service.
enum class Lack : std::uint8_t {
    own_uid,
    landlock,
    memory_limit,
    task_limit,
    fifo,
    affinity,
    rt_budget,
    memlock,
    ports,
    last_ = ports
};
using Lacks = std::uint32_t;   ///< bit n = Lack n

struct SpawnOptions {
    bool is_lab = false;        ///< a sanitizer build: no address space limit, a /proc of its own
    bool is_rootless = false;   ///< in a user namespace even if the caller is root
};

struct Child {
    Descriptor watch;           ///< readable when the process has ended
    std::uint32_t pid = 0;
};

class Spawner {
public:
    /// Prepares once what all services share, and opens every program. The station's state folder is the current one; the
    /// image outlives the spawner. An error says why nothing can be contained on this machine.
    static Result<Spawner> prepare(const policy::Image& image, SpawnOptions options);
    Spawner(Spawner&&) noexcept;
    ~Spawner();   ///< Removes what `prepare` left in the system.

    /// Starts a service: its descriptor 3 is `control`, 1 and 2 are `output`. What fails after the process exists ends it with
    /// `start_failed`, and the reason is on `output`.
    [[nodiscard]] Result<Child> spawn(std::uint16_t service, int control, int output);
    /// The service is ready: applies what would only have slowed its start, and reads back what it really got.
    [[nodiscard]] Lacks settle(std::uint16_t service, const Child& child);
    static void kill(const Child& child);
    /// How it ended, or nothing if it has not.
    [[nodiscard]] std::optional<control::Ending> ended(std::uint16_t service, const Child& child);

    [[nodiscard]] bool is_rootless() const;
    /// The open file that a service is started from; whatever its name leads to later.
    [[nodiscard]] int program(std::uint16_t service) const;

private:
    struct Inside;
    explicit Spawner(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace voltkeep::kernel::os
