// SPDX-License-Identifier: Apache-2.0
// The other end of a captive: where it asks for orders, and what it says. Each start of the captive is met anew.
#pragma once

#include <string>

#include "kernel/os.hpp"

namespace voltkeep::containment {

class Cell {
public:
    /// Listens where the captive of this service will connect: before the station is started.
    static Result<Cell> make(const std::string& state, const std::string& service);

    /// Waits for the next start of the captive; what it says first ("hello NAME STARTS"). Errors: timeout.
    Result<std::string> meet(Duration patience = 10s);
    /// An order and its answer. Errors: closed (it is dead), timeout.
    Result<std::string> tell(const std::string& order, Duration patience = 10s);
    /// Waits until the captive has died; false if it did not.
    bool wait_for_death(Duration patience = 5s);

    [[nodiscard]] const std::string& service() const { return service_; }
    /// Readable when the captive has died or connects.
    [[nodiscard]] int end() const { return end_.get(); }
    [[nodiscard]] int door() const { return door_.get(); }

private:
    Result<std::string> hear(Duration patience);
    std::string service_;
    kernel::os::Descriptor door_;
    kernel::os::Descriptor end_;
};

/// Listens at a path with these types of socket. Paths over a socket's bound: bad_argument.
[[nodiscard]] Result<kernel::os::Descriptor> listen_at(const std::string& path, int type);

}  // namespace voltkeep::containment
