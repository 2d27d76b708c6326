// SPDX-License-Identifier: Apache-2.0
#include "services/powerdrv/inbox.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace voltkeep::powerdrv {
namespace {

OutputsFrame some_outputs() {
    OutputsFrame frame;
    frame.actuators = {.sequence = 0xfedcba98, .close_contactor = true, .supply_on = false, .discharge = true, .lock = true,
                       .three_phase = false, .reset_watchdog = true, .drive = safety::Drive::pwm, .duty_permille = 50,
                       .voltage = {400'000}, .current = {-12'345}, .latched = 0x80000010, .spent = 7};
    return frame;
}

InputsFrame some_inputs() {
    InputsFrame frame;
    frame.time_us = 0x0123456789abcdef;
    frame.sensors = {.sequence = 7,
                     .echo = 6,
                     .pilot_high_mv = 6'000,
                     .pilot_low_mv = -11'950,
                     .pilot_duty_permille = 50,
                     .proximity = {220},
                     .supply_voltage = {401'000},
                     .outlet_voltage = {400'100},
                     .current = {-99'000},
                     .residual_dc = {1'234},
                     .residual_ac = {-5},
                     .insulation = {987'654},
                     .plus_temperature = {-123},
                     .minus_temperature = {456},
                     .cabinet_temperature = {301},
                     .mains_voltage = {231'000},
                     .mains_frequency = {49'987},
                     .contactor_closed = true,
                     .locked = true,
                     .emergency_stop = false,
                     .earth_present = true,
                     .charge_enable = false,
                     .supply_fault = true,
                     .watchdog_tripped = false,
                     .latched = 0x12345678,
                     .spent = 200};
    return frame;
}

TEST(Frames, checksum_is_crc32c) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);  // RFC 3720, B.4
}

TEST(Frames, outputs_come_back_as_they_went) {
    const OutputsFrame sent = some_outputs();
    const auto bytes = encode(sent);
    const auto got = decode_outputs(bytes);
    ASSERT_TRUE(got);
    EXPECT_EQ(encode(*got), bytes);
    EXPECT_EQ(got->actuators.current, sent.actuators.current);
    EXPECT_EQ(got->actuators.sequence, sent.actuators.sequence);
    EXPECT_EQ(got->actuators.spent, sent.actuators.spent);
    EXPECT_TRUE(got->actuators.reset_watchdog);
    EXPECT_FALSE(got->actuators.supply_on);
}

TEST(Frames, inputs_come_back_as_they_went) {
    const InputsFrame sent = some_inputs();
    const auto bytes = encode(sent);
    const auto got = decode_inputs(bytes);
    ASSERT_TRUE(got);
    EXPECT_EQ(encode(*got), bytes);
    EXPECT_EQ(got->time_us, sent.time_us);
    EXPECT_EQ(got->sensors.current, sent.sensors.current);
    EXPECT_EQ(got->sensors.plus_temperature, sent.sensors.plus_temperature);
    EXPECT_EQ(got->sensors.mains_frequency, sent.sensors.mains_frequency);
    EXPECT_TRUE(got->sensors.supply_fault);
    EXPECT_EQ(got->sensors.spent, sent.sensors.spent);
}

TEST(Frames, every_flipped_bit_and_every_other_size_is_refused) {
    const auto outputs = encode(some_outputs());
    const auto inputs = encode(some_inputs());
    for (std::size_t i = 0; i < outputs.size() * 8; ++i) {
        auto bad = outputs;
        bad[i / 8] ^= static_cast<std::byte>(1u << (i % 8));
        EXPECT_FALSE(decode_outputs(bad)) << i;
    }
    for (std::size_t i = 0; i < inputs.size() * 8; ++i) {
        auto bad = inputs;
        bad[i / 8] ^= static_cast<std::byte>(1u << (i % 8));
        EXPECT_FALSE(decode_inputs(bad)) << i;
    }
    for (std::size_t size = 0; size < inputs.size(); ++size) {
        EXPECT_FALSE(decode_inputs(std::span(inputs).first(size)));
        EXPECT_FALSE(decode_outputs(std::span(inputs).first(size)));
    }
}

// A bus that gives packets as long as it is asked: how many were taken says how long a turn can last.
struct Flood {
    std::array<std::byte, kInputsSize> bytes{};
    InputsFrame frame;
    int taken = 0, left = INT32_MAX;
    Result<std::optional<Bytes>> operator()() {
        if (left-- == 0) return std::nullopt;
        frame.sensors.sequence = static_cast<std::uint32_t>(++taken);
        bytes = encode(frame);
        return Bytes(bytes);
    }
};

TEST(Inbox, gives_the_newest_of_what_has_come) {
    Inbox inbox;
    EXPECT_EQ(inbox.newest().sequence, 0u);
    Flood bus;
    bus.left = 3;
    ASSERT_TRUE(inbox.take([&] { return bus(); }));
    EXPECT_EQ(inbox.newest().sequence, 3u);
    EXPECT_EQ(inbox.full_turns(), 0u);
}

TEST(Inbox, a_turn_ends_however_much_is_sent) {
    Inbox inbox;
    Flood bus;
    for (int turn = 1; turn <= 3; ++turn) {
        ASSERT_TRUE(inbox.take([&] { return bus(); }));
        EXPECT_EQ(bus.taken, turn * Inbox::kMostInTurn);
        EXPECT_EQ(inbox.newest().sequence, static_cast<std::uint32_t>(bus.taken));
        EXPECT_EQ(inbox.full_turns(), static_cast<std::uint32_t>(turn));
    }
}

TEST(Inbox, what_is_no_frame_is_counted_and_changes_nothing) {
    Inbox inbox;
    Flood bus;
    bus.left = 1;
    ASSERT_TRUE(inbox.take([&] { return bus(); }));
    int packets = 5;
    ASSERT_TRUE(inbox.take(
        [&]() -> Result<std::optional<Bytes>> { return packets-- > 0 ? std::optional(as_bytes("garbage")) : std::nullopt; }));
    EXPECT_EQ(inbox.refused(), 5u);
    EXPECT_EQ(inbox.newest().sequence, 1u);
    EXPECT_FALSE(inbox.take([]() -> Result<std::optional<Bytes>> { return fail(Errc::closed); }));
}

}  // namespace
}  // namespace voltkeep::powerdrv
