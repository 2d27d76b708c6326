// SPDX-License-Identifier: Apache-2.0
// A proof as a file (C2SP tlog-proof): that one entry is in a log, checked with the log's public key and nothing else. The entry
// itself is the file's extra data.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/audit_log/checkpoint.hpp"
#include "wire/audit_log/entry.hpp"

namespace voltkeep::audit_log {

inline constexpr std::size_t proof_file_bound = note_bound + 8 * 1024;   ///< bytes
inline constexpr std::size_t proof_path_bound = 64;                      ///< hashes: more levels has no tree

struct ProofFile {
    std::vector<std::byte> entry;    ///< as it is hashed, at most `entry_bound` bytes; empty: not in the file
    std::uint64_t index = 0;
    std::vector<Hash> path;          ///< from the leaf's sibling up
    std::string checkpoint;          ///< a signed note

    friend bool operator==(const ProofFile&, const ProofFile&) = default;
};

[[nodiscard]] std::string write_proof(const ProofFile& proof);
/// Errors: malformed. What is read is written again as the same bytes.
[[nodiscard]] Result<ProofFile> read_proof(std::string_view text);

/// What a proof proves.
struct Proven {
    Entry entry;
    std::uint64_t index = 0;
    Signed log;                      ///< the log that it is in, and who says so
};
/// Errors: malformed, unsupported, integrity (a signature, or the entry is not in that log).
[[nodiscard]] Result<Proven> check_proof(std::string_view text, std::span<const VerifierKey> keys);

}  // namespace voltkeep::audit_log
