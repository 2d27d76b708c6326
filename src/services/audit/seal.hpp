// SPDX-License-Identifier: Apache-2.0
// The checkpoints of the log: `checkpoints` keeps one of every 64 entries, and grows; `checkpoint` is of what came behind it,
// replaced as a whole. The larger one is that of now. The key is used in one place: the function that signs; of a station with
// a TPM it is in crypto, and what is to be signed goes there and comes back.
#pragma once

#include <optional>
#include <string>

#include "append_file.hpp"
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::audit {

/// Entries between two checkpoints that are kept.
inline constexpr std::uint64_t seal_every = 64;

/// Who signs: the public key (ML-DSA-44), and the function that has the private one.
struct SealKey {
    std::vector<std::byte> public_key;  ///< empty: crypto has not told it yet, which is so before the first checkpoint alone
    audit_log::Sign sign;               ///< empty: the key is in crypto

    /// From a PEM file. Errors: io, not_found, malformed (no ML-DSA-44 key).
    static Result<SealKey> load(const std::string& path);
    /// The public half alone, from PEM text. Errors: malformed.
    static Result<SealKey> of_public(std::string_view pem);
    /// SubjectPublicKeyInfo in DER as PEM, for who verifies the log. Errors: malformed.
    static Result<std::string> pem_of(Bytes spki);
};

/// A checkpoint that waits for its signature.
struct ToSign {
    audit_log::Checkpoint checkpoint;
    std::uint64_t unix_s = 0;
    std::vector<std::byte> message;  ///< what the key signs
};

class Seal {
public:
    Seal(std::string folder, SealKey key)
        : folder_(std::move(folder)), key_(std::move(key)), kept_file_(folder_ + "/checkpoints") {}

    /// Reads what was sealed last. A cut-off end of `checkpoints` is what a write leaves that the power ended: `torn_bytes()`,
    /// and the next one is written over it. `damage()` says if there is a checkpoint that is not the key's. Errors: io.
    Result<> open(std::uint64_t generation);
    /// The last checkpoint that is good; none: nothing was ever sealed.
    [[nodiscard]] const std::optional<audit_log::Checkpoint>& last() const { return last_; }
    [[nodiscard]] const std::optional<std::string>& damage() const { return damage_; }
    [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }
    [[nodiscard]] std::uint64_t size() const { return last_ ? last_->size : 0; }

    /// The key that was not known is known. `open` had no checkpoint.
    void know(std::vector<std::byte> public_key);
    [[nodiscard]] bool is_key_known() const { return !key_.public_key.empty(); }
    /// The key is here, and signs at once.
    [[nodiscard]] bool is_key_here() const { return static_cast<bool>(key_.sign); }
    [[nodiscard]] const std::string& origin() const { return origin_; }

    /// That the log has `size` entries and this root. The key is known.
    [[nodiscard]] ToSign prepare(std::uint64_t size, const audit_log::Hash& root, std::uint64_t unix_s) const;
    /// The signature of a key that is here. Errors: tls.
    [[nodiscard]] Result<std::vector<std::byte>> sign(const ToSign& wanted) const { return key_.sign(wanted.message); }
    /// Whether this is the key's signature, which another process has made. Errors: integrity.
    [[nodiscard]] Result<> check(const ToSign& wanted, Bytes signature) const;
    /// Errors: full, io.
    Result<> keep(const ToSign& wanted, Bytes signature);

private:
    [[nodiscard]] std::size_t length_of_first() const;
    [[nodiscard]] audit_log::VerifierKey key() const { return {origin_, audit_log::SignatureType::ml_dsa_44, key_.public_key}; }

    std::string folder_;
    SealKey key_;
    std::uint64_t generation_ = 1;
    std::string origin_;
    std::optional<audit_log::Checkpoint> last_;
    AppendFile kept_file_;                ///< `checkpoints`: one sync, which is what every 64 entries wait for
    std::uint64_t kept_ = 0;              ///< size of the last in it
    std::uint64_t torn_bytes_ = 0;        ///< of one that was cut off, when this began
    std::optional<std::string> damage_;
};

}  // namespace voltkeep::audit
