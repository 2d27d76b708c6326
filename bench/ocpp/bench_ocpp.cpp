// SPDX-License-Identifier: Apache-2.0
// Time and allocations of three messages of OCPP 2.1: strict pass, reading and validation together ("parse"), validation and
// writing together ("write"), and, in the same run, nlohmann-json's parse alone, which validates nothing. `ratios` compare the
// medians: below 1 we are faster.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <format>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "wire/ocpp/codec.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace {

using namespace voltkeep;
using namespace voltkeep::ocpp;

constexpr int kSamples = 2000;
constexpr int kWarmUp = 200;
constexpr int kOperations = 8;  // of a sample, which must be long against the clock's resolution

struct Row {
    std::string name;
    double median_us;
    double p99_us;
    double p999_us;
    std::size_t message_bytes;
    std::size_t allocations;
};

template <class Operation>
Row row(std::string name, std::size_t bytes, Operation&& operation) {
    const std::size_t before = allocations;
    operation();
    const std::size_t taken = allocations - before;
    std::vector<double> times;
    for (int sample = -kWarmUp; sample < kSamples; ++sample) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < kOperations; ++i) operation();
        const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
        if (sample >= 0) times.push_back(spent.count() / kOperations);
    }
    std::ranges::sort(times);
    const auto at = [&](double part) { return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))]; };
    return {std::move(name), at(0.5), at(0.99), at(0.999), bytes, taken};
}

void demand(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "bench_ocpp: %s\n", what);
    std::exit(1);
}

template <class T>
void measure(std::vector<Row>& rows, const std::string& name, const T& message) {
    const std::string text = *write(message);
    bool good = true;
    rows.push_back(row("parse " + name, text.size(), [&] { good = parse<T>(text).has_value() && good; }));
    rows.push_back(row("write " + name, text.size(), [&] { good = write(message).has_value() && good; }));
    rows.push_back(row("nlohmann parse " + name, text.size(), [&] { good = nlohmann::json::parse(text).is_object() && good; }));
    demand(good, "a message was refused");
}

BootNotificationRequest boot() {
    BootNotificationRequest request;
    request.reason = BootReasonEnum::PowerUp;
    request.chargingStation = {
        .model = "VK-50", .vendorName = "Voltkeep", .serialNumber = "VK-0000001", .firmwareVersion = "1.0.0"};
    return request;
}

TransactionEventRequest event() {
    TransactionEventRequest request;
    request.eventType = TransactionEventEnum::Updated;
    request.triggerReason = TriggerReasonEnum::MeterValuePeriodic;
    request.timestamp = WallTime{1'785'000'000'000};
    request.seqNo = 17;
    request.transactionInfo.transactionId = "5d2a1a0e-6a5e-4c55-9d0b-0f4c6f2b7a11";
    request.evse = EVSE{.id = 1, .connectorId = 1};
    MeterValue values{.sampledValue = {}, .timestamp = request.timestamp};
    for (int i = 0; i < 20; ++i) {
        SampledValue value;
        value.value = Decimal(123'456 + i, -1);
        value.measurand = i % 2 == 0 ? MeasurandEnum::Energy_Active_Import_Register : MeasurandEnum::Power_Active_Import;
        value.context = ReadingContextEnum::Sample_Periodic;
        value.location = LocationEnum::Outlet;
        demand(values.sampledValue.push(value), "too many values");
    }
    request.meterValue.emplace();
    demand(request.meterValue->push(values), "too many meter values");
    return request;
}

SetChargingProfileRequest profile() {
    SetChargingProfileRequest request;
    request.evseId = 1;
    request.chargingProfile.id = 1;
    request.chargingProfile.chargingProfilePurpose = ChargingProfilePurposeEnum::TxDefaultProfile;
    ChargingSchedule schedule;
    schedule.id = 1;
    schedule.chargingRateUnit = ChargingRateUnitEnum::W;
    for (int i = 0; i < 100; ++i) {
        ChargingSchedulePeriod period;
        period.startPeriod = i * 900;
        period.limit = Decimal(11'000 + i);
        period.numberPhases = 3;
        demand(schedule.chargingSchedulePeriod.push(period), "too many periods");
    }
    demand(request.chargingProfile.chargingSchedule.push(schedule), "too many schedules");
    return request;
}

void print_json(const std::vector<Row>& rows) {
    std::string text = R"({"bench":"ocpp","rows":[)";
    std::string ratios;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& r = rows[i];
        text += std::format(
            R"({}{{"name":"{}","median_us":{:.4f},"p99_us":{:.4f},"p999_us":{:.4f},"message_bytes":{},"allocations":{}}})",
            i == 0 ? "" : ",", r.name, r.median_us, r.p99_us, r.p999_us, r.message_bytes, r.allocations);
        if (i % 3 == 0) {
            ratios += std::format(R"({}"{} / nlohmann":{:.3f})", i == 0 ? "" : ",", r.name, r.median_us / rows[i + 2].median_us);
        }
    }
    std::printf("%s],\"ratios\":{%s}}\n", text.c_str(), ratios.c_str());
}

void print_table(const std::vector<Row>& rows) {
    std::printf("%-46s %10s %10s %10s %8s %12s\n", "", "median us", "p99 us", "p99.9 us", "bytes", "allocations");
    for (const Row& r : rows) {
        std::printf("%-46s %10.3f %10.3f %10.3f %8zu %12zu\n", r.name.c_str(), r.median_us, r.p99_us, r.p999_us, r.message_bytes,
                    r.allocations);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool json = argc == 2 && std::strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        std::fprintf(stderr, "usage: bench_ocpp [--json]\n");
        return 2;
    }
    std::vector<Row> rows;
    measure(rows, "BootNotification", boot());
    measure(rows, "TransactionEvent with 20 values", event());
    measure(rows, "SetChargingProfile of 100 periods", profile());
    json ? print_json(rows) : print_table(rows);
}
