// SPDX-License-Identifier: Apache-2.0
// The CSMS without sockets: a station is a name and what is sent to it.
#include "csms.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "request_path.hpp"
#include "test_folder.hpp"

namespace voltkeep::csms {
namespace {

using ocpp::is_utf8;

constexpr WallTime morning{1'750'000'000'000};
constexpr std::string_view boot =
    R"({"reason":"PowerUp","chargingStation":{"model":"DC50","vendorName":"Voltkeep","serialNumber":"SN-1"}})";

/// A station's end of a connection: what it was sent.
class Station : public Outlet {
public:
    void send(std::string text) override {
        if (before_send) before_send();
        sent.push_back(std::move(text));
    }
    void close() override { is_closed = true; }
    [[nodiscard]] std::string last() const { return sent.empty() ? "" : sent.back(); }

    std::vector<std::string> sent;
    bool is_closed = false;
    std::function<void()> before_send;
};

class CsmsTest : public ::testing::Test {
protected:
    CsmsTest() {
        file = directory + "/db";
        EXPECT_TRUE(store().put_token("VK-DEMO-DRIVER", "Central"));
    }
    ~CsmsTest() override { std::filesystem::remove_all(directory); }

    Store& store() {
        if (!kept) kept.emplace(*Store::open(file));
        return *kept;
    }
    Csms& csms() {
        using Names = std::map<std::string, std::string>;
        if (!center) center.emplace(store(), Names{{"CS1", "SN-1"}}, [this](std::string_view line) { lines.emplace_back(line); });
        return *center;
    }
    void connect(Station& station, const std::string& name = "CS1", const std::string& common_name = "SN-1") {
        ASSERT_TRUE(csms().admit(name, common_name, station));
        csms().opened({name, "SecP384r1MLKEM1024", "TLS_AES_256_GCM_SHA384", "CN=" + common_name});
    }
    /// What the CSMS sends for this call, without the array around it.
    std::string call(Station& station, std::string_view action, std::string_view payload, const std::string& name = "CS1") {
        const std::size_t before = station.sent.size();
        csms().received(name,
                        "[2,\"" + std::to_string(++calls) + "\",\"" + std::string(action) + "\"," + std::string(payload) + "]",
                        time, morning);
        if (station.sent.size() != before + 1) return "not one answer";
        const std::string answer = station.last();
        const std::string begin = "[3,\"" + std::to_string(calls) + "\",";
        return answer.starts_with(begin) ? answer.substr(begin.size(), answer.size() - begin.size() - 1) : answer;
    }
    void boot_up(Station& station) {
        connect(station);
        EXPECT_NE(call(station, "BootNotification", boot).find("Accepted"), std::string::npos);
    }
    static std::string event(std::string_view kind, int sequence, std::string_view more = "",
                             std::string_view trigger = "MeterValuePeriodic") {
        return "{\"eventType\":\"" + std::string(kind) + "\",\"timestamp\":\"2025-06-15T15:06:40Z\",\"triggerReason\":\"" +
               std::string(trigger) + "\",\"seqNo\":" + std::to_string(sequence) +
               ",\"transactionInfo\":{\"transactionId\":\"t1\"}" + std::string(more) + "}";
    }
    static std::string reading(std::string_view value, std::string_view more = "") {
        return ",\"meterValue\":[{\"timestamp\":\"2025-06-15T15:06:40Z\",\"sampledValue\":[{\"value\":" + std::string(value) +
               std::string(more) + "}]}]";
    }
    std::string ask(std::string_view line) {
        std::string answer = "none yet";
        csms().command(line, time, [&answer](std::string text) { answer = std::move(text); });
        return answer;
    }
    [[nodiscard]] bool was_said(std::string_view part) const {
        return std::ranges::any_of(lines, [part](const std::string& line) { return line.contains(part); });
    }
    TransactionRow row(const std::string& station = "CS1") {
        return store().transaction(station, "t1").value_or(TransactionRow{});
    }

