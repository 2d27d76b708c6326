// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/types.hpp"

#include <gtest/gtest.h>

namespace voltkeep::ocpp {
namespace {

TEST(Decimal, is_exact_and_has_one_form_for_one_value) {
    EXPECT_EQ(Decimal::from("23.15"), Decimal(2315, -2));
    EXPECT_EQ(Decimal::from("23.1500"), Decimal(2315, -2));
    EXPECT_EQ(Decimal::from("0.1"), Decimal(1, -1));
    EXPECT_EQ(Decimal::from("0.30000000000000004")->text(), "0.30000000000000004");
    EXPECT_EQ(Decimal::from("100.010")->text(), "100.01");
    EXPECT_EQ(Decimal::from("1000"), Decimal(1000));
    EXPECT_EQ(Decimal::from("1000.000"), Decimal(1, 3));
    EXPECT_EQ(Decimal::from("12e-4")->text(), "0.0012");
    EXPECT_EQ(Decimal::from("-0.5")->text(), "-0.5");
    EXPECT_EQ(Decimal::from("-0.0"), Decimal());
    EXPECT_EQ(Decimal::from("0e999999999999"), Decimal());
    EXPECT_EQ(Decimal::from("1e300")->text(), "1e300");
    EXPECT_EQ(Decimal::from("1.25E+2")->text(), "125");
    EXPECT_EQ(Decimal::from("0.000000000000000000000000000001")->text(), "1e-30");
    EXPECT_EQ(Decimal::from("10000000000000000000000"), Decimal(1, 22));
}

TEST(Decimal, refuses_what_it_cannot_hold_and_what_is_no_json_number) {
    for (const auto* text : {"1234567890123456789", "0.1234567890123456789", "1e401", "1e-401", "1e99999999999", "", "-", ".5",
                             "5.", "01", "+1", "1e", "1e+", "1e+-5", "NaN", "0x10", " 1", "1 "}) {
        EXPECT_FALSE(Decimal::from(text)) << text;
    }
}

TEST(Decimal, compares_by_value_whatever_the_exponents) {
    EXPECT_LT(Decimal(99), Decimal(100));
    EXPECT_LT(Decimal(-100), Decimal(-99));
    EXPECT_LT(Decimal(999'999'999'999'999'999, -17), Decimal(10));
    EXPECT_GT(Decimal(1, 300), Decimal(999'999'999'999'999'999));
    EXPECT_LT(Decimal(-1, 300), Decimal(1, -300));
    EXPECT_GT(Decimal(1, -300), Decimal(0));
    EXPECT_TRUE(Decimal(-1, 300).within(std::numeric_limits<std::int64_t>::min(), 0));
    EXPECT_FALSE(Decimal(1, -300).within(std::numeric_limits<std::int64_t>::min(), 0));
    EXPECT_FALSE(Decimal(1001, -1).within(0, 100));
}

TEST(Decimal, scales_exactly_or_not_at_all) {
    EXPECT_EQ(Decimal(2315, -2).scaled(3), 23150);
    EXPECT_EQ(Decimal(2315, -2).scaled(1), std::nullopt);
    EXPECT_EQ(Decimal(1, 19).scaled(0), std::nullopt);
    EXPECT_EQ(Decimal().scaled(-5), 0);
    EXPECT_DOUBLE_EQ(Decimal(2315, -2).approximate(), 23.15);
}

//= OCPP 2.1 Part 4, 4.1: date and time as in RFC 3339
TEST(DateTime, reads_rfc_3339_and_writes_utc) {
    EXPECT_EQ(DateTime::from("1970-01-01T00:00:00Z")->time.unix_ms, 0);
    EXPECT_EQ(DateTime::from("2026-07-31T12:00:00.5+02:00")->text(), "2026-07-31T10:00:00.500Z");
    EXPECT_EQ(DateTime::from("2026-07-31t12:00:00.123456789z")->text(), "2026-07-31T12:00:00.123Z");
    EXPECT_EQ(DateTime::from("2024-02-29T23:59:59-00:30")->text(), "2024-03-01T00:29:59.000Z");
    EXPECT_EQ(DateTime::from("2016-12-31T23:59:60Z")->text(), "2017-01-01T00:00:00.000Z");
    EXPECT_EQ(DateTime::from("1969-12-31T23:59:59.999Z")->time.unix_ms, -1);
    EXPECT_EQ(DateTime::from("0000-01-01T00:00:00Z")->text(), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(DateTime::from("9999-12-31T23:59:59.999Z")->text(), "9999-12-31T23:59:59.999Z");
}

TEST(DateTime, refuses_days_and_times_that_do_not_exist) {
    for (const auto* text :
         {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
          "2026-01-01T00:00:60Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01 00:00:00Z",
          "2026-01-01", "2026-1-1T0:0:0Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00ZZ", "",
          "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
        EXPECT_FALSE(DateTime::from(text)) << text;
    }
}

TEST(Sequence, push_beyond_the_bound_changes_nothing) {
    Sequence<int, 1, 2> list{1, 2};
    EXPECT_FALSE(list.push(3));
    EXPECT_EQ(list, (Sequence<int, 1, 2>{1, 2}));
    EXPECT_FALSE((Sequence<int, 1, 2>::from({})));
    EXPECT_FALSE((Sequence<int, 1, 2>::from({1, 2, 3})));
}

}  // namespace
}  // namespace voltkeep::ocpp
