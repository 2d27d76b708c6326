// SPDX-License-Identifier: Apache-2.0
// Whole files: bounded when they are read, the old one or the new one when they are written.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace voltkeep {

/// The whole file, at most `limit` bytes. `not_found`, `full` (longer than the limit) or `io`.
[[nodiscard]] Result<std::vector<std::byte>> read_file(std::string_view path, std::size_t limit);
/// Writes beside it, syncs, and renames: the file is the old one or the new one, whenever the power goes.
[[nodiscard]] Result<> write_file(std::string_view path, Bytes content, unsigned mode = 0600);

}  // namespace voltkeep
