// SPDX-License-Identifier: Apache-2.0
// How long a call to another process takes: the message layer beside a bare socket, sd-bus without a broker and JSON over MQTT;
// on an idle machine and beside two processes that want all of it; with and without FIFO; on one core and on any.
// `--long` gives each row a minute instead of a fraction of a second. What is compared is measured in turns, so that a
// machine that is sometimes busy is equally unfair to all.
#include <cstdlib>
#include <cstring>
#include <map>

#include "rows.hpp"
#include "transports.hpp"

namespace {

using namespace bench;
using namespace voltkeep;

struct Transport {
    const char* name;
    bool (*run)(const Setting&, Samples&);
};
constexpr Transport transports[]{
    {"typed", run_typed}, {"raw seqpacket", run_raw}, {"sd-bus", run_sdbus}, {"mosquitto JSON", run_mosquitto}};

struct Scene {
    const char* name;
    Placement placement;
    bool has_hogs;
    bool has_all_sizes;
};
constexpr Scene scenes[]{
    {"one core", {true, false}, false, true},
    {"any core", {false, false}, false, true},
    {"one core, FIFO", {true, true}, false, false},
    {"one core, hogs", {true, false}, true, false},
    {"any core, hogs", {false, false}, true, false},
    {"one core, hogs, FIFO", {true, true}, true, false},
    {"any core, hogs, FIFO", {false, true}, true, false},
};

int hog() {
    for (;;) asm volatile("");   // work that cannot be optimized away
}

/// All transports in one scene and size, in turns. False if one could not be measured.
bool measure(const Scene& scene, std::size_t size, Duration time, std::vector<Row>& rows) {
    constexpr int turns = 4;
    std::vector<Process> hogs;
    if (scene.has_hogs)
        for (int i = 0; i < 2; ++i) hogs.emplace_back(hog);
    const std::size_t first = rows.size();
    for (const Transport& t : transports) rows.push_back({std::format("{} {} B, {}", t.name, size, scene.name), {}});
    for (int turn = 0; turn < turns; ++turn)
        for (std::size_t t = 0; t < std::size(transports); ++t) {
            Samples samples;
            if (!transports[t].run({size, scene.placement, time / turns}, samples)) {
                std::fprintf(stderr, "bench_ipc: %s cannot be measured\n", rows[first + t].name.c_str());
                return false;
            }
            rows[first + t].times_ns.insert(rows[first + t].times_ns.end(), samples.taken().begin(), samples.taken().end());
        }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false, is_long = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--json") as_json = true;
        else if (word == "--long") is_long = true;
        else {
            std::fprintf(stderr, "usage: bench_ipc [--json] [--long]\n");
            return 2;
        }
    }
    const Duration time = is_long ? Duration(60s) : Duration(480ms);
    const bool fifo = has_fifo();
    if (!fifo) std::fprintf(stderr, "bench_ipc: no FIFO for this user: those rows are left out\n");
    std::vector<Row> rows;
    for (const Scene& scene : scenes) {
        if (scene.placement.is_fifo && !fifo) continue;
        for (const std::size_t size : {64u, 512u, 4096u})
            if ((size == 64 || scene.has_all_sizes) && !measure(scene, size, time, rows)) return 1;
    }
    const double typed = rows[0].at(0.5);   // the first scene: one core, idle, 64 bytes
    const std::pair<std::string, double> ratios[]{{"typed_64_over_raw_one_core", typed / rows[1].at(0.5)},
                                                  {"typed_64_over_mosquitto", typed / rows[3].at(0.5)},
                                                  {"typed_64_over_sdbus", typed / rows[2].at(0.5)}};
    as_json ? print_json("ipc", rows, ratios) : print_table(rows, ratios);
    return 0;
}
