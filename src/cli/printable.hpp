// SPDX-License-Identifier: Apache-2.0
// Text of strangers on a terminal: what moves the cursor, changes the direction of writing or is not to be seen is shown as
// \uXXXX, as JSON would escape it, so that a line stays one line, looks like what it is, and JSON stays the same JSON.
#pragma once

#include <string>
#include <string_view>

namespace voltkeep::cli {

/// Never a control character (C0, DEL, C1), a line or paragraph separator, a mark of direction, or a byte that is no UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace voltkeep::cli
