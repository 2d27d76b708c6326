// SPDX-License-Identifier: Apache-2.0
#include "peers/plant/control.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <vector>

namespace voltkeep::plant {

namespace {

using Words = std::vector<std::string_view>;

Words words_of(std::string_view line) {
    Words words;
    while (words.size() < 8) {
        const std::size_t start = line.find_first_not_of(" \t\r");
        if (start == std::string_view::npos) break;
        line.remove_prefix(start);
        const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

std::optional<std::int32_t> number(std::string_view text) {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string refused(std::string_view why) { return "{\"ok\":false,\"error\":\"" + std::string(why) + "\"}\n"; }
std::string done() { return "{\"ok\":true}\n"; }

Place* place_of(World& world, const Words& words) {
    if (words.size() < 2) return nullptr;
    const auto n = number(words[1]);
    if (!n || *n < 1 || static_cast<std::size_t>(*n) > world.places().size()) return nullptr;
    return world.places()[static_cast<std::size_t>(*n) - 1].get();
}

const char* truth_word(bool value) { return value ? "true" : "false"; }

std::string status_of(Place& place) {
    const Truth t = place.evse.truth();
    const CableFrame cable = place.evse.cable();
    const CarFrame& car = place.evse.car();
    char text[1100];
    std::snprintf(text, sizeof text,
                  "{\"evse\":%u,\"plugged\":%s,\"pilot\":\"%c\",\"car_contactor\":%s,\"contactor\":%s,\"welded\":%s,\"watchdog\":"
                  "%s,\"locked\":%s,"
                  "\"volts\":%.3f,\"amperes\":%.3f,\"peak_amperes\":%.3f,\"lowest_amperes\":%.3f,\"soc_permille\":%d,\"battery_"
                  "volts\":%.3f,\"delivered_mwh\":%lld,"
                  "\"returned_mwh\":%lld,\"session_mwh\":%lld,\"metered_import_mwh\":%lld,\"metered_export_mwh\":%lld,"
                  "\"openings\":%u,\"openings_under_load\":%u,\"opened_us\":%lld,\"onset_us\":%lld,\"time_us\":%lld,\"refused_"
                  "frames\":%llu,\"driver\":%s,\"meter\":%s,\"car\":%s,",
                  place.number, truth_word(car.plugged), car.plugged ? "abcd"[static_cast<int>(car.pilot)] : 'a',
                  truth_word(car.contactor), truth_word(t.contactor), truth_word(t.welded), truth_word(t.watchdog),
                  truth_word(cable.locked), t.volts, t.amperes, t.peak_amperes, t.lowest_amperes,
                  static_cast<int>(cable.state_of_charge.value), static_cast<double>(cable.battery_voltage.value) / 1'000.0,
                  static_cast<long long>(t.delivered_mwh), static_cast<long long>(t.returned_mwh),
                  static_cast<long long>(t.session_mwh), static_cast<long long>(place.evse.import_mwh()),
                  static_cast<long long>(place.evse.export_mwh()), t.openings, t.openings_under_load,
                  static_cast<long long>(t.opened_us), static_cast<long long>(t.onset_us),
                  static_cast<long long>(place.evse.time_us()), static_cast<unsigned long long>(place.refused_frames),
                  truth_word(static_cast<bool>(place.power)), truth_word(static_cast<bool>(place.meter)),
                  truth_word(static_cast<bool>(place.cable) || place.own_car));
    std::string json = text;
    json += "\"faults\":[";
    bool first = true;
    for (std::size_t i = 0; i < kFaults; ++i) {
        if (!place.evse.faults.has(static_cast<Fault>(i))) continue;
        json += (first ? "\"" : ",\"") + std::string(kFaultMenu[i].name) + "\"";
        first = false;
    }
    return json + "]}";
}

std::string status(World& world) {
    std::string json = "{\"ok\":true,\"evse\":[";
    for (const auto& place : world.places()) json += (place->number > 1 ? "," : "") + status_of(*place);
    return json + "]}\n";
}

std::string menu() {
    std::string json = "{\"ok\":true,\"faults\":[";
    for (const FaultEntry& entry : kFaultMenu)
        json += (&entry == &kFaultMenu.front() ? "" : ",") + ("{\"name\":\"" + std::string(entry.name)) + "\",\"usual\":" +
                std::to_string(entry.usual) + ",\"what\":\"" + std::string(entry.what) + "\"}";
    return json + "]}\n";
}

std::string set_fault(Place& place, const Words& words) {
    const auto fault = words.size() > 2 ? fault_named(words[2]) : std::nullopt;
    if (!fault) return refused("no such fault; 'faults' lists them");
    std::optional<std::int32_t> value = kFaultMenu[static_cast<std::size_t>(*fault)].usual;
    if (words.size() > 3 && words[3] == "off") value.reset();
    else if (words.size() > 3 && words[3] != "on" && !(value = number(words[3]))) return refused("expected on, off or a number");
    place.evse.faults.set(*fault, value);
    return done();
}

std::string plug(Place& place, const Words& words) {
    if (place.evse.car().plugged) return refused("a car is plugged already");
    CarFrame car{.plugged = true, .pilot = CarPilot::c};
    if (words.size() > 2) {
        const auto soc = number(words[2]);
        if (!soc || *soc < 0 || *soc > 1'000) return refused("the state of charge is 0 to 1000 permille");
        car.state_of_charge = {static_cast<std::int16_t>(*soc)};
    }
    if (words.size() > 3) {
        const auto draw = number(words[3]);
        if (!draw || *draw < 0 || *draw > 200'000) return refused("the draw is 0 to 200000 mA");
        car.ac_draw = {*draw};
    }
    place.own_car = true;
    place.has_drawn = place.is_released = false;
    place.evse.set_car(car);
    return done();
}

std::string set_pilot(Place& place, const Words& words) {
    if (!place.own_car) return refused("there is no car without electronics; 'plug' brings one");
    const bool known = words.size() > 2 && words[2].size() == 1 && words[2][0] >= 'b' && words[2][0] <= 'd';
    if (!known) return refused("a plugged car shows b, c or d");
    CarFrame car = place.evse.car();
    car.pilot = static_cast<CarPilot>(words[2][0] - 'a');
    place.evse.set_car(car);
    return done();
}

std::string mark(Place& place, const Words& words) {
    if (words.size() == 2) {
        place.evse.mark();
        return done();
    }
    const auto name = std::ranges::find(kQuantities, words[2]);
    const auto limit = words.size() == 4 ? number(words[3]) : std::nullopt;
    if (name == kQuantities.end() || !limit)
        return refused("expected volts, amperes, celsius, contactor or discharge, and a number");
    place.evse.mark(static_cast<Quantity>(name - kQuantities.begin()), *limit);
    return done();
}

std::string unplug(Place& place) {
    place.own_car = false;
    place.cable.reset();
    place.evse.set_car({});
    return done();
}

}  // namespace

std::string answer(World& world, std::string_view line) {
    const Words words = words_of(line);
    if (words.empty()) return refused("empty line");
    if (words[0] == "faults") return menu();
    if (words[0] == "status" && words.size() == 1) return status(world);
    Place* const place = place_of(world, words);
    if (words[0] == "status" && place) return "{\"ok\":true," + status_of(*place).substr(1) + "\n";
    const bool known = words[0] == "status" || words[0] == "fault" || words[0] == "clear" || words[0] == "plug" ||
                       words[0] == "pilot" || words[0] == "unplug" || words[0] == "mark" || words[0] == "release";
    if (!known) return refused("expected status, faults, fault, clear, plug, pilot, unplug, mark or release");
    if (!place) return refused("no such EVSE");
    if (words[0] == "fault") return set_fault(*place, words);
    if (words[0] == "plug") return plug(*place, words);
    if (words[0] == "pilot") return set_pilot(*place, words);
    if (words[0] == "unplug") return unplug(*place);
    if (words[0] == "mark") return mark(*place, words);
    if (words[0] == "release") {
        place->is_released = true;
        return done();
    }
    place->evse.faults.clear();
    return done();
}

}  // namespace voltkeep::plant
