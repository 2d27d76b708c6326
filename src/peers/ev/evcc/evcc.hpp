// SPDX-License-Identifier: Apache-2.0
// The car's side of ISO 15118-20 as a pure state machine: (plan, car, input, cable, now) -> move. It knows no socket and no
// clock.
#pragma once

#include "peers/ev/evcc/car.hpp"

namespace voltkeep::iso15118::evcc {

/// The connection has been made. `before`: the same car in a connection that it has paused, else nothing.
[[nodiscard]] Move begin(const Plan& plan, const Cable& cable, Instant now, std::uint64_t unix_s, const Car& before = {});
/// A message has come.
[[nodiscard]] Move receive(const Plan& plan, const Car& car, const Message& message, const Cable& cable, Instant now);
/// Time has passed, or the cable says something new: at least every 10 ms.
[[nodiscard]] Move tick(const Plan& plan, const Car& car, const Cable& cable, Instant now, std::uint64_t unix_s);
/// The connection has ended, by itself or because what came is no message.
[[nodiscard]] Move lost(const Car& car, std::string_view why);

[[nodiscard]] std::string_view name(Step step) noexcept;

}  // namespace voltkeep::iso15118::evcc
