// SPDX-License-Identifier: Apache-2.0
// The safety core of one power path: from what the sensors say and what the session wants to what the hardware shall do.
//
// A pure function, called once a period (10 ms) by `power`, or by a microcontroller beside it: no heap, no system, no exceptions,
// integers only. It decides alone; who is above it may ask, and by not asking any more it lets the core stop by itself.
// It runs all checks before energy (lock, short circuit, insulation, discharge, precharge) whatever it is asked for, and
// stops by the class of stop that fits. Who may close the contactor is decided in interlock.c.
#pragma once

#include <cstdint>

#include "base/units.hpp"
#include "charging/safety/interlock.h"

namespace voltkeep::safety {

using MicroAmpere = Quantity<struct MicroAmpereUnit, std::int32_t>;

/// Microseconds on a clock that never goes back: the core's only time.
struct Tick {
    std::int64_t us = 0;
    friend constexpr auto operator<=>(Tick, Tick) = default;
};

enum class Outlet : std::uint8_t {
    ccs,       ///< DC, Combined Charging System: the cable is the station's
    mcs,       ///< DC, Megawatt Charging System: CE line instead of the pilot's state C
    ac_socket, ///< AC, Type 2 socket: the cable is coded by the proximity resistor, the socket is locked
    ac_cable,  ///< AC, tethered cable
    last_ = ac_cable,
};

/// What the station is built for: nameplate and installation. Set once; nothing a message says goes beyond it.
struct Configuration {
    Outlet outlet = Outlet::ccs;
    MilliVolt voltage_max{920'000};
    MilliVolt voltage_min{150'000};
    MilliAmpere current_max{125'000};
    MilliAmpere discharge_max{0};               ///< 0: not bidirectional
    Watt power_max{50'000};
    MilliAmpere cable_max{125'000};             ///< the tethered cable; a socket takes the lower of this and the proximity coding
    std::int32_t ramp_ma_per_s = 100'000;       ///< changes of current, either direction
    std::int32_t ramp_limit_ma_per_s = 400'000; ///< what may be asked for; more is refused
    MilliVolt insulation_test_voltage{500'000};
    MilliAmpere precharge_current{2'000};
    std::uint16_t consent_max_ms = 500;         ///< a longer consent is cut to this
    std::uint8_t closings_most = CLOSINGS_AT_ONCE;             ///< of the contactor, at once; what its maker says
    std::uint32_t closing_regained_ms =
        CLOSING_REGAINED_MS;                    ///< and how long until one of them is regained; 0: at once, no limit
    std::uint8_t phases = 3;                    ///< AC: 1 or 3
    bool ventilated = false;                    ///< state D may be served
};

/// What the hardware says, one frame of it.
struct Sensors {
    std::uint32_t sequence = 0;          ///< of the frame; a frame that does not count on is no new frame
    std::uint32_t echo = 0;              ///< the newest Actuators::sequence that the hardware had acted on
    std::int16_t pilot_high_mv = 12'000; ///< positive half of the pilot, at the station's end
    std::int16_t pilot_low_mv = -12'000; ///< negative half; equals pilot_high_mv when the pilot is steady
    std::uint16_t pilot_duty_permille = 1'000;
    Ohm proximity{0};                    ///< 0: nothing in the socket, or a tethered cable
    MilliVolt supply_voltage{};          ///< before the contactor (DC)
    MilliVolt outlet_voltage{};          ///< behind the contactor (DC)
    MilliAmpere current{};               ///< DC: through the contactor; AC: the highest phase
    MicroAmpere residual_dc{};
    MicroAmpere residual_ac{};
    Ohm insulation{1'000'000};           ///< between the output and earth (DC)
    DeciCelsius plus_temperature{250};   ///< of the connector's contacts; AC: L1
    DeciCelsius minus_temperature{250};  ///< AC: N
    DeciCelsius cabinet_temperature{250};
    MilliVolt mains_voltage{230'000};    ///< phase to neutral, the one farthest from 230 V
    MilliHertz mains_frequency{50'000};
    bool contactor_closed = false;       ///< the auxiliary contact
    bool locked = false;
    bool emergency_stop = false;
    bool earth_present = true;
    bool charge_enable = false;          ///< MCS: CE
    bool supply_fault = false;
    bool watchdog_tripped = false;       ///< the hardware opened the contactor by itself because the heartbeat was missing
    std::uint32_t latched = 0;           ///< the hardware's register of latched trips, which survives everything but the hardware
    std::uint8_t spent = 0;              ///< and its register of the contactor's closings that are not yet regained
};

/// A register that was never written, or cannot be read. As an order: leave it as it is. Who does not know has to take all as
/// latched.
inline constexpr std::uint32_t kUnknownRegister = UINT32_MAX;
/// The same of the register of spent closings. Who does not know has one left.
inline constexpr std::uint8_t kUnknownSpent = UINT8_MAX;

/// How far the session wants to go. The core runs every earlier step by itself.
enum class Demand : std::uint8_t {
    none,         ///< no power; a running delivery ends with a normal stop
    cable_check,  ///< DC: lock, short-circuit test, insulation test, discharge
    precharge,    ///< DC: to Setpoint::voltage with at most 2 A
    energy,
    last_ = energy,
};

struct Setpoint {
    MilliVolt voltage{};             ///< DC: target, for precharge the battery's, for energy the highest. Not negative
    MilliAmpere current{};           ///< the offered or wanted current; negative only where discharge_max is not 0
    MilliVolt ev_voltage_max{};      ///< DC: over this for 400 ms is a trip. 0: not known, the nameplate counts
    std::int32_t ramp_ma_per_s = 0;  ///< 0: the station's own
    std::uint8_t phases = 3;         ///< AC
    friend constexpr bool operator==(const Setpoint&, const Setpoint&) = default;
};

/// What the session wants: a state, never an event, but for the two marked members.
struct Command {
    Demand demand = Demand::none;
    Setpoint setpoint{};
    bool lock = false;               ///< keep the connector locked also while no power is wanted
    bool offer = true;               ///< the pilot invites the car: PWM instead of a steady level
    bool digital = true;             ///< AC: the pilot says 5 % (ISO 15118); DC always does
    std::uint16_t consent_ms = 0;    ///< renewed in this step for so long; 0: not renewed in this step
    std::uint32_t acknowledge = 0;   ///< in this step: whoever is allowed to has acknowledged these trips, one bit a protection
};

struct Inputs {
    Sensors sensors{};  ///< the newest frame there is
    Command command{};
};

enum class Pilot : std::uint8_t { a, b, c, d, e, f, between, last_ = between };

enum class Drive : std::uint8_t {
    steady,  ///< +12 V without PWM: nobody there, or X1, not ready
    pwm,
    fault,   ///< -12 V: state F
    last_ = fault,
};

/// What the hardware shall do.
struct Actuators {
    std::uint32_t sequence = 0;  ///< counts every step of the core: the heartbeat of the hardware's watchdog
    bool close_contactor = false;
    bool supply_on = false;
    bool discharge = false;      ///< bleed the output below 60 V
    bool lock = false;
    bool three_phase = false;    ///< AC
    bool reset_watchdog = false;
    Drive drive = Drive::steady;
    std::uint16_t duty_permille = 1'000;
    MilliVolt voltage{};         ///< the supply's setpoint
    MilliAmpere current{};       ///< the supply's current limit; negative: discharge
    std::uint32_t latched = kUnknownRegister;   ///< what the hardware shall keep in its register of latched trips
    std::uint8_t spent = kUnknownSpent;         ///< and in that of spent closings: in the same order as the closing itself
};

enum class Stage : std::uint8_t {
    idle,         ///< no power, contactor open
    closing,      ///< the contactor has been told to close
    short_test,   ///< DC: a low voltage, to see whether it stands
    insulation_test,
    test_discharge,
    checked,      ///< DC: the cable check has passed; contactor closed, below 60 V
    precharging,
    ready,        ///< DC: within 20 V of the target
    delivering,
    stopping,
    discharging,  ///< DC: contactor open, the output goes below 60 V, weld check
    last_ = discharging,
};

enum class CableCheck : std::uint8_t { none, running, passed, passed_with_warning, failed, last_ = failed };

/// Why the current limit is what it is.
enum class LimitReason : std::uint8_t { setpoint, nameplate_current, nameplate_power, cable, temperature, last_ = temperature };

/// What a closing that somebody wants has to wait for, besides all that is said elsewhere.
enum class Wait : std::uint8_t {
    none,
    pause,     ///< the contactor has just opened
    closings,  ///< it has closed too often: until one is regained
    last_ = closings,
};

struct Counters {
    std::uint32_t operations = 0;           ///< of the contactor
    std::uint32_t openings_under_load = 0;  ///< wear
    std::uint32_t refused_setpoints = 0;    ///< absurd ones
    std::uint32_t clamped_setpoints = 0;    ///< beyond nameplate or cable
    std::uint32_t waits_for_pause = 0;      ///< power was wanted before the contactor had rested
    std::uint32_t waits_for_closings = 0;   ///< and when it had no closing left
    friend constexpr bool operator==(const Counters&, const Counters&) = default;
};

/// What `power` tells to those above it.
struct Report {
    Stage stage = Stage::idle;
    Pilot pilot = Pilot::a;
    bool plugged = false;
    bool energy_ready = false;
    bool contactor_closed = false;
    bool locked = false;
    bool consent = false;
    bool insulation_warning = false;      ///< below 500 ohm/V
    CableCheck cable_check = CableCheck::none;
    std::uint8_t stop = STOP_NONE;        ///< enum interlock_stop: of the running or the last stop
    std::uint8_t cause = PROTECTION_NONE; ///< enum interlock_protection_id: its cause
    bool blocked = false;  ///< it has stopped while power was wanted: nothing closes before the demand was seen withdrawn
    Wait wait = Wait::none;               ///< power is wanted, and the contactor has to wait
    std::uint32_t tripped = 0;            ///< one bit a protection: over its time now
    std::uint32_t latched = 0;            ///< one bit a protection: waiting for its cause to go and an acknowledgement
    MilliVolt voltage{};
    MilliAmpere current{};
    MilliAmpere limit{};                  ///< the highest current the core would deliver now
    LimitReason limit_reason = LimitReason::setpoint;
    Ohm insulation{};
    DeciCelsius temperature{};            ///< the hottest contact
    Counters counters{};
};

struct Outputs {
    Actuators actuators{};
    Report report{};
};

/// A value that must be seen for a while before it is believed, and again and again for as long to be believed any longer: what
/// only comes and goes is not known.
template <class T>
struct Debounced {
    static constexpr std::uint32_t kHeldUs = 20'000;         ///< without a break: then it is believed
    static constexpr std::uint32_t kUnconfirmedUs = 60'000;  ///< since it was last seen for so long: then it is not known

    T stable{};
    T seen{};
    std::uint32_t held_us = 0;
    std::uint32_t unconfirmed_us = 0;

    constexpr void step(T now, T not_known, std::uint32_t elapsed_us) {
        held_us = now == seen ? sum_up_to(held_us, elapsed_us, kHeldUs) : 0;
        seen = now;
        unconfirmed_us = sum_up_to(unconfirmed_us, elapsed_us, kUnconfirmedUs);
        if (held_us == kHeldUs) {
            stable = now;
            unconfirmed_us = 0;
        } else if (unconfirmed_us == kUnconfirmedUs) {
            stable = not_known;
        }
    }

private:
    static constexpr std::uint32_t sum_up_to(std::uint32_t a, std::uint32_t b, std::uint32_t most) {
        return b >= most - a ? most : a + b;
    }
};

struct State {
    Tick last{};                    ///< of the last step
    bool started = false;
    std::uint32_t sequence = 0;     ///< of the last Actuators
    std::uint32_t seen_sequence = 0;///< of the newest sensors' frame
    std::uint32_t frame_age_us = 0; ///< since the sequence counted on
    bool seen = false;              ///< any frame at all
    bool knows_register = false;    ///< the register's trips are among the latched ones
    std::uint32_t consent_left_us = 0;
    Debounced<Pilot> pilot{Pilot::between, Pilot::between, 0, 0};  ///< not known until the first frames
    Debounced<bool> locked{};
    Debounced<bool> diode{true, true, 0, 0};
    Stage stage = Stage::idle;
    std::uint32_t stage_us = 0;     ///< how long the stage has lasted
    std::uint32_t settled_us = 0;   ///< how long the insulation test has stood at its voltage
    CableCheck cable_check = CableCheck::none;
    bool insulation_warning = false;
    bool short_circuit = false;     ///< found by the test, until acknowledged
    bool blocked = false;           ///< after a stop that nobody asked for: until the demand was seen withdrawn
    Drive drive = Drive::steady;    ///< what the pilot was told in the last step
    Setpoint wanted{};              ///< the last setpoint that was accepted, clamped
    Setpoint asked{};               ///< the last setpoint that was looked at, so that one message counts once
    MilliAmpere ramped{};           ///< the current limit on its way to the wanted one
    MilliAmpere allowed{};          ///< what the own sensor may see towards the car: follows `ramped` up at once, down slowly
    MilliAmpere allowed_back{};     ///< and back from it
    std::uint32_t allowed_held_us = 0;  ///< AC: how long `allowed` has been above `ramped`
    std::uint8_t phases = 3;        ///< AC: the phases that are switched now
    std::uint32_t phase_pause_us = 0;
    std::uint32_t fault_signal_us = 0;  ///< how long the pilot still says F
    Wait wait = Wait::none;         ///< as last reported: one wait counts once
    Counters counters{};
    struct interlock_state interlock{};
};

struct Step {
    State state;
    Outputs outputs;
};

/// One period. Never fails; whatever is absurd in the inputs is counted, ignored or a trip.
[[nodiscard]] Step step(const Configuration& configuration, const State& state, const Inputs& inputs, Tick now);

/// The word for a protection, a stage, a class of stop: for logs and status. "none" where there is none.
[[nodiscard]] const char* protection_name(std::uint8_t id);
[[nodiscard]] const char* stop_name(std::uint8_t stop);
[[nodiscard]] const char* stage_name(Stage stage);
[[nodiscard]] const char* wait_name(Wait wait);

}  // namespace voltkeep::safety
