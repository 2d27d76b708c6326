// SPDX-License-Identifier: Apache-2.0
// One TLS connection that carries whole frames, and what it tells its owner. The two framings are V2gConnection and
// WebSocketConnection. A connection owns its socket and lives, by shared_ptr, until it has ended and its last event is handled.
#pragma once

#include "mailbox.hpp"
#include "tls/details.hpp"

namespace voltkeep::link {

struct Ending {
    Error why;                                   ///< closed: as agreed with the peer; else what broke
    tls::Failure failure = tls::Failure::other;  ///< of a handshake
};

/// Called from the loop, never from inside a call to the connection. It outlives its connections.
class Owner {
public:
    /// Both certificates are verified and the framing is agreed.
    virtual void opened(const tls::Details& details, std::string_view subprotocol) = 0;
    /// False: nothing is read until `resume`.
    [[nodiscard]] virtual bool has_room() const = 0;
    /// One whole frame, of 1 to frame_bound bytes.
    virtual void arrived(Frame frame) = 0;
    /// The last call of every connection that was started.
    virtual void ended(const Ending& ending) = 0;

protected:
    ~Owner() = default;
};

class Connection {
public:
    virtual ~Connection() = default;

    /// Begins the handshake. Once.
    virtual void start() = 0;
    /// Queues a frame, after `opened`. Never refused: the owner looks at `queued` before.
    virtual void send(Frame frame) = 0;
    /// Bytes that the peer has not taken.
    [[nodiscard]] virtual std::size_t queued() const = 0;
    /// There is room again.
    virtual void resume() = 0;
    /// Ends the connection after what is queued has gone out, at most closing_time later.
    virtual void close() = 0;
    /// Ends it now.
    virtual void drop(const Error& why) = 0;

    static constexpr Duration handshake_time = 10s;  ///< from the socket to `opened`
    static constexpr Duration frame_time = 5s;       ///< from the first byte of a frame to its last
    static constexpr Duration closing_time = 2s;
};

}  // namespace voltkeep::link
