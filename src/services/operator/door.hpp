// SPDX-License-Identifier: Apache-2.0
// The connections of the operator's door: bounded lines in, lines out, and how fast anyone may ask.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kernel/os.hpp"
#include "kernel/service.hpp"

namespace voltkeep::operator_door {

/// Sends one line; void after the connection has ended.
using Answer = std::function<void(std::string line)>;

class Door {
public:
    /// `user`: the number of whoever connected, as the system knows it.
    using OnRequest = std::function<void(std::string_view line, std::uint32_t user, Answer answer)>;

    Door(kernel::Service& self, int listener, OnRequest on_request);

private:
    static constexpr std::size_t connection_bound = 8;
    static constexpr std::size_t line_bound = 256;
    static constexpr std::size_t unsent_bound = 1u << 20;
    static constexpr std::uint32_t requests_per_second = 50;

    struct Connection {
        kernel::os::Descriptor socket;
        std::uint32_t user = 0;
        std::string input;
        std::string output;
        bool is_answering = false;       ///< one request at a time
        std::uint32_t allowance = requests_per_second;
    };

    void accept();
    void on_ready(int descriptor, bool readable, bool writable);
    void handle_lines(const std::shared_ptr<Connection>& connection);
    void flush(const std::shared_ptr<Connection>& connection);
    void close(int descriptor);

    kernel::Service& self_;
    kernel::os::Descriptor listener_;
    OnRequest on_request_;
    std::map<int, std::shared_ptr<Connection>> connections_;
};

}  // namespace voltkeep::operator_door
