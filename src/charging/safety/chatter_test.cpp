// SPDX-License-Identifier: Apache-2.0
// What comes and goes: noise, hum and loose contacts, which no value that is held can stand for.
#include "charging/safety/test_bench.hpp"

namespace voltkeep::safety {
namespace {

Bench delivering(Outlet outlet) {
    Bench bench = outlet == Outlet::ccs ? Bench{} : ac_bench();
    bench.configuration.outlet = outlet;
    if (outlet == Outlet::ccs) {
        bench.deliver();
        return bench;
    }
    bench.plug(6'000);
    bench.demand(Demand::energy, 32'000);
    EXPECT_TRUE(bench.until(Stage::delivering));
    bench.run(2'000);
    return bench;
}

/// Milliseconds until it opens when `fault` is there in so many of so many frames; at most a minute.
int opens_after(Bench bench, int there, int of, const std::function<void(Sensors&)>& fault) {
    bench.fault = [=, frame = 0](Sensors& s) mutable {
        s.earth_present = true;
        s.residual_ac = s.residual_dc = {};
        if (frame++ % of < there) fault(s);
    };
    return bench.until_open(60'000);
}

//= IEC 61851-1 Annex A: energy in state C or D alone
TEST(Chatter, a_pilot_that_is_never_in_state_c_opens_whatever_it_is_instead) {
    struct Levels {
        std::int16_t a, b;
    };
    for (const Outlet outlet : {Outlet::ccs, Outlet::ac_cable})
        for (const auto [a, b] : {Levels{9'980, 10'020}, {10'980, 11'020}, {980, 1'020}, {0, 12'000}})
            for (const int each : {1, 2, 3}) {
                Bench bench = delivering(outlet);
                bench.fault = [=, frame = 0](Sensors& s) mutable { s.pilot_high_mv = frame++ / each % 2 ? a : b; };
                const int within = outlet == Outlet::ccs ? 120 : 80;   // DC: the current goes first
                EXPECT_LE(bench.until_open(1'000), within)
                    << a << " and " << b << " mV, " << each << " frames each, outlet " << static_cast<int>(outlet);
            }
}

TEST(Chatter, a_pilot_that_is_in_state_c_now_and_then_opens) {
    for (const Outlet outlet : {Outlet::ccs, Outlet::ac_cable})
        EXPECT_LE(opens_after(delivering(outlet), 1, 2, [](Sensors& s) { s.pilot_high_mv = 9'000; }), 130);
}

TEST(Chatter, one_wrong_frame_now_and_then_stops_nothing) {
    for (const Outlet outlet : {Outlet::ccs, Outlet::ac_socket}) {
        EXPECT_GT(opens_after(delivering(outlet), 1, 10, [](Sensors& s) { s.pilot_high_mv = 0; }), 60'000);
        EXPECT_GT(opens_after(delivering(outlet), 1, 10, [](Sensors& s) { s.locked = false; }), 60'000);
        EXPECT_GT(opens_after(delivering(outlet), 2, 20, [](Sensors& s) { s.earth_present = false; }), 60'000);
    }
}

TEST(Chatter, a_lock_whose_contact_chatters_is_open) {
    EXPECT_LE(opens_after(delivering(Outlet::ccs), 1, 2, [](Sensors& s) { s.locked = false; }), 130);
    EXPECT_LE(opens_after(delivering(Outlet::ac_socket), 1, 2, [](Sensors& s) { s.locked = false; }), 80);
}

TEST(Chatter, what_is_wrong_most_of_the_time_is_no_new_fault_each_time) {
    const Bench dc = delivering(Outlet::ccs), ac = delivering(Outlet::ac_cable);
    EXPECT_LE(opens_after(dc, 5, 6, [](Sensors& s) { s.current.value = 240'000; }), 200);
    EXPECT_LE(opens_after(dc, 29, 30, [](Sensors& s) { s.outlet_voltage.value = s.supply_voltage.value = 900'000; }), 450);
    EXPECT_LE(opens_after(dc, 2, 3, [](Sensors& s) { s.earth_present = false; }), 200);
    EXPECT_LE(opens_after(ac, 14, 15, [](Sensors& s) { s.residual_ac = {140'000}; }), 300);
    EXPECT_LE(opens_after(ac, 14, 15, [](Sensors& s) { s.residual_dc = {199'000}; }), 300);
    EXPECT_LE(opens_after(ac, 5, 6, [](Sensors& s) { s.current = {60'000}; }), 200);
    EXPECT_LE(opens_after(ac, 1, 2, [](Sensors& s) { s.current = {60'000}; }), 400);
}

//= IEC 61851-23 CC: loss of state C under charge
TEST(Chatter, a_car_that_leaves_a_stop_under_load_makes_it_an_emergency) {
    Bench bench = delivering(Outlet::ccs);
    bench.in.command.demand = Demand::none;
    bench.renew = false;
    bench.force_ma = 100'000;   // a supply that does not follow
    bench.run(50);
    ASSERT_TRUE(bench.out.actuators.close_contactor);
    bench.plug(9'000);
    EXPECT_LE(bench.until_open(5'000), 120);
    EXPECT_TRUE(bench.out.report.latched >> PROTECTION_PILOT_LOST & 1u);
}

TEST(Chatter, no_setpoint_makes_a_stop_slower_than_the_station) {
    Bench bench = delivering(Outlet::ccs);
    bench.in.command.setpoint.ramp_ma_per_s = 1;
    bench.in.command.demand = Demand::none;
    EXPECT_LE(bench.until_open(5'000), 1'100) << "100 A at 100 A/s";
}

//= IEC 61851-1: the connector stays locked while it is live
TEST(Chatter, a_socket_stays_locked_behind_a_welded_contactor) {
    Bench bench = delivering(Outlet::ac_socket);
    bench.fault = [](Sensors& s) { s.contactor_closed = true; };
    bench.in.command.demand = Demand::none;
    bench.run(10'000);
    ASSERT_FALSE(bench.out.actuators.close_contactor);
    EXPECT_TRUE(bench.out.report.latched >> PROTECTION_CONTACTOR_WELDED & 1u);
    EXPECT_TRUE(bench.out.actuators.lock);
}

}  // namespace
}  // namespace voltkeep::safety
