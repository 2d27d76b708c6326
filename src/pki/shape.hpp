// SPDX-License-Identifier: Apache-2.0
// What the things that the station signs look like: a key that is kept for one kind signs nothing that is not of its shape. No
// two shapes have a text in common, so a signature for one purpose is never one for another. Functions of their arguments.
#pragma once

#include "base/text.hpp"

namespace voltkeep::pki {

enum class TlsRole : std::uint8_t { client, server };

/// What the CertificateVerify of TLS 1.3 signs: 64 spaces, the context string of that role, a zero octet and the hash of the
/// transcript.
//= RFC 8446 4.4.3
[[nodiscard]] bool is_tls13_certificate_verify(Bytes content, TlsRole role);

/// A PKCS #10 CertificationRequestInfo, whole and nothing behind it, whose public key is `spki` (SubjectPublicKeyInfo, DER).
[[nodiscard]] bool is_certificate_request_for(Bytes content, Bytes spki);

/// A checkpoint of a log: three lines, the log's origin, its size in decimal, its root in base64 (C2SP tlog-checkpoint, no
/// extension lines).
[[nodiscard]] bool is_checkpoint(Bytes content);

/// What an ML-DSA key signs of a checkpoint (C2SP tlog-cosignature): of a whole log, from its first entry on, by the log's own
/// name.
[[nodiscard]] bool is_timed_checkpoint(Bytes content);

/// The payload of an OCMF record: one JSON object on one line that begins with the format's version.
[[nodiscard]] bool is_reading(Bytes content);

/// A whole OCMF record, payload and signature: what a second signature goes around.
[[nodiscard]] bool is_record(Bytes content);

/// The Sig_structure of a COSE_Sign1 (RFC 9052 4.4): what an attestation token is signed as.
[[nodiscard]] bool is_cose_sign1(Bytes content);

}  // namespace voltkeep::pki
