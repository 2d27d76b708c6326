// SPDX-License-Identifier: Apache-2.0
// A checkpoint (C2SP tlog-checkpoint): the log's word for what it is at one size, as a signed note.
//
//   origin newline  size newline  base64(root) newline  newline  signatures
//
// An ML-DSA-44 signature is the timestamped one of tlog-cosignature: it binds name, time, origin, size and root. It does not bind
// the extension lines that the format allows, so a checkpoint with such lines is refused: this log writes none.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/audit_log/merkle.hpp"
#include "wire/audit_log/note.hpp"

namespace voltkeep::audit_log {

struct Checkpoint {
    std::string origin;          ///< names the log: 1 to 255 bytes, as a key's name
    std::uint64_t size = 0;      ///< entries
    Hash root{};

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The text of the note, without signatures. Errors of read: malformed, unsupported (extension lines).
[[nodiscard]] std::string write_checkpoint(const Checkpoint& checkpoint);
[[nodiscard]] Result<Checkpoint> read_checkpoint(std::string_view text);

/// What a key of this kind signs: tlog-cosignature's message for ML-DSA-44, which binds `unix_s`, the text for the others.
[[nodiscard]] std::vector<std::byte> message_of(const Checkpoint& checkpoint, const VerifierKey& key, std::uint64_t unix_s);
/// The signature line of `key`, of its bare signature over that message.
[[nodiscard]] NoteSignature line_of(const VerifierKey& key, std::uint64_t unix_s, Bytes signature);

/// Signs bytes with the private half of a key.
using Sign = std::function<Result<std::vector<std::byte>>(Bytes message)>;

/// Both at once, where the key is at hand. Errors: what `sign` says.
[[nodiscard]] Result<NoteSignature> sign_checkpoint(const Checkpoint& checkpoint, const VerifierKey& key, std::uint64_t unix_s,
                                                    const Sign& sign);

/// A checkpoint whose signatures were checked.
struct Signed {
    Checkpoint checkpoint;
    std::vector<std::size_t> by;     ///< which of the keys, in their order
    std::uint64_t unix_s = 0;        ///< the latest time that a signature binds; 0: none does
};

/// Reads a note and checks every signature of a key that is known. One that fails refuses the note; at least one must be there.
/// Errors: malformed, unsupported, integrity.
[[nodiscard]] Result<Signed> check_checkpoint(std::string_view note, std::span<const VerifierKey> keys);

}  // namespace voltkeep::audit_log
