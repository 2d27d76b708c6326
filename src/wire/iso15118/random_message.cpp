// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/random_message.hpp"

namespace voltkeep::iso15118 {

Message random_message(exi::Random& random, Schema schema) {
    Message message;
    auto fill = [&]<class... T>(std::type_identity<std::variant<T...>>) {
        std::size_t chosen = random.below(sizeof...(T));
        std::size_t i = 0;
        (void)((i++ == chosen && (exi::randomize(random, message.emplace<T>()), true)) || ...);
    };
    switch (schema) {
        case Schema::app_protocol: fill(std::type_identity<MessagesOf<Schema::app_protocol>::Types>{}); break;
        case Schema::common_messages: fill(std::type_identity<MessagesOf<Schema::common_messages>::Types>{}); break;
        case Schema::ac: fill(std::type_identity<MessagesOf<Schema::ac>::Types>{}); break;
        case Schema::dc: fill(std::type_identity<MessagesOf<Schema::dc>::Types>{}); break;
        case Schema::acdp: fill(std::type_identity<MessagesOf<Schema::acdp>::Types>{}); break;
        case Schema::wpt: fill(std::type_identity<MessagesOf<Schema::wpt>::Types>{}); break;
    }
    return message;
}

Message random_message(exi::Random& random) {
    Message message;
    exi::randomize(random, message);
    return message;
}

Fragment random_fragment(exi::Random& random) {
    Fragment fragment;
    exi::randomize(random, fragment);
    return fragment;
}

}  // namespace voltkeep::iso15118
