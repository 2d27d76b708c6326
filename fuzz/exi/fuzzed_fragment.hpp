// SPDX-License-Identifier: Apache-2.0
// The input of the fragment fuzzer: one byte that says which element in which grammar, then the stream.
#pragma once

#include <cstdint>

namespace voltkeep::iso15118 {

enum class FuzzedFragment : std::uint8_t {
    absolute_price_schedule,
    oem_provisioning_certificate_chain,
    pnc_areq_authorization_mode,
    price_level_schedule,
    signed_info,
    signed_installation_data,
    signed_metering_data,
    signed_info_xmldsig,
};

}  // namespace voltkeep::iso15118
