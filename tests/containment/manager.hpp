// SPDX-License-Identifier: Apache-2.0
// For tests: a real process manager on an image, its lines kept as they come. The test is its launcher and its world.
#pragma once

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "edit.hpp"
#include "kernel/os.hpp"

namespace voltkeep::containment {

class Manager {
public:
    /// Writes the image into its state folder and starts the program on it. `holes`: of the process manager with holes.
    Manager(const std::string& program, const policy::Image& image, const std::string& holes = {}, bool is_rootless = false);
    ~Manager();

    /// The lines so far that contain all of these.
    [[nodiscard]] std::vector<std::string> lines_with(std::initializer_list<std::string_view> parts);
    /// Waits for one; empty after `patience`.
    std::string wait_for(std::initializer_list<std::string_view> parts, Duration patience = 10s);
    /// Stops the station in order; the process manager's exit status.
    int stop();
    [[nodiscard]] std::string all_lines();

private:
    void collect();
    pid_t process_ = -1;
    kernel::os::Descriptor output_;
    std::mutex mutex_;
    std::vector<std::string> lines_;
    std::jthread collector_;
};

}  // namespace voltkeep::containment
