// SPDX-License-Identifier: Apache-2.0
#include "wear.hpp"

#include <gtest/gtest.h>

namespace voltkeep::rot {
namespace {

constexpr std::int64_t start_ms = 1'800'000'000'000;
int taken(WearBudget& budget, std::int64_t at_ms, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += budget.take({at_ms}) ? 1 : 0;
    return count;
}

}  // namespace

TEST(WearBudget, a_loop_gets_one_days_worth_and_then_nothing) {
    WearBudget budget;
    EXPECT_EQ(taken(budget, start_ms, 10'000), 54);
    EXPECT_EQ(budget.left({start_ms}), 0);
}

TEST(WearBudget, a_year_of_greed_is_a_years_worth) {
    WearBudget budget;
    int count = 0;
    for (std::int64_t day = 0; day < 365; ++day)
        for (std::int64_t hour = 0; hour < 24; ++hour) count += taken(budget, start_ms + (day * 24 + hour) * 3'600'000, 100);
    EXPECT_LE(count, 366 * 54);
    EXPECT_GE(count, 365 * 54 - 54);
}

TEST(WearBudget, a_clock_that_is_set_back_fills_nothing) {
    WearBudget budget;
    EXPECT_EQ(taken(budget, start_ms, 100), 54);
    EXPECT_EQ(taken(budget, start_ms - WearBudget::day_ms, 100), 0);
    EXPECT_EQ(taken(budget, start_ms - WearBudget::day_ms + 1'600'000, 100), 1) << "from there on it counts as it says";
}

TEST(WearBudget, goes_on_after_a_restart_where_it_was) {
    WearBudget budget;
    EXPECT_EQ(taken(budget, start_ms, 50), 50);
    WearBudget again(budget.kept());
    EXPECT_EQ(taken(again, start_ms, 100), 4);
    WearBudget lied_to({INT64_MAX, start_ms});
    EXPECT_EQ(taken(lied_to, start_ms, 1000), 54) << "more than a day is never there";
}

}  // namespace voltkeep::rot
