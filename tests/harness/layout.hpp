// SPDX-License-Identifier: Apache-2.0
// The programs and manifests of one tested station: the build's own, with others in the places that a test needs. They are copies
// for this station alone: nothing of it is in the station's programs, and no option of theirs turns anything off.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/layout.hpp"

namespace voltkeep::harness {

/// In one manifest this text, which must stand there, is replaced.
struct ManifestEdit {
    std::string file;    ///< "power/manifest.toml"
    std::string from;
    std::string to;
};

struct Changes {
    std::map<std::string, std::string>
        programs{};  ///< a service's program ("ocpp"), and what is started in its place; also for new services
    std::map<std::string, std::string> peers{};        ///< the same for "csms", "ev", "plant"
    std::vector<ManifestEdit> edits{};
    std::map<std::string, std::string> manifests{};    ///< added: "hog" and the manifest's text
};

/// All of it in `folder`, which is made. Errors: io, bad_argument (an edit does not fit its manifest).
[[nodiscard]] Result<cli::Layout> lay_out(const Changes& changes, const std::string& folder);

/// The folder of this build.
[[nodiscard]] std::string build_folder();
/// The command-line tool of this build.
[[nodiscard]] std::string tool();

}  // namespace voltkeep::harness
