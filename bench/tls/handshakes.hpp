// SPDX-License-Identifier: Apache-2.0
// Mutual TLS 1.3 handshakes as link@csms has them with a CSMS: both ends in this thread, no network between them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "tls/context.hpp"
#include "tls/remote_key.hpp"

namespace bench {

/// How the two ends agree on a key.
struct Exchange {
    const char* name;     ///< "hybrid-1024"
    const char* groups;   ///< OpenSSL's name of the one group
};
inline constexpr Exchange exchanges[] = {
    {"classical", "secp384r1"}, {"hybrid-768", "X25519MLKEM768"}, {"hybrid-1024", "SecP384r1MLKEM1024"}};

class Handshakes {
public:
    /// `pki`: of pki::make_development. `keys`: who signs for the station; null: this process has the key. Errors: tls.
    static voltkeep::Result<Handshakes> make(const std::string& pki, const Exchange& exchange,
                                             const voltkeep::tls::RemoteKeys* keys);

    /// From the first byte to both ends being done, nanoseconds. Errors: tls.
    voltkeep::Result<std::uint32_t> one();
    /// That crossed in the last one, both ways.
    [[nodiscard]] std::size_t octets() const { return octets_; }

private:
    Handshakes(voltkeep::tls::Context station, voltkeep::tls::Context csms)
        : station_(std::move(station)), csms_(std::move(csms)) {}
    voltkeep::tls::Context station_, csms_;
    std::size_t octets_ = 0;
};

}  // namespace bench
