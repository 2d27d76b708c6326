// SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <format>

namespace voltkeep::csms {

namespace {

constexpr std::int64_t application = 0x564b4353;   ///< "VKCS", in the file's header
constexpr std::int64_t version = 1;

constexpr const char* schema = R"(
BEGIN IMMEDIATE;
CREATE TABLE stations(station TEXT PRIMARY KEY, vendor TEXT NOT NULL, model TEXT NOT NULL, serial TEXT NOT NULL, firmware TEXT NOT NULL,
                      boot_reason TEXT NOT NULL, booted_ms INTEGER NOT NULL);
CREATE TABLE connectors(station TEXT, evse INTEGER, connector INTEGER, status TEXT NOT NULL, at_ms INTEGER NOT NULL,
                        PRIMARY KEY(station, evse, connector));
CREATE TABLE tokens(token TEXT COLLATE NOCASE, type TEXT, PRIMARY KEY(token, type));
CREATE TABLE notices(number INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, action TEXT NOT NULL, payload TEXT NOT NULL,
                     received_ms INTEGER NOT NULL);
CREATE TABLE events(number INTEGER PRIMARY KEY, station TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL, kind TEXT NOT NULL,
                    trigger TEXT NOT NULL, at_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, offline INTEGER NOT NULL, evse INTEGER,
                    token TEXT, first_register INTEGER, last_register INTEGER, cost TEXT, currency TEXT, stopped_reason TEXT,
                    payload TEXT NOT NULL, UNIQUE(station, name, sequence));
CREATE TABLE conflicts(number INTEGER PRIMARY KEY, station TEXT NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL,
                       payload TEXT NOT NULL, received_ms INTEGER NOT NULL, UNIQUE(station, name, sequence, payload));
CREATE INDEX by_kind ON events(station, name, kind, sequence);
CREATE INDEX by_evse ON events(station, name, sequence) WHERE evse NOT NULL;
CREATE INDEX by_cost ON events(station, name, sequence) WHERE cost NOT NULL;
CREATE VIEW transactions AS
  SELECT t.station, t.name, t.events, t.newest,
    t.highest + 1 - t.events
      - min(t.lowest, coalesce((SELECT sequence FROM events e WHERE e.station = t.station AND e.name = t.name AND kind = 'Started' LIMIT 1), 0))
      AS gaps,
    (SELECT count(*) FROM conflicts c WHERE c.station = t.station AND c.name = t.name) AS conflicts,
    (SELECT evse FROM events e WHERE e.station = t.station AND e.name = t.name AND evse NOT NULL ORDER BY sequence LIMIT 1) AS evse,
    (SELECT last_register FROM events e WHERE e.station = t.station AND e.name = t.name AND last_register NOT NULL ORDER BY sequence DESC LIMIT 1)
      - (SELECT first_register FROM events e WHERE e.station = t.station AND e.name = t.name AND first_register NOT NULL ORDER BY sequence LIMIT 1)
      AS energy,
    (SELECT cost FROM events e WHERE e.station = t.station AND e.name = t.name AND cost NOT NULL ORDER BY sequence DESC LIMIT 1) AS cost,
    (SELECT currency FROM events e WHERE e.station = t.station AND e.name = t.name AND cost NOT NULL ORDER BY sequence DESC LIMIT 1) AS currency,
    (SELECT stopped_reason FROM events e WHERE e.station = t.station AND e.name = t.name AND kind = 'Ended' ORDER BY sequence DESC LIMIT 1)
      AS stopped_reason,
    EXISTS(SELECT 1 FROM events e WHERE e.station = t.station AND e.name = t.name AND kind = 'Ended') AS is_ended
  FROM (SELECT station, name, count(*) AS events, min(sequence) AS lowest, max(sequence) AS highest, max(number) AS newest
        FROM events GROUP BY station, name) t;
PRAGMA application_id = 0x564b4353;
PRAGMA user_version = 1;
COMMIT;
)";

constexpr std::string_view transaction_columns =
    "SELECT station, name, events, gaps, conflicts, evse, energy, cost, currency, stopped_reason, is_ended FROM transactions ";

TransactionRow transaction_of(const Statement& s) {
    return {s.text(0),          s.text(1),       s.integer(2),    s.integer(3),    s.integer(4), s.maybe_integer(5),
            s.maybe_integer(6), s.maybe_text(7), s.maybe_text(8), s.maybe_text(9), s.integer(10) != 0};
}

Result<std::int64_t> number_of(sqlite3* database, std::string_view sql) {
    Statement statement(database, sql);
    return TRY(statement.next()) ? statement.integer(0) : 0;
}

}  // namespace

