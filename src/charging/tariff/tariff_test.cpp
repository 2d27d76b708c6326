// SPDX-License-Identifier: Apache-2.0
#include "charging/tariff/tariff.hpp"

#include <gtest/gtest.h>

namespace voltkeep::charging {
namespace {

TEST(Tariff, costs_are_exact) {
    const Price price{450'000, "EUR"};
    EXPECT_EQ(cost_of(1'000'000, price)->micro, 450'000);
    EXPECT_EQ(cost_of(138'889, price)->micro, 62'500) << "0.13888900 kWh x 0.45 = 0.06250005";
    EXPECT_EQ(cost_of(0, price)->micro, 0);
    EXPECT_EQ(cost_of(1, {500'000, "EUR"})->micro, 1) << "half a millionth goes up";
    EXPECT_EQ(cost_of(1, {499'999, "EUR"})->micro, 0);
}

TEST(Tariff, does_not_overflow) {
    EXPECT_EQ(cost_of(9'000'000'000'000'000, {1'000'000, "EUR"})->micro, 9'000'000'000'000'000);
    EXPECT_FALSE(cost_of(INT64_MAX, {INT64_MAX, "EUR"}));
}

TEST(Tariff, refuses_what_cannot_be) {
    EXPECT_FALSE(cost_of(-1, {450'000, "EUR"}));
    EXPECT_FALSE(cost_of(1, {-1, "EUR"}));
}

TEST(Tariff, rounds_once_for_the_bill) {
    EXPECT_EQ(rounded_to_cent({62'500}).micro, 60'000);
    EXPECT_EQ(rounded_to_cent({65'000}).micro, 70'000);
    EXPECT_EQ(rounded_to_cent({64'999}).micro, 60'000);
}

TEST(Tariff, writes_as_people_do) {
    EXPECT_EQ(written({60'000}).view(), "0.06");
    EXPECT_EQ(written({62'500}).view(), "0.0625");
    EXPECT_EQ(written({1'234'560'000}).view(), "1234.56");
    EXPECT_EQ(written({1'000'000}).view(), "1.00");
    EXPECT_EQ(written({-62'501}).view(), "-0.062501");
}

}  // namespace
}  // namespace voltkeep::charging
