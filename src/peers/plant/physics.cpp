// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/physics.hpp"

#include <cmath>
#include <cstdio>

#include "charging/safety/pilot.hpp"

namespace voltkeep::plant {

namespace {

constexpr double kBusFarad = 1.0e-3;       // the supply's output capacitor
constexpr double kCableFarad = 20.0e-6;    // cable and the car's filter
constexpr double kBleedOhm = 180.0;
constexpr double kLeakOhm = 2.0e6;
constexpr double kInletOhm = 20.0e3;        // the car discharges its inlet when its contactor is open
constexpr double kCableOhm = 0.015;
constexpr double kContactOhm = 0.00025;    // of each contact of the connector
constexpr double kSlewAmperePerMs = 8.0;   // how fast the supply follows its current limit
constexpr double kAir = 22.0;

std::int32_t milli(double value) { return static_cast<std::int32_t>(std::lround(value * 1'000.0)); }

// One node: a capacitor, a supply that holds `target` within its limits, a conductance to earth, a source behind a resistance.
struct Node {
    double volts, farad, leak_siemens;
    double source_volts, source_siemens;   // the battery; 0 siemens: not connected
    double supply_amperes = 0;

    // Implicit in the voltage, so that any resistance is stable at 1 ms.
    void step(bool supply, double target, double lowest, double highest) {
        const double storage = farad / kStepSeconds;
        if (supply) {
            const double needed = storage * (target - volts) + (target - source_volts) * source_siemens + target * leak_siemens;
            supply_amperes = std::clamp(needed, lowest, highest);
        }
        volts = (storage * volts + supply_amperes + source_volts * source_siemens) / (storage + source_siemens + leak_siemens);
    }
};

}  // namespace

Evse::Evse(const Setup& setup)
    : setup_(setup),
      random_(setup.seed * 0x9e3779b9u + setup.number),
      latched_(setup.latched),
      spent_(setup.spent),
      meter_error_(1.0 + random_.noise(0.001)),
      metered_import_mwh_(static_cast<double>(setup.import_mwh)),
      metered_export_mwh_(static_cast<double>(setup.export_mwh)) {}

void Evse::order(const safety::Actuators& actuators) {
    if (faults.has(Fault::orders_lost)) return;
    const bool beats = !ordered_ || actuators.sequence != orders_.sequence;
    if (!beats) return;
    ordered_ = true;
    heartbeat_us_ = time_us_;
    if (actuators.latched != safety::kUnknownRegister) latched_ = actuators.latched;
    if (actuators.spent != safety::kUnknownSpent) spent_ = actuators.spent;
    if (watchdog_ && !(actuators.reset_watchdog && !actuators.close_contactor)) {
        orders_.sequence = actuators.sequence;  // it beats, but nothing closes until it was seen to want "open"
        return;
    }
    watchdog_ = false;
    orders_ = actuators;
}

void Evse::set_car(const CarFrame& car) {
    if (car.plugged && !car_.plugged) {
        battery_ = Battery(static_cast<double>(car.battery.value), car.state_of_charge.value / 1'000.0);
        session_j_ = car_j_ = peak_amperes_ = 0;
    }
    car_ = car;
    if (!car_.plugged) car_.contactor = false;
}

// The hardware's own: nobody who counts on for 100 ms, and it goes to the safe state by itself.
void Evse::watch_heartbeat() {
    if (watchdog_ || time_us_ - heartbeat_us_ <= powerdrv::kWatchdogUs) return;
    watchdog_ = true;
    const std::uint32_t sequence = orders_.sequence;
    const bool lock = orders_.lock;
    orders_ = {};
    orders_.sequence = sequence;
    orders_.lock = lock;
    orders_.discharge = true;
}

void Evse::mark() {
    lowest_amperes_ = amperes_;
    awaited_.reset();
    onset_us_ = time_us_;
}

void Evse::mark(Quantity quantity, double limit) {
    mark();
    onset_us_ = -1;
    awaited_ = {quantity, limit};
}

void Evse::watch_onset() {
    if (!awaited_) return;
    const std::array<double, kQuantities.size()> now{outlet_volts_, amperes_, plus_.celsius, contactor_.conducts() ? 1.0 : 0.0,
                                                     orders_.discharge ? 1.0 : 0.0};
    if (std::fabs(now[static_cast<std::size_t>(awaited_->first)]) <= awaited_->second) return;
    onset_us_ = time_us_;
    awaited_.reset();
}

void Evse::step() {
    time_us_ += 1'000;
    watch_heartbeat();
    lock_ms_ = orders_.lock == locked_ ? 0 : lock_ms_ + 1;
    if (lock_ms_ > 150) locked_ = orders_.lock;

    mains_volts_ += (230.0 - mains_volts_) * 0.001 + random_.noise(0.02);
    mains_hertz_ += (50.0 - mains_hertz_) * 0.001 + random_.noise(0.0003);

    contactor_.stuck_closed = faults.has(Fault::contactor_welded) && contactor_.conducts();
    contactor_.stuck_open = faults.has(Fault::contactor_stuck_open);
    const bool conducted = contactor_.conducts();
    contactor_.step(orders_.close_contactor, amperes_, random_);
    if (conducted && !contactor_.conducts()) {
        opened_us_ = time_us_;
        ++openings_;
    }

    if (is_ac()) step_ac();
    else step_dc();

    const double plus_ohm = faults.has(Fault::hot_contact) ? faults.value(Fault::hot_contact) / 1'000.0 : kContactOhm;
    plus_.step(amperes_ * amperes_ * plus_ohm, kAir);
    minus_.step(amperes_ * amperes_ * kContactOhm, kAir);
    peak_amperes_ = std::max(peak_amperes_, std::fabs(amperes_));
    lowest_amperes_ = std::min(lowest_amperes_, amperes_);
    watch_onset();
    count_energy();
}

void Evse::step_dc() {
    const bool joined = contactor_.conducts();
    const bool battery = car_.plugged && car_.contactor;
    const double wanted = orders_.supply_on && !faults.has(Fault::supply_fault) ? orders_.current.value / 1'000.0 : 0.0;
    supply_limit_ += std::clamp(wanted - supply_limit_, -kSlewAmperePerMs, kSlewAmperePerMs);
    const bool supply = orders_.supply_on && !faults.has(Fault::supply_fault);
    if (!supply) supply_limit_ = 0;  // pulses are blocked within the step

    double target = orders_.voltage.value / 1'000.0;
    double highest = std::max(supply_limit_, 0.0), lowest = std::min(supply_limit_, 0.0);
    if (faults.has(Fault::over_voltage)) target += faults.value(Fault::over_voltage), highest += 50.0;
    if (faults.has(Fault::over_current)) highest += faults.value(Fault::over_current), target += 50.0;
    if (supply_limit_ < 0) target = 0;   // feeding back: it pulls the voltage down until the limit holds
    if (faults.has(Fault::reverse_current)) lowest = -faults.value(Fault::reverse_current), highest = lowest;

    const bool bleeds = orders_.discharge && !faults.has(Fault::discharge_broken);
    const double bus_leak = 1.0 / kLeakOhm + (bleeds ? 1.0 / kBleedOhm : 0.0);
    const double cable_leak =
        (faults.has(Fault::cable_short) ? 1'000.0 / std::max(faults.value(Fault::cable_short), 1) : 0.0) + 1.0 / kLeakOhm;
    const double battery_siemens = battery ? 1.0 / (Battery::ohms() + kCableOhm) : 0.0;

    if (joined) {
        const double both = kBusFarad + kCableFarad;
        const double before = (kBusFarad * bus_volts_ + kCableFarad * outlet_volts_) / both;
        Node node{before, both, bus_leak + cable_leak, battery_.volts(), battery_siemens};
        node.step(supply, target, lowest, highest);
        const double into_bus = kBusFarad * (node.volts - bus_volts_) / kStepSeconds + node.volts * bus_leak;
        amperes_ = node.supply_amperes - into_bus;
        bus_volts_ = outlet_volts_ = node.volts;
    } else {
        Node bus{bus_volts_, kBusFarad, bus_leak, 0, 0};
        bus.step(supply, target, std::max(lowest, 0.0), highest);
        bus_volts_ = std::max(bus.volts, 0.0);
        Node outlet{outlet_volts_, kCableFarad, cable_leak + (battery ? 0.0 : 1.0 / kInletOhm), battery_.volts(),
                    battery_siemens};
        outlet.step(false, 0, 0, 0);
        outlet_volts_ = outlet.volts;
        amperes_ = 0;
    }
    const double into_battery = battery ? (outlet_volts_ - battery_.volts()) * battery_siemens : 0.0;
    battery_.take(into_battery);
    car_j_ += std::max(into_battery, 0.0) * outlet_volts_ * kStepSeconds;
}

// The car decides what it draws; the pilot only asks it.
void Evse::step_ac() {
    double wanted = 0;
    if (contactor_.conducts() && car_.plugged && car_.contactor) {
        const double offered =
            orders_.drive == safety::Drive::pwm
                ? (orders_.duty_permille == 50 ? orders_.current.value : safety::current_for(orders_.duty_permille).value) /
                      1'000.0
                : 0.0;
        const bool follows = !faults.has(Fault::car_ignores_pilot);
        wanted = follows ? std::min(car_.ac_draw.value / 1'000.0, offered) : car_.ac_draw.value / 1'000.0;
        if (faults.has(Fault::car_overdraws)) wanted = offered * faults.value(Fault::car_overdraws) / 100.0;
    }
    if (!contactor_.conducts()) amperes_ = 0;
    else amperes_ += std::clamp(wanted - amperes_, -0.05, 0.02);  // an on-board charger takes some 100 ms
    outlet_volts_ = contactor_.conducts() ? mains_volts_ : 0;
    bus_volts_ = 0;
    const double watts = amperes_ * mains_volts_ * (orders_.three_phase ? 3.0 : 1.0);
    battery_.take(watts * 0.92 / battery_.volts());
    car_j_ += watts * kStepSeconds;
}

void Evse::count_energy() {
    const double phases = is_ac() && orders_.three_phase ? 3.0 : 1.0;
    const double joules = amperes_ * outlet_volts_ * phases * kStepSeconds;
    if (joules > 0) delivered_j_ += joules, session_j_ += joules;
    else returned_j_ -= joules;
    if (faults.has(Fault::meter_frozen)) return;
    const double share = faults.has(Fault::meter_lies) ? faults.value(Fault::meter_lies) / 100.0 : 1.0;
    const double metered_mwh = std::fabs(joules) / 3.6 * meter_error_ * share;
    // Below its starting current a meter stands still.
    if (std::fabs(amperes_) < 0.02) return;
    (joules > 0 ? metered_import_mwh_ : metered_export_mwh_) += metered_mwh;
}

safety::Sensors Evse::sense() {
    safety::Sensors s;
    s.sequence = ++sequence_;
    s.echo = orders_.sequence;
    double level = 12.0;
    if (car_.plugged) level = 12.0 - 3.0 * static_cast<double>(car_.pilot);
    if (faults.has(Fault::pilot_short)) level = 0;
    if (faults.has(Fault::pilot_between)) level = faults.value(Fault::pilot_between) / 1'000.0;
    const bool diode = car_.diode && !faults.has(Fault::diode_missing);
    double high = level, low = level;
    if (orders_.drive == safety::Drive::fault) high = low = -12.0;
    if (orders_.drive == safety::Drive::pwm) low = car_.plugged && !diode ? -level : -12.0;
    s.pilot_high_mv = static_cast<std::int16_t>(milli(high + random_.noise(0.03)));
    s.pilot_low_mv = static_cast<std::int16_t>(milli(low + random_.noise(0.03)));
    s.pilot_duty_permille = orders_.drive == safety::Drive::pwm ? orders_.duty_permille : std::uint16_t{1'000};
    if (setup_.outlet == safety::Outlet::ac_socket) s.proximity = {car_.plugged ? 220 : 0};
    s.supply_voltage = {milli(bus_volts_ + random_.noise(0.05))};
    const double offset = faults.has(Fault::voltage_sensor_offset) ? faults.value(Fault::voltage_sensor_offset) : 0.0;
    s.outlet_voltage = {milli(outlet_volts_ + offset + random_.noise(0.05))};
    s.current = {faults.has(Fault::current_sensor_zero) ? 0 : milli(amperes_ + random_.noise(0.02))};
    s.residual_dc = {faults.has(Fault::residual_dc) ? faults.value(Fault::residual_dc)
                                                    : static_cast<std::int32_t>(random_.noise(200))};
    s.residual_ac = {faults.has(Fault::residual_ac) ? faults.value(Fault::residual_ac)
                                                    : static_cast<std::int32_t>(500 + random_.noise(100))};
    s.insulation = {faults.has(Fault::insulation) ? faults.value(Fault::insulation)
                                                  : static_cast<std::int32_t>(2.0e6 + random_.noise(2.0e4))};
    const auto deci = [&](double celsius) {
        return DeciCelsius{static_cast<std::int16_t>(std::clamp(std::lround(celsius * 10.0), -400L, 15'000L))};
    };
    s.plus_temperature = faults.has(Fault::temperature_sensor_broken)
                             ? DeciCelsius{static_cast<std::int16_t>(faults.value(Fault::temperature_sensor_broken))}
                             : deci(plus_.celsius + random_.noise(0.05));
    s.minus_temperature = deci(minus_.celsius + random_.noise(0.05));
    s.cabinet_temperature = deci(kAir + 8.0);
    s.mains_voltage = {faults.has(Fault::mains_voltage) ? faults.value(Fault::mains_voltage) * 1'000 : milli(mains_volts_)};
    s.mains_frequency = {faults.has(Fault::mains_frequency) ? faults.value(Fault::mains_frequency) : milli(mains_hertz_)};
    s.contactor_closed =
        (contactor_.auxiliary() || faults.has(Fault::auxiliary_stuck_closed)) && !faults.has(Fault::auxiliary_stuck_open);
    s.locked = locked_ && car_.plugged && !faults.has(Fault::lock_open);
    s.emergency_stop = faults.has(Fault::emergency_stop);
    s.earth_present = !faults.has(Fault::earth_lost);
    s.charge_enable = car_.plugged && car_.pilot >= CarPilot::c;
    s.supply_fault = faults.has(Fault::supply_fault);
    s.watchdog_tripped = watchdog_;
    s.latched = faults.has(Fault::latch_register_lost) ? safety::kUnknownRegister : latched_;
    s.spent = faults.has(Fault::latch_register_lost) ? safety::kUnknownSpent : spent_;
    return s;
}

std::optional<std::array<std::byte, powerdrv::kInputsSize>> Evse::inputs() {
    if (faults.has(Fault::frames_stop)) return std::nullopt;
    if (!faults.has(Fault::frames_frozen) || last_sent_.sequence == 0) {
        const std::uint32_t echo = last_sent_.echo;
        last_sent_ = sense();
        if (faults.has(Fault::echo_frozen)) last_sent_.echo = echo;
    }
    auto bytes = encode(powerdrv::InputsFrame{static_cast<std::uint64_t>(time_us_), last_sent_});
    if (faults.has(Fault::frames_corrupt)) bytes[random_.next() % bytes.size()] ^= std::byte{0x10};
    return bytes;
}

std::optional<std::array<std::byte, meter::kReadingSize>> Evse::reading(std::uint32_t answers) {
    if (faults.has(Fault::meter_stop)) return std::nullopt;
    if (!faults.has(Fault::meter_jumps_back)) jumped_back_ = false;
    else if (!jumped_back_) {
        jumped_back_ = true;
        metered_import_mwh_ = std::max(0.0, metered_import_mwh_ - faults.value(Fault::meter_jumps_back) * 1'000.0);
    }
    if (faults.has(Fault::meter_exchanged) && !exchanged_) {
        exchanged_ = true;
        metered_import_mwh_ = metered_export_mwh_ = 0;
    }
    char serial[25];
    const int size = std::snprintf(serial, sizeof serial, "VK-%s-%06u", is_ac() ? "AC" : "DC",
                                   (exchanged_ ? 900'000u : 100'000u) + setup_.number);
    meter::ReadingFrame r;
    r.sequence = ++reading_sequence_;
    r.answers = answers;
    r.time_ms = static_cast<std::uint64_t>(time_us_ / 1'000);
    r.import_mwh = import_mwh();
    r.export_mwh = export_mwh();
    r.voltage = {milli(outlet_volts_ * (1.0 + random_.noise(0.0005)))};
    r.current = {milli(amperes_ * meter_error_)};
    r.power = {static_cast<std::int32_t>(
        std::lround(outlet_volts_ * amperes_ * meter_error_ * (is_ac() && orders_.three_phase ? 3.0 : 1.0)))};
    r.frequency = {is_ac() ? milli(mains_hertz_) : 0};
    r.status = faults.has(Fault::meter_fault) ? static_cast<std::uint16_t>(meter::kInternalFault) : std::uint16_t{0};
    r.serial = Text<24>::cut({serial, static_cast<std::size_t>(size)});
    auto bytes = encode(r);
    if (faults.has(Fault::meter_corrupt)) bytes[random_.next() % bytes.size()] ^= std::byte{0x10};
    return bytes;
}

CableFrame Evse::cable() {
    CableFrame c;
    c.sequence = ++cable_sequence_;
    c.steady = orders_.drive != safety::Drive::pwm;
    c.pilot_fault = orders_.drive == safety::Drive::fault;
    c.locked = locked_ && !faults.has(Fault::lock_open);
    c.duty_permille = orders_.drive == safety::Drive::pwm ? orders_.duty_permille : std::uint16_t{1'000};
    if (!car_.plugged) return c;
    c.inlet_voltage = {milli(outlet_volts_ + random_.noise(0.1))};
    c.current = {milli(amperes_)};
    c.battery_voltage = {milli(battery_.volts())};
    c.state_of_charge = {static_cast<std::int16_t>(std::lround(battery_.state_of_charge() * 1'000.0))};
    c.inlet_temperature = {static_cast<std::int16_t>(std::lround(plus_.celsius * 10.0))};
    c.received_mwh = std::llround(car_j_ / 3.6);
    return c;
}

std::int64_t Evse::import_mwh() const { return static_cast<std::int64_t>(metered_import_mwh_); }
std::int64_t Evse::export_mwh() const { return static_cast<std::int64_t>(metered_export_mwh_); }

Truth Evse::truth() const {
    return {.delivered_mwh = std::llround(delivered_j_ / 3.6),
            .returned_mwh = std::llround(returned_j_ / 3.6),
            .session_mwh = std::llround(session_j_ / 3.6),
            .volts = outlet_volts_,
            .amperes = amperes_,
            .peak_amperes = peak_amperes_,
            .lowest_amperes = lowest_amperes_,
            .contactor = contactor_.conducts(),
            .welded = contactor_.is_welded || contactor_.stuck_closed,
            .watchdog = watchdog_,
            .openings = openings_,
            .openings_under_load = contactor_.openings_under_load,
            .opened_us = opened_us_,
            .onset_us = onset_us_};
}

}  // namespace voltkeep::plant
