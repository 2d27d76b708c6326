// SPDX-License-Identifier: Apache-2.0
// Messages and signed elements as JSON, in the shape of exi/json_fields.hpp: for traces and tests.
#pragma once

#include "wire/exi/json.hpp"
#include "wire/iso15118/fragments.hpp"

namespace voltkeep::iso15118 {

[[nodiscard]] exi::Json to_json(const Message& message);
/// Errc::bad_argument with the field's name; Errc::unsupported if there is no such message.
[[nodiscard]] Result<Message> message_from_json(std::string_view name, const exi::Json& fields);

[[nodiscard]] exi::Json to_json(const Fragment& fragment);
[[nodiscard]] Result<Fragment> fragment_from_json(std::string_view name, const exi::Json& fields);

}  // namespace voltkeep::iso15118
