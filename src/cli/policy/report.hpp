// SPDX-License-Identifier: Apache-2.0
// What people see of a policy: words, a picture, the ways from one service to another, a score, and the same policy in QNX's
// language. Every text depends on the policy alone, so it can be committed and compared: a change of the policy is a change that
// review sees.
#pragma once

#include "policy/compile.hpp"

namespace voltkeep::cli {

/// "Read, GetHead"
[[nodiscard]] std::string messages(const policy::Conversation& talk);
/// Deadlines too: "Read 200 ms, Append (request) 2000 ms"
[[nodiscard]] std::string messages_with_deadlines(const policy::Conversation& talk);

/// The whole policy in plain words. docs/generated/policy.txt
[[nodiscard]] std::string show(const policy::Policy& policy);

/// The picture of zones, services and conduits. docs/generated/policy.svg
[[nodiscard]] std::string draw(const policy::Policy& policy);

/// May `from` talk to `to`, and if not, by which chains could anything of it arrive there, message by message? `not_found`: no
/// such service.
[[nodiscard]] Result<std::string> why(const policy::Policy& policy, std::string_view from, std::string_view to);

/// How much of what a process could do is left to this service: 0 (nothing) to 10 (everything).
struct Score {
    const policy::Manifest* service = nullptr;
    double exposure = 0;
    std::vector<std::string> reasons;   ///< heaviest first
};
/// Most exposed first.
[[nodiscard]] std::vector<Score> score(const policy::Policy& policy);
/// The scores as a table, with a reason a line.
[[nodiscard]] std::string score_table(const policy::Policy& policy);

/// The policy as secpolcompile of QNX OS 8 reads it. docs/generated/policy.secpol
[[nodiscard]] std::string secpol(const policy::Policy& policy);

}  // namespace voltkeep::cli
