// SPDX-License-Identifier: Apache-2.0
// Two processes, where they run, and how long one's call to the other takes. The measuring process leaves its samples in memory
// that it shares with the bench. Every process that the bench starts ends with it, and is ended by its id.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace bench {

/// Where and how both ends of a conversation run.
struct Placement {
    bool is_one_core = false;
    bool is_fifo = false;
};

enum class Role : std::uint8_t { client, broker, server };

/// Moves this process to its core and schedule, and its pages into memory. Ends it with status 3 if the machine gives no FIFO.
void take_place(const Placement& placement, Role role);
/// Whether this machine lets this process use FIFO.
[[nodiscard]] bool has_fifo();

/// A child of the bench. Killed and waited for when it goes out of scope.
class Process {
public:
    explicit Process(const std::function<int()>& body);
    Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Process& operator=(Process&&) = delete;
    ~Process();
    /// Waits for its own end: its exit status, -1 for a signal.
    int wait();

private:
    pid_t pid_;
};

/// Nanoseconds of each call, in memory that a child fills and the bench reads.
class Samples {
public:
    Samples();
    Samples(const Samples&) = delete;
    Samples& operator=(const Samples&) = delete;
    ~Samples();
    /// Calls until the time is over (at least a hundred times), after some calls that do not count. False as soon as a call
    /// fails.
    bool measure(voltkeep::Duration time, const std::function<bool()>& call);
    [[nodiscard]] std::span<const std::uint32_t> taken() const;

private:
    struct Shared;
    Shared* shared_;
};

}  // namespace bench
