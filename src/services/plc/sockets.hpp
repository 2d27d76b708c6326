// SPDX-License-Identifier: Apache-2.0
// The two sockets of a charging cable, on its interface's link-local address (or ::1 on loopback). Nothing is read from them
// here.
#pragma once

#include "kernel/os.hpp"
#include "services/plc/protocol.hpp"

namespace voltkeep::plc {

struct CableSockets {
    kernel::os::Descriptor listener;
    kernel::os::Descriptor discovery;
    Listen::Sockets reply;  ///< handles: the descriptors above, which stay theirs
};

/// Errors: bad_state (no interface of that name, or no usable address yet: it may come), io.
[[nodiscard]] Result<CableSockets> make_sockets(const Config& config);

/// Readable when an address of the machine changed; `drain` empties it.
[[nodiscard]] Result<kernel::os::Descriptor> watch_addresses();
void drain(int addresses);

}  // namespace voltkeep::plc
