// SPDX-License-Identifier: Apache-2.0
// The program itself, over its sockets: stations with real certificates, stations with wrong ones, an operator, a sudden death.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "pki/development.hpp"
#include "test_folder.hpp"
#include "test_station.hpp"

namespace voltkeep::csms {
namespace {

using testing::Station;
using testing::StationOptions;

constexpr std::string_view boot =
    R"([2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"DC50","vendorName":"Voltkeep","serialNumber":"SN-1"}}])";

std::string event(std::string_view kind, int sequence, std::string_view energy) {
    return "[2,\"e" + std::to_string(sequence) + "\",\"TransactionEvent\",{\"eventType\":\"" + std::string(kind) +
           "\",\"timestamp\":\"2025-06-15T15:06:40Z\",\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":" +
           std::to_string(sequence) +
           ",\"transactionInfo\":{\"transactionId\":\"t1\"},\"meterValue\":[{\"timestamp\":\"2025-06-15T15:06:40Z\","
           "\"sampledValue\":[{\"value\":" +
           std::string(energy) + "}]}]}]";
}

/// The program as a child, and what it says.
class Child {
public:
    Child(const std::vector<std::string>& arguments, const std::string& errors) {
        int pipe[2];
        EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            std::vector<char*> words{const_cast<char*>(CSMS_PROGRAM)};
            for (const std::string& each : arguments) words.push_back(const_cast<char*>(each.c_str()));
            words.push_back(nullptr);
            const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (::dup2(pipe[1], STDOUT_FILENO) < 0 || ::dup2(file, STDERR_FILENO) < 0) ::_exit(126);
            ::execv(words[0], words.data());
            ::_exit(127);
        }
        ::close(pipe[1]);
        output_ = pipe[0];
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ > 0) end(SIGKILL);
        ::close(output_);
    }

