// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block O: messages on the display.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ClearMessageStatusEnum : std::uint8_t { Accepted, Unknown, Rejected };
consteval auto added_in_2_1(ClearMessageStatusEnum) { return std::array{ClearMessageStatusEnum::Rejected}; }

enum class DisplayMessageStatusEnum : std::uint8_t {
    Accepted, NotSupportedMessageFormat, Rejected, NotSupportedPriority, NotSupportedState, UnknownTransaction,
    LanguageNotSupported,
};
consteval auto added_in_2_1(DisplayMessageStatusEnum) { return std::array{DisplayMessageStatusEnum::LanguageNotSupported}; }

enum class GetDisplayMessagesStatusEnum : std::uint8_t { Accepted, Unknown };

enum class MessagePriorityEnum : std::uint8_t { AlwaysFront, InFront, NormalCycle };

enum class MessageStateEnum : std::uint8_t { Charging, Faulted, Idle, Unavailable, Suspended, Discharging };
consteval auto added_in_2_1(MessageStateEnum) { return std::array{MessageStateEnum::Suspended, MessageStateEnum::Discharging}; }

/// A message on the display.
struct MessageInfo {
    Count id{};
    MessagePriorityEnum priority{};
    MessageContent message{};
    std::optional<Component> display{};
    std::optional<MessageStateEnum> state{};
    std::optional<DateTime> startDateTime{};
    std::optional<DateTime> endDateTime{};
    std::optional<String<36>> transactionId{};
    Since21<Sequence<MessageContent, 1, 4>> messageExtra{};
    std::optional<CustomData> customData{};
};

struct ClearDisplayMessageRequest;
struct ClearDisplayMessageResponse {
    using Request = ClearDisplayMessageRequest;
    static constexpr Action kAction = Action::ClearDisplayMessage;

    ClearMessageStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Removes a message from the display (O05). From the CSMS.
struct ClearDisplayMessageRequest {
    using Response = ClearDisplayMessageResponse;
    static constexpr Action kAction = Action::ClearDisplayMessage;

    Count id{};
    std::optional<CustomData> customData{};
};

struct GetDisplayMessagesRequest;
struct GetDisplayMessagesResponse {
    using Request = GetDisplayMessagesRequest;
    static constexpr Action kAction = Action::GetDisplayMessages;

    GetDisplayMessagesStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of display messages (O03, O04). From the CSMS.
struct GetDisplayMessagesRequest {
    using Response = GetDisplayMessagesResponse;
    static constexpr Action kAction = Action::GetDisplayMessages;

    Integer<> requestId{};
    std::optional<Sequence<Count, 1, kUnbounded>> id{};
    std::optional<MessagePriorityEnum> priority{};
    std::optional<MessageStateEnum> state{};
    std::optional<CustomData> customData{};
};

struct NotifyDisplayMessagesRequest;
struct NotifyDisplayMessagesResponse {
    using Request = NotifyDisplayMessagesRequest;
    static constexpr Action kAction = Action::NotifyDisplayMessages;

    std::optional<CustomData> customData{};
};

/// A part of a report of display messages (O03, O04). From the station.
struct NotifyDisplayMessagesRequest {
    using Response = NotifyDisplayMessagesResponse;
    static constexpr Action kAction = Action::NotifyDisplayMessages;

    Integer<> requestId{};
    std::optional<Sequence<MessageInfo, 1, kUnbounded>> messageInfo{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct SetDisplayMessageRequest;
struct SetDisplayMessageResponse {
    using Request = SetDisplayMessageRequest;
    static constexpr Action kAction = Action::SetDisplayMessage;

    DisplayMessageStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Shows a message (O01, O02, O06). From the CSMS.
struct SetDisplayMessageRequest {
    using Response = SetDisplayMessageResponse;
    static constexpr Action kAction = Action::SetDisplayMessage;

    MessageInfo message{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
