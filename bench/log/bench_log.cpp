// SPDX-License-Identifier: Apache-2.0
// The audit log beside SQLite (WAL, synchronous=FULL) on the same disk in the same run: durable entries a second with 1, 8 and 64
// writers and how long each waits; then a million entries verified, and one of them proved. Rates are measured in turns, so that
// a disk that is sometimes busy is equally unfair to all. The conduit to `audit` is not in it: `bench ipc` has that.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>

#include "parts.hpp"

namespace {

using namespace bench;
using namespace voltkeep;

constexpr int turns = 4;

struct Rate {
    std::string name;
    int writers;
    Appends (*run)(const std::string& folder, int writers, Duration time);
    Appends seen = {};

    [[nodiscard]] double at(double part) {
        if (seen.times_ns.empty()) return 0;
        const auto nth =
            seen.times_ns.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(seen.times_ns.size() - 1));
        std::ranges::nth_element(seen.times_ns, nth);
        return *nth / 1e3;
    }
};

/// A folder beside the program: /tmp may be in memory, where a sync costs nothing.
class Folder {
public:
    explicit Folder(const std::string& beside) : name_(beside + "/log-XXXXXX") {
        if (::mkdtemp(name_.data()) == nullptr) std::perror("bench_log: a folder"), std::exit(1);
    }
    ~Folder() {
        std::error_code error;
        std::filesystem::remove_all(name_, error);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::string name_;
};

void print_json(std::vector<Rate>& rates, const Million& m, double over_sqlite, double over_grouped) {
    std::string text = R"({"bench":"log","rows":[)";
    for (Rate& r : rates)
        text += std::format(R"({{"name":"{}","per_second":{:.1f},"median_us":{:.1f},"p99_us":{:.1f},"samples":{}}},)", r.name,
                            r.seen.per_second(), r.at(0.5), r.at(0.99), r.seen.times_ns.size());
    text += std::format(R"({{"name":"verify_1m","seconds":{:.3f},"entries":{},"checkpoints":{},"bytes":{}}},)", m.verify_s,
                        m.entries, m.checkpoints, m.bytes);
    if (m.verify_all_s > 0) text += std::format(R"({{"name":"verify_1m --all","seconds":{:.3f}}},)", m.verify_all_s);
    text += std::format(R"({{"name":"proof","bytes":{},"signature_bytes":{},"prove_seconds":{:.3f},"check_us":{:.1f}}}])",
                        m.proof_bytes, m.signature_bytes, m.prove_s, m.check_us);
    std::printf("%s,\"ratios\":{\"append_8_over_sqlite\":%.3f,\"append_8_over_sqlite_grouped\":%.3f}}\n", text.c_str(),
                over_sqlite, over_grouped);
}

void print_table(std::vector<Rate>& rates, const Million& m, double over_sqlite, double over_grouped) {
    std::printf("%-32s %12s %10s %10s %9s\n", "", "entries/s", "median us", "p99 us", "samples");
    for (Rate& r : rates)
        std::printf("%-32s %12.0f %10.0f %10.0f %9zu\n", r.name.c_str(), r.seen.per_second(), r.at(0.5), r.at(0.99),
                    r.seen.times_ns.size());
    std::printf("%llu entries, %llu checkpoints verified in %.2f s", static_cast<unsigned long long>(m.entries),
                static_cast<unsigned long long>(m.checkpoints), m.verify_s);
    if (m.verify_all_s > 0) std::printf(", with every signature in %.2f s", m.verify_all_s);
    std::printf("\na proof: %zu bytes, %zu of them the signature; made in %.2f s, checked in %.0f us\n", m.proof_bytes,
                m.signature_bytes, m.prove_s, m.check_us);
    std::printf(
        "8 writers: %.2f times SQLite's best rate of a transaction an entry; %.2f times SQLite with one transaction for all that "
        "wait\n",
        over_sqlite, over_grouped);
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false, is_long = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (std::strcmp(argv[i], "--long") == 0)
            is_long = true;
        else {
            std::fprintf(stderr, "usage: bench_log [--json] [--long]\n");
            return 2;
        }
    }
    const std::string beside = std::filesystem::canonical("/proc/self/exe").parent_path().string();
    std::vector<Rate> rates{{"log, 1 writer", 1, append_to_log},
                            {"log, 8 writers", 8, append_to_log},
                            {"log, 64 writers", 64, append_to_log},
                            {"sqlite, 1 writer", 1, append_to_sqlite},
                            {"sqlite, 8 writers", 8, append_to_sqlite},
                            {"sqlite, 64 writers", 64, append_to_sqlite},
                            {"sqlite grouped, 8 writers", 8, append_to_sqlite_grouped}};
    for (int turn = 0; turn < turns; ++turn)
        for (Rate& rate : rates) {
            const Folder folder(beside);
            rate.seen.add(rate.run(folder.name(), rate.writers, is_long ? Duration(10s) : Duration(750ms)));
            if (rate.seen.is_good) continue;
            std::fprintf(stderr, "bench_log: %s: an entry was refused\n", rate.name.c_str());
            return 1;
        }
    Million million;
    {
        const Folder folder(beside);
        million = verify_a_million(folder.name(), 1'000'000, is_long);
    }
    if (!million.is_good) {
        std::fprintf(stderr, "bench_log: the million entries are not good\n");
        return 1;
    }
    const double best = std::max({rates[3].seen.per_second(), rates[4].seen.per_second(), rates[5].seen.per_second()});
    const double over_sqlite = rates[1].seen.per_second() / best,
                 over_grouped = rates[1].seen.per_second() / rates[6].seen.per_second();
    as_json ? print_json(rates, million, over_sqlite, over_grouped) : print_table(rates, million, over_sqlite, over_grouped);
    return 0;
}
