// SPDX-License-Identifier: Apache-2.0
// A real process manager with real services: started, joined, killed, joined again, stopped.
#include "kernel/procmgr/test/station.hpp"

namespace voltkeep::kernel::procmgr {
namespace {

class ProcessManager : public testing::Test {
protected:
    void SetUp() override {
        station.add("back", 60);
        station.add("front", 50);
        station.connect(1, 0);
    }
    void start_and_meet() {
        station.start(options);
        ASSERT_EQ(station.meet("back"), "hello back 0");
        ASSERT_EQ(station.meet("front"), "hello front 0");
    }
    /// Kills `back` by `command` and expects the reason in its life event, and `front` served again.
    void expect_restart(const std::string& command, const std::string& cause) {
        if (command == "kill") station.kill_process(back_life);
        else station.tell("back", command, 5s);
        const std::string end = station.life("back", "dead");
        EXPECT_NE(end.find("\"cause\":\"" + cause + "\""), std::string::npos) << end;
        EXPECT_EQ(station.meet("back"), "hello back 1");
        EXPECT_NE(station.life("back", "ready"), "");
        EXPECT_EQ(station.tell("front", "ask"), "answer 1 1");
        EXPECT_EQ(station.tell("front", "backs"), "1");
    }

    test::Station station;
    std::vector<std::string> options;
    std::string back_life;
};

TEST_F(ProcessManager, starts_joins_and_stops_in_order) {
    start_and_meet();
    EXPECT_EQ(station.tell("front", "ask"), "answer 0 1");
    EXPECT_NE(station.life("front", "ready"), "");
    ::kill(station.manager, SIGTERM);
    const std::string first = station.line({R"("life":"off")"});
    EXPECT_NE(first.find("front"), std::string::npos) << "a client stops before its server: " << first;
    EXPECT_NE(station.life("back", "off"), "");
    EXPECT_NE(station.line({R"("event":"stopped","us")"}), "");
    EXPECT_EQ(station.wait_for_manager(), 0);
}

TEST_F(ProcessManager, a_killed_server_is_joined_again_and_its_client_never_stops) {
    start_and_meet();
    back_life = station.life("back", "ready");
    expect_restart("kill", "signal");
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr
