// SPDX-License-Identifier: Apache-2.0
// What the car makes of each response.
#pragma once

#include "base/result.hpp"
#include "peers/ev/evcc/car.hpp"

namespace voltkeep::iso15118::evcc {

/// What follows a response: the step that comes next (the same one: again), and whether after a pause.
struct Next {
    Step step;
    Duration pause{};
};

/// The response that `step` waits for.
[[nodiscard]] bool is_expected(Step step, const Message& message);
/// Takes what the response says into the car. The error is why the car ends the session.
[[nodiscard]] Result<Next> take(const Plan& plan, Car& car, const Message& message, const Cable& cable, Instant now);

}  // namespace voltkeep::iso15118::evcc
