// SPDX-License-Identifier: Apache-2.0
// The table of the TPM's keys: what each is, what it may sign, and for whom. Data and functions of it: no TPM.
#pragma once

#include <tss2/tss2_tpm2_types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/rot/protocol.hpp"

namespace voltkeep::rot {

struct KeyRow {
    Key key;
    std::string_view role;  ///< "tls-csms"; of a meter "meter@N". It stands in the key itself (see role_digest)
    TPMI_ECC_CURVE curve;
    TPMI_ALG_HASH hash;
    bool is_restricted;                        ///< signs what the TPM itself says, and nothing from outside
    std::span<const Purpose> purposes;
    std::span<const std::string_view> callers; ///< types of services that may have it sign
};

[[nodiscard]] const KeyRow& row_of(Key key);

/// One key of this station.
struct KeyName {
    Key key = Key::tls_csms;
    EvseId evse;
    friend constexpr bool operator==(KeyName, KeyName) = default;
};

/// Every key of a station whose readings of so many EVSEs are signed.
[[nodiscard]] std::vector<KeyName> keys_of(std::uint8_t meters);

[[nodiscard]] std::string role_of(KeyName name);

/// What this key is, as it is made and as it is expected at every later start. The digest of its role takes the place of a
/// policy: no policy leads to it, and the TPM itself vouches for it. So a key's wrapped form put in the place of another's is
/// noticed.
[[nodiscard]] TPM2B_PUBLIC template_of(KeyName name);

/// Whether the key may sign this for this caller. Errors: refused, with the reason for the log.
[[nodiscard]] Result<> may_sign(const Sign& wanted, std::string_view caller_type, Bytes spki);

/// Who may extend it. Errors: refused.
[[nodiscard]] Result<> may_extend(Register which, std::string_view caller_type);
[[nodiscard]] std::uint8_t pcr_of(Register which);

/// What is quoted, and what a secret is bound to. One bit for each register.
inline constexpr std::uint32_t quoted_pcrs = 0x68ff;   // 0 to 7, 11, 13, 14
inline constexpr std::uint32_t boot_pcrs = 1u << 7 | 1u << 11;

/// Lower is sooner: a handshake waits for its answer in milliseconds, a seal of the log does not.
enum class Urgency : std::uint8_t { handshake, reading, other, seal, last_ = seal };
[[nodiscard]] Urgency urgency_of(Purpose purpose);

}  // namespace voltkeep::rot
