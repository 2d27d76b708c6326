// SPDX-License-Identifier: Apache-2.0
// For the conformance suite: another process that shares one pair with this one. Each system has its own way to make it.
#pragma once

#include <functional>

#include "kernel/os.hpp"

namespace voltkeep::kernel::os {

class TestProcess {
public:
    /// What the other process does with its end of the pair. Its value is the exit status, 0 to 127.
    using Body = std::function<int(int end)>;

    /// The new process has nothing of this one's but its end of the pair.
    explicit TestProcess(const Body& body);
    TestProcess(const TestProcess&) = delete;
    TestProcess& operator=(const TestProcess&) = delete;
    ~TestProcess();   ///< Ends it if nobody has waited for it.

    [[nodiscard]] int end() const { return end_.get(); }
    void hang_up() { end_.reset(); }
    /// Ends it wherever it is.
    void kill() const;
    /// Waits until it has ended: its exit status, or `killed`.
    int wait();
    static constexpr int killed = 256;

private:
    Descriptor end_;
    int pid_ = -1;
};

}  // namespace voltkeep::kernel::os
