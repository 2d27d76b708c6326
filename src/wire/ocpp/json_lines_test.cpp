// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/json_lines.hpp"

#include <gtest/gtest.h>

namespace voltkeep::ocpp {
namespace {

std::string bad(std::string_view code, std::string_view where = "") {
    return R"({"ok":false,"code":")" + std::string(code) + R"(","where":")" + std::string(where) + "\"}";
}

TEST(JsonLines, says_whether_a_payload_is_allowed_and_where_it_is_not) {
    EXPECT_EQ(check_line(R"({"action":"Heartbeat","direction":"request","payload":{}})"), R"({"ok":true})");
    EXPECT_EQ(check_line(R"( {"payload" : {"status":"Accepted"} , "id":7, "direction":"response" , "action":"Reset"} )"),
              R"({"ok":true})");
    EXPECT_EQ(check_line(R"({"action":"Reset","direction":"request","payload":{"type":"OnIdle","evseId":-1}})"),
              bad("PropertyConstraintViolation", "/evseId"));
    EXPECT_EQ(check_line(R"({"action":"Reset","direction":"request","payload":{"type":"OnIdle","a\"b/c":1}})"),
              bad("FormatViolation", R"(/a\"b~1c)"));
    EXPECT_EQ(check_line(R"({"action":"NotifyPeriodicEventStream","direction":"response","payload":{}})"), bad("NotSupported"));
    EXPECT_EQ(check_line(R"({"action":"Resett","direction":"request","payload":{}})"), bad("NotImplemented"));
}

TEST(JsonLines, says_the_same_of_a_payload_that_is_no_json) {
    EXPECT_EQ(check_line(R"({"action":"Reset","direction":"request","payload":{"type":"OnIdle","type":"OnIdle"}})"),
              bad("FormatViolation", "/type"));
    EXPECT_EQ(check_line(R"({"action":"Reset","direction":"request","payload":{"evseId":[1,}})"),
              bad("FormatViolation", "/evseId/1"));
}

TEST(JsonLines, a_line_that_is_none_is_a_format_violation) {
    for (const auto* line :
         {"", "[]", "1", "{}", "x", R"({"action":1,"direction":"request","payload":{}})", R"({"action":"Reset","payload":{}})",
          R"({"action":"Reset","direction":"call","payload":{}})", R"({"action":"Reset","direction":"request"})",
          R"({"action":"Reset","action":"Reset","direction":"request","payload":{}})"}) {
        EXPECT_EQ(check_line(line), bad("FormatViolation")) << line;
    }
}

}  // namespace
}  // namespace voltkeep::ocpp
