// SPDX-License-Identifier: Apache-2.0
// The door for people: one Unix socket in the state directory (mode 0600), one request a line, one answer a line. It serves no
// service.
//
//   request                      answer: {"ok":true,...} or {"ok":false,"error":"..."}
//   status                       services, EVSEs, and where the keys are
//   measures                     per service: processor time, memory, and per message (32: its timers) how many and how long
//   log FROM WAIT_MS             entries from index FROM on; waits up to WAIT_MS for the first one
//   head                         size and hash of the log
//   stop EVSE                    somebody at the station stops the session
//   present EVSE TOKEN [TYPE]    somebody presents an identity (type as in OCPP's IdTokenType, else ISO14443)
//   trips                        what is latched at each EVSE, and what is there now
//   acknowledge EVSE TRIPS [REASON...]
//                                these trips (a number, one bit each, as `trips` gives it) are acknowledged; who and why is in
//                                the log before it takes effect, or it does not
//   restart SERVICE              end a service; the process manager starts it again
//
// A line is at most 256 bytes. At most 8 connections, 50 requests a second each; more wait.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::operator_door {

struct Config {
    Text<48> station;                ///< its identity
    List<Text<24>, 96> services;     ///< by index in the policy image
    std::uint8_t evse_count = 1;
    bool rootless = false;           ///< containment without real-time schedules and cgroups
    bool has_tpm = false;            ///< there is who keeps the keys; else they are files
};

}  // namespace voltkeep::operator_door
