// SPDX-License-Identifier: Apache-2.0
#include "cli/station_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace voltkeep::cli {
namespace {

/// Reads this text as a station.toml, and gives the error or "".
std::string error_of(const std::string& text, int evses = 0) {
    const std::string path = testing::TempDir() + "station-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(path) << text;
    const auto file = read_station_file(path, true, evses);
    ::unlink(path.c_str());
    if (file) return "";
    const std::string what(file.error().what.view());
    return what.substr(what.find(".toml:") + 6);
}

}  // namespace

TEST(StationFile, an_absent_file_is_a_whole_station) {
    EXPECT_EQ(read_station_file("/nonexistent/station.toml")->csms.port, 8443);
}

TEST(StationFile, one_that_was_named_and_is_not_there_is_no_station) {
    const auto file = read_station_file("/nonexistent/station.toml", true);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().what.view(), "/nonexistent/station.toml: there is no such file");
}

TEST(StationFile, the_lowest_voltage_is_not_above_the_highest) {
    EXPECT_EQ(error_of("[evse]\nmax_voltage = 500000\nmin_voltage = 600000\n"),
              "3: evse.min_voltage = 600000: expected at most evse.max_voltage, 500000");
    EXPECT_EQ(error_of("[evse]\nmax_voltage = 60000\n"),
              "2: evse.max_voltage = 60000: expected at least evse.min_voltage, 150000");
    EXPECT_EQ(error_of("[evse]\nmax_voltage = 500000\nmin_voltage = 500000\n"), "");
}

TEST(StationFile, how_many_evses_were_asked_for_counts) {
    EXPECT_EQ(error_of("[evse.2]\nconnector = \"sType2\"\n", 2), "");
    EXPECT_EQ(error_of("[evse]\ncount = 2\n[evse.2]\nconnector = \"sType2\"\n", 1), "") << "the second is not started";
    EXPECT_EQ(error_of("[evse.3]\nconnector = \"sType2\"\n", 2).substr(0, 10), "1: evse.3 ");
    const std::string two =
        "[evse]\ncount = 2\n[metering]\nbus = \"modbus\"\nmodbus = [\"192.168.7.11:502/1\", \"192.168.7.12:502/1\"]\n";
    EXPECT_EQ(error_of(two, 1), "");
    EXPECT_EQ(error_of(two, 3).substr(0, 19), "5: metering.modbus ") << "the third has none";
    EXPECT_EQ(read_station_file("/nonexistent/station.toml", false, 3)->evse.count, 3);
}

TEST(StationFile, what_it_says_is_taken) {
    EXPECT_EQ(error_of("[evse]\ncount = 3\n[tariff]\nprice_per_kwh = \"0.123456\"\n"), "");
}

TEST(StationFile, a_wrong_type_is_named_with_its_line_and_what_was_expected) {
    EXPECT_EQ(error_of("[evse]\n\nmax_current = \"64A\"\n"),
              "3: evse.max_current = \"64A\": expected milliamperes as a number from 1000 to 3000000, for example 125000");
}

TEST(StationFile, a_value_out_of_range_is_refused) {
    EXPECT_EQ(error_of("[evse]\ncount = 9\n").substr(0, 18), "2: evse.count = 9:");
}

TEST(StationFile, an_unknown_key_is_refused) {
    EXPECT_EQ(error_of("[evse]\ncout = 1\n"),
              "2: evse.cout: unknown key: expected one of closing_regained_ms, closings, count, id_prefix, max_current, "
              "max_power, max_voltage, min_voltage");
}

