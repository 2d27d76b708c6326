// SPDX-License-Identifier: Apache-2.0
// What the charger's side of one ISO 15118-20 session is: its position, what it knows of the station, what it wants of it.
// Session is the checkpoint: plain bounded values that a successor takes over. It is the protocol's position only; whether the
// car may charge is in Station, which is read anew for every message.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace voltkeep::iso15118::secc {

/// What the EVSE is built for.
enum class Outlet : std::uint8_t { dc, ac, mcs, last_ = mcs };

/// Set once at the start of the service. The times are those of the standard (its tables of timers).
struct Settings {
    Text<255> evse;                        ///< EVSEID
    Outlet outlet = Outlet::dc;
    bool is_bidirectional = false;         ///< energy may also come back: the services with BPT are offered beside the others
    std::uint8_t phases = 3;               ///< AC
    MilliVolt nominal_voltage{230'000};    ///< AC, phase to neutral
    Text<3> currency;                      ///< ISO 4217; empty: prices are not offered in money
    std::int64_t price_micro_per_kwh = 0;
    bool tls_required = true;              ///< false in the lab profile alone
    Duration setup_timeout = 18s;          ///< V2G_SECC_CommunicationSetup_Timeout: from the connection to SessionSetupRes
    Duration sequence_timeout = 60s;       ///< V2G_SECC_Sequence_Timeout
    Duration loop_timeout = 500ms;         ///< the same after a charge loop response
    Duration close_timeout = 5s;           ///< for the car to close the connection after SessionStopRes
    Duration authorization_limit =
        55s;  ///< V2G_SECC_Ongoing_Performance_Time: of answers that say Ongoing, without somebody who is waited for
    Duration cable_check_limit = 38s;      ///< of answers that say Ongoing; the car gives up after 40 s
    Duration contactor_limit = 1400ms;  ///< AC: PowerDeliveryRes waits so long for the contactor; the performance time is 1.5 s
    Duration terminate_limit = 10s;        ///< how long the loop goes on after the car was told to terminate
};

/// What the charger waits for.
enum class Stage : std::uint8_t {
    app_protocol,         ///< supportedAppProtocolReq
    session_setup,
    authorization_setup,
    authorization,
    service_discovery,
    service_detail,       ///< the first one
    service_selection,    ///< or another ServiceDetailReq
    charge_parameters,
    schedule_exchange,
    cable_check,          ///< DC, as the next one
    precharge,            ///< the first one
    power_delivery,       ///< DC: or another DC_PreChargeReq
    charge_loop,          ///< or PowerDeliveryReq; while a schedule is negotiated also ScheduleExchangeReq
    welding_detection,    ///< DC; or SessionStopReq
    session_stop,
    ended,                ///< nothing: whatever comes ends the connection
    last_ = ended,
};
[[nodiscard]] std::string_view name(Stage stage) noexcept;

enum class ControlMode : std::uint8_t { none, scheduled, dynamic, last_ = dynamic };

/// A new schedule beside the charge loop.
enum class Renegotiation : std::uint8_t {
    none,
    told,      ///< the charger has asked for it
    opened,    ///< the car has, or has taken up the charger's word
    offered,   ///< the new schedule is with the car; the old one is in force until the car says PowerDelivery
    last_ = offered,
};

/// What the station shall do for the car, in the order of a DC session.
enum class Phase : std::uint8_t { idle, cable_check, precharge, charge, stopping, weld_check, last_ = weld_check };

/// What the car needs and may have, as it said last.
struct Needs {
    Phase phase = Phase::idle;
    MilliVolt target_voltage;
    MilliAmpere target_current;        ///< negative: the car gives, where the selected service is bidirectional
    MilliVolt present_voltage;         ///< as the car measures it
    MilliVolt maximum_voltage;
    MilliAmpere maximum_current;
    Watt maximum_power;
    MilliAmpere minimum_current;
    MilliAmpere maximum_discharge_current;   ///< 0: the car gives nothing
    Watt maximum_discharge_power;
    WattHour energy_wanted;            ///< 0: not said
    Permille state_of_charge{-1};      ///< -1: not said
    friend bool operator==(const Needs&, const Needs&) = default;
};

/// What the charger promised in its charge parameters: it never says more later.
struct Limits {
    MilliVolt voltage;
    MilliAmpere current;
    Watt power;
    MilliAmpere discharge_current;
    Watt discharge_power;
    friend bool operator==(const Limits&, const Limits&) = default;
};

using SessionOctets = std::array<std::uint8_t, 8>;
using VehicleHash = std::array<std::uint8_t, 64>;

struct Session {
    Stage stage = Stage::app_protocol;
    Instant since;                          ///< when it began to wait for this
    Instant deadline;                       ///< by when the car's next message must have come
    SessionOctets id{};                     ///< SessionID; 0 before SessionSetup
    Text<255> evcc;                         ///< EVCCID
    std::uint16_t service = 0;              ///< selected ServiceID
    std::uint16_t parameter_set = 0;
    ControlMode control = ControlMode::none;
    Limits promised;
    Needs needs;
    Renegotiation renegotiation = Renegotiation::none;
    Watt scheduled;                         ///< power of the schedule in force
    Watt offered;                           ///< and of the one that the car was given last
    bool is_paused = false;                 ///< it has ended so that the same car can go on with it
    bool is_told_to_terminate = false;
    Instant told_at;                        ///< when the car was told first
    friend bool operator==(const Session&, const Session&) = default;
};

/// A session for a connection that has just been made.
[[nodiscard]] Session opened(const Settings& settings, Instant now);

/// A checkpoint that decodes may still be nonsense. True if a session can be in this position.
[[nodiscard]] bool is_sound(const Settings& settings, const Session& session, Instant now);

enum class Verdict : std::uint8_t { pending, accepted, refused, last_ = refused };
enum class Progress : std::uint8_t { ongoing, finished, failed, last_ = failed };

/// A session that was paused: what the same car finds again when it comes back.
struct Paused {
    SessionOctets id{};
    VehicleHash vehicle{};
    Text<255> evcc;
    std::uint16_t service = 0;
    std::uint16_t parameter_set = 0;
    ControlMode control = ControlMode::none;
    friend bool operator==(const Paused&, const Paused&) = default;
};

/// What the station says of itself at this moment.
struct Station {
    bool is_known = false;             ///< false: it could not be asked, nothing below counts
    Verdict verdict = Verdict::pending;
    bool awaits_customer = false;      ///< nobody has identified yet: the verdict waits for a person
    Phase phase = Phase::idle;         ///< the phase that it was told last
    Progress progress = Progress::ongoing;   ///< of that phase
    bool stop_wanted = false;
    MilliVolt present_voltage;         ///< at the outlet
    MilliAmpere present_current;
    MilliVolt maximum_voltage;         ///< limits in force now
    MilliVolt minimum_voltage;
    MilliAmpere maximum_current;
    MilliAmpere minimum_current;
    Watt maximum_power;
    Watt minimum_power;
    MilliAmpere maximum_discharge_current;   ///< 0: nothing may come back
    Watt maximum_discharge_power;
    Watt available_power;              ///< what the station could give this car over the next hours: of this a schedule is made
    bool is_current_limited = false;
    bool is_power_limited = false;
    bool is_voltage_limited = false;
    Watt present_power;                ///< AC: of all phases
    WattHour energy;                   ///< of this transaction
    WattHour energy_back;              ///< and what came back in it
    Text<32> meter;                    ///< empty: no reading yet
};

/// Everything of the moment that a step may look at.
struct Moment {
    Instant now;                       ///< when the answer is made
    std::uint64_t unix_s = 0;          ///< for the time stamps
    SessionOctets fresh_id{};          ///< random, never used before
    bool is_tls13 = false;             ///< the connection is TLS 1.3 with both sides authenticated
    VehicleHash vehicle{};             ///< SHA-512 of the vehicle certificate's DER; 0: the car showed none
    std::optional<Paused> paused;      ///< of this EVSE's last car
    Station station;
};

/// Why the car's session ends, for the station.
enum class StopCause : std::uint8_t {
    ev_terminate,          ///< the car wants no more
    ev_pause,              ///< the car wants no more now, and goes on later with the same session
    communication_lost,    ///< the car, or the power path, may begin anew within the same transaction
    protocol_error,        ///< the car broke the protocol; it may begin anew
    last_ = protocol_error,
};
struct Stop {
    StopCause cause = StopCause::ev_terminate;
    Text<80> detail;
};

/// What is to be done beside the response, in this order; the response goes out after `stop`, and waits for nothing of it.
struct Actions {
    bool tell_needs = false;           ///< Session::needs to the station
    bool authorize = false;            ///< ask whether this car may charge
    bool wait = false;  ///< the station is not as far as the response would say: ask again soon, nothing else counts
    std::optional<Stop> stop;
    Text<80> close;                    ///< not empty: end the connection once the response is sent, for this reason
};

}  // namespace voltkeep::iso15118::secc
