// SPDX-License-Identifier: Apache-2.0
// Energy back from the car, through the whole station: ISO 15118-20 DC_BPT, session, the safety loop, the meter's other register.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "harness/station.hpp"

namespace voltkeep::harness {
namespace {

/// A station and the car's whole visit. When the machine itself stood still, and the safety loop rightly opened, once more, and
/// said.
std::unique_ptr<Station> visited(std::optional<Json>& visit) {
    for (const bool is_last : {false, true}) {
        auto station = Station::start({.charge_s = 4,
                                       .car = {"--service", "DC_BPT", "--control", "scheduled", "--give", "20"},
                                       .changes = {},
                                       .is_bidirectional = true});
        if (!station) return nullptr;
        visit = (*station)->wait_for([](const Json& line) { return line.string("event") == "ev_summary"; }, 60s);
        const auto stood_still = [](const Json& line) {
            return line.string("event") == "safety" &&
                   (line.string("protection") == "inputs_stale" || line.string("protection") == "bus_late");
        };
        if (is_last || (*station)->count(stood_still) == 0) return std::move(*station);
        std::printf("REPEATED: the machine stood still for longer than the safety loop may wait for a frame\n");
    }
    return nullptr;
}

TEST(Bidirectional, a_car_gives_energy_back_and_nothing_is_billed_for_it) {
    std::optional<Json> visit;
    const auto station = visited(visit);
    ASSERT_TRUE(station);
    ASSERT_TRUE(visit) << station->tail();
    EXPECT_EQ(visit->find("ok")->scalar(), "true") << visit->text() << station->tail();
    const auto ended = station->wait_for(
        [](const Json& line) { return line.string("event") == "transaction" && line.string("step") == "ended"; }, 20s);
    ASSERT_TRUE(ended) << station->tail();
    const auto plant = station->plant();
    ASSERT_TRUE(plant);
    EXPECT_GT(number_in(*plant, "metered_export_mwh"), 2'000) << plant->text();   // 20 A at 400 V are 2.2 Wh a second
    EXPECT_LT(number_in(*ended, "energy_mwh"), 500) << ended->text();
}

}  // namespace
}  // namespace voltkeep::harness
