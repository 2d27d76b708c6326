// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "wire/audit_log/segment.hpp"

namespace voltkeep::audit_log {
namespace {

Entry entry_of(std::uint64_t n) {
    return {"session",         n,         3, static_cast<std::int64_t>(n) * 1000,
            1'763'000'000'000, "session", 1, "{\"n\":" + std::to_string(n) + "}"};
}

std::vector<std::byte> log_of(std::uint64_t entries) {
    std::vector<std::byte> log;
    for (std::uint64_t i = 0; i < entries; ++i) {
        const auto bytes = encode(entry_of(i));
        const auto record = make_record(bytes, leaf_hash(bytes));
        log.insert(log.end(), record.begin(), record.end());
    }
    return log;
}

Walk walk_good(Bytes log) {
    return walk(log, 0, [](const Record& record) -> Result<> {
        TRY(entry_of(record));
        return {};
    });
}

}  // namespace

TEST(Entry, is_the_same_after_the_round_trip) { EXPECT_EQ(*decode(encode(entry_of(70000))), entry_of(70000)); }

TEST(Entry, no_truncation_and_no_trailing_byte_is_taken) {
    auto bytes = encode(entry_of(300));
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode(Bytes(bytes).first(n))) << n;
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(decode(bytes));
}

TEST(Entry, a_number_in_a_longer_form_is_refused) {
    const auto bytes = encode(Entry{});
    std::vector<std::byte> longer(bytes.begin(), bytes.begin() + 2);   // array, empty source
    longer.push_back(std::byte{0x18});                                // sequence 0 in two bytes
    longer.push_back(std::byte{0});
    longer.insert(longer.end(), bytes.begin() + 3, bytes.end());
    EXPECT_FALSE(decode(longer));
}

TEST(Segment, every_flipped_byte_is_found_at_its_entry_or_as_torn) {
    const auto log = log_of(20);
    std::vector<std::uint64_t> starts;
    (void)walk(log, 0, [&](const Record& record) -> Result<> {
        starts.push_back(record.offset);
        return {};
    });
    ASSERT_EQ(starts.size(), 20u);
    for (std::size_t i = 0; i < log.size(); ++i) {
        auto bad = log;
        bad[i] ^= std::byte{0x04};
        const Walk w = walk_good(bad);
        ASSERT_TRUE(w.damage) << i;
        const auto owner = static_cast<std::uint64_t>(std::ranges::upper_bound(starts, i) - starts.begin()) - 1;
        EXPECT_EQ(w.damage->index, owner) << i;
    }
}

TEST(Segment, a_cut_off_write_is_torn_and_all_before_it_is_good) {
    const auto log = log_of(5);
    const Walk w = walk_good(Bytes(log).first(log.size() - 3));
    ASSERT_TRUE(w.damage);
    EXPECT_TRUE(w.damage->is_torn);
    EXPECT_EQ(w.size, 4u);
    EXPECT_EQ(w.length, log_of(4).size());
}

}  // namespace voltkeep::audit_log
