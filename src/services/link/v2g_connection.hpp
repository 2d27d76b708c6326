// SPDX-License-Identifier: Apache-2.0
// TLS server and V2GTP framing on a socket that a car has connected. A header that is not V2GTP's, or that promises more than
// the bound, ends the connection before a byte of the payload is read; so does a frame that drips, and a car that is silent.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "connection.hpp"

namespace voltkeep::link {

struct V2gOptions {
    Text<40> required_group;  ///< empty: whatever the profile's list allowed
    Duration silence = 120s;  ///< without a frame of the car; longer than every sequence timeout
};

/// Takes the socket. The SSL_CTX is shared. Frames' kinds are V2GTP payload types.
[[nodiscard]] std::shared_ptr<Connection> make_v2g_connection(boost::asio::io_context& loop, int socket, SSL_CTX* tls,
                                                              const V2gOptions& options, Owner& owner);

}  // namespace voltkeep::link
