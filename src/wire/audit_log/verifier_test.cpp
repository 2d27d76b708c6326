// SPDX-License-Identifier: Apache-2.0
#include "wire/audit_log/verifier.hpp"

#include <gtest/gtest.h>

#include "wire/audit_log/test_signer.hpp"

namespace voltkeep::audit_log {
namespace {

Entry small_entry(std::uint64_t n, std::string_view type = "x") { return {"a", n, 1, 1, 1, std::string(type), 0, "{}"}; }

/// A station that keeps its log in memory: one segment, checkpoints at every 64 entries, and one of now.
struct Station {
    Station() { key.key = signer.key().key; }

    void add(const Entry& entry) {
        const auto bytes = encode(entry);
        const Hash leaf = leaf_hash(bytes);
        const auto record = make_record(bytes, leaf);
        starts.push_back(log.size());
        log.insert(log.end(), record.begin(), record.end());
        peaks.append(leaf);
        if (peaks.size() % 64 == 0) marks += note() + "\n";
    }
    void fill(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) add(small_entry(peaks.size()));
        last = note() + "\n";
    }
    std::string note() {
        key.name = origin_of(key.key, 1);
        const Checkpoint checkpoint{key.name, peaks.size(), peaks.root()};
        return write_note({write_checkpoint(checkpoint), {MUST(sign_checkpoint(checkpoint, key, 1'763'000'000, signer.sign()))}});
    }
    /// The verifier that has seen the checkpoints.
    [[nodiscard]] Verifier begin() const { return begin(marks, last); }
    [[nodiscard]] Verifier begin(std::string_view all_marks, std::string_view newest) const {
        Verifier verifier(key.key);
        const Checkpoints split = split_checkpoints(all_marks), now = split_checkpoints(newest);
        const bool is_whole = split.length == all_marks.size() && now.length == newest.size();
        for (const std::string& one : split.notes) verifier.checkpoint(one, true, "checkpoints");
        for (const std::string& one : now.notes) verifier.checkpoint(one, true, "checkpoint");
        if (!is_whole) verifier.checkpoint("", true, "checkpoints");   // what is left over is no checkpoint
        return verifier;
    }
    [[nodiscard]] Verifier::Result verify(Bytes bytes) const {
        Verifier verifier = begin();
        verifier.segment("log", 0, bytes);
        return verifier.finish();
    }
    [[nodiscard]] std::uint64_t owner(std::size_t offset) const {
        return static_cast<std::uint64_t>(std::ranges::upper_bound(starts, offset) - starts.begin()) - 1;
    }

    TestSigner signer{"voltkeep.test/log", SignatureType::ml_dsa_44};
    VerifierKey key{"", SignatureType::ml_dsa_44, {}};
    std::vector<std::byte> log;
    std::vector<std::uint64_t> starts;
    std::string marks, last;
    Peaks peaks;
};

}  // namespace

TEST(Verifier, a_whole_log_is_good_and_its_unsigned_tail_is_counted) {
    Station station;
    station.fill(200);
    auto good = station.verify(station.log);
    ASSERT_FALSE(good.damage) << good.damage->what;
    EXPECT_EQ(good.entries, 200u);
    EXPECT_EQ(good.signed_size, 200u);
    EXPECT_EQ(good.signed_unix_s, 1'763'000'000u);
    EXPECT_EQ(good.root, station.peaks.root());
    station.add(small_entry(200));
    good = station.verify(station.log);
    EXPECT_FALSE(good.damage);
    EXPECT_EQ(good.entries, 201u);
    EXPECT_EQ(good.signed_size, 200u);
}

TEST(Verifier, every_byte_of_200_entries_flipped_is_found_at_its_entry) {
    Station station;
    station.fill(200);
    Verifier before = station.begin();   // has seen what stands before the block: a flip is found at its checkpoint at the latest
    for (std::uint64_t first = 0; first < 200; first += 64) {
        const std::size_t begin = station.starts[first], end = first + 64 < 200 ? station.starts[first + 64] : station.log.size();
        const Bytes block = Bytes(station.log).subspan(begin, end - begin);
        std::vector<std::byte> bad(block.begin(), block.end());
        for (std::size_t i = 0; i < bad.size(); ++i) {
            bad[i] ^= std::byte{0x10};
            Verifier verifier = before;
            verifier.segment("log", first, bad);
            const auto result = verifier.finish();
            ASSERT_TRUE(result.damage) << begin + i;
            ASSERT_EQ(result.damage->index, station.owner(begin + i)) << begin + i << ": " << result.damage->what;
            bad[i] ^= std::byte{0x10};
        }
        before.segment("log", first, block);
    }
    EXPECT_FALSE(before.finish().damage);
}

TEST(Verifier, says_whether_the_entry_or_its_hash_was_changed) {
    Station station;
    station.fill(200);
    auto bad = station.log;
    bad[station.starts[70] + 10] ^= std::byte{1};
    EXPECT_EQ(station.verify(bad).damage->what, "the entry was changed; the hash beside it is as it was signed");
    bad = station.log;
    bad[station.starts[71] - 1] ^= std::byte{1};
    EXPECT_EQ(station.verify(bad).damage->index, 70u);
    EXPECT_EQ(station.verify(bad).damage->what, "the hash beside the entry was changed; the entry is as it was signed");
}

TEST(Verifier, every_byte_of_a_checkpoint_flipped_is_found) {
    Station station;
    station.fill(200);
    const Verifier begun = station.begin(station.marks, {});
    for (std::size_t i = 0; i + 1 < station.last.size(); ++i) {   // the empty line behind it is the file's
        std::string note = station.last.substr(0, station.last.size() - 1);
        note[i] = static_cast<char>(note[i] ^ 0x01);
        Verifier verifier = begun;
        ASSERT_FALSE(verifier.checkpoint(note, true, "checkpoint")) << i;
    }
}

TEST(Verifier, the_last_entries_dropped_are_missed_however_many) {
    Station station;
    station.fill(200);
    for (std::size_t k = 1; k <= 200; ++k) {
        const auto result = station.verify(Bytes(station.log).first(station.starts[200 - k]));
        ASSERT_TRUE(result.damage) << k;
        EXPECT_EQ(result.damage->index, 200 - k);
    }
}

TEST(Verifier, what_is_changed_together_with_its_hash_is_found_between_two_checkpoints) {
    Station station, forged;
    station.fill(200);
    for (std::uint64_t i = 0; i < 200; ++i) forged.add(small_entry(i, i == 100 ? "y" : "x"));
    auto result = station.verify(forged.log);
    ASSERT_TRUE(result.damage);
    EXPECT_EQ(result.damage->index, 64u) << "the last that is proved are the first 64";

    Station moved;   // two entries change places
    for (std::uint64_t i = 0; i < 200; ++i) moved.add(small_entry(i == 10 ? 11 : i == 11 ? 10 : i));
    EXPECT_EQ(station.verify(moved.log).damage->index, 0u);

    Station dropped;   // one is gone, the rest moves up
    for (std::uint64_t i = 0; i < 201; ++i)
        if (i != 150) dropped.add(small_entry(i));
    EXPECT_EQ(station.verify(dropped.log).damage->index, 128u);
}

TEST(Verifier, truncate_and_continue_is_found_and_so_is_a_fork_that_is_merged_back) {
    Station station, other;
    station.fill(200);
    for (std::uint64_t i = 0; i < 150; ++i) other.add(small_entry(i));
    for (std::uint64_t i = 150; i < 260; ++i) other.add(small_entry(i, "later"));
    EXPECT_EQ(station.verify(other.log).damage->index, 128u) << "truncated and continued";

    // The same key has signed both branches: neither has the checkpoints of the other.
    Station fork = std::move(other);
    auto merged = station.log;
    merged.insert(merged.end(), fork.log.begin() + static_cast<std::ptrdiff_t>(fork.starts[200]), fork.log.end());
    EXPECT_FALSE(station.verify(merged).damage) << "behind the last checkpoint nothing is signed";
    Verifier verifier = station.begin(station.marks, station.last);
    Checkpoint later{origin_of(station.key.key, 1), fork.peaks.size(), fork.peaks.root()};
    EXPECT_TRUE(verifier.checkpoint(
        write_note({write_checkpoint(later),
                    {MUST(sign_checkpoint(later, {later.origin, station.key.type, station.key.key}, 1, station.signer.sign()))}}),
        true, "checkpoint"));
    verifier.segment("log", 0, merged);
    EXPECT_EQ(verifier.finish().damage->index, 200u) << "the checkpoint of the fork does not fit behind this one's";
}

TEST(Verifier, another_stations_log_and_another_logs_checkpoints_are_refused) {
    Station station, stranger;
    station.fill(70);
    stranger.fill(70);
    Verifier verifier = station.begin(stranger.marks, stranger.last);
    verifier.segment("log", 0, stranger.log);
    EXPECT_NE(verifier.finish().damage->what.find("another key"), std::string::npos);
    Verifier mixed = station.begin(station.marks, stranger.last);
    EXPECT_NE(mixed.finish().damage->what.find("another log"), std::string::npos);
    Verifier none(station.key.key);
    none.segment("log", 0, station.log);
    EXPECT_NE(none.finish().damage->what.find("no checkpoint"), std::string::npos);
}

TEST(Verifier, a_clock_that_was_set_back_is_named_and_one_that_goes_on_or_boots_anew_is_not) {
    constexpr std::int64_t start_ms = 1'763'000'000'000, second_ms = 1000, second_ns = 1'000'000'000;
    Station station;
    const auto add = [&](std::uint64_t boot, std::int64_t s, std::int64_t wall_s) {
        station.add({"a", station.peaks.size(), boot, s * second_ns, start_ms + wall_s * second_ms, "x", 0, "{}"});
        station.last = station.note() + "\n";
    };
    add(1, 100, 0);
    add(1, 160, 60);
    add(1, 170, 3600);    // forwards: a station that has found its time
    add(2, 5, 3400);      // another boot
    EXPECT_FALSE(station.verify(station.log).set_back);
    add(2, 10, 3403);     // two seconds back
    add(2, 11, 3404);
    EXPECT_EQ(station.verify(station.log).set_back, 4u);
    EXPECT_FALSE(station.verify(station.log).damage) << "it is said, and it is no damage";
}

TEST(Verifier, a_missing_segment_is_named) {
    Station station;
    station.fill(100);
    Verifier verifier = station.begin();
    verifier.segment("second", 40, Bytes(station.log).subspan(station.starts[40]));
    EXPECT_EQ(verifier.finish().damage->index, 0u);
    Verifier twice = station.begin();
    twice.segment("first", 0, Bytes(station.log).first(station.starts[40]));
    twice.segment("second", 40, Bytes(station.log).subspan(station.starts[40]));
    EXPECT_FALSE(twice.finish().damage);
}

}  // namespace voltkeep::audit_log
