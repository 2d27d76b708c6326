// SPDX-License-Identifier: Apache-2.0
// The store's files when one of them cannot be read: it is moved away whole and never deleted, and a new one, made ready before,
// takes its place. Killed in between, the next start goes on where this was.
#pragma once

#include <string>

#include "base/result.hpp"

namespace voltkeep::session {

/// So many may lie there; then somebody has to look.
inline constexpr int asides_at_most = 8;

inline constexpr std::string_view store_name = "session.db";
/// Being made ready; complete as soon as the old one is moved.
inline constexpr std::string_view successor_name = "session.new.db";

/// Errors: full (there are too many already).
Result<> may_replace_store(const std::string& folder);

/// Moves the store away, and its successor to its place. Both are closed. The new name of the old one: "session.aside-1.db".
/// Errors: full (there are too many already), io.
Result<std::string> replace_store(const std::string& folder);

/// What a kill has left of `replace_store`, or of a successor that was never needed. Errors: io.
Result<> finish_replacement(const std::string& folder);

}  // namespace voltkeep::session