Result<Store> Store::open(const std::string& path) {
    Database database = TRY(open_database(path));
    const auto mode =
        execute(database.get(), "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    if (!mode) return fail(mode.error().code, path + ": " + std::string(mode.error().what.view()));
    const std::int64_t whose = TRY(number_of(database.get(), "PRAGMA application_id"));
    if (whose == 0 && TRY(number_of(database.get(), "SELECT count(*) FROM sqlite_schema")) == 0) {
        TRY(execute(database.get(), schema));
        return Store(std::move(database));
    }
    if (whose != application || TRY(number_of(database.get(), "PRAGMA user_version")) != version)
        return fail(Errc::integrity, path + ": not a database of this version of csms: choose another file with --database");
    return Store(std::move(database));
}

Result<> Store::put_token(std::string_view token, std::string_view type) {
    return Statement(at(), "INSERT OR IGNORE INTO tokens VALUES(?, ?)").values(token, type).run();
}

Result<bool> Store::knows_token(std::string_view token, std::string_view type) const {
    return Statement(at(), "SELECT 1 FROM tokens WHERE token = ? AND type = ?").values(token, type).next();
}

Result<std::optional<std::string>> Store::type_of_token(std::string_view token) const {
    Statement found(at(), "SELECT type FROM tokens WHERE token = ? ORDER BY rowid LIMIT 1");
    if (!TRY(found.values(token).next())) return std::nullopt;
    return found.text(0);
}

Result<> Store::put_boot(const StationRow& s) {
    return Statement(at(), "INSERT OR REPLACE INTO stations VALUES(?, ?, ?, ?, ?, ?, ?)")
        .values(s.id, s.vendor, s.model, s.serial,
                s.firmware, s.boot_reason, s.booted.unix_ms)
        .run();
}

Result<bool> Store::has_booted(std::string_view station) const {
    return Statement(at(), "SELECT 1 FROM stations WHERE station = ?").values(station).next();
}

Result<> Store::put_status(std::string_view station, const ConnectorRow& c) {
    return Statement(at(), "INSERT OR REPLACE INTO connectors VALUES(?, ?, ?, ?, ?)")
        .values(station, c.evse, c.connector, c.status, c.at.unix_ms)
        .run();
}

Result<> Store::put_notice(std::string_view station, std::string_view action, std::string_view payload, WallTime received) {
    TRY(Statement(at(), "INSERT INTO notices(station, action, payload, received_ms) VALUES(?, ?, ?, ?)")
            .values(station, action, payload, received.unix_ms)
            .run());
    return Statement(at(), "DELETE FROM notices WHERE number <= ?").values(sqlite3_last_insert_rowid(at()) - kept_notices).run();
}

Result<Stored> Store::put_event(const EventRow& e, WallTime received) {
    Statement known(at(), "SELECT kind, trigger, at_ms FROM events WHERE station = ? AND name = ? AND sequence = ?");
    known.values(e.station, e.transaction, e.sequence);
    if (TRY(known.next())) {
        if (known.text(0) == e.kind && known.text(1) == e.trigger && known.integer(2) == e.at.unix_ms) return Stored::repeated;
        TRY(Statement(at(),
                      "INSERT OR IGNORE INTO conflicts(station, name, sequence, payload, received_ms) VALUES(?, ?, ?, ?, ?)")
                .values(e.station, e.transaction, e.sequence, e.payload, received.unix_ms)
                .run());
        return Stored::conflicting;
    }
    TRY(Statement(
            at(),
            "INSERT INTO events(station, name, sequence, kind, trigger, at_ms, received_ms, offline, evse, token, "
            "first_register, "
            "last_register, cost, currency, stopped_reason, payload) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .values(e.station, e.transaction, e.sequence, e.kind, e.trigger, e.at.unix_ms, received.unix_ms,
                    std::int64_t{e.offline}, e.evse, e.token, e.first_register, e.last_register, e.cost, e.currency,
                    e.stopped_reason, e.payload)
            .run());
    return Stored::added;
}

Result<std::vector<StationRow>> Store::stations() const {
    std::vector<StationRow> rows;
    Statement s(at(), "SELECT station, vendor, model, serial, firmware, boot_reason, booted_ms FROM stations ORDER BY station");
    while (TRY(s.next())) rows.push_back({s.text(0), s.text(1), s.text(2), s.text(3), s.text(4), s.text(5), {s.integer(6)}});
    return rows;
}

Result<std::vector<ConnectorRow>> Store::connectors(std::string_view station) const {
    std::vector<ConnectorRow> rows;
    Statement s(at(), "SELECT evse, connector, status, at_ms FROM connectors WHERE station = ? ORDER BY evse, connector");
    s.values(station);
    while (TRY(s.next())) rows.push_back({s.integer(0), s.integer(1), s.text(2), {s.integer(3)}});
    return rows;
}

Result<TransactionRow> Store::transaction(std::string_view station, std::string_view transaction) const {
    Statement s(at(), std::format("{}WHERE station = ? AND name = ?", transaction_columns));
    if (!TRY(s.values(station, transaction).next())) return fail(Errc::not_found, "no such transaction");
    return transaction_of(s);
}

Result<std::vector<TransactionRow>> Store::transactions(std::size_t limit, std::optional<std::string_view> name) const {
    std::vector<TransactionRow> rows;
    Statement s(at(), std::format("{}{}ORDER BY newest DESC LIMIT ?", transaction_columns, name ? "WHERE name = ? " : ""));
    if (name) s.bind(*name);
    s.bind(static_cast<std::int64_t>(limit));
    while (TRY(s.next())) rows.push_back(transaction_of(s));
    return rows;
}

Result<std::vector<EventRow>> Store::events(std::string_view station, std::string_view transaction) const {
    std::vector<EventRow> rows;
    Statement s(at(),
                "SELECT station, name, sequence, kind, trigger, at_ms, offline, evse, token, first_register, last_register, "
                "cost, currency, "
                "stopped_reason, payload FROM events WHERE station = ? AND name = ? ORDER BY sequence");
    s.values(station, transaction);
    while (TRY(s.next()))
        rows.push_back({s.text(0),
                        s.text(1),
                        s.integer(2),
                        s.text(3),
                        s.text(4),
                        {s.integer(5)},
                        s.integer(6) != 0,
                        s.maybe_integer(7),
                        s.maybe_text(8),
                        s.maybe_integer(9),
                        s.maybe_integer(10),
                        s.maybe_text(11),
                        s.maybe_text(12),
                        s.maybe_text(13),
                        s.text(14)});
    return rows;
}

}  // namespace voltkeep::csms
