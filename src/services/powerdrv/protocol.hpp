// SPDX-License-Identifier: Apache-2.0
// The driver of one power path: it speaks to the field bus. The bus is never waited for: outputs are sent, the newest frame is given.
#pragma once

#include "charging/safety/safety.hpp"
#include "kernel/message.hpp"

namespace voltkeep::powerdrv {

/// One period: the hardware's new orders against the newest frame of its sensors, which may be an old one (its sequence tells).
struct Exchange {
    safety::Actuators actuators;
    using Reply = safety::Sensors;
};

using Interface = kernel::Interface<Exchange>;

}  // namespace voltkeep::powerdrv
