// SPDX-License-Identifier: Apache-2.0
// Random visits: cars come to a real station, and real processes are killed at random moments, from a seed.
//   visits_test                            a few
//   visits_test --visits N [--seed S]      so many, the first with this seed
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>

#include "oracle.hpp"

namespace voltkeep::kills {
namespace {

int visits = 5;   ///< half a minute on two cores; tests/sessions has a thousand, without processes
std::uint64_t first_seed = 1;
constexpr int most_stalls = 3;

/// One visit: up to four deaths, each at a phase and a moment of it. What is wrong with any of them.
void visit(Station& station, Judge& judge, const std::vector<Member>& members, std::uint64_t seed, bool is_first) {
    std::mt19937_64 random(seed);
    constexpr std::array phases{Phase::discovery, Phase::authorization, Phase::cable_check, Phase::precharge, Phase::charge_loop, Phase::stopping};
    std::vector<Phase> moments;
    for (auto count = 2 + random() % 3; count > 0; --count) moments.push_back(phases[random() % phases.size()]);
    std::ranges::sort(moments);
    moments.erase(std::ranges::unique(moments).begin(), moments.end());
    if (std::ranges::find(moments, Phase::charge_loop) == moments.end() && (moments.back() == Phase::stopping)) moments.insert(moments.end() - 1, Phase::charge_loop);
    ASSERT_TRUE(judge.begin_visit(is_first));
    for (const Phase phase : moments) {
        const Member& victim = members[random() % members.size()];
        const auto pause = std::chrono::milliseconds(random() % 300);
        if (!judge.reach(phase)) break;
        station.pause(pause);
        judge.kill(victim.name, phase, Cause::kill);
    }
    if (moments.back() < Phase::charge_loop) (void)judge.reach(Phase::charge_loop);   // whatever died: it charges
    judge.end_visit();
}

}  // namespace

TEST(Visits, with_random_deaths_end_with_a_bill_that_all_agree_on) {
    const auto station = Station::start({.evses = 1, .charge_s = 3'000, .car = {"--come-back", "1000", "--setup-pause", "120"}});
    ASSERT_TRUE(station) << station.error().what.view();
    ASSERT_TRUE((*station)->wait_for([](const Json& line) { return line.string("event") == "available"; }, 60s)) << (*station)->tail();
    const auto members = members_of(**station);
    ASSERT_TRUE(members);
    Judge judge(**station, *members);
    int stalls = 0;
    for (int i = 0; i < visits; ++i) {
        const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
        const std::size_t before = judge.deaths().size();
        visit(**station, judge, *members, seed, i == 0 && stalls == 0);
        if (HasFatalFailure()) return;
        if (judge.was_stalled() && ++stalls <= most_stalls) {
            --i;
            continue;
        }
        for (std::size_t d = before; d < judge.deaths().size(); ++d) {
            const Death& death = judge.deaths()[d];
            std::printf("seed %llu: %s at %s\n", static_cast<unsigned long long>(seed), death.service.c_str(), std::string(name(death.phase)).c_str());
            for (const std::string& problem : death.problems) ADD_FAILURE() << "visits_test --visits 1 --seed " << seed << ": " << death.service << ": " << problem;
        }
    }
    const std::string verify = harness::tool() + " log verify " + (*station)->state() + "/log >/dev/null 2>&1";
    EXPECT_EQ(std::system(verify.c_str()), 0) << "the log does not verify";
    const std::string replay = harness::tool() + " replay --state " + (*station)->state() + " >/dev/null 2>&1";
    // The station still writes: a block may be there by half, once.
    EXPECT_TRUE(std::system(replay.c_str()) == 0 || std::system(replay.c_str()) == 0) << "the recorded decisions are not the same when they are run again";
}

}  // namespace voltkeep::kills

int main(int count, char** words) {
    ::testing::InitGoogleTest(&count, words);
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        if (word == "--visits") voltkeep::kills::visits = std::atoi(words[i + 1]);
        if (word == "--seed") voltkeep::kills::first_seed = std::strtoull(words[i + 1], nullptr, 10);
    }
    if (::geteuid() != 0) {
        std::printf("not root: no real-time priorities, so nothing is judged\n");
        return 77;
    }
    return RUN_ALL_TESTS();
}
