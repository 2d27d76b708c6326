// SPDX-License-Identifier: Apache-2.0
// What stands in a service's place takes the test's commands: one a packet on its device `command`, each answered with one
// packet. Each new connection of the test is greeted with "here".
#pragma once

#include <functional>
#include <string>

#include "kernel/os.hpp"
#include "kernel/service.hpp"

namespace voltkeep::harness {

class Commands {
public:
    static constexpr std::size_t longest = 16'384;   ///< bytes; what is longer is cut
    /// Does what it is told; whoever obeys says the answer, now or later.
    using Obey = std::function<void(const std::string& command)>;

    Commands(kernel::Service& self, Obey obey) : self_(self), obey_(std::move(obey)) {
        self_.on_device("command", [this](int descriptor) { adopt(descriptor); });
        adopt(self_.device("command"));
    }
    Commands(const Commands&) = delete;
    Commands& operator=(const Commands&) = delete;

    void say(std::string_view words) { (void)kernel::os::send(command_.get(), as_bytes(words)); }

private:
    void adopt(int descriptor) {
        if (descriptor < 0) return;
        command_ = kernel::os::Descriptor(descriptor);
        say("here");
        self_.watch(descriptor, false, [this](bool, bool) { take(); });
    }
    void take() {
        std::string command(longest, '\0');
        const auto received = kernel::os::receive(command_.get(), std::as_writable_bytes(std::span(command)));
        if (!received) {
            self_.unwatch(command_.get());
            command_.reset();
            return;
        }
        if (!*received) return;
        command.resize((*received)->size);
        obey_(command);
    }

    kernel::Service& self_;
    Obey obey_;
    kernel::os::Descriptor command_;
};

}  // namespace voltkeep::harness
