// SPDX-License-Identifier: Apache-2.0
#include "wire/exi/json.hpp"

#include <gtest/gtest.h>

#include "wire/exi/json_fields.hpp"

namespace voltkeep::exi {
namespace {

TEST(Json, reads_and_writes_every_kind_of_value) {
    std::string_view text = R"({"a":[1,-2.5e+3,true,null],"b":{"c":"x\"\\y"},"d":[],"e":{}})";
    auto json = Json::parse(text);
    ASSERT_TRUE(json.has_value()) << json.error().what.view();
    EXPECT_EQ(json->text(), text);
    EXPECT_EQ(json->find("b")->string("c"), "x\"\\y");
}

TEST(Json, escapes_are_the_characters_that_they_mean) {
    EXPECT_EQ(Json::parse(R"("\u00e9\ud83d\udd0c\n")")->scalar(), "\xc3\xa9\xf0\x9f\x94\x8c\n");
    EXPECT_EQ(Json(std::string_view("\n")).text(), R"("\u000a")");
}

TEST(Json, refuses_what_is_not_json) {
    for (std::string_view text :
         {"",    "{",   "}",          "[1,]",    "{\"a\":1,}",  "{\"a\" 1}",   "{a:1}",    "01",     "1.",  "-",
          "1e",  "tru", "\"a",        "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"", "\"\n\"", "1 2", "{\"a\":1,\"a\":2}",
          "nul", "+1",  "\"\\u12g4\""}) {
        EXPECT_FALSE(Json::parse(text).has_value()) << text;
    }
}

TEST(Json, is_bounded_in_depth) {
    auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(Json::parse(nested(json_max_depth)).has_value());
    EXPECT_FALSE(Json::parse(nested(json_max_depth + 2)).has_value());
    EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')).has_value());
}

TEST(Json, the_order_of_members_does_not_matter) {
    EXPECT_EQ(*Json::parse(R"({"a":1,"b":2})"), *Json::parse(R"({"b":2,"a":1})"));
    EXPECT_NE(*Json::parse(R"({"a":1,"b":2})"), *Json::parse(R"({"a":1,"b":3})"));
    EXPECT_NE(*Json::parse("[1,2]"), *Json::parse("[2,1]"));
}

TEST(Base64, both_ways_for_every_remainder) {
    for (std::string_view text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
        std::array<std::byte, 16> out{};
        auto size = from_base64(to_base64(as_bytes(text)), out);
        ASSERT_TRUE(size.has_value());
        EXPECT_EQ(as_text(Bytes(out).first(*size)), text);
    }
    EXPECT_EQ(to_base64(as_bytes("fooba")), "Zm9vYmE=");
}

TEST(Base64, refuses_a_second_form_of_the_same_bytes) {
    std::array<std::byte, 16> out{};
    for (std::string_view text : {"Zm9vYmF=", "Zg=", "Zg", "Z===", "Zm9=Zm9v", "Zm9 "})
        EXPECT_FALSE(from_base64(text, out)) << text;
    EXPECT_FALSE(from_base64("Zm9vYmFyZm9vYmFyZm9vYmFy", std::span(out).first(2)).has_value());
}

TEST(Hex, refuses_odd_digits_and_too_many) {
    std::array<std::byte, 2> out{};
    EXPECT_EQ(from_hex("aBcD", out), 2u);
    EXPECT_EQ(out[1], std::byte{0xcd});
    for (std::string_view text : {"abc", "ag", "aabbcc"}) EXPECT_FALSE(from_hex(text, out).has_value()) << text;
}

}  // namespace
}  // namespace voltkeep::exi
