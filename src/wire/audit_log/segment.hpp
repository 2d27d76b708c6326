// SPDX-License-Identifier: Apache-2.0
// The entries as bytes of a file: records, one behind the other.
//
//   record = length of the entry (2 bytes, big-endian) | its complement (2 bytes) | entry | leaf hash (32 bytes)
//            (the complement tells a changed length from a write that was cut off; the hash tells which entry was changed)
//
// The hashes beside the entries prove nothing by themselves: what does is the tree over them, whose root a checkpoint signs.
#pragma once

#include <functional>
#include <optional>

#include "wire/audit_log/entry.hpp"
#include "wire/audit_log/merkle.hpp"

namespace voltkeep::audit_log {

/// Bytes of a record beside its entry.
inline constexpr std::size_t record_overhead = 4 + sizeof(Hash);

/// One record: what is appended to the file. `entry` is at most `entry_bound` bytes.
[[nodiscard]] std::vector<std::byte> make_record(Bytes entry, const Hash& leaf);

/// A record as it lies there.
struct Record {
    std::uint64_t index = 0;
    std::uint64_t offset = 0;    ///< in the bytes that are walked over
    Bytes encoded;               ///< the entry
    Hash leaf{};                 ///< of the entry
    Hash stored{};               ///< the hash beside it
};

/// Where and why a log stops being good.
struct Damage {
    std::uint64_t index = 0;     ///< of the first entry that is not as it was written
    std::uint64_t offset = 0;    ///< of its record, in the bytes that were read
    bool is_torn = false;        ///< the bytes end inside this record, and all before it is good: a write that was cut off
    std::string what;
};

/// What a walk over records came to.
struct Walk {
    std::uint64_t size = 0;      ///< good entries
    std::uint64_t length = 0;    ///< bytes of them
    std::optional<Damage> damage;
};

/// Walks over `bytes` and gives each whole record to `visit`; its error ends the walk, as damage at that record.
[[nodiscard]] Walk walk(Bytes bytes, std::uint64_t first_index, const std::function<Result<>(const Record&)>& visit);
/// The entry of a record. Errors: integrity (the hash beside it is another), malformed.
[[nodiscard]] Result<Entry> entry_of(const Record& record);

}  // namespace voltkeep::audit_log
