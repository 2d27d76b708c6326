// SPDX-License-Identifier: Apache-2.0
// Who keeps the station's key in another process: crypto and rot as they are, and behind rot a TPM (swtpm), or for what crypto's
// way costs by itself nothing but the signature, in rot's place.
#pragma once

#include <functional>
#include <string>

#include "tls/remote_key.hpp"

namespace bench {

enum class Place : std::uint8_t { crypto, tpm };

/// Runs `what` in a process that has the conduit of link@csms to crypto, and a development PKI whose station's key is over there.
/// False if it came to nothing, with the reason on standard error. `folder`: empty, one's own.
bool with_keeper(Place place, const std::string& folder,
                 const std::function<bool(const voltkeep::tls::RemoteKeys& keys, const std::string& pki)>& what);

}  // namespace bench
