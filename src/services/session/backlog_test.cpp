// SPDX-License-Identifier: Apache-2.0
#include "backlog.hpp"

#include <gtest/gtest.h>

namespace voltkeep::session {
namespace {

Backlog::Batch batch_with(EventKind kind, std::uint64_t request = 0) {
    Backlog::Batch batch;
    batch.commit.durable.emplace().requests = request;
    Event& event = batch.commit.events.emplace_back();
    event.kind = kind;
    event.request = request;
    if (kind == EventKind::status) batch.actions.emplace_back(charging::StatusChanged{});
    return batch;
}

}  // namespace

TEST(Backlog, goes_to_the_disk_one_by_one_in_order) {
    Backlog backlog;
    backlog.add(batch_with(EventKind::authorize, 1));
    backlog.add(batch_with(EventKind::authorize, 2));
    ASSERT_NE(backlog.begin(), nullptr);
    EXPECT_EQ(backlog.begin(), nullptr) << "one at a time";
    backlog.failed();
    ASSERT_EQ(backlog.begin()->events[0].request, 1u) << "the same again";
    EXPECT_EQ(backlog.done().commit.events[0].request, 1u);
    EXPECT_EQ(backlog.begin()->events[0].request, 2u);
}

TEST(Backlog, is_bounded_while_the_disk_fails_and_loses_no_record) {
    Backlog backlog;
    for (std::uint64_t i = 1; i <= 5'000; ++i) {
        backlog.add(batch_with(i % 1'000 == 0 ? EventKind::transaction : EventKind::status, i));
        if (const Commit* commit = backlog.begin()) {
            EXPECT_EQ(commit->events[0].request, 1u);
            backlog.failed();
        }
    }
    EXPECT_TRUE(backlog.is_full());
    EXPECT_EQ(backlog.size(), Backlog::bound);
    std::size_t events = 0, records = 0;
    std::uint64_t newest = 0, newest_status = 0;
    while (backlog.begin()) {
        const Backlog::Batch batch = backlog.done();
        newest = batch.commit.durable->requests;
        for (const Event& event : batch.commit.events) {
            ++events;
            records += event.kind == EventKind::transaction;
            if (event.kind == EventKind::status) newest_status = event.request;
        }
    }
    EXPECT_EQ(records, 5u);
    EXPECT_EQ(newest, 5'000u);
    EXPECT_EQ(newest_status, 4'999u);
    EXPECT_LE(events, Backlog::bound + 6);
}

TEST(Backlog, power_that_was_promised_waits_for_what_it_rests_on_and_only_the_newest_is_given) {
    Backlog backlog;
    backlog.add(batch_with(EventKind::transaction));
    backlog.promise(charging::SetPower{.demand = safety::Demand::cable_check});
    backlog.promise(charging::GiveConsent{100});
    backlog.promise(charging::GiveConsent{500});
    EXPECT_FALSE(backlog.take_gift().consent);
    ASSERT_TRUE(backlog.begin());
    (void)backlog.done();
    const Gift gift = backlog.take_gift();
    ASSERT_TRUE(gift.power && gift.consent);
    EXPECT_EQ(gift.consent->ms, 500);
    EXPECT_FALSE(backlog.take_gift().consent) << "once";
}

TEST(Backlog, a_consent_that_was_taken_back_is_not_given_when_the_disk_comes_back) {
    Backlog backlog;
    backlog.add(batch_with(EventKind::transaction));
    backlog.promise(charging::GiveConsent{500});
    backlog.withdraw();
    ASSERT_TRUE(backlog.begin());
    (void)backlog.done();
    const Gift gift = backlog.take_gift();
    EXPECT_FALSE(gift.power || gift.consent);
}

TEST(Backlog, an_answer_waits_for_everything_before_it) {
    Backlog backlog;
    int answered = 0;
    backlog.when_durable([&] { ++answered; });
    EXPECT_EQ(answered, 1) << "nothing waits";
    backlog.add(batch_with(EventKind::status));
    backlog.when_durable([&] { ++answered; });
    EXPECT_EQ(answered, 1);
    ASSERT_TRUE(backlog.begin());
    for (Backlog::Then& then : backlog.done().then) then();
    EXPECT_EQ(answered, 2);
}

}  // namespace voltkeep::session
