// SPDX-License-Identifier: Apache-2.0
// For tests of the safety core: hardware that obeys within one period, a car, and a place to break both.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "charging/safety/pilot.hpp"
#include "charging/safety/safety.hpp"

namespace voltkeep::safety {

inline constexpr std::int32_t kBatteryMv = 400'000;

/// A car closes its contactor when the voltages match, and opens it on X1 and F.
struct Bench {
    Configuration configuration{};
    State state{};
    Inputs in{};
    Outputs out{};
    std::int64_t us = 1'000'000;
    bool car = true;             // follows: its contactor closes when precharged, opens on X1 and F
    bool car_contactor = false;
    bool frames = true;
    std::int32_t draw_ma = -1;   // AC: what the car takes; -1: what it is offered
    std::int32_t force_ma = INT32_MIN;
    std::int32_t force_mv = INT32_MIN;
    bool renew = true;

    void plug(std::int16_t level_mv = 9'000) { level = level_mv; }
    std::int16_t level = 12'000;

    bool is_ac() const { return configuration.outlet == Outlet::ac_socket || configuration.outlet == Outlet::ac_cable; }

    void world() {
        Sensors& s = in.sensors;
        const Actuators& a = out.actuators;
        if (!frames) return;
        ++s.sequence;
        s.echo = a.sequence;
        s.contactor_closed = a.close_contactor;
        s.locked = a.lock;
        if (a.spent != kUnknownSpent) s.spent = a.spent;
        s.pilot_high_mv = a.drive == Drive::fault ? std::int16_t{-12'000} : level;
        s.pilot_low_mv = a.drive == Drive::steady ? level : std::int16_t{-12'000};
        if (is_ac()) {
            const bool drawing = a.close_contactor && level == 6'000;
            s.current.value = drawing ? (draw_ma >= 0 ? draw_ma : current_for(a.duty_permille).value) : 0;
        } else {
            if (a.supply_on) s.supply_voltage = a.voltage;
            else if (a.discharge) s.supply_voltage.value = s.supply_voltage.value * 7 / 8;
            const bool ends = a.drive != Drive::pwm || !a.close_contactor;
            if (car && a.close_contactor && s.supply_voltage.value > 300'000 &&
                std::abs(s.supply_voltage.value - kBatteryMv) < 20'000 && level == 6'000 && state.stage >= Stage::precharging)
                car_contactor = true;
            if (ends) car_contactor = false;
            if (car_contactor && a.close_contactor) s.supply_voltage.value = kBatteryMv;
            s.outlet_voltage.value = a.close_contactor ? s.supply_voltage.value : (car_contactor ? kBatteryMv : 0);
            s.current.value = car_contactor && a.supply_on ? a.current.value : 0;
        }
        if (force_ma != INT32_MIN) s.current.value = force_ma;
        if (force_mv != INT32_MIN) s.outlet_voltage.value = s.supply_voltage.value = force_mv;
    }

    std::function<void(Sensors&)> fault;

    void period(std::int64_t elapsed = 10'000) {
        world();
        if (fault) fault(in.sensors);
        us += elapsed;
        in.command.consent_ms = renew ? 500 : 0;
        const Step made = step(configuration, state, in, Tick{us});
        state = made.state;
        out = made.outputs;
        in.command.acknowledge = 0;
    }
    void run(int ms) {
        for (int i = 0; i < ms / 10; ++i) period();
    }
    // Milliseconds until the command to open, at most `limit`.
    int until_open(int limit) {
        for (int t = 0; t <= limit; t += 10) {
            period();
            if (!out.actuators.close_contactor) return t;
        }
        return limit + 1;
    }
    bool until(Stage stage, int ms = 5'000) {
        for (int i = 0; i < ms / 10 && out.report.stage != stage; ++i) period();
        return out.report.stage == stage;
    }

    void demand(Demand d, std::int32_t ma = 100'000) {
        in.command.demand = d;
        in.command.setpoint.voltage = {kBatteryMv};
        in.command.setpoint.current = {ma};
        in.command.setpoint.ev_voltage_max = {500'000};
    }
    void deliver() {
        run(100);
        plug(6'000);
        run(100);
        demand(Demand::energy);
        ASSERT_TRUE(until(Stage::delivering));
        run(2'000);
        ASSERT_EQ(out.actuators.current.value, 100'000);
        ASSERT_EQ(out.report.current.value, 100'000);
    }
};

/// AC at a socket, with a cable for 32 A.
inline Bench ac_bench() {
    Bench bench;
    bench.configuration.outlet = Outlet::ac_socket;
    bench.configuration.current_max = bench.configuration.cable_max = {32'000};
    bench.in.sensors.proximity = {220};
    bench.in.command.digital = false;
    bench.in.command.setpoint.current = {32'000};
    return bench;
}

}  // namespace voltkeep::safety
