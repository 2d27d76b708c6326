// SPDX-License-Identifier: Apache-2.0
// The connection to the charger: TCP, TLS 1.3 with the vehicle certificate, V2GTP frames. Nothing here blocks; the owner waits
// for the descriptor and calls `progress`. Without a TLS context it is plain TCP, for interoperability tests alone.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "discovery.hpp"
#include "tls/context.hpp"
#include "tls/details.hpp"
#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::ev {

struct Frame {
    iso15118::PayloadType type = iso15118::PayloadType::common;
    std::vector<std::byte> payload;
};

class Transport {
public:
    enum class State : std::uint8_t { connecting, handshake, open, closing, ended };

    /// Begins to connect. Errors: io, tls.
    [[nodiscard]] static Result<Transport> connect(const Address& address, SSL_CTX* tls);

    [[nodiscard]] int descriptor() const { return socket_.get(); }
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool wants_write() const;
    /// When something is to be done without the descriptor: a slow drip. Nothing: never.
    [[nodiscard]] std::optional<Instant> next() const;

    /// Goes on as far as it goes. The error is why the connection has ended: io, tls, closed (by the charger), malformed.
    [[nodiscard]] Result<> progress(Instant now);
    [[nodiscard]] bool has_frames() const { return !frames_.empty(); }
    /// The next whole frame that has come.
    [[nodiscard]] std::optional<Frame> take();
    /// Queues bytes as they are: whole frames, or what a misbehaving car sends.
    void send(Bytes bytes);
    /// The same, a byte every 200 ms.
    void drip(Bytes bytes);
    /// Ends it in order: close_notify, then the charger's turn.
    void close();
    /// Ends it at once.
    void abort();

    /// Of an open TLS connection; nothing for plain TCP.
    [[nodiscard]] std::optional<tls::Details> details() const;

private:
    struct FreeConnection {
        void operator()(SSL* connection) const { SSL_free(connection); }
    };

    [[nodiscard]] Result<> finish_connect();
    [[nodiscard]] Result<> shake_hands();
    [[nodiscard]] Result<> write(Instant now);
    [[nodiscard]] Result<> read();
    [[nodiscard]] Result<> cut_frames();
    /// Bytes moved; 0: not now. Errors: closed, io, tls.
    [[nodiscard]] Result<std::size_t> write_some(Bytes bytes);
    [[nodiscard]] Result<std::size_t> read_some(std::span<std::byte> bytes);
    [[nodiscard]] Result<std::size_t> outcome(int result, std::string_view what);

    Descriptor socket_;
    std::unique_ptr<SSL, FreeConnection> ssl_;
    State state_ = State::connecting;
    bool wants_write_ = true;
    std::vector<std::byte> outgoing_;
    std::vector<std::byte> dripping_;
    Instant next_drop_;
    std::vector<std::byte> incoming_;
    std::deque<Frame> frames_;
};

}  // namespace voltkeep::ev
