// SPDX-License-Identifier: Apache-2.0
// A whole session, measured from outside: start to "available", the charger's turnaround per V2G message, and the memory of all
// of the station's processes together. `ratios`: the sum of the set-up's turnarounds over the aim of 50 ms, the worst over half
// of the charge loop's performance time (250 ms), memory over the aim of 60 MB; below 1 is better than the aim.
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "cli/door.hpp"
#include "cli/run/child.hpp"

namespace {

using namespace voltkeep;
using cli::Json;
using cli::number_in;

struct Measured {
    std::vector<double> available_us;
    std::vector<double> setup_sum_us;
    std::vector<double> memory_kib;
    std::map<std::string, std::vector<double>> turnaround_us;   ///< by message
};

bool is_of_setup(const std::string& message) {
    for (const char* later : {"ChargeLoop", "CableCheck", "PreCharge", "WeldingDetection", "SessionStop"})
        if (message.find(later) != std::string::npos) return false;
    return true;
}

bool run_once(Measured& measured, int port) {
    char folder[] = "/tmp/voltkeep-bench-XXXXXX";
    if (::mkdtemp(folder) == nullptr) return false;
    auto child = cli::Child::start(
        {"voltkeep run",
         {VOLTKEEP_TOOL, "run", "--once", "--json", "--duration", "4", "--state", folder, "--csms-port", std::to_string(port)},
         {},
         {},
         {}});
    if (!child) return false;
    double sum = 0;
    bool ok = false;
    while (child->lines() >= 0 && kernel::os::wait(child->lines(), now() + 120s).value_or(false))
        for (const std::string& text : child->take_lines()) {
            const auto line = Json::parse(text);
            if (!line) continue;
            const std::string message(line->string("message"));
            if (line->string("source").starts_with("iso15118") && line->find("turnaround_us") != nullptr) {
                const auto turnaround = static_cast<double>(number_in(*line, "turnaround_us"));
                measured.turnaround_us[message].push_back(turnaround);
                if (is_of_setup(message)) sum += turnaround;
            }
            if (line->string("event") != "summary") continue;
            ok = line->find("ok")->scalar() == "true";
            measured.available_us.push_back(1000.0 * static_cast<double>(number_in(*line, "available_ms")));
            measured.memory_kib.push_back(static_cast<double>(number_in(*line, "memory_kib")));
        }
    measured.setup_sum_us.push_back(sum);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return child->status() == 0 && ok;
}

double at(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace

int main(int argc, char** argv) {
    bool json = false;
    int runs = 3;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--json") json = true;
        else if (std::string_view(argv[i]) == "--runs" && i + 1 < argc) runs = std::clamp(std::atoi(argv[++i]), 1, 100);
        else {
            std::fprintf(stderr, "bench_run [--json] [--runs N]\n");
            return 2;
        }
    }
    Measured measured;
    for (int i = 0; i < runs; ++i)
        if (!run_once(measured, 19'500 + i)) {
            std::fprintf(stderr, "bench run: a session was not as it should be\n");
            return 1;
        }
    std::vector<std::pair<std::string, std::vector<double>>> rows{{"start to available", measured.available_us},
                                                                  {"set-up, sum of turnarounds", measured.setup_sum_us}};
    double worst = 0;
    for (const auto& [message, times] : measured.turnaround_us) {
        rows.emplace_back(message, times);
        worst = std::max(worst, at(times, 1));
    }
    const double memory = at(measured.memory_kib, 0.5), setup = at(measured.setup_sum_us, 0.5);
    if (!json) {
        for (const auto& [name, times] : rows)
            std::printf("%-32s median %10.0f us   p99 %10.0f us\n", name.c_str(), at(times, 0.5), at(times, 0.99));
        std::printf("memory of the station's processes (PSS): %.1f MiB\n", memory / 1024);
        return 0;
    }
    std::printf("{\"bench\":\"run\",\"rows\":[");
    for (const auto& [name, times] : rows)
        std::printf("%s{\"name\":\"%s\",\"median_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f}",
                    &name == &rows.front().first ? "" : ",", name.c_str(), at(times, 0.5), at(times, 0.99), at(times, 0.999));
    std::printf(
        "],\"memory_kib\":%.0f,\"ratios\":{\"setup_over_aim\":%.3f,\"worst_over_half_loop_time\":%.3f,\"memory_over_aim\":%.3f}}"
        "\n",
        memory, setup / 50'000, worst / 125'000, memory * 1.024 / 60'000);
    return 0;
}
