// SPDX-License-Identifier: Apache-2.0
// What is known of each action: who sends it, in which block of the specification it stands, which types its request and response
// have.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {

/// Who may send a request. Only DataTransfer goes both ways.
enum class From : std::uint8_t { station, csms, either };

/// Which of the two messages of an action.
enum class Direction : std::uint8_t { request, response };

struct ActionInfo {
    Action action;
    std::string_view name;  ///< as it travels
    char block;             ///< of Part 2: 'A' security to 'S' battery swap
    From from;
    bool since_2_1;  ///< OCPP 2.0.1 does not know it
    const Type& (*request)();
    const Type& (*response)();  ///< nullptr: a SEND, which has no answer
};

/// All 91, in the order of Action.
[[nodiscard]] std::span<const ActionInfo> actions();
[[nodiscard]] const ActionInfo& info(Action action);
[[nodiscard]] inline std::string_view name(Action action) { return info(action).name; }
/// Nothing for a name that is no action of OCPP 2.1.
[[nodiscard]] const ActionInfo* find_action(std::string_view name);

/// Reads the payload of a request or response of any action. A response to a SEND: NotSupported.
[[nodiscard]] Checked<Message> parse_payload(const ActionInfo& action, Direction direction, Json payload);

/// Which action a message belongs to, and which of its two messages it is. The message is not empty.
struct Meaning {
    const ActionInfo* action;
    Direction direction;
};
[[nodiscard]] Meaning meaning(const Message& message);

}  // namespace voltkeep::ocpp
