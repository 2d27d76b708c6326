// SPDX-License-Identifier: Apache-2.0
// Mutual handshakes of the station with its CSMS: how long one takes both ends together on one core, and how many octets cross,
// for each key exchange and each place where the station's key can be. `ratios`: handshakes a second with the key in crypto over
// those with the key in the process itself; the aims are 0.9 (hybrid-1024) and 0.7 (hybrid-768).
#include <stdlib.h>
#include <sys/mman.h>

#include <cstring>
#include <filesystem>
#include <format>

#include "base/clock.hpp"
#include "handshakes.hpp"
#include "keepers.hpp"
#include "pki/development.hpp"
#include "rows.hpp"

namespace {

using namespace voltkeep;

constexpr std::size_t most_samples = 2000;

/// What a child process has measured: shared memory.
struct Measured {
    std::uint32_t times_ns[std::size(bench::exchanges)][2][most_samples];
    std::uint64_t octets[std::size(bench::exchanges)];
};

/// Turns of both, one after the other: what else this machine does meets both alike.
bool measure(Measured& measured, std::size_t samples, const std::string& local, const std::string& remote,
             const tls::RemoteKeys& keys) {
    for (std::size_t e = 0; e < std::size(bench::exchanges); ++e) {
        auto here = bench::Handshakes::make(local, bench::exchanges[e], nullptr),
             there = bench::Handshakes::make(remote, bench::exchanges[e], &keys);
        if (!here || !there) return false;
        for (std::size_t i = 0; i < 10 + samples; ++i)   // the first ten are not counted
            for (auto* const side : {&*here, &*there}) {
                const auto time = side->one();
                if (!time) return std::fprintf(stderr, "bench_tls: %s\n", std::string(time.error().what.view()).c_str()), false;
                if (i >= 10) measured.times_ns[e][side == &*there][i - 10] = *time;
            }
        measured.octets[e] = there->octets();
    }
    return true;
}

bench::Row row_of(const bench::Exchange& exchange, const char* place, const std::uint32_t* times, std::size_t samples,
                  std::uint64_t octets) {
    bench::Row row{std::format("{}, key in {}", exchange.name, place), {times, times + samples}, {}};
    row.more = {{"handshakes_per_s", 1e6 / row.at(0.5)}, {"bytes", static_cast<double>(octets)}};
    return row;
}

int run(bool as_json, std::size_t samples, const std::string& folder) {
    const std::string local = folder + "/local";
    std::filesystem::create_directories(local);
    if (!pki::make_development({.directory = local}, wall_now())) return 1;
    std::vector<bench::Row> rows;
    std::vector<std::pair<std::string, double>> ratios;
    for (const auto place : {bench::Place::crypto, bench::Place::tpm}) {
        const bool is_tpm = place == bench::Place::tpm;
        const std::size_t count = is_tpm ? samples / 4 : samples;
        auto* const measured =
            static_cast<Measured*>(::mmap(nullptr, sizeof(Measured), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        if (measured == MAP_FAILED) return 1;
        const std::string own = folder + (is_tpm ? "/tpm" : "/crypto");
        std::filesystem::create_directories(own);
        const bool is_measured = bench::with_keeper(place, own, [&](const tls::RemoteKeys& keys, const std::string& pki) {
            return measure(*measured, count, local, pki, keys);
        });
        if (!is_measured) return 1;
        for (std::size_t e = 0; e < std::size(bench::exchanges); ++e) {
            const auto& exchange = bench::exchanges[e];
            bench::Row here = row_of(exchange, "process", measured->times_ns[e][0], count, measured->octets[e]);
            bench::Row there =
                row_of(exchange, is_tpm ? "TPM (swtpm)" : "crypto", measured->times_ns[e][1], count, measured->octets[e]);
            const std::string bits =
                std::strchr(exchange.name, '-') != nullptr ? std::strchr(exchange.name, '-') + 1 : exchange.name;
            ratios.emplace_back((is_tpm ? "tpm_over_local_" : "crypto_over_local_") + bits, here.at(0.5) / there.at(0.5));
            if (!is_tpm) rows.push_back(std::move(here));
            rows.push_back(std::move(there));
        }
        ::munmap(measured, sizeof(Measured));
    }
    as_json ? bench::print_json("tls", rows, ratios) : bench::print_table(rows, ratios);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false;
    std::size_t samples = 400;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) as_json = true;
        else if (std::strcmp(argv[i], "--long") == 0) samples = most_samples;
        else {
            std::fprintf(stderr, "usage: bench_tls [--json] [--long]\n");
            return 2;
        }
    }
    char folder[] = "/tmp/voltkeep-bench-XXXXXX";
    if (::mkdtemp(folder) == nullptr) return 1;
    const int status = run(as_json, samples, folder);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return status;
}
