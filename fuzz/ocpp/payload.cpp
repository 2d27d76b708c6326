// SPDX-License-Identifier: Apache-2.0
// Any bytes as the payload of any action: the first byte chooses the message, the rest is the text. What is accepted must be
// written, read again, and written the same.
#include <cstdint>
#include <string_view>

#include "wire/ocpp/actions.hpp"

using namespace voltkeep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ocpp::ActionInfo& action = ocpp::actions()[data[0] / 2 % ocpp::actions().size()];
    const auto direction = data[0] % 2 == 0 || !action.response ? ocpp::Direction::request : ocpp::Direction::response;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);

    const auto json = ocpp::check_json(text);
    if (!json) return 0;
    const auto message = ocpp::parse_payload(action, direction, *json);
    if (!message) return 0;
    const auto written = message->write();
    CHECK(written.has_value() || written.error().what == "nested too deeply");
    if (!written) return 0;
    const auto again_json = ocpp::check_json(*written);
    CHECK(again_json.has_value());
    const auto again = ocpp::parse_payload(action, direction, *again_json);
    CHECK(again.has_value());
    CHECK(*again->write() == *written);
    (void)message->write(ocpp::Version::ocpp201);
    return 0;
}
