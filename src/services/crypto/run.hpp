// SPDX-License-Identifier: Apache-2.0
// The service crypto: everything but reading the configuration.
#pragma once

#include "kernel/service.hpp"
#include "services/crypto/protocol.hpp"

namespace voltkeep::crypto {

/// What is kept, and holds nothing secret.
struct Files {
    std::string keys;  ///< the software keys, wrapped
    std::string pin;   ///< the token's PIN, as the TPM has sealed it; written by who made the token
};

/// Returns the exit status.
int run(kernel::Service& self, const Config& config, Files files);

}  // namespace voltkeep::crypto
