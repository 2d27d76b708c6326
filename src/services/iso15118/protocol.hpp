// SPDX-License-Identifier: Apache-2.0
// The charger's side of ISO 15118-20. It serves nobody: it is moved by frames from link@ev and by pulses of session.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::iso15118 {

struct Config {
    Text<255> evse;                              ///< EVSEID
    std::uint32_t sequence_timeout_ms = 60000;   ///< V2G_SECC_Sequence_Timeout
    std::uint32_t loop_timeout_ms = 500;         ///< the same after a charge-loop response
    std::uint32_t performance_ms = 1500;         ///< V2G_SECC_Msg_Performance_Time
};

}  // namespace voltkeep::iso15118
