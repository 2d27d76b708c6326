// SPDX-License-Identifier: Apache-2.0
#include "sqlite.hpp"

namespace voltkeep::csms {

namespace {

std::unexpected<Error> refuse(sqlite3* database, int status) {
    const Errc code = (status & 0xff) == SQLITE_FULL ? Errc::full : Errc::io;
    return fail(code, std::string("database: ") + (database ? sqlite3_errmsg(database) : sqlite3_errstr(status)));
}

}  // namespace

Result<Database> open_database(const std::string& path) {
    sqlite3* opened = nullptr;
    const int status =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database(opened);
    if (status != SQLITE_OK) return fail(Errc::io, path + ": " + sqlite3_errstr(status));
    sqlite3_extended_result_codes(opened, 1);
    return database;
}

Result<> execute(sqlite3* database, const char* sql) {
    const int status = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
    if (status != SQLITE_OK) return refuse(database, status);
    return {};
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
    sqlite3_stmt* made = nullptr;
    status_ = sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &made, nullptr);
    statement_.reset(made);
}

Statement& Statement::bind(std::int64_t value) {
    if (status_ == SQLITE_OK) status_ = sqlite3_bind_int64(statement_.get(), ++bound_, value);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    if (status_ == SQLITE_OK)
        status_ = sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind_null() {
    if (status_ == SQLITE_OK) status_ = sqlite3_bind_null(statement_.get(), ++bound_);
    return *this;
}

Result<bool> Statement::next() {
    if (status_ != SQLITE_OK) return refuse(database_, status_);
    const int status = sqlite3_step(statement_.get());
    if (status == SQLITE_ROW) return true;
    if (status == SQLITE_DONE) return false;
    return refuse(database_, status);
}

Result<> Statement::run() {
    while (TRY(next())) {}
    return {};
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))) : std::string();
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Statement::maybe_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

}  // namespace voltkeep::csms
