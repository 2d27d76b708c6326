// SPDX-License-Identifier: Apache-2.0
// The driver of one power path: it speaks to the field bus. The bus is never waited for: outputs are sent, the newest frame is
// given.
#pragma once

#include "charging/safety/safety.hpp"
#include "kernel/message.hpp"

namespace voltkeep::powerdrv {

/// The newest frame of the sensors, which may be an old one (its sequence tells). Taken at the beginning of a period.
struct Take {
    using Reply = safety::Sensors;
};

/// The hardware's orders, sent in the same period in which they were decided.
struct Put {
    safety::Actuators actuators;
    using Reply = kernel::Done;
};

using Interface = kernel::Interface<Take, Put>;

}  // namespace voltkeep::powerdrv
