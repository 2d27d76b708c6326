// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "kernel/control.hpp"

namespace voltkeep::attacks {

namespace {

/// The safety loop of EVSE 1, as its own process measures it: each turn from the moment when it was due until it was done.
Result<LoopTimes> loop_of(Station& station) {
    const Json measures = TRY(station.ask("measures"));
    for (const Json& service : measures.find("services")->items()) {
        if (service.string("name") != "power@1") continue;
        for (const Json& m : service.find("messages")->items())
            if (number_in(m, "message") == kernel::control::Measure::timers)
                return LoopTimes{number_in(m, "total"), number_in(m, "late"), number_in(m, "worst_us")};
    }
    return fail(Errc::not_found, "the power loop says nothing of its turns");
}

}  // namespace

std::string test_program(std::string_view name) { return harness::build_folder() + "/attacks/" + std::string(name); }

Result<Watch> Watch::begin(Station& station, std::vector<std::string> may_die) {
    Watch watch(station);
    watch.may_die_ = std::move(may_die);
    watch.before_ = TRY(station.services());
    watch.first_line_ = station.lines().size();
    watch.loop_before_ = TRY(loop_of(station));
    watch.stolen_before_ms_ = stolen_ms();
    // A second of the loop is never passed over.
    station.each(700ms, [&station, worst = watch.worst_us_] {
        if (const auto loop = loop_of(station)) *worst = std::max(*worst, loop->worst_us);
    });
    return watch;
}

/// The loop says its measures once a second: what happened until now is in the one after the next.
Result<std::int64_t> Watch::missed() {
    const LoopTimes at_end = TRY(loop_of(*station_));
    LoopTimes last = at_end;
    for (const Instant deadline = now() + 5s; now() < deadline && last.turns < at_end.turns + 150;) {
        station_->pause(200ms);
        last = TRY(loop_of(*station_));
    }
    return last.missed - loop_before_.missed;
}

Result<> Watch::judge(Trial& trial) {
    const Services after = TRY(station_->services());
    for (const auto& [name, was] : before_) {
        if (std::ranges::find(may_die_, name) != may_die_.end()) continue;
        const auto is = after.find(name);
        trial.contained.expect(is != after.end() && is->second.pid == was.pid && is->second.restarts == was.restarts &&
                                   (is->second.beats > was.beats || was.beats == 0 /* a foreign program has none */),
                               name + " lives and was not started again");
    }
    const std::int64_t missed_turns = TRY(missed());
    const LoopTimes loop = TRY(loop_of(*station_));
    const std::int64_t turns = loop.turns - loop_before_.turns;
    trial.on_time.expect(turns > 50 && missed_turns == 0,
                         "every turn of the power loop within its period: " + std::to_string(missed_turns) + " of " +
                             std::to_string(turns) + " missed");
    trial.figure("power loop", std::to_string(turns) + " turns, " + std::to_string(missed_turns) + " missed, p99.99 " +
                                   milliseconds(static_cast<double>(std::max(*worst_us_, loop.worst_us))) +
                                   " (the slowest one) of 10 ms; " + std::to_string(stolen_ms() - stolen_before_ms_) +
                                   " ms of processor time were stolen from this machine meanwhile");
    const auto is_of_loop = [](const Json& line) { return line.string("service").starts_with("power"); };
    const auto late = [&](const Json& line) {
        return line.string("event") == "service" && line.string("occasion") == "late" && is_of_loop(line);
    };
    trial.on_time.expect(station_->count(late, first_line_) == 0, "power and its driver miss no beat");
    if (charge_may_end_) return {};
    const auto trip = [](const Json& line) { return line.string("event") == "safety"; };
    trial.on_time.expect(station_->count(trip, first_line_) == 0, "no protection trips");
    const Json hardware = TRY(station_->plant());
    trial.on_time.expect(hardware.find("watchdog") != nullptr && hardware.find("watchdog")->scalar() == "false",
                         "the hardware's watchdog has not tripped");
    return {};
}

std::int64_t stolen_ms() {
    std::ifstream file("/proc/stat");
    std::string word;
    std::int64_t ticks = 0;
    file >> word;
    for (int field = 0; field < 8; ++field) file >> ticks;   // user nice system idle iowait irq softirq steal
    return file ? ticks * 1000 / ::sysconf(_SC_CLK_TCK) : 0;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::string milliseconds(double us) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ms", us / 1000);
    return text;
}

}  // namespace voltkeep::attacks
