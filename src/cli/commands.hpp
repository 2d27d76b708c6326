// SPDX-License-Identifier: Apache-2.0
// The subcommands of `voltkeep`. Each returns the exit status: 0 good, 1 a check failed, 2 wrong use or the machine cannot.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace voltkeep::cli {

/// `voltkeep status [--json] [--watch]`
Result<int> status_command(const std::string& state, bool json, bool watch);

/// `voltkeep trips`: what is latched at each EVSE, and what is there now.
Result<int> trips_command(const std::string& state, bool json);
/// `voltkeep trips acknowledge EVSE [REASON...]`: what is latched there now is acknowledged; 1 if something stays, because its
/// cause does.
Result<int> trips_acknowledge_command(const std::string& state, int evse, const std::string& reason);

struct LogView {
    std::uint64_t from = 0;  ///< index of the first entry
    std::uint64_t last = 0;  ///< only so many at the end; 0: all
    bool follow = false;     ///< until Ctrl-C
    bool json = false;
    std::string source, type;  ///< only entries of this service ("session", "meter@1") and this type; empty: of all
    int evse = 0;              ///< and of this EVSE; 0: of all
};
/// `voltkeep log show`
Result<int> log_show_command(const std::string& state, const LogView& view);
/// `voltkeep log export FOLDER`: a copy of the log with the public keys, for who verifies it elsewhere; 1 if it is not as it was
/// written.
Result<int> log_export_command(const std::string& state, const std::string& target);
struct LogVerification {
    std::string key;  ///< the log's public key, PEM; empty: the station's
    std::string tpm;  ///< folder with the TPM's; empty: the station's, if it has one
    bool every_signature = false;
    bool json = false;
};
/// `voltkeep log verify [PATH]`: a log's folder; offline, needs no running station.
Result<int> log_verify_command(const std::string& folder, const LogVerification& how);
/// `voltkeep log prove INDEX`: the proof that an entry is in the log, to the standard output.
Result<int> log_prove_command(const std::string& folder, const std::string& key, std::uint64_t index);
/// `voltkeep log check PROOF`: with the public key alone.
Result<int> log_check_command(const std::string& file, const std::string& key);

/// `voltkeep replay [WHAT]`: an EVSE's number, power@N, session@N, a transaction, a file; all if empty. Offline.
Result<int> replay_command(const std::string& state, const std::string& what, bool json);
/// `voltkeep meter verify FILE [--key PUB]`: are these readings as they were signed; offline, with a public key alone.
Result<int> meter_verify_command(const std::string& path, const std::string& key_path, bool json);
/// `voltkeep meter export FILE`: the same readings as the XML file that the transparency software opens, on standard output.
Result<int> meter_export_command(const std::string& path);
/// `voltkeep meter readings [TRANSACTION]`: what the reference CSMS of a running station has been sent of a transaction (default:
/// the newest), one TransactionEvent a line, on standard output: a FILE for the two others.
Result<int> meter_readings_command(const std::string& state, const std::string& transaction);

/// `voltkeep policy check|show|graph|score|secpol`, and `why A B`
Result<int> policy_command(const std::string& manifests, const std::string& what);
Result<int> policy_why_command(const std::string& manifests, const std::string& from, const std::string& to);

/// `voltkeep evse stop EVSE`, `present EVSE TOKEN [TYPE]`: what somebody at the station does, by the operator's door.
Result<int> evse_command(const std::string& state, const std::string& request);

/// `voltkeep ev plug|unplug EVSE`: speaks to a running `voltkeep run`.
Result<int> ev_command(const std::string& state, const std::string& verb, int evse);

/// Line after line from standard input through a pure function: `v2g decode|encode`, `ocpp check`. An error never stops the
/// stream.
int lines_command(std::string (*convert)(std::string_view line));

}  // namespace voltkeep::cli
