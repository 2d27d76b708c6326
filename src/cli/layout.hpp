// SPDX-License-Identifier: Apache-2.0
// Where the parts of this build are, found from the running program itself, and where a station keeps its state.
#pragma once

#include <string>

#include "base/result.hpp"

namespace voltkeep::cli {

struct Layout {
    std::string services;     ///< folder of the services' programs
    std::string peers;        ///< folder of the peers' programs
    std::string procmgr;      ///< the process manager
    std::string manifests;    ///< src/services: the policy's source
};

/// Of the build that this program is part of. Errors: io.
[[nodiscard]] Result<Layout> find_layout();

/// The absolute path of a state folder that may not exist yet.
[[nodiscard]] std::string absolute(const std::string& path);

/// The operator's door of a station, from where a client can connect (a socket's path is short).
[[nodiscard]] std::string door_of(const std::string& state);

}  // namespace voltkeep::cli
