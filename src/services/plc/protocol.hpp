// SPDX-License-Identifier: Apache-2.0
// The network of one charging cable: IPv6 link-local between one EVSE and one car. Makes the sockets of link@ev and gives them
// away.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::plc {

/// The sockets of this cable. Errors: bad_state (the cable's interface has no link-local address yet), io.
struct Listen {
    struct Sockets {
        kernel::Handle listener;              ///< TCP, listening on address and port, non-blocking
        kernel::Handle discovery;             ///< UDP, bound to port 15118 of the interface, joined to ff02::1, non-blocking
        std::array<std::uint8_t, 16> address{};   ///< link-local (or ::1 where the car is on loopback)
        std::uint16_t port = 0;               ///< of the listener, 49152 to 65535 (ISO 15118-20, SDP)
        std::uint32_t interface = 0;          ///< index of the network interface
    };
    using Reply = Sockets;
};

using Interface = kernel::Interface<Listen>;

struct Config {
    Text<16> interface;                       ///< "cable1", or "lo" (no multicast there: the car asks ::1)
    std::uint16_t discovery_port = 15118;     ///< another one only on loopback, where several cars share it
};

}  // namespace voltkeep::plc
