// SPDX-License-Identifier: Apache-2.0
// How the CSMS's rows are said in JSON: the same members in the lines of standard output and in the answers of the control
// socket.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "peers/csms/store.hpp"

namespace voltkeep::csms {

/// One line. Everything in it is bounded by the schemas: names of 50 characters, transactions of 36.
using Line = JsonObject<4096>;

/// {"event":...,"transaction":...,"station":...,"evse":1,"events":7,"energy_mwh":1234,"cost":"0.06",...}; without an event if
/// that is empty. What is not known is null.
[[nodiscard]] Line describe(const TransactionRow& row, std::string_view event = {});
/// {"sequence":0,"kind":"Started",...,"payload":{...}}
[[nodiscard]] std::string describe(const EventRow& row);
[[nodiscard]] std::string describe(const StationRow& row, const std::vector<ConnectorRow>& connectors, bool is_connected);

/// {"ok":false,"error":"..."}
[[nodiscard]] std::string describe(const Error& error);

/// {"event":"rejected","station":...,"why":...}: a connection or a message that was not taken. The station may be unknown: "".
[[nodiscard]] std::string rejected(std::string_view station, std::string_view why);

/// RFC 3339 in UTC.
[[nodiscard]] std::string describe(WallTime time);

/// A peer's words, which have no bound, as far as they fit into a line: at most 500 bytes, cut between characters.
[[nodiscard]] std::string_view beginning(std::string_view text);

/// [a,b,c] of texts that are JSON.
[[nodiscard]] std::string json_list(const std::vector<std::string>& items);

}  // namespace voltkeep::csms
