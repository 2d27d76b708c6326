// SPDX-License-Identifier: Apache-2.0
// Any line: both directions answer with one JSON object on one line.
#include "wire/exi/json.hpp"
#include "wire/iso15118/json_lines.hpp"

using namespace voltkeep;
using namespace voltkeep::iso15118;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view line{reinterpret_cast<const char*>(data), size};
    for (auto* work : {decode_json_line, encode_json_line}) {
        std::string answer = work(line);
        CHECK(!answer.contains('\n'));
        auto json = exi::Json::parse(answer);
        CHECK(json.has_value() && json->is_object());
    }
    return 0;
}
