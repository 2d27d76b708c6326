// SPDX-License-Identifier: Apache-2.0
// What the CSMS has got of a transaction, and what its signed readings say.
#pragma once

#include <sqlite3.h>

#include <fstream>

#include "harness/tool.hpp"

namespace voltkeep::harness {

/// What the CSMS has on its disk of one transaction, as it came: one message a line.
inline std::string stored_messages(const std::string& folder, std::string_view transaction) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2((folder + "/csms.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_stmt* rows = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, "SELECT payload FROM events WHERE name = ? ORDER BY sequence", -1, &rows, nullptr),
              SQLITE_OK);
    sqlite3_bind_text(rows, 1, transaction.data(), static_cast<int>(transaction.size()), SQLITE_STATIC);
    std::string lines;
    while (sqlite3_step(rows) == SQLITE_ROW)
        lines += std::string(reinterpret_cast<const char*>(sqlite3_column_text(rows, 0))) + "\n";
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return lines;
}

inline Said verify_readings(const std::string& folder, const std::string& messages, int evse = 1) {
    const std::string file = folder + "/readings.json";
    std::ofstream(file) << messages;
    return say({"meter", "verify", file, "--key", folder + "/pki/meter@" + std::to_string(evse) + "/public.pem", "--json"});
}

}  // namespace voltkeep::harness
