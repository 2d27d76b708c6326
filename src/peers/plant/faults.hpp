// SPDX-License-Identifier: Apache-2.0
// What can be made to break: one entry for each protection, and for each lie that hardware tells.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace voltkeep::plant {

enum class Fault : std::uint8_t {
    emergency_stop,
    earth_lost,
    pilot_short,
    pilot_between,
    diode_missing,
    lock_open,
    contactor_welded,
    contactor_stuck_open,
    auxiliary_stuck_closed,
    auxiliary_stuck_open,
    residual_dc,
    residual_ac,
    insulation,
    cable_short,
    over_current,
    over_voltage,
    reverse_current,
    supply_fault,
    discharge_broken,
    hot_contact,
    temperature_sensor_broken,
    current_sensor_zero,
    voltage_sensor_offset,
    mains_voltage,
    mains_frequency,
    frames_stop,
    frames_frozen,
    frames_corrupt,
    echo_frozen,
    orders_lost,
    latch_register_lost,
    car_ignores_pilot,
    car_overdraws,
    meter_stop,
    meter_frozen,
    meter_jumps_back,
    meter_exchanged,
    meter_fault,
    meter_lies,
    meter_corrupt,
    last_ = meter_corrupt,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::last_) + 1;

struct FaultEntry {
    std::string_view name;
    std::int32_t usual;     ///< the value if none is given
    std::string_view what;  ///< what the value is, and what happens
};

inline constexpr std::array<FaultEntry, kFaults> kFaultMenu{{
    {"emergency_stop", 1, "somebody presses the button"},
    {"earth_lost", 1, "the protective conductor breaks"},
    {"pilot_short", 1, "control pilot to earth: 0 V"},
    {"pilot_between", 7'500, "mV: a pilot level between two states"},
    {"diode_missing", 1, "a resistor instead of the car's diode"},
    {"lock_open", 1, "the connector unlocks"},
    {"contactor_welded", 1, "stays closed whatever is commanded"},
    {"contactor_stuck_open", 1, "falls open and stays open"},
    {"auxiliary_stuck_closed", 1, "the auxiliary contact says closed"},
    {"auxiliary_stuck_open", 1, "the auxiliary contact says open"},
    {"residual_dc", 6'500, "uA of smooth residual current"},
    {"residual_ac", 35'000, "uA of residual current"},
    {"insulation", 20'000, "ohm between the output and earth"},
    {"cable_short", 50, "milliohm between the conductors"},
    {"over_current", 40, "A more than the supply was told"},
    {"over_voltage", 120, "V more than the supply was told"},
    {"reverse_current", 20, "A out of the battery"},
    {"supply_fault", 1, "the power modules report a fault and stop"},
    {"discharge_broken", 1, "the bleeder is open, the supply leaks"},
    {"hot_contact", 40, "milliohm at the connector's plus contact: it heats"},
    {"temperature_sensor_broken", 3'000, "0.1 degC shown by the plus contact's sensor"},
    {"current_sensor_zero", 1, "the current sensor shows nothing"},
    {"voltage_sensor_offset", 60, "V added by the sensor behind the contactor"},
    {"mains_voltage", 170, "V phase to neutral"},
    {"mains_frequency", 46'500, "mHz"},
    {"frames_stop", 1, "the field bus falls silent"},
    {"frames_frozen", 1, "the same frame again and again"},
    {"frames_corrupt", 1, "one bit of each frame flips"},
    {"echo_frozen", 1, "frames count on, but are of the past"},
    {"orders_lost", 1, "orders do not arrive, sensors' frames do"},
    {"latch_register_lost", 1, "the registers of latched trips and of spent closings read as if they had never been written"},
    {"car_ignores_pilot", 1, "AC: the car draws on whatever the pilot says"},
    {"car_overdraws", 200, "AC: % of what was offered"},
    {"meter_stop", 1, "the meter falls silent"},
    {"meter_frozen", 1, "its registers stand still"},
    {"meter_jumps_back", 1'000, "Wh that its register loses, once"},
    {"meter_exchanged", 1, "another serial number, other registers"},
    {"meter_fault", 1, "it reports an internal fault"},
    {"meter_lies", 80, "% of the truth in its registers from now on"},
    {"meter_corrupt", 1, "one bit of each reading flips"},
}};

[[nodiscard]] constexpr std::optional<Fault> fault_named(std::string_view name) {
    for (std::size_t i = 0; i < kFaults; ++i)
        if (kFaultMenu[i].name == name) return static_cast<Fault>(i);
    return std::nullopt;
}

/// What is broken now.
class Faults {
public:
    void set(Fault fault, std::optional<std::int32_t> value) { of_[static_cast<std::size_t>(fault)] = value; }
    [[nodiscard]] bool has(Fault fault) const { return of_[static_cast<std::size_t>(fault)].has_value(); }
    [[nodiscard]] std::int32_t value(Fault fault) const { return of_[static_cast<std::size_t>(fault)].value_or(0); }
    void clear() { of_ = {}; }

private:
    std::array<std::optional<std::int32_t>, kFaults> of_{};
};

}  // namespace voltkeep::plant
