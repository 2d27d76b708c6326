// SPDX-License-Identifier: Apache-2.0
// The sockets of the CSMS: stations come over WebSocket, TLS 1.3 and a certificate of their own, on the loopback addresses alone;
// the operator comes through a Unix socket. One thread. Boost stays behind this header.
#pragma once

#include <memory>
#include <string>

#include "peers/csms/csms.hpp"
#include "tls/context.hpp"

namespace voltkeep::csms {

struct ServerOptions {
    std::uint16_t port = 0;      ///< 0: any free one
    std::string path;            ///< a station's URL is this, a slash, and its identity
    std::string control;         ///< Unix socket, mode 0600; empty: none
    tls::Profile tls;
};

class Server {
public:
    /// Reads the files, takes the port and the control socket. Errors: tls, busy (the port), io.
    [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ServerOptions& options, Csms& csms);
    virtual ~Server() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// Serves until SIGTERM or SIGINT, then says goodbye to every station.
    virtual void run() = 0;
};

}  // namespace voltkeep::csms
