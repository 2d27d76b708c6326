// SPDX-License-Identifier: Apache-2.0
#include "mailbox.hpp"

#include <gtest/gtest.h>

#include <string>

namespace voltkeep::link {
namespace {

Frame frame(std::string_view text, std::uint16_t kind = 1) {
    const Bytes bytes = as_bytes(text);
    return {kind, {bytes.begin(), bytes.end()}};
}

PutFrame piece(std::string_view text, std::uint32_t size, std::uint32_t offset, std::uint32_t answers = 0,
               std::string_view checkpoint = {}) {
    return {.connection = 7,
            .kind = 1,
            .size = size,
            .offset = offset,
            .answers = answers,
            .bytes = *Blob<piece_bound>::from(as_bytes(text)),
            .checkpoint = *Blob<checkpoint_bound>::from(as_bytes(checkpoint))};
}

struct Opened : Mailbox {
    Opened() : Mailbox({.frames = 3, .bytes = 100000}) { open(7); }
};

}  // namespace

TEST(Mailbox, the_oldest_frame_stays_until_it_is_released) {
    Opened box;
    box.push(frame("one", 0x8001), {5});
    box.push(frame("two"), {6});
    for (int i = 0; i < 2; ++i) {
        const auto taken = box.take({});
        ASSERT_TRUE(taken);
        EXPECT_EQ(as_text(taken->bytes), "one");
        EXPECT_EQ(taken->kind, 0x8001);
        EXPECT_EQ(taken->connection, 7u);
        EXPECT_EQ(taken->arrived_ns, 5);
        EXPECT_FALSE(taken->repeated);
    }
    ASSERT_TRUE(box.release({.connection = 7, .id = 1, .checkpoint = *Blob<checkpoint_bound>::from(as_bytes("state"))}));
    EXPECT_EQ(as_text(box.take({})->bytes), "two");
    EXPECT_EQ(as_text(box.checkpoint()), "state");
    EXPECT_EQ(box.release({.connection = 7, .id = 1, .checkpoint = {}}).error().code, Errc::not_found);
}

TEST(Mailbox, a_long_frame_is_taken_in_pieces) {
    Opened box;
    std::string long_text(piece_bound * 2 + 5, 'x');
    long_text.back() = 'y';
    box.push(frame(long_text), {});
    std::string taken;
    while (taken.size() < box.take({})->size) taken += as_text(box.take({static_cast<std::uint32_t>(taken.size())})->bytes);
    EXPECT_EQ(taken, long_text);
    EXPECT_TRUE(box.take({static_cast<std::uint32_t>(taken.size())})->bytes.empty());
    EXPECT_EQ(box.take({static_cast<std::uint32_t>(taken.size() + 1)}).error().code, Errc::bad_argument);
}

TEST(Mailbox, answer_release_and_checkpoint_happen_with_the_last_piece_and_at_once) {
    Opened box;
    box.push(frame("question"), {});
    const auto first = box.put(piece("ans", 6, 0, 1, "after"));
    ASSERT_TRUE(first);
    EXPECT_FALSE(*first);
    EXPECT_FALSE(box.is_empty());
    EXPECT_TRUE(box.checkpoint().empty());
    const auto last = box.put(piece("wer", 6, 3, 1, "after"));
    ASSERT_TRUE(last && *last);
    EXPECT_EQ(as_text((*last)->bytes), "answer");
    EXPECT_TRUE(box.is_empty());
    EXPECT_EQ(as_text(box.checkpoint()), "after");
}

TEST(Mailbox, an_answer_goes_out_once_however_often_it_is_put) {
    Opened box;
    box.push(frame("question"), {});
    ASSERT_TRUE(box.put(piece("a", 1, 0, 1)));
    EXPECT_EQ(box.put(piece("a", 1, 0, 1)).error().code, Errc::bad_argument);
}

TEST(Mailbox, refuses_pieces_that_do_not_fit_and_forgets_the_rest_of_them) {
    const std::vector<PutFrame> bad{
        piece("a", 0, 0), piece("", 3, 0), piece("abcd", 3, 0), piece("b", 3, 2), piece("a", frame_bound + 1, 0),
    };
    for (const PutFrame& p : bad) {
        Opened box;
        EXPECT_EQ(box.put(p).error().code, Errc::bad_argument);
    }
    Opened box;
    ASSERT_TRUE(box.put(piece("a", 3, 0)));
    EXPECT_EQ(box.put(piece("b", 4, 1)).error().code, Errc::bad_argument);
    EXPECT_EQ(box.put(piece("b", 3, 1)).error().code, Errc::bad_argument);
}

TEST(Mailbox, what_is_for_an_earlier_connection_is_refused) {
    Opened box;
    box.push(frame("old"), {});
    ASSERT_TRUE(box.put(piece("x", 1, 0, 0, "old")));
    box.open(8);
    EXPECT_TRUE(box.is_empty());
    EXPECT_TRUE(box.checkpoint().empty());
    EXPECT_EQ(box.put(piece("a", 1, 0)).error().code, Errc::closed);
    EXPECT_EQ(box.release({.connection = 7, .id = 1, .checkpoint = {}}).error().code, Errc::closed);
}

TEST(Mailbox, the_checkpoint_can_be_read_after_the_end) {
    Opened box;
    ASSERT_TRUE(box.put(piece("x", 1, 0, 0, "position")));
    box.close();
    EXPECT_EQ(as_text(box.checkpoint()), "position");
    EXPECT_EQ(box.put(piece("a", 1, 0)).error().code, Errc::closed);
    EXPECT_EQ(box.take({}).error().code, Errc::not_found);
}

TEST(Mailbox, a_frame_that_kills_twice_is_poison) {
    Opened box;
    box.push(frame("deadly"), {});
    ASSERT_TRUE(box.take({}));
    EXPECT_TRUE(box.client_died());
    EXPECT_TRUE(box.take({})->repeated);
    EXPECT_FALSE(box.client_died());
}

TEST(Mailbox, clients_that_die_without_having_taken_a_frame_poison_nothing) {
    Opened box;
    box.push(frame("harmless"), {});
    EXPECT_TRUE(box.client_died());
    EXPECT_TRUE(box.client_died());
    EXPECT_FALSE(box.take({})->repeated);
    EXPECT_TRUE(box.client_died());
    EXPECT_TRUE(box.client_died());
    EXPECT_TRUE(box.take({})->repeated);
}

TEST(Mailbox, half_a_frame_of_a_dead_client_is_not_sent) {
    Opened box;
    ASSERT_TRUE(box.put(piece("a", 2, 0)));
    EXPECT_TRUE(box.client_died());
    EXPECT_EQ(box.put(piece("b", 2, 1)).error().code, Errc::bad_argument);
}

TEST(Mailbox, is_full_by_number_and_by_bytes) {
    Opened by_number;
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(by_number.has_room());
        by_number.push(frame("x"), {});
    }
    EXPECT_FALSE(by_number.has_room());
    ASSERT_TRUE(by_number.release({.connection = 7, .id = 2, .checkpoint = {}}));
    EXPECT_TRUE(by_number.has_room());
    Opened by_bytes;
    by_bytes.push(frame(std::string(100000, 'x')), {});
    EXPECT_FALSE(by_bytes.has_room());
}

}  // namespace voltkeep::link
