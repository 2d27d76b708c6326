// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/result.hpp"

namespace voltkeep {

TEST(Text, refuses_what_does_not_fit_and_never_cuts) {
    EXPECT_EQ(Text<3>::from("abc")->view(), "abc");
    EXPECT_FALSE(Text<3>::from("abcd").has_value());
}

TEST(List, push_beyond_the_bound_changes_nothing) {
    List<int, 2> list{1, 2};
    EXPECT_FALSE(list.push(3));
    EXPECT_EQ(list, (List<int, 2>{1, 2}));
}

TEST(List, resize_hides_nothing_of_an_earlier_life) {
    List<int, 3> list{1, 2, 3};
    ASSERT_TRUE(list.resize(1));
    ASSERT_TRUE(list.resize(3));
    EXPECT_EQ(list, (List<int, 3>{1, 0, 0}));
}

TEST(Result, try_hands_the_error_on) {
    auto inner = []() -> Result<int> { return fail(Errc::full, "no room"); };
    auto outer = [&]() -> Result<int> { return TRY(inner()) + 1; };
    EXPECT_EQ(outer().error().code, Errc::full);
    EXPECT_EQ(outer().error().what.view(), "no room");
}

}  // namespace voltkeep
