// SPDX-License-Identifier: Apache-2.0
// The charger's side of ISO 15118-20. It serves nobody: it is moved by frames from link@ev and by pulses of session.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::iso15118 {

/// What is at the end of the cable.
enum class Outlet : std::uint8_t { dc, ac, mcs, last_ = mcs };

/// The times are those of the standard; another one is for interoperability tests.
struct Config {
    Text<255> evse;                               ///< EVSEID
    Outlet outlet = Outlet::dc;
    bool is_bidirectional = false;                ///< the services with BPT are offered as well
    std::uint8_t phases = 3;                      ///< AC
    Text<3> currency;                             ///< of the price; empty: none is offered in money
    std::int64_t price_micro_per_kwh = 0;
    std::uint32_t setup_timeout_ms = 18'000;      ///< V2G_SECC_CommunicationSetup_Timeout
    std::uint32_t sequence_timeout_ms = 60'000;   ///< V2G_SECC_Sequence_Timeout
    std::uint32_t loop_timeout_ms = 500;          ///< the same after a charge loop response
    std::uint32_t close_timeout_ms = 5'000;       ///< for the car to close the connection after SessionStopRes
    std::uint32_t ongoing_ms = 55'000;            ///< V2G_SECC_Ongoing_Performance_Time, of Authorization
    std::uint32_t cable_check_ms = 38'000;        ///< of answers that say Ongoing; the car's V2G_EVCC_CableCheck_Timeout is 40 s
    std::uint32_t contactor_ms = 1'400;           ///< AC: within the performance time of PowerDeliveryRes
    std::uint32_t terminate_ms = 10'000;          ///< how long the loop goes on after the car was told to terminate
    std::uint32_t performance_ms = 1'500;         ///< V2G_SECC_Msg_Performance_Time: a later answer is marked in the log
    std::uint32_t loop_performance_ms = 250;      ///< the same in the charge loop
    bool tls_required = true;                     ///< false in the lab profile alone: ISO 15118-20 without TLS 1.3
};

}  // namespace voltkeep::iso15118
