// SPDX-License-Identifier: Apache-2.0
#include "charging/energy/limit.hpp"

#include <gtest/gtest.h>

#include <random>

namespace voltkeep::charging {
namespace {

constexpr MilliVolt kVoltage{400'000};

Allowances all() {
    Allowances a;
    a[LimitSource::hardware] = {Watt{50'000}, MilliAmpere{125'000}};
    a[LimitSource::cable].current = MilliAmpere{200'000};
    a[LimitSource::fuse].power = Watt{60'000};
    return a;
}

TEST(Limit, is_the_lowest_and_says_whose) {
    Allowances a = all();
    EXPECT_EQ(limit_of(a, kVoltage), (Limit{{125'000}, {50'000}, LimitSource::hardware}));
    a[LimitSource::csms].power = Watt{20'000};
    EXPECT_EQ(limit_of(a, kVoltage), (Limit{{50'000}, {20'000}, LimitSource::csms}));
    a[LimitSource::grid].power = Watt{10'000};
    EXPECT_EQ(limit_of(a, kVoltage).reason, LimitSource::grid);
    a[LimitSource::ev].current = MilliAmpere{16'000};
    EXPECT_EQ(limit_of(a, kVoltage), (Limit{{16'000}, {6'400}, LimitSource::ev}));
}

TEST(Limit, without_anybodys_word_is_nothing) { EXPECT_EQ(limit_of({}, kVoltage).current.value, 0); }

TEST(Limit, a_negative_word_is_nothing_and_not_much) {
    Allowances a = all();
    a[LimitSource::csms].power = Watt{-5};
    EXPECT_EQ(limit_of(a, kVoltage).current.value, 0);
}

TEST(Limit, is_never_above_any_of_them) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        Allowances a = all();
        for (Allowance& one : a.of) {
            if (random() % 3 == 0) one.power = Watt{static_cast<std::int32_t>(random())};
            if (random() % 3 == 0) one.current = MilliAmpere{static_cast<std::int32_t>(random())};
        }
        const MilliVolt voltage{static_cast<std::int32_t>(random() % 1'000'000)};
        const Limit limit = limit_of(a, voltage);
        for (const Allowance& one : a.of) {
            if (one.current) { ASSERT_LE(limit.current.value, std::max(one.current->value, 0)); }
            if (one.power && voltage.value >= 1'000) { ASSERT_LE(limit.power.value, std::max(one.power->value, 0)); }
        }
        ASSERT_GE(limit.current.value, 0);
    }
}

TEST(Limit, goes_up_by_the_ramp) {
    const Limit zero{};
    const Limit full = limit_of(all(), kVoltage);
    const Limit next = ramped(zero, full, {}, 100ms, kVoltage);
    EXPECT_EQ(next.power.value, 2'000);
    EXPECT_EQ(next.current.value, 5'000);
    EXPECT_EQ(ramped(zero, full, {}, 10s, kVoltage), full);
}

TEST(Limit, what_protects_comes_down_at_once_and_what_manages_by_the_ramp) {
    Allowances a = all();
    const Limit full = limit_of(a, kVoltage);
    a[LimitSource::fuse].power = Watt{1'000};
    EXPECT_EQ(ramped(full, limit_of(a, kVoltage), {}, 10ms, kVoltage).power.value, 1'000);
    a = all();
    a[LimitSource::csms].power = Watt{1'000};
    EXPECT_EQ(ramped(full, limit_of(a, kVoltage), {}, 100ms, kVoltage).power.value, 45'000);
}

}  // namespace
}  // namespace voltkeep::charging
