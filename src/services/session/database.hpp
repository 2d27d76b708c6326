// SPDX-License-Identifier: Apache-2.0
// What must survive: the durable part of each EVSE's session, and the events that the CSMS has not acknowledged.
// SQLite (WAL, synchronous=FULL). Blocks for the disk: not for the service's own thread once it serves.
#pragma once

#include <sqlite3.h>

#include <memory>

#include "backlog.hpp"

namespace voltkeep::session {

class Database {
public:
    /// Opens the database in `folder`, made if missing. Errors: io (also a file that is no database of ours).
    static Result<Database> open(const std::string& folder);

    /// What was stored of an EVSE, if anything.
    [[nodiscard]] Result<std::optional<charging::Durable>> load(EvseId evse);
    /// Whether the present boot of the process manager is the one in which this was written last, and notes the present one.
    [[nodiscard]] Result<bool> is_same_boot();
    /// All of it or nothing. Errors: full, io.
    [[nodiscard]] Result<> write(const Commit& commit);
    /// Forgets events up to `acknowledged`; gives those behind `after`. Errors: bad_argument (either was never given, neither by this
    /// process nor by one before it: whoever says so is mistaken, or lies), io.
    [[nodiscard]] Result<TakeEvents::Events> read(std::uint64_t acknowledged, std::uint64_t after);

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    [[nodiscard]] Result<> execute(const char* sql);

    std::unique_ptr<sqlite3, Close> database_;
    std::uint64_t given_ = 0;                  ///< events up to here may have been given
};

}  // namespace voltkeep::session
