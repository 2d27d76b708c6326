// SPDX-License-Identifier: Apache-2.0
// The kill table, docs/generated/kills.md: one row a death. Figures are of the machine and the day; who saw what is what
// a test compares.
#pragma once

#include "oracle.hpp"

namespace voltkeep::kills {

[[nodiscard]] std::string table_of(const std::deque<Death>& deaths);
/// "session | charge loop | kill | good | N ms | nothing | ...", one for each row, sorted: of a whole file as well. No figures.
[[nodiscard]] std::vector<std::string> comparable_in(std::string_view table);

}  // namespace voltkeep::kills
