// SPDX-License-Identifier: Apache-2.0
// The station's TPM 2.0, held by one process. A key is used for a purpose, never for bytes: what is to be signed comes whole, and
// is refused if it does not have the shape of its purpose. A real part signs about five times a second, so every one of these is
// a `request` for its callers, and the answers come in the order of urgency: handshakes, readings, the log.
//
// Errors that every message may bring: closed (there is no TPM: it is gone, mute, or not there yet; `changed` tells when that
// ends), full (too many wait), integrity (this is not the TPM that the station was set up with, or its key is not the one it
// was).
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "kernel/message.hpp"

namespace voltkeep::rot {

inline constexpr std::size_t content_bound = 2304;     ///< bytes of the longest thing that is signed: a reading
inline constexpr std::size_t secret_bound = 64;        ///< bytes of the longest thing that is sealed
inline constexpr std::size_t random_bound = 256;
inline constexpr std::uint8_t most_meters = 8;
using Digest = std::array<std::uint8_t, 32>;            ///< SHA-256

/// The keys of the TPM. Each is made at the first start and has one use.
enum class Key : std::uint8_t {
    tls_csms,      ///< ECDSA P-384: TLS client towards the CSMS
    tls_witness,   ///< ECDSA P-384: TLS client towards the witness of the log
    log,           ///< ECDSA P-256: checkpoints of the log
    attestation,   ///< ECDSA P-256, restricted: signs what the TPM itself says, and nothing else
    meter,         ///< ECDSA P-256, one for each EVSE: signed readings
    last_ = meter,
};

/// What a signature is for. Which key may serve which purpose, and for whom, stands in keys.cpp.
enum class Purpose : std::uint8_t {
    tls_client,            ///< the client's CertificateVerify of TLS 1.3
    certificate_request,   ///< a PKCS #10 CertificationRequestInfo for this very key
    checkpoint,            ///< a checkpoint of the log (C2SP tlog-checkpoint: origin, size, root)
    reading,               ///< the payload of an OCMF record
    last_ = reading,
};

/// Counters that only rise, over every cut of power.
enum class Counter : std::uint8_t {
    replay,     ///< the epoch of message numbers
    log,        ///< seals of the log
    meter,      ///< the epoch of signed readings
    firmware,   ///< the oldest release that may still run
    last_ = firmware,
};

/// Signs `content` with ECDSA and the hash that belongs to the key's curve.
/// Errors: refused (not this key's purpose, not this caller's key, or not of that shape), not_found (no such meter).
struct Sign {
    Key key = Key::tls_csms;
    EvseId evse;                            ///< of `meter`, else 0
    Purpose purpose = Purpose::tls_client;
    Blob<content_bound> content;
    struct Signature {
        Blob<144> der;                      ///< ECDSA-Sig-Value
    };
    using Reply = Signature;
};

/// The public half. Errors: not_found.
struct GetPublic {
    Key key = Key::tls_csms;
    EvseId evse;
    struct Public {
        Blob<160> spki;                     ///< SubjectPublicKeyInfo, DER
        Blob<256> area;                     ///< TPMT_PUBLIC: its attributes, for who verifies that the key cannot leave
    };
    using Reply = Public;
};

enum class Bank : std::uint8_t { sha256, sha384, last_ = sha384 };

/// A register as it was when it was quoted.
struct Measurement {
    std::uint8_t pcr = 0;
    Blob<48> value;
};

/// The registers of the boot and of the station (0 to 7, 11, 13, 14), signed with `attestation`. Errors: bad_argument (a nonce of
/// less than 32 bytes), unsupported (the TPM does not have this bank).
struct Quote {
    Bank bank = Bank::sha256;
    Blob<64> nonce;
    struct Quoted {
        Blob<256> attest;                   ///< TPMS_ATTEST as the TPM signed it
        Blob<144> der;                      ///< ECDSA-Sig-Value over SHA-256(attest)
        List<Measurement, 12> measurements;
    };
    using Reply = Quoted;
};

struct CounterRead {
    Counter counter = Counter::replay;
    struct Value {
        std::uint64_t value = 0;
    };
    using Reply = Value;
};

/// One more, kept over every cut of power. The part wears out: over the day's budget it is refused with `refused`, and the caller
/// says so.
struct CounterIncrement {
    Counter counter = Counter::replay;
    using Reply = CounterRead::Value;
};

/// One statement of the TPM, signed with `attestation`: when the counter had this value, this digest was known.
struct Certify {
    Counter counter = Counter::log;
    Digest digest{};
    struct Certified {
        std::uint64_t value = 0;
        Blob<256> attest;                   ///< TPMS_ATTEST; its extraData is the digest
        Blob<144> der;
    };
    using Reply = Certified;
};

/// Registers that the station itself extends: each until the next cut of power.
enum class Register : std::uint8_t {
    runtime,   ///< PCR 13: what is executed
    log,       ///< PCR 14: the head of the log
    last_ = log,
};

/// Extends the register in every bank with the bank's hash of these 32 bytes. Errors: refused (not this caller's register).
struct Extend {
    Register which = Register::log;
    Digest digest{};
    using Reply = kernel::Done;
};

/// While the counter is not above `at_most`.
struct Bound {
    Counter counter = Counter::firmware;
    std::uint64_t at_most = 0;
};

/// Wraps a secret so that this TPM alone gives it back, to the same service under the same label, and only while what it was
/// bound to holds.
struct Seal {
    Text<32> label;
    Blob<secret_bound> secret;
    bool is_bound_to_boot = false;          ///< to the registers 7 and 11 as they are now
    std::optional<Bound> bound;
    struct Sealed {
        Blob<1024> sealed;
    };
    using Reply = Sealed;
};

/// Errors: refused (another service's or another label's, or what it was bound to does not hold), malformed.
struct Unseal {
    Text<32> label;
    Blob<1024> sealed;
    struct Secret {
        Blob<secret_bound> secret;
    };
    using Reply = Secret;
};

/// From the TPM's own source. Errors: bad_argument (none, or more than the bound).
struct Random {
    std::uint16_t size = 32;
    struct Octets {
        Blob<random_bound> octets;
    };
    using Reply = Octets;
};

/// How the TPM is.
enum class Condition : std::uint8_t {
    absent,      ///< no TPM was reached yet
    starting,    ///< it is being set up or looked through
    ready,
    lost,        ///< it does not answer any more; what does not need it goes on
    refused,     ///< it answers, but must not be used: `reason` says why
    last_ = refused,
};

/// Where each key is and what it was used for last. Answered without the TPM.
struct GetState {
    struct Use {
        Key key = Key::tls_csms;
        EvseId evse;
        std::uint64_t uses = 0;              ///< since this process began
        std::optional<Purpose> last;         ///< none: a key of the TPM's own statements, or never used
        std::int64_t last_ms = 0;            ///< wall clock; 0: never
    };
    struct State {
        Condition condition = Condition::absent;
        Text<220> reason;                    ///< of `lost` and `refused`
        Text<64> part;                       ///< maker and version
        bool has_endorsement = false;        ///< the maker's certificate is in the part
        std::uint32_t resets = 0;            ///< of the TPM, in its life
        std::uint16_t increments_left = 0;   ///< of the day's budget
        std::uint16_t waiting = 0;           ///< requests
        std::uint32_t slowest_ms = 0;        ///< request since this process began, from its arrival
        List<Use, 4 + most_meters> keys;
    };
    using Reply = State;
};

using Interface =
    kernel::Interface<Sign, GetPublic, Quote, CounterRead, CounterIncrement, Certify, Extend, Seal, Unseal, Random, GetState>;

/// To who asks: the condition is another one. Its value is the condition.
enum class Pulse : std::uint8_t { changed, last_ = changed };

struct Config {
    std::uint8_t meters = 0;                 ///< readings of so many EVSEs are signed with a key of the TPM
};

}  // namespace voltkeep::rot
