// SPDX-License-Identifier: Apache-2.0
// The log as bytes: records, each with the hash of itself and of all before it. Whoever has the last hash can tell whether any
// byte before it was changed, dropped, moved or added, and at which entry.
//
//   record = length of the entry (2 bytes, big-endian) | its complement (2 bytes) | entry | hash (32 bytes)
//            (the complement tells a changed length from a write that was cut off)
//   hash   = SHA-256(0x00 | hash of the record before | entry); before the first: 32 zero bytes
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "wire/audit_log/entry.hpp"
#include "wire/audit_log/merkle.hpp"

namespace voltkeep::audit_log {

/// Bytes of a record beside its entry.
inline constexpr std::size_t record_overhead = 4 + sizeof(Hash);

/// The hash of an entry behind `before`.
[[nodiscard]] Hash chain(const Hash& before, Bytes entry);

/// One record: what is appended to the file. `entry` is at most `entry_bound` bytes.
[[nodiscard]] std::vector<std::byte> make_record(Bytes entry, const Hash& hash);

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
    Hash head{};
    std::optional<Damage> damage;
};

/// Walks over `bytes` from the hash `before` on, and gives each good entry to `visit` (index, entry, hash).
[[nodiscard]] Walk walk(Bytes bytes, std::uint64_t first_index, const Hash& before,
                        const std::function<void(std::uint64_t, const Entry&, const Hash&)>& visit);

}  // namespace voltkeep::audit_log
