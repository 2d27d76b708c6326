// SPDX-License-Identifier: Apache-2.0
// One fault below the kernel layer: which call, made by whom, fails how. The table is shared by all processes that a test forks,
// and is the parent's to read: every place that makes a system call, how often, and whether the fault came to pass.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace voltkeep::kernel::os::torture {

/// Who makes a call. Of a bystander nothing is counted and nothing fails. The child is between a manager's clone3 and its
/// execveat.
enum class Role : std::uint8_t { bystander, manager, child, client, server };

/// One place in the code, in one role.
struct Place {
    Role role = Role::bystander;
    const void* function = nullptr;
    long number = -1;              ///< of a raw system call
    const void* address = nullptr;
    unsigned calls = 0;            ///< in the run that is over
};

struct Fault {
    Place place;
    unsigned occurrence = 1;       ///< counted from 1 over all processes of the role
    int error = 0;
};

/// This process plays this role from now on; what it clones away from itself as a manager is a child.
void become(Role role) noexcept;
/// Forgets the last run's counts; the next run has this fault, or none.
void prepare(const Fault* fault);
/// From now on every such call of a manager fails so, until `relieve`.
void starve(const std::string& call, int error);
void relieve();
/// True if the fault came to pass.
[[nodiscard]] bool has_happened();
/// The places that were seen since `prepare`.
[[nodiscard]] std::vector<Place> places();
/// How this call can fail, whoever is not at fault. Empty: it cannot.
[[nodiscard]] std::vector<int> errors_of(const Place& place);
[[nodiscard]] std::string describe(const Fault& fault);

/// How much is tried: of each place the first `calls` calls (the later turns of a loop are its earlier ones), each with one of
/// its errors in turn, or with every one.
struct Extent {
    unsigned calls = 1;
    bool every_error = false;
};

/// Runs without a fault, and then once with each, until none is left; a place that only an error leads to is found on the way.
/// `run` says what went wrong, nothing if the fault was survived; the complaints come back, at most ten of them.
struct Outcome {
    std::vector<std::string> complaints;
    unsigned runs = 0;
    unsigned places = 0;
};
[[nodiscard]] Outcome torture(Extent extent, const std::function<std::string()>& run);

/// Called by system<>: the error that this call fails with, or 0.
int fault(const void* function, long number, const void* address) noexcept;

/// Descriptors that this process has open.
[[nodiscard]] unsigned open_descriptors();

}  // namespace voltkeep::kernel::os::torture
