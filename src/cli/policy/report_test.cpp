// SPDX-License-Identifier: Apache-2.0
#include "cli/policy/report.hpp"

#include "policy/test/world.hpp"

namespace voltkeep::cli {
namespace {
using namespace kernel;
using namespace policy;

TEST(PolicyWhy, names_the_messages_of_a_conduit) {
    EXPECT_TRUE(
        why(good_policy(), "low", "middle")->contains("low (zone 2) may send middle (zone 2): Ask (request) 400 ms, Tell 50 ms"));
}

TEST(PolicyWhy, shows_the_chains_that_remain_and_what_they_carry) {
    const std::string text = *why(good_policy(), "low", "high");
    EXPECT_TRUE(text.starts_with("no conduit from low (zone 2) to high (zone 1)\n")) << text;
    EXPECT_TRUE(text.contains("low -Ask, Tell-> middle -Read, Sign-> high")) << text;
    EXPECT_TRUE(text.contains("Ask.token")) << text;
    EXPECT_FALSE(text.contains("Tell.amount")) << text;
    EXPECT_TRUE(text.contains("in the same turn: high.Read for Ask, high.Sign for Ask")) << text;
}

TEST(PolicyWhy, says_where_two_services_meet_without_a_chain) {
    const std::string text = *why(good_policy(), "middle", "low");
    EXPECT_TRUE(text.starts_with("no conduit from middle (zone 2) to low (zone 2)\n")) << text;
    EXPECT_TRUE(text.contains("both call audit")) << text;
    EXPECT_TRUE(text.contains("pulses from middle to low: news")) << text;
}

TEST(PolicyWhy, refuses_a_service_that_is_not_there) {
    EXPECT_EQ(why(good_policy(), "low", "nobody").error().code, Errc::not_found);
}

double exposure(const Policy& policy, std::string_view name) {
    for (const Score& s : score(policy))
        if (s.service->name == name) return s.exposure;
    return -1;
}

TEST(PolicyScore, grows_with_every_power) {
    const Policy good = good_policy();
    for (const auto& [from, to] : {std::pair{"[\"base\"]", "[\"base\", \"processes\"]"},
                                   {"[\"base\"]", "[\"base\", \"files\"]"},
                                   {"\"get_state\"", "\"get_state\", \"restart\""},
                                   {"[\"base\"]", "[\"base\", \"sockets\"]\nnetwork = \"cable\""}}) {
        auto world = sources(good_world);
        std::string& low = std::ranges::find(world, "low.toml", &Source::path)->text;
        low.replace(low.find(from), std::string_view(from).size(), to);
        const auto policy = check(world, interfaces());
        ASSERT_TRUE(policy) << words_of(policy.error());
        EXPECT_GT(exposure(*policy, "low"), exposure(good, "low")) << to;
        EXPECT_EQ(exposure(*policy, "audit"), exposure(good, "audit")) << to;
    }
}

TEST(PolicyReports, name_every_service_and_conduit) {
    const Policy policy = good_policy();
    const std::string words = show(policy), picture = draw(policy), qnx = secpol(policy);
    for (const Manifest& m : policy.manifests) {
        EXPECT_TRUE(words.contains("\n" + m.name + ",")) << m.name;
        EXPECT_TRUE(picture.contains(">" + m.name + "<")) << m.name;
        EXPECT_TRUE(qnx.contains("type " + m.name + "_t;")) << m.name;
    }
    EXPECT_TRUE(qnx.contains("allow { low_t low_t__run } middle_t__run:channel connect;"));
    EXPECT_FALSE(qnx.contains("allow { low_t low_t__run } high_t__run"));
    EXPECT_TRUE(picture.contains("low to middle: Ask, Tell"));
}

}  // namespace
}  // namespace voltkeep::cli
