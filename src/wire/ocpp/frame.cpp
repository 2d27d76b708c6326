// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/frame.hpp"

#include "wire/ocpp/scan.hpp"
#include "wire/ocpp/types.hpp"
#include "wire/ocpp/writer.hpp"

namespace voltkeep::ocpp::rpc {

namespace {

constexpr std::size_t kDescription = 255;  // characters, Part 4, table 6

std::unexpected<OcppError> not_rpc(std::string_view why) {
    return std::unexpected(OcppError{ErrorCode::RpcFrameworkError, "", std::string(why)});
}

/// Takes the elements of an array one after the other.
class Elements {
public:
    explicit Elements(Json array) : array_(array), at_(array.text().data()), end_(at_ + array.text().size()) {
        at_ = scan::space(at_, end_);
        is_array_ = *at_ == '[';
        if (is_array_) at_ = scan::space(at_ + 1, end_);
    }
    [[nodiscard]] bool is_array() const { return is_array_; }

    std::optional<Json> next() {
        if (*at_ == ']') return std::nullopt;
        const char* first = at_;
        at_ = scan::behind_value(at_, end_);
        const Json element = array_.part({first, static_cast<std::size_t>(at_ - first)});
        at_ = scan::space(at_, end_);
        if (*at_ == ',') at_ = scan::space(at_ + 1, end_);
        return element;
    }

private:
    Json array_;
    const char* at_;
    const char* end_;
    bool is_array_ = false;
};

std::optional<std::string> string_of(const std::optional<Json>& element) {
    if (!element || element->text().front() != '"') return std::nullopt;
    const std::string_view text = element->text();
    std::string out;
    scan::unescape(text.substr(1, text.size() - 2), out);
    return out;
}

std::optional<int> type_of_frame(const std::optional<Json>& element) {
    if (!element) return std::nullopt;
    const auto number = Decimal::from(element->text());
    const auto whole = number ? number->scaled(0) : std::nullopt;
    if (!whole) return std::nullopt;
    return static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(*whole, -1), 1000));
}

}  // namespace

std::optional<MessageId> MessageId::from(std::string_view text) {
    const auto bounded = Text<4 * 36>::from(text);
    if (!bounded || !is_utf8(text) || characters(text) > 36) return std::nullopt;
    MessageId id;
    id.text_ = *bounded;
    return id;
}

Opening read_opening(std::string_view text) {
    // The first two elements, made an array of their own: whatever follows them is not looked at.
    Opening opening;
    const std::size_t first = text.find_first_of(",]");
    if (first == std::string_view::npos) return opening;
    const std::string only_type = std::string(text.substr(0, first)) + "]";
    const auto type = check_json(only_type);
    if (!type) return opening;
    Elements elements(*type);
    if (!elements.is_array()) return opening;
    opening.type = type_of_frame(elements.next());

    if (text[first] == ']') return opening;
    const std::size_t quote = text.find_first_not_of(" \t\r\n", first + 1);
    if (quote == std::string_view::npos || text[quote] != '"') return opening;
    const std::size_t end = text.find('"', quote + 1);
    if (end == std::string_view::npos || end - quote > 6 * 36 + 2) return opening;
    const std::string_view id = text.substr(quote, end + 1 - quote);
    if (const auto checked = check_json(id)) opening.id = MessageId::from(*string_of(*checked));
    return opening;
}

//= OCPP 2.1 Part 4, 4.2: the five message types and their elements
Checked<Frame> read_frame(Json text) {
    Elements elements(text);
    if (!elements.is_array()) return not_rpc("a message is an array");
    const auto type = type_of_frame(elements.next());
    if (!type) return not_rpc("a message begins with the number of its type");
    if (*type < 2 || *type > 6) {
        return std::unexpected(OcppError{ErrorCode::MessageTypeNotSupported, "", "message types are 2 to 6"});
    }
    Frame frame;
    frame.type = static_cast<FrameType>(*type);
    const auto id = string_of(elements.next());
    const auto bounded = id ? MessageId::from(*id) : std::nullopt;
    if (!bounded) return not_rpc("the message id is a string of at most 36 characters");
    frame.id = *bounded;

    if (frame.type == FrameType::call_error || frame.type == FrameType::call_result_error) {
        frame.code = string_of(elements.next()).value_or("");
        frame.description = string_of(elements.next()).value_or("");
        return frame;  // whatever else there is: an error is never answered with an error
    }
    if (frame.type != FrameType::call_result) {
        auto action = string_of(elements.next());
        if (!action) return not_rpc("the action is a string");
        frame.action = std::move(*action);
    }
    frame.payload = elements.next();
    if (!frame.payload) return not_rpc("the payload is missing");
    if (elements.next()) return not_rpc("something follows the payload");
    return frame;
}

namespace {
std::string opened(FrameType type, const MessageId& id) {
    std::string text = "[";
    text += static_cast<char>('0' + static_cast<int>(type));
    text += ',';
    append_quoted(text, id.view());
    return text;
}

std::string with_action(FrameType type, const MessageId& id, std::string_view action, std::string_view payload) {
    std::string text = opened(type, id);
    text += ',';
    append_quoted(text, action);
    text += ',';
    text += payload;
    text += ']';
    return text;
}
}  // namespace

std::string call(const MessageId& id, std::string_view action, std::string_view payload) {
    return with_action(FrameType::call, id, action, payload);
}

std::string send(const MessageId& id, std::string_view action, std::string_view payload) {
    return with_action(FrameType::send, id, action, payload);
}

std::string call_result(const MessageId& id, std::string_view payload) {
    std::string text = opened(FrameType::call_result, id);
    text += ',';
    text += payload;
    text += ']';
    return text;
}

std::string error(FrameType type, const MessageId& id, ErrorCode code, std::string_view description) {
    std::string text = opened(type, id);
    text += ",\"";
    text += name(code);
    text += "\",";
    std::size_t end = 0;
    for (std::size_t count = 0; end < description.size() && count <= kDescription; ++end) {
        count += (static_cast<unsigned char>(description[end]) & 0xc0) != 0x80;
        if (count > kDescription) break;
    }
    const std::string_view fits = description.substr(0, end);
    append_quoted(text, is_utf8(fits) ? fits : std::string_view{});
    text += ",{}]";
    return text;
}

}  // namespace voltkeep::ocpp::rpc
