// SPDX-License-Identifier: Apache-2.0
// The checkpoints of the log: `checkpoints` keeps one of every 64 entries, and grows; `checkpoint` is of what came behind it,
// replaced as a whole. The larger one is that of now. The key is used in one place: the function that signs.
#pragma once

#include <optional>
#include <string>

#include "kernel/os.hpp"
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::audit {

/// Entries between two checkpoints that are kept.
inline constexpr std::uint64_t seal_every = 64;

/// Who signs: the public key (ML-DSA-44), and the function that has the private one.
struct SealKey {
    std::vector<std::byte> public_key;
    audit_log::Sign sign;

    /// From a PEM file. Errors: io, not_found, malformed (no ML-DSA-44 key).
    static Result<SealKey> load(const std::string& path);
};

class Seal {
public:
    Seal(std::string folder, SealKey key) : folder_(std::move(folder)), key_(std::move(key)) {}

    /// Reads what was sealed last. A cut-off end of `checkpoints` is what a write leaves that the power ended: `torn_bytes()`,
    /// and the next one is written over it. `damage()` says if there is a checkpoint that is not the key's. Errors: io.
    Result<> open(std::uint64_t generation);
    /// The last checkpoint that is good; none: nothing was ever sealed.
    [[nodiscard]] const std::optional<audit_log::Checkpoint>& last() const { return last_; }
    [[nodiscard]] const std::optional<std::string>& damage() const { return damage_; }
    [[nodiscard]] std::uint64_t torn_bytes() const { return torn_bytes_; }
    [[nodiscard]] std::uint64_t size() const { return last_ ? last_->size : 0; }

    /// Signs that the log has `size` entries and this root. Errors: full, io, tls.
    Result<> make(std::uint64_t size, const audit_log::Hash& root, std::uint64_t unix_s);

private:
    [[nodiscard]] std::size_t length_of_first() const;
    Result<> keep(std::string_view text);
    Result<> replace(std::string_view text);

    std::string folder_;
    SealKey key_;
    std::string origin_;
    std::optional<audit_log::Checkpoint> last_;
    kernel::os::Descriptor kept_file_;    ///< `checkpoints`, once it was written to
    std::uint64_t kept_ = 0;              ///< size of the last in `checkpoints`
    std::uint64_t kept_length_ = 0;       ///< bytes of them
    std::uint64_t torn_bytes_ = 0;        ///< of one that was cut off, when this began
    bool has_rest_ = false;               ///< behind them stands something else
    std::optional<std::string> damage_;
};

}  // namespace voltkeep::audit