    /// The first line from here on that has this in it; empty if none comes in ten seconds or the program ends.
    std::string wait_for(std::string_view part) {
        for (;;) {
            while (text_.contains('\n')) {
                const std::string line = text_.substr(0, text_.find('\n'));
                text_.erase(0, line.size() + 1);
                if (line.contains(part)) return line;
            }
            pollfd waiting{output_, POLLIN, 0};
            char bytes[4096];
            if (::poll(&waiting, 1, 10'000) != 1) return {};
            const ssize_t size = ::read(output_, bytes, sizeof bytes);
            if (size <= 0) return {};
            text_.append(bytes, static_cast<std::size_t>(size));
        }
    }
    /// The exit status, or minus the signal.
    int end(int signal = SIGTERM) {
        if (signal != 0) ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::string text_;
};

class CsmsProgram : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        ::signal(SIGPIPE, SIG_IGN);
        shared = testing::make_folder();
        ASSERT_TRUE(pki::make_development({.directory = shared + "/pki", .station = "SN-1"}, wall_now()));
        ASSERT_TRUE(pki::make_development({.directory = shared + "/foreign", .station = "SN-1"},
                                          wall_now()));  // the same names, other roots
    }
    static void TearDownTestSuite() { std::filesystem::remove_all(shared); }

    CsmsProgram() : directory(testing::make_folder()) {}
    ~CsmsProgram() override {
        child.reset();
        std::filesystem::remove_all(directory);
    }

    [[nodiscard]] std::vector<std::string> arguments(std::uint16_t at) const {
        const std::string pki = shared + "/pki/csms/";
        return {"--port",     std::to_string(at), "--path",         "/ocpp",
                "--database", directory + "/db",  "--certificates", pki + "chain.pem",
                "--key",      pki + "key.pem",    "--trust",        pki + "trust.pem",
                "--station",  "CS1=SN-1",         "--control",      directory + "/control.sock"};
    }
    void start() {
        child = std::make_unique<Child>(arguments(0), directory + "/errors");
        const std::string ready = child->wait_for(R"("event":"ready","port":)");
        ASSERT_FALSE(ready.empty()) << errors();
        port = static_cast<std::uint16_t>(std::stoi(ready.substr(ready.rfind(':') + 1)));
    }
    [[nodiscard]] std::string errors() const {
        std::ifstream stream(directory + "/errors");
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    [[nodiscard]] StationOptions options() const {
        const std::string pki = shared + "/pki/station/";
        return {port, pki + "chain.pem", pki + "key.pem", pki + "trust.pem"};
    }
    static bool is_open(const std::string& head) {
        return head.starts_with("HTTP/1.1 101 ") && head.contains("Sec-WebSocket-Protocol: ocpp2.1\r\n");
    }

    static inline std::string shared;
    std::string directory;
    std::uint16_t port = 0;
    std::unique_ptr<Child> child;
};

TEST_F(CsmsProgram, a_transaction_survives_the_death_of_the_program_right_after_its_answer) {
    start();
    {
        Station station(options());
        ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
        EXPECT_EQ(station.group(), "SecP384r1MLKEM1024");
        EXPECT_TRUE(child->wait_for(R"("event":"connected")")
                        .contains(R"("group":"SecP384r1MLKEM1024","cipher":"TLS_AES_256_GCM_SHA384")"));
        EXPECT_TRUE(station.ask(boot).contains("\"Accepted\""));
        EXPECT_EQ(station.ask(event("Started", 0, "1000.5")), R"([3,"e0",{}])");
        EXPECT_EQ(station.ask(event("Updated", 1, "1001")), R"([3,"e1",{}])");
        EXPECT_EQ(child->end(SIGKILL), -SIGKILL);
    }
    start();
    Station station(options());
    ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_EQ(station.ask(event("Updated", 1, "1001")), R"([3,"e1",{}])");   // its answer may have been lost
    EXPECT_EQ(station.ask(event("Ended", 2, "1002.75")), R"([3,"e2",{}])");
    const std::string ended = child->wait_for(R"("kind":"Ended")");
    EXPECT_TRUE(ended.contains(R"("transaction":"t1","station":"CS1")")) << ended;
    EXPECT_TRUE(ended.contains(R"("events":3,"energy_mwh":2250)")) << ended;
    EXPECT_TRUE(ended.contains(R"("gaps":0)")) << ended;
}

TEST_F(CsmsProgram, a_station_may_come_over_ipv6_and_with_the_second_group_of_the_profile) {
    start();
    StationOptions how = options();
    how.is_ipv6 = true;
    how.groups = "X25519MLKEM768";
    Station station(how);
    if (!station.is_secure() && ::access("/proc/net/if_inet6", F_OK) != 0) GTEST_SKIP() << "this machine has no IPv6";
    EXPECT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_TRUE(child->wait_for(R"("event":"connected")").contains("X25519MLKEM768"));
}

TEST_F(CsmsProgram, without_a_certificate_of_the_right_roots_nobody_gets_to_the_upgrade) {
    start();
    StationOptions none = options();
    none.chain.clear();
    StationOptions foreign = options();
    foreign.chain = shared + "/foreign/station/chain.pem";
    foreign.key = shared + "/foreign/station/key.pem";
    for (const StationOptions& how : {none, foreign}) {
        Station station(how);
        EXPECT_EQ(station.upgrade("/ocpp/CS1"), "");
        EXPECT_TRUE(child->wait_for(R"("event":"rejected")").contains("TLS"));
    }
    Station good(options());
    EXPECT_TRUE(is_open(good.upgrade("/ocpp/CS1")));
}

TEST_F(CsmsProgram, an_older_tls_and_a_group_outside_the_profile_are_refused) {
    start();
    StationOptions old = options();
    old.version = TLS1_2_VERSION;
    old.groups = "P-384";
    StationOptions weak = options();
    weak.groups = "X25519";
    for (const StationOptions& how : {old, weak}) {
        EXPECT_FALSE(Station(how).is_secure());
        EXPECT_TRUE(child->wait_for(R"("event":"rejected")").contains("TLS"));
    }
}

TEST_F(CsmsProgram, an_identity_that_is_not_ones_own_is_refused_and_so_is_a_second_connection) {
    start();
    Station first(options()), second(options()), other(options()), lost(options());
    ASSERT_TRUE(is_open(first.upgrade("/ocpp/CS1")));
    EXPECT_TRUE(second.upgrade("/ocpp/CS1").starts_with("HTTP/1.1 409 "));
    EXPECT_TRUE(other.upgrade("/ocpp/CS2").starts_with("HTTP/1.1 403 "));
    EXPECT_TRUE(lost.upgrade("/elsewhere/CS1").starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(first.ask(boot).contains("\"Accepted\""));   // and the first one notices nothing
}

TEST_F(CsmsProgram, a_place_is_free_again_when_its_connection_is_cut) {
    start();
    {
        Station cut(options());
        ASSERT_TRUE(is_open(cut.upgrade("/ocpp/CS1")));
    }
    EXPECT_FALSE(child->wait_for(R"("event":"disconnected")").empty());
    Station again(options());
    EXPECT_TRUE(is_open(again.upgrade("/ocpp/CS1")));
}

//= OCPP 2.1 Part 4 3.2
TEST_F(CsmsProgram, a_station_of_another_language_is_let_in_without_one_and_sent_away) {
    start();
    Station station(options());
    const std::string head = station.upgrade("/ocpp/CS1", "ocpp1.6, ocpp2.0.1");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 "));
    EXPECT_FALSE(head.contains("Sec-WebSocket-Protocol"));
    EXPECT_EQ(station.take_frame().value_or(Station::Frame{}).close_code(), 1002u);
}

TEST_F(CsmsProgram, nothing_is_compressed) {
    start();
    Station station(options());
    EXPECT_FALSE(station.upgrade("/ocpp/CS1").contains("permessage-deflate"));
}

TEST_F(CsmsProgram, a_message_that_is_too_long_ends_the_connection_and_a_long_one_does_not) {
    start();
    Station station(options());
    ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_TRUE(station.ask(std::string(256 * 1024, ' ')).contains("FormatViolation"));
    // The CSMS knows it from the header and may have closed before it was sent whole; its last words may be lost with that.
    (void)station.send_frame(0x81, std::string(256 * 1024 + 1, ' '));
    const auto last_words = station.take_frame();
    EXPECT_TRUE(!last_words || last_words->close_code() == 1009u);
    EXPECT_FALSE(child->wait_for(R"("event":"disconnected")").empty());
}

TEST_F(CsmsProgram, a_binary_message_ends_the_connection) {
    start();
    Station station(options());
    ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_TRUE(station.send_frame(0x82, boot));
    EXPECT_EQ(station.take_frame().value_or(Station::Frame{}).close_code(), 1003u);
}

TEST_F(CsmsProgram, an_operator_starts_a_transaction_through_the_control_socket) {
    start();
    Station station(options());
    ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_TRUE(station.ask(boot).contains("\"Accepted\""));

    struct stat door {};
    ASSERT_EQ(::stat((directory + "/control.sock").c_str(), &door), 0);
    EXPECT_EQ(door.st_mode & 0777, 0600u);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory + "/control.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::string line = "start CS1 1 VK-DEMO-DRIVER\n";
    ASSERT_EQ(::write(socket, line.data(), line.size()), static_cast<ssize_t>(line.size()));

    const auto call = station.take_frame();
    ASSERT_TRUE(call && call->payload.contains("RequestStartTransaction"));
    EXPECT_TRUE(station.send_frame(0x81, "[3,\"" + call->payload.substr(4, 32) + R"(",{"status":"Rejected"}])"));
    char answer[200];
    const ssize_t size = ::read(socket, answer, sizeof answer);
    ::close(socket);
    EXPECT_EQ(std::string(answer, static_cast<std::size_t>(std::max<ssize_t>(size, 0))),
              "{\"ok\":true,\"response\":{\"status\":\"Rejected\"}}\n");
}

TEST_F(CsmsProgram, it_ends_in_order) {
    start();
    Station station(options());
    ASSERT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
    EXPECT_EQ(child->end(SIGTERM), 0);
    EXPECT_EQ(station.take_frame().value_or(Station::Frame{}).close_code(), 1001u);
    EXPECT_FALSE(std::filesystem::exists(directory + "/control.sock"));
    EXPECT_EQ(errors(), "");
}

TEST_F(CsmsProgram, a_port_in_use_is_one_sentence_and_status_2) {
    start();
    Child second(arguments(port), directory + "/errors");
    EXPECT_EQ(second.end(0), 2);
    EXPECT_EQ(errors(), "csms: port " + std::to_string(port) + " of 127.0.0.1 is in use: choose another with --port\n");
    Station station(options());
    EXPECT_TRUE(is_open(station.upgrade("/ocpp/CS1")));
}

TEST_F(CsmsProgram, a_file_that_is_missing_is_one_sentence_and_status_2) {
    std::vector<std::string> wrong = arguments(0);
    wrong[9] = directory + "/no-key.pem";
    Child program(wrong, directory + "/errors");
    EXPECT_EQ(program.end(0), 2);
    EXPECT_TRUE(errors().starts_with("csms: ") && errors().contains("no-key.pem")) << errors();
    EXPECT_EQ(std::ranges::count(errors(), '\n'), 1);
}

}  // namespace
}  // namespace voltkeep::csms
