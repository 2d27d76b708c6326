// SPDX-License-Identifier: Apache-2.0
// Tells a stranger one order after the other and judges what comes of it.
#pragma once

#include "a13_driver/orders.hpp"
#include "watch.hpp"

namespace voltkeep::attacks {

/// The program of this service with a stranger in it.
[[nodiscard]] std::string owned_program(std::string_view service);

/// What came of one order: what the stranger said, or "death".
[[nodiscard]] Result<std::string> carry_out(Station& station, const std::string& service, std::size_t number);

/// The same, for the order of this name. Errors: bad_argument (there is none).
[[nodiscard]] Result<std::string> answer_to(Station& station, const std::string& service, const std::string& name);

/// For a control: the safety loop is restarted by the word of `service`. The answer may be late; what counts is what happens.
[[nodiscard]] Result<> expect_restart_of_loop(Station& station, Trial& trial, const std::string& service);

/// One order by its name: it is contained, and in the log if it reaches anybody. What it came to.
[[nodiscard]] Result<End> expect_refused(Station& station, Trial& trial, const std::string& service, std::string_view name);

/// All orders of a service, one after the other: each is contained, and each that reaches anybody is in the log.
[[nodiscard]] Result<> carry_out_all(Station& station, Trial& trial, const std::string& service);

}  // namespace voltkeep::attacks
