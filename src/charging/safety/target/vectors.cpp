// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/target/vectors.hpp"

namespace voltkeep::safety::vectors {

namespace {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
    std::uint32_t next() {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state_ >> 33);
    }
    bool once_in(std::uint32_t n) { return next() % n == 0; }

private:
    std::uint64_t state_;
};

class Digest {
public:
    template <class T>
    void put(T value) {
        auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
        for (unsigned i = 0; i < sizeof(T); ++i, bits >>= 8) value_ = (value_ ^ (bits & 0xff)) * 0x100000001b3u;
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

void put(Digest& d, const Outputs& out, const interlock_state& state) {
    const Actuators& a = out.actuators;
    d.put(a.sequence), d.put(a.close_contactor), d.put(a.supply_on), d.put(a.discharge), d.put(a.lock), d.put(a.three_phase),
        d.put(a.reset_watchdog);
    d.put(a.spent), d.put(static_cast<std::uint8_t>(a.drive)), d.put(a.duty_permille), d.put(a.voltage.value),
        d.put(a.current.value);
    const Report& r = out.report;
    d.put(static_cast<std::uint8_t>(r.stage)), d.put(static_cast<std::uint8_t>(r.pilot)), d.put(r.plugged), d.put(r.energy_ready),
        d.put(r.locked);
    d.put(r.consent), d.put(r.insulation_warning), d.put(static_cast<std::uint8_t>(r.cable_check)), d.put(r.stop), d.put(r.cause),
        d.put(r.tripped);
    d.put(r.latched), d.put(r.voltage.value), d.put(r.current.value), d.put(r.limit.value),
        d.put(static_cast<std::uint8_t>(r.limit_reason));
    d.put(static_cast<std::uint8_t>(r.wait)), d.put(r.counters.waits_for_pause), d.put(r.counters.waits_for_closings);
    d.put(r.counters.operations), d.put(r.counters.openings_under_load), d.put(r.counters.refused_setpoints),
        d.put(r.counters.clamped_setpoints);
    for (unsigned id = 0; id < PROTECTION_COUNT; ++id) d.put(state.held_us[id]);
    d.put(state.stop_left_us), d.put(state.phase), d.put(state.armed), d.put(state.rested_us), d.put(state.regain_left_us),
        d.put(state.spent);
}

// Hardware that obeys in the next period, with one wrong value now and then.
void sense(Sensors& s, const Actuators& a, bool is_ac, std::int16_t level, Random& random) {
    const std::uint32_t sequence = s.sequence;
    const std::int32_t before = s.supply_voltage.value;
    s = Sensors{};
    s.sequence = sequence + 1;
    s.echo = a.sequence;
    s.proximity = {220};
    s.contactor_closed = a.close_contactor;
    s.locked = a.lock;
    s.pilot_high_mv = a.drive == Drive::fault ? std::int16_t{-12'000} : level;
    s.pilot_low_mv = a.drive == Drive::steady ? level : std::int16_t{-12'000};
    s.current = {a.close_contactor ? a.current.value : 0};
    if (!is_ac) {
        s.supply_voltage = {a.supply_on ? a.voltage.value : a.discharge ? before / 4 : before};
        s.outlet_voltage = {a.close_contactor ? s.supply_voltage.value : 0};
        if (!a.supply_on || a.voltage.value > 410'000) s.current = {0};
    }
    if (!random.once_in(150)) return;
    const auto wild = static_cast<std::int32_t>(random.next() << (random.next() % 8));
    switch (random.next() % 16) {
        case 0: s.emergency_stop = true; break;
        case 1: s.earth_present = false; break;
        case 2: s.locked = false; break;
        case 3: s.current = {wild}; break;
        case 4: s.residual_dc = {wild % 300'000}; break;
        case 5: s.residual_ac = {wild % 300'000}; break;
        case 6: s.insulation = {wild % 100'000}; break;
        case 7: s.outlet_voltage = {wild}; break;
        case 8: s.supply_voltage = {wild}; break;
        case 9: s.plus_temperature = {static_cast<std::int16_t>(wild % 2'000)}; break;
        case 10: s.contactor_closed = !s.contactor_closed; break;
        case 11: s.supply_fault = true; break;
        case 12: s.mains_voltage = {wild % 400'000}; break;
        case 13: s.echo -= 100; break;
        case 14: s.sequence -= 1; break;
        default: s.pilot_high_mv = static_cast<std::int16_t>(wild); break;
    }
}

void want(Command& c, Random& random, unsigned step) {
    c.consent_ms = random.once_in(64) ? 0 : static_cast<std::uint16_t>(200 + random.next() % 800);
    c.acknowledge = random.once_in(40) ? (random.once_in(2) ? UINT32_MAX : random.next()) : 0;
    if (step == 20 || random.once_in(150)) c.demand = random.once_in(3) ? static_cast<Demand>(random.next() % 4) : Demand::energy;
    if (step != 20 && !random.once_in(200)) return;
    c.digital = random.once_in(2);
    c.setpoint = {.voltage = {400'000},
                  .current = {static_cast<std::int32_t>(6'000 + random.next() % 120'000)},
                  .ev_voltage_max = {500'000}};
    if (random.once_in(6)) c.setpoint.current = {static_cast<std::int32_t>(random.next() << 1)};
    if (random.once_in(6)) c.setpoint.ramp_ma_per_s = static_cast<std::int32_t>(random.next() % 500'000);
    if (random.once_in(6)) c.setpoint.phases = static_cast<std::uint8_t>(random.next() % 4);
}

}  // namespace

std::uint64_t run(unsigned number, std::uint32_t& delivering) {
    Random random(number);
    Configuration configuration{.outlet = static_cast<Outlet>(number % 4)};
    const bool is_ac = configuration.outlet == Outlet::ac_socket || configuration.outlet == Outlet::ac_cable;
    if (number % 3 == 0) configuration.discharge_max = {50'000};
    configuration.closings_most = static_cast<std::uint8_t>(1 + number % 4);
    configuration.closing_regained_ms = number % 6 * 700;
    State state;
    Inputs in;
    Outputs out;
    Digest digest;
    std::int64_t us = static_cast<std::int64_t>(random.next()) * 1'000;
    std::int16_t level = 12'000;
    const std::uint32_t latched = number % 5 == 0 ? random.next() & random.next() : number % 7 == 0 ? kUnknownRegister : 0;
    delivering = 0;
    for (unsigned i = 0; i < kSteps; ++i) {
        if (i == 10 || random.once_in(400)) level = random.once_in(4) ? std::int16_t{9'000} : std::int16_t{6'000};
        if (random.once_in(900)) level = 12'000;
        sense(in.sensors, out.actuators, is_ac, level, random);
        in.sensors.charge_enable = level == 6'000;
        in.sensors.latched = latched;
        in.sensors.spent = out.actuators.spent != kUnknownSpent ? out.actuators.spent
                           : number % 5 == 1                    ? kUnknownSpent
                                                                : std::uint8_t{0};
        want(in.command, random, i);
        us += random.once_in(300) ? static_cast<std::int64_t>(random.next() % 200'000) - 20'000
                                  : 9'900 + static_cast<std::int64_t>(random.next() % 200);
        const Step made = step(configuration, state, in, Tick{us});
        state = made.state;
        out = made.outputs;
        if (out.report.stage == Stage::delivering) ++delivering;
        put(digest, out, state.interlock);
    }
    return digest.value();
}

void print(unsigned number, std::uint64_t digest, std::uint32_t delivering, char (&line)[40]) {
    char* at = line;
    const auto text = [&](const char* words) { while (*words) *at++ = *words++; };
    const auto hex = [&](std::uint64_t value, int digits) {
        while (digits-- > 0) *at++ = "0123456789abcdef"[(value >> (4 * digits)) & 15];
    };
    text("run ");
    hex(number, 2);
    text(" ");
    hex(digest, 16);
    text(" ");
    hex(delivering, 4);
    text("\n");
    *at = 0;
}

}  // namespace voltkeep::safety::vectors
