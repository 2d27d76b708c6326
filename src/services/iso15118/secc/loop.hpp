// SPDX-License-Identifier: Apache-2.0
// What the charge loops of DC and AC have in common: what the charger wants of the car, the meter, and when the loop is over.
#pragma once

#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {

/// What the charger wants the car to do; absent: nothing. Notes in the session that it was told.
[[nodiscard]] std::optional<EVSEStatus> status_for(const Context& context, Session& session);

/// The meter's reading for the car; absent: there is none.
[[nodiscard]] std::optional<MeterInfo> meter_info_of(const Session& session, const Station& station);

/// Why the loop cannot go on, if it cannot.
struct Break {
    ResponseCode code;
    std::string_view why;
};
[[nodiscard]] std::optional<Break> break_of(const Context& context, const Session& session);

}  // namespace voltkeep::iso15118::secc
