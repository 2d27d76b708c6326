// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cmath>
#include <format>

#include "a18_limits/act.hpp"
#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

// The nameplate of this station and what its own sensors may be wrong by.
constexpr double nameplate_amperes = 125, nameplate_watts = 50'000, tolerance = 1.03;
constexpr double steepest = 400;   ///< amperes a second: safety::Configuration::ramp_limit_ma_per_s

double real_in(const Json& object, std::string_view name) {
    const Json* member = object.find(name);
    return member ? std::strtod(std::string(member->scalar()).c_str(), nullptr) : 0;
}

/// What one act did to the hardware, looked at as often as the plant answers.
struct Seen {
    double lowest = 1e9, highest = 0, watts = 0, slope = 0;   ///< A, A, W, A/s
    std::int64_t openings = 0, under_load = 0;
    std::int64_t sent = 0;
};

Result<Seen> act(Station& station, Tyranny act) {
    const std::size_t from = station.lines().size();
    const Json before = TRY(station.plant());
    const ServiceState session = TRY(station.service("session"));
    if (::sigqueue(session.pid, SIGUSR1, {.sival_int = static_cast<int>(act)}) != 0) return fail_errno("sigqueue");
    Seen seen;
    const auto is_told = [](const Json& l) {
        return l.string("event") == "output" && l.string("source") == "session" && l.string("text").starts_with("tyrant ");
    };
    struct Look {
        double at_s, amperes;
    };
    std::vector<Look> looks;
    for (const Instant deadline = now() + 9s; now() < deadline; station.pause(4ms)) {
        const Json plant = TRY(station.plant());
        const double amperes = real_in(plant, "amperes");
        seen.lowest = std::min(seen.lowest, amperes);
        seen.highest = std::max(seen.highest, amperes);
        seen.watts = std::max(seen.watts, amperes * real_in(plant, "volts"));
        looks.push_back({real_in(plant, "time_us") / 1e6, amperes});
        while (looks.size() > 2 && looks.back().at_s - looks[1].at_s > 0.1)
            looks.erase(looks.begin());  // over a tenth of a second
        if (looks.back().at_s - looks.front().at_s > 0.08)
            seen.slope = std::max(
                seen.slope, std::abs(looks.back().amperes - looks.front().amperes) / (looks.back().at_s - looks.front().at_s));
        if (station.count(is_told, from) > 0) break;
    }
    const auto told = station.wait_for(is_told, 1s, from);
    if (!told) return station.stuck("the tyrant did not say that it was done");
    seen.sent = number_in(Json::parse(told->string("text").substr(7)).value_or(Json::object()), "sent");
    const Json after = TRY(station.plant());
    seen.openings = number_in(after, "openings") - number_in(before, "openings");
    seen.under_load = number_in(after, "openings_under_load") - number_in(before, "openings_under_load");
    return seen;
}

harness::Options owned() {
    harness::Options options;
    options.changes.programs["session"] = test_program("a18/session");
    return options;
}

/// The car at its setpoint: two looks that agree.
Result<double> steady(Station& station) {
    TRY(station.wait_until_charging());
    double before = 0;
    for (const Instant deadline = now() + 15s; now() < deadline; station.pause(100ms)) {
        const double present = real_in(TRY(station.plant()), "amperes");
        if (present > 100 && std::abs(present - before) < 0.3) return present;
        before = present;
    }
    return station.stuck("the car does not get its current");
}

std::string words(const Seen& seen) {
    return std::format("{} messages; {:.0f} to {:.0f} A, at most {:.1f} kW, {:.0f} A/s; {} openings, {} under load", seen.sent,
                       seen.lowest, seen.highest, seen.watts / 1000, seen.slope, seen.openings, seen.under_load);
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(owned()));
    const double before = TRY(steady(*station));
    Watch watch = TRY(Watch::begin(*station));
    watch.charge_may_end();
    const auto stays_within = [&](const Seen& seen, const std::string& what) {
        trial.contained.expect(seen.highest <= nameplate_amperes * tolerance && seen.watts <= nameplate_watts * tolerance,
                               what + ": never above the nameplate: " + words(seen));
        trial.contained.expect(seen.under_load == 0, what + ": no opening under load: " + words(seen));
        trial.figure(what, words(seen));
    };
    for (const auto& [tyranny, what] :
         {std::pair(Tyranny::reversed, "current out of the car"), std::pair(Tyranny::enormous, "absurd values")}) {
        const Seen seen = TRY(act(*station, tyranny));
        stays_within(seen, what);
        trial.contained.expect(seen.lowest > 0.95 * before && seen.openings == 0,
                               std::string(what) + " change nothing: " + words(seen));
    }
    stays_within(TRY(act(*station, Tyranny::doubled)), "twice the nameplate");
    const Seen swinging = TRY(act(*station, Tyranny::swinging));
    stays_within(swinging, "swinging");
    trial.contained.expect(swinging.slope <= steepest * 1.1 && swinging.openings == 0,
                           "swinging follows the ramp: " + words(swinging));
    const Seen switching = TRY(act(*station, Tyranny::switching));
    stays_within(switching, "switching");
    trial.contained.expect(switching.openings > 0, "switching was tried: " + words(switching));
    const auto is_refusal = [](const Json& l) {
        return l.string("event") == "service" && l.string("service") == "power@1" && l.string("occasion") == "fault" &&
               number_in(l, "code") == static_cast<int>(Errc::bad_argument);
    };
    trial.logged.expect(station->wait_for(is_refusal, 3s).has_value(), "the log says that power@1 refused setpoints");
    return watch.judge(trial);
}

/// A safety loop that takes what it is told: twice the nameplate flows.
Result<> control(Trial& trial) {
    harness::Options options = owned();
    options.changes.programs["power"] = test_program("a18/power");
    const auto station = TRY(Station::start(options));
    TRY(steady(*station));
    const Seen seen = TRY(act(*station, Tyranny::doubled));
    trial.control.expect(seen.highest > 1.5 * nameplate_amperes && seen.watts > 1.5 * nameplate_watts,
                         "without the loop's own limits more than the nameplate flows: " + words(seen));
    trial.figure("without the loop's own limits", words(seen));
    return {};
}

const Registration registration({"A18", run, control});

}  // namespace
}  // namespace voltkeep::attacks
