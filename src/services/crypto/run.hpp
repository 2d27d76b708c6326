// SPDX-License-Identifier: Apache-2.0
// The service crypto: everything but reading the configuration.
#pragma once

#include "kernel/service.hpp"
#include "services/crypto/protocol.hpp"

namespace voltkeep::crypto {

/// Returns the exit status. `file`: what the software keys are kept in.
int run(kernel::Service& self, const Config& config, std::string file);

}  // namespace voltkeep::crypto
