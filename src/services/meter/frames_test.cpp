// SPDX-License-Identifier: Apache-2.0
#include "services/meter/frames.hpp"

#include <gtest/gtest.h>

namespace voltkeep::meter {
namespace {

ReadingFrame some_reading() {
    return {.sequence = 9, .answers = 4, .time_ms = 123'456'789'012, .import_mwh = 98'765'432'109'876, .export_mwh = 5,
            .voltage = {400'123}, .current = {-50'001}, .power = {-20'006}, .frequency = {49'990}, .status = kCoverOpened,
            .serial = "VK-DC-000001"};
}

TEST(MeterFrames, a_reading_comes_back_as_it_went) {
    const auto bytes = encode(some_reading());
    const auto got = decode_reading(bytes);
    ASSERT_TRUE(got);
    EXPECT_EQ(encode(*got), bytes);
    EXPECT_EQ(got->import_mwh, 98'765'432'109'876);
    EXPECT_EQ(got->power.value, -20'006);
    EXPECT_EQ(got->serial.view(), "VK-DC-000001");
}

TEST(MeterFrames, a_request_comes_back_as_it_went) {
    const auto got = decode_request(encode(RequestFrame{77}));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->number, 77u);
}

TEST(MeterFrames, a_record_comes_back_as_it_went_and_so_does_what_asks_for_it) {
    const auto asked = decode_sign(encode(SignFrame{7, 'E', "CENTRAL", "VK-DEMO-DRIVER"}));
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->number, 7u);
    EXPECT_EQ(asked->mark, 'E');
    EXPECT_EQ(asked->identification.view(), "VK-DEMO-DRIVER");
    RecordFrame frame{7, {}};
    frame.record = Text<2048>::cut(std::string(2048, 'x'));
    const auto record = decode_record(encode(frame));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->record.size(), 2048u);
    EXPECT_FALSE(decode_record(encode(SignFrame{})));
    EXPECT_FALSE(decode_sign(encode(RequestFrame{})));
}

TEST(MeterFrames, every_flipped_bit_is_refused) {
    const auto good = encode(some_reading());
    for (std::size_t i = 0; i < good.size() * 8; ++i) {
        auto bad = good;
        bad[i / 8] ^= static_cast<std::byte>(1u << (i % 8));
        EXPECT_FALSE(decode_reading(bad)) << i;
    }
}

TEST(MeterFrames, a_register_that_none_can_show_is_refused) {
    for (const std::int64_t mwh : {std::int64_t{-1}, INT64_MIN, INT64_MAX, std::int64_t{1'000'000'000'000'001}}) {
        ReadingFrame frame = some_reading();
        frame.import_mwh = mwh;
        EXPECT_FALSE(decode_reading(encode(frame))) << mwh;
        frame = some_reading();
        frame.export_mwh = mwh;
        EXPECT_FALSE(decode_reading(encode(frame))) << mwh;
    }
    ReadingFrame frame = some_reading();
    frame.time_ms = UINT64_MAX;
    EXPECT_FALSE(decode_reading(encode(frame)));
}

TEST(MeterFrames, a_serial_number_that_cannot_be_printed_is_refused) {
    ReadingFrame frame = some_reading();
    frame.serial = "VK\n1";
    EXPECT_FALSE(decode_reading(encode(frame)));
}

}  // namespace
}  // namespace voltkeep::meter
