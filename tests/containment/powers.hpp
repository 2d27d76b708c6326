// SPDX-License-Identifier: Apache-2.0
// Every power that a process could have, as tries for a captive, and what the manifests say to each: the policy image is asked,
// nothing is listed here by service.
#pragma once

#include <string>
#include <vector>

#include "edit.hpp"

namespace voltkeep::containment {

/// Where a try is made.
struct Place {
    const policy::Image& image;
    const policy::Service& service;
    bool is_sealed = false;
    bool is_rootless = false;
    std::string programs;        ///< what the test knows of the machine: absolute paths, a port that somebody listens on
    int port = 0;

    [[nodiscard]] bool has(policy::SyscallGroup group) const {
        return (service.syscalls >> static_cast<unsigned>(group) & 1u) != 0;
    }
    [[nodiscard]] bool is_foreign() const { return service.kind == policy::Kind::foreign; }
    [[nodiscard]] bool writes() const;
    /// The filters let files be opened so.
    [[nodiscard]] bool may_open(bool to_write) const;
};

enum class Expected : std::uint8_t {
    granted,    ///< "ok"
    refused,    ///< an errno: the tree, Landlock, the user or a limit says no
    filtered,   ///< "SIGSYS": the system-call filter says no, and without `hide` it is the end of the process
};

struct Try {
    std::string order;
    Expected expected = Expected::filtered;
    std::string exactly;         ///< the whole answer, if it is known
};

/// One row of the table: what a person would call it, and how it is tried here. No tries: it does not apply.
struct Power {
    std::string name;
    std::vector<Try> (*tries)(const Place& place, const std::string& order, std::uint32_t groups);
    std::string order;           ///< of a plain system call
    std::uint32_t groups = 0;    ///< bit n: SyscallGroup n gives it
};

[[nodiscard]] const std::vector<Power>& powers();

/// True if the answer is what was expected.
[[nodiscard]] bool fits(const Try& tried, const std::string& answer);

}  // namespace voltkeep::containment
