// SPDX-License-Identifier: Apache-2.0
// Time and heap of encoding and decoding three messages of ISO 15118-20: the charge loop, the longest answer of a set-up, a
// signed request. `ratios` compares the medians with libcbv2g 0.3.1 (-O2) on a machine of the same kind: below 1 is faster.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <fstream>
#include <new>

#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/codec.hpp"

namespace {

std::size_t heap_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
    heap_bytes += size;
    if (void* memory = std::malloc(size)) return memory;
    std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace voltkeep;
using namespace voltkeep::iso15118;

constexpr int samples = 4000;
constexpr int warm_up = 400;
constexpr int operations_per_sample = 16;  // a sample must be long against the clock's resolution

struct Row {
    std::string name;
    double median_us, p99_us, p999_us;
    std::size_t message_bytes, object_bytes, heap_bytes;
    double reference_us;
};

/// Microseconds per operation, sorted.
template <class Operation>
std::vector<double> measure(Operation&& operation) {
    std::vector<double> times;
    times.reserve(samples);
    for (int sample = -warm_up; sample < samples; ++sample) {
        auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < operations_per_sample; ++i) operation();
        std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
        if (sample >= 0) times.push_back(spent.count() / operations_per_sample);
    }
    std::ranges::sort(times);
    return times;
}

template <class Operation>
Row row(std::string name, double reference_us, std::size_t message_bytes, std::size_t object_bytes, Operation&& operation) {
    std::size_t before = heap_bytes;
    operation();
    std::size_t heap = heap_bytes - before;
    auto times = measure(operation);
    auto at = [&](double part) { return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))]; };
    return {std::move(name), at(0.5), at(0.99), at(0.999), message_bytes, object_bytes, heap, reference_us};
}

std::vector<std::byte> golden(std::string_view name) {
    std::ifstream in(VECTORS);
    for (std::string line; std::getline(in, line);) {
        auto json = exi::Json::parse(line);
        if (!json || json->string("name") != name) continue;
        std::vector<std::byte> bytes(json->string("hex").size() / 2);
        if (exi::from_hex(json->string("hex"), bytes)) return bytes;
    }
    std::fprintf(stderr, "bench_exi: no vector %s in %s\n", std::string(name).c_str(), VECTORS);
    std::exit(2);
}

template <class T>
void measure_message(std::vector<Row>& rows, std::string_view vector, double encode_reference_us, double decode_reference_us) {
    auto bytes = golden(vector);
    T message = MUST(decode_as<T>(bytes));
    std::vector<std::byte> out(bytes.size() + 64);
    std::size_t written = 0;
    rows.push_back(row(std::format("encode {}", vector), encode_reference_us, bytes.size(), sizeof(T), [&] {
        auto size = encode(message, out);
        written = size.value_or(0);
    }));
    if (written != bytes.size() || !std::ranges::equal(bytes, std::span(out).first(written))) {
        std::fprintf(stderr, "bench_exi: %s does not encode to its bytes\n", std::string(vector).c_str());
        std::exit(1);
    }
    bool is_decoded = true;
    rows.push_back(row(std::format("decode {}", vector), decode_reference_us, bytes.size(), sizeof(T), [&] {
        auto decoded = decode_as<T>(bytes);
        is_decoded = is_decoded && decoded.has_value();
    }));
    if (!is_decoded) std::exit(1);
}

void print_json(const std::vector<Row>& rows) {
    std::string text = R"({"bench":"exi","rows":[)";
    std::string ratios;
    for (const Row& r : rows) {
        text += std::format(
            R"({}{{"name":"{}","median_us":{:.4f},"p99_us":{:.4f},"p999_us":{:.4f},"message_bytes":{},"object_bytes":{},"heap_bytes":{}}})",
            &r == rows.data() ? "" : ",", r.name, r.median_us, r.p99_us, r.p999_us, r.message_bytes, r.object_bytes,
            r.heap_bytes);
        ratios += std::format(R"({}"{} / libcbv2g":{:.3f})", &r == rows.data() ? "" : ",", r.name, r.median_us / r.reference_us);
    }
    std::printf("%s],\"ratios\":{%s}}\n", text.c_str(), ratios.c_str());
}

void print_table(const std::vector<Row>& rows) {
    std::printf("%-52s %9s %9s %9s %8s %8s %8s %10s\n", "", "median us", "p99 us", "p99.9 us", "bytes", "object", "heap",
                "/ libcbv2g");
    for (const Row& r : rows) {
        std::printf("%-52s %9.3f %9.3f %9.3f %8zu %8zu %8zu %10.2f\n", r.name.c_str(), r.median_us, r.p99_us, r.p999_us,
                    r.message_bytes, r.object_bytes, r.heap_bytes, r.median_us / r.reference_us);
    }
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = argc == 2 && std::string_view(argv[1]) == "--json";
    if (argc > 1 && !as_json) {
        std::fprintf(stderr, "usage: bench_exi [--json]\n");
        return 2;
    }
    std::vector<Row> rows;
    measure_message<DC_ChargeLoopReq>(rows, "DC_ChargeLoopReq_BPT_dynamic", 0.77, 1.05);
    measure_message<ScheduleExchangeRes>(rows, "ScheduleExchangeRes_scheduled_absprice", 2.1, 3.1);
    measure_message<AuthorizationReq>(rows, "AuthorizationReq_PnC_signed", 13, 22);
    as_json ? print_json(rows) : print_table(rows);
    return 0;
}
