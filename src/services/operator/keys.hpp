// SPDX-License-Identifier: Apache-2.0
// Where each of the station's private keys is, and when it was last used for what: what the keepers of the keys say, as JSON.
#pragma once

#include <string>

#include "services/crypto/protocol.hpp"
#include "services/rot/protocol.hpp"

namespace voltkeep::operator_door {

/// {"tpm":"ready","reason":"","part":"...","has_endorsement":true,"resets":3,...,"software_keys":true,...,"token":true,...,
/// "keys":[{"key":"tls-csms","place":"tpm","uses":1,"last":"tls_client","last_ms":...},...]}. Who does not answer is named by its
/// error, and has no keys in the list.
[[nodiscard]] std::string keys_object(const Result<rot::GetState::State>& tpm, const Result<crypto::GetState::State>& software);

/// Of a station without a TPM: {"tpm":"none","keys":[]}.
[[nodiscard]] std::string no_keys_object();

}  // namespace voltkeep::operator_door
