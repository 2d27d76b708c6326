// SPDX-License-Identifier: Apache-2.0
// Every interface of the station, described from its C++ types: what the policy compiler judges the manifests by.
#pragma once

#include <vector>

#include "kernel/describe.hpp"

namespace voltkeep::registry {

/// One for each protocol.hpp that has an interface. A new service with one is added here, or its manifest is refused.
[[nodiscard]] std::vector<kernel::InterfaceDescription> interfaces();

}  // namespace voltkeep::registry
