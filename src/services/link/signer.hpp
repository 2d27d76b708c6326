// SPDX-License-Identifier: Apache-2.0
// The way to the key of link's certificate where link does not have it: crypto signs, with a key of the TPM or the token,
// for the handshake of this very link and for nothing else. The handshake waits for it, and ends if no signature comes;
// connections that are open need crypto no more.
#pragma once

#include <memory>

#include "kernel/service.hpp"
#include "services/link/protocol.hpp"
#include "tls/remote_key.hpp"

namespace voltkeep::link {

/// The name of this role's key.
[[nodiscard]] std::string_view key_in_crypto(Role role);
/// To be made before the seal. It outlives all contexts that use it. Errors: tls.
[[nodiscard]] Result<std::unique_ptr<tls::RemoteKeys>> keys_in_crypto(kernel::Service& self, Role role);

}  // namespace voltkeep::link
