// SPDX-License-Identifier: Apache-2.0
// What the upgrade request says: whose connection it is to be, and which languages it offers. Pure.
#pragma once

#include <string>
#include <string_view>

namespace voltkeep::csms {

/// The identity in the target of a station's request, percent-decoded: "/ocpp/VK%2D1" under "/ocpp" is "VK-1". Empty if the
/// target is not path, slash, identity. Part 4, 3.1.
[[nodiscard]] std::string station_in(std::string_view target, std::string_view path);

/// Whether a list as in Sec-WebSocket-Protocol offers this one.
[[nodiscard]] bool offers(std::string_view list, std::string_view wanted);

}  // namespace voltkeep::csms
