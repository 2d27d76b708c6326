// SPDX-License-Identifier: Apache-2.0
// The one schedule that this charger gives: a power for a day. It follows the station's limits by being negotiated again.
#pragma once

#include "services/iso15118/secc/handlers.hpp"

namespace voltkeep::iso15118::secc {

inline constexpr std::uint32_t schedule_duration_s = 24 * 60 * 60;
inline constexpr std::uint32_t only_schedule = 1;      ///< ScheduleTupleID

/// Whether what the car intends to take is possible with the schedule that it was given: `offered`.
[[nodiscard]] ResponseCode judge_profile(const Session& session, const PowerDeliveryReq& request);

}  // namespace voltkeep::iso15118::secc
