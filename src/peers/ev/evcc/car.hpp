// SPDX-License-Identifier: Apache-2.0
// What the car's side of one ISO 15118-20 session is: what the car is built for and wants, what it measures, where it stands.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "peers/ev/evcc/fault.hpp"
#include "wire/iso15118/v2gtp.hpp"

namespace voltkeep::iso15118::evcc {

/// The car's own timers: what it grants the charger, and what it allows itself.
struct Timers {
    Duration message = 2s;              ///< V2G_EVCC_Msg_Timeout
    Duration long_message = 5s;         ///< the same for ServiceDetail
    Duration loop_message = 500ms;      ///< the same in the charge loop
    Duration ongoing = 60s;             ///< of Authorization that says Ongoing
    Duration cable_check = 40s;
    Duration precharge = 10s;
    Duration performance = 1500ms;      ///< a later answer is counted as late
    Duration loop_performance = 250ms;
    Duration poll_pause = 50ms;         ///< before a request is repeated
    Duration loop_pause = 100ms;        ///< between a charge loop response and the next request; the standard allows 250 ms
    Duration setup_pause{};             ///< between a response before the charge loop and the next request: some cars think
    Duration ramp_down = 3s;            ///< for the current to be gone after PowerDelivery(Stop)
    Duration welding_detection = 5s;    ///< for the inlet to be below 60 V
    Duration muted = 75s;               ///< after its misdeed, for what the charger makes of it
};

enum class Control : std::uint8_t { scheduled, dynamic };
/// What energy it wants, and whether it may give some back (BPT).
enum class EnergyService : std::uint8_t { ac, dc, ac_bpt, dc_bpt, mcs, mcs_bpt };
/// As the parameter "Pricing" says it; any: whatever comes first.
enum class Pricing : std::uint8_t { none, absolute, level, any };

[[nodiscard]] constexpr bool is_ac(EnergyService service) {
    return service == EnergyService::ac || service == EnergyService::ac_bpt;
}
[[nodiscard]] constexpr bool is_bidirectional(EnergyService service) {
    return service == EnergyService::ac_bpt || service == EnergyService::dc_bpt || service == EnergyService::mcs_bpt;
}

/// What the car does once on its way through the session, beside the plain way.
struct Detours {
    bool renegotiates_schedule = false;   ///< beside the charge loop
    bool asks_for_standby = false;        ///< a charger without standby says no, and the loop goes on
    bool renegotiates_service = false;    ///< after its first charge: the services again, in the same connection
    bool pauses = false;                  ///< after its first charge: it comes back in another connection, with the same session
};

/// What this car is built for and wants of this session. A wish of 0 is none; without a wish it charges until told to stop.
struct Plan {
    Identifier evcc_id;
    EnergyService service = EnergyService::dc;
    Control control = Control::dynamic;
    bool is_mobility_by_charger = false;    ///< MobilityNeedsMode 2
    Pricing pricing = Pricing::any;
    Detours detours;
    MilliVolt maximum_voltage{500'000};
    MilliVolt minimum_voltage{200'000};
    MilliAmpere maximum_current{200'000};
    MilliAmpere minimum_current{0};
    Watt maximum_power{100'000};
    Watt minimum_power{0};
    MilliAmpere maximum_discharge_current{50'000};
    Watt maximum_discharge_power{20'000};
    MilliAmpere gives{0};                   ///< DC_BPT, scheduled: it asks the charger to take so much instead of giving any
    WattHour capacity{77'000};
    WattHour target_energy{0};
    Duration duration{0};               ///< of the charge loop
    Permille target_soc{1'000};
    bool asks_for_meter = true;
    Timers timers;
    List<Fault, 8> faults;
};

/// What the car measures at its inlet. Without a cable that says it, the charger's own word counts.
struct Cable {
    bool is_there = false;
    MilliVolt inlet_voltage;
    MilliVolt battery_voltage{400'000};
    MilliAmpere current;
    Permille state_of_charge{500};
    std::int64_t received_mwh = 0;
};

/// What the car does at its inlet.
enum class Pilot : std::uint8_t { b, c };
struct Inlet {
    Pilot pilot = Pilot::b;
    bool contactor = false;
    friend bool operator==(const Inlet&, const Inlet&) = default;
};

/// Where the car stands: the exchange that runs, or comes next.
enum class Step : std::uint8_t {
    app_protocol, session_setup, authorization_setup, authorization, service_discovery, service_detail, service_selection,
    charge_parameters, schedule_exchange, cable_check, precharge, power_on, charge_loop,
    standby,                            ///< beside the loop, as the next three
    renegotiation, new_schedule, new_profile,
    power_off,
    ramp_down,                          ///< nothing is exchanged: the current goes
    welding_detection, session_stop, done,
};

/// What a paused session needs to be gone on with.
struct Paused {
    SessionID session;
    ServiceID service = 0;
    ServiceID parameter_set = 0;
};

struct Statistics {
    std::uint32_t messages = 0;         ///< requests sent and responses taken
    std::uint32_t loops = 0;
    std::uint32_t renegotiations = 0;   ///< of the schedule
    std::uint32_t late = 0;             ///< answers after the performance time
    Duration worst{};                   ///< turnaround of the slowest answer
    Text<40> worst_at;
    Duration worst_in_loop{};
    Duration setup_sum{};               ///< of all turnarounds before the first charge loop
};

struct Car {
    Step step = Step::app_protocol;
    bool is_waiting = false;            ///< a request is out
    Instant sent;
    Instant since;                      ///< when this step began
    Instant next;                       ///< when the next request is due, if none is out
    Instant loop_since;
    SessionID session;
    ServiceID service = 0;
    ServiceID parameter_set = 0;
    NumericID schedule{};
    Watt scheduled;                     ///< power of that schedule
    std::optional<Paused> paused;       ///< it comes back to this session
    Detours taken;                      ///< those that are behind it
    bool is_joined = false;             ///< the charger knew the session again
    bool is_stop_wanted = false;        ///< by the driver
    bool is_told_to_stop = false;       ///< by the charger
    bool is_told_to_renegotiate = false;   ///< its schedule, by the charger
    bool is_muted = false;              ///< after its misdeed it says nothing more
    MilliVolt evse_voltage;             ///< as the charger said last
    MilliAmpere evse_current;
    Watt evse_power;                    ///< AC: what the charger says that flows
    Watt target_power;                  ///< AC: what the charger says that may flow
    double energy_wh = 0;               ///< received, by the cable's or the charger's word
    Instant energy_at;
    Inlet inlet;
    Statistics statistics;
    std::array<std::uint16_t, iso15118::message_types> counts{};   ///< of the requests, by their place in Message
};

/// A request, and how it is to be sent.
struct Sending {
    Message message;
    PayloadType stream = PayloadType::common;
    std::optional<Misdeed> transport;   ///< garbage, bad_header, huge_length, slow_drip, disconnect: not as it should be
};

/// One answer, for the log.
struct Exchanged {
    std::string_view response;
    Duration turnaround{};
    std::string_view code;
    bool is_late = false;
};

struct Ending {
    bool is_ok = false;
    Text<160> why;
    bool is_pause = false;              ///< the car comes back: Car::paused says to what
};

/// What a step gives: the car as it is now, what it sends, what it does.
struct Move {
    Car car;
    std::optional<Sending> sending;
    std::optional<Exchanged> exchanged;
    std::optional<Ending> ending;       ///< the connection is to be closed; contactor and pilot are as `car` says
};

}  // namespace voltkeep::iso15118::evcc
