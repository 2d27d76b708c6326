// SPDX-License-Identifier: Apache-2.0
// What the kernel layer relies on, said against the seam alone: every system that implements os.hpp runs this as it stands.
// Where a system may know less than another (what a dead peer has read), the suite says how little is enough.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "kernel/os.hpp"
#include "kernel/os/test_process.hpp"

namespace voltkeep::kernel::os {
namespace {

constexpr Duration soon = 10s;   ///< for what must come, on however slow a machine

/// A message of this many octets that names its own place in an order.
std::vector<std::byte> message_of(std::uint32_t number, std::size_t size = 4) {
    std::vector<std::byte> message(std::max<std::size_t>(size, 4), std::byte(number & 0xff));
    std::memcpy(message.data(), &number, 4);
    return message;
}

/// What came of taking one message.
struct Taken {
    std::uint32_t number = 0;
    std::size_t size = 0;
    Errc error = Errc::ok;          ///< `not_found`: nothing is queued
    bool is_truncated = false;
    std::vector<int> handles;
};

Taken take(int end, std::size_t room = hard_max_size) {
    std::vector<std::byte> buffer(room);
    const auto received = receive(end, buffer);
    if (!received) return {.error = received.error().code, .handles = {}};
    if (!*received) return {.error = Errc::not_found, .handles = {}};
    Taken taken{.size = (*received)->size, .is_truncated = (*received)->truncated, .handles = {}};
    taken.handles.assign((*received)->handles.begin(), (*received)->handles.end());
    std::memcpy(&taken.number, buffer.data(), std::min<std::size_t>(4, taken.size));
    return taken;
}
Taken await(int end, std::size_t room = hard_max_size) {
    if (!wait(end, now() + soon).value_or(false)) return {.error = Errc::timeout, .handles = {}};
    return take(end, room);
}
Errc say(int end, std::uint32_t number, std::size_t size = 4, std::span<const int> handles = {}) {
    const auto sent = send(end, message_of(number, size), handles);
    return sent ? Errc::ok : sent.error().code;
}
/// Says these until the peer's queue is full; how many it took.
std::uint32_t fill(int end, std::size_t size = 4) {
    for (std::uint32_t count = 0; count < 1'000'000; ++count)
        if (const Errc error = say(end, count, size); error != Errc::ok) return error == Errc::full ? count : 0;
    return 0;
}

/// The only words that say that a peer is gone. `gone_unread` is certain knowledge; a system without it says `closed`.
bool is_gone(Errc error) { return error == Errc::closed || error == Errc::gone_unread; }

/// Takes what comes until the peer is gone: the numbers, and the last word.
std::pair<std::vector<std::uint32_t>, Errc> drain(int end) {
    std::vector<std::uint32_t> numbers;
    for (;;) {
        const Taken taken = await(end);
        if (taken.error != Errc::ok) return {numbers, taken.error};
        numbers.push_back(taken.number);
    }
}

/// Says back what is said, until there is nobody to say it to.
int echo(int end) {
    for (;;) {
        const Taken taken = await(end);
        if (taken.error != Errc::ok) return is_gone(taken.error) ? 0 : 1;
        if (say(end, taken.number, taken.size) != Errc::ok) return 2;
    }
}

/// Takes `takes` messages, answers the first `answers` of them, and ends in this way.
enum class Way { exit, abort, hang };
TestProcess::Body server_that_ends(int takes, int answers, Way way = Way::exit) {
    return [=](int end) {
        for (int i = 0; i < takes; ++i) {
            const Taken taken = await(end);
            if (taken.error != Errc::ok) return 1;
            if (i < answers && say(end, taken.number + 1000) != Errc::ok) return 2;
        }
        if (way == Way::abort) std::abort();
        const Pair nobody = MUST(make_pair());
        if (way == Way::hang) (void)wait(nobody.a.get(), {INT64_MAX});
        return 0;
    };
}

using Numbers = std::vector<std::uint32_t>;
}  // namespace

// ---- messages

TEST(Conformance, messages_come_whole_in_order_and_both_ways) {
    const Pair pair = MUST(make_pair());
    for (std::uint32_t i = 0; i < 8; ++i) {
        ASSERT_EQ(say(pair.a.get(), i, 10 + i), Errc::ok);
        ASSERT_EQ(say(pair.b.get(), 100 + i), Errc::ok);
    }
    for (std::uint32_t i = 0; i < 8; ++i) {
        const Taken there = take(pair.b.get()), back = take(pair.a.get());
        EXPECT_EQ(there.number, i);
        EXPECT_EQ(there.size, 10 + i);
        EXPECT_EQ(back.number, 100 + i);
        EXPECT_FALSE(there.is_truncated);
    }
}

TEST(Conformance, an_empty_queue_is_no_error_and_no_wait) {
    const Pair pair = MUST(make_pair());
    const Instant begun = now();
    EXPECT_EQ(take(pair.a.get()).error, Errc::not_found);
    EXPECT_LT(now() - begun, soon);
}

TEST(Conformance, the_largest_message_passes_and_an_empty_one_is_none) {
    const Pair pair = MUST(make_pair());
    ASSERT_EQ(say(pair.a.get(), 7, hard_max_size), Errc::ok);
    EXPECT_EQ(take(pair.b.get()).size, hard_max_size);
    EXPECT_EQ(send(pair.a.get(), {}).error().code, Errc::bad_argument);
    EXPECT_EQ(take(pair.b.get()).error, Errc::not_found);
}

TEST(Conformance, a_message_longer_than_the_buffer_is_cut_and_says_so_and_the_next_is_whole) {
    const Pair pair = MUST(make_pair());
    ASSERT_EQ(say(pair.a.get(), 1, 100), Errc::ok);
    ASSERT_EQ(say(pair.a.get(), 2, 16), Errc::ok);
    const Taken cut = take(pair.b.get(), 16);
    EXPECT_TRUE(cut.is_truncated);
    EXPECT_LE(cut.size, 16u);
    const Taken whole = take(pair.b.get(), 16);
    EXPECT_EQ(whole.number, 2u);
    EXPECT_FALSE(whole.is_truncated);
}

TEST(Conformance, a_flood_is_refused_at_once_and_nothing_of_it_is_lost) {
    const Pair pair = MUST(make_pair());
    const Instant begun = now();
    const std::uint32_t taken = fill(pair.a.get());
    EXPECT_GE(taken, 16u) << "a burst of pulses fits";
    EXPECT_LT(now() - begun, soon);
    for (std::uint32_t i = 0; i < taken; ++i) ASSERT_EQ(take(pair.b.get()).number, i);
    EXPECT_EQ(take(pair.b.get()).error, Errc::not_found);
    EXPECT_EQ(say(pair.a.get(), 1), Errc::ok) << "who reads has room again";
}

TEST(Conformance, a_full_queue_does_not_stop_the_other_way) {
    const Pair pair = MUST(make_pair());
    ASSERT_GT(fill(pair.a.get()), 0u);
    EXPECT_EQ(say(pair.b.get(), 9), Errc::ok);
    EXPECT_EQ(take(pair.a.get()).number, 9u);
}

TEST(Conformance, four_large_messages_fit) {
    const Pair pair = MUST(make_pair());
    EXPECT_GE(fill(pair.a.get(), hard_max_size), 2u);
    const Pair other = MUST(make_pair());
    EXPECT_GE(fill(other.a.get(), default_max_size), 16u);
}

// ---- the end of a peer

TEST(Conformance, a_hang_up_is_known_only_after_everything_is_taken) {
    Pair pair = MUST(make_pair());
    for (std::uint32_t i = 0; i < 3; ++i) ASSERT_EQ(say(pair.a.get(), i), Errc::ok);
    pair.a.reset();
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(take(pair.b.get()).number, i);
    EXPECT_EQ(take(pair.b.get()).error, Errc::closed);
    EXPECT_EQ(take(pair.b.get()).error, Errc::closed) << "and stays known";
    EXPECT_EQ(say(pair.b.get(), 1), Errc::closed);
}

TEST(Conformance, a_peer_that_aborts_leaves_what_it_had_sent) {
    TestProcess process(server_that_ends(2, 2, Way::abort));
    ASSERT_EQ(say(process.end(), 1), Errc::ok);
    ASSERT_EQ(say(process.end(), 2), Errc::ok);
    EXPECT_NE(process.wait(), 0);
    const auto [numbers, end] = drain(process.end());
    EXPECT_EQ(numbers, (Numbers{1001, 1002}));
    EXPECT_EQ(end, Errc::closed);
}

/// A server dies after it took `takes` of three calls and answered `answers` of them: exactly these answers come, then the end;
/// and that a call was not read is said only if one was not.
TEST(Conformance, a_server_that_dies_at_any_step_has_answered_what_it_answered) {
    for (const Way way : {Way::exit, Way::abort})
        for (int takes = 0; takes <= 3; ++takes)
            for (int answers = 0; answers <= takes; ++answers) {
                TestProcess process(server_that_ends(takes, answers, way));
                for (std::uint32_t call = 0; call < 3; ++call) {
                    const Errc said = say(process.end(), call);
                    ASSERT_TRUE(said == Errc::ok || said == Errc::closed);
                }
                (void)process.wait();
                const auto [numbers, end] = drain(process.end());
                ASSERT_EQ(numbers.size(), static_cast<std::size_t>(answers)) << takes << " taken";
                for (std::uint32_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], 1000 + i);
                EXPECT_TRUE(is_gone(end));
                EXPECT_TRUE(takes < 3 || end == Errc::closed) << "everything was read: nobody may say that it was not";
            }
}

