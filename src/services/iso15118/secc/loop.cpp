// SPDX-License-Identifier: Apache-2.0
#include "services/iso15118/secc/loop.hpp"

#include <algorithm>
#include <cstdlib>

#include "services/iso15118/secc/offers.hpp"

namespace voltkeep::iso15118::secc {
namespace {

constexpr std::uint16_t renegotiation_delay_s =
    60;  ///< NotificationMaxDelay: the limits hold at once, whenever the schedule follows
constexpr std::int32_t least_change_w = 500;           ///< of the power, and a twentieth: for less no schedule is made anew

/// The schedule in force is not what the station can give any more.
bool is_outdated(const Session& session, const Station& station) {
    if (session.control != ControlMode::scheduled || station.available_power.value <= 0) return false;
    const Watt possible = std::min(session.promised.power, station.available_power);
    const std::int32_t change = std::abs(possible.value - session.scheduled.value);
    return change > std::max(least_change_w, session.scheduled.value / 20);
}

}  // namespace

std::optional<EVSEStatus> status_for(const Context& context, Session& session) {
    if (!context.station.is_known) return std::nullopt;
    if (context.station.stop_wanted) {
        if (!session.is_told_to_terminate) session.told_at = context.moment.now;
        session.is_told_to_terminate = true;
        return EVSEStatus{0, EVSENotification::Terminate};
    }
    if (session.renegotiation == Renegotiation::none && is_outdated(session, context.station))
        session.renegotiation = Renegotiation::told;
    if (session.renegotiation != Renegotiation::told) return std::nullopt;
    return EVSEStatus{renegotiation_delay_s, EVSENotification::ScheduleRenegotiation};
}

std::optional<MeterInfo> meter_info_of(const Session& session, const Station& station) {
    if (station.meter.empty()) return std::nullopt;
    MeterInfo info;
    info.meter_id = MeterID::from(station.meter.view()).value_or(MeterID("meter"));
    info.charged_energy_reading_wh = static_cast<std::uint64_t>(std::max<std::int64_t>(station.energy.value, 0));
    if (is_bidirectional(session.service))
        info.bpt_discharged_energy_reading_wh = static_cast<std::uint64_t>(std::max<std::int64_t>(station.energy_back.value, 0));
    return info;
}

std::optional<Break> break_of(const Context& context, const Session& session) {
    const Station& station = context.station;
    const bool is_overdue =
        session.is_told_to_terminate && context.moment.now - session.told_at > context.settings.terminate_limit;
    if (is_overdue) return Break{ResponseCode::FAILED, "told to terminate and went on"};
    const bool has_failed = station.is_known && station.phase == Phase::charge && station.progress == Progress::failed;
    if (has_failed && !station.stop_wanted) return Break{ResponseCode::FAILED_ContactorError, "the power path stopped"};
    return std::nullopt;
}

}  // namespace voltkeep::iso15118::secc
