// SPDX-License-Identifier: Apache-2.0
// The service plc: everything but reading the configuration.
#pragma once

#include "kernel/service.hpp"
#include "services/plc/protocol.hpp"

namespace voltkeep::plc {

/// Returns the exit status.
int run(kernel::Service& self, const Config& config);

}  // namespace voltkeep::plc
