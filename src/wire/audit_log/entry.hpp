// SPDX-License-Identifier: Apache-2.0
// One entry of the audit log as bytes: deterministic CBOR (RFC 8949, 4.2), an array of eight. The same entry is always the same
// bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::audit_log {

inline constexpr std::size_t entry_bound = 2048;   ///< bytes of an encoded entry

struct Entry {
    std::string source;               ///< the service that wrote it, known by its channel; at most 24 characters
    std::uint64_t sequence = 0;       ///< counts the entries of that source in one boot
    std::uint64_t boot = 0;           ///< counts the starts of the station
    std::int64_t monotonic_ns = 0;    ///< clock of that boot; not negative
    std::int64_t wall_ms = 0;         ///< since 1970; not negative
    std::string type;                 ///< a word of the catalogue; at most 24 characters
    std::uint8_t evse = 0;
    std::string payload;              ///< a JSON object; at most 1024 bytes

    friend bool operator==(const Entry&, const Entry&) = default;
};

[[nodiscard]] std::vector<std::byte> encode(const Entry& entry);

/// Errors: malformed (not this shape, not the shortest form, trailing bytes, over a bound).
[[nodiscard]] Result<Entry> decode(Bytes bytes);

}  // namespace voltkeep::audit_log
