// SPDX-License-Identifier: Apache-2.0
// A report of the device model on its way to the CSMS: which variables, and how far it is. Pure, and small whatever was asked
// for: it goes with the checkpoint, and who takes that up goes on with the part that was not acknowledged. Values are those of
// the moment of sending.
#pragma once

#include "device_model.hpp"
#include "kernel/message.hpp"

namespace voltkeep::ocpp {

/// Bytes of the variables in one NotifyReport: with what is around them it travels in one piece (link::piece_bound).
inline constexpr std::size_t largest_part = 8'192;

struct Report {
    std::int32_t request = 0;                           ///< requestId of who asked
    std::array<std::uint64_t, most_rows / 64> rows{};   ///< bit n: row n of rows_of is not with the CSMS yet
    std::uint32_t sequence = 0;                         ///< of the part that is sent next, or is on its way
    std::uint16_t on_its_way = 0;                       ///< so many rows, from the first on
};
static_assert(most_rows % 64 == 0);

/// OCPP 2.1 B07. Without a row if there is none.
[[nodiscard]] Report base_report(const GetBaseReportRequest& request, const Facts& facts);
/// OCPP 2.1 B08. Without a row if no variable fits.
[[nodiscard]] Report chosen_report(const GetReportRequest& request, const Settings& settings, const Facts& facts);

/// Nothing is left that the CSMS does not have.
[[nodiscard]] bool is_over(const Report& report, const Facts& facts);
/// The next part, or again the one that is on its way: as many rows as fit.
[[nodiscard]] NotifyReportRequest next_part(Report& report, const Settings& settings, const Facts& facts);
/// The CSMS has the part that is on its way.
void part_arrived(Report& report);

}  // namespace voltkeep::ocpp
