// SPDX-License-Identifier: Apache-2.0
// SQLite in a few words: a database, a statement with its values, a row. Errors are values with SQLite's own reason; nothing
// throws.
#pragma once

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace voltkeep::csms {

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

/// Makes the file if it is not there. Errors: io, with the path.
[[nodiscard]] Result<Database> open_database(const std::string& path);
/// Any number of statements without values. Errors: io; full where the disk is.
[[nodiscard]] Result<> execute(sqlite3* database, const char* sql);

/// One statement, its values bound in the order of its question marks.
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql);

    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    template <class T>
    Statement& bind(const std::optional<T>& value) {
        return value ? bind(*value) : bind_null();
    }
    template <class... T>
    Statement& values(const T&... each) {
        (bind(each), ...);
        return *this;
    }

    /// True if there is a row to look at, false at the end. Errors: io, full.
    [[nodiscard]] Result<bool> next();
    /// To the end, rows left aside. Errors: io, full.
    [[nodiscard]] Result<> run();

    // Of the row that next() found; columns count from 0.
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
    [[nodiscard]] std::optional<std::string> maybe_text(int column) const;

private:
    Statement& bind_null();

    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, CloseDatabase> statement_;
    int bound_ = 0;
    int status_;
};

}  // namespace voltkeep::csms
