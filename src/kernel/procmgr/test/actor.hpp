// SPDX-License-Identifier: Apache-2.0
// A service for the tests of the process manager: `back` serves, `front` calls it, and both do what they are told over the
// device `command`, one word a message, and answer with what came of it.
#pragma once

#include "kernel/service.hpp"

namespace voltkeep::kernel::procmgr::test {

/// Which incarnation of the server answers, and how often it has answered.
struct Ask {
    struct Answer {
        std::uint32_t starts = 0;
        std::uint32_t answers = 0;
    };
    using Reply = Answer;
};
using Back = Interface<Ask>;
enum class Pulse : std::uint8_t { here, last_ = here };

}  // namespace voltkeep::kernel::procmgr::test
