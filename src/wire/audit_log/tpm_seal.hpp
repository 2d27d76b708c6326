// SPDX-License-Identifier: Apache-2.0
// What the station's TPM says of the log, a line each in the file `seals`:
//
//   size root signature                               newline     the log's key in the TPM (ECDSA P-256) signs the checkpoint's
//   text size root signature counter statement signature   newline     and TPM2_NV_Certify: the log's counter had this value when
//   SHA-256 of
//                                                                 that text was known to the TPM. This is a seal
//
// The text is that of the checkpoint (origin, size, root). No key of the station's software can make such a line, and the counter
// never goes back: who cuts the log off behind an earlier seal has fewer seals than the counter says.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wire/audit_log/checkpoint.hpp"

namespace voltkeep::audit_log {

inline constexpr std::size_t tpm_seal_bound = 1024;  ///< bytes of a line

struct TpmSeal {
    std::uint64_t size = 0;  ///< entries
    Hash root{};
    std::vector<std::byte> signature;  ///< ECDSA-Sig-Value of the log's key
    struct Certified {
        std::uint64_t counter = 0;
        std::vector<std::byte> statement;  ///< TPMS_ATTEST
        std::vector<std::byte> signature;  ///< ECDSA-Sig-Value of the attestation key over it
        friend bool operator==(const Certified&, const Certified&) = default;
    };
    std::optional<Certified> certified;

    friend bool operator==(const TpmSeal&, const TpmSeal&) = default;
};

/// One line, with its newline.
[[nodiscard]] std::string write_tpm_seal(const TpmSeal& seal);
/// Without its newline. Errors: malformed. What is read is written again as the same bytes.
[[nodiscard]] Result<TpmSeal> read_tpm_seal(std::string_view line);

/// The public halves of the TPM's keys: SubjectPublicKeyInfo of P-256, DER.
struct TpmKeys {
    std::vector<std::byte> log, attestation;
};

/// What the TPM states of itself beside the counter.
struct TpmState {
    std::vector<std::byte> index;  ///< name of the counter: another one has another
    std::uint32_t resets = 0;      ///< of the TPM; it only rises
};

/// Both signatures, and that the statement is of this checkpoint and this counter. `key_name` names the key in what is said.
/// Nothing for a line without a counter. Errors: integrity, malformed.
[[nodiscard]] Result<std::optional<TpmState>> check_tpm_seal(const TpmSeal& seal, std::string_view origin, const TpmKeys& keys);

}  // namespace voltkeep::audit_log
