// SPDX-License-Identifier: Apache-2.0
// A thousand visits with random faults, deaths, restarts and messages.
//   sessions_test                   a thousand
//   sessions_test --seed N [M]      this one, or M from there on
#include <gtest/gtest.h>

#include "visit.hpp"

namespace voltkeep::sessions {
namespace {
std::uint64_t only_seed = 0, how_many = 1;
}

TEST(Sessions, a_thousand_with_random_faults_restarts_and_messages_keep_every_promise) {
    Tally tally;
    const std::uint64_t first = only_seed > 0 ? only_seed : 1, last = only_seed > 0 ? only_seed + how_many - 1 : 1'000;
    int failed = 0;
    for (std::uint64_t seed = first; seed <= last && failed < 5; ++seed) {
        Visit visit(seed);
        const std::string problem = visit.run(tally);
        EXPECT_EQ(problem, "") << "again with: sessions_test --seed " << seed;
        failed += problem.empty() ? 0 : 1;
    }
    std::printf(
        "%d transactions, %d with energy, %d bills compared with the plant; %d deaths of session, %d of power, %d reboots, %d "
        "faults of the hardware, %d trips, "
        "%d failures of the disk\n",
        tally.transactions, tally.energised, tally.compared, tally.session_deaths, tally.power_deaths, tally.reboots,
        tally.faults, tally.trips, tally.disk_failures);
    if (only_seed > 0) return;
    EXPECT_GT(tally.transactions, 800) << "the random visits must reach what they test";
    EXPECT_GT(tally.energised, 500);
    EXPECT_GT(tally.compared, 500);
    EXPECT_GT(tally.session_deaths, 100);
    EXPECT_GT(tally.power_deaths, 100);
    EXPECT_GT(tally.trips, 100);
    EXPECT_GT(tally.disk_failures, 50);
}

TEST(Sessions, a_station_that_is_made_wrong_is_found) {
    if (only_seed > 0) GTEST_SKIP() << "one seed was asked for";
    for (const Flaw flaw : {Flaw::session_forgets, Flaw::power_needs_no_consent, Flaw::setpoints_are_exceeded,
                            Flaw::meter_counts_too_little, Flaw::stops_are_forgotten}) {
        Tally tally;
        std::string found;
        std::uint64_t seed = 0;
        while (found.empty() && ++seed <= 400) found = Visit(seed, flaw).run(tally);
        EXPECT_NE(found, "") << "flaw " << static_cast<int>(flaw);
        std::printf("found with seed %llu, %s\n", static_cast<unsigned long long>(seed), found.c_str());
    }
}

TEST(Sessions, are_the_same_from_the_same_seed) {
    if (only_seed > 0) GTEST_SKIP() << "one seed was asked for";
    for (const std::uint64_t seed : {3u, 77u}) {
        Tally tally;
        Visit first(seed), second(seed), other(seed + 1);
        (void)first.run(tally), (void)second.run(tally), (void)other.run(tally);
        EXPECT_EQ(first.digest(), second.digest());
        EXPECT_NE(first.digest(), other.digest());
    }
}

}  // namespace voltkeep::sessions

int main(int count, char** words) {
    ::testing::InitGoogleTest(&count, words);
    if (count >= 3 && std::string_view(words[1]) == "--seed")
        voltkeep::sessions::only_seed = std::strtoull(words[2], nullptr, 10);
    if (count == 4) voltkeep::sessions::how_many = std::strtoull(words[3], nullptr, 10);
    return RUN_ALL_TESTS();
}
