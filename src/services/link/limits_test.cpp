// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

#include <gtest/gtest.h>

namespace voltkeep::link {

TEST(RateLimit, lets_a_burst_through_and_then_one_an_interval) {
    RateLimit limit(3, 100ms);
    const Instant t{1'000'000'000};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.allows(t));
    EXPECT_FALSE(limit.allows(t));
    EXPECT_FALSE(limit.allows(t + 99ms));
    EXPECT_TRUE(limit.allows(t + 100ms));
    EXPECT_FALSE(limit.allows(t + 100ms));
    int allowed = 0;
    for (int i = 0; i < 10'000; ++i) allowed += limit.allows(t + 1s + i * 100us) ? 1 : 0;
    EXPECT_EQ(allowed, 12);  // in a second: the burst, and nine more
}

//= OCPP 2.1 Part 4 5.3 Reconnecting
TEST(BackOff, doubles_a_bounded_number_of_times_and_starts_anew_after_success) {
    BackOff back_off(1000ms, 0ms, 3);
    for (const auto expected : {1s, 2s, 4s, 8s, 8s, 8s}) EXPECT_EQ(back_off.next(0xffff), expected);
    back_off.succeeded();
    EXPECT_EQ(back_off.next(0), 1s);
}

TEST(BackOff, adds_a_random_share_that_does_not_grow) {
    BackOff back_off(1000ms, 500ms, 2);
    EXPECT_EQ(back_off.next(0), 1000ms);
    EXPECT_EQ(back_off.next(0x8000), 2250ms);
    EXPECT_LT(back_off.next(0xffff), 4500ms);
    EXPECT_GT(back_off.next(0xffff), 4499ms);
}

}  // namespace voltkeep::link
