// SPDX-License-Identifier: Apache-2.0
// A session whose store is gone when it dies: linked around SQLite's open, for a station that must be found wanting.
#include <sqlite3.h>

extern "C" {
int __real_sqlite3_open_v2(const char* name, sqlite3** database, int flags, const char* vfs);
int __wrap_sqlite3_open_v2(const char*, sqlite3** database, int flags, const char* vfs) {
    return __real_sqlite3_open_v2(":memory:", database, flags, vfs);
}
}