TEST(Conformance, an_unread_pulse_behind_an_executed_call_does_not_hide_its_reply) {
    TestProcess process(server_that_ends(1, 1));
    ASSERT_EQ(say(process.end(), 5), Errc::ok);
    (void)say(process.end(), 6);   // never read
    EXPECT_EQ(process.wait(), 0);
    EXPECT_EQ(await(process.end()).number, 1005u);
    EXPECT_TRUE(is_gone(await(process.end()).error));
}

TEST(Conformance, who_waits_is_woken_by_the_death_of_the_peer) {
    TestProcess process(server_that_ends(1, 1, Way::hang));
    ASSERT_EQ(say(process.end(), 1), Errc::ok);
    ASSERT_EQ(await(process.end()).number, 1001u);
    ASSERT_FALSE(MUST(wait(process.end(), now() + 5ms)));
    process.kill();
    EXPECT_TRUE(MUST(wait(process.end(), now() + soon)));
    EXPECT_TRUE(is_gone(take(process.end()).error));
    EXPECT_EQ(process.wait(), TestProcess::killed);
}

TEST(Conformance, a_peer_is_told_when_we_hang_up) {
    TestProcess process(echo);
    ASSERT_EQ(say(process.end(), 1), Errc::ok);
    ASSERT_EQ(await(process.end()).number, 1u);
    process.hang_up();
    EXPECT_EQ(process.wait(), 0);
}

