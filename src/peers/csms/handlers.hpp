// SPDX-License-Identifier: Apache-2.0
// What the CSMS answers to each request of a station. Everything it knows is in the store, everything it says comes out as a
// value: no connection, no clock.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "peers/csms/store.hpp"
#include "wire/ocpp/codec.hpp"

namespace voltkeep::csms {

/// CALLERROR instead of an answer.
struct Refusal {
    ocpp::ErrorCode code;
    std::string description;
};

/// Whose request it is, as the connection has proved.
struct Peer {
    std::string station;              ///< its identity
    std::string common_name;          ///< of its certificate
};

struct Outcome {
    std::variant<ocpp::Message, Refusal> answer;
    bool close = false;               ///< this connection is to end after the answer
    std::vector<std::string> lines;   ///< what happened, JSON objects for people and scripts
};

/// What the request brings about is stored before this returns. A store that cannot write: InternalError, and the station asks
/// again.
[[nodiscard]] Outcome handle(Store& store, const Peer& peer, const ocpp::Message& request, WallTime now);

/// The same for a message that has no answer (SEND).
[[nodiscard]] std::vector<std::string> handle_unconfirmed(Store& store, const std::string& station, const ocpp::Message& message,
                                                          WallTime now);

}  // namespace voltkeep::csms