TEST(StationFile, an_evse_can_be_another_than_the_others) {
    const std::string path = testing::TempDir() + "station-own-" + std::to_string(::getpid()) + ".toml";
    std::ofstream(path) << "[evse]\ncount = 3\nmax_current = 100000\n[evse.2]\nconnector = \"sType2\"\n"
                           "[evse.3]\nconnector = \"cType2\"\nmax_current = 16000\nsupply_phases = 1\n";
    const auto file = read_station_file(path);
    ::unlink(path.c_str());
    ASSERT_TRUE(file) << file.error().what.view();
    EXPECT_FALSE(evse_of(*file, 1).is_ac());
    EXPECT_EQ(evse_of(*file, 1).max_current, 100'000);
    EXPECT_EQ(max_power_of(*file, 1), 50'000);
    EXPECT_TRUE(evse_of(*file, 2).is_ac());
    EXPECT_EQ(max_power_of(*file, 2), 22'080);
    EXPECT_EQ(max_power_of(*file, 3), 3'680);
}

TEST(StationFile, what_no_evse_can_be_is_refused) {
    const auto evse = [](const std::string& lines) { return error_of("[evse]\ncount = 2\n" + lines); };
    EXPECT_EQ(evse("[evse.2]\nconnector = \"Type2\"\n").substr(0, 31), "4: evse.2.connector = \"Type2\": ");
    EXPECT_EQ(evse("[evse.3]\nconnector = \"sType2\"\n").substr(0, 11), "3: evse.3 =") << "there are two";
    EXPECT_EQ(evse("[evse.2]\nconnector = \"sType2\"\nsupply_phases = 2\n"), "5: evse.2.supply_phases = 2: expected 1 or 3");
    EXPECT_EQ(evse("[evse.2]\nconnector = \"sType2\"\nmax_current = 125000\n").substr(0, 33),
              "5: evse.2.max_current = 125000: e");
    EXPECT_EQ(evse("[evse.2]\nsupply_phases = 1\n").substr(0, 38), "4: evse.2.supply_phases: unknown key: ")
        << "direct current has none";
    EXPECT_EQ(evse("[evse.2]\nconnector = \"sType2\"\n[metering]\nbus = \"modbus\"\n").substr(0, 16), "6: metering.bus ")
        << "no AC meter is read";
    EXPECT_EQ(evse("[evse.2]\nbidirectional = true\n"), "");
    EXPECT_EQ(evse("[evse.2]\nbidirectional = 1\n"), "4: evse.2.bidirectional = 1: expected true or false");
    EXPECT_EQ(evse("[evse.2]\nconnector = \"sType2\"\nbidirectional = true\n").substr(0, 38),
              "5: evse.2.bidirectional: unknown key: ")
        << "nobody decides it there";
    EXPECT_EQ(evse("[iso15118]\nloop_ms = 100\n").substr(0, 27), "4: iso15118.loop_ms = 100: ");
    EXPECT_EQ(evse("2 = \"sType2\"\n").substr(0, 10), "3: evse.2 ");
}

TEST(StationFile, a_syntax_error_has_its_line) { EXPECT_EQ(error_of("[evse]\ncount =\n").substr(0, 2), "2:"); }

TEST(StationFile, a_meter_on_modbus_is_one_for_each_evse) {
    const auto metering = [](const std::string& line) {
        return error_of("[evse]\ncount = 2\n[metering]\nbus = \"modbus\"\n" + line);
    };
    EXPECT_EQ(metering("modbus = [\"192.168.7.11:502/1\", \"meters.site:502/255\"]\n"), "");
    EXPECT_EQ(metering(""), "") << "simulated ones on this machine";
    for (const char* wrong : {"modbus = [\"192.168.7.11:502/1\"]\n", "modbus = [\"a:502/1\", \"b\"]\n",
                              "modbus = [\"a:0/1\", \"b:1/1\"]\n", "modbus = [\"a:1/248\", \"b:1/1\"]\n",
                              "modbus = [\"a:1/0\", \"b:1/1\"]\n", "modbus = [\":1/1\", \"b:1/1\"]\n", "modbus = \"a:1/1\"\n"})
        EXPECT_EQ(metering(wrong).substr(0, 19), "5: metering.modbus ") << wrong;
    EXPECT_EQ(metering("kind = \"meter-signed\"\n").substr(0, 16), "4: metering.bus ");
}

TEST(StationFile, money_is_exact) {
    EXPECT_EQ(*micro_of("0.49"), 490'000);
    EXPECT_EQ(*micro_of("12"), 12'000'000);
    EXPECT_FALSE(micro_of("1.0000001"));
    EXPECT_FALSE(micro_of("-1"));
    EXPECT_FALSE(micro_of(""));
}

}  // namespace voltkeep::cli
