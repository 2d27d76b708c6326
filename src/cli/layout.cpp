// SPDX-License-Identifier: Apache-2.0
#include "cli/layout.hpp"

#include <filesystem>

namespace voltkeep::cli {

Result<Layout> find_layout() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return fail(Errc::io, "/proc/self/exe: " + error.message());
    const auto build = self.parent_path().parent_path().parent_path();   // <build>/src/cli/voltkeep
    return Layout{build / "services", build / "peers", build / "procmgr" / "procmgr", build / "manifests"};
}

std::string absolute(const std::string& path) {
    std::error_code error;
    const auto from_root =
        std::filesystem::absolute(path, error);  // first: of a path that is not there yet, the next leaves it as it is
    const auto whole = std::filesystem::weakly_canonical(from_root, error);
    return error ? path : whole.string();
}

std::string door_of(const std::string& state) { return state + "/run/operator.sock"; }

}  // namespace voltkeep::cli
