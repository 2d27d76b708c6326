// SPDX-License-Identifier: Apache-2.0
#include "provocations.hpp"

#include <signal.h>

#include <algorithm>
#include <cmath>
#include <format>

#include "cli/door.hpp"

namespace voltkeep::protections {

namespace {

constexpr std::string_view emergency = "IEC 61851-23: the contactors open within 100 ms after the time of the protection";
constexpr std::string_view hardware = "own rule: the hardware's watchdog, 100 ms, and the contactor's own time";

/// Breaks something at full power; the onset is the moment before.
std::function<void(Lane&)> fault(const std::string& words) {
    return [words](Lane& lane) {
        lane.mark();
        lane.plant("fault " + words);
    };
}
/// Breaks something that needs its time to become a hazard: the onset is when the quantity is first above the limit.
std::function<void(Lane&)> fault(const std::string& words, const std::string& onset, bool is_released = false) {
    return [=](Lane& lane) {
        lane.plant("mark " + onset);
        lane.plant("fault " + words);
        if (is_released) lane.plant("release");
    };
}
std::function<void(Lane&)> stands_still(const std::string& service, int milliseconds) {
    return [=](Lane& lane) {
        lane.mark();
        lane.signal(service, SIGSTOP);
        ::usleep(static_cast<useconds_t>(milliseconds) * 1'000);
        lane.signal(service, SIGCONT);
    };
}
std::function<void(Lane&)> dies(int signal) {
    return [=](Lane& lane) {
        lane.mark();
        lane.signal("power", signal);
    };
}

void consent_ends(Lane& lane) {
    lane.mark();
    lane.session("consent 0");
}

void welds(Lane& lane) {
    lane.plant("fault contactor_welded");
    lane.mark();
    lane.want(safety::Demand::none, 0, 0, 460'000);
}

void shorted(Lane& lane) {
    lane.plant("fault cable_short");
    lane.plant("mark contactor 0");
    lane.want(safety::Demand::energy, 397'000, 125'000, 460'000);
}

void bleeder_broken(Lane& lane) {
    lane.plant("fault discharge_broken");
    lane.plant("mark discharge 0");
    lane.want(safety::Demand::cable_check, 397'000, 125'000, 460'000);
}

/// A car whose battery is below what the station can do: the precharge never ends.
void never_precharged(Lane& lane) {
    lane.want(safety::Demand::precharge, 100'000, 2'000, 460'000);
    (void)eventually([&] { return lane.said().stage == static_cast<unsigned>(safety::Stage::precharging); }, 10s);
    lane.mark();
}

}  // namespace

std::vector<Provocation> provocations() {
    using enum Begin;
    return {
        {"setup_timeout", false, "a battery below what the station can do", 11'100,
         "ISO 15118-20 V2G_EVCC_PreCharge_Timer 10 s, and a controlled stop", plugged, never_precharged},
        {"residual_dc_6", true, "6.5 mA of smooth residual current", 10'000, "IEC 62955: 10 s", full_power,
         fault("residual_dc 6500")},
        {"consent_expired", true, "nobody renews the consent", 6'600, "500 ms, and IEC 61851-1: 6 s after X1", full_power,
         consent_ends},
        {"discharge_failed", false, "the bleeder is open", 1'100, "IEC 61851-23 CC: below 60 V within 1 s", plugged,
         bleeder_broken},
        {"short_circuit", false, "50 milliohm between the conductors", 700, "the test's own 500 ms, before any power", plugged,
         shorted},
        {"inrush", false, "40 A more than the supply was told, before energy", 150, emergency, joined, fault("over_current")},
        {"mains", false, "170 V phase to neutral", 1'300, "200 ms, and a controlled stop within 1 s", full_power,
         fault("mains_voltage")},
        {"consent_expired", false, "nobody renews the consent", 1'600, "500 ms, and a controlled stop within 1 s", full_power,
         consent_ends},
        {"contactor_welded", false, "the contactor stays closed at the end", 250,
         "own rule: known 120 ms after the order to open", full_power, welds, false},
        {"inputs_stale", false, "the field bus falls silent", 130, emergency, full_power, fault("frames_stop")},
        {"inputs_stale", false, "the same frame again and again", 130, emergency, full_power, fault("frames_frozen")},
        {"inputs_stale", false, "one bit of each frame flips", 130, emergency, full_power, fault("frames_corrupt")},
        {"bus_late", false, "frames count on, but are of the past", 170, emergency, full_power, fault("echo_frozen")},
        {"emergency_stop", false, "somebody presses the button", 100, emergency, full_power, fault("emergency_stop")},
        {"earth_lost", false, "the protective conductor breaks", 120, emergency, full_power, fault("earth_lost")},
        {"pilot_lost", false, "the pilot goes to state B", 100, emergency, full_power,
         [](Lane& lane) {
             lane.mark();
             lane.plant("pilot b");
         }},
        {"pilot_fault", false, "the pilot is short-circuited to earth", 100, emergency, full_power, fault("pilot_short")},
        {"diode", false, "a resistor instead of the car's diode", 180, emergency, full_power, fault("diode_missing")},
        {"lock_open", false, "the connector unlocks", 100, emergency, full_power, fault("lock_open")},
        {"insulation", false, "20 kOhm between the output and earth", 300, emergency, full_power, fault("insulation")},
        {"over_current", false, "40 A more than the supply was told", 150, emergency, full_power, fault("over_current")},
        {"reverse_current", false, "20 A out of the battery", 150, emergency, full_power, fault("reverse_current")},
        {"over_voltage_ev", false, "the car lets go while the supply is 120 V too high", 400, "IEC 61851-23 CC.6.2: 400 ms",
         full_power, fault("over_voltage", "volts 462", true)},
        {"over_voltage", false, "the car lets go while the supply is 700 V too high", 110, emergency, full_power,
         fault("over_voltage 700", "volts 1012", true)},
        {"sensor_implausible", false, "the sensor behind the contactor shows 60 V more", 200, emergency, full_power,
         fault("voltage_sensor_offset")},
        {"contactor_not_closed", false, "the auxiliary contact says open", 220, emergency, full_power,
         fault("auxiliary_stuck_open")},
        {"supply_fault", false, "the power modules report a fault", 100, emergency, full_power, fault("supply_fault")},
        {"loop_overrun", false, "power stands still for 130 ms", 200, hardware, full_power, stands_still("power", 130)},
        {"watchdog", false, "the orders get lost on their way", 200, hardware, full_power, fault("orders_lost")},
        {"the hardware's watchdog", false, "powerdrv stands still for 150 ms", 200, hardware, full_power,
         stands_still("powerdrv", 150)},
        {"the hardware's watchdog", false, "kill -9 of power", 200, hardware, full_power, dies(SIGKILL)},
        {"the hardware's watchdog", false, "SIGSTOP of power, until the process manager ends it", 200, hardware, full_power,
         dies(SIGSTOP)},
        {"residual_dc_60", true, "61 mA of smooth residual current", 300, "IEC 62955: 0.3 s", full_power,
         fault("residual_dc 61000")},
        {"residual_dc_200", true, "201 mA of smooth residual current", 100, "IEC 62955: 0.1 s", full_power,
         fault("residual_dc 201000")},
        {"residual_ac_30", true, "35 mA of residual current", 300, "IEC 61008-1: 0.3 s", full_power, fault("residual_ac 35000")},
        {"residual_ac_150", true, "160 mA of residual current", 40, "IEC 61008-1: 0.04 s", full_power,
         fault("residual_ac 160000")},
        {"over_current", true, "the car draws 1.7 times its offer", 150, emergency, full_power,
         fault("car_overdraws 170", "amperes 49")},
        {"emergency_stop", true, "somebody presses the button", 100, emergency, full_power, fault("emergency_stop")},
        {"earth_lost", true, "the protective conductor breaks", 120, emergency, full_power, fault("earth_lost")},
        {"lock_open", true, "the connector unlocks", 100, emergency, full_power, fault("lock_open")},
        {"diode", true, "a resistor instead of the car's diode", 180, emergency, full_power, fault("diode_missing")},
        {"pilot_fault", true, "the pilot is short-circuited to earth", 100, emergency, full_power, fault("pilot_short")},
        {"inputs_stale", true, "the field bus falls silent", 130, emergency, full_power, fault("frames_stop")},
        {"contactor_not_closed", true, "the auxiliary contact says open", 220, emergency, full_power,
         fault("auxiliary_stuck_open")},
        {"the hardware's watchdog", true, "kill -9 of power", 200, hardware, full_power, dies(SIGKILL)},
        {"over_temperature", false, "a contact of 1 ohm burns", 1'100, emergency, full_power,
         fault("hot_contact 1000", "celsius 110"), true, true},
    };
}

std::vector<Provocation> long_provocations() {
    return {{"over_current_long", true, "the car draws 1.2 times its offer", 106'100, "IEC 61851-1: 100 s, and 6 s after X1",
             Begin::full_power, fault("car_overdraws 120", "amperes 35")}};
}

Provocation control() {
    return {"emergency_stop", false, "somebody presses the button", 100, emergency, Begin::full_power, fault("emergency_stop")};
}

std::uint8_t id_of(std::string_view protection) {
    for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id)
        if (protection == interlock_protections[id].name) return id;
    return PROTECTION_NONE;
}

Outcome provoke(Lane& lane, const Provocation& p) {
    Outcome outcome;
    outcome.provocation = &p;
    outcome.attempts = 1;
    outcome.began = lane.begin(p.begin);
    if (!outcome.began) {
        outcome.stuck = lane.report();
        return outcome;
    }
    const std::uint8_t id = id_of(p.protection);
    p.provoke(lane);
    const auto is_seen = [&] { return id == PROTECTION_NONE || (lane.said(id).seen >> id & 1u); };
    const auto is_open = [&] {
        const exi::Json truth = lane.truth();
        const std::int64_t opened = cli::number_in(truth, "opened_us"), onset = cli::number_in(truth, "onset_us");
        if (is_true(truth, "contactor") || onset < 0 || opened < onset) return false;
        outcome.took_ms = static_cast<double>(opened - onset) / 1'000;
        return true;
    };
    if (p.can_open) outcome.opened = eventually(is_open, std::chrono::milliseconds(p.limit_ms) + 3s);
    outcome.tripped = eventually(is_seen, p.can_open ? 2s : std::chrono::milliseconds(p.limit_ms) + 8s);
    if (!p.can_open && outcome.tripped) outcome.took_ms = static_cast<double>(lane.said(id).discovered_ms);
    return outcome;
}

std::string Outcome::words() const {
    if (!began) return "it did not come to where this begins: " + stuck;
    if (!tripped) return "power does not name the protection";
    if (provocation->can_open && !opened) return "DOES NOT OPEN";
    return std::format("{} after {:.0f} ms of {}", provocation->can_open ? "open" : "known", took_ms, provocation->limit_ms);
}

std::string table_of(std::vector<Outcome> outcomes) {
    std::ranges::stable_sort(outcomes, {}, [](const Outcome& o) {
        return std::tuple(id_of(o.provocation->protection), o.provocation->protection, o.provocation->is_ac, o.provocation->by);
    });
    std::string text = "| protection | on | provoked by | contactor open after | limit | where the limit is from | verdict |\n"
                       "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const Outcome& o : outcomes) {
        const Provocation& p = *o.provocation;
        const std::string took =
            p.can_open ? std::format("{:.0f} ms", o.took_ms) : std::format("known after {:.0f} ms", o.took_ms);
        text += std::format("| {} | {} | {} | {} | {} ms | {} | {} |\n", p.protection, p.is_ac ? "AC" : "DC", p.by,
                            o.took_ms < 0 ? "" : took, p.limit_ms, p.clause, o.is_good() ? "in time" : "NOT GOOD: " + o.words());
    }
    return text;
}

std::string verdicts_in(const std::string& table) {
    std::string verdicts;
    for (std::size_t at = 0; at < table.size();) {
        const std::size_t end = std::min(table.find('\n', at), table.size());
        const std::string row = table.substr(at, end - at);
        at = end + 1;
        if (!row.starts_with("| ")) continue;
        std::size_t column = 0;
        for (const char c : row) {
            if (c == '|') ++column;
            if (column != 4) verdicts += c;   // the fourth column is measured
        }
        verdicts += '\n';
    }
    return verdicts;
}

}  // namespace voltkeep::protections
