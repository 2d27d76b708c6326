// SPDX-License-Identifier: Apache-2.0
// The safety core against the physics, through the very frames of the bus, faster than time.
#include "peers/plant/physics.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "charging/safety/safety.hpp"

namespace voltkeep::plant {
namespace {

struct Loop {
    Evse evse;
    safety::Configuration configuration{};
    safety::State state{};
    safety::Inputs inputs{};
    safety::Outputs outputs{};
    CarFrame car{.plugged = false, .battery = {60'000}, .state_of_charge = {500}};
    bool power_lives = true;
    bool renew = true;
    std::int64_t ms = 0;
    std::int32_t highest_seen_ma = 0;

    explicit Loop(safety::Outlet outlet = safety::Outlet::ccs, std::uint64_t seed = 1) : evse({.outlet = outlet, .seed = seed}) {
        configuration.outlet = outlet;
        if (outlet == safety::Outlet::ac_socket) {
            configuration.current_max = configuration.cable_max = {32'000};
            inputs.command.digital = false;
        }
    }
    bool is_ac() const { return configuration.outlet == safety::Outlet::ac_socket; }

    void millisecond() {
        evse.step();
        ++ms;
        if (ms % 5 == 0) {
            if (const auto frame = evse.inputs())
                if (const auto decoded = powerdrv::decode_inputs(*frame)) inputs.sensors = decoded->sensors;
        }
        if (ms % 10 == 3) drive_car();
        if (ms % 10 == 0 && power_lives) {
            inputs.command.consent_ms = renew ? 500 : 0;
            const safety::Step made = safety::step(configuration, state, inputs, safety::Tick{ms * 1'000});
            state = made.state;
            outputs = made.outputs;
            inputs.command.acknowledge = 0;
            const auto sent = powerdrv::decode_outputs(encode(powerdrv::OutputsFrame{outputs.actuators}));
            evse.order(sent->actuators);
        }
    }
    // A car that closes its contactor when its inlet has the battery's voltage, and opens it when the pilot stops inviting.
    void drive_car() {
        const CableFrame cable = evse.cable();
        if (!car.plugged) return;
        if (is_ac()) car.contactor = !cable.steady;
        else if (cable.steady) car.contactor = false;
        else if (!car.contactor && car.pilot == CarPilot::c && state.stage >= safety::Stage::precharging &&
                 state.stage <= safety::Stage::delivering &&
                 std::abs(cable.inlet_voltage.value - cable.battery_voltage.value) < 10'000)
            car.contactor = true;
        evse.set_car(car);
    }
    void run(int milliseconds) {
        for (int i = 0; i < milliseconds; ++i) millisecond();
    }
    bool until(const std::function<bool()>& test, int milliseconds) {
        for (int i = 0; i < milliseconds && !test(); ++i) millisecond();
        return test();
    }
    void plug(CarPilot pilot = CarPilot::c) {
        car.plugged = true;
        car.pilot = pilot;
        evse.set_car(car);
    }
    void deliver(std::int32_t ma = 120'000) {
        run(200);
        plug();
        run(200);
        inputs.command.demand = safety::Demand::energy;
        inputs.command.setpoint.voltage = evse.cable().battery_voltage;
        inputs.command.setpoint.current = {ma};
        ASSERT_TRUE(until([&] { return outputs.report.stage == safety::Stage::delivering; }, 10'000))
            << safety::stage_name(outputs.report.stage);
        inputs.command.setpoint.voltage = {450'000};
        inputs.command.setpoint.ev_voltage_max = {460'000};
        run(3'000);
    }
    // Milliseconds until the contactor has really opened; -1: it has not.
    int until_open(int milliseconds) {
        for (int i = 0; i <= milliseconds; ++i) {
            if (!evse.truth().contactor) return i;
            millisecond();
        }
        return -1;
    }
};

TEST(Plant, delivers_50_kW_and_every_joule_is_accounted_for) {
    Loop loop;
    loop.deliver();
    const Truth before = loop.evse.truth();
    EXPECT_NEAR(before.amperes, 120, 1);
    EXPECT_GT(before.volts, 380);
    EXPECT_LT(before.peak_amperes, 126) << "no inrush beyond what was ordered";
    const std::int64_t metered = loop.evse.import_mwh();
    const std::int64_t car = loop.evse.cable().received_mwh;
    loop.run(10'000);
    const double delivered = static_cast<double>(loop.evse.truth().delivered_mwh - before.delivered_mwh);
    EXPECT_NEAR(delivered / 1e6, 120 * before.volts * 10 / 3.6e6, 0.002);
    EXPECT_NEAR(static_cast<double>(loop.evse.import_mwh() - metered) / delivered, 1.0, 0.005) << "class B";
    EXPECT_NEAR(static_cast<double>(loop.evse.cable().received_mwh - car) / delivered, 1.0, 0.001);
}

TEST(Plant, precharge_joins_the_voltages_without_a_rush) {
    Loop loop;
    loop.run(200);
    loop.plug();
    loop.run(200);
    loop.inputs.command.demand = safety::Demand::precharge;
    loop.inputs.command.setpoint.voltage = loop.evse.cable().battery_voltage;
    loop.inputs.command.setpoint.current = {100'000};
    ASSERT_TRUE(loop.until([&] { return loop.car.contactor; }, 10'000));
    EXPECT_LT(loop.evse.truth().peak_amperes, 2.5);
    loop.run(100);
    EXPECT_EQ(loop.outputs.report.stage, safety::Stage::ready);
}

TEST(Plant, the_normal_stop_leaves_no_wear_and_a_safe_output) {
    Loop loop;
    loop.deliver();
    loop.inputs.command.demand = safety::Demand::none;
    EXPECT_GT(loop.until_open(5'000), 1'000);
    EXPECT_EQ(loop.evse.truth().openings_under_load, 0u);
    loop.car.contactor = false;
    loop.run(1'500);
    EXPECT_EQ(loop.outputs.report.stage, safety::Stage::idle);
    EXPECT_LT(loop.evse.truth().volts, 60);
    EXPECT_EQ(loop.outputs.report.latched, 0u);
}

TEST(Plant, charges_again_after_a_stop) {
    Loop loop;
    loop.deliver();
    loop.inputs.command.demand = safety::Demand::none;
    loop.run(6'000);
    loop.car.contactor = false;
    loop.run(3'000);
    loop.deliver();
    EXPECT_NEAR(loop.evse.truth().amperes, 120, 1);
}

struct Case {
    Fault fault;
    std::uint8_t protection;
    int limit_ms;        // from the fault to no current, in the standard's terms
    bool load_dump = false;
};

// What opens is the contactor, or, where it cannot, the supply is off: no current either way.
TEST(Plant, every_fault_at_full_power_ends_the_current_in_its_time) {
    const Case cases[] = {
        {Fault::emergency_stop, PROTECTION_EMERGENCY_STOP, 100},
        {Fault::earth_lost, PROTECTION_EARTH_LOST, 100},
        {Fault::pilot_short, PROTECTION_PILOT_LOST, 100},
        {Fault::pilot_between, PROTECTION_PILOT_LOST, 100},
        {Fault::diode_missing, PROTECTION_DIODE, 200},
        {Fault::lock_open, PROTECTION_LOCK_OPEN, 100},
        {Fault::contactor_stuck_open, PROTECTION_CONTACTOR_NOT_CLOSED, 200},
        {Fault::auxiliary_stuck_open, PROTECTION_CONTACTOR_NOT_CLOSED, 250},
        {Fault::insulation, PROTECTION_INSULATION, 350},
        {Fault::over_current, PROTECTION_OVER_CURRENT, 200},
        {Fault::over_voltage, PROTECTION_OVER_VOLTAGE_EV, 400, true},
        {Fault::reverse_current, PROTECTION_REVERSE_CURRENT, 200},
        {Fault::supply_fault, PROTECTION_SUPPLY_FAULT, 100},
        {Fault::temperature_sensor_broken, PROTECTION_SENSOR_IMPLAUSIBLE, 250},
        {Fault::voltage_sensor_offset, PROTECTION_SENSOR_IMPLAUSIBLE, 250},
        {Fault::mains_voltage, PROTECTION_MAINS, 400},
        {Fault::mains_frequency, PROTECTION_MAINS, 400},
        {Fault::frames_stop, PROTECTION_INPUTS_STALE, 150},
        {Fault::frames_frozen, PROTECTION_INPUTS_STALE, 150},
        {Fault::frames_corrupt, PROTECTION_INPUTS_STALE, 150},
        {Fault::echo_frozen, PROTECTION_BUS_LATE, 200},
    };
    for (const Case& c : cases) {
        const FaultEntry& entry = kFaultMenu[static_cast<std::size_t>(c.fault)];
        SCOPED_TRACE(entry.name);
        Loop loop;
        loop.deliver();
        loop.evse.faults.set(c.fault, entry.usual);
        if (c.load_dump) {
            loop.car.contactor = false;
            loop.evse.set_car(loop.car);
        }
        const std::int64_t began = loop.ms;
        const bool ended = loop.until([&] { return std::fabs(loop.evse.truth().amperes) < 5.0 && !loop.evse.truth().contactor; },
                                      c.limit_ms + 1'000);
        const auto took = static_cast<int>(loop.ms - began);
        loop.run(400);
        EXPECT_TRUE(ended);
        EXPECT_LE(took, c.limit_ms);
        EXPECT_STREQ(safety::protection_name(loop.outputs.report.cause), safety::protection_name(c.protection));
        RecordProperty(std::string(entry.name), took);
        std::printf("  %-26s %5d ms of %5d  %s\n", std::string(entry.name).c_str(), took, c.limit_ms,
                    safety::protection_name(c.protection));
    }
}

TEST(Plant, a_hot_contact_derates_and_a_burning_one_trips) {
    Loop loop;
    loop.deliver();
    loop.evse.faults.set(Fault::hot_contact, 40);
    loop.run(60'000);
    EXPECT_TRUE(loop.evse.truth().contactor);
    EXPECT_GT(loop.evse.truth().amperes, 5);
    EXPECT_LT(loop.evse.truth().amperes, 110);
    EXPECT_EQ(loop.outputs.report.limit_reason, safety::LimitReason::temperature);
    EXPECT_LT(loop.outputs.report.temperature.value, 1'050);
    loop.evse.faults.set(Fault::temperature_sensor_broken, 1'150);  // hotter than any derating answers
    EXPECT_GE(loop.until_open(5'000), 0);
    EXPECT_EQ(loop.outputs.report.cause, PROTECTION_OVER_TEMPERATURE);
}

TEST(Plant, a_plug_that_is_pulled_under_load_stops_in_time) {
    Loop loop;
    loop.deliver();
    loop.car.plugged = false;
    loop.evse.set_car(loop.car);
    const int took = loop.until_open(500);
    EXPECT_GE(took, 0);
    EXPECT_LE(took, 100);
}

TEST(Plant, a_shorted_cable_is_found_before_any_power) {
    Loop loop;
    loop.run(200);
    loop.plug();
    loop.run(200);
    loop.evse.faults.set(Fault::cable_short, 50);
    loop.inputs.command.demand = safety::Demand::energy;
    loop.inputs.command.setpoint.voltage = {390'000};
    loop.inputs.command.setpoint.current = {100'000};
    loop.run(3'000);
    EXPECT_EQ(loop.outputs.report.cause, PROTECTION_SHORT_CIRCUIT);
    EXPECT_LT(loop.evse.truth().peak_amperes, 2);
}

TEST(Plant, a_welded_contactor_is_found_after_the_stop_and_bars_the_next_charge) {
    Loop loop;
    loop.deliver();
    loop.evse.faults.set(Fault::contactor_welded, 1);
    loop.run(100);
    loop.inputs.command.demand = safety::Demand::none;
    loop.run(4'000);
    EXPECT_NE(loop.outputs.report.latched & (1u << PROTECTION_CONTACTOR_WELDED), 0u);
    loop.inputs.command.demand = safety::Demand::energy;
    loop.run(1'000);
    EXPECT_FALSE(loop.outputs.actuators.close_contactor);
}

TEST(Plant, a_broken_bleeder_is_found_in_the_cable_check) {
    Loop loop;
    loop.run(200);
    loop.plug();
    loop.run(200);
    loop.evse.faults.set(Fault::discharge_broken, 1);
    loop.inputs.command.demand = safety::Demand::cable_check;
    loop.run(5'000);
    EXPECT_EQ(loop.outputs.report.cause, PROTECTION_DISCHARGE_FAILED);
}

TEST(Plant, its_own_watchdog_opens_when_power_is_dead_or_stands_still) {
    for (const bool sends_the_same_frame : {false, true}) {
        Loop loop;
        loop.deliver();
        loop.power_lives = false;
        const std::int64_t began = loop.ms;
        while (loop.evse.truth().contactor && loop.ms - began < 500) {
            loop.millisecond();
            if (sends_the_same_frame && loop.ms % 10 == 0) loop.evse.order(loop.outputs.actuators);
        }
        EXPECT_LE(loop.ms - began, 130);
        EXPECT_TRUE(loop.evse.truth().watchdog);
        EXPECT_LT(std::fabs(loop.evse.truth().amperes), 1);
    }
}

TEST(Plant, after_its_watchdog_nothing_closes_before_open_was_ordered) {
    Loop loop;
    loop.deliver();
    loop.power_lives = false;
    loop.run(300);
    for (std::uint32_t i = 0; i < 50; ++i) {
        safety::Actuators a = loop.outputs.actuators;
        a.sequence += 1 + i;
        loop.evse.order(a);
        loop.run(10);
        EXPECT_FALSE(loop.evse.truth().contactor);
    }
}

TEST(Plant, power_that_is_reborn_finds_its_way_back) {
    Loop loop;
    loop.deliver();
    loop.state = {};
    loop.outputs = {};
    loop.inputs.command.demand = safety::Demand::none;
    loop.run(1'000);
    EXPECT_FALSE(loop.evse.truth().contactor);
    EXPECT_FALSE(loop.evse.truth().watchdog);
    loop.car.contactor = false;
    loop.run(3'000);
    EXPECT_EQ(loop.outputs.report.latched, 0u);
    loop.deliver();
    EXPECT_NEAR(loop.evse.truth().amperes, 120, 1);
}

TEST(Plant, lost_consent_stops_without_wear) {
    Loop loop;
    loop.deliver();
    loop.renew = false;
    const int took = loop.until_open(2'000);
    EXPECT_GE(took, 450);
    EXPECT_LE(took, 600);
    EXPECT_EQ(loop.evse.truth().openings_under_load, 0u);
}

TEST(PlantAc, charges_by_the_pilot_and_follows_it) {
    Loop loop(safety::Outlet::ac_socket);
    loop.run(200);
    loop.car.ac_draw = {32'000};
    loop.plug();
    loop.inputs.command.demand = safety::Demand::energy;
    loop.inputs.command.setpoint.current = {16'000};
    loop.run(5'000);
    EXPECT_NEAR(loop.evse.truth().amperes, 15.96, 0.1);
    loop.inputs.command.setpoint.current = {10'000};
    loop.run(3'000);
    EXPECT_NEAR(loop.evse.truth().amperes, 9.96, 0.1);
    loop.inputs.command.demand = safety::Demand::none;
    EXPECT_GE(loop.until_open(6'000), 0);
    EXPECT_EQ(loop.evse.truth().openings_under_load, 0u);
}

TEST(PlantAc, charges_again_after_lost_consent) {
    Loop loop(safety::Outlet::ac_socket);
    for (const int pause_ms : {20, 500, 2'000}) {
        loop.run(200);
        loop.car = {};
        loop.car.ac_draw = {32'000};
        loop.plug();
        loop.renew = true;
        loop.inputs.command.demand = safety::Demand::energy;
        loop.inputs.command.setpoint.current = {32'000};
        loop.run(4'000);
        EXPECT_NEAR(loop.evse.truth().amperes, 32, 0.2);
        loop.renew = false;
        EXPECT_GE(loop.until_open(7'000), 0);
        loop.run(pause_ms);
        loop.renew = true;
        loop.inputs.command.demand = safety::Demand::none;
        loop.run(pause_ms);
        loop.car = {};
        loop.evse.set_car(loop.car);
        loop.run(pause_ms);
    }
}

TEST(PlantAc, a_car_that_draws_twice_its_share_is_opened) {
    Loop loop(safety::Outlet::ac_socket);
    loop.run(200);
    loop.car.ac_draw = {32'000};
    loop.plug();
    loop.inputs.command.demand = safety::Demand::energy;
    loop.inputs.command.setpoint.current = {16'000};
    loop.run(5'000);
    loop.evse.faults.set(Fault::car_overdraws, 200);
    const int took = loop.until_open(3'000);
    EXPECT_GE(took, 0);
    EXPECT_LE(took, 1'000);
    EXPECT_EQ(loop.outputs.report.cause, PROTECTION_OVER_CURRENT);
}

TEST(PlantMeter, lies_in_every_way_on_demand) {
    Loop loop;
    loop.deliver();
    const auto read = [&] { return meter::decode_reading(*loop.evse.reading(0)); };
    const auto first = read();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->serial.view(), "VK-DC-100001");
    loop.evse.faults.set(Fault::meter_frozen, 1);
    loop.run(2'000);
    EXPECT_EQ(read()->import_mwh, first->import_mwh);
    loop.evse.faults.clear();
    loop.evse.faults.set(Fault::meter_jumps_back, 100);
    EXPECT_LT(read()->import_mwh, first->import_mwh);
    loop.evse.faults.clear();
    loop.evse.faults.set(Fault::meter_corrupt, 1);
    EXPECT_FALSE(read());
    loop.evse.faults.clear();
    loop.evse.faults.set(Fault::meter_exchanged, 1);
    EXPECT_NE(read()->serial.view(), first->serial.view());
    loop.evse.faults.set(Fault::meter_stop, 1);
    EXPECT_FALSE(loop.evse.reading(0));
}

TEST(PlantPhysics, is_the_same_from_the_same_seed) {
    Loop a(safety::Outlet::ccs, 42), b(safety::Outlet::ccs, 42), c(safety::Outlet::ccs, 43);
    a.deliver();
    b.deliver();
    c.deliver();
    EXPECT_EQ(*a.evse.inputs(), *b.evse.inputs());
    EXPECT_NE(*a.evse.inputs(), *c.evse.inputs());
}

TEST(PlantPhysics, an_old_contactor_welds) {
    Random random(3);
    Contactor contactor;
    int openings = 0;
    while (!contactor.is_welded && openings < 2'000) {
        for (int i = 0; i < 50; ++i) contactor.step(true, 120, random);
        for (int i = 0; i < 50; ++i) contactor.step(false, 120, random);
        ++openings;
    }
    EXPECT_TRUE(contactor.is_welded);
    EXPECT_GT(openings, 20) << "a new one bears it";
    EXPECT_TRUE(contactor.conducts());
}

TEST(CableFrames, come_back_as_they_went) {
    const CarFrame car{.plugged = true, .pilot = CarPilot::c, .contactor = true, .diode = false, .battery = {82'000},
                       .state_of_charge = {345}, .ac_draw = {11'000}};
    ASSERT_TRUE(decode_car(encode(car)));
    EXPECT_EQ(*decode_car(encode(car)), car);
    CarFrame absurd = car;
    absurd.state_of_charge = {1'001};
    EXPECT_FALSE(decode_car(encode(absurd)));
    CableFrame cable;
    cable.inlet_voltage = {400'123};
    cable.received_mwh = 1'234'567'890'123;
    const auto got = decode_cable(encode(cable));
    ASSERT_TRUE(got);
    EXPECT_EQ(encode(*got), encode(cable));
}

}  // namespace
}  // namespace voltkeep::plant
