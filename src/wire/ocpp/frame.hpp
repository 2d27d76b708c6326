// SPDX-License-Identifier: Apache-2.0
// The five messages of OCPP-J (Part 4, chapter 4): JSON arrays that carry payloads. Reads and writes them, knows nothing of who
// waits for what.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "wire/ocpp/error.hpp"
#include "wire/ocpp/json.hpp"

namespace voltkeep::ocpp::rpc {

/// The id of a CALL or SEND: at most 36 characters, unique for its sender over all connections of the same identity.
/// In place, so that it can lie in a checkpoint. Part 4, 4.1.4.
class MessageId {
public:
    MessageId() = default;
    /// From a literal of ASCII.
    template <std::size_t M>
        requires(M <= 37)
    MessageId(const char (&literal)[M]) : text_(literal) {}  // NOLINT: conversion is the point
    /// Nothing if it is longer than 36 characters or not UTF-8.
    [[nodiscard]] static std::optional<MessageId> from(std::string_view text);

    [[nodiscard]] std::string_view view() const { return text_; }
    friend bool operator==(const MessageId&, const MessageId&) = default;

private:
    Text<4 * 36> text_;
};

/// What a CALLERROR names when it does not know the id.
inline const MessageId kUnknownId = "-1";

enum class FrameType : std::uint8_t { call = 2, call_result = 3, call_error = 4, call_result_error = 5, send = 6 };

/// One message of OCPP-J. Views into its text.
struct Frame {
    FrameType type{};
    MessageId id;
    std::string action;           ///< call and send
    std::optional<Json> payload;  ///< call, call_result and send
    std::string code;             ///< of an error: any word, peers have their own
    std::string description;
};

/// What can be read of a text that may be broken further on: the number that opens it and the id.
struct Opening {
    std::optional<int> type;
    std::optional<MessageId> id;
};
[[nodiscard]] Opening read_opening(std::string_view text);

/// The parts of a text that has passed the strict pass. Errors: RpcFrameworkError (no message of OCPP-J),
/// MessageTypeNotSupported (another number than 2 to 6).
[[nodiscard]] Checked<Frame> read_frame(Json text);

// The payload is JSON text as write() made it; ids, actions and codes are quoted here.
[[nodiscard]] std::string call(const MessageId& id, std::string_view action, std::string_view payload);
[[nodiscard]] std::string call_result(const MessageId& id, std::string_view payload);
[[nodiscard]] std::string send(const MessageId& id, std::string_view action, std::string_view payload);
/// CALLERROR or CALLRESULTERROR. A description of more than 255 characters is cut: it is for people.
[[nodiscard]] std::string error(FrameType type, const MessageId& id, ErrorCode code, std::string_view description);

}  // namespace voltkeep::ocpp::rpc
