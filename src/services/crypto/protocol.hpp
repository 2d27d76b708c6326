// SPDX-License-Identifier: Apache-2.0
// All private keys that the station uses, but for the TPM's own. A key is used for a purpose and for its caller, never for bytes:
// what is to be signed comes whole, and is refused if it does not have the shape of its purpose. An owned caller signs its own
// handshakes while it lives, and nothing else. TPM keys may take a second: every one of these is a `request` for its callers.
//
// Errors that Sign and GetPublic may bring: closed (the key's place does not answer: the TPM or the token is gone, or the
// software keys are not open yet), full (too many wait), refused, integrity.
#pragma once

#include "base/ids.hpp"
#include "kernel/message.hpp"

namespace voltkeep::crypto {

inline constexpr std::size_t content_bound = 2304;   ///< bytes of the longest thing that is signed: a record of the meter
inline constexpr std::uint8_t most_meters = 8;

enum class Key : std::uint8_t {
    tls_csms,           ///< TPM, ECDSA P-384
    tls_witness,        ///< TPM, ECDSA P-384
    meter,              ///< TPM, ECDSA P-256; one for each EVSE
    meter_record,       ///< software, ML-DSA-65: the record around a reading; one for each EVSE
    log,                ///< software, ML-DSA-44
    attestation_token,  ///< software, ML-DSA-65: the token around the TPM's quote
    secc,               ///< token, ECDSA P-521: the charger towards cars
    last_ = secc,
};

enum class Purpose : std::uint8_t {
    tls_client,           ///< the client's CertificateVerify of TLS 1.3
    certificate_request,  ///< a PKCS #10 CertificationRequestInfo for this very key
    reading,              ///< the payload of an OCMF record
    record,               ///< a whole OCMF record
    checkpoint,           ///< a checkpoint of the log
    token,                ///< the Sig_structure of a COSE_Sign1
    tls_server,           ///< the server's CertificateVerify of TLS 1.3
    last_ = tls_server,
};

/// Where a key lies. No private key ever leaves its place.
enum class Place : std::uint8_t { tpm, software, token, last_ = token };

/// Errors: refused (a security event), not_found (no such meter).
struct Sign {
    Key key = Key::tls_csms;
    EvseId evse;                         ///< of the meter's keys, else 0
    Purpose purpose = Purpose::tls_client;
    Blob<content_bound> content;
    struct Signature {
        Blob<3312> octets;               ///< ECDSA-Sig-Value, or ML-DSA's own form
    };
    using Reply = Signature;
};

/// The public half: SubjectPublicKeyInfo, DER. Errors: unsupported (of a key of the token: it is in the certificate).
struct GetPublic {
    Key key = Key::tls_csms;
    EvseId evse;
    struct Public {
        Blob<2048> spki;
    };
    using Reply = Public;
};

/// Where each key is, and when it was last used for what.
struct GetState {
    struct Use {
        Key key = Key::tls_csms;
        EvseId evse;
        Place place = Place::tpm;
        std::uint64_t uses = 0;          ///< since this process began
        std::uint64_t refusals = 0;      ///< likewise
        std::optional<Purpose> last;
        std::int64_t last_ms = 0;        ///< wall clock; 0: never
    };
    struct State {
        bool has_software_keys = false;  ///< they are open
        Text<220> reason;                ///< why not
        List<Use, 5 + 2 * most_meters> keys;
        bool has_token = false;  ///< its session is open
        Text<220> token_reason;  ///< why not
    };
    using Reply = State;
};

using Interface = kernel::Interface<Sign, GetPublic, GetState>;

struct Config {
    std::uint8_t meters = 0;             ///< readings of so many EVSEs are signed
    bool has_token = false;              ///< there is a secure element: the device `token`
};

}  // namespace voltkeep::crypto
