// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <map>

#include "cli/commands.hpp"
#include "cli/door.hpp"
#include "cli/layout.hpp"
#include "cli/run/end.hpp"
#include "cli/run/timeline.hpp"

namespace voltkeep::cli {

namespace {

/// Ticks of processor time that a process has used.
std::int64_t cpu_ticks(std::int64_t pid) {
    std::FILE* file = std::fopen(("/proc/" + std::to_string(pid) + "/stat").c_str(), "r");
    if (file == nullptr) return 0;
    long long user = 0, system = 0;
    const int taken = std::fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &system);
    std::fclose(file);
    return taken == 2 ? user + system : 0;
}

struct Before {
    std::int64_t ticks = 0;
    std::int64_t handled = 0;
    Instant at;
};
using History = std::map<std::string, Before>;

std::string line_of(const Json& s, History& history) {
    const std::int64_t pid = number_in(s, "pid");
    const std::string name(s.string("name"));
    const std::int64_t ticks = cpu_ticks(pid), handled = number_in(s, "handled");
    Before& before = history[name];
    const double seconds = before.at.ns == 0 ? 0 : static_cast<double>((now() - before.at).count()) / 1e9;
    char rates[40] = "";
    if (seconds > 0)
        std::snprintf(rates, sizeof rates, "%6.1f %8.1f", 100.0 * static_cast<double>(ticks - before.ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK)) / seconds,
                      static_cast<double>(handled - before.handled) / seconds);
    before = {ticks, handled, now()};
    char line[240];
    std::snprintf(line, sizeof line, "  %-13s %-11s %7lld %8lld %9.1f %9lld %8.1f %15s", name.c_str(), std::string(s.string("life")).c_str(),
                  static_cast<long long>(pid), static_cast<long long>(number_in(s, "restarts")), static_cast<double>(number_in(s, "last_restart_us")) / 1000.0,
                  static_cast<long long>(number_in(s, "beats")), static_cast<double>(pss_kib(pid)) / 1024.0, rates);
    return line;
}

void print_table(const Json& status, History& history) {
    std::printf("station %s%s\n\n  %-13s %-11s %7s %8s %9s %9s %8s %6s %8s\n", std::string(status.string("station")).c_str(),
                status.find("rootless") && status.find("rootless")->scalar() == "true" ? "  (rootless: no real-time schedules, no cgroups)" : "", "service",
                "state", "pid", "restarts", "back ms", "beats", "PSS MiB", "cpu %", "calls/s");
    if (const Json* services = status.find("services"))
        for (const Json& s : services->items()) std::printf("%s\n", line_of(s, history).c_str());
    std::printf("\n");
    const Json* evses = status.find("evses");
    if (evses == nullptr) return;
    for (const Json& e : evses->items()) {
        std::printf("  EVSE %lld  %s, %s", static_cast<long long>(number_in(e, "evse")), std::string(e.string("availability")).c_str(), std::string(e.string("state")).c_str());
        if (!e.string("transaction").empty())
            std::printf("  %s kWh  %s %s  %.1f kW of %.1f kW (%s)  %s", kwh_of(number_in(e, "energy_mwh")).c_str(), money_of(number_in(e, "cost_micro")).c_str(),
                        std::string(e.string("currency")).c_str(), static_cast<double>(number_in(e, "power_w")) / 1000.0,
                        static_cast<double>(number_in(e, "limit_w")) / 1000.0, std::string(e.string("limited_by")).c_str(),
                        std::string(e.string("transaction")).c_str());
        if (!e.string("fault").empty()) std::printf("  FAULT %s", std::string(e.string("fault")).c_str());
        std::printf("\n");
    }
}

}  // namespace

Result<int> status_command(const std::string& state, bool json, bool watch) {
    DoorClient door = TRY(DoorClient::connect(door_of(state)));
    History history;
    for (;;) {
        const Json status = TRY(door.ask("status"));
        if (json) std::printf("%s\n", status.text().c_str());
        else {
            if (watch) std::printf("\033[H\033[J");
            print_table(status, history);
        }
        if (!watch) return 0;
        std::fflush(stdout);
        (void)!kernel::os::wait(door.descriptor(), now() + 1s);   // a second, or the station's end
    }
}

Result<int> ev_command(const std::string& state, const std::string& verb, int evse) {
    DoorClient world = TRY(DoorClient::connect(state + "/run/world.sock"));
    TRY(world.ask(verb + " " + std::to_string(evse)));
    std::printf("EVSE %d: %s\n", evse, verb == "plug" ? "a car arrives" : "the car is told to leave");
    return 0;
}

}  // namespace voltkeep::cli
