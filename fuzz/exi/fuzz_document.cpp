// SPDX-License-Identifier: Apache-2.0
// Any bytes as a document of the schema set that FUZZED names: refused, or a message that encodes to the same bytes and that JSON
// holds whole.
#include <algorithm>
#include <cstdlib>

#include "schema_names.hpp"
#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/message_json.hpp"

using namespace voltkeep;
using namespace voltkeep::iso15118;

namespace {
Schema fuzzed() {
    const char* const subject = std::getenv("FUZZED");
    const auto found = std::ranges::find(schema_names, std::string_view(subject ? subject : "common_messages"));
    CHECK(found != schema_names.end());
    return static_cast<Schema>(found - schema_names.begin());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Schema schema = fuzzed();
    static std::vector<std::byte> again(v2gtp_max_payload * 2);
    Bytes input{reinterpret_cast<const std::byte*>(data), size};
    exi::Failure why;
    auto message = decode(schema, input, &why);
    CHECK(message.has_value() == (why.fault == exi::Fault::none));
    CHECK(why.bit <= size * 8);
    if (!message) return 0;

    auto written = encode(*message, again);
    CHECK(written.has_value());
    CHECK(std::ranges::equal(Bytes(again).first(*written), input));

    auto json = exi::Json::parse(to_json(*message).text());
    CHECK(json.has_value());
    auto back = message_from_json(name(*message), *json);
    CHECK(back.has_value() && *back == *message);
    return 0;
}
