// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/message_json.hpp"

namespace voltkeep::iso15118 {

Result<Message> message_from_json(std::string_view name, const exi::Json& fields) {
    Result<Message> message(std::in_place);
    Error error(Errc::unsupported, std::format("there is no message {}", name));
    bool is_read = false;
    [&]<class... T>(std::type_identity<std::variant<T...>>) {
        (void)((name_of<T> == name && (is_read = exi::from_json(fields, message->template emplace<T>(), error), true)) || ...);
    }(std::type_identity<AnyMessage>{});
    if (!is_read) message = std::unexpected(error);
    return message;
}

Result<Fragment> fragment_from_json(std::string_view name, const exi::Json& fields) {
    Result<Fragment> fragment(std::in_place);
    Error error(Errc::unsupported, std::format("there is no signed element {}", name));
    bool is_read = false;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((fragment_roots[I].name == name && (is_read = exi::from_json(fields, fragment->emplace<I>(), error), true)) ||
               ...);
    }(std::make_index_sequence<std::variant_size_v<Fragment>>{});
    if (!is_read) fragment = std::unexpected(error);
    return fragment;
}

}  // namespace voltkeep::iso15118
