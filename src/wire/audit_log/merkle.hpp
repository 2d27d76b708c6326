// SPDX-License-Identifier: Apache-2.0
// The Merkle tree over the entries, as RFC 6962 has it: leaf = SHA-256(0x00 | entry), node = SHA-256(0x01 | left | right).
// Whoever has a root can tell that an entry is in the log, and that a later log begins with this one, from a few hashes and
// nothing else.
//
// A complete subtree of 2^level leaves is named by (level, index): it covers the leaves from index << level on.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "wire/audit_log/digest.hpp"

namespace voltkeep::audit_log {

[[nodiscard]] Hash leaf_hash(Bytes entry);
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);
/// Of the tree without a leaf: SHA-256 of nothing.
[[nodiscard]] Hash empty_root();
[[nodiscard]] std::string to_hex(const Hash& hash);

/// The tree as its writer keeps it: the roots of its complete subtrees, largest first. At most 64 hashes, whatever the size.
class Peaks {
public:
    Peaks() = default;
    /// From what was stored: one hash for each bit that is set in `size`, the highest first. Errors: malformed (another count).
    static Result<Peaks> restore(std::uint64_t size, std::vector<Hash> hashes);

    /// `completed(level, index, hash)` is told of each complete subtree that this leaf completes, itself (level 0) included.
    void append(const Hash& leaf, const std::function<void(unsigned, std::uint64_t, const Hash&)>& completed = {});
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] Hash root() const;
    [[nodiscard]] const std::vector<Hash>& hashes() const { return hashes_; }

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> hashes_;
};

/// Gives the hash of a complete subtree. Errors: what the storage says.
using Nodes = std::function<Result<Hash>(unsigned level, std::uint64_t index)>;

/// The root of the first `size` leaves.
[[nodiscard]] Result<Hash> root_of(std::uint64_t size, const Nodes& nodes);

/// That leaf `index` is in the tree of `size` leaves: RFC 6962, 2.1.1. Errors: bad_argument (index not below size).
[[nodiscard]] Result<std::vector<Hash>> prove_inclusion(std::uint64_t index, std::uint64_t size, const Nodes& nodes);
/// Errors: integrity (the proof does not lead from the leaf to the root).
[[nodiscard]] Result<> check_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> proof,
                                       const Hash& root);

/// That the tree of `to` leaves begins with the tree of `from` leaves: RFC 6962, 2.1.2. Errors: bad_argument (from 0 or above
/// to).
[[nodiscard]] Result<std::vector<Hash>> prove_consistency(std::uint64_t from, std::uint64_t to, const Nodes& nodes);
/// Errors: integrity.
[[nodiscard]] Result<> check_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> proof, const Hash& from_root,
                                         const Hash& to_root);

}  // namespace voltkeep::audit_log
