// SPDX-License-Identifier: Apache-2.0
// The only process with the station's network: it makes connected and listening sockets and gives them away. It reads no byte of
// them. Where a client's socket leads is configuration, not part of the request: a link cannot ask for another address.
#pragma once

#include "base/ids.hpp"
#include "kernel/message.hpp"

namespace voltkeep::net {

/// A TCP connection to the one destination that is configured for the caller. Takes as long as the network takes: use `request`.
/// Errors: not_found (no destination is configured), io (name, route or connection; the text says which), timeout.
struct Connect {
    struct Connected {
        kernel::Handle socket;       ///< non-blocking, TCP_NODELAY, keep-alive
        Text<64> address;            ///< of the peer, for the log
    };
    using Reply = Connected;
};

using Interface = kernel::Interface<Connect>;

struct Destination {
    Text<24> client;                 ///< "link@csms"
    Text<255> host;                  ///< a name or an address
    std::uint16_t port = 0;
};
struct Config {
    List<Destination, 9> destinations;    ///< the CSMS, and a meter for each EVSE
};

}  // namespace voltkeep::net
