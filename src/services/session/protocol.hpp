// SPDX-License-Identifier: Apache-2.0
// Who charges, where, how much: the one place where charging state lives. Protocols translate into it and out of it.
#pragma once

#include "base/ids.hpp"
#include "base/units.hpp"
#include "charging/session/session.hpp"
#include "kernel/message.hpp"

namespace voltkeep::session {

// The domain's own words: what the state machine says is what the others are told.
using charging::Availability;
using charging::ChargingState;
using charging::IdentificationKind;
using charging::Identity;
using charging::Progress;
using charging::Record;
using charging::RecordKind;
using charging::StopCause;
using charging::Trigger;
using charging::Verdict;
using Phase = charging::EvPhase;

/// iso15118: may this identity charge here? Idempotent: ask again after the pulse `decided`.
struct Authorize {
    Identity identity;
    Text<255> evcc;                      ///< the car's EVCCID as it said it in SessionSetup
    struct Authorization {
        Verdict verdict = Verdict::pending;
        TransactionId transaction;   ///< when accepted
    };
    using Reply = Authorization;
};

/// iso15118: what the car needs and may have. Replaces what was said before.
struct SetEvNeeds {
    Phase phase = Phase::idle;
    MilliVolt target_voltage;
    MilliAmpere target_current;          ///< what the car asks for; the answer's limits may be lower. Negative: it gives
    MilliVolt present_voltage;           ///< as the car measures it
    MilliVolt maximum_voltage;
    MilliAmpere maximum_current;
    Watt maximum_power;
    MilliAmpere minimum_current;
    WattHour energy_wanted;              ///< 0: not said
    Permille state_of_charge{-1};        ///< -1: not said
    Text<255> evcc;                      ///< the car's EVCCID as it said it in SessionSetup
    using Reply = kernel::Done;
};

/// iso15118: what the station does now, for the answer to the car.
struct TakeSetpoint {
    struct Setpoint {
        Phase phase = Phase::idle;       ///< the one that power is in
        Progress progress = Progress::ongoing;   ///< of that phase
        bool stop_wanted = false;        ///< by the CSMS, the user, a fault: tell the car EVSENotification Terminate
        MilliVolt present_voltage;       ///< at the outlet
        MilliAmpere present_current;
        MilliVolt maximum_voltage;       ///< the limits in force now
        MilliVolt minimum_voltage;
        MilliAmpere maximum_current;
        MilliAmpere minimum_current;
        Watt maximum_power;
        Watt minimum_power;
        MilliAmpere maximum_discharge_current;   ///< 0: nothing may come back
        Watt maximum_discharge_power;
        Watt available_power;            ///< what the station could give this car over the next hours: for a schedule
        Watt present_power;              ///< AC: of all phases
        bool current_limited = false;
        bool power_limited = false;
        bool voltage_limited = false;
        Text<40> limited_by;             ///< "csms", "grid", "fuse", "cable", "hardware", "ev"
        bool contactor_closed = false;
        Verdict verdict = Verdict::pending;   ///< may the car at this EVSE charge? Decided is what is on the disk
        bool customer_awaited = false;   ///< it is pending because nobody has identified yet
        WattHour energy;                 ///< of this transaction
        WattHour energy_back;            ///< and what came back in it
        Text<32> meter;                  ///< serial number; empty: there is no reading
        Text<255> evse;                  ///< EVSEID
    };
    using Reply = Setpoint;
};

/// iso15118: the car ends or pauses, or its connection ended.
struct StopByEv {
    StopCause cause = StopCause::ev_terminate;
    Text<80> detail;
    using Reply = kernel::Done;
};

/// What happened, in the order in which the CSMS must hear it.
enum class EventKind : std::uint8_t {
    status,        ///< the availability of a connector changed
    authorize,     ///< an identity waits for the CSMS's answer: AuthorizationResult
    transaction,   ///< a TransactionEvent
    last_ = transaction,
};

/// A reading as the meter signed it.
struct SignedReading {
    Text<2048> record;                ///< OCMF
    Blob<128> public_key;             ///< SubjectPublicKeyInfo, DER
};

struct Event {
    std::uint64_t sequence = 0;       ///< of the station's events: 1, 2, 3, ...; durable
    EventKind kind = EventKind::status;
    EvseId evse;
    std::int64_t wall_ms = 0;
    Availability availability = Availability::available;   ///< status
    std::uint64_t request = 0;        ///< authorize: AuthorizationResult names it
    Identity identity;                ///< authorize
    std::optional<Record> record;     ///< transaction
    std::optional<SignedReading> signed_reading;   ///< transaction: the record's reading, where this process has its signature
};

/// ocpp: the events that were not yet acknowledged, oldest first, and frees those up to `acknowledged`. Behind the disk: a
/// `request`. Errors: bad_argument (what was never given cannot be acknowledged, and nothing follows it).
struct TakeEvents {
    std::uint64_t acknowledged = 0;   ///< events up to this sequence reached the CSMS for good
    std::uint64_t after = 0;          ///< give events with a higher sequence
    struct Events {
        List<Event, 4> events;
    };
    using Reply = Events;
};

/// ocpp: the CSMS's answer about an identity.
struct AuthorizationResult {
    EvseId evse;
    std::uint64_t request = 0;        ///< of the event `authorize`
    bool accepted = false;
    Text<40> reason;
    using Reply = kernel::Done;
};

/// ocpp: RequestStartTransaction. Answered when it is on the disk: a `request`. Said twice it is the same start.
/// Errors: bad_state (no EVSE takes it), not_found (there is no such EVSE).
struct RemoteStart {
    EvseId evse;                      ///< 0: any
    Identity identity;
    std::int32_t remote_start_id = 0;
    struct Started {
        TransactionId transaction;    ///< empty if none has started yet
    };
    using Reply = Started;
};
/// ocpp: RequestStopTransaction. It stops at once; answered when that is on the disk: a `request`. Errors: not_found.
struct RemoteStop {
    TransactionId transaction;
    using Reply = kernel::Done;
};
/// ocpp: the CSMS takes an authorization back (idTokenInfo of a TransactionEvent response). A `request`, as above. Errors:
/// not_found.
struct Deauthorize {
    TransactionId transaction;
    using Reply = kernel::Done;
};
/// ocpp: ReserveNow. Answered when it is on the disk: a `request`. Errors: not_found.
struct Reserve {
    EvseId evse;                      ///< 0: any
    std::int32_t id = 0;
    Identity identity;
    std::int64_t until_wall_ms = 0;
    struct Outcome {
        charging::ReservationOutcome outcome = charging::ReservationOutcome::rejected;
    };
    using Reply = Outcome;
};
/// ocpp: CancelReservation. A `request`, as above. Errors: not_found (there is no such reservation).
struct CancelReservation {
    std::int32_t id = 0;
    using Reply = kernel::Done;
};
/// ocpp: ChangeAvailability. A `request`, as above. Errors: not_found.
struct SetAvailability {
    EvseId evse;                      ///< 0: all
    bool operative = true;
    struct Change {
        bool is_scheduled = false;    ///< a transaction runs: it takes effect when that has ended
    };
    using Reply = Change;
};
/// ocpp: whether the CSMS is reachable and has accepted the station.
struct SetOnline {
    bool online = false;
    using Reply = kernel::Done;
};

/// What a screen shows of one EVSE.
struct Snapshot {
    EvseId evse;
    struct View {
        EvseId evse;
        Availability availability = Availability::available;
        ChargingState charging = ChargingState::idle;
        Text<40> state;               ///< the state machine's own word
        TransactionId transaction;
        Identity identity;
        std::int64_t started_wall_ms = 0;
        std::int64_t energy_mwh = 0;  ///< of this transaction
        std::int64_t cost_micro = 0;
        Text<3> currency;
        MilliVolt voltage;
        MilliAmpere current;
        Watt power;
        Permille state_of_charge{-1};
        Watt limit;
        Text<40> limited_by;
        Text<80> fault;
        std::uint32_t wear_openings = 0;   ///< contactor openings under load
        std::uint32_t latched = 0;         ///< trips that wait for an acknowledgement, one bit a protection
        std::uint32_t tripped = 0;         ///< and those whose cause is there now
    };
    using Reply = View;
};
/// Somebody at the station stops (hmi, operator).
struct StopByUser {
    EvseId evse;
    using Reply = kernel::Done;
};

/// Somebody at the station presents an identity: a card at the reader, or an operator for a driver.
struct Present {
    EvseId evse;
    Identity identity;
    using Reply = kernel::Done;
};
/// Somebody at the station acknowledges latched trips, one bit a protection: those whose cause is gone are released. Who it was
/// stands in the log before this is sent. Errors: not_found, bad_state (power is not there).
struct AcknowledgeTrips {
    EvseId evse;
    std::uint32_t trips = 0;
    using Reply = kernel::Done;
};

using Interface = kernel::Interface<Authorize, SetEvNeeds, TakeSetpoint, StopByEv, TakeEvents, AuthorizationResult, RemoteStart,
                                    RemoteStop, Deauthorize, Reserve, CancelReservation, SetAvailability, SetOnline, Snapshot,
                                    StopByUser, Present, AcknowledgeTrips>;

/// decided, setpoint: to iso15118. events: to ocpp. changed: to who shows it.
enum class Pulse : std::uint8_t { decided, setpoint, events, changed, last_ = changed };

/// What one EVSE is built for.
struct Nameplate {
    bool is_digital = true;           ///< false: AC by the pilot alone, its duty cycle is the limit
    std::uint8_t phases = 3;          ///< and how many there are: 1 or 3
    Watt power;                       ///< of the pilot alone it is not kept: that offers a current
    MilliAmpere current;              ///< AC: of each phase
    MilliVolt voltage;                ///< AC: nominal, phase to neutral
    MilliVolt minimum_voltage;
    MilliAmpere discharge;            ///< so much may come back; 0: nothing
};

struct Config {
    Text<48> evse_prefix;             ///< EVSEID without its number, for example "DE*VLT*E0001"
    Text<3> currency;
    std::int64_t price_micro_per_kwh = 0;
    Watt fuse_share;                  ///< of each EVSE: an equal part of the site's fuse
    std::uint32_t meter_interval_ms = charging::kMeterInterval / 1ms;   ///< between TransactionEvent Updated
    Text<255> anybody;  ///< token of whoever plugs in without presenting anything; empty: wait for somebody to identify
    Text<20> anybody_type;
    List<Nameplate, 8> evses;         ///< one each, by EVSE - 1
};

}  // namespace voltkeep::session
