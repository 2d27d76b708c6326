// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/json_lines.hpp"

#include <gtest/gtest.h>

#include "wire/exi/json.hpp"

namespace voltkeep::iso15118 {
namespace {

using exi::Json;

Json decoded(std::string_view line) { return Json::parse(decode_json_line(line)).value_or(Json()); }
Json encoded(std::string_view line) { return Json::parse(encode_json_line(line)).value_or(Json()); }

TEST(JsonLines, the_payload_type_or_the_schema_or_the_message_is_enough) {
    for (std::string_view line :
         {R"({"v2gtp":"0x8001","hex":"80400040"})", R"({"schema":"V2G_CI_AppProtocol.xsd","hex":"80400040"})",
          R"({"namespace":"urn:iso:15118:2:2010:AppProtocol","hex":"80400040"})",
          R"({"message":"supportedAppProtocolRes","hex":"80400040"})", R"({"v2gtp":32769,"hex":"80400040"})",
          R"({"schema":"AppProtocol","kind":"document","hex":"80400040"})"}) {
        Json answer = decoded(line);
        EXPECT_EQ(answer.string("message"), "supportedAppProtocolRes") << answer.text();
        ASSERT_NE(answer.find("fields"), nullptr) << answer.text();
        EXPECT_EQ(answer.find("fields")->string("ResponseCode"), "OK_SuccessfulNegotiation");
    }
}

TEST(JsonLines, what_else_is_on_the_line_comes_back) {
    Json answer = decoded(R"({"time":12,"v2gtp":"0x8001","hex":"80400040"})");
    ASSERT_NE(answer.find("time"), nullptr);
    EXPECT_EQ(answer.find("time")->scalar(), "12");
}

TEST(JsonLines, an_answer_can_be_sent_back) {
    Json answer = decoded(R"({"v2gtp":"0x8001","hex":"804880"})");
    EXPECT_EQ(encoded(answer.text()).string("hex"), "804880");
}

TEST(JsonLines, every_bad_line_gets_an_error_and_no_fields) {
    for (std::string_view line :
         {R"()", R"(x)", R"([])", R"({})", R"({"v2gtp":"0x8001"})", R"({"hex":"80400040"})",
          R"({"v2gtp":"0x8001","hex":"8040004"})", R"({"v2gtp":"0x8001","hex":"804000zz"})",
          R"({"v2gtp":"0x7777","hex":"80400040"})", R"({"v2gtp":"0x9000","hex":"80400040"})",
          R"({"schema":"V2G_CI_None.xsd","hex":"80400040"})", R"({"v2gtp":"0x8001","kind":"letter","hex":"80400040"})",
          R"({"v2gtp":"0x8001","message":"supportedAppProtocolReq","hex":"80400040"})", R"({"v2gtp":"0x8001","hex":"ff"})",
          R"({"kind":"fragment","message":"None","hex":"80"})",
          R"({"kind":"fragment","schema":"DC","message":"SignedInfo","hex":"80"})",
          R"({"schema":"xmldsig","message":"SignedInfo","hex":"80"})"}) {
        EXPECT_NE(decoded(line).string("error"), "") << line;
        EXPECT_EQ(decoded(line).find("fields"), nullptr) << line;
    }
    EXPECT_EQ(decoded(R"({"name":"n","v2gtp":"0x8001","hex":"ff"})").string("name"), "n");
}

TEST(JsonLines, an_error_of_the_stream_says_the_bit) {
    EXPECT_EQ(decoded(R"({"v2gtp":"0x8001","hex":"80600040"})").string("error"),
              "supportedAppProtocol: an event that the schema does not have at bit 11");
}

TEST(JsonLines, encoding_names_the_field_that_is_wrong) {
    auto error = [](std::string_view fields) {
        return std::string(
            encoded(R"({"message":"supportedAppProtocolRes","fields":)" + std::string(fields) + "}").string("error"));
    };
    EXPECT_EQ(error(R"({"SchemaID":"1"})"), "ResponseCode: missing");
    EXPECT_EQ(error(R"({"ResponseCode":"Maybe"})"), "ResponseCode: not a value of its type");
    EXPECT_EQ(error(R"({"ResponseCode":"Failed_NoNegotiation","SchemaID":"256"})"), "SchemaID: not a value of its type");
    EXPECT_EQ(error(R"({"ResponseCode":"Failed_NoNegotiation","Other":"1"})"), "Other: unknown here");
    EXPECT_EQ(error(R"("x")"), "ResponseCode: missing");
    EXPECT_EQ(error(R"({"ResponseCode":"Failed_NoNegotiation","SchemaID":"1"})"), "");
    EXPECT_NE(encoded(R"({"message":"None","fields":{}})").string("error"), "");
    EXPECT_NE(encoded(R"({"message":"supportedAppProtocolRes"})").string("error"), "");
}

TEST(JsonLines, two_alternatives_of_a_choice_are_an_error) {
    std::string_view line =
        R"({"message":"AuthorizationReq","fields":{"Header":{"SessionID":"0000000000000001","TimeStamp":"1"},)"
        R"("SelectedAuthorizationService":"EIM","EIM_AReqAuthorizationMode":"","PnC_AReqAuthorizationMode":""}})";
    EXPECT_NE(encoded(line).string("error"), "");
}

TEST(JsonLines, a_line_over_the_limit_is_an_error) {
    EXPECT_EQ(decoded(std::string(max_json_line + 1, ' ')).string("error"), "the line is longer than 4 MiB");
}

}  // namespace
}  // namespace voltkeep::iso15118
