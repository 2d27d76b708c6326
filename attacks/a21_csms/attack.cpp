// SPDX-License-Identifier: Apache-2.0
#include <format>
#include <functional>

#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

constexpr const char* identity = "VK-DEV-0001";
constexpr int evses = 2;   ///< the charge at EVSE 1 has to last; at EVSE 2 the CSMS stops and starts as often as it can

/// One kind of request, sent so often.
struct Flood {
    const char* action;
    int count;
    std::function<std::string(int)> payload;   ///< of the n-th
};

std::string many(const char* item, int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += (i > 0 ? "," : "") + std::string(item);
    return list;
}

/// A profile whose limit is a number that no limit is, and whose periods are more than a profile may have.
std::string profile(int n) {
    constexpr const char* limits[] = {"-1", "-1e9", "1e9", "1e308", "1e-300", "0"};
    const std::string period = std::format(R"({{"startPeriod":0,"limit":{}}})", limits[n % 6]);
    return std::format(
        R"({{"evseId":1,"chargingProfile":{{"id":{},"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Relative",)"
        R"("chargingSchedule":[{{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[{}]}}]}}}})",
        n, many(period.c_str(), n % 50 == 0 ? 5'000 : 3));
}

std::vector<Flood> floods() {
    return {
        {"Reset", 400, [](int n) { return n % 2 ? R"({"type":"Immediate"})" : R"({"type":"OnIdle","evseId":1})"; }},
        {"SetChargingProfile", 400, profile},
        {"GetVariables", 20,
         [](int) {
             return R"({"getVariableData":[)" + many(R"({"component":{"name":"x"},"variable":{"name":"y"}})", 3'000) + "]}";
         }},
        {"RequestStartTransaction", 400,
         [](int n) {
             return std::format(R"({{"evseId":1,"remoteStartId":{},"idToken":{{"idToken":"CARD-{}","type":"ISO14443"}}}})", n, n);
         }},
        {"RequestStopTransaction", 400,
         [](int n) { return std::format(R"({{"transactionId":"{:08x}-0000-4000-8000-000000000000"}})", n); }},
        // The last one leaves the station in service.
        {"ChangeAvailability", 400,
         [](int n) {
             return std::format(R"({{"operationalStatus":"{}","evse":{{"id":1}}}})", n % 2 ? "Operative" : "Inoperative");
         }},
    };
}

/// As fast as the connection takes them; nobody waits for an answer.
Result<> pour(Station& station, const Flood& flood) {
    cli::DoorClient csms = TRY(cli::DoorClient::connect(station.state() + "/run/csms.sock"));
    for (int n = 0; n < flood.count; ++n)
        TRY(csms.ask(std::format(R"(raw {} [2,"{}-{}","{}",{}])", identity, flood.action, n, flood.action, flood.payload(n))));
    return {};
}

/// What the log has of the CSMS's requests: each by its name, or as invalid, or as one of so many that were too many to be named.
struct Told {
    std::int64_t named = 0, invalid = 0, lost = 0;
    [[nodiscard]] std::int64_t all() const { return named + invalid + lost; }
};
Told told(Station& station, std::size_t from) {
    Told told;
    const auto& lines = station.lines();
    for (std::size_t i = from; i < lines.size(); ++i) {
        const Json& l = lines[i];
        if (l.string("source") != "ocpp") continue;
        if (l.string("event") == "message" && l.string("from") == "csms") ++told.named;
        if (l.string("event") == "security" && l.string("security_event") == "InvalidMessages") ++told.invalid;
        if (l.string("event") == "gap") told.lost += number_in(l, "lost");
    }
    return told;
}

double real_in(const Json& object, std::string_view name) {
    const Json* member = object.find(name);
    return member ? std::strtod(std::string(member->scalar()).c_str(), nullptr) : 0;
}

std::string transaction_at(Station& station, int evse) {
    std::string id;
    for (const Json& line : station.lines())
        if (line.string("event") == "transaction" && number_in(line, "evse") == evse) id = line.string("transaction");
    return id;
}

/// Both cars draw what they asked for.
Result<> wait_for_both(Station& station) {
    TRY(station.wait_until_charging());
    for (const Instant deadline = now() + 20s; now() < deadline; station.pause(100ms))
        if (real_in(TRY(station.plant("status", 1)), "amperes") > 110 &&
            real_in(TRY(station.plant("status", 2)), "amperes") > 110)
            return {};
    return station.stuck("the cars do not charge");
}

/// What is true stops, and what may start starts: at EVSE 2, again and again. What its contactor had to do for it.
Result<> stop_and_start(Station& station, Trial& trial) {
    const Json before = TRY(station.plant("status", 2));
    const std::string transaction = transaction_at(station, 2);
    int sent = 0;
    for (const Instant deadline = now() + 5s; now() < deadline; ++sent) {
        TRY(station.csms(
            std::format(R"(raw {} [2,"s{}","RequestStopTransaction",{{"transactionId":"{}"}}])", identity, sent, transaction)));
        TRY(station.csms(std::format(
            R"(raw {} [2,"t{}","RequestStartTransaction",{{"evseId":2,"remoteStartId":{},"idToken":{{"idToken":"VK-DEMO-DRIVER","type":"Central"}}}}])",
            identity, sent, sent)));
        station.pause(10ms);
    }
    const Json after = TRY(station.plant("status", 2));
    const std::int64_t openings = number_in(after, "openings") - number_in(before, "openings"),
                       under_load = number_in(after, "openings_under_load") - number_in(before, "openings_under_load");
    trial.contained.expect(
        openings == 1 && under_load == 0,
        std::format("a contactor opens once for {} stops and starts: {} openings, {} under load", sent, openings, under_load));
    trial.figure("stops and starts", std::format("{} of each in 5 s: the contactor opened {} times, {} of it under load", sent,
                                                 openings, under_load));
    return {};
}

Result<> run(Trial& trial) {
    harness::Options options;
    options.evses = evses;
    const auto station = TRY(Station::start(options));
    TRY(wait_for_both(*station));
    Watch watch = TRY(Watch::begin(*station));
    const std::size_t from = station->lines().size();
    TRY(station->plant("mark", 1));
    const Json before = TRY(station->plant("status", 1));
    double slowest_ms = 0;
    const auto ask = [&] {   // whoever asks session, beside it
        const Instant begun = now();
        const auto answer = station->ask("status");
        slowest_ms = std::max(slowest_ms, static_cast<double>((now() - begun) / 1us) / 1'000);
        trial.contained.expect(answer.has_value(), "session answers others under the flood");
    };
    const std::vector<Flood> all = floods();
    const Instant begun = now();
    for (const Flood& flood : all) {
        TRY(pour(*station, flood));
        ask();
    }
    int sent = 0;
    for (const Flood& flood : all) sent += flood.count;
    for (const Instant deadline = now() + 10s; told(*station, from).all() < sent && now() < deadline; ask())
        station->pause(100ms);
    const Told known = told(*station, from);
    trial.logged.expect(known.named > 0 && known.invalid > 0 && known.all() >= sent,
                        std::format("the log accounts for {} requests: {} by name, {} invalid, {} too many to be named", sent,
                                    known.named, known.invalid, known.lost));
    trial.figure("in the log",
                 std::format("{} by name, {} invalid, {} lost and counted", known.named, known.invalid, known.lost));
    trial.figure(
        "flood",
        std::format("{} requests answered or refused in {:.1f} s, an answer of session to somebody else after at most {:.1f} ms",
                    sent, static_cast<double>((now() - begun) / 1ms) / 1'000, slowest_ms));
    const Json after = TRY(station->plant("status", 1));
    trial.contained.expect(number_in(after, "openings") == number_in(before, "openings") &&
                               real_in(after, "lowest_amperes") > 0.95 * real_in(before, "amperes"),
                           std::format("the current at EVSE 1 is as it was: {:.0f} A, never below {:.0f} A",
                                       real_in(before, "amperes"), real_in(after, "lowest_amperes")));
    TRY(stop_and_start(*station, trial));
    trial.contained.expect(station->is_charging(), "the car at EVSE 1 goes on charging");
    return watch.judge(trial);
}

/// A session that goes out of service at once ends the charge of whoever is there.
Result<> control(Trial& trial) {
    harness::Options options;
    options.changes.programs["session"] = test_program("a21/session");
    const auto station = TRY(Station::start(options));
    TRY(station->wait_until_charging());
    const std::size_t from = station->lines().size();
    TRY(pour(*station, floods().back()));
    const auto ends = [](const Json& line) { return line.string("event") == "transaction" && line.string("step") == "ended"; };
    trial.control.expect(station->wait_for(ends, 8s, from).has_value(),
                         "where availability does not wait for the transaction's end, the flood ends the charge");
    return {};
}

const Registration registration({"A21", run, control});

}  // namespace
}  // namespace voltkeep::attacks
