// SPDX-License-Identifier: Apache-2.0
// Bytes on which independent codecs agree (vectors/README.md): each decodes to its fields and encodes to its bytes.
#include <gtest/gtest.h>

#include <fstream>

#include "wire/exi/json.hpp"
#include "wire/iso15118/json_lines.hpp"

namespace voltkeep::iso15118 {
namespace {

using exi::Json;

constexpr std::string_view folder = "src/wire/iso15118/vectors/";

std::vector<std::string> lines_of(std::string_view file) {
    std::ifstream in(std::string(folder) + std::string(file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

Json parsed(std::string_view text) {
    auto json = Json::parse(text);
    EXPECT_TRUE(json.has_value()) << text;
    return json.value_or(Json());
}

/// Decoding gives the fields and encoding the bytes; nothing else on the line helps.
void expect_both_ways(const Json& vector) {
    SCOPED_TRACE(vector.string("name"));
    Json to_decode = vector;
    to_decode.remove("fields");
    Json decoded = parsed(decode_json_line(to_decode.text()));
    ASSERT_NE(decoded.find("fields"), nullptr) << decoded.string("error");
    EXPECT_EQ(*decoded.find("fields"), *vector.find("fields")) << decoded.find("fields")->text() << "\n"
                                                               << vector.find("fields")->text();

    Json to_encode = vector;
    to_encode.remove("hex");
    Json encoded = parsed(encode_json_line(to_encode.text()));
    EXPECT_EQ(encoded.string("hex"), vector.string("hex")) << encoded.string("error");
}

TEST(Vectors, every_golden_message_both_ways) {
    auto lines = lines_of("golden.jsonl");
    EXPECT_EQ(lines.size(), 51u);
    for (const std::string& line : lines) expect_both_ways(parsed(line));
}

TEST(Vectors, every_random_instance_both_ways) {
    auto lines = lines_of("random.jsonl");
    EXPECT_EQ(lines.size(), 350u);
    for (const std::string& line : lines) expect_both_ways(parsed(line));
}

}  // namespace
}  // namespace voltkeep::iso15118
