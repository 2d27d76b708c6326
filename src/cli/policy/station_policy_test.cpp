// SPDX-License-Identifier: Apache-2.0
// The station's own manifests: they fit together, and what was committed about them is what they say.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/policy/report.hpp"
#include "services/registry/registry.hpp"

namespace voltkeep::cli {
namespace {
using namespace kernel;
using namespace policy;

/// All refusals as a person would read them, or nothing.
std::string words_of(const Refusals& refusals) {
    std::string text;
    for (const Refusal& r : refusals) text += r.text() + "\n";
    return text;
}

Policy station_policy() {
    const auto sources = find_manifests("src/services");
    EXPECT_TRUE(sources) << words_of(sources.error());
    auto policy = check(sources.value_or(std::vector<Source>{}), registry::interfaces());
    EXPECT_TRUE(policy) << words_of(policy.error());
    return std::move(policy).value_or(Policy{});
}

/// The committed file is the generated text; else the text is left beside the test, ready to be looked at and taken over.
void expect_committed(const std::string& name, const std::string& text) {
    std::ifstream file("docs/generated/" + name);
    const std::string committed(std::istreambuf_iterator<char>(file), {});
    if (committed == text) return;
    const std::string fresh = (std::filesystem::temp_directory_path() / ("voltkeep-" + name)).string();
    std::ofstream(fresh) << text;
    ADD_FAILURE() << "the policy changed. Look at it: diff docs/generated/" << name << " " << fresh << "\nIf it is meant: cp "
                  << fresh << " docs/generated/" << name;
}

TEST(StationPolicy, every_manifest_fits_the_others) { EXPECT_GE(station_policy().manifests.size(), 12u); }

TEST(StationPolicy, in_plain_words_is_what_was_reviewed) { expect_committed("policy.txt", show(station_policy())); }
TEST(StationPolicy, as_a_picture_is_what_was_reviewed) { expect_committed("policy.svg", draw(station_policy())); }
TEST(StationPolicy, for_qnx_is_what_was_reviewed) { expect_committed("policy.secpol", secpol(station_policy())); }

TEST(StationPolicy, image_of_every_size_of_station_is_read_back_as_it_was_written) {
    const Policy policy = station_policy();
    for (std::uint8_t evses = 1; evses <= max_evses; ++evses) {
        Station station;
        station.evses = evses;
        const auto image = build(policy, station);
        ASSERT_TRUE(image) << words_of(image.error());
        const std::vector<std::byte> bytes = encode_image(**image);
        const auto read = std::make_unique<Result<Image>>(kernel::decode<Image>(bytes));
        ASSERT_TRUE(*read);
        EXPECT_TRUE(validate(**read));
        EXPECT_EQ(encode_image(**read), bytes);
    }
}

TEST(StationPolicy, what_parses_foreign_bytes_can_do_the_least) {
    for (const Score& s : score(station_policy())) {
        const std::string& name = s.service->name;
        const bool is_parser = name == "iso15118" || name == "ocpp" || name == "meterdrv" || name.starts_with("link");
        EXPECT_LE(s.exposure, is_parser ? 1.6 : 3.0) << name;
    }
}

TEST(StationPolicy, what_parses_foreign_bytes_calls_nothing_of_the_trusted_base_but_the_log) {
    constexpr std::array<std::string_view, 3> exceptions[] = {   // client, server, the one message
        {"meterdrv", "meter", "Put"},         // what it has read, and nothing else
        {"operator", "rot", "GetState"},      // where the keys are: no key, and nothing that is secret
        {"operator", "crypto", "GetState"},
        {"link@csms", "crypto", "Sign"},      // its own handshakes, and nothing else
        {"link@ev", "crypto", "Sign"},
    };
    const Policy policy = station_policy();
    for (const Conversation& talk : conversations(policy)) {
        if (talk.client->name == "session" || talk.client->service.zone == 1) continue;
        const auto exception = std::ranges::find_if(
            exceptions, [&](const auto& e) { return e[0] == talk.client->name && e[1] == talk.server->name; });
        if (exception != std::end(exceptions)) {
            ASSERT_EQ(talk.calls.size(), 1u) << talk.client->name;
            EXPECT_EQ(talk.calls[0]->message, (*exception)[2]);
            continue;
        }
        EXPECT_TRUE(talk.server->service.zone == 2 || talk.server->name == "audit")
            << talk.client->name << " calls " << talk.server->name;
    }
}

}  // namespace
}  // namespace voltkeep::cli
