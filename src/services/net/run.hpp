// SPDX-License-Identifier: Apache-2.0
// The service net: everything but reading the configuration.
#pragma once

#include "kernel/service.hpp"
#include "services/net/protocol.hpp"

namespace voltkeep::net {

/// Returns the exit status.
int run(kernel::Service& self, const Config& config);

}  // namespace voltkeep::net
