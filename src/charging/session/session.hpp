// SPDX-License-Identifier: Apache-2.0
// The session of one EVSE: who charges, whether energy may flow, what the CSMS is told. A pure state machine:
// step(state, event, context) -> (state, actions). It knows no protocol, no clock and no socket; protocols translate into it.
//
// What holds whatever comes, in whatever order, however late:
//  - consent is given only while a transaction is authorized, plugged and not stopping;
//  - a stop or a withdrawal is final: only a new authorization, asked for and answered after it, brings energy back;
//  - every transaction is recorded as one started, any updated, one ended, numbered without a gap, with registers that never
//  fall.
// A transaction runs from "plugged and authorized" to the stop (OCPP TxStartPoint and TxStopPoint: PowerPathClosed).
#pragma once

#include <span>
#include <string_view>

#include "charging/session/events.hpp"
#include "charging/tariff/tariff.hpp"

namespace voltkeep::charging {

inline constexpr Duration kMeterInterval = 2s;

/// Set once at the start of the service.
struct Configuration {
    EvseId evse{1};
    Price price;
    bool digital = true;  ///< the car speaks ISO 15118; false: plain pilot charging (AC), or none at all (test of the power path)
    std::uint8_t phases = 3;                      ///< where the pilot alone says the limit
    MilliVolt voltage_max{920'000};
    MilliVolt voltage_min{150'000};
    Allowance hardware{Watt{50'000}, MilliAmpere{125'000}};
    Allowance cable{};
    MilliAmpere discharge{0};                     ///< so much may come back from the car; 0: nothing may
    Ramp ramp{};
    std::optional<Identity> anybody;  ///< who is asked for when a car says EIM and nobody presents anything; absent: wait
    std::uint16_t consent_ms = 500;
    Duration tick = 100ms;
    Duration authorization_timeout = 30s;
    Duration connect_timeout = 60s;               ///< OCPP EVConnectionTimeOut
    Duration reconnect_timeout = 60s;             ///< a car whose communication broke, a power path that restarts
    Duration wake_after = 2s;  ///< a car that does not come back by itself is woken by the pilot: X1 for so long, then 5 % again
    Duration wake_hold = 3s;                      ///< ISO 15118-3 T_step_X1
    Duration wake_period = 15s;                   ///< and once more, until it comes back or reconnect_timeout is over
    Duration mains_pause = 60s;  ///< EN 50549-1 4.7.4: so long the mains must have been good before anything is connected again
    Duration needs_timeout = 10s;                 ///< EvNeeds must come at least so often while the car charges, changed or not
    Duration resume_timeout = 300s;               ///< OCPP TxResumptionTimeout
    Duration meter_timeout = 10s;                 ///< without a reading a transaction ends
    Duration meter_interval = kMeterInterval;     ///< between periodic records
    Duration final_timeout = 3s;                  ///< for power to be off and for the final reading
};

enum class Phase : std::uint8_t {
    available,     ///< nobody there
    reserved,
    occupied,      ///< plugged, nobody authorized
    authorizing,   ///< an identity was asked for
    authorized,    ///< accepted, the car or the first reading is missing
    preparing,     ///< transaction open, no energy yet (or not any more: the car's protocol starts anew)
    charging,
    suspended_ev,
    suspended_evse,
    stopping,      ///< decided; power goes down, the final reading is awaited
    finishing,     ///< the transaction is over, the car is still plugged
    faulted,
    unavailable,
    last_ = unavailable,
};
[[nodiscard]] std::string_view name(Phase phase) noexcept;

struct Transaction {
    TransactionId id;
    Identity identity;
    std::optional<std::int32_t> remote_start_id;
    std::int32_t reservation_id = -1;
    std::uint32_t next_sequence = 0;
    std::int64_t started_wall_ms = 0;
    std::int64_t seen_wall_ms = 0;       ///< when this was last stored, for the length of an outage
    Reading begin;
    Reading last;
    Text<255> evcc;                      ///< what its car calls itself; empty: not said, or it cannot
    bool is_same_car = true;             ///< false: the whole station was away, and whoever is plugged has not said that name yet
    EvNeeds needs;                       ///< as of the last change of phase: a new process goes on with them
    ChargingState told = ChargingState::idle;
    bool stopping = false;               ///< final: never false again
    StopCause stop = StopCause::other;
    Trigger stop_trigger = Trigger::stop_authorized;
    std::uint8_t protection = PROTECTION_NONE;
};

struct Reservation {
    std::int32_t id = 0;
    Identity identity;
    std::int64_t until_wall_ms = 0;
};

/// An authorization that was given and has no transaction yet: whoever was told "accepted" is not forgotten.
struct Granted {
    Identity identity;
    std::optional<std::int32_t> remote_start_id;
    std::int64_t until_wall_ms = 0;
    bool before_plug = false;
};

/// What survives a crash and a reboot. Stored whole at every Persist.
struct Durable {
    std::uint64_t requests = 0;          ///< numbers of authorization requests, never used twice
    bool operative = true;
    bool car_may_ask = true;  ///< after a stop that was not the car's own it may not authorize again until it was unplugged
    std::optional<Transaction> transaction;
    std::optional<Granted> granted;
    std::optional<Reservation> reservation;
    Allowances allowances{};             ///< of CSMS, grid and fuse; the others are known anew at each start
};

/// An identity on its way, or on its way in.
struct Authorizing {
    Identity identity;
    std::uint64_t request = 0;           ///< 0: accepted already
    Instant until;                       ///< the answer, or the car
    std::optional<std::int32_t> remote_start_id;
    bool accepted = false;
    bool before_plug = false;            ///< accepted while no car was there
};

struct State {
    Durable durable;
    Phase phase = Phase::available;
    Availability told = Availability::available;
    std::optional<Authorizing> authorizing;
    std::optional<Identity> refused;     ///< the last one, for the car that asks again
    Instant refused_until{};
    safety::Report power{};
    bool out_of_order = false;               ///< the station goes without a process that charging needs
    bool store_fails = false;                ///< nothing can be put on the disk: nothing begins
    Instant mains_bad_at{};                  ///< when power saw bad mains last
    bool power_known = false;
    bool plugged = false;
    Text<255> evcc;                      ///< what the car that is plugged calls itself
    bool finished = false;               ///< a transaction has ended since the car was plugged
    std::optional<Reading> reading;
    std::optional<Identity> reading_of;  ///< whom that names: it is nobody else's first one
    Instant reading_at{};
    Instant metered_at{};                ///< when the meter said anything
    bool reading_after_power = false;    ///< asked for when power was off: the final one
    EvNeeds needs{};
    Instant needs_at{};
    bool needs_told = true;              ///< false: a new process has only what was stored, and power keeps what it was told last
    bool engaged = false;                ///< power has begun with what the car's protocol asked for
    bool failed = false;                 ///< and has stopped by itself: the car must begin anew
    bool paused = false;
    std::optional<Instant> reconnect_until;  ///< the car, or power, must begin anew until then
    Instant parted_at{};                     ///< when the car was heard last, if reconnect_until is set
    Instant stop_until{};
    Instant next_record{};
    Instant last_tick{};
    Limit limit{};                       ///< in force, on its ramp
    MilliAmpere adopted{};               ///< that limit, while needs_told is false
    bool adopt_limit = false;            ///< a new process goes on at the limit, without the ramp
    SetPower sent{};
    MilliVolt precharge_voltage{};
};

struct Context {
    Instant now;
    WallTime wall;
    TransactionId fresh;                 ///< an id never used before; taken if a transaction starts in this step
    bool online = true;
};

struct Step {
    State state;
    Actions actions;
};

/// The state of a station that has just been built: available, nothing stored.
[[nodiscard]] State initial(const Configuration& configuration);

enum class Restart : std::uint8_t { process, reboot, last_ = reboot };
/// From what was stored. After a crash of the process a transaction goes on. After a reboot nobody has seen the plug meanwhile:
/// it goes on if the outage was short enough and the car says the name (EVCCID) under which it began, and is otherwise ended; so
/// it is where a car has no name, by the pilot alone. A transaction that was stopping is ended, and gets no energy.
[[nodiscard]] Step resume(const Configuration& configuration, const Durable& durable, Restart restart, const Context& context);

[[nodiscard]] Step step(const Configuration& configuration, const State& state, const Event& event, const Context& context);

/// Which of these EVSEs takes a remote start, by its place: the one that has it already (said twice, it is the same start), else
/// a reserved one of its holder, one with a car, a free one, in this order. Nothing: it is refused by all.
[[nodiscard]] std::optional<std::size_t> choose_for(const RemoteStarted& start, std::span<const State* const> evses);

enum class ReservationOutcome : std::uint8_t { accepted, faulted, occupied, rejected, unavailable, last_ = unavailable };
/// What would come of this reservation now. OCPP 2.1 H01.
[[nodiscard]] ReservationOutcome outcome_of(const Reserved& wanted, const State& state, WallTime wall);

/// Which reading this EVSE needs now.
[[nodiscard]] ReadingWanted reading_wanted(const Configuration& configuration, const State& state, Instant now);

/// Whether energy may flow: the one condition for consent.
[[nodiscard]] bool may_deliver(const State& state);

enum class Verdict : std::uint8_t { pending, accepted, refused, last_ = refused };
struct EvVerdict {
    Verdict verdict = Verdict::pending;
    TransactionId transaction;           ///< when accepted
};
/// What the car is told about its identification.
[[nodiscard]] EvVerdict verdict_for_ev(const State& state);

enum class Progress : std::uint8_t { ongoing, finished, failed, last_ = failed };
/// What the car is told about the power path.
struct EvView {
    EvPhase phase = EvPhase::idle;
    Progress progress = Progress::ongoing;   ///< of that phase
    bool stop_wanted = false;                ///< by the CSMS, the user, a fault: EVSENotification Terminate
    MilliVolt present_voltage{};
    MilliAmpere present_current{};
    MilliVolt maximum_voltage{};
    MilliVolt minimum_voltage{};
    MilliAmpere maximum_current{};
    Watt maximum_power{};
    MilliAmpere maximum_discharge_current{};
    Watt available_power{};                  ///< by the station's own limits, whatever the car takes now: for a schedule
    bool current_limited = false;            ///< the car asks for more than it may have
    LimitSource limited_by = LimitSource::hardware;
    bool contactor_closed = false;
};
[[nodiscard]] EvView view_for_ev(const Configuration& configuration, const State& state);

[[nodiscard]] ChargingState charging_state(const State& state);
/// Energy of the running transaction, 1/1000 Wh; 0 without one.
[[nodiscard]] std::int64_t energy_of(const State& state);
/// What came back in it.
[[nodiscard]] std::int64_t energy_back_of(const State& state);
/// Its cost so far in millionths of the currency; -1 if it cannot be computed.
[[nodiscard]] std::int64_t cost_of(const Configuration& configuration, const State& state);

}  // namespace voltkeep::charging
