// SPDX-License-Identifier: Apache-2.0
// The energy meter of one EVSE: what it measures, and readings that are signed (OCMF) for who is billed.
#pragma once

#include "base/ids.hpp"
#include "base/units.hpp"
#include "kernel/message.hpp"

namespace voltkeep::meter {

/// Whether what the meter says can be billed.
enum class Condition : std::uint8_t {
    good,
    faulty,      ///< it reports a fault of its own
    fell,        ///< a register is lower than it was, before a restart of this process too
    frozen,      ///< its registers stand still while power flows
    jumped,      ///< a register is higher than what the EVSE can have delivered since, and has not been below that again
    last_ = jumped,
};

struct Sample {
    std::uint32_t sequence = 0;
    std::int64_t taken_ns = 0;           ///< Instant; by the meter's own clock, so that no queue makes it younger
    std::int64_t taken_wall_ms = 0;
    std::int64_t import_mwh = 0;  ///< register, 1/1000 Wh, never falls for one serial number: the last good one unless `good`
    std::int64_t export_mwh = 0;
    MilliVolt voltage;
    MilliAmpere current;
    Watt power;
    MilliHertz frequency;                ///< of the supply; 0 for a DC meter without it
    Text<24> serial;                     ///< another one: the meter was exchanged
    Condition condition = Condition::good;
    Text<24> replaced;  ///< the meter that was here before, if this one was exchanged for it since this process began
};

/// The newest sample. Errors: stale (the meter did not answer for a second).
struct Read {
    using Reply = Sample;
};

enum class Mark : std::uint8_t { begin, intermediate, end, last_ = end };

/// Signs, as a reading of this transaction, what the meter says when it is asked now: nothing that was on its way before. The
/// record of the end has the first reading too. Each record has a page number that was never used before, whenever the power
/// went. Said twice, it is signed twice. Errors: stale (no answer in 0.8 s, and the disk is well); integrity (the meter is not
/// good, or not the one of the beginning); bad_state (no such transaction was begun); full, io (the number could not be kept);
/// tls (no signature).
struct Sign {
    Mark mark = Mark::begin;
    Text<36> transaction;
    Text<16> identification_type;        ///< OCMF table 17; "NONE": nobody
    Text<255> identification;
    Text<16> level;                      ///< OCMF table 11; empty: not said
    struct Signed {
        Sample sample;
        std::uint64_t page = 0;
        Text<2048> record;               ///< OCMF|...|...
        Blob<128> public_key;            ///< SubjectPublicKeyInfo, DER
    };
    using Reply = Signed;
};

/// What a driver has read off the meter's bus. It is judged here, as if it had come over this service's own bus.
struct Reading {
    std::uint32_t sequence = 0;          ///< counts every reading of the driver; the same one again is no measurement
    std::int64_t asked_ns = 0;           ///< Instant: when the driver asked the meter for it
    std::int64_t import_mwh = 0;
    std::int64_t export_mwh = 0;
    MilliVolt voltage;
    MilliAmpere current;
    Watt power;
    MilliHertz frequency;
    bool is_faulty = false;              ///< the meter reports a fault of its own
    Text<24> serial;
};

/// From the driver: the meter as it is now. Errors: bad_state (this meter has its own bus); malformed (no register, or no clock,
/// shows that).
struct Put {
    Reading reading;
    using Reply = kernel::Done;
};

using Interface = kernel::Interface<Read, Sign, Put>;

/// To session: a new sample; its value is the sequence.
enum class Pulse : std::uint8_t { sample, last_ = sample };

struct Config {
    Text<64> gateway;                    ///< OCMF GI: maker and model of the station
    Text<40> gateway_serial;             ///< OCMF GS: unique for each key
    Text<32> gateway_version;
    Text<64> evse;                       ///< EVSEID
    Text<2> current_type;                ///< AC, DC
    Text<64>
        capsule_key;  ///< file with the public key of a meter that signs by itself (`meter-signed`); empty: this service signs
    Watt nameplate{};                    ///< the most that this EVSE delivers
    bool is_driven = false;              ///< readings come from a driver (`meterdrv`), not over this service's own bus
    bool is_key_in_tpm = false;          ///< crypto has readings signed; else the key is this service's file
    bool is_clock_synchronised = false;  ///< the installer says so; else the clock is an informative one
};

}  // namespace voltkeep::meter
