// SPDX-License-Identifier: Apache-2.0
// The four ways to ask another process, each with the same job: send so many bytes, get as many back.
#pragma once

#include <string_view>

#include "measure.hpp"

namespace bench {

struct Setting {
    std::size_t size = 64;   ///< bytes there and back
    Placement placement;
    voltkeep::Duration time;
};

/// Starts a server, calls it from a second process for the setting's time, ends both. False if it could not be done.
bool run_raw(const Setting& setting, Samples& samples);  ///< send and recv on SOCK_SEQPACKET, both blocking; nothing checked
bool run_typed(const Setting& setting, Samples& samples);       ///< the message layer: deadline, policy, codec, many conduits
bool run_sdbus(const Setting& setting, Samples& samples);       ///< sd-bus, peer to peer: an array of bytes
bool run_mosquitto(const Setting& setting, Samples& samples);   ///< JSON over a mosquitto broker on a Unix socket, QoS 0

}  // namespace bench
