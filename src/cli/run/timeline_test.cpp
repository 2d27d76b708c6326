// SPDX-License-Identifier: Apache-2.0
#include "cli/run/timeline.hpp"

#include <gtest/gtest.h>

namespace voltkeep::cli {
namespace {

constexpr std::string_view kBad = "\033[1;31m";

/// The line that a person with a colour terminal sees of this entry.
std::string line_of(std::string_view source, std::string_view type, std::string_view payload) {
    Json entry = Json::object();
    entry.add("monotonic_ns", *Json::parse("1"));
    entry.add("source", Json(source));
    entry.add("type", Json(type));
    entry.add("payload", Json(payload));
    testing::internal::CaptureStdout();
    Timeline(false, true).entry(entry);
    return testing::internal::GetCapturedStdout();
}

}  // namespace

TEST(Timeline, names_the_protection_that_tripped_and_is_loud_about_it) {
    const std::string line = line_of("session", "safety", R"({"step":"tripped","protection":"residual_dc"})");
    EXPECT_TRUE(line.ends_with("  protection tripped: residual_dc\n")) << line;
    EXPECT_NE(line.find(kBad), line.npos);
}

TEST(Timeline, an_acknowledgement_is_no_trip) {
    const std::string line =
        line_of("operator", "safety", R"({"step":"acknowledge_trips","trips":"residual_dc","reason":"looked"})");
    EXPECT_TRUE(line.ends_with("  acknowledge_trips: residual_dc (looked)\n")) << line;
    EXPECT_EQ(line.find(kBad), line.npos);
}

}  // namespace voltkeep::cli
