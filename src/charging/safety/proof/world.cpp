// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/proof/world.hpp"

#include "charging/safety/pilot.hpp"

namespace voltkeep::safety::proof {

namespace {

void pilot(World& w) {
    Sensors& s = w.sensors;
    s.pilot_high_mv = w.orders.drive == Drive::fault ? std::int16_t{-12'000} : w.level_mv;
    s.pilot_low_mv = w.orders.drive == Drive::steady ? w.level_mv : std::int16_t{-12'000};
}

void alternating(World& w) {
    const bool is_drawing = w.orders.close_contactor && w.level_mv == 6'000;
    const std::int32_t drawn = w.drawn_ma;
    w.drawn_ma = is_drawing ? current_for(w.orders.duty_permille).value : 0;
    if (is_drawing && w.orders.duty_permille == 50) w.drawn_ma = w.orders.current.value;   // 5 %: told by ISO 15118
    if (w.has(Fault::slow_car) && w.orders.close_contactor && w.drawn_ma < drawn) w.drawn_ma = drawn;
    w.sensors.current = {w.drawn_ma};
}

void direct(World& w, Stage stage) {
    Sensors& s = w.sensors;
    const Actuators& a = w.orders;
    if (a.supply_on) s.supply_voltage = a.voltage;
    else if (a.discharge) s.supply_voltage = {0};
    const bool is_inviting = a.drive == Drive::pwm && a.close_contactor && w.level_mv == 6'000;
    if (!is_inviting) w.car_contactor = false;
    else if (stage >= Stage::precharging && s.supply_voltage.value > kBatteryMv - 20'000) w.car_contactor = true;
    if (w.car_contactor) s.supply_voltage = {kBatteryMv};
    s.outlet_voltage = {a.close_contactor ? s.supply_voltage.value : 0};
    s.current = {w.car_contactor && a.supply_on && stage >= Stage::delivering ? a.current.value : 0};
}

void break_it(World& w, std::size_t which, Stage stage) {
    Sensors& s = w.sensors;
    switch (w.faults[which]) {
        case Fault::none:
        case Fault::setpoints:
        case Fault::frames_stop:
        case Fault::stall:
        case Fault::slow_car:
        case Fault::few_closings: break;
        case Fault::echo_frozen: s.echo = w.frozen_echo; break;
        case Fault::watchdog: s.watchdog_tripped = true; break;
        case Fault::emergency_stop: s.emergency_stop = true; break;
        case Fault::earth_lost: s.earth_present = false; break;
        case Fault::pilot_e: s.pilot_high_mv = 0; break;
        case Fault::pilot_between: s.pilot_high_mv = 7'500; break;
        case Fault::diode: s.pilot_low_mv = s.pilot_low_mv < 0 ? std::int16_t{-6'000} : s.pilot_low_mv; break;
        case Fault::lock_open: s.locked = false; break;
        case Fault::residual_dc_6: s.residual_dc = {-6'500}; break;
        case Fault::residual_dc_60: s.residual_dc = {60'000}; break;
        case Fault::residual_dc_200: s.residual_dc = {200'000}; break;
        case Fault::residual_ac_30: s.residual_ac = {30'000}; break;
        case Fault::residual_ac_150: s.residual_ac = {150'000}; break;
        case Fault::insulation: s.insulation = {20'000}; break;
        case Fault::short_circuit: if (stage <= Stage::short_test) s.outlet_voltage = s.supply_voltage = {0}; break;
        case Fault::over_current: if (w.orders.close_contactor) s.current = {39'000}; break;
        case Fault::over_current_long: s.current = {s.current.value / 100 * 125}; break;
        case Fault::inrush: if (shows(w, which, stage)) s.current = {6'000}; break;
        // Where it may feed back: what comes while nothing of that was ordered.
        case Fault::reverse_current:
            s.current = {w.orders.close_contactor ? (w.orders.current.value < 0 ? w.orders.current.value : -6'000) : 0};
            break;
        case Fault::over_current_back: if (w.orders.close_contactor) s.current = {-39'000}; break;
        case Fault::over_voltage_ev: if (w.orders.close_contactor) s.outlet_voltage = s.supply_voltage = {510'000}; break;
        case Fault::over_voltage: s.supply_voltage = {1'020'000}; break;
        case Fault::over_temperature: s.plus_temperature = {1'150}; break;
        case Fault::minus_temperature: s.minus_temperature = {1'150}; break;
        case Fault::temperature_sensor: s.minus_temperature = {-600}; break;
        case Fault::cabinet_sensor: s.cabinet_temperature = {2'000}; break;
        case Fault::current_sensor: s.current = {-1'000'000}; break;
        case Fault::supply_voltage_sensor: s.supply_voltage = {INT32_MIN}; break;
        case Fault::outlet_voltage_sensor: s.outlet_voltage = {INT32_MAX}; break;
        case Fault::voltages_disagree: s.outlet_voltage = {s.supply_voltage.value + 60'000}; break;
        case Fault::auxiliary_open: s.contactor_closed = false; break;
        case Fault::auxiliary_closed: s.contactor_closed = true; break;
        case Fault::welded:   // the auxiliary contact lies: only the voltage tells
            if (!w.orders.close_contactor && stage == Stage::discharging) s.supply_voltage = s.outlet_voltage = {kBatteryMv};
            break;
        case Fault::discharge_broken: if (w.orders.discharge) s.supply_voltage = {200'000}; break;
        case Fault::never_precharged:
            if (stage == Stage::precharging || stage == Stage::ready) s.supply_voltage = s.outlet_voltage = {100'000};
            break;
        case Fault::insulation_test_hangs:
            if (stage == Stage::insulation_test) s.supply_voltage = s.outlet_voltage = {100'000};
            break;
        case Fault::supply_fault: s.supply_fault = true; break;
        case Fault::mains_voltage: s.mains_voltage = {170'000}; break;
        case Fault::mains_frequency: s.mains_frequency = {46'500}; break;
        case Fault::cable_lost: s.proximity = {0}; break;
        case Fault::cable_unknown: s.proximity = {5'000}; break;
        case Fault::cable_thin: s.proximity = {1'500}; break;
        case Fault::pilot_flutters: s.pilot_high_mv = w.is_odd ? std::int16_t{9'980} : std::int16_t{10'020}; break;
        case Fault::lock_flutters: s.locked = s.locked && w.is_odd; break;
    }
}

}  // namespace

bool shows(const World& w, std::size_t which, Stage stage) {
    if (!w.is_there[which]) return false;
    switch (w.faults[which]) {
        case Fault::insulation:
            return stage >= Stage::insulation_test && stage <= Stage::stopping && stage != Stage::test_discharge &&
                   w.sensors.outlet_voltage.value >= 60'000;
        case Fault::short_circuit: return stage == Stage::short_test;
        case Fault::inrush: return w.orders.close_contactor && stage >= Stage::closing && stage <= Stage::ready;
        case Fault::never_precharged: return stage == Stage::precharging;
        case Fault::insulation_test_hangs: return stage == Stage::insulation_test;
        case Fault::reverse_current: return w.orders.current.value >= 0;
        default: return true;
    }
}

void advance(World& w, const Configuration& c, Stage stage) {
    if (w.orders.latched != kUnknownRegister) w.latched = w.orders.latched;
    if (w.orders.spent != kUnknownSpent) w.spent = w.orders.spent;
    if (w.orders.reset_watchdog) w.watchdog = false;
    if (w.has(Fault::frames_stop)) return;
    const std::uint32_t sequence = w.sensors.sequence;
    const MilliVolt charged = w.sensors.supply_voltage;
    w.sensors = Sensors{};
    w.sensors.latched = w.latched;
    w.sensors.spent = w.spent;
    w.sensors.sequence = sequence + 1;
    w.sensors.echo = w.orders.sequence;
    w.sensors.supply_voltage = charged.value < 0 || charged.value > 600'000 ? MilliVolt{0} : charged;
    w.sensors.watchdog_tripped = w.watchdog;
    w.sensors.contactor_closed = w.orders.close_contactor && !w.watchdog;
    w.sensors.locked = w.orders.lock;
    w.sensors.proximity = {c.outlet == Outlet::ac_socket ? 220 : 0};
    pilot(w);
    if (is_ac(c.outlet)) alternating(w);
    else direct(w, stage);
    if (!w.has(Fault::echo_frozen)) w.frozen_echo = w.sensors.echo;
    w.is_odd = (w.has(Fault::pilot_flutters) || w.has(Fault::lock_flutters)) && !w.is_odd;
    for (std::size_t which = 0; which < w.faults.size(); ++which)
        if (w.is_there[which]) break_it(w, which, stage);
}

}  // namespace voltkeep::safety::proof
