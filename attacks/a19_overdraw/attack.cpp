// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>

#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

constexpr int evses = 3;
/// What the meter of each EVSE says, in per cent of the truth: nothing wrong; half, so that twice the offer looks like the offer;
/// more than there is, but not so much that the meter service finds its register to have jumped within the control's time: that
/// ends a session by itself.
constexpr int meter_says[evses] = {100, 50, 120};
constexpr std::int64_t limit_ms =
    150;  ///< IEC 61851-23, over-current: from the onset to the open contactor, as in docs/generated/protections.md

double amperes(const Json& plant) {
    const Json* value = plant.find("amperes");
    return value ? std::strtod(std::string(value->scalar()).c_str(), nullptr) : 0;
}

/// Every car at its setpoint: two looks that agree. What flows at each EVSE.
Result<std::vector<double>> wait_for_all(Station& station) {
    TRY(station.wait_until_charging());
    std::vector<double> before(evses), present(evses);
    for (const Instant deadline = now() + 30s; now() < deadline;) {
        station.pause(200ms);
        bool is_steady = true;
        for (int evse = 1; evse <= evses; ++evse) {
            const auto i = static_cast<std::size_t>(evse - 1);
            present[i] = amperes(TRY(station.plant("status", evse)));
            is_steady = is_steady && present[i] > 100 && std::abs(present[i] - before[i]) < 0.5;
        }
        if (is_steady) return present;
        before = present;
    }
    return station.stuck("the cars do not all charge");
}

Result<> lie(Station& station) {
    for (int evse = 1; evse <= evses; ++evse)
        if (const int says = meter_says[evse - 1]; says != 100)
            TRY(station.plant("fault meter_lies " + std::to_string(says), evse));
    return {};
}

/// Twice what was offered, everywhere. The plant's onset is when more than the loop may let pass is there.
Result<> overdraw(Station& station, const std::vector<double>& offered) {
    for (int evse = 1; evse <= evses; ++evse) {
        const std::string ampere = std::to_string(std::lround(offered[static_cast<std::size_t>(evse - 1)]));
        TRY(station.plant("mark amperes " + std::to_string(std::lround(offered[static_cast<std::size_t>(evse - 1)] * 1.2)),
                          evse));
        TRY(station.plant("fault over_current " + ampere, evse));
    }
    return {};
}

std::string words(int evse) {
    return "EVSE " + std::to_string(evse) + ", whose meter says " + std::to_string(meter_says[evse - 1]) + " % of the truth";
}

harness::Options cars_at_all() {
    harness::Options options;
    options.evses = evses;
    return options;
}

/// First the meters lie, and nothing but the bill may follow from it; then what flows is twice what was offered, everywhere.
Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(cars_at_all()));
    const std::vector<double> offered = TRY(wait_for_all(*station));
    Watch watch = TRY(Watch::begin(*station));
    watch.charge_may_end();
    const std::size_t from = station->lines().size();
    TRY(lie(*station));
    station->pause(1s);
    const auto is_trip = [](const Json& line) { return line.string("event") == "safety" && line.string("step") == "tripped"; };
    trial.contained.expect(station->count(is_trip, from) == 0, "a meter that lies stops nothing by itself");

    TRY(overdraw(*station, offered));
    station->pause(std::chrono::milliseconds(limit_ms) + 300ms);
    for (int evse = 1; evse <= evses; ++evse) {
        const Json plant = TRY(station->plant("status", evse));
        const std::int64_t opened = number_in(plant, "opened_us"), onset = number_in(plant, "onset_us"),
                           took_ms = (opened - onset) / 1'000;
        const bool is_open = plant.find("contactor")->scalar() == "false" && opened > onset && amperes(plant) < 1;
        trial.contained.expect(is_open && took_ms <= limit_ms, words(evse) + ": open " + std::to_string(took_ms) +
                                                                   " ms after twice the offer flowed, of " +
                                                                   std::to_string(limit_ms));
        const Json* peak = plant.find("peak_amperes");
        trial.figure(words(evse), "offered " + std::to_string(std::lround(offered[static_cast<std::size_t>(evse - 1)])) +
                                      " A, at most " + std::string(peak ? peak->scalar() : "?") + " A, open after " +
                                      std::to_string(took_ms) + " ms of " + std::to_string(limit_ms));
        const auto names_it = [&](const Json& line) {
            return is_trip(line) && number_in(line, "evse") == evse && line.string("protection") == "over_current";
        };
        trial.logged.expect(station->wait_for(names_it, 3s, from).has_value(), words(evse) + ": the log names the over-current");
        const auto ends = [&](const Json& line) {
            return line.string("event") == "transaction" && line.string("step") == "ended" && number_in(line, "evse") == evse;
        };
        trial.contained.expect(station->wait_for(ends, 5s, from).has_value(), words(evse) + ": the transaction has ended");
    }
    return watch.judge(trial);
}

/// A loop that takes the offer for what flows: twice the offer flows until somebody else stops it.
Result<> control(Trial& trial) {
    harness::Options options = cars_at_all();
    options.changes.programs["power"] = test_program("a19/power");
    const auto station = TRY(Station::start(options));
    const std::vector<double> offered = TRY(wait_for_all(*station));
    TRY(lie(*station));
    TRY(overdraw(*station, offered));
    station->pause(std::chrono::milliseconds(10 * limit_ms));
    for (int evse = 1; evse <= evses; ++evse) {
        const double flows = amperes(TRY(station->plant("status", evse)));
        const bool is_overdrawn = flows > 1.8 * offered[static_cast<std::size_t>(evse - 1)];
        if (!is_overdrawn) std::fprintf(stderr, "why EVSE %d stopped:\n%s\n", evse, station->tail(40).c_str());
        trial.control.expect(is_overdrawn, words(evse) + ": without its own sensor's word, " +
                                               std::to_string(std::lround(flows)) + " A still flow after " +
                                               std::to_string(10 * limit_ms) + " ms");
    }
    return {};
}

const Registration registration({"A19", run, control});

}  // namespace
}  // namespace voltkeep::attacks
