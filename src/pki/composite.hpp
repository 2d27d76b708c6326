// SPDX-License-Identifier: Apache-2.0
// Composite signatures id-MLDSA65-Ed25519-SHA512 (OID 1.3.6.1.5.5.7.6.48, draft-ietf-lamps-pq-composite-sigs): for what must
// still be believed when one of the two is broken: firmware, crypto profiles, the policy. Both halves sign the same text under
// the same label, so that neither half is a signature of anything by itself. Values in, values out; the keys of a composite are
// used nowhere else.
#pragma once

#include <vector>

#include "pki/certificate.hpp"

namespace voltkeep::pki {

inline constexpr std::size_t composite_seed_size = 64;          ///< ML-DSA's seed, then Ed25519's
inline constexpr std::size_t composite_public_size = 1952 + 32;
inline constexpr std::size_t composite_signature_size = 3309 + 64;
inline constexpr std::size_t composite_context_bound = 255;

/// Both halves, private or public.
struct CompositeKey {
    Key ml_dsa;
    Key ed25519;
};

/// From random seeds. Errors: tls.
[[nodiscard]] Result<CompositeKey> make_composite_key();
/// The private key that this seed gives. Errors: malformed (its length), tls.
[[nodiscard]] Result<CompositeKey> composite_from_seed(std::span<const std::byte> seed);
/// Errors: malformed.
[[nodiscard]] Result<CompositeKey> composite_from_public(std::span<const std::byte> octets);

/// The seed of a private key; wipe it after use. Errors: tls (there is none).
[[nodiscard]] Result<std::vector<std::byte>> composite_seed(const CompositeKey& key);
[[nodiscard]] Result<std::vector<std::byte>> composite_public(const CompositeKey& key);

/// `context` says what the signature is for. Errors: bad_argument (a context over the bound), tls.
[[nodiscard]] Result<std::vector<std::byte>> composite_sign(const CompositeKey& key, std::span<const std::byte> message,
                                                            std::string_view context = {});
/// Errors: integrity (either half is not this key's signature of these bytes for this context), bad_argument.
[[nodiscard]] Result<> composite_verify(const CompositeKey& key, std::span<const std::byte> message,
                                        std::span<const std::byte> signature, std::string_view context = {});

}  // namespace voltkeep::pki
