// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/message.hpp"

namespace voltkeep::iso15118 {

Message::Message() = default;
Message::Message(const Message& other) = default;
Message::Message(Message&& other) noexcept = default;
Message& Message::operator=(const Message& other) = default;
Message& Message::operator=(Message&& other) noexcept = default;
Message::~Message() = default;

void Message::take(MutableMessagePointer message) {
    std::visit([this]<class T>(T* taken) { emplace<T>(std::move(*taken)); }, message);
}

MessagePointer pointer_to(const Message& message) {
    return std::visit([](const auto& m) { return MessagePointer(&m); }, message);
}

Schema schema_of_message(MessagePointer message) {
    return std::visit([]<class T>(const T*) { return schema_of<T>; }, message);
}

std::string_view name(const Message& message) {
    return std::visit([]<class T>(const T&) { return name_of<T>; }, message);
}

std::string_view name(MessagePointer message) {
    return std::visit([]<class T>(const T*) { return name_of<T>; }, message);
}

const MessageHeader* header_of(const Message& message) {
    return std::visit(
        []<class T>(const T& m) -> const MessageHeader* {
            if constexpr (requires { m.header; })
                return &m.header;
            else
                return nullptr;
        },
        message);
}

const ResponseCode* response_code_of(const Message& message) {
    return std::visit(
        []<class T>(const T& m) -> const ResponseCode* {
            if constexpr (std::is_same_v<T, supportedAppProtocolRes>)
                return nullptr;
            else if constexpr (requires { m.response_code; })
                return &m.response_code;
            else
                return nullptr;
        },
        message);
}

}  // namespace voltkeep::iso15118
