// SPDX-License-Identifier: Apache-2.0
// What a candidate profile goes through before it may be active: each of its algorithms in two implementations that share nothing
// (OpenSSL and Botan), and a handshake with its own lists. Runs in a process of its own: a wrong implementation takes nobody with
// it.
#pragma once

#include <string>
#include <vector>

#include "profile.hpp"

namespace voltkeep::crypto {

/// One thing that was tried.
struct Finding {
    std::string what;      ///< "ML-KEM-1024 in two implementations"
    bool is_good = false;
    std::string why;       ///< of a bad one
};

/// The same seed gives the same key in both; what one encapsulates the other opens; what was changed on its way gives both the
/// same other secret (FIPS 203: implicit rejection). Name: "ML-KEM-768", "ML-KEM-1024". Errors: unsupported, integrity.
[[nodiscard]] Result<> compare_kem(std::string_view name, int rounds);

/// The same seed gives the same key in both; what one signs the other verifies, and refuses when it was changed.
/// Name: "ML-DSA-44", "ML-DSA-65", "ML-DSA-87". Errors: unsupported, integrity.
[[nodiscard]] Result<> compare_signatures(std::string_view name, int rounds);

/// A handshake of two ends with these rules, in memory, with keys made for it. The group that was negotiated. `client_groups`:
/// other groups that the client's end has. Errors: tls (there was none), integrity (below the floor).
[[nodiscard]] Result<std::string> shadow_handshake(const PeerRules& rules, std::string_view client_groups = {});

/// Everything that the profile names. It is good if all findings are.
[[nodiscard]] std::vector<Finding> try_profile(const Profile& profile, int rounds);

}  // namespace voltkeep::crypto
