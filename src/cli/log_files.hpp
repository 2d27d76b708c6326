// SPDX-License-Identifier: Apache-2.0
// A log as it lies in its folder, read without a station: to show, to verify and to prove. What it needs beside the files is the
// public key, which is not taken from the log: from a file that the reader has, or (the default) from the station's own folder of
// keys.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wire/audit_log/proof_file.hpp"
#include "wire/audit_log/verifier.hpp"

namespace voltkeep::cli {

/// The log's public key out of a PEM file. Errors: io, not_found, malformed (no ML-DSA-44 key).
[[nodiscard]] Result<std::vector<std::byte>> read_log_key(const std::string& file);
/// The station's own key, beside the log's folder: pki/audit/public.pem, or where the key is in crypto what audit has written of
/// it, state/audit/public.pem.
[[nodiscard]] std::string log_key_file(const std::string& folder);
/// `key`, or if it is empty that.
[[nodiscard]] Result<std::vector<std::byte>> log_key(const std::string& folder, const std::string& key);

/// All records of a log's folder, oldest first; what ended the walk, if it was not the end. Errors: not_found, io.
[[nodiscard]] Result<std::optional<audit_log::Damage>> each_record(
    const std::string& folder, const std::function<Result<>(const audit_log::Record&)>& visit);

/// The public halves of the TPM's keys (`log.pem` and `attestation.pem`) in `folder`, or if that is empty in pki/tpm beside the
/// log's folder; nothing, if there are none. Errors: io, malformed.
[[nodiscard]] Result<std::optional<audit_log::TpmKeys>> tpm_keys(const std::string& log, const std::string& folder);

/// `tpm`: whose seals are checked. Errors: not_found, io. What is wrong with the log is no error: it is in the result.
[[nodiscard]] Result<audit_log::Verifier::Result> verify_folder(const std::string& folder,
                                                                const std::vector<std::byte>& public_key, bool every_signature,
                                                                const std::optional<audit_log::TpmKeys>& tpm = {});

/// Copies a log's folder and the public keys beside it to `target`, which is made and has the form of a station's folder (log,
/// pki). A station may run: what is signed is copied before what it signs. Errors: bad_argument (there is something at `target`),
/// not_found, io.
[[nodiscard]] Result<> export_log(const std::string& folder, const std::string& target);

/// The proof of an entry, as a file. Errors: bad_argument (it is not signed, or there is none), integrity, not_found, io.
[[nodiscard]] Result<std::string> prove_entry(const std::string& folder, const std::vector<std::byte>& public_key,
                                              std::uint64_t index);
/// Errors: malformed, unsupported, integrity.
[[nodiscard]] Result<audit_log::Proven> check_entry(std::string_view proof, const std::vector<std::byte>& public_key);

}  // namespace voltkeep::cli
