// SPDX-License-Identifier: Apache-2.0
#include "bus.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>

#include "age.hpp"

namespace voltkeep::meter {
namespace {

/// A loop as the kernel's: what is watched is a number, and a number is watched once.
struct Wires {
    std::map<int, std::function<void()>> watched;
    std::vector<std::string> taken;
    int lost = 0;
    Bus bus{{[this](int descriptor, std::function<void()> then) {
                 EXPECT_TRUE(watched.emplace(descriptor, std::move(then)).second) << "watched already";
             },
             [this](int descriptor) { EXPECT_EQ(watched.erase(descriptor), 1u); }},
            [this](Bytes packet) { taken.emplace_back(as_text(packet)); },
            [this] { ++lost; }};

    /// The far end of a new connection.
    kernel::os::Descriptor connect() {
        int ends[2];
        CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        bus.adopt(ends[0]);
        return kernel::os::Descriptor(ends[1]);
    }
    void wake() {
        const auto [descriptor, then] = *watched.begin();
        then();
    }
};

Instant at_ms(std::int64_t ms) { return {ms * 1'000'000}; }

}  // namespace

TEST(MeterBus, a_second_connection_takes_the_place_of_the_first_and_nothing_of_that_stays_watched) {
    Wires wires;
    for (int i = 0; i < 3; ++i) {
        const auto first = wires.connect(), second = wires.connect();
        EXPECT_EQ(wires.watched.size(), 1u);
        MUST(kernel::os::send(second.get(), as_bytes("of the second")));
        wires.wake();
        EXPECT_EQ(wires.taken.back(), "of the second");
        EXPECT_FALSE(kernel::os::send(first.get(), as_bytes("of the first"))) << "it is closed";
    }
}

TEST(MeterBus, is_emptied_whenever_it_wakes_and_ends_when_its_other_side_does) {
    Wires wires;
    auto far = wires.connect();
    for (const char* word : {"one", "two", "three"}) MUST(kernel::os::send(far.get(), as_bytes(std::string_view(word))));
    wires.wake();
    EXPECT_EQ(wires.taken, (std::vector<std::string>{"one", "two", "three"}));
    MUST(kernel::os::send(far.get(), as_bytes("four")));
    far.reset();
    wires.wake();
    EXPECT_EQ(wires.taken.size(), 4u);
    EXPECT_EQ(wires.lost, 1);
    EXPECT_TRUE(wires.watched.empty());
    EXPECT_FALSE(wires.bus);
    EXPECT_EQ(wires.bus.send(as_bytes("anybody?")).error().code, Errc::closed);
}

TEST(MeterAge, what_lay_in_a_queue_is_as_old_as_it_is) {
    Age age;
    std::uint64_t meter_ms = 5'000;
    std::int64_t ms = 100'000;
    for (int i = 0; i < 100; ++i, meter_ms += 200, ms += 200) EXPECT_EQ(age.made(meter_ms, at_ms(ms)), at_ms(ms));
    // This process stands still for a second: five readings are read at once.
    const std::int64_t read_ms = ms + 1'000;
    for (int i = 0; i < 5; ++i, meter_ms += 200, ms += 200) EXPECT_EQ(age.made(meter_ms, at_ms(read_ms)), at_ms(ms)) << i;
    EXPECT_EQ(age.made(meter_ms, at_ms(ms + 30)), at_ms(ms)) << "one that is late in coming";
}

TEST(MeterAge, a_meter_that_starts_again_or_whose_clock_goes_wrong_is_heard_again) {
    Age age;
    (void)age.made(1'000'000, at_ms(1'000));
    EXPECT_EQ(age.made(20, at_ms(2'000)), at_ms(2'000)) << "started again";
    std::int64_t ms = 2'000;
    for (int hours = 0; hours < 5; ++hours)
        for (int i = 0; i < 18'000; ++i, ms += 200) {
            const Instant made = age.made(20 + static_cast<std::uint64_t>(ms - 2'000) * 999 / 1'000, at_ms(ms));
            ASSERT_LT(at_ms(ms) - made, 10ms) << "a clock that loses a thousandth";
            ASSERT_LE(made, at_ms(ms));
        }
    // Its clock stands for three seconds: what it says is old for as long as it is remembered how the clocks stood, and not for
    // ever.
    const auto behind = [&] {
        return at_ms(ms) - age.made(20 + static_cast<std::uint64_t>(ms - 3'000 - 2'000) * 999 / 1'000, at_ms(ms));
    };
    ms += 3'000;
    EXPECT_GT(behind(), 2900ms);
    for (int i = 0; i < 50; ++i, ms += 200) (void)behind();
    EXPECT_LT(behind(), 10ms);
}

}  // namespace voltkeep::meter
