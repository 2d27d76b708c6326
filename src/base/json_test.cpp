// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <gtest/gtest.h>

namespace voltkeep {

TEST(JsonObject, escapes_what_json_escapes) {
    EXPECT_EQ(JsonObject<64>().put("a\"b", "x\\\n").put("n", -5).put("t", true).text(), R"({"a\"b":"x\\\u000a","n":-5,"t":true})");
}

TEST(JsonObject, is_an_object_when_nothing_was_put) { EXPECT_EQ(JsonObject<32>().text(), "{}"); }

TEST(JsonObject, what_does_not_fit_is_said_and_never_cut) {
    EXPECT_EQ(JsonObject<20>().put("key", "0123456789abcdef").text(), R"({"overflow":true})");
    EXPECT_EQ(JsonObject<20>().put("key", "0123456789").text(), R"({"key":"0123456789"})");
}

}  // namespace voltkeep
