// SPDX-License-Identifier: Apache-2.0
// `voltkeep meter`: what a customer, an inspector or a CSMS does with signed readings. Needs no station and no private key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/ocmf/container.hpp"

namespace voltkeep::cli {

/// Signed records in a text: the transparency software's XML, one OCMF record a line, or JSON of OCPP (a SignedMeterValue, or
/// whatever has some in it). Errors: malformed.
[[nodiscard]] Result<std::vector<ocmf::Signed>> signed_values(std::string_view text);

struct Verified {
    bool is_good = false;
    std::string why;                         ///< if it is not
    std::optional<ocmf::Payload> payload;    ///< if it could be read
};
/// `key`: PEM, or DER in hexadecimal or base64; empty: the one beside the record, which proves nothing about who signed.
[[nodiscard]] Verified verify(const ocmf::Signed& value, std::string_view key);

}  // namespace voltkeep::cli
