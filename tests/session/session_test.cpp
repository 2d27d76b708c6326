// SPDX-License-Identifier: Apache-2.0
// One charging session from the plug to the bill, over the real protocols, through isolated processes.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <set>
#include <sstream>

#include "harness/stored.hpp"
#include "harness/tool.hpp"
#include "kernel/config.hpp"
#include "services/flight/replay.hpp"
#include "wire/iso15118/json_lines.hpp"

namespace voltkeep::harness {
namespace {

/// What the CSMS has on its disk of one transaction: the sequence numbers, in order.
std::vector<int> stored_sequence(const std::string& folder, std::string_view transaction) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2((folder + "/csms.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_stmt* rows = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, "SELECT sequence FROM events WHERE name = ? ORDER BY sequence", -1, &rows, nullptr),
              SQLITE_OK);
    sqlite3_bind_text(rows, 1, transaction.data(), static_cast<int>(transaction.size()), SQLITE_STATIC);
    std::vector<int> sequence;
    while (sqlite3_step(rows) == SQLITE_ROW) sequence.push_back(sqlite3_column_int(rows, 0));
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return sequence;
}

/// How often the CSMS was told something of which it keeps no more than the words.
int stored_notices(const std::string& folder, std::string_view action) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2((folder + "/csms.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_stmt* rows = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, "SELECT count(*) FROM notices WHERE action = ?", -1, &rows, nullptr), SQLITE_OK);
    sqlite3_bind_text(rows, 1, action.data(), static_cast<int>(action.size()), SQLITE_STATIC);
    const int count = sqlite3_step(rows) == SQLITE_ROW ? sqlite3_column_int(rows, 0) : 0;
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return count;
}

/// Whoever has the meter's public key can tell that what the CSMS got is what was measured, and what it bills.
void expect_signed(const std::string& folder, const Json& visit) {
    const std::string messages = stored_messages(folder, visit.string("transaction"));
    const int evse = static_cast<int>(number_in(visit, "evse"));
    const Said good = verify_readings(folder, messages, evse);
    EXPECT_EQ(good.status, 0) << good.output << messages;
    EXPECT_NE(good.output.find("\"billed_mwh\":" + std::string(visit.find("energy_mwh")->scalar())), std::string::npos)
        << good.output;
    std::string changed = messages;
    const std::size_t at = changed.rfind("signedMeterData\":\"") + 19 + 400;   // inside the payload of the last one
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(verify_readings(folder, changed, evse).status, 1);
}

void expect_whole(const std::string& folder, const Json& visit) {
    const auto sequence = stored_sequence(folder, visit.string("transaction"));
    ASSERT_GE(sequence.size(), 3u);
    for (std::size_t i = 0; i < sequence.size(); ++i) EXPECT_EQ(sequence[i], static_cast<int>(i));
}

/// The bill, the CSMS and the meter agree to the last digit; the meter and the world within the meter's class.
void expect_agreement(const Json& visit) {
    const std::int64_t billed = number_in(visit, "energy_mwh"), delivered = number_in(visit, "delivered_mwh");
    EXPECT_GT(billed, 0) << "something flowed";
    EXPECT_EQ(billed, number_in(visit, "csms_energy_mwh"));
    EXPECT_EQ(billed, number_in(visit, "metered_mwh")) << "nothing flows before the first reading or behind the last";
    EXPECT_LE(std::abs(delivered - billed), delivered / 100 + 10) << "class B, and what is below its starting current";
}

/// The flight recorder has every step of this station; run again they decide the same. With one bit of one input changed they do
/// not.
void expect_replay(const std::string& state) {
    const Said same = say({"replay", "--state", state, "--json"});
    EXPECT_EQ(same.status, 0) << same.output;
    const auto all = Json::parse(same.output);
    ASSERT_TRUE(all) << same.output;
    std::int64_t power = 0, session = 0;
    for (const Json& segment : all->find("segments")->items())
        (segment.string("source") == "power@1" ? power : session) += number_in(segment, "steps");
    EXPECT_GT(power, 500) << "a hundred a second";
    EXPECT_GT(session, 200);

    const std::string path = state + "/state/session/flight/power@1.1", bent = state + "/bent";
    const auto file = kernel::read_file(path, 16u << 20);
    ASSERT_TRUE(file);
    flight::Segment segment = MUST(flight::read(*file));
    const std::size_t changed = segment.steps.size() / 2;
    auto step = MUST(kernel::decode<power::SafetyStep>(segment.steps[changed].bytes));
    step.inputs.sensors.current.value ^= 1;
    std::array<std::byte, kernel::bound<power::SafetyStep>> buffer;
    const Bytes bytes = kernel::encode(step, buffer);
    segment.steps[changed].bytes.assign(bytes.begin(), bytes.end());
    ASSERT_TRUE(kernel::write_file(bent, flight::write(segment)));
    const Said different = say({"replay", bent});
    EXPECT_EQ(different.status, 1) << different.output;
    EXPECT_NE(different.output.find("step " + std::to_string(changed) + " at 20"), std::string::npos) << different.output;
    ASSERT_TRUE(kernel::write_file(bent, Bytes(*file).first(file->size() - 5)));
    const Said cut = say({"replay", bent});
    EXPECT_EQ(cut.status, 1) << cut.output;
    EXPECT_NE(cut.output.find("cut off in the middle of a block"), std::string::npos) << cut.output;
}

const Json& visit_of(const Json& summary) { return summary.find("visits")->items().front(); }

/// The log by a script that shares nothing with us, an entry's proof with the public key alone, and a byte that was changed.
void expect_proofs(const std::string& state) {
    const std::string log = state + "/log", proof = state + "/entry.tlog-proof", key = state + "/pki/audit/public.pem";
    EXPECT_EQ(std::system(("python3 " LOG_CHECK " " + log + " >/dev/null").c_str()), 0) << "the independent script says no";
    EXPECT_EQ(say({"log", "verify", log, "--all"}).status, 0);
    const Said proved = say({"log", "prove", "7", "--state", state});
    EXPECT_EQ(proved.status, 0) << proved.output;
    EXPECT_LT(proved.output.size(), 6000u) << "most of it the signature";
    std::ofstream(proof) << proved.output;
    const Said checked = say({"log", "check", proof, "--key", key});
    EXPECT_EQ(checked.status, 0) << checked.output;
    EXPECT_NE(checked.output.find("entry 7"), std::string::npos) << checked.output;
    std::string other = proved.output;
    const std::size_t index = other.find("index 7");
    ASSERT_NE(index, std::string::npos) << other;
    other.replace(index, 7, "index 8");
    std::ofstream(proof) << other;
    EXPECT_NE(say({"log", "check", proof, "--key", key}).status, 0);

    std::fstream segment(log + "/000000000000.log", std::ios::in | std::ios::out | std::ios::binary);
    segment.seekg(60);
    const char old = static_cast<char>(segment.get());
    const auto put = [&](char c) { segment.seekp(60), segment.put(c), segment.flush(); };
    put(static_cast<char>(old ^ 1));
    const Said changed = say({"log", "verify", log});
    EXPECT_EQ(changed.status, 1);
    EXPECT_NE(changed.output.find("entry 0"), std::string::npos) << changed.output;
    EXPECT_NE(std::system(("python3 " LOG_CHECK " " + log + " >/dev/null 2>&1").c_str()), 0);
    put(old);
}

/// The steps of one visit, in their order, as `log show` tells them of a station that has ended: type, and the step with it.
void expect_steps(const std::string& state) {
    constexpr std::pair<std::string_view, std::string_view> steps[] = {{"boot", ""},
                                                                       {"connection", "opened"},
                                                                       {"session", "csms_accepted"},
                                                                       {"session", "plugged"},
                                                                       {"session", "v2g_session"},
                                                                       {"session", "authorized"},
                                                                       {"transaction", "started"},
                                                                       {"transaction", "updated"},
                                                                       {"session", "v2g_ended"},
                                                                       {"transaction", "ended"},
                                                                       {"service", ""}};
    std::istringstream log(say({"log", "show", "--json", "--state", state}).output);
    std::size_t next = 0;
    for (std::string line; std::getline(log, line) && next < std::size(steps);) {
        const Json entry = Json::parse(line).value_or(Json::object());
        const Json payload = Json::parse(entry.string("payload")).value_or(Json::object());
        const auto& [type, step] = steps[next];
        // The last one: the seal of the orderly stop.
        const bool is_seal = payload.string("occasion") == "seal" && payload.string("cause") == "stop";
        if (entry.string("type") == type && payload.string("step") == step && (type != "service" || is_seal)) ++next;
    }
    ASSERT_EQ(next, std::size(steps)) << "not in the log, in this order: " << steps[next].first << " " << steps[next].second;
}

}  // namespace

TEST(Session, runs_from_the_plug_to_the_bill) {
    const std::string trace = ::testing::TempDir() + "voltkeep-trace-" + std::to_string(::getpid());
    std::filesystem::create_directories(trace);
    ToolStation station({"--once", "--duration", "6", "--trace", trace});
    const auto summary = station.summary();
    ASSERT_TRUE(summary) << station.tail();
    EXPECT_EQ(station.status(), 0);
    EXPECT_EQ(summary->find("ok")->scalar(), "true") << summary->text() << "\n" << station.tail();
    EXPECT_EQ(summary->find("tls")->string("csms"), "SecP384r1MLKEM1024");
    EXPECT_EQ(summary->find("tls")->string("ev"), "SecP384r1MLKEM1024");
    EXPECT_GE(summary->find("processes")->items().size(), 12u);
    expect_agreement(visit_of(*summary));
    expect_whole(station.state(), visit_of(*summary));
    expect_signed(station.state(), visit_of(*summary));

    const Said verified = say({"log", "verify", station.state() + "/log"});
    EXPECT_EQ(verified.status, 0) << verified.output;
    expect_proofs(station.state());
    for (const char* socket : {"operator.sock", "world.sock"})
        EXPECT_FALSE(std::filesystem::exists(station.state() + "/run/" + socket)) << socket;

    for (const Json& line : station.lines())
        EXPECT_NE(line.string("event"), "security") << "nobody did anything wrong: " << line.text();
    expect_replay(station.state());

    // Every frame that crossed the cable decodes and encodes to the same bytes in the other process's codec.
    std::ifstream frames(trace + "/ev1.jsonl");
    int count = 0;
    for (std::string line; std::getline(frames, line); ++count) {
        const Json decoded = *Json::parse(iso15118::decode_json_line(line));
        ASSERT_NE(decoded.find("fields"), nullptr) << decoded.text();
        Json fields = decoded;
        fields.remove("hex");
        EXPECT_EQ(Json::parse(iso15118::encode_json_line(fields.text()))->string("hex"), Json::parse(line)->string("hex"))
            << line;
    }
    EXPECT_GT(count, 40);
    std::filesystem::remove_all(trace);
}

TEST(Session, goes_on_when_the_parsers_of_both_sides_are_killed_in_the_charge_loop) {
    ToolStation station({"--once", "--duration", "8"});
    station.wait_until_charging();
    station.kill("iso15118@1");
    station.wait_for([](const Json& line) {
        return line.string("event") == "restart" && line.string("text").find("iso15118@1") != std::string::npos;
    });
    station.kill("ocpp");
    station.wait_for([](const Json& line) {
        return line.string("event") == "restart" && line.string("text").find("ocpp") != std::string::npos;
    });
    const auto summary = station.summary();
    ASSERT_TRUE(summary) << station.tail();
    const Json& visit = visit_of(*summary);
    EXPECT_EQ(visit.find("ok")->scalar(), "true") << "the car and the CSMS notice nothing\n" << station.tail();
    expect_agreement(visit);
    expect_whole(station.state(), visit);
    std::set<std::string> transactions;
    for (const Json& line : station.lines())
        if (line.string("event") == "transaction") transactions.emplace(line.string("transaction"));
    EXPECT_EQ(transactions.size(), 1u) << "one session, one transaction";
}

/// With a TPM, which signs the handshake with the CSMS and the readings, and seals the log. The visit is followed in it step by
/// step, and the offline tool and a script that shares nothing with it find it good.
TEST(Session, is_whole_for_a_user_who_is_not_root_and_has_no_key_in_a_file) {
    const std::vector<std::string> user{"unshare", "--user", "--map-user=1000", "--map-group=1000"};
    std::vector<std::string> nothing = user;
    nothing.emplace_back("true");
    if (MUST(cli::Child::start({"unshare", nothing, {}, {}, {}})).status() != 0)
        GTEST_SKIP() << "this machine gives no user namespace";
    const std::string config = ::testing::TempDir() + "voltkeep-tpm-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(config) << "[trust]\ntpm = \"emulated\"\n";
    ToolStation station({"--once", "--duration", "2", "--config", config}, user);
    const auto start =
        station.wait_for([](const Json& line) { return line.string("source") == "procmgr" && line.string("event") == "start"; });
    ASSERT_TRUE(start) << station.tail();
    EXPECT_NE(start->string("text").find("rootless: no real-time schedules"), std::string::npos) << start->text();
    const auto summary = station.summary();
    ASSERT_TRUE(summary) << station.tail();
    EXPECT_EQ(station.status(), 0);
    EXPECT_EQ(summary->find("ok")->scalar(), "true") << summary->text() << "\n" << station.tail();
    expect_signed(station.state(), visit_of(*summary));
    expect_steps(station.state());
    const Said verified = say({"log", "verify", "--all", "--json", "--state", station.state()});
    EXPECT_EQ(verified.status, 0) << verified.output;
    EXPECT_NE(verified.output.find("\"seals_checked\":true"), std::string::npos) << verified.output;
    EXPECT_EQ(std::system(("python3 " LOG_CHECK " " + station.state() + "/log >/dev/null").c_str()), 0);
    const std::string copy = station.state() + "/copy";
    const Said exported = say({"log", "export", copy, "--state", station.state()});
    EXPECT_EQ(exported.status, 0) << exported.output;
    EXPECT_EQ(say({"log", "verify", copy + "/log", "--json"}).output,
              say({"log", "verify", "--json", "--state", station.state()}).output);
    const Said stops = say({"log", "show", "--type", "transaction", "--evse", "1", "--state", copy});
    EXPECT_NE(stops.output.find("ended"), std::string::npos) << stops.output;
    EXPECT_EQ(stops.output.find("boot"), std::string::npos) << stops.output;
    for (const char* folder : {"station", "meter@1", "audit"})
        EXPECT_FALSE(std::filesystem::exists(station.state() + "/pki/" + folder + "/key.pem")) << folder;
    std::filesystem::remove(config);
}

TEST(Log, is_started_again_without_a_boot_and_without_an_event_twice) {
    ToolStation station({"--once", "--duration", "6"});
    station.wait_until_charging();
    station.kill("audit");
    ASSERT_TRUE(
        station.wait_for([](const Json& line) { return line.string("event") == "service" && line.string("life") == "resumed"; }));
    ASSERT_TRUE(station.wait_for([](const Json& line) {
        return line.string("source") == "procmgr" && line.string("service") == "audit" && line.string("life") == "dead";
    }));
    ASSERT_TRUE(station.summary());
    int boots = 0;
    std::set<std::string> events;
    for (const Json& line : station.lines()) {
        boots += line.string("event") == "boot" ? 1 : 0;
        if (line.string("source") != "procmgr" || line.find("entry_sequence") == nullptr) continue;
        EXPECT_TRUE(events.insert(std::string(line.find("entry_sequence")->scalar())).second) << line.text();
    }
    EXPECT_EQ(boots, 1);
    station.status();
    EXPECT_EQ(say({"log", "verify", station.state() + "/log"}).status, 0);
}

TEST(Session, two_cars_charge_at_once) {
    ToolStation station({"--once", "--duration", "5", "--evse", "2"});
    const auto summary = station.summary();
    ASSERT_TRUE(summary) << station.tail();
    ASSERT_EQ(summary->find("visits")->items().size(), 2u);
    for (const Json& visit : summary->find("visits")->items()) {
        EXPECT_EQ(visit.find("ok")->scalar(), "true") << station.tail();
        expect_agreement(visit);
    }
}

/// 13 s: a car on direct current, and one without ISO 15118 on alternating current. It is the station that begins anew with
/// that one when its safety loop dies, in the same transaction; its session's death it does not notice.
TEST(Session, charges_a_car_by_the_pilot_alone_beside_one_with_direct_current_through_the_deaths_of_their_processes) {
    const std::string config = ::testing::TempDir() + "voltkeep-mixed-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(config) << "[evse]\ncount = 2\n[evse.2]\nconnector = \"sType2\"\nmax_current = 20000\n";
    ToolStation station({"--once", "--duration", "8", "--config", config});
    const auto openings = [&] {
        const auto status = station.plant("status", 2);
        return status ? number_in(*status, "openings") : -1;
    };
    const auto told = [&](std::string_view event, int evse, std::int64_t after_ms = 0) {
        return station.wait_for([=](const Json& line) {
            return line.string("event") == event && number_in(line, "evse") == evse && number_in(line, "at_ms") > after_ms;
        }, 30s);
    };
    ASSERT_TRUE(told("charging", 1));
    ASSERT_TRUE(told("charging", 2));
    station.pause(300ms);   // a contactor that closes bounces
    const std::int64_t before = openings();
    station.kill("session");
    station.pause(700ms);
    EXPECT_EQ(openings(), before) << "the consent did not expire";
    station.kill("power@2");
    const auto back = told("back", 2);
    ASSERT_TRUE(back);
    EXPECT_GT(openings(), before) << "nobody orders a closed contactor any more";
    EXPECT_TRUE(told("charging", 2, number_in(*back, "at_ms")));
    const auto summary = station.summary();
    station.status();   // its end: until then the CSMS may be writing
    std::filesystem::remove(config);
    ASSERT_TRUE(summary) << station.tail();
    ASSERT_EQ(summary->find("visits")->items().size(), 2u);
    for (const Json& visit : summary->find("visits")->items()) {
        EXPECT_EQ(visit.find("ok")->scalar(), "true") << summary->text() << "\n" << station.tail();
        expect_agreement(visit);
        expect_whole(station.state(), visit);
        expect_signed(station.state(), visit);
    }
    const Json& plain = summary->find("visits")->items().back();
    EXPECT_NE(verify_readings(station.state(), stored_messages(station.state(), plain.string("transaction")), 2)
                  .output.find("VK-AC-100002"),
              std::string::npos);
    std::set<std::string> transactions;
    for (const Json& line : station.lines())
        if (line.string("event") == "transaction") transactions.emplace(line.string("transaction"));
    EXPECT_EQ(transactions.size(), 2u) << "one a car";
    EXPECT_EQ(say({"replay", "--state", station.state()}).status, 0) << "every decision, of both, again";
}

TEST(Session, a_second_start_finds_the_state_of_the_first_and_ctrl_c_leaves_nothing) {
    ToolStation station({"--duration", "3"});
    ASSERT_TRUE(station.wait_for_step("transaction", "started"));
    EXPECT_EQ(say({"run", "--state", station.state()}).status, 2) << "one is running here";
    EXPECT_EQ(say({"status", "--state", station.state()}).status, 0) << "the refused one has taken nothing away";
    ASSERT_TRUE(station.wait_for_step("transaction", "ended"));
    ASSERT_TRUE(
        station.wait_for([](const Json& line) { return line.string("source") == "csms" && line.string("event") == "stored"; }));
    const Said readings = say({"meter", "readings", "--state", station.state()});
    EXPECT_EQ(readings.status, 0) << readings.output;
    const Said verified = verify_readings(station.state(), readings.output);
    EXPECT_EQ(verified.status, 0) << verified.output << readings.output;
    const pid_t audit = station.pid_of("audit");
    station.stop();
    EXPECT_EQ(station.status(), 0);
    EXPECT_NE(::kill(audit, 0), 0) << "a service has outlived its station";
    const auto before = say({"log", "verify", station.state() + "/log", "--json"});
    const std::int64_t entries = number_in(*Json::parse(before.output), "entries");
    const Said newest = say({"log", "show", "--last", "1", "--json", "--state", station.state()});
    EXPECT_EQ(number_in(*Json::parse(newest.output), "index"), entries - 1) << "without a station: " << newest.output;
    // As after an update that changes what is stored: the old store is kept, and the station charges.
    sqlite3* store = nullptr;
    const std::string folder = station.state() + "/state/session";
    ASSERT_EQ(sqlite3_open((folder + "/session.db").c_str(), &store), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(store, "UPDATE evse SET durable = x'00010203040506070809'", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_changes(store), 1);
    sqlite3_close(store);
    station.again({"--once", "--duration", "3"});
    const auto boot = station.wait_for([](const Json& line) { return line.string("event") == "boot"; });
    ASSERT_TRUE(boot);
    EXPECT_EQ(number_in(*boot, "boot"), 2);
    EXPECT_EQ(number_in(*boot, "entries"), entries);
    const auto aside = station.wait_for_step("session", "store_set_aside", 10s);
    ASSERT_TRUE(aside);
    EXPECT_TRUE(std::filesystem::exists(station.state() + "/" + std::string(aside->string("file")))) << aside->text();
    EXPECT_NE(aside->string("why").find("another build"), std::string_view::npos) << aside->text();
    ASSERT_TRUE(station.summary());
    EXPECT_EQ(station.status(), 0);
    EXPECT_EQ(say({"log", "verify", station.state() + "/log"}).status, 0);

    // And when it cannot even be opened nobody is told that the station is available.
    std::filesystem::remove(folder + "/session.db");
    std::filesystem::create_directory(folder + "/session.db");
    station.again({});
    ASSERT_TRUE(station.wait_for([](const Json& line) { return line.string("event") == "out_of_order"; }));
    ASSERT_TRUE(station.wait_for([](const Json& line) {
        return line.string("event") == "message" && line.string("message") == "StatusNotification" &&
               line.string("source") == "ocpp";
    }));
    EXPECT_TRUE(std::ranges::none_of(station.lines(), [](const Json& line) { return line.string("event") == "available"; }))
        << station.tail();
    station.stop();
}

TEST(Session, is_stopped_by_the_csms_and_pays_for_what_flowed) {
    ToolStation station({"--once", "--duration", "60"});
    station.wait_until_charging();
    auto csms = cli::DoorClient::connect(station.state() + "/run/csms.sock");
    ASSERT_TRUE(csms);
    std::string transaction;
    for (const Json& line : station.lines())
        if (line.string("event") == "transaction") transaction = line.string("transaction");
    const auto report = csms->ask(R"(call VK-DEV-0001 GetBaseReport {"requestId":1,"reportBase":"FullInventory"})");
    EXPECT_TRUE(report && report->find("response") != nullptr && report->find("response")->string("status") == "Accepted");
    const auto status = csms->ask("call VK-DEV-0001 GetTransactionStatus {\"transactionId\":\"" + transaction + "\"}");
    ASSERT_TRUE(status && status->find("response") != nullptr);
    EXPECT_EQ(status->find("response")->find("ongoingIndicator")->scalar(), "true");
    const auto answer = csms->ask("stop VK-DEV-0001 " + transaction);
    ASSERT_TRUE(answer && answer->find("response") != nullptr);
    ASSERT_EQ(answer->find("response")->string("status"), "Accepted") << transaction << "\n" << station.tail();
    ASSERT_TRUE(station.wait_for_step("transaction", "ended", 20s));
    const auto summary = station.summary(30s);
    ASSERT_TRUE(summary);
    expect_agreement(visit_of(*summary));
    expect_whole(station.state(), visit_of(*summary));
    EXPECT_GE(stored_notices(station.state(), "NotifyReport"), 2) << "in parts";
}

/// The last reading is one that was asked for, and made, when power was off: although one was in flight at the stop, and others
/// lie in a queue. Who releases the trip has to have looked at it: not before its cause is gone, and not without the log.
TEST(Session, a_trip_is_billed_to_its_last_milliwatt_hour_and_released_by_somebody_who_is_in_the_log) {
    const std::string config = ::testing::TempDir() + "voltkeep-trip-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(config) << "[metering]\nmeter_interval_ms = 500\n";
    ToolStation station({"--duration", "60", "--config", config});
    station.wait_until_charging();
    auto plant = cli::DoorClient::connect(station.state() + "/run/plant/control.sock");
    ASSERT_TRUE(plant);
    const pid_t meter = station.pid_of("meter@1");
    ASSERT_GT(meter, 1);
    ASSERT_EQ(::kill(meter, SIGSTOP), 0);
    station.pause(600ms);   // the next periodic reading is asked for
    ASSERT_TRUE(plant->ask("fault 1 emergency_stop"));
    station.pause(500ms);
    ASSERT_EQ(::kill(meter, SIGCONT), 0);
    const auto ended = station.wait_for_step("transaction", "ended", 20s);
    ASSERT_TRUE(ended);
    EXPECT_EQ(number_in(*ended, "register_mwh"), number_in(*station.plant(), "metered_import_mwh"));
    ASSERT_TRUE(station.wait_for(
        [](const Json& line) { return line.string("source") == "csms" && line.string("event") == "stored"; }, 10s));
    const Said verified = verify_readings(station.state(), stored_messages(station.state(), ended->string("transaction")));
    EXPECT_EQ(verified.status, 0) << verified.output;
    const auto last =
        Json::parse(std::string_view(verified.output).substr(verified.output.rfind('\n', verified.output.size() - 2) + 1));
    ASSERT_TRUE(last) << verified.output;
    EXPECT_EQ(number_in(*last, "billed_mwh"), number_in(*ended, "energy_mwh")) << "from B to E in one record: " << last->text();
    std::filesystem::remove(config);
    const Said shown = say({"trips", "--state", station.state()});
    EXPECT_NE(shown.output.find("EVSE 1: latched: emergency_stop"), std::string::npos) << shown.output;
    const auto acknowledge = [&] {
        return say({"trips", "acknowledge", "1", "nobody", "is", "hurt", "--state", station.state()});
    };
    const Said early = acknowledge();
    EXPECT_EQ(early.status, 1) << early.output;
    EXPECT_NE(early.output.find("still latched, because the cause is there: emergency_stop"), std::string::npos) << early.output;
    ASSERT_TRUE(plant->ask("clear 1"));
    const Said late = acknowledge();
    EXPECT_EQ(late.status, 0) << late.output;
    const auto told = station.wait_for([](const Json& line) { return line.string("step") == "acknowledge_trips"; }, 10s);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->string("reason"), "nobody is hurt") << told->text();
    EXPECT_EQ(told->string("trips"), "emergency_stop") << told->text();
}

//= OCPP 2.1 E07, G03
TEST(Session, ends_by_the_card_that_began_it_and_the_station_goes_out_of_service_when_it_has_ended) {
    ToolStation station({"--duration", "60"});
    station.wait_until_charging();
    auto csms = cli::DoorClient::connect(station.state() + "/run/csms.sock");
    ASSERT_TRUE(csms);
    ASSERT_TRUE(csms->ask(R"(raw VK-DEV-0001 [2,"a","ChangeAvailability",{"operationalStatus":"Inoperative"}])"));
    for (const char* token : {"ANOTHER-CARD", "VK-DEMO-DRIVER"}) {
        const Said presented = say({"evse", "present", "1", token, "Central", "--state", station.state()});
        EXPECT_EQ(presented.status, 0) << presented.output;
    }
    ASSERT_TRUE(station.wait_for_step("transaction", "ended", 20s));
    EXPECT_TRUE(station.wait_for(
        [](const Json& line) { return line.string("step") == "status" && line.string("status") == "Unavailable"; }, 30s));
}

TEST(Meter, that_signs_by_itself_is_passed_on_byte_for_byte) {
    char name[] = "/tmp/voltkeep-config-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string config = std::string(name) + "/station.toml";
    std::ofstream(config) << "[metering]\nkind = \"meter-signed\"\n";
    ToolStation station({"--once", "--duration", "4", "--config", config});
    const auto summary = station.summary();
    std::filesystem::remove_all(name);
    ASSERT_TRUE(summary) << station.tail();
    EXPECT_EQ(station.status(), 0) << station.tail();
    const Json& visit = visit_of(*summary);
    expect_agreement(visit);
    const std::string file = station.state() + "/readings.json";
    std::ofstream(file) << stored_messages(station.state(), visit.string("transaction"));
    const Said good = say({"meter", "verify", file, "--key", station.state() + "/run/plant/evse1-capsule.pub", "--json"});
    EXPECT_EQ(good.status, 0) << good.output;
    EXPECT_NE(good.output.find("\"billed_mwh\":" + std::string(visit.find("energy_mwh")->scalar())), std::string::npos)
        << good.output;
    EXPECT_EQ(say({"meter", "verify", file, "--key", station.state() + "/pki/meter@1/public.pem"}).status, 1)
        << "the station has signed nothing";
}

TEST(Meter, that_is_exchanged_while_it_charges_ends_the_transaction_with_its_last_good_reading) {
    ToolStation station({"--once", "--duration", "60"});
    station.wait_until_charging();
    auto plant = cli::DoorClient::connect(station.state() + "/run/plant/control.sock");
    ASSERT_TRUE(plant);
    ASSERT_TRUE(plant->ask("fault 1 meter_exchanged"));
    ASSERT_TRUE(station.wait_for_step("meter", "exchanged", 10s));
    // Whichever comes first: the next look at the meter, or a reading that is to be signed.
    ASSERT_TRUE(station.wait_for([](const Json& line) {
        return line.string("event") == "session" &&
               (line.string("step") == "meter_exchanged" || line.string("step") == "meter_not_signed");
    }));
    const auto ended = station.wait_for_step("transaction", "ended", 30s);
    ASSERT_TRUE(ended);
    EXPECT_GT(number_in(*ended, "energy_mwh"), 0);
    EXPECT_GE(number_in(*ended, "register_mwh"), 1'000'000) << "of the old meter: the new one begins at nothing";
    const std::string messages = stored_messages(station.state(), ended->string("transaction"));
    EXPECT_EQ(verify_readings(station.state(), messages).status, 0);
    EXPECT_EQ(messages.find("VK-DC-900001"), std::string::npos);
    station.stop();
}

TEST(Garbage, from_the_csms_ends_that_connection_is_logged_and_the_station_goes_on) {
    ToolStation station({"--once", "--duration", "6"});
    station.wait_until_charging();
    auto csms = cli::DoorClient::connect(station.state() + "/run/csms.sock");
    ASSERT_TRUE(csms);
    ASSERT_TRUE(csms->ask("raw VK-DEV-0001 [2,\"x\",{]]"));
    EXPECT_TRUE(station.wait_for([](const Json& line) {
        return line.string("event") == "security" && line.string("security_event") == "InvalidMessages";
    }));
    const auto summary = station.summary();
    ASSERT_TRUE(summary);
    expect_agreement(visit_of(*summary));
    expect_whole(station.state(), visit_of(*summary));
}

}  // namespace voltkeep::harness
