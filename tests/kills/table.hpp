// SPDX-License-Identifier: Apache-2.0
// The kill table, docs/generated/kills.md: one row a death. Times are of the machine and the day; service, phase, cause and verdict
// are what a test compares.
#pragma once

#include "oracle.hpp"

namespace voltkeep::kills {

[[nodiscard]] std::string table_of(const std::deque<Death>& deaths);
/// "session | charge loop | kill | good", one for each row, sorted: of a whole file as well.
[[nodiscard]] std::vector<std::string> verdicts_in(std::string_view table);

}  // namespace voltkeep::kills
