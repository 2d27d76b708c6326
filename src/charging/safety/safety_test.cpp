// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <string_view>
#include <vector>

#include "charging/safety/test_bench.hpp"

namespace voltkeep::safety {
namespace {

TEST(Safety, runs_every_check_before_energy) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.demand(Demand::energy);
    Stage last = Stage::idle;
    std::vector<Stage> seen;
    for (int i = 0; i < 500 && last != Stage::delivering; ++i) {
        bench.period();
        if (bench.out.report.stage != last) seen.push_back(last = bench.out.report.stage);
    }
    const std::vector<Stage> expected{Stage::closing,  Stage::short_test,  Stage::insulation_test, Stage::test_discharge,
                                      Stage::checked, Stage::precharging, Stage::ready,           Stage::delivering};
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(bench.out.report.cable_check, CableCheck::passed);
}

TEST(Safety, stops_at_the_step_that_was_asked_for) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.demand(Demand::cable_check);
    EXPECT_TRUE(bench.until(Stage::checked));
    bench.run(3'000);
    EXPECT_EQ(bench.out.report.stage, Stage::checked);
    EXPECT_FALSE(bench.out.actuators.supply_on);
    bench.demand(Demand::precharge);
    EXPECT_TRUE(bench.until(Stage::ready));
    bench.run(3'000);
    EXPECT_EQ(bench.out.report.stage, Stage::ready);
    EXPECT_LE(bench.out.actuators.current.value, 2'000);
}

TEST(Safety, a_normal_stop_ramps_down_and_opens_without_current) {
    Bench bench;
    bench.deliver();
    bench.demand(Demand::none);
    const int took = bench.until_open(3'000);
    EXPECT_GE(took, 900) << "100 A at 100 A/s";
    EXPECT_LE(took, 1'100);
    EXPECT_EQ(bench.out.report.counters.openings_under_load, 0u);
    EXPECT_EQ(bench.out.report.stop, STOP_NORMAL);
    EXPECT_TRUE(bench.until(Stage::idle));
    EXPECT_LT(bench.in.sensors.supply_voltage.value, 60'000);
}

TEST(Safety, lost_consent_is_a_controlled_stop_after_its_time) {
    Bench bench;
    bench.deliver();
    bench.renew = false;
    const int took = bench.until_open(3'000);
    EXPECT_GE(took, 480);
    EXPECT_LE(took, 540);
    EXPECT_EQ(bench.out.report.stop, STOP_CONTROLLED);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_CONSENT_EXPIRED);
    EXPECT_EQ(bench.out.report.latched, 0u);
    EXPECT_EQ(bench.out.report.counters.openings_under_load, 0u);
}

TEST(Safety, consent_that_comes_back_does_not_bring_the_power_back) {
    Bench bench;
    bench.deliver();
    bench.renew = false;
    bench.run(1'000);
    bench.renew = true;
    bench.run(5'000);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
    bench.demand(Demand::none);
    bench.run(100);
    bench.demand(Demand::energy);
    EXPECT_TRUE(bench.until(Stage::delivering));
}

TEST(Safety, a_consent_longer_than_allowed_is_cut) {
    Bench bench;
    bench.deliver();
    bench.renew = false;
    bench.in.command.consent_ms = 60'000;
    bench.world();
    bench.us += 10'000;
    const Step made = step(bench.configuration, bench.state, bench.in, Tick{bench.us});
    bench.state = made.state;
    EXPECT_LE(bench.until_open(3'000), 1'050);
}

/// A driver that hangs: its watchdog and its restart take longer than a contactor that does not follow is given.
TEST(Safety, a_silence_of_the_hardware_is_no_fault_of_the_hardware) {
    Bench bench;
    bench.deliver();
    bench.frames = false;
    bench.run(3'000);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
    bench.frames = true;
    bench.in.sensors.supply_voltage.value = bench.in.sensors.outlet_voltage.value = 0;
    bench.run(200);
    const std::uint32_t of_the_silence = 1u << PROTECTION_INPUTS_STALE | 1u << PROTECTION_BUS_LATE | 1u << PROTECTION_WATCHDOG;
    EXPECT_EQ(bench.out.report.latched & ~of_the_silence, 0u) << "an old frame was taken for what happened after it";
    // The control: the same frames, but fresh.
    bench.fault = [](Sensors& s) { s.contactor_closed = true; };
    bench.run(200);
    EXPECT_NE(bench.out.report.latched & 1u << PROTECTION_CONTACTOR_WELDED, 0u);
}

TEST(Safety, stale_inputs_trip) {
    Bench bench;
    bench.deliver();
    bench.frames = false;
    const int took = bench.until_open(1'000);
    EXPECT_GE(took, 30);
    EXPECT_LE(took, 90);
    EXPECT_NE(bench.out.report.latched & (1u << PROTECTION_INPUTS_STALE), 0u);
}

TEST(Safety, frames_that_count_on_but_are_old_trip) {
    Bench bench;
    bench.deliver();
    const std::uint32_t frozen = bench.in.sensors.echo;
    bench.fault = [&](Sensors& s) { s.echo = frozen; };
    EXPECT_LE(bench.until_open(1'000), 130);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_BUS_LATE);
}

TEST(Safety, a_loop_that_overran_trips) {
    Bench bench;
    bench.deliver();
    bench.period(150'000);
    EXPECT_EQ(bench.out.report.stop, STOP_EMERGENCY);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_LOOP_OVERRUN);
}

struct Provocation {
    const char* name;
    std::uint8_t id;
    std::function<void(Sensors&)> fault;
    int limit_ms;  // from the fault to the command to open
};

const Provocation kProvocations[] = {
    {"emergency stop", PROTECTION_EMERGENCY_STOP, [](Sensors& s) { s.emergency_stop = true; }, 80},
    {"earth", PROTECTION_EARTH_LOST, [](Sensors& s) { s.earth_present = false; }, 90},
    {"unplugged", PROTECTION_PILOT_LOST, [](Sensors& s) { s.pilot_high_mv = 12'000; }, 90},
    {"back to B", PROTECTION_PILOT_LOST, [](Sensors& s) { s.pilot_high_mv = 9'000; }, 90},
    {"pilot short", PROTECTION_PILOT_LOST, [](Sensors& s) { s.pilot_high_mv = 0; }, 90},
    {"diode", PROTECTION_DIODE, [](Sensors& s) { s.pilot_low_mv = -6'000; }, 150},
    {"lock", PROTECTION_LOCK_OPEN, [](Sensors& s) { s.locked = false; }, 90},
    {"insulation", PROTECTION_INSULATION, [](Sensors& s) { s.insulation = {20'000}; }, 270},
    {"over-current", PROTECTION_OVER_CURRENT, [](Sensors& s) { s.current = {140'000}; }, 120},
    {"reverse current", PROTECTION_REVERSE_CURRENT, [](Sensors& s) { s.current = {-8'000}; }, 120},
    {"over-voltage of the car", PROTECTION_OVER_VOLTAGE_EV, [](Sensors& s) { s.outlet_voltage = s.supply_voltage = {510'000}; },
     400},
    {"over-voltage", PROTECTION_OVER_VOLTAGE, [](Sensors& s) { s.outlet_voltage = s.supply_voltage = {1'050'000}; }, 80},
    {"over-temperature", PROTECTION_OVER_TEMPERATURE, [](Sensors& s) { s.minus_temperature = {1'150}; }, 1'070},
    {"implausible temperature", PROTECTION_SENSOR_IMPLAUSIBLE, [](Sensors& s) { s.plus_temperature = {3'000}; }, 170},
    {"sensors disagree", PROTECTION_SENSOR_IMPLAUSIBLE, [](Sensors& s) { s.supply_voltage = {300'000}; }, 170},
    {"contactor fell open", PROTECTION_CONTACTOR_NOT_CLOSED, [](Sensors& s) { s.contactor_closed = false; }, 190},
    {"supply", PROTECTION_SUPPLY_FAULT, [](Sensors& s) { s.supply_fault = true; }, 80},
    {"watchdog", PROTECTION_WATCHDOG, [](Sensors& s) { s.watchdog_tripped = true; }, 80},
};

TEST(Safety, every_provocation_at_full_power_is_an_emergency_stop_in_time) {
    for (const Provocation& p : kProvocations) {
        SCOPED_TRACE(p.name);
        Bench bench;
        bench.deliver();
        bench.fault = p.fault;
        const bool follows = p.id == PROTECTION_OVER_TEMPERATURE;  // derates to nothing first
        if (!follows) bench.force_ma = 100'000;                    // the current does not go down: the bound must open
        EXPECT_LE(bench.until_open(3'000), p.limit_ms);
        EXPECT_EQ(bench.out.report.stop, STOP_EMERGENCY);
        EXPECT_FALSE(bench.out.actuators.supply_on);
        EXPECT_EQ(bench.out.report.counters.openings_under_load, follows ? 0u : 1u);
        EXPECT_STREQ(protection_name(bench.out.report.cause), protection_name(p.id));
    }
}

TEST(Safety, the_supply_is_off_from_the_first_step_of_an_emergency) {
    Bench bench;
    bench.deliver();
    bench.fault = [](Sensors& s) { s.emergency_stop = true; };
    bench.period();
    EXPECT_FALSE(bench.out.actuators.supply_on);
    EXPECT_EQ(bench.out.actuators.current.value, 0);
    EXPECT_EQ(bench.out.actuators.drive, Drive::fault);
    EXPECT_LE(bench.until_open(100), 10) << "the current is gone in the next frame";
    EXPECT_EQ(bench.out.report.counters.openings_under_load, 0u);
}

TEST(Safety, mains_out_of_range_is_a_controlled_stop) {
    Bench bench;
    bench.deliver();
    bench.fault = [](Sensors& s) { s.mains_voltage = {170'000}; };
    EXPECT_LE(bench.until_open(1'000), 250);
    EXPECT_EQ(bench.out.report.stop, STOP_CONTROLLED);
    EXPECT_EQ(bench.out.report.latched, 0u);
}

TEST(Safety, bad_insulation_fails_the_cable_check) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.in.sensors.insulation = {40'000};
    bench.demand(Demand::cable_check);
    bench.run(3'000);
    EXPECT_EQ(bench.out.report.cable_check, CableCheck::failed);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
    EXPECT_NE(bench.out.report.latched & (1u << PROTECTION_INSULATION), 0u);
}

TEST(Safety, a_test_voltage_that_is_never_reached_ends_the_cable_check) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.demand(Demand::cable_check);
    bench.fault = [&](Sensors& s) {
        if (bench.state.stage == Stage::insulation_test) s.supply_voltage = s.outlet_voltage = {397'000};
    };
    bench.run(11'500);
    EXPECT_EQ(bench.out.report.cable_check, CableCheck::failed);
    EXPECT_EQ(bench.out.report.cause, PROTECTION_SETUP_TIMEOUT);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
}

TEST(Safety, weak_insulation_is_a_warning) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.in.sensors.insulation = {200'000};
    bench.demand(Demand::cable_check);
    EXPECT_TRUE(bench.until(Stage::checked));
    EXPECT_EQ(bench.out.report.cable_check, CableCheck::passed_with_warning);
}

TEST(Safety, a_shorted_cable_never_gets_more_than_the_test_voltage) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.demand(Demand::energy);
    bench.force_mv = 500;
    for (int i = 0; i < 300; ++i) {
        bench.period();
        ASSERT_LE(bench.out.actuators.voltage.value, 60'000);
    }
    EXPECT_EQ(bench.out.report.cause, PROTECTION_SHORT_CIRCUIT);
    EXPECT_EQ(bench.out.report.cable_check, CableCheck::failed);
}

TEST(Safety, an_output_that_does_not_discharge_is_latched) {
    Bench bench;
    bench.deliver();
    bench.demand(Demand::none);
    bench.fault = [&](Sensors& s) {
        if (bench.out.report.stage == Stage::discharging) s.supply_voltage = {300'000};
    };
    bench.run(5'000);
    EXPECT_NE(bench.out.report.latched & (1u << PROTECTION_DISCHARGE_FAILED), 0u);
    EXPECT_FALSE(bench.out.actuators.discharge) << "the bleeder is not made for it";
}

TEST(Safety, voltage_behind_an_open_contactor_is_a_weld) {
    Bench bench;
    bench.deliver();
    bench.demand(Demand::none);
    bench.fault = [&](Sensors& s) {
        if (bench.out.report.stage == Stage::discharging) s.supply_voltage = s.outlet_voltage = {400'000};
    };
    bench.run(5'000);
    EXPECT_NE(bench.out.report.latched & (1u << PROTECTION_CONTACTOR_WELDED), 0u);
}

TEST(Safety, does_not_close_onto_a_voltage_that_does_not_match) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.fault = [](Sensors& s) { s.outlet_voltage = {400'000}; };
    bench.demand(Demand::energy);
    bench.run(2'000);
    EXPECT_EQ(bench.out.report.counters.operations, 0u);
}

TEST(Safety, clamps_to_nameplate_power_and_cable) {
    Bench bench;
    bench.run(100);
    bench.plug(6'000);
    bench.run(100);
    bench.demand(Demand::energy, 300'000);
    EXPECT_TRUE(bench.until(Stage::delivering));
    bench.run(5'000);
    EXPECT_EQ(bench.out.actuators.current.value, 125'000);
    EXPECT_EQ(bench.out.report.counters.clamped_setpoints, 1u);
    bench.in.command.setpoint.voltage = {500'000};
    bench.force_mv = 500'000;
    bench.in.command.setpoint.current = {125'000};
    bench.run(5'000);
    EXPECT_EQ(bench.out.actuators.current.value, 100'000) << "50 kW at 500 V";
    EXPECT_EQ(bench.out.report.limit_reason, LimitReason::nameplate_power);
}

TEST(Safety, refuses_and_counts_absurd_setpoints) {
    Bench bench;
    bench.deliver();
    const Setpoint good = bench.in.command.setpoint;
    Setpoint bad[5] = {good, good, good, good, good};
    bad[0].current = {-1'000};
    bad[1].voltage = {-1};
    bad[2].current = {INT32_MAX};
    bad[3].ramp_ma_per_s = INT32_MAX;
    bad[4].voltage = {INT32_MAX};
    std::uint32_t count = 0;
    for (const Setpoint& setpoint : bad) {
        bench.in.command.setpoint = setpoint;
        bench.run(100);
        EXPECT_EQ(bench.out.report.counters.refused_setpoints, ++count) << "once a message";
        EXPECT_EQ(bench.out.actuators.current.value, 100'000);
    }
}

TEST(Safety, current_changes_by_the_ramp_only) {
    Bench bench;
    bench.deliver();
    std::int32_t last = bench.out.actuators.current.value;
    for (int i = 0; i < 300; ++i) {
        bench.in.command.setpoint.current = {i % 2 ? 0 : 125'000};
        bench.period();
        EXPECT_LE(std::abs(bench.out.actuators.current.value - last), 1'000);
        last = bench.out.actuators.current.value;
    }
    EXPECT_TRUE(bench.out.actuators.close_contactor);
}

TEST(Safety, a_hot_connector_derates_before_it_trips) {
    Bench bench;
    bench.deliver();
    bench.fault = [](Sensors& s) { s.plus_temperature = {975}; };
    bench.run(3'000);
    EXPECT_EQ(bench.out.actuators.current.value, 62'500);
    EXPECT_EQ(bench.out.report.limit_reason, LimitReason::temperature);
    EXPECT_TRUE(bench.out.actuators.close_contactor);
}

Configuration bidirectional() {
    Configuration c;
    c.discharge_max = {60'000};
    return c;
}

TEST(Safety, feeds_back_only_where_it_is_built_for_it) {
    Bench bench;
    bench.configuration = bidirectional();
    bench.deliver();
    bench.in.command.setpoint.current = {-100'000};
    bench.run(3'000);
    EXPECT_EQ(bench.out.actuators.current.value, -60'000);
    EXPECT_TRUE(bench.out.actuators.close_contactor);
}

/// Each direction has its own bound, also while it changes.
TEST(Safety, who_may_feed_back_trips_on_what_flows_against_the_order) {
    for (const std::int32_t ordered : {60'000, -40'000}) {
        Bench bench;
        bench.configuration = bidirectional();
        bench.deliver();
        bench.in.command.setpoint.current = {ordered};
        bench.run(3'000);
        ASSERT_TRUE(bench.out.actuators.close_contactor);
        bench.fault = [&](Sensors& s) { s.current = {ordered > 0 ? -5'000 : 5'000}; };
        EXPECT_LE(bench.until_open(500), 150) << ordered;
        EXPECT_EQ(bench.out.report.latched, 1u << PROTECTION_OVER_CURRENT);
    }
    Bench bench;
    bench.configuration = bidirectional();
    bench.deliver();
    for (const std::int32_t ordered : {-60'000, 60'000, -60'000, 20'000}) {
        bench.in.command.setpoint.current = {ordered};
        bench.run(2'500);
        EXPECT_EQ(bench.out.actuators.current.value, ordered);
        EXPECT_TRUE(bench.out.actuators.close_contactor) << "a change of direction is no fault";
    }
}

TEST(Safety, a_loop_that_finds_a_rest_of_voltage_bleeds_it_and_can_close_again) {
    for (const std::int32_t rest : {21'000, 54'000, 59'900, 400'000}) {
        Bench bench;
        bench.in.sensors.supply_voltage = {rest};   // as the hardware's watchdog or the loop before this one has left it
        bench.deliver();
    }
}

// Everything random, every step: the contactor and the supply obey the rules of the facts.
TEST(Safety, holds_its_rules_whatever_the_sensors_and_the_session_say) {
    std::mt19937_64 random(1961);
    std::uint64_t delivered = 0;
    for (int run = 0; run < 300; ++run) {
        Bench bench;
        if (run % 3 == 2) bench = ac_bench();
        bench.run(50);
        bench.plug(6'000);
        bench.demand(Demand::energy, 32'000);
        std::int64_t consent_until = 0;
        int stopping_ms = 0;
        for (int i = 0; i < 1'200; ++i) {
            if (random() % 199 == 0) bench.renew = !bench.renew;
            if (random() % 299 == 0) bench.plug(static_cast<std::int16_t>(static_cast<int>(random() % 5) * 3'000));
            if (random() % 99 == 0) bench.plug(6'000);
            if (random() % 149 == 0) bench.in.command.demand = static_cast<Demand>(random() % 4);
            if (random() % 99 == 0) bench.in.command.setpoint.current = {static_cast<std::int32_t>(random())};
            if (random() % 99 == 0) bench.demand(Demand::energy, 32'000);
            if (random() % 399 == 0) bench.frames = !bench.frames;
            bench.in.command.acknowledge = random() % 50 == 0   ? UINT32_MAX
                                           : random() % 50 == 0 ? static_cast<std::uint32_t>(random())
                                                                : 0;
            if (random() % 499 == 0) {
                const auto& p = kProvocations[random() % std::size(kProvocations)];
                bench.fault = p.fault;
            } else if (random() % 99 == 0) {
                bench.fault = nullptr;
                bench.frames = true;
            }
            if (bench.renew) consent_until = bench.us + 10'000 + 500'000;
            bench.period();
            const Actuators& a = bench.out.actuators;
            const bool energy = a.supply_on && bench.out.report.stage == Stage::delivering;
            delivered += energy;
            if (energy) {
                ASSERT_EQ(bench.out.report.latched, 0u);
                ASSERT_EQ(bench.out.report.tripped, 0u);
                ASSERT_LT(bench.us, consent_until);
                ASSERT_TRUE(bench.out.report.locked);
                ASSERT_TRUE(bench.out.report.energy_ready);
            }
            if (a.supply_on) { ASSERT_TRUE(a.close_contactor); }
            ASSERT_GE(a.current.value, 0);
            ASSERT_LE(a.current.value, bench.configuration.current_max.value);
            ASSERT_LE(a.voltage.value, bench.configuration.voltage_max.value);
            stopping_ms = bench.out.report.stage == Stage::stopping ? stopping_ms + 10 : 0;
            ASSERT_LE(stopping_ms, 6'100);
        }
    }
    EXPECT_GT(delivered, 1'000u) << "the random runs must reach what they test";
}

TEST(Safety, a_loop_that_is_started_anew_takes_over_what_the_register_holds) {
    Bench bench;
    bench.state.last = {};
    bench.in.sensors.latched = 1u << PROTECTION_EMERGENCY_STOP | 1u << PROTECTION_MAINS;
    bench.out.actuators.sequence = 4'000;   // the last order of the one before
    bench.period();
    EXPECT_EQ(bench.out.report.latched, 1u << PROTECTION_EMERGENCY_STOP) << "what never latches is none";
    EXPECT_EQ(bench.out.actuators.latched, kUnknownRegister) << "not its own to write before the hardware has answered";
    bench.run(50);
    EXPECT_EQ(bench.out.actuators.latched, 1u << PROTECTION_EMERGENCY_STOP);
    bench.in.command.acknowledge = ~(1u << PROTECTION_EMERGENCY_STOP);
    bench.period();
    EXPECT_EQ(bench.out.report.latched, 1u << PROTECTION_EMERGENCY_STOP) << "another one's acknowledgement";
    bench.in.command.acknowledge = 1u << PROTECTION_EMERGENCY_STOP;
    bench.period();
    EXPECT_EQ(bench.out.report.latched, 0u);
    EXPECT_EQ(bench.out.actuators.latched, 0u);
}

TEST(Safety, a_register_that_nobody_knows_latches_everything_that_can) {
    Bench bench;
    bench.in.sensors.latched = kUnknownRegister;
    bench.plug(6'000);
    bench.demand(Demand::energy, 32'000);
    bench.run(2'000);
    EXPECT_FALSE(bench.out.actuators.close_contactor);
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id)
        EXPECT_EQ(bench.out.report.latched >> id & 1u, interlock_protections[id].latches == LATCH_NEVER ? 0u : 1u)
            << interlock_protections[id].name;
}

}  // namespace
}  // namespace voltkeep::safety
