// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace voltkeep::session {
namespace {

class SessionDatabase : public ::testing::Test {
protected:
    SessionDatabase() { EXPECT_NE(::mkdtemp(folder.data()), nullptr); }
    ~SessionDatabase() override { std::filesystem::remove_all(folder); }

    void put(Database& database, int events) {
        Commit commit{EvseId{1}, charging::Durable{}, std::vector<Event>(static_cast<std::size_t>(events))};
        EXPECT_TRUE(database.write(commit));
    }
    std::string folder = ::testing::TempDir() + "session-XXXXXX";
};

}  // namespace

TEST_F(SessionDatabase, gives_what_is_not_acknowledged_again_until_it_is) {
    Database database = MUST(Database::open(folder));
    put(database, 3);
    EXPECT_EQ(MUST(database.read(0, 0)).events.size(), 3u);
    EXPECT_EQ(MUST(database.read(2, 2)).events.size(), 1u);
    EXPECT_EQ(MUST(database.read(2, 0)).events[0].sequence, 3u);
}

TEST_F(SessionDatabase, an_acknowledgement_of_what_was_never_given_loses_nothing) {
    Database database = MUST(Database::open(folder));
    put(database, 3);
    for (const std::uint64_t lie : {std::uint64_t{1}, std::uint64_t{INT64_MAX}, UINT64_MAX}) {
        const auto refused = database.read(lie, lie);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::bad_argument);
        EXPECT_FALSE(database.read(0, lie)) << "nothing follows what was never given";
    }
    EXPECT_EQ(MUST(database.read(0, 0)).events.size(), 3u);
    put(database, 2);
    EXPECT_FALSE(database.read(5, 5)) << "the newest two were not given yet";
    EXPECT_EQ(MUST(database.read(3, 3)).events.size(), 2u);
}

TEST_F(SessionDatabase, what_a_predecessor_gave_may_be_acknowledged_later) {
    {
        Database database = MUST(Database::open(folder));
        put(database, 3);
        EXPECT_EQ(MUST(database.read(0, 0)).events.size(), 3u);
    }
    Database successor = MUST(Database::open(folder));
    EXPECT_EQ(MUST(successor.read(3, 3)).events.size(), 0u);
    put(successor, 1);
    EXPECT_EQ(MUST(successor.read(3, 3)).events[0].sequence, 4u);
}

}  // namespace voltkeep::session
