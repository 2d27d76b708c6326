// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <filesystem>

#include "kernel/config.hpp"

namespace voltkeep::session {

namespace {

constexpr const char* schema = R"(
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS evse (number INTEGER PRIMARY KEY, durable BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS boot (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
)";

std::unexpected<Error> fail_database(sqlite3* database, std::string_view what) {
    const int code = sqlite3_errcode(database);
    return fail(code == SQLITE_FULL ? Errc::full : Errc::io, std::string(what) + ": " + sqlite3_errmsg(database));
}

/// A prepared statement for one use.
class Statement {
public:
    Statement(sqlite3* database, const char* sql) : database_(database) { sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr); }
    Statement(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }
    Statement& bind(int position, std::uint64_t value) {
        sqlite3_bind_int64(statement_, position, static_cast<sqlite3_int64>(value));
        return *this;
    }
    Statement& bind(int position, Bytes value) {
        sqlite3_bind_blob64(statement_, position, value.data(), value.size(), SQLITE_TRANSIENT);
        return *this;
    }
    Statement& bind(int position, std::string_view value) {
        sqlite3_bind_text64(statement_, position, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
        return *this;
    }
    /// True: there is a row. False: there is none (any more).
    Result<bool> step() {
        const int code = statement_ ? sqlite3_step(statement_) : SQLITE_ERROR;
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        return fail_database(database_, "session store");
    }
    [[nodiscard]] std::uint64_t number(int column) const { return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column)); }
    [[nodiscard]] Bytes blob(int column) const {
        return {static_cast<const std::byte*>(sqlite3_column_blob(statement_, column)), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
};

/// A stored value begins with the fingerprint of its type: another build's is not misread.
template <class T>
Result<T> decode_stored(Bytes bytes) {
    const auto file = kernel::encode_config(T{});
    if (bytes.size() < 8 || std::memcmp(bytes.data(), file.data(), 8) != 0)
        return fail(Errc::integrity, "the session store was written by another build");
    return kernel::decode<T>(bytes.subspan(8));
}

}  // namespace

Result<Database> Database::open(const std::string& folder) {
    Database database;
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);   // a failure shows at the open
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2((folder + "/session.db").c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database.database_.reset(opened);
    if (code != SQLITE_OK) return fail(Errc::io, folder + "/session.db: " + sqlite3_errstr(code));
    TRY(database.execute(schema));
    Statement row(opened, "SELECT seq FROM sqlite_sequence WHERE name = 'event'");
    if (TRY(row.step())) database.given_ = row.number(0);
    return database;
}

Result<> Database::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail_database(database_.get(), "session store");
    return {};
}

Result<std::optional<charging::Durable>> Database::load(EvseId evse) {
    Statement row(database_.get(), "SELECT durable FROM evse WHERE number = ?");
    row.bind(1, evse.number);
    if (!TRY(row.step())) return std::nullopt;
    return TRY(decode_stored<charging::Durable>(row.blob(0)));
}

Result<bool> Database::is_same_boot() {
    const auto id = TRY(kernel::read_file("run/boot-id", 64));
    const std::string_view present = as_text(id);
    bool is_same = false;
    {
        Statement row(database_.get(), "SELECT 1 FROM boot WHERE id = ?");
        is_same = TRY(row.bind(1, present).step());
    }
    TRY(Statement(database_.get(), "INSERT OR REPLACE INTO boot VALUES (1, ?)").bind(1, present).step());
    return is_same;
}

Result<> Database::write(const Commit& c) {
    TRY(execute("BEGIN IMMEDIATE"));
    auto all = [&]() -> Result<> {
        if (c.durable)
            TRY(Statement(database_.get(), "INSERT OR REPLACE INTO evse VALUES (?, ?)").bind(1, c.evse.number).bind(2, kernel::encode_config(*c.durable)).step());
        for (const Event& event : c.events)
            TRY(Statement(database_.get(), "INSERT INTO event (body) VALUES (?)").bind(1, kernel::encode_config(event)).step());
        return execute("COMMIT");
    };
    const Result<> done = all();
    if (!done) (void)execute("ROLLBACK");   // fails only when the failure has already rolled it back
    return done;
}

Result<TakeEvents::Events> Database::read(std::uint64_t acknowledged, std::uint64_t after) {
    if (acknowledged > given_ || after > given_) return fail(Errc::bad_argument, "an event that was never given");
    if (acknowledged > 0) TRY(Statement(database_.get(), "DELETE FROM event WHERE sequence <= ?").bind(1, acknowledged).step());
    TakeEvents::Events events;
    Statement rows(database_.get(), "SELECT sequence, body FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?");
    rows.bind(1, after).bind(2, events.events.capacity);
    while (TRY(rows.step())) {
        Event event = TRY(decode_stored<Event>(rows.blob(1)));
        event.sequence = rows.number(0);
        CHECK(events.events.push(event));
    }
    if (!events.events.empty()) given_ = std::max(given_, events.events[events.events.size() - 1].sequence);
    return events;
}

}  // namespace voltkeep::session
