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

    /// The captive in a foreign program's place listens itself.
    static Cell of_foreign(const std::string& state, const std::string& service);

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
    Result<std::string> go(Instant deadline);
    std::string service_;
    std::string way_;   ///< to a captive that listens; empty: it comes to the door
    kernel::os::Descriptor door_;
    kernel::os::Descriptor end_;
};

}  // namespace voltkeep::containment
