// SPDX-License-Identifier: Apache-2.0
#include "base/times.hpp"

#include <gtest/gtest.h>

namespace voltkeep {

TEST(Times, the_99th_of_100_is_within_its_step_and_never_over_the_worst) {
    Times times;
    for (int i = 0; i < 990; ++i) times.add(100us, 1ms);
    for (int i = 0; i < 10; ++i) times.add(5ms, 1ms);
    EXPECT_GE(times.p99_us(), 100u);
    EXPECT_LE(times.p99_us(), 141u);
    EXPECT_EQ(times.worst_us, 5000u);
    EXPECT_EQ(times.late, 10u);
    times.add(5ms, 1ms);
    EXPECT_EQ(times.p99_us(), 5000u) << "now more than one of 100 took so long";
    times.begin_second();
    EXPECT_EQ(times.p99_us(), 0u);
    EXPECT_EQ(times.total, 1001u);
}

TEST(Times, no_duration_is_off_the_scale) {
    for (const Duration took :
         {-1ns, 0ns, 1ns, Duration(1us), Duration(2us), Duration(3us), Duration(10h), Duration(std::chrono::hours(1'000'000))}) {
        Times times;
        times.add(took, 1s);
        EXPECT_EQ(times.p99_us(), times.worst_us);
    }
}

}  // namespace voltkeep