TEST(Conformance, a_peer_that_is_back_has_a_pair_of_its_own) {
    auto first = std::make_unique<TestProcess>(server_that_ends(1, 1));
    ASSERT_EQ(say(first->end(), 1), Errc::ok);
    EXPECT_EQ(drain(first->end()).first, Numbers{1001});
    TestProcess second(echo);
    ASSERT_EQ(say(second.end(), 2), Errc::ok);
    EXPECT_EQ(await(second.end()).number, 2u);
    EXPECT_EQ(take(first->end()).error, Errc::closed) << "the old end stays what it is";
    EXPECT_EQ(say(first->end(), 3), Errc::closed);
}

TEST(Conformance, a_broken_invariant_has_its_own_status) {
    TestProcess process([](int) -> int { end_broken(); });
    EXPECT_EQ(process.wait(), broken_status);
}

// ---- time

TEST(Conformance, a_wait_ends_at_its_deadline_and_not_before) {
    const Pair pair = MUST(make_pair());
    const Instant deadline = now() + 30ms;
    EXPECT_FALSE(MUST(wait(pair.a.get(), deadline)));
    EXPECT_GE(now(), deadline);
    EXPECT_FALSE(MUST(wait(pair.a.get(), Instant{0}))) << "a deadline that is over is a look";
    ASSERT_EQ(say(pair.b.get(), 1), Errc::ok);
    EXPECT_TRUE(MUST(wait(pair.a.get(), Instant{0})));
}

TEST(Conformance, a_late_reply_comes_as_what_it_is) {
    TestProcess process([](int end) {
        const Taken call = await(end);
        (void)wait(end, now() + 60ms);   // until the caller has given up
        return say(end, call.number) == Errc::ok ? echo(end) : 1;
    });
    ASSERT_EQ(say(process.end(), 1), Errc::ok);
    EXPECT_FALSE(MUST(wait(process.end(), now() + 10ms)));
    EXPECT_EQ(await(process.end()).number, 1u);
    ASSERT_EQ(say(process.end(), 2), Errc::ok);
    EXPECT_EQ(await(process.end()).number, 2u);
}

