// SPDX-License-Identifier: Apache-2.0
// The charger's side of ISO 15118-20. It serves nobody: it is moved by frames from link@ev and by pulses of session.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::iso15118 {

/// The times are those of the standard; another one is for interoperability tests.
struct Config {
    Text<255> evse;                               ///< EVSEID
    std::uint32_t setup_timeout_ms = 18'000;      ///< V2G_SECC_CommunicationSetup_Timeout
    std::uint32_t sequence_timeout_ms = 60'000;   ///< V2G_SECC_Sequence_Timeout
    std::uint32_t loop_timeout_ms = 500;          ///< the same after a charge loop response
    std::uint32_t performance_ms = 1'500;         ///< V2G_SECC_Msg_Performance_Time: a later answer is marked in the log
    std::uint32_t loop_performance_ms = 250;      ///< the same in the charge loop
    bool tls_required = true;                     ///< false in the lab profile alone: ISO 15118-20 without TLS 1.3
};

}  // namespace voltkeep::iso15118
