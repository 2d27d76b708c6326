// SPDX-License-Identifier: Apache-2.0
// SHA-256 and base64 (RFC 4648, 4), as everything around the log uses them.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace voltkeep::audit_log {

using Hash = std::array<std::uint8_t, 32>;

/// Of all pieces, one behind the other.
[[nodiscard]] Hash sha256(std::initializer_list<Bytes> pieces);

[[nodiscard]] std::string to_base64(Bytes bytes);
/// Errors: malformed. Only what `to_base64` writes is taken, so that the same bytes have one text: padded, no white space, no
/// spare bits.
[[nodiscard]] Result<std::vector<std::byte>> from_base64(std::string_view text);

/// A number without a sign or a leading zero. Errors: malformed (also: over 2^64 - 1).
[[nodiscard]] Result<std::uint64_t> read_decimal(std::string_view text);
/// 32 bytes of base64. Errors: malformed.
[[nodiscard]] Result<Hash> read_hash(std::string_view text);

}  // namespace voltkeep::audit_log
