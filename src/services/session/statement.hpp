// SPDX-License-Identifier: Apache-2.0
// A prepared statement of SQLite for one use, and what its errors mean: `integrity` is a file that is damaged or none of
// SQLite's, `full` a full disk, `io` everything else.
#pragma once

#include <sqlite3.h>

#include <string>

#include "base/result.hpp"

namespace voltkeep::session {

inline std::unexpected<Error> fail_database(sqlite3* database, std::string_view what) {
    const int code = sqlite3_errcode(database) & 0xff;
    const Errc meaning = code == SQLITE_FULL                               ? Errc::full
                         : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? Errc::integrity
                                                                           : Errc::io;
    return fail(meaning, std::string(what) + ": " + sqlite3_errmsg(database));
}

class Statement {
public:
    Statement(sqlite3* database, const char* sql) : database_(database) {
        sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
    }
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
    [[nodiscard]] std::uint64_t number(int column) const {
        return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
    }
    [[nodiscard]] Bytes blob(int column) const {
        return {static_cast<const std::byte*>(sqlite3_column_blob(statement_, column)),
                static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
};

}  // namespace voltkeep::session
