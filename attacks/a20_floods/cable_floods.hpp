// SPDX-License-Identifier: Apache-2.0
// What somebody at the charging cable can do to the charger without a word of TLS. Each runs in a process that has entered the
// car's network, sends a bounded number in a bounded time, and prints what came of it.
#pragma once

#include <string>

namespace voltkeep::attacks {

/// The charger's end of the cable, as the car reaches it.
struct Charger {
    std::string address;      ///< its link-local IPv6 address, as text
    int port = 0;             ///< on which it speaks TLS
    std::string interface;    ///< the car's
};

/// 20,000 connections are begun from addresses that there are none at; none is ever finished.
void flood_with_syn(const Charger& charger);
/// 200 connections, each with one octet of a TLS record every 100 ms, for three seconds.
void drip_into_connections(const Charger& charger);
/// 20,000 SDP datagrams: every other one is a request as it should be.
void flood_discovery(const Charger& charger);

}  // namespace voltkeep::attacks
