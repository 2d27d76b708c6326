// SPDX-License-Identifier: Apache-2.0
// A program that `run` has started: its lines, its end. It ends with us, whatever happens to us.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "kernel/os.hpp"

namespace voltkeep::cli {

class Child {
public:
    struct How {
        std::string name;                          ///< for people
        std::vector<std::string> command;
        std::string directory;                     ///< working directory; empty: ours
        std::string network;                       ///< path of a network namespace to enter; empty: ours
        std::function<void()> instead_of_command;  ///< run in the child instead of a program
    };

    /// Errors: io.
    static Result<Child> start(const How& how);
    Child(Child&& other) noexcept = default;
    Child& operator=(Child&& other) noexcept = default;

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] int lines() const { return output_.get(); }   ///< readable when there are lines, or the end
    [[nodiscard]] int end() const { return pidfd_.get(); }      ///< readable when it has ended

    /// The lines that have come. A line over 64 KiB is cut there.
    std::vector<std::string> take_lines();
    void tell(int signal) const;
    /// Its exit status, or 128 + signal, once `end` is readable; waits for it otherwise.
    int status();
    [[nodiscard]] bool is_running() const { return pid_ > 0; }

private:
    Child() = default;
    std::string name_;
    pid_t pid_ = -1;
    int status_ = -1;
    kernel::os::Descriptor pidfd_;
    kernel::os::Descriptor output_;
    std::string input_;
};

}  // namespace voltkeep::cli
