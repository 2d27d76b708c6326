// SPDX-License-Identifier: Apache-2.0
// What both roles share: the one connection, its mailbox, its client, and what the log hears of it. A role makes connections
// (V2gServer, WebSocketClient) and hands them over with `begin`.
#pragma once

#include <memory>

#include "connection.hpp"
#include "limits.hpp"
#include "services/audit/client.hpp"

namespace voltkeep::link {

/// How connections come about.
class Opener {
public:
    /// The client wants connections, or wants no more.
    virtual void enable(bool enabled) = 0;
    /// The connection that was begun has ended. was_open: it had been good for frames, and no frame of it was poison.
    virtual void ended(bool was_open) = 0;

protected:
    ~Opener() = default;
};

class Link final : private Owner {
public:
    Link(kernel::Service& self, audit::Journal& journal, Role role);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Serves the interface, watches for the client's death. Once, before the loop.
    void serve(Opener& opener);

    /// A connection may be begun: there is none, and no poison holds it back.
    [[nodiscard]] bool is_free() const { return !connection_ && now() >= held_until_; }
    [[nodiscard]] bool has_connection() const { return connection_ != nullptr; }
    /// It is started here, and the mailbox is its.
    void begin(std::shared_ptr<Connection> connection);
    /// An attempt has begun, or has failed before there was a connection.
    void connecting() { phase_ = Phase::connecting; }
    void failed(const Error& why);
    /// Whom its connections report to.
    [[nodiscard]] Owner& owner() { return *this; }
    /// A datagram or a connection that was dropped without an answer.
    void count_garbage() { ++garbage_; }

private:
    // Owner
    void opened(const tls::Details& details, std::string_view subprotocol) override;
    [[nodiscard]] bool has_room() const override { return mailbox_.has_room(); }
    void arrived(Frame frame) override;
    void ended(const Ending& ending) override;

    Result<kernel::Done> put(const PutFrame& request);
    Result<kernel::Done> release(const Release& request);
    Result<kernel::Done> close(const Close& request);
    [[nodiscard]] GetState::State state() const;

    void client_is_back();
    void check_client();
    void end_poisoned();
    void log_failure(const Ending& ending);

    kernel::Service& self_;
    audit::Journal& journal_;
    Role role_;
    Opener* opener_ = nullptr;
    Mailbox mailbox_;
    std::shared_ptr<Connection> connection_;
    Phase phase_ = Phase::idle;
    std::uint32_t number_;  ///< of the newest connection
    tls::Details details_;
    Text<24> subprotocol_;
    Error last_error_{Errc::ok};
    std::uint32_t frames_in_ = 0, frames_out_ = 0, garbage_ = 0;
    bool was_open_ = false;
    bool is_poisoned_ = false;
    Instant held_until_{};
    RateLimit failure_entries_{8, 10s};  ///< a flood of bad handshakes does not flood the log
    std::uint32_t unlogged_failures_ = 0;
};

/// The service: everything but reading the configuration. Returns the exit status.
int run(kernel::Service& self, const Config& config);

}  // namespace voltkeep::link