    const std::string directory = testing::make_folder();
    std::string file;
    std::optional<Store> kept;
    std::optional<Csms> center;
    std::vector<std::string> lines;
    Instant time{1'000'000'000};
    int calls = 0;
};

// ---- who may come

TEST_F(CsmsTest, a_certificate_speaks_for_its_own_station_alone) {
    Station station;
    EXPECT_EQ(csms().admit("CS1", "SN-2", station).error().code, Errc::refused);
    EXPECT_EQ(csms().admit("CS1", "CS1", station).error().code, Errc::refused);   // another name was provisioned
    EXPECT_EQ(csms().admit("CS2", "SN-1", station).error().code, Errc::refused);
    EXPECT_EQ(csms().admit("CS2", "", station).error().code, Errc::refused);
    EXPECT_TRUE(csms().admit("CS2", "CS2", station));
}

TEST_F(CsmsTest, what_is_no_identity_is_nobody) {
    Station station;
    for (const std::string name : {"", "a:b", "a b", "a/b", "a\nb", "\xc3\xa4"})
        EXPECT_EQ(csms().admit(name, name, station).error().code, Errc::bad_argument) << name;
    EXPECT_EQ(csms().admit(std::string(49, 'a'), std::string(49, 'a'), station).error().code, Errc::bad_argument);
    EXPECT_TRUE(csms().admit(std::string(48, 'a'), std::string(48, 'a'), station));
}

TEST_F(CsmsTest, a_second_connection_of_a_station_waits_for_the_end_of_the_first) {
    Station first, second;
    ASSERT_TRUE(csms().admit("CS1", "SN-1", first));
    EXPECT_EQ(csms().admit("CS1", "SN-1", second).error().code, Errc::busy);   // while the first is being upgraded
    csms().opened({"CS1", "", "", ""});
    EXPECT_EQ(csms().admit("CS1", "SN-1", second).error().code, Errc::busy);
    csms().closed("CS1", "gone", time);
    EXPECT_TRUE(csms().admit("CS1", "SN-1", second));
}

TEST_F(CsmsTest, a_connection_says_with_what_it_is_protected) {
    Station station;
    connect(station);
    EXPECT_TRUE(was_said(
        R"({"event":"connected","station":"CS1","group":"SecP384r1MLKEM1024","cipher":"TLS_AES_256_GCM_SHA384","peer":"CN=SN-1"})"));
    csms().closed("CS1", "gone", time);
    EXPECT_TRUE(was_said(R"({"event":"disconnected","station":"CS1","why":"gone"})"));
}

TEST(RequestPath, the_identity_is_what_follows_the_path) {
    EXPECT_EQ(station_in("/ocpp/CS1", "/ocpp"), "CS1");
    EXPECT_EQ(station_in("/ocpp/CS1", "/ocpp/"), "CS1");
    EXPECT_EQ(station_in("/ocpp/a%2Db%7c", "/ocpp"), "a-b|");
    EXPECT_EQ(station_in("/CS1", "/"), "CS1");
    for (const std::string_view target : {"", "/", "/ocpp", "/ocpp/", "/ocppCS1", "/other/CS1", "/ocpp/a/b", "/ocpp/a?b",
                                          "/ocpp/%", "/ocpp/%4", "/ocpp/%4x", "/ocpp/%-1"})
        EXPECT_EQ(station_in(target, "/ocpp"), "") << target;
}

TEST(RequestPath, a_sub_protocol_is_offered_by_its_whole_name) {
    EXPECT_TRUE(offers("ocpp2.1", "ocpp2.1"));
    EXPECT_TRUE(offers("ocpp2.0.1, ocpp2.1", "ocpp2.1"));
    EXPECT_FALSE(offers("ocpp2.0.1,ocpp2.10", "ocpp2.1"));
    EXPECT_FALSE(offers("", "ocpp2.1"));
}

// ---- introduction

//= OCPP 2.1 B01.FR.10
TEST_F(CsmsTest, nothing_is_taken_before_the_station_has_introduced_itself) {
    Station station;
    connect(station);
    EXPECT_NE(call(station, "Heartbeat", "{}").find("SecurityError"), std::string::npos);
    EXPECT_NE(call(station, "TransactionEvent", event("Started", 0)).find("SecurityError"), std::string::npos);
    EXPECT_TRUE(store().transactions(10)->empty());
    EXPECT_EQ(call(station, "BootNotification", boot),
              R"({"currentTime":"2025-06-15T15:06:40.000Z","interval":60,"status":"Accepted"})");
    EXPECT_EQ(call(station, "Heartbeat", "{}"), R"({"currentTime":"2025-06-15T15:06:40.000Z"})");
    EXPECT_TRUE(was_said(
        R"("event":"boot","station":"CS1","vendor":"Voltkeep","model":"DC50","serial":"SN-1","firmware":"","reason":"PowerUp")"));
}

TEST_F(CsmsTest, a_station_that_was_accepted_stays_so_over_connections_and_lives) {
    Station station, again;
    boot_up(station);
    csms().closed("CS1", "gone", time);
    center.reset();
    kept.reset();
    connect(again);
    EXPECT_EQ(call(again, "Heartbeat", "{}"), R"({"currentTime":"2025-06-15T15:06:40.000Z"})");
}

//= OCPP 2.1 B01.FR.11, B01.FR.12
TEST_F(CsmsTest, a_serial_number_that_is_not_the_certificates_ends_the_connection) {
    Station other, none;
    connect(other);
    EXPECT_NE(call(other, "BootNotification",
                   R"({"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v","serialNumber":"SN-2"}})")
                  .find("SecurityError"),
              std::string::npos);
    EXPECT_TRUE(other.is_closed);
    EXPECT_TRUE(was_said(R"("event":"rejected","station":"CS1")"));
    csms().closed("CS1", "gone", time);
    connect(none);
    EXPECT_NE(call(none, "BootNotification", R"({"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v"}})")
                  .find("SecurityError"),
              std::string::npos);
    EXPECT_TRUE(none.is_closed);
    EXPECT_TRUE(store().stations()->empty());
}

// ---- requests

TEST_F(CsmsTest, a_known_token_may_charge_in_whatever_case_it_is_written) {
    Station station;
    boot_up(station);
    EXPECT_EQ(call(station, "Authorize", R"({"idToken":{"idToken":"vk-demo-DRIVER","type":"Central"}})"),
              R"({"idTokenInfo":{"status":"Accepted"}})");
    EXPECT_EQ(call(station, "Authorize", R"({"idToken":{"idToken":"VK-DEMO-DRIVER","type":"eMAID"}})"),
              R"({"idTokenInfo":{"status":"Invalid"}})");
    EXPECT_EQ(call(station, "Authorize", R"({"idToken":{"idToken":"VK-DEMO-DRIVER'--","type":"Central"}})"),
              R"({"idTokenInfo":{"status":"Invalid"}})");
}

TEST_F(CsmsTest, a_status_is_that_of_the_newest_notification) {
    Station station;
    boot_up(station);
    for (const std::string status : {"Available", "Occupied"})
        EXPECT_EQ(call(station, "StatusNotification",
                       "{\"timestamp\":\"2025-06-15T15:06:40Z\",\"connectorStatus\":\"" + status +
                           "\",\"evseId\":1,\"connectorId\":1}"),
                  "{}");
    EXPECT_NE(
        ask("stations").find(R"("connectors":[{"evse":1,"connector":1,"status":"Occupied","at":"2025-06-15T15:06:40.000Z"}])"),
        std::string::npos);
}

TEST_F(CsmsTest, reports_are_received_and_kept) {
    Station station;
    boot_up(station);
    EXPECT_EQ(call(station, "SecurityEventNotification", R"({"type":"StartupOfTheDevice","timestamp":"2025-06-15T15:06:40Z"})"),
              "{}");
    EXPECT_TRUE(was_said(R"({"event":"notice","station":"CS1","action":"SecurityEventNotification"})"));
    const Database look = *open_database(file);
    Statement kept_notice(look.get(), "SELECT payload FROM notices WHERE station = 'CS1'");
    ASSERT_TRUE(*kept_notice.next());
    EXPECT_TRUE(kept_notice.text(0).contains("StartupOfTheDevice"));
}

TEST_F(CsmsTest, what_it_does_not_do_it_says) {
    Station station;
    boot_up(station);
    EXPECT_NE(call(station, "SignCertificate", R"({"csr":"x"})").find("\"NotSupported\""), std::string::npos);
    EXPECT_NE(call(station, "RequestStopTransaction", R"({"transactionId":"t1"})").find("\"NotSupported\""), std::string::npos);
    EXPECT_NE(call(station, "Unheard", "{}").find("\"NotImplemented\""), std::string::npos);
    EXPECT_EQ(call(station, "DataTransfer", R"({"vendorId":"x"})"), R"({"status":"UnknownVendorId"})");
}

TEST_F(CsmsTest, what_breaks_the_schema_is_refused_and_reported_and_the_conversation_goes_on) {
    Station station;
    boot_up(station);
    EXPECT_NE(call(station, "TransactionEvent", event("Started", -1)).find("PropertyConstraintViolation"), std::string::npos);
    EXPECT_NE(call(station, "Heartbeat", R"({"unknown":1})").find("FormatViolation"), std::string::npos);
    csms().received("CS1", "\xff\xfe not JSON", time, morning);
    EXPECT_TRUE(was_said(R"("event":"rejected","station":"CS1","why":"FormatViolation)"));
    EXPECT_TRUE(store().transactions(10)->empty());
    EXPECT_EQ(call(station, "Heartbeat", "{}"), R"({"currentTime":"2025-06-15T15:06:40.000Z"})");
}

// ---- transactions

TEST_F(CsmsTest, a_transaction_is_the_sum_of_its_events) {
    Station station;
    boot_up(station);
    EXPECT_EQ(call(station, "TransactionEvent",
                   event("Started", 0,
                         R"(,"evse":{"id":2,"connectorId":1},"idToken":{"idToken":"VK-DEMO-DRIVER","type":"Central"})" +
                             reading("100.001"))),
              R"({"idTokenInfo":{"status":"Accepted"}})");
    EXPECT_EQ(call(station, "TransactionEvent", event("Updated", 1, reading("150"))), "{}");
    EXPECT_EQ(
        call(station, "TransactionEvent",
             event("Ended", 2,
                   reading("223.456") +
                       R"(,"costDetails":{"totalCost":{"currency":"EUR","typeOfCost":"NormalCost","total":{"inclTax":0.060}},)"
                       R"("totalUsage":{"energy":0.123455,"chargingTime":0,"idleTime":0}})")),
        "{}");
    EXPECT_EQ(
        lines.back(),
        R"({"event":"transaction","transaction":"t1","station":"CS1","evse":2,"events":3,"energy_mwh":123455,"cost":"0.06","currency":"EUR",)"
        R"("gaps":0,"conflicts":0,"ended":true,"stopped_reason":"Local","kind":"Ended","sequence":2})");
}

TEST_F(CsmsTest, an_event_is_on_the_disk_before_it_is_answered) {
    Station station;
    boot_up(station);
    std::size_t seen = 0;
    station.before_send = [this, &seen] { seen = Store::open(file)->events("CS1", "t1")->size(); };  // another reader of the file
    call(station, "TransactionEvent", event("Started", 0));
    EXPECT_EQ(seen, 1u);
}

TEST_F(CsmsTest, an_event_that_cannot_be_stored_is_not_acknowledged) {
    Station station;
    boot_up(station);
    const Database other = *open_database(file);
    ASSERT_TRUE(execute(other.get(), "BEGIN IMMEDIATE"));
    EXPECT_NE(call(station, "TransactionEvent", event("Started", 0)).find("\"InternalError\""), std::string::npos);
    EXPECT_TRUE(was_said(R"("event":"error","station":"CS1","why":"database: database is locked")"));
    ASSERT_TRUE(execute(other.get(), "ROLLBACK"));
    EXPECT_EQ(call(station, "TransactionEvent", event("Started", 0)), "{}");
    EXPECT_EQ(row().events, 1);
}

TEST_F(CsmsTest, an_event_that_comes_twice_counts_once) {
    Station station;
    boot_up(station);
    for (const std::string_view more : {"", R"(,"offline":true)"})
        EXPECT_EQ(call(station, "TransactionEvent", event("Started", 0, more)), "{}");
    EXPECT_EQ(row().events, 1);
    EXPECT_EQ(row().conflicts, 0);
    EXPECT_TRUE(lines.back().contains(R"("repeated":true)"));
}

TEST_F(CsmsTest, two_events_of_one_number_are_both_kept_and_the_first_counts) {
    Station station;
    boot_up(station);
    call(station, "TransactionEvent", event("Started", 0));
    EXPECT_EQ(call(station, "TransactionEvent", event("Ended", 0)), "{}");
    EXPECT_EQ(row().events, 1);
    EXPECT_EQ(row().conflicts, 1);
    EXPECT_FALSE(row().is_ended);
    EXPECT_TRUE(lines.back().contains(R"("conflicting":true)"));
}

TEST_F(CsmsTest, numbers_that_are_missing_are_noted_until_they_come) {
    Station station;
    boot_up(station);
    call(station, "TransactionEvent", event("Updated", 1, reading("10")));
    call(station, "TransactionEvent", event("Ended", 4, reading("14")));
    call(station, "TransactionEvent", event("Updated", 3, reading("13")));
    EXPECT_EQ(row().gaps, 2);
    EXPECT_EQ(row().energy, 4'000);
    call(station, "TransactionEvent", event("Started", 0, reading("9")));   // late, and yet the first reading
    call(station, "TransactionEvent", event("Updated", 2, reading("12")));
    EXPECT_EQ(row().gaps, 0);
    EXPECT_EQ(row().energy, 5'000);
    EXPECT_TRUE(row().is_ended);
}

// Part 2, E 1.3.2.1: a station may count through all its transactions.
TEST_F(CsmsTest, a_transaction_may_start_at_any_number) {
    Station station;
    boot_up(station);
    call(station, "TransactionEvent", event("Started", 40));
    call(station, "TransactionEvent", event("Ended", 42));
    EXPECT_EQ(row().gaps, 1);
    call(station, "TransactionEvent", event("Updated", 41));
    EXPECT_EQ(row().gaps, 0);
}

TEST_F(CsmsTest, a_transaction_belongs_to_its_station) {
    Station one, two;
    boot_up(one);
    connect(two, "CS2", "CS2");
    call(two, "BootNotification", R"({"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v","serialNumber":"CS2"}})",
         "CS2");
    call(one, "TransactionEvent", event("Started", 0));
    call(two, "TransactionEvent", event("Ended", 0), "CS2");
    EXPECT_FALSE(row("CS1").is_ended);
    EXPECT_TRUE(row("CS2").is_ended);
    EXPECT_EQ(row("CS1").conflicts, 0);
    EXPECT_TRUE(ask("transaction t1").contains("several stations"));
    EXPECT_TRUE(ask("transaction t1 CS2").contains(R"("kind":"Ended")"));
}

TEST_F(CsmsTest, the_register_of_the_outlet_is_read_in_every_unit_it_may_have) {
    Station station;
    boot_up(station);
    const std::string measurand = R"(,"measurand":"Energy.Active.Import.Register")";
    int sequence = 0;
    auto energy_after = [&](std::string_view value, const std::string& more) {
        call(station, "TransactionEvent", event(sequence == 0 ? "Started" : "Updated", sequence, reading(value, more)));
        ++sequence;
        return row().energy.value_or(-1);
    };
    EXPECT_EQ(energy_after("7", R"(,"measurand":"Voltage")"), -1);
    EXPECT_EQ(energy_after("7", measurand + R"(,"unitOfMeasure":{"unit":"MJ"})"), -1);
    EXPECT_EQ(energy_after("1000", ""), 0);
    EXPECT_EQ(energy_after("1.5", R"(,"unitOfMeasure":{"unit":"kWh"})"), 500'000);
    EXPECT_EQ(energy_after("2", measurand + R"(,"unitOfMeasure":{"unit":"Wh","multiplier":3})"), 1'000'000);
    EXPECT_EQ(energy_after("2000.0001", measurand), 1'000'000);   // below 1/1000 Wh
    EXPECT_EQ(energy_after("9", measurand + R"(,"phase":"L1")"), 1'000'000);
    EXPECT_EQ(energy_after("9", measurand + R"(,"location":"EV")"), 1'000'000);
    EXPECT_EQ(energy_after("1e300", measurand), 1'000'000);
}

//= OCPP 2.1 E01.FR.11, E01.FR.12, E05.FR.01
TEST_F(CsmsTest, the_token_of_a_transaction_that_is_not_known_is_refused) {
    Station station;
    boot_up(station);
    EXPECT_EQ(call(station, "TransactionEvent", event("Started", 0, R"(,"idToken":{"idToken":"nobody","type":"Central"})")),
              R"({"idTokenInfo":{"status":"Invalid"}})");
}

// ---- calls of the CSMS

TEST_F(CsmsTest, a_start_is_answered_when_the_station_has_answered) {
    Station station;
    boot_up(station);
    std::string answer;
    csms().command("start CS1 2 VK-DEMO-DRIVER", time, [&answer](std::string text) { answer = std::move(text); });
    ASSERT_TRUE(
        station.last().contains(R"("RequestStartTransaction",{"idToken":{"idToken":"VK-DEMO-DRIVER","type":"Central"},)"));
    EXPECT_TRUE(station.last().contains(R"("evseId":2)"));
    EXPECT_EQ(answer, "");
    const std::string id = station.last().substr(4, 32);
    csms().received("CS1", "[3,\"" + id + R"(",{"status":"Accepted","transactionId":"t7"}])", time, morning);
    EXPECT_EQ(answer, R"({"ok":true,"response":{"status":"Accepted","transactionId":"t7"}})");
}

//= OCPP 2.1 Part 4 FR.01
TEST_F(CsmsTest, one_call_at_a_time_is_on_its_way) {
    Station station;
    boot_up(station);
    const std::size_t before = station.sent.size();
    std::vector<std::string> answers;
    for (const std::string_view line : {"stop CS1 t1", "stop CS1 t2"})
        csms().command(line, time, [&answers](std::string text) { answers.push_back(std::move(text)); });
    ASSERT_EQ(station.sent.size(), before + 1);
    csms().received("CS1", "[4,\"" + station.last().substr(4, 32) + R"(","InternalError","no",{}])", time, morning);
    ASSERT_EQ(station.sent.size(), before + 2);
    EXPECT_TRUE(station.last().contains("t2"));
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_TRUE(answers[0].contains(R"("ok":false)") && answers[0].contains("InternalError"));
    csms().closed("CS1", "gone", time);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_TRUE(answers[1].contains(R"("ok":false)"));
}

TEST_F(CsmsTest, a_station_that_does_not_answer_is_let_go) {
    Station station;
    boot_up(station);
    std::string answer;
    csms().command("stop CS1 t1", time, [&answer](std::string text) { answer = std::move(text); });
    csms().tick(time + 29s);
    EXPECT_FALSE(station.is_closed);
    csms().tick(time + 31s);
    EXPECT_TRUE(station.is_closed);
    EXPECT_TRUE(answer.contains("did not answer in time"));
}

TEST_F(CsmsTest, a_station_with_too_many_words_is_quoted_in_part) {
    Station station;
    boot_up(station);
    std::string answer, long_word;
    for (int i = 0; i < 2'000; ++i) long_word += "\xc3\xa4\\u0001";
    csms().command("stop CS1 t1", time, [&answer](std::string text) { answer = std::move(text); });
    csms().received("CS1", "[4,\"" + station.last().substr(4, 32) + "\",\"" + long_word + "\",\"" + long_word + "\",{}]", time,
                    morning);
    EXPECT_TRUE(answer.starts_with(R"({"ok":false,"error":"the station refused","code":")")) << answer;
    EXPECT_TRUE(is_utf8(answer));
    csms().received("CS1", "[2,\"x\",\"Heartbeat\",{\"" + long_word + "\":1}]", time, morning);
    EXPECT_TRUE(lines.back().starts_with(R"({"event":"rejected","station":"CS1")")) << lines.back();
    EXPECT_TRUE(is_utf8(lines.back()));
}

TEST_F(CsmsTest, any_request_of_a_csms_may_be_sent_and_nothing_else) {
    Station station;
    boot_up(station);
    std::string answer;
    csms().command(R"(call CS1 GetBaseReport {"requestId": 7, "reportBase": "FullInventory"})", time,
                   [&answer](std::string text) { answer = std::move(text); });
    ASSERT_TRUE(station.last().contains(R"("GetBaseReport",{"requestId":7,"reportBase":"FullInventory"}])")) << station.last();
    csms().received("CS1", "[3,\"" + station.last().substr(4, 32) + R"(",{"status":"Accepted"}])", time, morning);
    EXPECT_EQ(answer, R"({"ok":true,"response":{"status":"Accepted"}})");
    const std::size_t before = station.sent.size();
    for (const std::string_view line :
         {"call CS1", "call CS1 GetBaseReport", "call CS1 GetBaseReport {}",
          R"(call CS1 GetBaseReport {"requestId":7,"reportBase":"All"})", "call CS1 Heartbeat {}",
          "call CS1 NotifyPeriodicEventStream {}", "call CS1 NoSuch {}", R"(call CS9 Reset {"type":"OnIdle"})"})
        EXPECT_TRUE(ask(line).starts_with(R"({"ok":false,"error":")")) << line;
    EXPECT_EQ(station.sent.size(), before);
}

TEST_F(CsmsTest, any_text_may_be_sent_to_a_station_and_any_connection_closed) {
    Station station;
    boot_up(station);
    EXPECT_EQ(ask("raw CS1 [2, what is this"), R"({"ok":true})");
    EXPECT_EQ(station.last(), "[2, what is this");
    EXPECT_EQ(ask("close CS1"), R"({"ok":true})");
    EXPECT_TRUE(station.is_closed);
}

TEST_F(CsmsTest, a_command_that_means_nothing_says_what_would) {
    Station station;
    boot_up(station);
    const std::size_t before = station.sent.size();
    for (const std::string_view line : {"", "hello", "start CS1 0 T", "start CS1 x T", "start CS1 1", "stop CS1", "stop CS9 t1",
                                        "raw CS9 x", "close", "transaction nope"})
        EXPECT_TRUE(ask(line).starts_with(R"({"ok":false,"error":")")) << line;
    EXPECT_EQ(station.sent.size(), before);
}

// ---- the file

TEST_F(CsmsTest, a_file_of_another_program_is_left_alone) {
    const std::string other = directory + "/other";
    ASSERT_TRUE(execute(open_database(other)->get(), "CREATE TABLE mine(x)"));
    EXPECT_EQ(Store::open(other).error().code, Errc::integrity);
    EXPECT_EQ(Store::open(directory + "/no/such/folder").error().code, Errc::io);
}

TEST_F(CsmsTest, notices_do_not_fill_the_disk) {
    const Database look = *open_database(file);
    ASSERT_TRUE(execute(
        look.get(),
        "INSERT INTO notices(number, station, action, payload, received_ms) VALUES(50000, 'CS1', 'NotifyEvent', '{}', 0)"));
    ASSERT_TRUE(
        execute(look.get(),
                "INSERT INTO notices(number, station, action, payload, received_ms) VALUES(1, 'CS1', 'NotifyEvent', '{}', 0)"));
    ASSERT_TRUE(store().put_notice("CS1", "NotifyEvent", "{}", morning));
    Statement left(look.get(), "SELECT count(*), min(number) FROM notices");
    ASSERT_TRUE(*left.next());
    EXPECT_EQ(left.integer(0), 2);
    EXPECT_EQ(left.integer(1), 50'000);
}

}  // namespace
}  // namespace voltkeep::csms
