// SPDX-License-Identifier: Apache-2.0
// The station's side of OCPP 2.1. It serves nobody: it is moved by messages from link@csms and by pulses of session.
#pragma once

#include <array>

#include "kernel/message.hpp"

namespace voltkeep::ocpp {

/// What one EVSE has.
struct Outlet {
    Text<20> connector_type = "cCCS2";   ///< as OCPP names it
    std::uint8_t supply_phases = 0;      ///< AC: 1 or 3; 0: direct current
    std::uint32_t power_w = 0;           ///< nameplate
};

struct Config {
    Text<48> identity;               ///< the station's identity towards the CSMS
    Text<25> serial;
    Text<20> model;
    Text<50> vendor;
    Text<50> firmware;
    Text<3> currency;
    std::uint8_t evse_count = 1;
    std::array<Outlet, 8> evses{};                  ///< of EVSE n at n - 1
    std::uint32_t message_timeout_ms = 30000;
    std::uint32_t message_attempts = 3;             ///< MessageAttempts[TransactionEvent]
    std::uint32_t attempt_interval_ms = 10'000;     ///< MessageAttemptInterval[TransactionEvent]
    std::uint32_t meter_interval_ms = 2000;         ///< between TransactionEvent Updated: session's
    std::uint32_t heartbeat_s = 60;  ///< until the CSMS says otherwise in BootNotification
};

}  // namespace voltkeep::ocpp
