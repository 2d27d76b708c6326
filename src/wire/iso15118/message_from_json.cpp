// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/message_json.hpp"

namespace voltkeep::iso15118 {

Result<Message> message_from_json(std::string_view name, const exi::Json& fields) {
    Result<Message> message(std::in_place);
    Result<> result = fail(Errc::unsupported, std::format("there is no message {}", name));
    [&]<class... T>(std::type_identity<std::variant<T...>>) {
        (void)((name_of<T> == name && (result = exi::from_json(fields, message->template emplace<T>()), true)) || ...);
    }(std::type_identity<Message>{});
    if (!result) message = std::unexpected(result.error());
    return message;
}

Result<Fragment> fragment_from_json(std::string_view name, const exi::Json& fields) {
    Result<Fragment> fragment(std::in_place);
    Result<> result = fail(Errc::unsupported, std::format("there is no signed element {}", name));
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (void)((fragment_roots[I].name == name && (result = exi::from_json(fields, fragment->emplace<I>()), true)) || ...);
    }(std::make_index_sequence<std::variant_size_v<Fragment>>{});
    if (!result) fragment = std::unexpected(result.error());
    return fragment;
}

}  // namespace voltkeep::iso15118
