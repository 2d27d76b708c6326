// SPDX-License-Identifier: Apache-2.0
#include "cli/run/end.hpp"

#include <fstream>

#include "cli/layout.hpp"

namespace voltkeep::cli {

std::int64_t pss_kib(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("Pss:")) return std::atoll(line.c_str() + 4);
    return 0;
}

void add_end_state(Json& summary, const std::string& state) {
    auto door = DoorClient::connect(door_of(state));
    if (!door) return;
    if (const auto status = door->ask("status")) {
        Json processes = Json::array();
        std::int64_t memory = 0;
        if (const Json* services = status->find("services"))
            for (const Json& service : services->items()) {
                processes.add(Json(service.string("name")));
                memory += pss_kib(number_in(service, "pid"));
            }
        summary.add("processes", processes);
        summary.add("memory_kib", *Json::parse(std::to_string(memory)));
    }
    if (auto head = door->ask("head")) {
        head->remove("ok");
        summary.add("log", *head);
    }
}

}  // namespace voltkeep::cli
