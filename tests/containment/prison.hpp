// SPDX-License-Identifier: Apache-2.0
// For tests: the station's own policy with a captive in every service's place, in a folder of its own, under a process manager.
#pragma once

#include <map>

#include "cell.hpp"
#include "manager.hpp"
#include "powers.hpp"

namespace voltkeep::containment {

class Prison {
public:
    /// One EVSE, its cable a network of its own. Nothing runs yet: the image may still be changed.
    Prison();
    ~Prison();
    Prison(const Prison&) = delete;

    /// Starts the process manager; with holes, the one that has them.
    void start(const std::string& holes = {});
    /// The captive of this service after its next start.
    Cell& meet(const std::string& service);
    [[nodiscard]] Cell& cell(const std::string& service) { return cells_.at(service); }
    [[nodiscard]] Place place(const std::string& service, bool is_sealed);

    std::unique_ptr<policy::Image> image;
    std::unique_ptr<Manager> manager;
    bool is_rootless = false;

private:
    void put_files() const;
    std::string folder_;
    pid_t cable_ = -1;
    kernel::os::Descriptor port_;       ///< somebody who listens on the machine's loopback
    int port_number_ = 0;
    std::vector<kernel::os::Descriptor> hardware_;
    std::map<std::string, Cell> cells_;
};

}  // namespace voltkeep::containment
