// SPDX-License-Identifier: Apache-2.0
// `voltkeep ocpp check`, line by line: is this payload what OCPP 2.1 allows? For users, and for comparing us with other
// validators.
#pragma once

#include <string>
#include <string_view>

namespace voltkeep::ocpp {

/// In: {"action":"BootNotification","direction":"request"|"response","payload":{...}}, in any order; other members are not looked
/// at. Out: {"ok":true} or {"ok":false,"code":"...","where":"..."}, without a line end; `where` points into the payload. A line
/// that is not such an object: FormatViolation. An unknown action: NotImplemented. A response to a SEND: NotSupported.
[[nodiscard]] std::string check_line(std::string_view line);

}  // namespace voltkeep::ocpp
