// SPDX-License-Identifier: Apache-2.0
// TLS client and WebSocket framing (RFC 6455) on a socket that net has connected. No compression, no message over the bound,
// a ping when the server is silent and an end when it stays so. Frames' kinds: 1 text, 2 binary.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "connection.hpp"

namespace voltkeep::link {

struct WebSocketOptions {
    Text<40> required_group;
    Text<120> host;         ///< name in the server's certificate, in SNI and in the request
    Text<200> path;         ///< percent-encoded
    Text<40> subprotocols;  ///< "ocpp2.1, ocpp2.0.1": the server must choose one of them
    Duration ping = 30s;    ///< after so much silence; the connection ends after twice that. 0: none
};

inline constexpr std::uint16_t text_frame = 1;
inline constexpr std::uint16_t binary_frame = 2;

/// Takes the socket. The SSL_CTX is shared.
[[nodiscard]] std::shared_ptr<Connection> make_websocket_connection(boost::asio::io_context& loop, int socket, SSL_CTX* tls,
                                                                    const WebSocketOptions& options, Owner& owner);

}  // namespace voltkeep::link
