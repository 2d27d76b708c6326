// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/pilot.hpp"

#include <gtest/gtest.h>

namespace voltkeep::safety {
namespace {

//= IEC 61851-1 Annex A
TEST(Pilot, reads_the_states_by_their_levels) {
    const struct {
        std::int16_t high, low;
        Pilot pilot;
    } table[] = {{12'000, 12'000, Pilot::a},
                 {11'000, -12'000, Pilot::a},
                 {9'990, -12'000, Pilot::b},
                 {8'000, -12'000, Pilot::b},
                 {6'000, -12'000, Pilot::c},
                 {3'000, -12'000, Pilot::d},
                 {0, 0, Pilot::e},
                 {-12'000, -12'000, Pilot::f},
                 {7'500, -12'000, Pilot::between},
                 {-12'000, 0, Pilot::between},
                 {10'500, -12'000, Pilot::between},
                 {15'000, 0, Pilot::between}};
    for (const auto& row : table) EXPECT_EQ(classify_pilot(row.high, row.low), row.pilot) << row.high;
}

//= IEC 61851-1 Annex A
TEST(Pilot, offers_what_the_car_reads) {
    EXPECT_EQ(duty_for({5'999}), 1'000);
    EXPECT_EQ(duty_for({6'000}), 100);
    EXPECT_EQ(duty_for({16'000}), 266);
    EXPECT_EQ(duty_for({32'000}), 533);
    EXPECT_EQ(duty_for({63'000}), 892);
    EXPECT_EQ(duty_for({200'000}), 960);
    for (std::int32_t ma = 6'000; ma <= 80'000; ma += 250) {
        EXPECT_LE(current_for(duty_for({ma})).value, ma) << "the car must never read more than was offered";
        const bool no_duty_says_it = ma > 51'000 && ma <= 52'500;  // between the two straight lines of the table
        EXPECT_GE(current_for(duty_for({ma})).value, no_duty_says_it ? 51'000 : ma - 250);
    }
    EXPECT_EQ(current_for(50).value, 0);
    EXPECT_EQ(current_for(75).value, 0);
    EXPECT_EQ(current_for(1'000).value, 0);
    EXPECT_EQ(current_for(90).value, 6'000);
}

//= IEC 61851-1 Annex B
TEST(Pilot, reads_the_cable_by_its_resistor) {
    EXPECT_EQ(cable_rating({1'500}).value, 13'000);
    EXPECT_EQ(cable_rating({680}).value, 20'000);
    EXPECT_EQ(cable_rating({220}).value, 32'000);
    EXPECT_EQ(cable_rating({100}).value, 63'000);
    EXPECT_EQ(cable_rating({0}).value, 0);
    EXPECT_EQ(cable_rating({350}).value, 0);
    EXPECT_EQ(cable_rating({100'000}).value, 0);
}

}  // namespace
}  // namespace voltkeep::safety
