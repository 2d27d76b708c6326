// SPDX-License-Identifier: Apache-2.0
// Any bytes as a frame and as a discovery datagram: what is accepted is made of the same bytes again.
#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/sdp.hpp"

using namespace voltkeep;
using namespace voltkeep::iso15118;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes input{reinterpret_cast<const std::byte*>(data), size};
    if (auto request = parse_sdp_request(input)) CHECK(std::ranges::equal(make_sdp_request(*request), input));
    if (auto response = parse_sdp_response(input)) CHECK(std::ranges::equal(make_sdp_response(*response), input));
    auto header = parse_v2gtp_header(input);
    if (!header) return 0;
    CHECK(header->length >= 1 && header->length <= v2gtp_max_payload);
    CHECK(std::ranges::equal(make_v2gtp_header(*header), input.first(v2gtp_header_size)));
    (void)decode_payload(header->type, input.subspan(v2gtp_header_size));
    return 0;
}
