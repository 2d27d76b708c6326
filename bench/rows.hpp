// SPDX-License-Identifier: Apache-2.0
// Measured times as rows: their quantiles, as the JSON that tools compare and as the table that people read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <format>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace bench {

struct Row {
    std::string name;
    std::vector<std::uint32_t> times_ns;   ///< sorted by `at`
    std::vector<std::pair<std::string, double>> more{};   ///< of its JSON object, by name

    /// The time in microseconds that this part of all samples does not exceed; 0 without samples.
    [[nodiscard]] double at(double part) {
        if (times_ns.empty()) return 0;
        const auto nth = times_ns.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(times_ns.size() - 1));
        std::ranges::nth_element(times_ns, nth);
        return *nth / 1e3;
    }
};

inline void print_json(const char* bench, std::span<Row> rows, std::span<const std::pair<std::string, double>> ratios) {
    std::string text = std::format(R"({{"bench":"{}","rows":[)", bench);
    for (Row& row : rows) {
        text +=
            std::format(R"({}{{"name":"{}","median_us":{:.2f},"p99_us":{:.2f},"p999_us":{:.2f},"samples":{})",
                        &row == rows.data() ? "" : ",", row.name, row.at(0.5), row.at(0.99), row.at(0.999), row.times_ns.size());
        for (const auto& [name, value] : row.more) text += std::format(R"(,"{}":{:.0f})", name, value);
        text += "}";
    }
    text += R"(],"ratios":{)";
    for (const auto& [name, ratio] : ratios)
        text += std::format(R"({}"{}":{:.3f})", &name == &ratios[0].first ? "" : ",", name, ratio);
    std::printf("%s}}\n", text.c_str());
}

inline void print_table(std::span<Row> rows, std::span<const std::pair<std::string, double>> ratios) {
    std::printf("%-44s %10s %10s %10s %9s\n", "", "median us", "p99 us", "p99.9 us", "samples");
    for (Row& row : rows)
        std::printf("%-44s %10.1f %10.1f %10.1f %9zu\n", row.name.c_str(), row.at(0.5), row.at(0.99), row.at(0.999),
                    row.times_ns.size());
    for (const auto& [name, ratio] : ratios) std::printf("%-44s %10.2f\n", name.c_str(), ratio);
}

}  // namespace bench
