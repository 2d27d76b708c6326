// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <memory>

#include "grouped.hpp"
#include "parts.hpp"

namespace bench {

using namespace voltkeep;

namespace {

/// One connection: the fields of an entry of the log in a table.
class Table {
public:
    explicit Table(const std::string& file) {
        is_good_ = sqlite3_open(file.c_str(), &database_) == SQLITE_OK && sqlite3_busy_timeout(database_, 60'000) == SQLITE_OK &&
                   run("PRAGMA journal_mode=WAL") && run("PRAGMA synchronous=FULL") &&
                   run("CREATE TABLE IF NOT EXISTS entries(id INTEGER PRIMARY KEY, source TEXT, sequence INTEGER, boot INTEGER, "
                       "monotonic_ns INTEGER,"
                       " wall_ms INTEGER, type TEXT, evse INTEGER, payload TEXT)") &&
                   sqlite3_prepare_v2(
                       database_,
                       "INSERT INTO entries(source,sequence,boot,monotonic_ns,wall_ms,type,evse,payload) VALUES(?,?,?,?,?,?,?,?)",
                       -1, &insert_, nullptr) == SQLITE_OK;
    }
    ~Table() {
        sqlite3_finalize(insert_);
        sqlite3_close(database_);
    }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    /// So many entries in one transaction; durable when it returns true.
    bool append(unsigned count) {
        bool is_done = is_good_ && run("BEGIN IMMEDIATE");
        for (unsigned i = 0; i < count && is_done; ++i) is_done = insert();
        return is_done && run("COMMIT");
    }

private:
    bool run(const char* statement) { return sqlite3_exec(database_, statement, nullptr, nullptr, nullptr) == SQLITE_OK; }
    bool insert() {
        sqlite3_bind_text(insert_, 1, "session", -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 2, ++sequence_);
        sqlite3_bind_int64(insert_, 3, 1);
        sqlite3_bind_int64(insert_, 4, now().ns);
        sqlite3_bind_int64(insert_, 5, wall_now().unix_ms);
        sqlite3_bind_text(insert_, 6, "session", -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 7, 1);
        sqlite3_bind_text(insert_, 8, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
        const bool is_done = sqlite3_step(insert_) == SQLITE_DONE;
        return sqlite3_reset(insert_) == SQLITE_OK && is_done;
    }

    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    std::int64_t sequence_ = 0;
    bool is_good_ = false;
};

}  // namespace

Appends append_to_sqlite(const std::string& folder, int writers, Duration time) {
    const std::string file = folder + "/entries.db";
    Table first(file);  // makes it
    return write_for(time, writers, [&]() -> Append {
        auto table = std::make_shared<Table>(file);
        return [table] { return table->append(1); };
    });
}

Appends append_to_sqlite_grouped(const std::string& folder, int writers, Duration time) {
    Table table(folder + "/entries.db");
    Grouped grouped([&](unsigned count) { return table.append(count); }, [] {});
    return write_for(time, writers, [&] { return [&] { return grouped.append(); }; });
}

}  // namespace bench