TEST(Conformance, a_timer_is_readable_at_its_instant_and_until_it_is_armed_anew) {
    const Descriptor timer = MUST(make_timer());
    EXPECT_FALSE(MUST(wait(timer.get(), now() + 5ms))) << "not armed";
    const Instant at = now() + 20ms;
    ASSERT_TRUE(arm_timer(timer.get(), at));
    EXPECT_TRUE(MUST(wait(timer.get(), now() + soon)));
    EXPECT_GE(now(), at);
    EXPECT_TRUE(MUST(wait(timer.get(), Instant{0})));
    ASSERT_TRUE(arm_timer(timer.get(), now() + 3600s));
    EXPECT_FALSE(MUST(wait(timer.get(), now() + 5ms)));
    ASSERT_TRUE(arm_timer(timer.get(), Instant{0}));
    EXPECT_TRUE(MUST(wait(timer.get(), now() + soon))) << "the past is now";
}

// ---- handles

TEST(Conformance, an_end_travels_with_its_message_and_works_where_it_arrives) {
    TestProcess process([](int end) {
        const Taken taken = await(end);
        if (taken.error != Errc::ok || taken.handles.size() != 1) return 1;
        const Descriptor given(taken.handles[0]);
        return say(given.get(), 77) == Errc::ok ? echo(given.get()) : 2;
    });
    Pair pair = MUST(make_pair());
    ASSERT_EQ(say(process.end(), 1, 4, std::array{pair.b.get()}), Errc::ok);
    pair.b.reset();   // the sender keeps its own, and it was the last here
    EXPECT_EQ(await(pair.a.get()).number, 77u);
    ASSERT_EQ(say(pair.a.get(), 78), Errc::ok);
    EXPECT_EQ(await(pair.a.get()).number, 78u);
    pair.a.reset();
    EXPECT_EQ(process.wait(), 0) << "it was told of the hang-up";
}

TEST(Conformance, as_many_handles_as_allowed_arrive_in_order) {
    const Pair way = MUST(make_pair());
    std::array<Pair, max_handles> pairs;
    std::array<int, max_handles> given{};
    for (std::size_t i = 0; i < max_handles; ++i) {
        pairs[i] = MUST(make_pair());
        given[i] = pairs[i].b.get();
    }
    ASSERT_EQ(say(way.a.get(), 1, 4, given), Errc::ok);
    const Taken taken = await(way.b.get());
    ASSERT_EQ(taken.handles.size(), max_handles);
    for (std::uint32_t i = 0; i < max_handles; ++i) {
        const Descriptor here(taken.handles[i]);
        ASSERT_EQ(say(here.get(), i), Errc::ok);
        EXPECT_EQ(await(pairs[i].a.get()).number, i);
    }
}

TEST(Conformance, a_handle_that_nobody_takes_is_closed) {
    Pair pair = MUST(make_pair());
    {
        TestProcess process(server_that_ends(0, 0, Way::hang));
        ASSERT_EQ(say(process.end(), 1, 4, std::array{pair.b.get()}), Errc::ok);
        pair.b.reset();
        EXPECT_FALSE(MUST(wait(pair.a.get(), now() + 5ms))) << "on its way it is alive";
    }
    EXPECT_TRUE(is_gone(await(pair.a.get()).error)) << "it died with the queue that it was in";
}

TEST(Conformance, a_handle_of_a_message_that_was_cut_is_closed) {
    const Pair way = MUST(make_pair());
    Pair pair = MUST(make_pair());
    ASSERT_EQ(say(way.a.get(), 1, 100, std::array{pair.b.get()}), Errc::ok);
    pair.b.reset();
    const Taken cut = take(way.b.get(), 10);
    EXPECT_TRUE(cut.is_truncated);
    EXPECT_TRUE(cut.handles.empty());
    EXPECT_TRUE(is_gone(await(pair.a.get()).error));
}

TEST(Conformance, a_message_that_is_refused_keeps_its_handle_with_its_sender) {
    const Pair way = MUST(make_pair());
    ASSERT_GT(fill(way.a.get()), 0u);
    const Pair pair = MUST(make_pair());
    EXPECT_EQ(say(way.a.get(), 1, 4, std::array{pair.b.get()}), Errc::full);
    ASSERT_EQ(say(pair.a.get(), 5), Errc::ok);
    EXPECT_EQ(await(pair.b.get()).number, 5u);
}

// ---- many at once

