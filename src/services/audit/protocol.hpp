// SPDX-License-Identifier: Apache-2.0
// The tamper-evident log. Lower ranks append; what the process manager saw is pulled by audit from its event ring.
#pragma once

#include "kernel/message.hpp"

namespace voltkeep::audit {

inline constexpr std::size_t payload_bound = 1024;   ///< bytes of an entry's payload
using Hash = std::array<std::uint8_t, 32>;            ///< SHA-256

/// What kind of entry: the words of the log. Security events carry OCPP's own name in the payload.
enum class Type : std::uint8_t {
    boot,           ///< the station started
    stop,           ///< the station stopped in order
    service,        ///< a service was started, died, was restarted: {"service","cause",...}
    policy,         ///< a message or a system call was refused
    security,       ///< a security event, by its name in OCPP's table
    connection,     ///< an outside connection: group, suite, certificates
    session,        ///< a step of a charging session
    transaction,    ///< started, updated, ended
    meter,          ///< a reading that is billed
    safety,         ///< a protection tripped, a stop and its class
    configuration,  ///< a setting was changed
    message,        ///< a step of a protocol: one V2G or OCPP message, with its turnaround
    gap,  ///< entries of a source are missing: its ring was too small, the disk was full, or it came too fast: {"of","missing"}
    checkpoint,  ///< begins a segment: what the log's writer must know of those before it
    last_ = checkpoint,
};

/// Adds one entry. The reply comes after it is durable. Who wrote is known by the channel.
/// payload: a JSON object, UTF-8. Errors: bad_argument (it is none), full, io: not stored, say it again.
struct Append {
    Type type = Type::session;
    std::uint8_t evse = 0;
    Text<payload_bound> payload;
    struct Appended {
        std::uint64_t index = 0;
    };
    using Reply = Appended;
};

/// For what may be lost under load (per-message steps): queued without waiting for the disk, counted when dropped.
struct AppendLater {
    Type type = Type::message;
    std::uint8_t evse = 0;
    Text<payload_bound> payload;
    using Reply = kernel::Done;
};

/// One entry as stored.
struct Entry {
    std::uint64_t index = 0;
    Text<24> source;                 ///< the service that wrote it
    std::uint64_t sequence = 0;      ///< per source, in one boot; of the process manager: its event's
    std::uint64_t boot = 0;          ///< counts the starts of the station
    std::int64_t monotonic_ns = 0;   ///< Instant of that boot
    std::int64_t wall_ms = 0;        ///< as the clock said then
    Type type = Type::session;
    std::uint8_t evse = 0;
    Text<payload_bound> payload;
    Hash hash{};                     ///< its leaf in the tree
};

/// Entries from index `from` on, as many as fit; an empty list means that there is none yet. More than there are: who asks has
/// followed a log that was set aside, and gets the one that began behind it from its first entry on.
struct Read {
    std::uint64_t from = 0;
    struct Entries {
        List<Entry, 8> entries;
    };
    using Reply = Entries;
};

/// The head of the log.
struct GetHead {
    struct Head {
        std::uint64_t size = 0;
        Hash hash{};                 ///< the root of the tree
        std::uint64_t dropped = 0;   ///< entries of AppendLater that were not stored
    };
    using Reply = Head;
};

/// How far the log is signed and sealed, and whether it was tampered with.
struct GetSeals {
    struct Seals {
        std::uint64_t signed_size = 0;  ///< entries under the last checkpoint
        std::uint64_t sealed_size = 0;  ///< entries under the last seal of the TPM
        std::uint64_t counter = 0;      ///< of the TPM, at that seal; 0: there is none
        std::int64_t sealed_ms = 0;     ///< wall clock, of the last seal since this process began; 0: none
        Text<200> problem;              ///< why it is not signed or not sealed now
        Text<200> alarm;                ///< what was done to the log, and
        std::uint64_t alarm_entry = 0;  ///< where
    };
    using Reply = Seals;
};

using Interface = kernel::Interface<Append, AppendLater, Read, GetHead, GetSeals>;

/// `appended` to whoever follows the log, with its size. `alarm` to who tells the CSMS that the log was tampered with: one more
/// than the entry that is named.
enum class Pulse : std::uint8_t { appended, alarm, last_ = alarm };

struct Config {
    bool has_tpm = false;  ///< rot and crypto have the log's keys; else its key is a file
};

}  // namespace voltkeep::audit
