// SPDX-License-Identifier: Apache-2.0
#include "seal_plan.hpp"

#include <gtest/gtest.h>

namespace voltkeep::audit {
namespace {

class Plan : public testing::Test {
protected:
    /// What is done now, and as what.
    std::optional<SealPlan::Wanted> step(bool is_new = true) {
        const auto wanted = plan.next(at, is_new);
        if (!wanted) return wanted;
        plan.begin();
        plan.done(*wanted, at);
        return wanted;
    }
    SealPlan plan;
    Instant at{1'000'000'000};
};

TEST_F(Plan, the_start_is_sealed_before_anything_else_and_only_once) {
    plan.want(Cause::transaction);
    plan.want(Cause::boot);
    const auto first = step();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->step, SealPlan::Step::raise);
    EXPECT_EQ(first->cause, Cause::boot);
    EXPECT_FALSE(step()) << "the transaction was in it";
}

TEST_F(Plan, the_end_of_a_transaction_is_certified_without_a_raise) {
    plan.want(Cause::boot);
    step();
    plan.want(Cause::transaction);
    const auto wanted = step();
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->step, SealPlan::Step::certify);
}

TEST_F(Plan, what_is_wanted_while_the_TPM_is_asked_is_not_forgotten) {
    plan.want(Cause::boot);
    const auto first = *plan.next(at, true);
    plan.begin();
    plan.want(Cause::transaction);
    plan.want(Cause::boot);
    plan.done(first, at);
    EXPECT_EQ(step()->cause, Cause::boot);
    EXPECT_FALSE(step());
}

TEST_F(Plan, what_is_new_is_signed_every_thirty_seconds_and_what_is_not_new_never) {
    EXPECT_EQ(step()->step, SealPlan::Step::sign);
    EXPECT_FALSE(step());
    at = at + 30s;
    EXPECT_FALSE(step(false));
    EXPECT_EQ(step(true)->step, SealPlan::Step::sign);
}

/// A day in which every minute has a security event: rot's budget is 54, and boots and stops need some of it.
TEST_F(Plan, no_day_has_more_than_48_raises_whatever_happens) {
    plan.want(Cause::boot);
    step();
    int raises = 0;
    for (int second = 0; second < 86'400; ++second, at = at + 1s) {
        if (second % 60 == 0) plan.want(Cause::security);
        const auto wanted = step();
        raises += wanted && wanted->step == SealPlan::Step::raise ? 1 : 0;
    }
    EXPECT_GE(raises, 24);
    EXPECT_LE(raises, 48);
}

}  // namespace
}  // namespace voltkeep::audit
