// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <gtest/gtest.h>

namespace voltkeep::meter {
namespace {

constexpr Watt nameplate{50'000};

ReadingFrame frame(std::int64_t import_mwh, std::int32_t power_w = 0) {
    ReadingFrame f;
    f.import_mwh = import_mwh;
    f.power = {power_w};
    f.serial = "VK-DC-100001";
    return f;
}

Instant at(double seconds) { return {static_cast<std::int64_t>(seconds * 1e9)}; }

}  // namespace

TEST(Watch, a_register_that_counts_is_good) {
    Watch watch(nameplate);
    for (int i = 0; i < 1000; ++i) {
        const auto seen = watch.see(frame(1'000 + i * 1'100, 20'000), at(i * 0.2));
        ASSERT_EQ(seen.condition, Condition::good) << i;
        ASSERT_FALSE(seen.was_exchanged);
    }
}

TEST(Watch, a_register_that_fell_is_not_good_until_it_is_where_it_was) {
    Watch watch(nameplate);
    (void)watch.see(frame(5'000), at(0));
    EXPECT_EQ(watch.see(frame(4'999), at(1)).condition, Condition::fell);
    EXPECT_EQ(watch.known()->import_mwh, 5'000) << "the last good one stands";
    EXPECT_EQ(watch.see(frame(4'999), at(2)).condition, Condition::fell);
    EXPECT_EQ(watch.see(frame(5'000), at(3)).condition, Condition::good);
    auto less_export = frame(6'000);
    less_export.export_mwh = -1;
    EXPECT_EQ(watch.see(less_export, at(4)).condition, Condition::fell);
}

TEST(Watch, a_register_that_fell_while_nobody_looked_is_found) {
    Watch watch(nameplate, Known{"VK-DC-100001", 5'000, 0});
    EXPECT_EQ(watch.see(frame(4'000), at(0)).condition, Condition::fell);
}

TEST(Watch, another_serial_number_is_another_meter_also_after_a_restart) {
    Watch watch(nameplate, Known{"VK-DC-900001", 5'000, 0});
    EXPECT_TRUE(watch.see(frame(4'000), at(0)).was_exchanged);
    const auto again = watch.see(frame(4'001), at(1));
    EXPECT_FALSE(again.was_exchanged) << "said once";
    EXPECT_EQ(again.condition, Condition::good);
}

TEST(Watch, a_register_that_stands_still_while_power_flows_is_frozen) {
    Watch watch(nameplate);
    int readings = 0;
    while (watch.see(frame(1'000, 20'000), at(readings * 0.2)).condition == Condition::good) ASSERT_LT(++readings, 100);
    EXPECT_NEAR(readings * 0.2, 1.8, 0.3) << "10 Wh at 20 kW";
    EXPECT_EQ(watch.see(frame(1'100, 20'000), at(readings * 0.2)).condition, Condition::good) << "it counts again";
}

TEST(Watch, a_register_that_rises_faster_than_the_nameplate_has_jumped_and_is_not_believed_later) {
    Watch watch(nameplate);
    (void)watch.see(frame(1'000), at(0));
    double second = 0;
    std::int64_t mwh = 1'000;
    for (; second < 10; second += 0.2)
        ASSERT_EQ(watch.see(frame(mwh += 2'777, 50'000), at(second)).condition, Condition::good) << second;  // 50 kW
    for (const std::int64_t high : {mwh + 100'000, mwh + 1'000'000'000'000}) {
        EXPECT_EQ(watch.see(frame(high, 50'000), at(second)).condition, Condition::jumped);
        EXPECT_EQ(watch.known()->import_mwh, mwh) << "the last good one stands";
        EXPECT_EQ(watch.see(frame(mwh += 2'777, 50'000), at(second += 0.2)).condition, Condition::good)
            << "one bad frame does no harm";
    }
    auto returned = frame(mwh);
    returned.export_mwh = 100'000;
    EXPECT_EQ(watch.see(returned, at(second)).condition, Condition::jumped) << "of energy from the car too";
    EXPECT_EQ(watch.see(frame(mwh), at(second)).condition, Condition::good);
    const std::int64_t high = mwh + 100'000;
    for (int i = 0; i < 1'000; ++i)
        ASSERT_EQ(watch.see(frame(high + i * 100, 2'000), at(second += 0.2)).condition, Condition::jumped)
            << "it goes on up there";
    EXPECT_EQ(watch.see(frame(mwh + 1'000), at(second)).condition, Condition::good);
}

TEST(Watch, many_small_jumps_are_one) {
    Watch watch(nameplate);
    int readings = 0;
    while (watch.see(frame(readings * 8'000ll, 50'000), at(readings * 0.2)).condition == Condition::good)
        ASSERT_LT(++readings, 30) << "nearly three times the nameplate";
}

TEST(Watch, what_flowed_while_the_bus_was_gone_or_the_register_stood_still_is_no_jump) {
    Watch watch(nameplate);
    (void)watch.see(frame(1'000), at(0));
    EXPECT_EQ(watch.see(frame(1'000 + 833'000, 50'000), at(60)).condition, Condition::good) << "a minute without the bus";
    int readings = 0;
    while (watch.see(frame(834'000, 50'000), at(60 + readings * 0.2)).condition == Condition::good) ASSERT_LT(++readings, 100);
    for (int i = 0; i < 50; ++i) (void)watch.see(frame(834'000, 50'000), at(60 + ++readings * 0.2));
    EXPECT_EQ(watch.see(frame(834'000 + readings * 2'777, 50'000), at(60 + readings * 0.2)).condition, Condition::good)
        << "it counts again";
    EXPECT_EQ(watch.see(frame(834'000 + readings * 2'777 + 100'000, 50'000), at(60.4 + readings * 0.2)).condition,
              Condition::jumped);
}

TEST(Watch, at_rest_or_below_its_starting_current_a_register_may_stand_still) {
    Watch watch(nameplate);
    for (int i = 0; i < 100'000; ++i)
        ASSERT_EQ(watch.see(frame(1'000, i % 2 == 0 ? 99 : -99), at(i * 0.2)).condition, Condition::good);
}

TEST(Watch, a_pause_of_the_bus_is_not_counted_as_flow) {
    Watch watch(nameplate);
    (void)watch.see(frame(1'000, 20'000), at(0));
    EXPECT_EQ(watch.see(frame(1'000, 20'000), at(3600)).condition, Condition::good);
}

TEST(Watch, what_the_meter_says_of_itself_counts) {
    Watch watch(nameplate);
    auto broken = frame(1'000);
    broken.status = kInternalFault;
    EXPECT_EQ(watch.see(broken, at(0)).condition, Condition::faulty);
}

}  // namespace voltkeep::meter
