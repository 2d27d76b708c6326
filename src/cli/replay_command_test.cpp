// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "cli/commands.hpp"
#include "kernel/config.hpp"
#include "services/flight/test_recording.hpp"

namespace voltkeep::cli {
namespace {

class Replay : public ::testing::Test {
protected:
    Replay() {
        EXPECT_NE(::mkdtemp(folder.data()), nullptr);
        std::filesystem::create_directories(folder + "/state/session/flight");
        put("power@1.1", flight::testing::recorded_safety(300, 1));
        put("session@1.7", flight::testing::recorded_session());
        flight::Segment of_two = flight::testing::recorded_safety(100, 2);
        of_two.header.evse = EvseId{2};
        put("power@2.1", of_two);
    }
    ~Replay() override { std::filesystem::remove_all(folder); }

    void put(const std::string& name, const flight::Segment& segment) {
        EXPECT_TRUE(kernel::write_file(folder + "/state/session/flight/" + name, flight::write(segment)));
    }
    struct Said {
        int status;
        std::string output;
    };
    Said say(const std::string& what) {
        ::testing::internal::CaptureStdout();
        const auto status = replay_command(folder, what, true);
        return {status.value_or(2), ::testing::internal::GetCapturedStdout()};
    }
    std::string folder = ::testing::TempDir() + "replay-XXXXXX";
};

}  // namespace

TEST_F(Replay, runs_all_or_what_was_asked_for) {
    EXPECT_EQ(say("").status, 0);
    EXPECT_NE(say("").output.find("\"steps\":600"), std::string::npos) << say("").output;
    EXPECT_NE(say("1").output.find("\"steps\":500"), std::string::npos);
    EXPECT_NE(say("power@2").output.find("\"steps\":100"), std::string::npos);
    EXPECT_NE(say(folder + "/state/session/flight/session@1.7").output.find("\"steps\":200"), std::string::npos);
    const Said transaction = say("00000000-0000-4000-8000-000000000001");
    EXPECT_EQ(transaction.status, 0);
    EXPECT_NE(transaction.output.find("session@1"), std::string::npos);
    EXPECT_NE(transaction.output.find("power@1"), std::string::npos) << "and the safety loop meanwhile";
    EXPECT_EQ(transaction.output.find("power@2"), std::string::npos);
    EXPECT_EQ(say("00000000-0000-4000-8000-00000000dead").status, 2);
    EXPECT_EQ(say("3").status, 2);
}

TEST_F(Replay, says_which_file_is_no_recording) {
    ASSERT_TRUE(kernel::write_file(folder + "/state/session/flight/power@1.2", as_bytes("nothing of the kind")));
    EXPECT_EQ(say("").status, 1);
    EXPECT_EQ(say("power@2").status, 0) << "the others are as good as they were";
}

}  // namespace voltkeep::cli
