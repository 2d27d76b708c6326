// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "statement.hpp"

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
    void put(Database& database, RecordKind kind, Trigger trigger, std::uint32_t sequence) {
        Event event;
        event.kind = EventKind::transaction;
        event.evse = EvseId{1};
        event.record.emplace().kind = kind;
        event.record->trigger = trigger;
        event.record->sequence = sequence;
        EXPECT_TRUE(database.write({EvseId{1}, std::nullopt, {event}}));
    }
    /// What lies in a file, by somebody who is not the station.
    void change(const char* sql, const std::string& name = "session.db") {
        sqlite3* file = nullptr;
        ASSERT_EQ(sqlite3_open((folder + "/" + name).c_str(), &file), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(file, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(file);
        sqlite3_close(file);
    }
    int number(const char* sql, const std::string& name = "session.db") {
        sqlite3* file = nullptr;
        EXPECT_EQ(sqlite3_open((folder + "/" + name).c_str(), &file), SQLITE_OK);
        int found = -1;
        {
            Statement row(file, sql);
            if (MUST(row.step())) found = static_cast<int>(row.number(0));
        }
        sqlite3_close(file);
        return found;
    }
    std::vector<std::uint64_t> all(Database& database) {
        std::vector<std::uint64_t> sequences;
        for (;;) {
            const auto given = MUST(database.read(0, sequences.empty() ? 0 : sequences.back()));
            if (given.events.empty()) return sequences;
            for (const Event& event : given.events) sequences.push_back(event.sequence);
        }
    }
    bool has_file(const std::string& name) { return std::filesystem::exists(folder + "/" + name); }
    std::string folder = ::testing::TempDir() + "session-XXXXXX";
};

}  // namespace

//= OCPP 2.1 E04.FR.01, E08.FR.05, E11.FR.01, E12.FR.01
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

TEST_F(SessionDatabase, a_store_of_another_build_is_set_aside_whole_and_its_events_still_reach_the_csms) {
    {
        Database database = MUST(Database::open(folder));
        put(database, 6);
        EXPECT_EQ(MUST(database.read(0, 0)).events.size(), 4u);
        EXPECT_TRUE(database.read(2, 4));
    }
    change("UPDATE evse SET durable = x'0102030405060708090a'");
    Database successor = MUST(Database::open(folder));
    EXPECT_FALSE(MUST(successor.load(EvseId{1}))) << "what it cannot read it does not go on with";
    const auto notices = successor.take_notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].kind, Notice::Kind::set_aside);
    EXPECT_EQ(notices[0].file, "session.aside-1.db");
    EXPECT_NE(notices[0].why.find("another build"), std::string::npos);
    EXPECT_EQ(notices[0].count, 4u);
    EXPECT_EQ(all(successor), (std::vector<std::uint64_t>{3, 4, 5, 6}));
    put(successor, 1);
    EXPECT_EQ(all(successor).back(), 7u) << "no number is given twice";
    EXPECT_EQ(number("SELECT count(*) FROM evse WHERE durable = x'0102030405060708090a'", notices[0].file), 1);
    EXPECT_EQ(number("SELECT count(*) FROM event", notices[0].file), 4);
    EXPECT_FALSE(has_file("session.new.db"));
}

TEST_F(SessionDatabase, what_is_no_database_is_set_aside_as_it_is_and_not_more_often_than_somebody_can_overlook) {
    for (int i = 1; i <= 9; ++i) {
        std::ofstream(folder + "/session.db") << "this is no database, and long enough to be looked at " << i;
        auto opened = Database::open(folder);
        if (i == 9) {
            ASSERT_FALSE(opened);
            EXPECT_EQ(opened.error().code, Errc::full);
            EXPECT_TRUE(opened.error().what.view().contains("move")) << opened.error().what.view();
            break;
        }
        ASSERT_TRUE(opened) << opened.error().what.view();
        EXPECT_EQ(std::filesystem::file_size(folder + "/session.aside-" + std::to_string(i) + ".db"), 54u);
        put(*opened, 1);
    }
}

