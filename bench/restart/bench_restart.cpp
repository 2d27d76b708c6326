// SPDX-License-Identifier: Apache-2.0
// From the death of a server to its answer to a client: a fully contained echo service under the real process manager, ended in
// three ways, with root and without. The client asks as soon as the runtime tells it that the server is back.
#include <cstring>

#include "kernel/procmgr/test/station.hpp"
#include "rows.hpp"

namespace {

using namespace voltkeep;
using namespace voltkeep::kernel;

constexpr int times_a_station = 25;   // the process manager does not heal more than 32 deaths of a service in one period

/// Ends the server of one station so often in this way. False if it did not come back, or the machine cannot contain services.
bool measure_station(const std::string& how, bool is_rootless, std::vector<std::uint32_t>& took) {
    procmgr::test::Station station;
    station.add("back", 60).restart = {
        .intensity = 30, .period_s = 60, .backoff_ms = {0}, .exhausted = policy::Exhausted::give_up};
    station.add("front", 50);
    station.connect(1, 0);
    station.start(is_rootless ? std::vector<std::string>{"--rootless"} : std::vector<std::string>{});
    if (station.meet("back").empty() || station.meet("front").empty()) return false;
    for (int i = 1; i <= times_a_station; ++i) {
        const std::string life = station.life("back", "ready");
        if (station.tell("front", "await") != "done") return false;
        const Instant begun = now();
        if (how == "kill") station.kill_process(life);
        else (void)os::send(station.commands.at("back").get(), as_bytes(how));
        if (!station.hear("front").starts_with("answer " + std::to_string(i))) return false;
        took.push_back(static_cast<std::uint32_t>((now() - begun).count()));
        (void)station.meet("back");
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false;
    int stations = 4;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) as_json = true;
        else if (std::strcmp(argv[i], "--long") == 0) stations = 40;
        else {
            std::fprintf(stderr, "usage: bench_restart [--json] [--long]\n");
            return 2;
        }
    }
    std::vector<bench::Row> rows;
    for (const bool is_rootless : {false, true}) {
        if (!is_rootless && ::geteuid() != 0) continue;
        for (const char* how : {"kill", "abort", "exit 3"}) {
            bench::Row& row = rows.emplace_back(std::string(how) + (is_rootless ? ", rootless" : ", root"));
            bool is_back = true;
            for (int i = 0; i < stations && is_back; ++i) is_back = measure_station(how, is_rootless, row.times_ns);
            if (is_back) continue;
            std::fprintf(stderr, "bench_restart: %s: the server did not come back\n", row.name.c_str());
            return 1;
        }
    }
    as_json ? bench::print_json("restart", rows, {}) : bench::print_table(rows, {});
    return 0;
}
