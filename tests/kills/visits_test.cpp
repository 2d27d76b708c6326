// SPDX-License-Identifier: Apache-2.0
// Random visits: cars come to both EVSEs of a real station, and real processes are killed at random moments, from a seed. The
// car, the CSMS, the bill, the meter and the hardware must agree on each; and no step of a safety loop has current without
// consent or above a limit.
//   visits_test                            ten
//   visits_test --visits N [--seed S]      so many, the first two with this seed
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "oracle.hpp"
#include "recorded.hpp"

namespace voltkeep::kills {
namespace {

int visits = 10;   ///< half a minute on two cores; tests/sessions has a thousand, without processes
std::uint64_t first_seed = 1;
constexpr int evses = 2;
constexpr int most_stalls = 3;

/// A death to come.
struct Moment {
    Phase phase;
    const Member* victim;
    int evse;                    ///< whose car has to be in that phase
    Duration pause;
};

/// Up to four deaths of one round, in the order of their phases. Whoever belongs to an EVSE dies when its own car is there.
std::vector<Moment> moments_of(std::mt19937_64& random, const std::vector<Member>& members) {
    constexpr std::array phases{Phase::discovery, Phase::authorization, Phase::cable_check,
                                Phase::precharge, Phase::charge_loop,   Phase::stopping};
    std::vector<Moment> moments;
    for (auto count = 2 + random() % 3; count > 0; --count) {
        const Phase phase = phases[random() % phases.size()];
        const Member& victim = members[random() % members.size()];
        const int evse = victim.evse > 0 ? victim.evse : 1 + static_cast<int>(random() % evses);
        moments.push_back({phase, &victim, evse, std::chrono::milliseconds(random() % 150)});
    }
    std::ranges::stable_sort(moments, {}, &Moment::phase);
    const auto same = std::ranges::unique(moments, {}, &Moment::phase);
    moments.erase(same.begin(), same.end());
    return moments;
}

/// One car at each EVSE, from the plug to the bill.
void round(Station& station, Judge& judge, const std::vector<Member>& members, std::uint64_t seed, bool is_first) {
    std::mt19937_64 random(seed);
    ASSERT_TRUE(judge.begin_visit(is_first));
    bool have_charged = false;
    const auto charge = [&] {
        for (int evse = 1; evse <= evses && !have_charged; ++evse) (void)judge.reach(Phase::charge_loop, evse);
        have_charged = true;
    };
    for (const Moment& moment : moments_of(random, members)) {
        if (moment.phase >= Phase::charge_loop) charge();
        if (moment.phase != Phase::charge_loop && !judge.reach(moment.phase, moment.evse)) break;
        station.pause(moment.pause);
        judge.kill(moment.victim->name, moment.phase, Cause::kill);
    }
    charge();   // whoever died: they charge
    judge.end_visit();
}

void print(std::uint64_t seed, const Death& death) {
    std::printf("seed %llu: %s at %s\n", static_cast<unsigned long long>(seed), death.service.c_str(),
                std::string(name(death.phase)).c_str());
    for (const std::string& problem : death.problems)
        ADD_FAILURE() << "visits_test --visits 2 --seed " << seed << ": " << death.service << ": " << problem;
}

/// What the tool says of the station's state folder. The station still writes: a block may be there by half, once.
void expect_command(const std::string& words) {
    const std::string command = harness::tool() + " " + words + " >/dev/null 2>&1";
    EXPECT_TRUE(std::system(command.c_str()) == 0 || std::system(command.c_str()) == 0) << words;
}

}  // namespace

TEST(Visits, with_random_deaths_end_with_a_bill_that_all_agree_on) {
    const auto station = Station::start(
        {.evses = evses, .charge_s = 3'000, .car = {"--come-back", "1000", "--setup-pause", "60"}, .closings = 200});
    ASSERT_TRUE(station) << station.error().what.view();
    ASSERT_TRUE((*station)->wait_for([](const Json& line) { return line.string("event") == "available"; }, 60s))
        << (*station)->tail();
    const auto members = members_of(**station);
    ASSERT_TRUE(members);
    Judge judge(**station, *members, evses);
    const Instant begun = now();
    int stalls = 0, rounds = 0;
    for (int i = 0; i * evses < visits; ++i) {
        const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
        const std::size_t before = judge.deaths().size(), problems = judge.problems().size();
        round(**station, judge, *members, seed, rounds++ == 0);
        if (HasFatalFailure()) return;
        if (judge.was_stalled() && ++stalls <= most_stalls) {
            std::printf("seed %llu: this machine stood still, once more\n", static_cast<unsigned long long>(seed));
            --i;
            continue;
        }
        for (std::size_t d = before; d < judge.deaths().size(); ++d) print(seed, judge.deaths()[d]);
        for (std::size_t p = problems; p < judge.problems().size(); ++p)
            ADD_FAILURE() << "visits_test --visits 2 --seed " << seed << ": " << judge.problems()[p];
    }
    if (HasFailure()) {
        const std::string path = harness::build_folder() + "/tests/kills/visits.jsonl";
        std::ofstream file(path);
        for (const Json& line : (*station)->lines()) file << line.text() << '\n';
        std::printf("all lines of the station are in %s\n", path.c_str());
    }
    expect_command("log verify " + (*station)->state() + "/log");
    expect_command("replay --state " + (*station)->state());   // the recorded decisions, run again, are the same

    const auto kept = look_at_all((*station)->state());
    ASSERT_TRUE(kept) << kept.error().what.view();
    std::printf("%d visits, %zu deaths in %.0f s; of %zu steps of the safety loops, %zu with current\n", rounds * evses,
                judge.deaths().size(), static_cast<double>((now() - begun) / 1ms) / 1000, kept->steps, kept->with_current);
    EXPECT_GT(kept->with_current, static_cast<std::size_t>(rounds * evses) * 50) << "half a second each";
    for (const std::string& problem : kept->problems) ADD_FAILURE() << problem;
}

// ---- what must be found -----------------------------------------------------------------------------------------------

namespace {
/// Three seconds at 100 A, as a loop is given them; what does not hold in them.
std::vector<std::string> found(std::int32_t wanted_ma, std::int32_t measured_ma, std::int32_t millivolt, bool consents) {
    const flight::SafetyBeginning beginning{};
    std::vector<power::SafetyStep> steps(300);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        steps[i].at.us = static_cast<std::int64_t>(i) * 10'000;
        steps[i].inputs.command.setpoint.current = {wanted_ma};
        steps[i].inputs.command.consent_ms = consents || i < 50 ? 500 : 0;
        steps[i].inputs.sensors.current = {measured_ma};
        steps[i].inputs.sensors.outlet_voltage = {millivolt};
    }
    Kept kept;
    look_at(beginning, steps, kept);
    return kept.problems;
}
}  // namespace

TEST(VisitsControl, current_without_consent_or_above_a_limit_is_found) {
    EXPECT_TRUE(found(100'000, 100'000, 400'000, true).empty());
    EXPECT_EQ(found(100'000, 100'000, 400'000, false).size(), 1u);
    EXPECT_EQ(found(90'000, 100'000, 400'000, true).size(), 1u);
    EXPECT_EQ(found(200'000, 130'000, 380'000, true).size(), 1u) << "the nameplate's current";
    EXPECT_EQ(found(100'000, 100'000, 600'000, true).size(), 1u) << "the nameplate's power";
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