TEST_F(SessionDatabase, that_is_damaged_while_it_is_used_loses_no_session_and_only_the_events_that_were_hit) {
    {
        Database database = MUST(Database::open(folder));
        Commit commit{EvseId{1}, charging::Durable{}, std::vector<Event>(2'000)};   // more than SQLite keeps in memory
        commit.durable->requests = 7;
        for (Event& event : commit.events) event.signed_reading.emplace().record = Text<2048>::cut(std::string(2'000, '{'));
        EXPECT_TRUE(database.write(commit));
    }
    Database database = MUST(Database::open(folder));
    EXPECT_EQ(MUST(database.load(EvseId{1}))->requests, 7u);
    {
        std::fstream file(folder + "/session.db", std::ios::in | std::ios::out | std::ios::binary);
        const auto size = static_cast<std::streamoff>(std::filesystem::file_size(folder + "/session.db"));
        file.seekp(size / 4 / 4096 * 4096);
        file << std::string(4096, '\xff');   // in the middle of the events
    }
    const auto given = all(database);
    EXPECT_GT(given.size(), 1'900u);
    EXPECT_LT(given.size(), 2'000u);
    EXPECT_EQ(given.front(), 1u);
    EXPECT_EQ(given.back(), 2'000u);
    EXPECT_EQ(MUST(database.load(EvseId{1}))->requests, 7u);
    const auto notices = database.take_notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_TRUE(has_file(notices[0].file));
    put(database, 1);
    EXPECT_EQ(MUST(database.read(2'000, 2'000)).events[0].sequence, 2'001u);
}

TEST_F(SessionDatabase, an_event_that_cannot_be_read_is_set_aside_and_those_behind_it_go_on) {
    {
        Database database = MUST(Database::open(folder));
        put(database, 6);
    }
    change("UPDATE event SET body = x'00' WHERE sequence IN (2, 6)");
    {
        Database database = MUST(Database::open(folder));
        EXPECT_EQ(all(database), (std::vector<std::uint64_t>{1, 3, 4, 5}));
        const auto notices = database.take_notices();
        ASSERT_EQ(notices.size(), 1u);
        EXPECT_EQ(notices[0].kind, Notice::Kind::events_unreadable);
        EXPECT_EQ(notices[0].count, 2u);
        EXPECT_EQ(notices[0].first, 2u);
        EXPECT_TRUE(MUST(database.read(5, 5)).events.empty());
        EXPECT_TRUE(database.take_notices().empty()) << "once";
    }
    EXPECT_EQ(number("SELECT count(*) FROM unreadable"), 2);
}

TEST_F(SessionDatabase, a_replacement_that_was_killed_goes_on_where_it_was) {
    {
        Database database = MUST(Database::open(folder));
        put(database, 2);
    }
    std::filesystem::copy(folder + "/session.db",
                          folder + "/session.new.db");  // complete, and the log of the old one is moved already
    std::ofstream(folder + "/session.aside-1.db-wal") << "its log";
    std::ofstream(folder + "/session.db") << "the old one";
    Database database = MUST(Database::open(folder));
    EXPECT_EQ(all(database).size(), 2u);
    EXPECT_EQ(std::filesystem::file_size(folder + "/session.aside-1.db"), 11u);
    EXPECT_TRUE(database.take_notices().empty());
}

//= OCPP 2.1 E04.FR.07, E11.FR.04
TEST_F(SessionDatabase, a_csms_that_stays_away_costs_meter_values_and_never_a_beginning_or_an_end) {
    Database database = MUST(Database::open(folder, 20));
    std::vector<std::uint64_t> edges;
    std::uint64_t sequence = 0;
    for (int visit = 0; visit < 8; ++visit) {
        put(database, RecordKind::started, Trigger::authorized, 0);
        edges.push_back(++sequence);
        for (std::uint32_t i = 1; i <= 10; ++i, ++sequence) put(database, RecordKind::updated, Trigger::meter_value_periodic, i);
        put(database, RecordKind::ended, Trigger::ev_departed, 11);
        edges.push_back(++sequence);
        put(database, 1);   // a status
        ++sequence;
    }
    const auto left = all(database);
    EXPECT_LE(left.size(), 20u);
    EXPECT_TRUE(std::ranges::includes(left, edges));
    EXPECT_EQ(left.back(), sequence) << "the newest status";
    auto notices = database.take_notices();
    ASSERT_EQ(notices.size(), 1u) << "said once";
    EXPECT_EQ(notices[0].kind, Notice::Kind::dropping);

    EXPECT_TRUE(database.read(left[12], left[12]));
    notices = database.take_notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_EQ(notices[0].kind, Notice::Kind::dropped);
    EXPECT_EQ(notices[0].count, sequence - left.size());
}

}  // namespace voltkeep::session
