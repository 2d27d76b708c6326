// SPDX-License-Identifier: Apache-2.0
// The charger's side of ISO 15118-20 as a pure state machine: (session, request, moment) -> (session, response, actions).
// It knows no socket, no clock and no other process. What it decides is in table.cpp, one row for each request that a stage
// accepts; whatever has no row is a sequence error. A response that says FAILED ends the session.
#pragma once

#include <optional>

#include "services/iso15118/secc/state.hpp"
#include "wire/iso15118/codec.hpp"

namespace voltkeep::iso15118::secc {

/// A request as it came.
struct Request {
    PayloadType stream = PayloadType::common;
    Instant arrived;                   ///< when its last byte came: a late one is late, whoever had to be started meanwhile
    Message message;
};

struct Turn {
    Session session;
    std::optional<Message> response;   ///< absent: there is nothing that could be answered, or not yet (Actions::wait)
    PayloadType stream = PayloadType::common;   ///< in which the response goes
    Actions actions;
};

/// One request. Never fails: what is wrong with it is in the response, or is a reason to close.
[[nodiscard]] Turn step(const Settings& settings, const Session& session, const Request& request, const Moment& moment);

/// Bytes that are no message of ISO 15118-20: nothing can be answered, the session ends.
[[nodiscard]] Turn undecodable(const Session& session, std::string_view why);

/// Session::deadline has passed, and no frame is waiting.
[[nodiscard]] Turn expired(const Session& session);

/// The connection has ended by itself.
[[nodiscard]] Turn closed(const Session& session);

}  // namespace voltkeep::iso15118::secc
