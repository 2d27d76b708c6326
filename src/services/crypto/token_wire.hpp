// SPDX-License-Identifier: Apache-2.0
// The stream to the secure element: one call at a time and its answer, as events of the loop. Nothing is waited for.
#pragma once

#include <functional>

#include "kernel/os.hpp"
#include "kernel/service.hpp"
#include "pkcs11/message.hpp"

namespace voltkeep::crypto {

class TokenWire {
public:
    /// What its user hears of it.
    struct Events {
        kernel::Action ready;                              ///< a new connection, on which nothing was asked yet
        kernel::Action late;                               ///< no answer after the patience; it may come yet
        std::move_only_function<void(const Error&)> lost;  ///< the connection has ended, and what was asked has no answer
    };
    using Heard = std::move_only_function<void(Result<pkcs11::Answer>)>;

    TokenWire(kernel::Service& self, Events events) : self_(self), events_(std::move(events)) {}

    /// A connection in the place of the one before.
    void take(kernel::os::Descriptor end);
    /// Nothing may be awaited. The call is wiped. `heard` is called with its answer, or never, if the connection is lost.
    void ask(pkcs11::Call call, Heard heard);
    [[nodiscard]] bool is_asked() const { return heard_ != nullptr; }
    /// Ends the connection, and says so with this reason.
    void lose(const Error& why);

private:
    void close();
    void read();
    void greeted();
    bool send(std::span<std::byte> bytes);
    void wait_for_answer();
    void answered();

    kernel::Service& self_;
    Events events_;
    kernel::os::Descriptor end_;
    std::vector<std::byte> arrived_;
    bool is_greeted_ = false;
    std::uint32_t number_ = 0;  ///< of the last call
    pkcs11::Function asked_{};
    Heard heard_;
    kernel::TimerId patience_ = 0;
};

}  // namespace voltkeep::crypto
