// SPDX-License-Identifier: Apache-2.0
#include "patience.hpp"

#include <gtest/gtest.h>

namespace voltkeep::meter {

TEST(Patience, a_disk_that_failed_is_not_told_as_a_meter_that_is_silent) {
    Patience patience(Instant{800'000'000});
    EXPECT_EQ(patience.when_over().code, Errc::stale);
    EXPECT_TRUE(patience.disk_failed(Error(Errc::full, "no space")));
    EXPECT_FALSE(patience.disk_failed(Error(Errc::io, "and again"))) << "told once";
    EXPECT_EQ(patience.when_over().code, Errc::io);
}

TEST(Patience, what_a_driver_says_of_its_clock_is_a_time_until_now) {
    constexpr Instant at{5'000'000'000};
    EXPECT_EQ(asked_at(4'000'000'000, at)->ns, 4'000'000'000);
    EXPECT_EQ(asked_at(INT64_MAX, at)->ns, at.ns);
    for (const std::int64_t wrong : {std::int64_t{-1}, INT64_MIN}) EXPECT_EQ(asked_at(wrong, at).error().code, Errc::malformed);
}

}  // namespace voltkeep::meter
