// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/message_json.hpp"

namespace voltkeep::iso15118 {

exi::Json to_json(const Message& message) {
    return std::visit([](const auto& m) { return exi::to_json(m); }, message);
}

exi::Json to_json(const Fragment& fragment) {
    return std::visit([](const auto& element) { return exi::to_json(element); }, fragment);
}

}  // namespace voltkeep::iso15118
