// SPDX-License-Identifier: Apache-2.0
// The session with the secure element: its keys sign here, and its PIN is here only while it is sent. A token that is late is
// asked nothing more until it has answered; one that is gone is connected anew. Whoever wants a signature meanwhile is told at
// once.
#pragma once

#include <deque>
#include <map>

#include "keys.hpp"
#include "secret.hpp"
#include "token_wire.hpp"

namespace voltkeep::crypto {

class Token {
public:
    using Unlocked = std::move_only_function<void(Result<Secret>)>;
    /// Brings the PIN, however long that takes. Errors: refused, integrity (it will never come); any other: to be asked again.
    using Unlock = std::move_only_function<void(Unlocked)>;
    using Then = std::move_only_function<void(Result<Sign::Signature>)>;

    /// `again` is asked for a connection in the place of one that is gone: it is taken whenever it comes.
    Token(kernel::Service& self, Unlock unlock, kernel::Action again);

    void take(kernel::os::Descriptor end);
    /// `then` is called once. Errors: closed (there is no token, or it is late: `reason` says which), full (too many wait), io.
    void sign(KeyName name, Bytes content, Then then);

    [[nodiscard]] bool is_open() const { return is_open_; }
    [[nodiscard]] const Text<220>& reason() const { return reason_; }  ///< why it is not

private:
    struct Errand {
        Key key;
        std::array<std::byte, 64> digest;
        Then then;
    };
    static constexpr std::size_t most_waiting = 16;

    void list_slots();
    void look_at(std::vector<std::uint64_t> slots, std::size_t next);
    void open_session(std::uint64_t slot);
    void log_in();
    void find_keys(std::size_t next);

    void next();
    void answer(Result<Sign::Signature> signature);
    void late();
    void lost(const Error& why);
    void close(std::string_view why);
    /// It must not be used: neither now nor on another connection.
    void give_up(const Error& why);
    /// As the wire's, with what is to be done with a good answer; another ends the connection.
    void ask(pkcs11::Call call, std::move_only_function<Result<>(pkcs11::Answer&)> then);

    kernel::Service& self_;
    Unlock unlock_;
    kernel::Action again_;
    TokenWire wire_;
    bool is_open_ = false;
    bool is_given_up_ = false;
    Text<220> reason_{"there is no token yet"};
    std::uint32_t connections_ = 0;  ///< a PIN that was asked for on one is not for the next
    std::uint64_t session_ = 0;
    std::map<Key, std::uint64_t> handles_;
    std::deque<Errand> waiting_;  ///< the first of them is being signed, if the wire is asked
};

}  // namespace voltkeep::crypto
