// SPDX-License-Identifier: Apache-2.0
// The development PKI: every certificate and key that one station, its CSMS and its cars need on one machine, made at the first
// start and kept. Each subject carries the name below, so that nobody takes it for anything else. Keys are files of mode 0600;
// of a station with a TPM some are in that, and no file.
//
//   <directory>/authorities/<name>/{certificate,key}.pem     the CAs; no service may read them
//   <directory>/station/{chain,key,trust}.pem                TLS client of link@csms; trust: the CSMS's roots
//   <directory>/csms/{chain,key,trust}.pem                   TLS server of the reference CSMS; trust: the stations' roots
//   <directory>/secc/{chain,key,trust}.pem                   TLS server of link@ev; trust: V2G and OEM roots
//   <directory>/vehicle/{chain,key,trust}.pem                TLS client of the car; trust: the V2G root
//   <directory>/tpm/{tls-csms,meter@N}.pem                   read, if keys are in the TPM: their public halves. Then there is
//                                                            no key.pem in station and meter@N; one that was there is removed
//   <directory>/token/secc.pem                               likewise of the token: then there is no key.pem in secc
//   <directory>/meter@N/{key,public}.pem                     signs the readings of one meter; no certificate: it is registered
//   <directory>/audit/{key,public}.pem                       signs the checkpoints of the log; no certificate. With a TPM the key
//   is in
//                                                            crypto, and no file of it is here
//
// chain: the leaf first, then its sub-CAs, without the root. station and csms have a second certificate for the same key, in
// chain-ml-dsa-87.pem, from an ML-DSA-87 root that both trust.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::pki {

inline constexpr std::string_view development_name = "Voltkeep development PKI";

/// ISO 15118-20 certificateType: the longest certificate that a car has to take, in bytes of DER.
inline constexpr std::size_t v2g_certificate_bound = 1600;

struct Development {
    std::string directory;                ///< made if it is not there
    std::string station = "VK-DEV-0001";  ///< serial number of the station: the common name of its certificate (OCPP A00.FR.505)
    std::string csms_host = "localhost";  ///< the name by which the station reaches the CSMS
    std::string secc = "DEVKS0001";       ///< SECC identifier
    std::string vehicle = "WMIDEV0001";   ///< EVCCID
    int meters = 1;                       ///< each with a key of its own
    bool has_tpm = false;                 ///< which has the station's key
    int meters_in_tpm = 0;                ///< and those of so many meters
    bool has_token = false;               ///< which has the SECC's key
};

/// Makes what is missing, expired, half-made or of another name; leaves the rest as it is. Every file appears whole or not at
/// all. The paths that were written, relative to the directory. Errors: io, tls,
/// malformed (a public half of the TPM).
[[nodiscard]] Result<std::vector<std::string>> make_development(const Development& wanted, WallTime now);

}  // namespace voltkeep::pki
