// SPDX-License-Identifier: Apache-2.0
// The table of keys: where each is, what it signs, and for whom. Data and functions of it.
#pragma once

#include <string>
#include <vector>

#include "services/crypto/protocol.hpp"

namespace voltkeep::crypto {

struct KeyName {
    Key key = Key::tls_csms;
    EvseId evse;
    friend constexpr bool operator==(KeyName, KeyName) = default;
};

/// Every key of a station whose readings of so many EVSEs are signed.
[[nodiscard]] std::vector<KeyName> keys_of(std::uint8_t meters);
/// "log", "meter-record@2"
[[nodiscard]] std::string id_of(KeyName name);
[[nodiscard]] Place place_of(Key key);
/// OpenSSL's name; of a software key.
[[nodiscard]] const char* algorithm_of(Key key);

/// Whether the key may sign this for this caller, who may be bound to an EVSE. Errors: refused, with the reason for the log.
[[nodiscard]] Result<> may_sign(const Sign& wanted, std::string_view caller_type, EvseId caller_evse);

}  // namespace voltkeep::crypto