class PollerConformance : public testing::Test {
protected:
    /// The keys of what is ready within `limit`, with 100 added for what is writable.
    std::vector<std::uint64_t> ready(Duration limit = 0ns, std::size_t most = 32) {
        std::vector<Poller::Event> events(most);
        std::vector<std::uint64_t> keys;
        for (const Poller::Event& event : MUST(poller.wait(events, now() + limit))) {
            if (event.readable) keys.push_back(event.key);
            if (event.writable) keys.push_back(event.key + 100);
        }
        std::ranges::sort(keys);
        return keys;
    }
    using Keys = std::vector<std::uint64_t>;

    void SetUp() override {
        poller = MUST(Poller::make());
        one = MUST(make_pair());
        two = MUST(make_pair());
    }

    Poller poller;
    Pair one, two;
};

TEST_F(PollerConformance, says_who_has_something_for_as_long_as_they_have) {
    MUST(poller.add(one.a.get(), 1));
    MUST(poller.add(two.a.get(), 2));
    EXPECT_EQ(ready(5ms), Keys{});
    ASSERT_EQ(say(two.b.get(), 1), Errc::ok);
    EXPECT_EQ(ready(soon), Keys{2});
    EXPECT_EQ(ready(), Keys{2}) << "it is still there";
    ASSERT_EQ(say(one.b.get(), 1), Errc::ok);
    EXPECT_EQ(ready(soon), (Keys{1, 2}));
    (void)take(two.a.get());
    EXPECT_EQ(ready(), Keys{1});
}

TEST_F(PollerConformance, what_does_not_fit_comes_next) {
    MUST(poller.add(one.a.get(), 1));
    MUST(poller.add(two.a.get(), 2));
    ASSERT_EQ(say(one.b.get(), 1), Errc::ok);
    ASSERT_EQ(say(two.b.get(), 1), Errc::ok);
    std::map<std::uint64_t, int> seen;
    for (int turn = 0; turn < 4; ++turn)
        for (const std::uint64_t key : ready(soon, 1)) ++seen[key];
    EXPECT_EQ(seen.size(), 2u) << "nobody starves";
}

TEST_F(PollerConformance, a_hang_up_is_readable) {
    MUST(poller.add(one.a.get(), 1));
    one.b.reset();
    EXPECT_EQ(ready(soon), Keys{1});
    EXPECT_EQ(take(one.a.get()).error, Errc::closed);
}

TEST_F(PollerConformance, room_for_more_is_said_to_who_asks) {
    MUST(poller.add(one.a.get(), 1, true));
    EXPECT_EQ(ready(soon), Keys{101});
    const std::uint32_t taken = fill(one.a.get());
    EXPECT_EQ(ready(), Keys{});
    for (std::uint32_t i = 0; i < taken; ++i) (void)take(one.b.get());
    EXPECT_EQ(ready(soon), Keys{101});
    MUST(poller.change(one.a.get(), 1, true, false));
    EXPECT_EQ(ready(), Keys{});
}

TEST_F(PollerConformance, who_is_silenced_is_not_heard_until_it_is_asked_again) {
    MUST(poller.add(one.a.get(), 1));
    ASSERT_EQ(say(one.b.get(), 1), Errc::ok);
    MUST(poller.change(one.a.get(), 1, false, false));
    EXPECT_EQ(ready(5ms), Keys{});
    MUST(poller.change(one.a.get(), 3, true, false));
    EXPECT_EQ(ready(soon), Keys{3}) << "what came meanwhile is not lost";
}

TEST_F(PollerConformance, what_is_removed_or_closed_is_forgotten) {
    MUST(poller.add(one.a.get(), 1));
    MUST(poller.add(two.a.get(), 2));
    ASSERT_EQ(say(one.b.get(), 1), Errc::ok);
    ASSERT_EQ(say(two.b.get(), 1), Errc::ok);
    poller.remove(one.a.get());
    two.a.reset();
    EXPECT_EQ(ready(5ms), Keys{});
    MUST(poller.add(one.a.get(), 4));
    EXPECT_EQ(ready(soon), Keys{4});
}

TEST_F(PollerConformance, a_timer_is_one_of_them) {
    const Descriptor timer = MUST(make_timer());
    MUST(poller.add(timer.get(), 9));
    MUST(arm_timer(timer.get(), now() + 10ms));
    EXPECT_EQ(ready(soon), Keys{9});
}

TEST_F(PollerConformance, a_deadline_is_kept) {
    MUST(poller.add(one.a.get(), 1));
    const Instant begun = now();
    EXPECT_EQ(ready(30ms), Keys{});
    EXPECT_GE(now() - begun, 30ms);
}

}  // namespace voltkeep::kernel::os
