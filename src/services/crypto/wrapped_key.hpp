// SPDX-License-Identifier: Apache-2.0
// Software keys at rest: AES-256-GCM under a key that only this TPM gives back. What a wrapped key is, which version of it, and
// under which profile it was made are part of what is authenticated: one put in the place of another, or an old one in the place
// of a new one, does not open. Functions of their arguments.
#pragma once

#include <vector>

#include "base/text.hpp"
#include "secret.hpp"

namespace voltkeep::crypto {

inline constexpr std::size_t wrapping_key_size = 32;
inline constexpr std::size_t wrapped_overhead = 4 + 12 + 16;   ///< format, nonce, tag

/// What a wrapped key is. It stands beside it, and is not secret.
struct WrappedAs {
    Text<32> id;                  ///< "log"
    std::uint32_t version = 1;    ///< counts this key's generations
    std::uint32_t profile = 0;    ///< number of the crypto profile that it was made under
};

/// Errors: bad_argument (no wrapping key), io.
[[nodiscard]] Result<std::vector<std::byte>> wrap_key(const Secret& wrapping_key, const WrappedAs& as, Bytes secret);
/// Errors: integrity (changed, another key's, or wrapped with another wrapping key), malformed, full.
[[nodiscard]] Result<Secret> unwrap_key(const Secret& wrapping_key, const WrappedAs& as, Bytes wrapped);

}  // namespace voltkeep::crypto
