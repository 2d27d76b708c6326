// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/json.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voltkeep::ocpp {
namespace {

bool accepts(std::string_view text) { return check_json(text).has_value(); }

TEST(StrictJson, takes_every_form_of_rfc_8259) {
    for (const auto* text :
         {"{}", "[]", " [ 1 , 2.5e-3 , -0 , true , false , null ] ", R"({"a":{"b":["\u00e4\n\/\"\\"]},"":0})", "\"\xc3\xa4\"",
          R"("\ud83d\ude00")", "\"\xf0\x9f\x98\x80\"", "0", R"({"a":{"x":1},"b":{"x":1}})", "\"\x7f\""}) {
        EXPECT_TRUE(accepts(text)) << text;
    }
}

TEST(StrictJson, refuses_everything_else) {
    for (const auto* text :
         {"",        " ",        "{",         "[",          "[1",      "[1,",       "[1,]",        "{\"a\"",
          "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}",   "{'a':1}",   "[1 2]",       "{\"a\" 1}",
          "01",      "1.",       ".1",        "+1",         "-",       "1e",        "1e+",         "0x1",
          "NaN",     "Infinity", "-Infinity", "nul",        "True",    "{} {}",     "[] x",        "/**/[]",
          "\"\t\"",  "\"\n\"",   "\"",        "\"\\",       "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\xef\xbb\xbf{}",
          "]",       "}",        ",",         ":"}) {
        EXPECT_FALSE(accepts(text)) << text;
    }
}

TEST(StrictJson, refuses_what_is_not_utf_8) {
    for (const auto* text : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
        EXPECT_FALSE(accepts("\"" + std::string(text) + "\""));
        EXPECT_FALSE(is_utf8(text));
    }
    EXPECT_TRUE(accepts("\"\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\""));
}

TEST(StrictJson, refuses_half_a_surrogate_pair) {
    for (const auto* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\ud83d")", R"("\ud83d\u0041")"})
        EXPECT_FALSE(accepts(text)) << text;
}

TEST(StrictJson, refuses_a_name_twice_in_an_object_however_it_is_spelled) {
    EXPECT_FALSE(accepts(R"({"a":1,"a":1})"));
    EXPECT_FALSE(accepts(R"({"a":1,"b":2,"\u0061":3})"));
    EXPECT_FALSE(accepts(R"({"x":{"\u00e4":1,")"
                         "\xc3\xa4"
                         R"(":3}})"));
    EXPECT_TRUE(accepts(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"));
    EXPECT_EQ(check_json(R"([{"p":{"a":1,"a":1}}])").error().where, "/0/p/a");
}

TEST(StrictJson, refuses_too_deep_and_too_long) {
    EXPECT_TRUE(accepts(std::string(16, '[') + std::string(16, ']')));
    EXPECT_FALSE(accepts(std::string(17, '[') + std::string(17, ']')));
    EXPECT_FALSE(accepts(std::string(100'000, '[')));
    EXPECT_FALSE(check_json("[1,2,3]", {.bytes = 6}));
    EXPECT_TRUE(check_json("[1,2,3]", {.bytes = 7}));
}

TEST(StrictJson, refuses_more_names_than_it_can_compare) {
    const auto with = [](std::size_t names) {
        std::string text = "{";
        for (std::size_t i = 0; i < names; ++i) text += "\"" + std::to_string(i) + "\":0,";
        text.back() = '}';
        return text;
    };
    EXPECT_TRUE(accepts(with(kMostOpenNames)));
    EXPECT_FALSE(accepts(with(kMostOpenNames + 1)));
    EXPECT_TRUE(accepts("[" + with(kMostOpenNames) + "," + with(kMostOpenNames) + "]"));
}

TEST(StrictJson, counts_depth_and_characters) {
    const std::string_view text = R"({"a":["}]",{}],"b":1})";
    EXPECT_EQ(depth_of(*check_json(text)), 3u);
    EXPECT_EQ(characters("a\xc3\xa4\xf0\x9f\x98\x80"), 3u);
}

}  // namespace
}  // namespace voltkeep::ocpp
