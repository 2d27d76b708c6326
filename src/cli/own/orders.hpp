// SPDX-License-Identifier: Apache-2.0
// What a person types in `voltkeep own`, as an order for the captive, and what it answered, for a person. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::cli {

/// By service: the names of its messages, in their order.
using MessageNames = std::map<std::string, std::vector<std::string>>;

/// "cat /etc/passwd" is "read "/etc/passwd"". Errors: bad_argument, with what is missing.
[[nodiscard]] Result<std::string> order_of(const std::string& typed, const MessageNames& messages);

/// "EACCES" is "EACCES: permission denied".
[[nodiscard]] std::string in_words(const std::string& answer);

/// A line of the process manager (JSON) as the view beside the shell shows it; empty if it is not worth showing.
[[nodiscard]] std::string view_of(const std::string& line);

[[nodiscard]] std::string help();

}  // namespace voltkeep::cli
