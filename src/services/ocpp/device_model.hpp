// SPDX-License-Identifier: Apache-2.0
// The device model: which components and variables this station has, what holds now, and what the CSMS may set. Pure.
// The table in device_model.cpp says all of it; whoever adds a variable adds a line there.
#pragma once

#include <array>
#include <span>

#include "base/clock.hpp"
#include "services/ocpp/protocol.hpp"
#include "services/session/protocol.hpp"
#include "settings.hpp"
#include "translate.hpp"
#include "wire/ocpp/messages/provisioning.hpp"

namespace voltkeep::ocpp {

inline constexpr std::uint8_t most_evses = 8;

/// The bounds that DeviceDataCtrlr reports, for each of GetReport, GetVariables and SetVariables.
inline constexpr std::int32_t items_per_message = 64;
inline constexpr std::int32_t bytes_per_message = 65'536;

/// What holds now, apart from what was set.
struct Facts {
    Config config;
    std::uint32_t heartbeat_s = 0;
    std::array<session::Availability, most_evses> evses{};   ///< of EVSE n at n - 1
    WallTime now;
    std::size_t list_entries = 0;                            ///< of the local authorization list
};

/// What SetVariables changes.
struct Values {
    Settings kept;                     ///< over a reboot
    std::uint32_t heartbeat_s = 0;     ///< until the next BootNotification
};

enum class Place : std::uint8_t { station, evse, connector };
enum class Held : std::uint8_t {
    by_station,     ///< it says what is so
    in_settings,    ///< what was set, or the station's own value
    in_heartbeat,   ///< the heartbeat's interval
};

/// One line of the table: a variable of a component, of the station or of each EVSE or connector.
struct Definition {
    std::string_view component;
    std::string_view variable;
    std::string_view instance{};                       ///< of the variable
    Place place = Place::station;
    DataEnum type = DataEnum::string;
    MutabilityEnum mutability = MutabilityEnum::ReadOnly;
    Held held = Held::by_station;
    std::string_view value{};                          ///< the station's own, if there is no `now`
    std::string (*now)(const Facts&, std::uint8_t evse) = nullptr;
    std::string_view unit{};
    std::int64_t least = 0, most = 0;                  ///< of a number that may be set; both 0: no limits
    std::string_view list{};                           ///< what a list is made of
    std::int64_t (*limit)(const Facts&, std::uint8_t evse) = nullptr;     ///< maxLimit of what may not be set
    bool is_summary = false;                           ///< of SummaryInventory
};
[[nodiscard]] std::span<const Definition> definitions();

/// A variable of one component: its line, and of which EVSE. Connectors have the number 1.
struct Row {
    const Definition* definition = nullptr;
    std::uint8_t evse = 0;                             ///< 0: the station
};
inline constexpr std::size_t most_rows = 192;
/// All variables of a station with so many EVSEs, in an order that only the build changes.
[[nodiscard]] std::vector<Row> rows_of(std::uint8_t evse_count);

[[nodiscard]] std::string value_of(const Row& row, const Settings& settings, const Facts& facts);
/// What the CSMS has set for a number; nothing: the station's own value holds.
[[nodiscard]] std::optional<std::uint32_t> number_set(std::string_view kept_name, const Settings& settings);
/// Whether a boolean is `true`, as set or as the station has it.
[[nodiscard]] bool is_on(std::string_view kept_name, const Settings& settings);
inline constexpr std::string_view message_attempts = "OCPPCommCtrlr.MessageAttempts[TransactionEvent]";
inline constexpr std::string_view message_attempt_interval = "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]";
inline constexpr std::string_view offline_threshold = "OCPPCommCtrlr.OfflineThreshold";
inline constexpr std::uint32_t own_offline_threshold_s = 60;
inline constexpr std::string_view cache_life_time = "AuthCacheCtrlr.LifeTime";
inline constexpr std::uint32_t own_cache_life_s = 30 * 86'400;

/// What of a reading the CSMS wants, by SampledDataCtrlr.
[[nodiscard]] Sampled sampled_of(const Settings& settings);

/// Component and variable as OCPP writes them.
[[nodiscard]] Component component_of(const Row& row);
[[nodiscard]] Variable variable_of(const Row& row);
/// Whether a name is this one: OCPP's identifiers are not case-sensitive.
[[nodiscard]] bool is_same_name(std::string_view a, std::string_view b);

/// OCPP 2.1 B06.
[[nodiscard]] GetVariableResult get_variable(const GetVariableData& wanted, const Settings& settings, const Facts& facts);
/// OCPP 2.1 B05. What is accepted stands in `values`.
[[nodiscard]] SetVariableResult set_variable(const SetVariableData& wanted, Values& values, const Facts& facts);

}  // namespace voltkeep::ocpp
