// SPDX-License-Identifier: Apache-2.0
// What the session's state machine hears (events) and what it wants done (actions). Plain aggregates of bounded types, so that
// they can be recorded, replayed and sent. Names follow OCPP 2.1; the numbers of enumerators are stored: append only.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/units.hpp"
#include "charging/energy/limit.hpp"
#include "charging/safety/safety.hpp"

namespace voltkeep::charging {

enum class IdentificationKind : std::uint8_t {
    external,  ///< the car says EIM: somebody identifies by other means
    token,     ///< an idToken as OCPP has it: card, app, remote start
    contract,  ///< Plug and Charge
    last_ = contract,
};

/// Who wants to charge. token and type as in OCPP's IdTokenType.
struct Identity {
    IdentificationKind kind = IdentificationKind::external;
    Text<255> token;
    Text<20> type;
    friend bool operator==(const Identity&, const Identity&) = default;
};

enum class Availability : std::uint8_t { available, occupied, reserved, unavailable, faulted, last_ = faulted };
enum class ChargingState : std::uint8_t { idle, ev_connected, charging, suspended_ev, suspended_evse, last_ = suspended_evse };

/// Why a transaction event is sent: OCPP 2.1 TriggerReasonEnumType, those that this station has.
enum class Trigger : std::uint8_t {
    authorized, cable_plugged_in, charging_state_changed, deauthorized, energy_limit_reached, ev_communication_lost,
    ev_connect_timeout, ev_departed, ev_detected, meter_value_periodic, remote_start, remote_stop, stop_authorized,
    abnormal_condition, reset_command, tx_resumed, last_ = tx_resumed,
};

/// Why it stopped. OCPP's ReasonEnumType is derived from it and from the protection that tripped.
enum class StopCause : std::uint8_t {
    ev_terminate, ev_pause, ev_communication_lost, ev_protocol_error, user, remote, deauthorized, power_trip, emergency,
    limit_reached, unplugged, reboot, other, last_ = other,
};

/// What the car's protocol wants of the power path, in the order of a DC session.
enum class EvPhase : std::uint8_t { idle, cable_check, precharge, charge, stopping, weld_check, last_ = weld_check };

/// A meter reading as it is billed.
struct Reading {
    std::int64_t wall_ms = 0;
    std::int64_t import_mwh = 0;
    std::int64_t export_mwh = 0;
    MilliVolt voltage{};
    MilliAmpere current{};
    Watt power{};
    Text<24> serial{};               ///< of the meter; empty: not said
    std::uint64_t page = 0;          ///< of its signed record; 0: it is not signed
    friend bool operator==(const Reading&, const Reading&) = default;
};

// --- events
// ---------------------------------------------------------------------------------------------------------------------

/// `power` says so. Sent as often as wanted: it is a state, not a change.
struct PowerSeen { safety::Report report; };
/// `power` does not answer: whatever it did, it has no consent any more.
struct PowerGone {};
/// Which reading is wanted where readings are made on demand: the first, before a transaction begins; one while it runs; the
/// last, when power is off.
enum class ReadingWanted : std::uint8_t { none, first, periodic, last, last_ = last };
/// `asked`: as which it was asked for. One that was asked for before power was off is not the last one, however late it comes.
/// `of`: whom its record names; absent: it names nobody.
struct MeterSeen { Reading reading; ReadingWanted asked = ReadingWanted::none; std::optional<Identity> of{}; };
struct MeterGone {};
/// It measures; what it says is not for a bill.
struct MeterAlive {};
/// Nothing that it says can be billed from here on: what runs ends with its last good reading.
enum class MeterTrouble : std::uint8_t { not_good, exchanged, not_signed, last_ = not_signed };
struct MeterFails { MeterTrouble trouble = MeterTrouble::not_good; };
/// The station goes without a process that charging needs (or has it again): what runs is stopped, and nothing begins.
struct OutOfOrder { bool is_on = true; };
/// The disk does not take what must survive (or does again): nothing begins. When what waits for it has reached its bound, what
/// runs ends: it could not be accounted for any more.
struct StoreFails { bool is_on = true; bool is_full = false; };

/// Somebody holds a card to the reader, or the station's default identity stands for anybody.
struct IdentityPresented { Identity identity; };
/// The car identifies itself. `external` means that somebody does it by other means; asked again until there is a verdict.
struct EvAuthorizes { Identity identity; };
/// What the car calls itself (EVCCID): before anything that it asks for. After an outage of the whole station nothing else says
/// whose plug it is.
struct EvNamed { Text<255> evcc; };
/// The answer to AskAuthorization; one for a request that is no longer open is dropped.
struct AuthorizationAnswered {
    std::uint64_t request = 0;
    bool accepted = false;
    Text<40> reason;
};
/// The CSMS takes an authorization back (idTokenInfo of a TransactionEvent response).
struct AuthorizationWithdrawn { TransactionId transaction; };
/// RequestStartTransaction: the CSMS's word is the authorization.
struct RemoteStarted { Identity identity; std::int32_t remote_start_id = 0; };
/// RequestStopTransaction.
struct RemoteStopped { TransactionId transaction; };

/// What the car needs and may have. Replaces what was said before.
struct EvNeeds {
    EvPhase phase = EvPhase::idle;
    MilliVolt target_voltage{};
    MilliAmpere target_current{};    ///< what the car asks for
    MilliVolt present_voltage{};     ///< as the car measures it
    MilliVolt maximum_voltage{};
    MilliAmpere maximum_current{};
    Watt maximum_power{};
    MilliAmpere minimum_current{};
    Permille state_of_charge{-1};    ///< -1: not said
};
struct StoppedByEv { StopCause cause = StopCause::ev_terminate; };
struct StoppedByUser {};

/// What one of the others allows (CSMS, grid, the station's fuse by its share).
struct LimitChanged { LimitSource source = LimitSource::csms; Allowance allowance; };
struct AvailabilityWanted { bool operative = true; };
struct Reserved { std::int32_t id = 0; Identity identity; std::int64_t until_wall_ms = 0; };
struct ReservationCancelled { std::int32_t id = 0; };
/// Somebody who may do it has acknowledged these trips (one bit a protection) at the station or from the CSMS.
struct TripsAcknowledged {
    std::uint32_t trips = 0;
};
/// At least every Configuration::tick. Nothing else makes time pass.
struct Ticked {};

using Event = std::variant<PowerSeen, PowerGone, MeterSeen, MeterGone, OutOfOrder, StoreFails, IdentityPresented, EvAuthorizes,
                           AuthorizationAnswered, AuthorizationWithdrawn, RemoteStarted, RemoteStopped, EvNeeds, StoppedByEv,
                           StoppedByUser, LimitChanged, AvailabilityWanted, Reserved, ReservationCancelled, TripsAcknowledged,
                           Ticked, MeterAlive, MeterFails, EvNamed>;

// --- actions
// --------------------------------------------------------------------------------------------------------------------

/// Store the Durable part before any later action of this step is seen from outside.
struct Persist {};
/// Ask the CSMS (list, cache) whether this identity may charge. The answer names the request.
struct AskAuthorization { std::uint64_t request = 0; Identity identity; };
struct StatusChanged { Availability availability = Availability::available; };

enum class RecordKind : std::uint8_t { started, updated, ended, last_ = ended };
/// A transaction event for the CSMS: to be queued durably and sent in this order. The sequence has no gap.
struct Record {
    RecordKind kind = RecordKind::updated;
    Trigger trigger = Trigger::charging_state_changed;
    ChargingState charging = ChargingState::idle;
    TransactionId transaction;
    std::uint32_t sequence = 0;               ///< OCPP seqNo: 0 in started
    std::int64_t wall_ms = 0;
    Identity identity;                        ///< in started; empty token elsewhere (OCPP: once)
    std::optional<std::int32_t> remote_start_id;  ///< in started; any number is one
    std::int32_t reservation_id = -1;         ///< in started; -1: none
    StopCause stop = StopCause::other;        ///< in ended
    std::uint8_t protection = PROTECTION_NONE;  ///< in ended: what tripped
    std::optional<Reading> reading;
    Permille state_of_charge{-1};
    std::int64_t energy_mwh = 0;              ///< of this transaction so far
    std::int64_t cost_micro = -1;             ///< of this transaction so far; -1: no price
    bool offline = false;
};

/// What `power` shall want now; sent when it changes, and again with every consent.
struct SetPower {
    safety::Demand demand = safety::Demand::none;
    safety::Setpoint setpoint{};
    bool lock = false;
    bool offer = true;
    bool digital = true;
    friend bool operator==(const SetPower&, const SetPower&) = default;
};
/// Power may flow for so long. 0 withdraws it.
struct GiveConsent { std::uint16_t ms = 0; };
struct AcknowledgeTrips {
    std::uint32_t trips = 0;           ///< one bit a protection
    bool by_somebody = false;          ///< else they are of the passing kind, or gone with the car
};
/// The verdict about the car's identification changed: ask verdict_for_ev().
struct EvDecided {};
/// What the car is told changed: ask view_for_ev().
struct EvSetpointChanged {};

/// What the log must know and no other action says.
enum class NoteKind : std::uint8_t {
    plugged,
    unplugged,
    authorized,
    refused,
    authorization_timeout,
    late_answer_dropped,
    connect_timeout,
    tripped,
    trips_cleared,
    meter_lost,
    power_lost,
    resumed,
    resume_refused,
    register_fell,
    reservation_ended,
    store_fails,
    store_is_back,
    meter_not_good,
    meter_exchanged,
    meter_not_signed,
    another_car,
    last_ = another_car,
};
struct Note { NoteKind kind = NoteKind::plugged; std::uint8_t protection = PROTECTION_NONE; };

using Action = std::variant<Persist, AskAuthorization, StatusChanged, Record, SetPower, GiveConsent, AcknowledgeTrips, EvDecided,
                            EvSetpointChanged, Note>;
using Actions = List<Action, 24>;

}  // namespace voltkeep::charging
