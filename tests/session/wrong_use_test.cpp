// SPDX-License-Identifier: Apache-2.0
// What a person does wrong costs one sentence and status 2; nothing is half-started.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>

#include "harness/tool.hpp"

namespace voltkeep::harness {
namespace {

std::string fresh_folder() {
    char name[] = "/tmp/voltkeep-test-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    return name;
}

void expect_one_sentence(const Said& said, std::string_view part) {
    EXPECT_EQ(said.status, 2) << said.output;
    EXPECT_NE(said.output.find(part), std::string::npos) << said.output;
    EXPECT_EQ(std::ranges::count(said.output, '\n'), 1) << said.output;
}

}  // namespace

TEST(WrongUse, a_port_in_use_is_said_with_what_to_do) {
    const kernel::os::Descriptor taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(taken.get(), 1), 0);
    ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    const std::string folder = fresh_folder();
    expect_one_sentence(
        say({"run", "--json", "--once", "--state", folder, "--csms-port", std::to_string(ntohs(address.sin_port))}),
        "in use: choose another with --csms-port");
    std::filesystem::remove_all(folder);
}

TEST(WrongUse, a_wrong_station_toml_is_said_with_its_line) {
    const std::string folder = fresh_folder();
    std::ofstream(folder + "/station.toml") << "[evse]\ncount = 12\n";
    expect_one_sentence(say({"run", "--state", folder}), "station.toml:2: evse.count = 12: expected how many EVSEs");
    std::filesystem::remove_all(folder);
}

TEST(WrongUse, a_folder_that_cannot_be_written_is_said) {
    expect_one_sentence(say({"run", "--state", "/proc/voltkeep"}), "with --state");
}

TEST(WrongUse, a_tool_without_a_station_says_how_to_start_one) {
    const std::string folder = fresh_folder();
    for (const char* command : {"status", "log", "ev"}) {
        std::vector<std::string> words{command};
        if (words[0] == "log") words.emplace_back("show");
        if (words[0] == "ev") words.emplace_back("plug");
        words.insert(words.end(), {"--state", folder});
        expect_one_sentence(say(words), "no station runs here");
    }
    std::filesystem::remove_all(folder);
}

TEST(WrongUse, an_unknown_command_is_status_2) {
    expect_one_sentence(say({"nonsense"}), "there is no command \"nonsense\"");
    expect_one_sentence(say({"log", "shwo"}), "there is no command \"shwo\"");
    EXPECT_EQ(say({"run", "--nonsense"}).status, 2);
    EXPECT_EQ(say({}).status, 2);
    EXPECT_EQ(say({"--help"}).status, 0);
}

}  // namespace voltkeep::harness
