// SPDX-License-Identifier: Apache-2.0
// What is measured: our log, SQLite, and a log of a million entries. Each works in a folder that is there and empty.
#pragma once

#include "writers.hpp"

namespace bench {

/// Our log, as `audit` keeps it: what came while the disk was busy is one commit, and each 64 entries or second is signed, in the
/// same thread.
[[nodiscard]] Appends append_to_log(const std::string& folder, int writers, voltkeep::Duration time);

/// SQLite with WAL and synchronous=FULL, the same fields in one table, a connection a writer and a transaction an entry.
[[nodiscard]] Appends append_to_sqlite(const std::string& folder, int writers, voltkeep::Duration time);
/// The same with one connection for all writers, and one transaction for what came while the disk was busy.
[[nodiscard]] Appends append_to_sqlite_grouped(const std::string& folder, int writers, voltkeep::Duration time);

struct Million {
    std::uint64_t entries = 0, checkpoints = 0, bytes = 0;
    double verify_s = 0;      ///< all entries, all roots, the last signature
    double verify_all_s = 0;  ///< every signature; 0: not measured
    double prove_s = 0;       ///< from the entries, without the tiles
    double check_us = 0;      ///< of the proof, with the public key
    std::size_t proof_bytes = 0;
    std::size_t signature_bytes = 0;  ///< of these: the checkpoint's signature line
    bool is_good = false;
};
[[nodiscard]] Million verify_a_million(const std::string& folder, std::uint64_t entries, bool every_signature);

}  // namespace bench
