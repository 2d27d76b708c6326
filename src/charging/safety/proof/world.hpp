// SPDX-License-Identifier: Apache-2.0
// The world of the search: hardware that obeys within a period, a car, a session that wants something, and one class of fault or
// two. Small on purpose: every number in it that time does not bring back to rest is one more dimension of the search.
#pragma once

#include <array>
#include <cstdint>

#include "charging/safety/safety.hpp"

namespace voltkeep::safety::proof {

inline constexpr std::int32_t kBatteryMv = 400'000;

/// The classes of what can go wrong, each by what the core's sensors show of it.
enum class Fault : std::uint8_t {
    none,
    setpoints,
    frames_stop,
    echo_frozen,
    stall,
    watchdog,
    emergency_stop,
    earth_lost,
    pilot_e,
    pilot_between,
    diode,
    lock_open,
    residual_dc_6,
    residual_dc_60,
    residual_dc_200,
    residual_ac_30,
    residual_ac_150,
    insulation,
    short_circuit,
    over_current,
    over_current_long,
    inrush,
    reverse_current,
    over_voltage_ev,
    over_voltage,
    over_temperature,
    minus_temperature,
    temperature_sensor,
    cabinet_sensor,
    current_sensor,
    supply_voltage_sensor,
    outlet_voltage_sensor,
    voltages_disagree,
    auxiliary_open,
    auxiliary_closed,
    welded,
    discharge_broken,
    never_precharged,
    insulation_test_hangs,
    supply_fault,
    mains_voltage,
    mains_frequency,
    over_current_back,
    slow_car,
    cable_lost,
    cable_unknown,
    cable_thin,
    few_closings,
    pilot_flutters,
    lock_flutters,
    last_ = lock_flutters,
};

/// Where it is searched.
enum class Scene : std::uint8_t {
    dc,
    back,   ///< DC that can also feed back
    ac,
    last_ = ac,
};
inline constexpr std::array<const char*, static_cast<std::size_t>(Scene::last_) + 1> kSceneNames{"dc", "back", "ac"};

/// In which scenes: one bit each.
enum class Kind : std::uint8_t { dc = 1, back = 2, ac = 4, both = 5, direct = 3, all = 7 };

/// What the facts say of a fault, in the words of the clauses and not of the code: the contactor is open when it has been there
/// so long.
struct FaultClass {
    const char* name;
    Kind kind;
    std::int32_t open_within_ms;   ///< while the contactor is closed. 0: the fault does not show while it is closed
    bool is_emergency;             ///< latched, acknowledged by somebody before power flows again
    std::int32_t settle_ms;        ///< longer than every time that belongs to it
};

inline constexpr std::array<FaultClass, static_cast<std::size_t>(Fault::last_) + 1> kFaults{{
    {"none", Kind::all, 0, false, 8'000},
    {"setpoints", Kind::all, 0, false, 8'000},
    {"frames_stop", Kind::all, 150, true, 8'000},
    {"echo_frozen", Kind::both, 200, true, 8'000},
    {"stall", Kind::all, 210, true, 8'000},
    {"watchdog", Kind::both, 100, true, 8'000},
    {"emergency_stop", Kind::all, 100, true, 8'000},
    {"earth_lost", Kind::both, 100, true, 8'000},
    {"pilot_e", Kind::both, 100, false, 8'000},
    {"pilot_between", Kind::both, 150, false, 8'000},
    {"diode", Kind::both, 200, false, 8'000},
    {"lock_open", Kind::all, 100, true, 8'000},
    {"residual_dc_6", Kind::ac, 10'000, true, 12'000},
    {"residual_dc_60", Kind::ac, 300, true, 8'000},
    {"residual_dc_200", Kind::ac, 100, true, 8'000},
    {"residual_ac_30", Kind::ac, 300, true, 8'000},
    {"residual_ac_150", Kind::ac, 40, true, 8'000},
    {"insulation", Kind::dc, 700, true, 8'000},
    {"short_circuit", Kind::dc, 700, true, 8'000},
    {"over_current", Kind::all, 150, true, 8'000},
    {"over_current_long", Kind::ac, 110'000, false, 115'000},
    {"inrush", Kind::dc, 150, true, 8'000},
    {"reverse_current", Kind::direct, 150, true, 8'000},
    {"over_voltage_ev", Kind::dc, 400, true, 8'000},
    {"over_voltage", Kind::dc, 110, true, 8'000},
    {"over_temperature", Kind::both, 1'200, true, 8'000},
    {"minus_temperature", Kind::both, 1'200, true, 8'000},
    {"temperature_sensor", Kind::both, 200, true, 8'000},
    {"cabinet_sensor", Kind::both, 200, true, 8'000},
    {"current_sensor", Kind::all, 200, true, 8'000},
    {"supply_voltage_sensor", Kind::dc, 200, true, 8'000},
    {"outlet_voltage_sensor", Kind::dc, 200, true, 8'000},
    {"voltages_disagree", Kind::dc, 200, true, 8'000},
    {"auxiliary_open", Kind::both, 250, true, 8'000},
    {"auxiliary_closed", Kind::both, 0, true, 8'000},
    {"welded", Kind::dc, 0, true, 8'000},
    {"discharge_broken", Kind::dc, 0, true, 8'000},
    {"never_precharged", Kind::dc, 11'200, false, 12'000},
    {"insulation_test_hangs", Kind::dc, 11'200, false, 12'000},
    {"supply_fault", Kind::both, 100, true, 8'000},
    {"mains_voltage", Kind::both, 6'300, false, 8'000},
    {"mains_frequency", Kind::all, 6'300, false, 8'000},
    {"over_current_back", Kind::back, 150, true, 8'000},
    {"slow_car", Kind::ac, 0, false, 8'000},         // it follows no pilot: what a stop has to live with, and no fault by itself
    {"cable_lost", Kind::ac, 6'300, false, 8'000},
    {"cable_unknown", Kind::ac, 6'300, false, 8'000},
    {"cable_thin", Kind::ac, 0, false, 8'000},
    {"few_closings", Kind::both, 0, false, 12'000},   // a contactor that may close once in 3 s: elsewhere it may at any time
    {"pilot_flutters", Kind::both, 150, false, 8'000},   // from frame to frame between two states, of which none is C
    {"lock_flutters", Kind::all, 150, true, 8'000},
}};

[[nodiscard]] constexpr const FaultClass& class_of(Fault fault) { return kFaults[static_cast<std::size_t>(fault)]; }

/// Everything that is not the core.
struct World {
    std::array<Fault, 2> faults{};  ///< the classes under search; the second is none where one is searched alone
    std::array<bool, 2> is_there{}; ///< and whether they are there now
    std::int16_t level_mv = 12'000; ///< the car's side of the pilot: A 12 V, B 9 V, C 6 V
    Demand demand = Demand::none;
    bool renews = false;            ///< the session renews its consent every period
    std::uint8_t setpoint = 0;      ///< class of setpoint, below
    bool car_contactor = false;
    bool acknowledges = false;      ///< in the next period alone
    Sensors sensors{};
    Actuators orders{};
    std::uint32_t frozen_echo = 0;
    std::uint32_t latched = 0;      ///< the hardware's register
    std::uint8_t spent = 0;         ///< and that of closings
    std::int32_t drawn_ma = 0;      ///< AC: by the car
    bool is_odd = false;            ///< what comes and goes from frame to frame is there in the odd ones
    bool watchdog = false;          ///< the hardware has opened by itself, and has not been released since

    [[nodiscard]] bool has(Fault fault) const {
        return (is_there[0] && faults[0] == fault) || (is_there[1] && faults[1] == fault);
    }
    [[nodiscard]] bool is_faulty() const { return is_there[0] || is_there[1]; }
};

/// The classes of setpoint: full, half, three beyond the nameplate or the car (clamped), and four absurd ones (refused: what was
/// wanted stays).
inline constexpr std::uint8_t kSetpoints = 9;
inline constexpr std::uint8_t kFirstClamped = 2, kFirstRefused = 5, kHighVoltage = 3;
inline constexpr std::int32_t kBackMa = 10'000;   ///< what a bidirectional station takes back at most

/// Whether this class, once accepted, takes energy from the car.
[[nodiscard]] constexpr bool feeds_back(std::uint8_t which, Scene scene) {
    return scene == Scene::back && (which == 1 || which == 2);
}

[[nodiscard]] inline Setpoint setpoint_of(std::uint8_t which, Scene scene) {
    Setpoint s{.voltage = {kBatteryMv}, .current = {20'000}, .ev_voltage_max = {500'000}};
    if (scene == Scene::ac) s.ev_voltage_max = {};
    const bool is_back = scene == Scene::back;
    switch (which) {
        case 1: s.current = {is_back ? -kBackMa : 10'000}; break;
        case 2: s.current = {is_back ? -100'000 : 100'000}; break;
        case 3: s.voltage = {1'200'000}, s.ev_voltage_max = {1'500'000}; break;
        case 4: s.voltage = {600'000}; break;
        case 5: s.current = {is_back ? -161'000 : -10'000}; break;
        case 6: s.current = {INT32_MIN}; break;
        case 7: s.voltage = {-1}; break;
        case 8: s.ramp_ma_per_s = INT32_MAX; break;
        default: break;
    }
    return s;
}

[[nodiscard]] inline Configuration configuration_of(Scene scene, Fault fault) {
    Configuration c{.outlet = scene == Scene::ac ? Outlet::ac_socket : Outlet::ccs};
    c.current_max = {20'000};
    c.cable_max = {20'000};
    c.ramp_ma_per_s = 400'000;
    c.closings_most = 1;
    c.closing_regained_ms = fault == Fault::few_closings ? 3'000 : 0;
    if (scene == Scene::back) c.discharge_max = {kBackMa};
    return c;
}

[[nodiscard]] constexpr bool is_ac(Outlet outlet) { return outlet == Outlet::ac_socket || outlet == Outlet::ac_cable; }

/// What a Type 2 cable with this resistor carries (IEC 61851-1 Annex B), milliamperes; 0: none does.
[[nodiscard]] constexpr std::int32_t cable_carries(std::int32_t ohm) {
    struct Coding { std::int32_t ohm, ma; };
    for (const Coding& c : {Coding{1'500, 13'000}, Coding{680, 20'000}, Coding{220, 32'000}, Coding{100, 63'000}})
        if (ohm == c.ohm) return c.ma;
    return 0;
}

/// Whether the first or second fault shows in these sensors, under a closed contactor.
[[nodiscard]] bool shows(const World& world, std::size_t which, Stage stage);

/// The next frame of sensors, from the orders of the last period.
void advance(World& world, const Configuration& configuration, Stage stage);

}  // namespace voltkeep::safety::proof
