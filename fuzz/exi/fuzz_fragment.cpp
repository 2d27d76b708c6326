// SPDX-License-Identifier: Apache-2.0
// Any bytes as a signed element: refused, or an element that encodes to the same bytes, because a digest is made over those.
#include "fuzzed_fragment.hpp"
#include "wire/iso15118/codec.hpp"

using namespace voltkeep;
using namespace voltkeep::iso15118;

namespace {

std::vector<std::byte> again(v2gtp_max_payload * 2);

template <class T>
void check(Bytes input) {
    auto element = decode_fragment<T>(input);
    if (!element) return;
    auto written = encode_fragment(*element, again);
    CHECK(written.has_value());
    CHECK(std::ranges::equal(Bytes(again).first(*written), input));
}

void check_signed_info(Bytes input, SignedInfoGrammar grammar) {
    auto signed_info = decode_signed_info(grammar, input);
    if (!signed_info) return;
    auto written = encode_fragment(*signed_info, grammar, again);
    CHECK(written.has_value());
    CHECK(std::ranges::equal(Bytes(again).first(*written), input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Bytes input{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    switch (static_cast<FuzzedFragment>(data[0])) {
        case FuzzedFragment::absolute_price_schedule: check<AbsolutePriceSchedule>(input); break;
        case FuzzedFragment::oem_provisioning_certificate_chain: check<SignedCertificateChain>(input); break;
        case FuzzedFragment::pnc_areq_authorization_mode: check<PnC_AReqAuthorizationMode>(input); break;
        case FuzzedFragment::price_level_schedule: check<PriceLevelSchedule>(input); break;
        case FuzzedFragment::signed_info: check_signed_info(input, SignedInfoGrammar::common_messages); break;
        case FuzzedFragment::signed_installation_data: check<SignedInstallationData>(input); break;
        case FuzzedFragment::signed_metering_data: check<SignedMeteringData>(input); break;
        case FuzzedFragment::signed_info_xmldsig: check_signed_info(input, SignedInfoGrammar::xmldsig); break;
    }
    return 0;
}
