// SPDX-License-Identifier: Apache-2.0
// A station whose meter is on Modbus/TCP: its network module hangs, is killed and comes back in the middle of a charge; then the
// disk of whoever signs fails for a moment.
#include <fstream>
#include <thread>

#include "cli/run/world.hpp"
#include "harness/stored.hpp"
#include "harness/tool.hpp"

namespace voltkeep::harness {

TEST(ModbusMeter, that_hangs_and_dies_in_mid_charge_is_read_again_and_bills_what_flowed) {
    const std::string config = ::testing::TempDir() + "voltkeep-modbus-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(config) << "[metering]\nbus = \"modbus\"\nmodbus = [\"localhost:" << cli::free_port()
                          << "/7\"]\nmeter_interval_ms = 500\n";
    ToolStation station({"--once", "--duration", "7", "--config", config});
    station.wait_until_charging();
    const auto module = station.wait_for([](const Json& line) { return line.string("event") == "listening"; });
    ASSERT_TRUE(module);
    const auto pid = static_cast<pid_t>(number_in(*module, "pid"));
    ASSERT_GT(pid, 1);
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    const auto lost = station.wait_for(
        [](const Json& line) { return line.string("step") == "bus_lost" && line.string("code") == "timeout"; }, 10s);
    ASSERT_TRUE(lost);
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    ASSERT_TRUE(station.wait_for(
        [&](const Json& line) {
            return line.string("step") == "bus_back" && number_in(line, "index") > number_in(*lost, "index");
        },
        10s));

    // The disk takes no page number for a moment: the signature comes a little later, and the charge goes on.
    // A folder stands where its next file is to be written; while one is being written there the place is taken, for some
    // milliseconds.
    const std::string beside = station.state() + "/state/meter@1/book.new";
    std::error_code taken;
    for (const Instant end = now() + 5s; !std::filesystem::create_directory(beside, taken) && now() < end;)
        std::this_thread::yield();
    ASSERT_FALSE(taken) << taken.message();
    EXPECT_TRUE(station.wait_for(
        [](const Json& line) { return line.string("service") == "meter@1" && line.string("occasion") == "fault"; }, 5s));
    ASSERT_TRUE(std::filesystem::remove(beside));

    // Who reads and who signs die, one after the other: each goes on where the other side stands.
    for (const char* name : {"meterdrv@1", "meter@1"}) {
        station.kill(name);
        EXPECT_TRUE(station.wait_for(
            [&](const Json& line) { return line.string("event") == "restart" && line.string("text").starts_with(name); }, 5s));
    }

    const auto summary = station.summary();
    ASSERT_TRUE(summary) << station.tail(40);
    EXPECT_EQ(station.count([](const Json& line) { return line.string("step") == "not_signed"; }), 0u);
    const Json& visit = summary->find("visits")->items().front();
    EXPECT_EQ(visit.find("ok")->scalar(), "true") << "car, CSMS, meter and plant agree\n" << station.tail(40);

    // Nothing was billed twice, nothing was lost: pages and registers only rise, and the last record bills the visit.
    const Said verified = verify_readings(station.state(), stored_messages(station.state(), visit.string("transaction")));
    EXPECT_EQ(verified.status, 0) << verified.output;
    std::int64_t page = 0, billed = 0, readings = 0;
    double energy = 0;
    std::istringstream lines(verified.output);
    for (std::string line; std::getline(lines, line); ++readings) {
        const auto record = Json::parse(line);
        ASSERT_TRUE(record) << line;
        const double value = std::stod(std::string(record->string("register")));
        if (number_in(*record, "page") == page) {  // one reading, told with two events
            EXPECT_EQ(value, energy) << line;
        } else {
            EXPECT_GT(number_in(*record, "page"), page) << line;
            EXPECT_GE(value, energy) << line;
        }
        page = number_in(*record, "page");
        energy = value;
        billed = number_in(*record, "billed_mwh");
        EXPECT_EQ(record->string("meter"), "VK-DC-100001");
    }
    EXPECT_GE(readings, 4);
    EXPECT_EQ(billed, number_in(visit, "energy_mwh"));
    std::filesystem::remove(config);
}

}  // namespace voltkeep::harness
