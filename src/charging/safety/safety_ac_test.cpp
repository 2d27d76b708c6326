// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/test_bench.hpp"

namespace voltkeep::safety {
namespace {

/// Power, a stop, and power wanted again at once.
void ask_again_after_a_stop(Bench& bench) {
    bench.plug(6'000);
    bench.demand(Demand::energy, 32'000);
    ASSERT_TRUE(bench.until(Stage::delivering));
    bench.demand(Demand::none);
    ASSERT_LE(bench.until_open(7'000), 7'000);
    bench.demand(Demand::energy, 32'000);
}

//= IEC 61851-1 Annex A: B to C, the station closes within 3 s
TEST(SafetyAc, plain_pilot_charging_and_the_cars_own_pause) {
    Bench bench = ac_bench();
    bench.plug(9'000);
    bench.in.command.demand = Demand::energy;
    bench.run(500);
    EXPECT_EQ(bench.out.actuators.drive, Drive::pwm);
    EXPECT_EQ(bench.out.actuators.duty_permille, 533);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
    bench.plug(6'000);
    bench.run(1'000);
    EXPECT_EQ(bench.out.report.stage, Stage::delivering);
    EXPECT_EQ(bench.out.report.current.value, 31'980);
    bench.plug(9'000);
    EXPECT_LE(bench.until_open(500), 90);
    EXPECT_EQ(bench.out.report.latched, 0u);
    bench.plug(6'000);
    EXPECT_TRUE(bench.until(Stage::delivering, 3'000));
}

/// Energy is not wanted any more, and the car draws on.
void stop_under_load(Bench& bench) {
    bench.plug(6'000);
    bench.in.command.demand = Demand::energy;
    ASSERT_TRUE(bench.until(Stage::delivering));
    bench.in.command.demand = Demand::none;
    bench.draw_ma = 30'000;
}

//= IEC 61851-1 Annex A: stop by X1, the car has 3 s, the station may open under load after 6 s
TEST(SafetyAc, a_stop_says_x1_and_waits_for_the_car) {
    Bench bench = ac_bench();
    ASSERT_NO_FATAL_FAILURE(stop_under_load(bench));
    bench.run(3'000);
    EXPECT_EQ(bench.out.actuators.drive, Drive::steady);
    EXPECT_TRUE(bench.out.actuators.close_contactor);
    bench.draw_ma = 0;
    EXPECT_LE(bench.until_open(100), 20);
    EXPECT_EQ(bench.out.report.counters.openings_under_load, 0u);
}

TEST(SafetyAc, a_car_that_ignores_x1_is_opened_under_load_after_6_s) {
    Bench bench = ac_bench();
    ASSERT_NO_FATAL_FAILURE(stop_under_load(bench));
    const int took = bench.until_open(10'000);
    EXPECT_GE(took, 5'900);
    EXPECT_LE(took, 6'100);
    EXPECT_EQ(bench.out.report.counters.openings_under_load, 1u);
}

TEST(SafetyAc, a_car_that_takes_twice_its_share_is_opened_by_the_own_sensor) {
    Bench bench = ac_bench();
    bench.in.command.setpoint.current = {16'000};
    bench.plug(6'000);
    bench.in.command.demand = Demand::energy;
    ASSERT_TRUE(bench.until(Stage::delivering));
    bench.draw_ma = 32'000;
    EXPECT_LE(bench.until_open(3'000), 150);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_OVER_CURRENT);
}

TEST(SafetyAc, a_tenth_more_is_borne_for_100_s) {
    Bench bench = ac_bench();
    bench.in.command.setpoint.current = {16'000};
    bench.plug(6'000);
    bench.in.command.demand = Demand::energy;
    ASSERT_TRUE(bench.until(Stage::delivering));
    bench.draw_ma = 18'000;
    bench.run(99'000);
    EXPECT_TRUE(bench.out.actuators.close_contactor);
    bench.run(2'000);
    EXPECT_EQ(bench.out.report.stop, STOP_CONTROLLED);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_OVER_CURRENT_LONG);
}

//= IEC 62955: 6 mA within 10 s, 60 mA within 0.3 s, 200 mA within 0.1 s
TEST(SafetyAc, residual_direct_current_opens_in_time) {
    const struct { std::int32_t ua; int limit_ms; } table[] = {{6'000, 10'000}, {60'000, 300}, {200'000, 100}};
    for (const auto& row : table) {
        Bench bench = ac_bench();
        bench.plug(6'000);
        bench.in.command.demand = Demand::energy;
        ASSERT_TRUE(bench.until(Stage::delivering));
        bench.fault = [&](Sensors& s) { s.residual_dc = {row.ua}; };
        EXPECT_LE(bench.until_open(11'000), row.limit_ms - 50) << row.ua;
    }
}

TEST(SafetyAc, the_cable_limits_what_is_offered) {
    Bench bench = ac_bench();
    bench.in.sensors.proximity = {680};
    bench.plug(9'000);
    bench.in.command.demand = Demand::energy;
    bench.run(500);
    EXPECT_EQ(bench.out.report.limit.value, 20'000);
    EXPECT_EQ(bench.out.report.limit_reason, LimitReason::cable);
    EXPECT_EQ(bench.out.actuators.duty_permille, 333);
}

TEST(SafetyAc, who_switches_without_end_spends_its_closings_and_then_waits) {
    for (const bool is_car : {true, false}) {
        Bench bench = ac_bench();
        bench.configuration.closings_most = 3;
        bench.configuration.closing_regained_ms = 30'000;
        const auto switch_to = [&](bool is_on) {
            if (is_car) bench.plug(is_on ? 6'000 : 9'000);
            else bench.in.command.demand = is_on ? Demand::energy : Demand::none;
        };
        bench.plug(6'000);
        bench.demand(Demand::energy, 32'000);
        bench.run(1'500);
        for (int i = 0; i < 12; ++i) {
            switch_to(false);
            EXPECT_LE(bench.until_open(500), 100) << "an opening waits for nothing";
            switch_to(true);
            bench.run(1'500);
            EXPECT_EQ(bench.out.actuators.close_contactor, i < 2) << i;
            if (i < 2) continue;
            EXPECT_EQ(bench.out.report.wait, Wait::closings);
            EXPECT_EQ(bench.out.actuators.drive, Drive::steady) << "no car is invited that cannot be served";
        }
        EXPECT_EQ(bench.out.report.counters.operations, 3u);
        EXPECT_GT(bench.out.report.counters.waits_for_closings, 0u);
        EXPECT_TRUE(bench.until(Stage::delivering, 30'000)) << "until one is regained";
        EXPECT_EQ(bench.out.report.wait, Wait::none);
    }
}

TEST(SafetyAc, a_pause_between_two_closings_is_said_and_shorter_than_what_the_car_may_expect) {
    Bench bench = ac_bench();
    ask_again_after_a_stop(bench);
    bench.run(900);
    EXPECT_EQ(bench.out.report.wait, Wait::pause);
    EXPECT_GE(bench.out.report.counters.waits_for_pause, 1u);
    EXPECT_TRUE(bench.until(Stage::delivering, 200));
}

TEST(SafetyAc, phases_are_never_switched_under_load) {
    Bench bench = ac_bench();
    bench.plug(6'000);
    bench.in.command.demand = Demand::energy;
    ASSERT_TRUE(bench.until(Stage::delivering));
    ASSERT_TRUE(bench.out.actuators.three_phase);
    bench.in.command.setpoint.phases = 1;
    int open_ms = 0;
    for (int i = 0; i < 2'000; ++i) {
        const bool was_three = bench.out.actuators.three_phase;
        const bool was_closed = bench.out.actuators.close_contactor;
        bench.period();
        if (bench.out.actuators.three_phase != was_three) {
            EXPECT_FALSE(was_closed && bench.out.actuators.close_contactor);
        }
        open_ms += bench.out.actuators.close_contactor ? 0 : 10;
        if (bench.out.actuators.close_contactor && !bench.out.actuators.three_phase) break;
    }
    EXPECT_FALSE(bench.out.actuators.three_phase);
    EXPECT_TRUE(bench.out.actuators.close_contactor);
    EXPECT_GE(open_ms, 5'000);
}

// Whoever can kill the loop again and again gains no closing by it: what was spent is in the same order as the closing, and comes
// back.
TEST(SafetyAc, a_loop_that_is_started_anew_has_spent_what_the_one_before_it_had) {
    Bench bench = ac_bench();
    bench.configuration.closings_most = 4;
    bench.plug(6'000);
    bench.demand(Demand::energy, 32'000);
    int closings = 0;
    for (int life = 0; life < 20; ++life) {
        bench.state = State{};
        bench.out.actuators.close_contactor = false;   // the hardware's watchdog has opened
        bench.run(900);
        EXPECT_FALSE(bench.out.actuators.close_contactor) << "it does not know when the contactor opened";
        bench.demand(Demand::none);
        bench.period();
        bench.demand(Demand::energy, 32'000);
        bench.run(1'000);
        closings += bench.out.actuators.close_contactor ? 1 : 0;
        EXPECT_EQ(bench.out.report.wait, closings == 4 && !bench.out.actuators.close_contactor ? Wait::closings : Wait::none)
            << life;
    }
    EXPECT_EQ(closings, 4);
}

TEST(SafetyAc, a_register_that_nobody_knows_leaves_one_closing) {
    Bench bench = ac_bench();
    bench.in.sensors.spent = kUnknownSpent;
    ask_again_after_a_stop(bench);
    bench.run(10'000);
    EXPECT_EQ(bench.out.report.wait, Wait::closings);
    EXPECT_EQ(bench.out.report.counters.operations, 1u);
}

}  // namespace
}  // namespace voltkeep::safety
