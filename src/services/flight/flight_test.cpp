// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "services/flight/files.hpp"
#include "services/flight/test_recording.hpp"

namespace voltkeep::flight {

using testing::recorded_safety, testing::recorded_session;

namespace {

/// The same step with another input.
template <class T>
void change(Step& step, auto&& how) {
    T value = MUST(kernel::decode<T>(step.bytes));
    how(value);
    std::vector<std::byte> buffer(kernel::bound<T>);
    const Bytes bytes = kernel::encode(value, buffer);
    step.bytes.assign(bytes.begin(), bytes.end());
}

}  // namespace

TEST(Flight, what_was_recorded_is_read_as_it_was_and_decides_the_same) {
    for (const Segment& segment : {recorded_safety(3'000, 1), recorded_session()}) {
        const std::vector<std::byte> file = write(segment);
        const Segment back = MUST(read(file));
        EXPECT_FALSE(back.damage);
        ASSERT_EQ(back.steps.size(), segment.steps.size());
        for (std::size_t i = 0; i < back.steps.size(); ++i) ASSERT_EQ(back.steps[i].bytes, segment.steps[i].bytes) << i;
        const Replayed replayed = MUST(replay(back));
        EXPECT_FALSE(replayed.difference) << replayed.difference->decides;
        EXPECT_EQ(replayed.steps, segment.steps.size());
    }
    EXPECT_EQ(MUST(replay(recorded_session())).transactions.size(), 1u);
    EXPECT_LT(write(recorded_safety(3'000, 1)).size(), 3'000u * 40) << "octets a step";
}

TEST(Flight, one_changed_bit_of_an_input_is_found) {
    Segment safety = recorded_safety(1'000, 2);
    change<power::SafetyStep>(safety.steps[500], [](power::SafetyStep& step) { step.inputs.sensors.outlet_voltage.value ^= 1; });
    const auto found = MUST(replay(safety));
    ASSERT_TRUE(found.difference);
    EXPECT_EQ(found.difference->step, 500u);
    EXPECT_EQ(found.difference->at_ns, MUST(kernel::decode<power::SafetyStep>(safety.steps[500].bytes)).at.us * 1000);

    Segment session = recorded_session();
    std::size_t metered = 0;
    for (std::size_t i = 30; i < 140; ++i)
        if (session.steps[i].sort == 2) metered = i;
    change<SessionStep>(session.steps[metered],
                        [](SessionStep& step) { std::get<charging::MeterSeen>(step.event).reading.import_mwh ^= 1; });
    const auto later = MUST(replay(session));
    ASSERT_TRUE(later.difference);
    EXPECT_EQ(later.difference->step, metered);
}

TEST(Flight, a_missing_step_is_found) {
    Segment safety = recorded_safety(1'000, 3);
    safety.steps.erase(safety.steps.begin() + 400);
    const auto found = MUST(replay(safety));
    ASSERT_TRUE(found.difference);
    EXPECT_EQ(found.difference->step, 400u);
}

TEST(Flight, a_file_that_was_cut_off_or_changed_is_refused_with_the_place) {
    const Segment whole = recorded_safety(20'000, 4);
    const std::vector<std::byte> file = write(whole);
    std::mt19937_64 random(5);
    for (int i = 0; i < 200; ++i) {
        const std::size_t size = random() % file.size();
        const auto cut = read(Bytes(file).first(size));
        if (cut) {
            EXPECT_TRUE(cut->damage || cut->steps.size() < whole.steps.size()) << size;
            EXPECT_TRUE(!cut->damage || cut->damage->what.view().contains("byte "));
        }
        std::vector<std::byte> bent = file;
        bent[random() % bent.size()] ^= static_cast<std::byte>(1u << random() % 8);
        const auto changed = read(bent);
        EXPECT_TRUE(!changed || changed->damage) << "every changed bit";
    }
    EXPECT_FALSE(read({}));
    EXPECT_FALSE(read(as_bytes("not a recording at all, but long enough to be one")));
}

TEST(Flight, keeps_a_bounded_number_of_files_and_the_newest_are_there) {
    std::string folder = ::testing::TempDir() + "flight-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const Segment segment = recorded_safety(50, 6);
    for (int process = 0; process < 3; ++process) {
        Recording recording(Source::safety, EvseId{1});
        Files files(folder + "/deep/power@1");
        for (int i = 0; i < 5; ++i) {
            recording.begin(Instant{1}, WallTime{1}, segment.beginning);
            for (const Step& step : segment.steps) recording.note(step.sort, step.bytes);
            ASSERT_TRUE(files.write(recording.take()));
        }
    }
    std::vector<std::uint64_t> numbers;
    for (const auto& item : std::filesystem::directory_iterator(folder + "/deep")) {
        std::ifstream in(item.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(in), {});
        const Segment back = MUST(read(as_bytes(bytes)));
        EXPECT_EQ(back.steps.size(), 50u);
        EXPECT_FALSE(back.damage);
        numbers.push_back(back.number);
    }
    std::ranges::sort(numbers);
    EXPECT_EQ(numbers, (std::vector<std::uint64_t>{8, 9, 10, 11, 12, 13, 14, 15}));
    std::filesystem::remove_all(folder);
}

}  // namespace voltkeep::flight
