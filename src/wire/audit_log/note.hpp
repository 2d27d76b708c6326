// SPDX-License-Identifier: Apache-2.0
// A signed note (C2SP signed-note): a text, an empty line, and a line for each signature. Whoever knows a key's verifier line
// ("vkey") can check it; lines of keys that he does not know are passed over.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::audit_log {

inline constexpr std::size_t note_bound = 80 * 1024;        ///< bytes of a whole note: 16 signatures of a post-quantum key
inline constexpr std::size_t note_signature_bound = 16;     ///< signatures of a note
inline constexpr std::size_t key_name_bound = 255;          ///< bytes of a key's name, and of a log's origin

/// One signature line: who says to have signed, and the bytes.
struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    std::vector<std::byte> bytes;

    friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
    std::string text;                          ///< ends with a newline
    std::vector<NoteSignature> signatures;     ///< 1 to 16

    friend bool operator==(const Note&, const Note&) = default;
};

/// Errors: malformed (not this form, no UTF-8, control characters, over a bound). What is read is written again as the same
/// bytes.
[[nodiscard]] Result<Note> read_note(std::string_view text);
[[nodiscard]] std::string write_note(const Note& note);

/// The kinds of signature that the log knows, by their byte in signed-note.
enum class SignatureType : std::uint8_t {
    ed25519 = 0x01,     ///< over the text
    ecdsa_p256 = 0x02,  ///< over the text, SHA-256, DER
    ml_dsa_44 = 0x06,   ///< tlog-cosignature: with a time, over name, origin, size and root
};

/// The public half of a key that signs notes: whose it is, of which kind, and its bytes (Ed25519 32, ML-DSA-44 1312, ECDSA a DER
/// SPKI).
struct VerifierKey {
    std::string name;
    SignatureType type = SignatureType::ed25519;
    std::vector<std::byte> key;

    friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

/// The bytes of an ECDSA key: the SPKI of an uncompressed P-256 point (65 bytes).
[[nodiscard]] std::vector<std::byte> p256_key(Bytes point);
/// No space, no plus, no control character, valid UTF-8, 1 to 255 bytes.
[[nodiscard]] bool is_key_name(std::string_view name);
/// The first four bytes of SHA-256(name | newline | type | key); for ECDSA of the SPKI alone.
[[nodiscard]] std::uint32_t key_id(const VerifierKey& key);
/// "name+id+base64(type | key)". Errors: malformed (also: an id that is not the key's), unsupported (another kind of signature).
[[nodiscard]] Result<VerifierKey> read_verifier_key(std::string_view text);
[[nodiscard]] std::string write_verifier_key(const VerifierKey& key);

/// The plain signature over `message`. Errors: integrity, malformed (no key of that kind).
[[nodiscard]] Result<> verify_bytes(const VerifierKey& key, Bytes message, Bytes signature);

}  // namespace voltkeep::audit_log
