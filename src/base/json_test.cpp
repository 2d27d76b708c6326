// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <gtest/gtest.h>

namespace voltkeep {

TEST(JsonObject, escapes_what_json_escapes) {
    EXPECT_EQ(JsonObject<64>().put("a\"b", "x\\\n").put("n", -5).put("t", true).text(),
              R"({"a\"b":"x\\\u000a","n":-5,"t":true})");
}

TEST(JsonObject, a_text_from_anybody_makes_no_invalid_json_and_no_control_character) {
    EXPECT_EQ(JsonObject<64>().put("a", "\xff\xc3(\xed\xa0\x80").text(), R"({"a":"\ufffd\ufffd(\ufffd\ufffd\ufffd"})");
    EXPECT_EQ(JsonObject<64>().put("a", "\x1b[2J\x7f\xc2\x9b").text(), R"({"a":"\u001b[2J\u007f\u009b"})");
    EXPECT_EQ(JsonObject<64>().put("a", "Köln €\U0001F697").text(), "{\"a\":\"Köln €\U0001F697\"}");
}

TEST(JsonObject, is_an_object_when_nothing_was_put) { EXPECT_EQ(JsonObject<32>().text(), "{}"); }

TEST(JsonObject, what_does_not_fit_is_said_and_never_cut) {
    EXPECT_EQ(JsonObject<20>().put("key", "0123456789abcdef").text(), R"({"overflow":true})");
    EXPECT_EQ(JsonObject<20>().put("key", "0123456789").text(), R"({"key":"0123456789"})");
}

TEST(Json, anybodys_octets_are_printable_and_cut_and_leave_room_for_what_comes_behind) {
    EXPECT_EQ(JsonObject<80>().put_octets("t", "a\"\\\x1b[1m\xff\x7f", 20).text(), R"({"t":"a\"\\\u001b[1m\u00ff\u007f"})");
    const auto cut = JsonObject<40>().put_octets("t", std::string(100, 'x'), 20).put("n", 7).text();
    EXPECT_EQ(cut, R"({"t":"xxxxxxxxxxxxxxx","n":7})");
    EXPECT_EQ(JsonObject<40>().put("n", 7).line(), "{\"n\":7}\n");
}

TEST(Json, bits_are_the_names_of_those_that_are_set) {
    constexpr std::array<std::string_view, 3> names{"a", "b", "c"};
    EXPECT_EQ(JsonObject<40>().put_names("n", names, 0b101).put_names("m", names, 0).text(), R"({"n":["a","c"],"m":[]})");
}

}  // namespace voltkeep
