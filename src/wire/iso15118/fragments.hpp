// SPDX-License-Identifier: Apache-2.0
// The signed elements as fragments: the streams that digests and signatures are made over. For codec users see codec.hpp.
//
// A fragment's root code is the element's place among all element names of the schema set, sorted (CommonMessages has 281,
// XML-Signature alone has 45); the end of the fragment is a code of the same width, two above the last name.
#pragma once

#include <string_view>
#include <variant>

#include "wire/iso15118/message.hpp"

namespace voltkeep::iso15118 {

struct FragmentGrammar {
    unsigned names;  ///< distinct element names of the schema set
    [[nodiscard]] constexpr unsigned width() const { return static_cast<unsigned>(std::bit_width(names + 1)); }
    [[nodiscard]] constexpr unsigned end_code() const { return names + 1; }
};
inline constexpr FragmentGrammar common_messages_fragment{281};
inline constexpr FragmentGrammar xmldsig_fragment{45};

struct FragmentRoot {
    std::string_view name;
    unsigned code;
};

/// The signed elements of CommonMessages in the order of `fragment_roots`.
using Fragment = std::variant<AbsolutePriceSchedule, SignedCertificateChain, PnC_AReqAuthorizationMode, PriceLevelSchedule,
                              xmldsig::SignedInfo, SignedInstallationData, SignedMeteringData>;
inline constexpr std::array<FragmentRoot, 7> fragment_roots = {{{"AbsolutePriceSchedule", 0},
                                                                {"OEMProvisioningCertificateChain", 128},
                                                                {"PnC_AReqAuthorizationMode", 151},
                                                                {"PriceLevelSchedule", 167},
                                                                {"SignedInfo", 230},
                                                                {"SignedInstallationData", 231},
                                                                {"SignedMeteringData", 232}}};
inline constexpr FragmentRoot xmldsig_signed_info{"SignedInfo", 32};

}  // namespace voltkeep::iso15118
