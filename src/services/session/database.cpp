// SPDX-License-Identifier: Apache-2.0
#include "database.hpp"

#include <filesystem>
#include <format>

#include "aside.hpp"
#include "kernel/config.hpp"
#include "statement.hpp"

namespace voltkeep::session {

namespace {

constexpr const char* schema = R"(
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS evse (number INTEGER PRIMARY KEY, durable BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS event (sequence INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS boot (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS spare (sequence INTEGER PRIMARY KEY, lane INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS dropped (one INTEGER PRIMARY KEY CHECK (one = 1), events INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS unreadable (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
)";

/// Which events may be dropped, the first ones first. On the disk in `spare`: numbers are not used anew.
enum class Spare : std::uint8_t { periodic = 0, superseded = 1, updated = 2 };

/// Nothing: it may not.
//= OCPP 2.1 E04.FR.07, E11.FR.04, E12.FR.04 Updated alone, and none that says that a limit was reached
std::optional<Spare> spare_of(const Event& event) {
    if (event.kind != EventKind::transaction) return Spare::superseded;   // of no interest beside a newer one
    if (!event.record || event.record->kind != RecordKind::updated) return std::nullopt;
    switch (event.record->trigger) {
        case Trigger::meter_value_periodic: return Spare::periodic;
        case Trigger::charging_state_changed: return Spare::updated;
        default: return std::nullopt;
    }
}

/// A stored value begins with the fingerprint of its type: another build's is not misread.
template <class T>
Result<T> decode_stored(Bytes bytes) {
    static const auto fingerprint = kernel::encode_config(T{});
    if (bytes.size() < 8 || std::memcmp(bytes.data(), fingerprint.data(), 8) != 0)
        return fail(Errc::integrity, "the session store was written by another build of the station");
    return kernel::decode<T>(bytes.subspan(8));
}

}  // namespace

// ---- open -------------------------------------------------------------------------------------------------------------

Result<Database> Database::open(const std::string& folder, std::uint64_t bound) {
    Database database(folder, bound);
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);   // a failure shows at the open
    TRY(finish_replacement(folder));
    const Result<> opened = database.open_file(store_name).and_then([&] { return database.check_build(); });
    if (!opened && opened.error().code != Errc::integrity) return std::unexpected(opened.error());
    if (!opened) TRY(database.begin_anew(opened.error()));
    return database;
}

Result<> Database::open_file(std::string_view name) {
    const std::string path = folder_ + "/" + std::string(name);
    sqlite3* opened = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) return fail(Errc::io, path + ": " + sqlite3_errstr(code));
    TRY(execute(schema));
    given_ = std::max(given_, TRY(number_of("SELECT max(seq) FROM sqlite_sequence WHERE name = 'event'")));
    waiting_ = TRY(number_of("SELECT count(*) FROM event"));
    is_dropping_ = TRY(number_of("SELECT count(*) FROM dropped")) > 0;
    return {};
}

/// Whether the sessions are this build's to go on with.
Result<> Database::check_build() {
    Statement rows(database_.get(), "SELECT number, durable FROM evse");
    while (TRY(rows.step()))
        if (const auto durable = decode_stored<charging::Durable>(rows.blob(1)); !durable)
            return fail(Errc::integrity, durable.error().what.view());
    return {};
}

Result<> Database::check_pages() {
    Statement row(database_.get(), "PRAGMA quick_check(1)");
    if (TRY(row.step()) && as_text(row.blob(0)) != "ok")
        return fail(Errc::integrity, std::format("the session store is damaged: {}", as_text(row.blob(0))));
    return {};
}

Result<> Database::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return fail_database(database_.get(), "session store");
    return {};
}

Result<std::uint64_t> Database::number_of(const char* sql) {
    Statement row(database_.get(), sql);
    return TRY(row.step()) ? row.number(0) : 0;
}

Result<> Database::transaction(const auto& body) {
    TRY(execute("BEGIN IMMEDIATE"));
    Result<> done = body();
    if (done) done = execute("COMMIT");
    if (!done) (void)execute("ROLLBACK");   // fails only when the failure has already rolled it back
    return done;
}

// ---- a store that cannot be read --------------------------------------------------------------------------------------

/// Once more in a new store, if this one turns out to be damaged.
auto Database::healed(const auto& work) -> decltype(work()) {
    auto done = work();
    if (done || done.error().code != Errc::integrity) return done;
    if (const Result<> anew = begin_anew(done.error()); !anew) return std::unexpected(anew.error());
    return work();
}

/// The old one stays the store until the new one is complete.
Result<> Database::begin_anew(const Error& why) {
    TRY(may_replace_store(folder_));
    TRY(finish_replacement(folder_));
    Notice notice{Notice::Kind::set_aside, {}, std::string(why.what.view())};
    std::unique_ptr<sqlite3, Close> old = std::move(database_);
    const Result<> made =
        open_file(successor_name).and_then([&] { return transaction([&] { return take_over(old.get(), notice); }); });
    if (!made) {
        database_ = std::move(old);
        return made;
    }
    old.reset();
    database_.reset();
    const Result<std::string> moved = replace_store(folder_);
    TRY(open_file(store_name));   // whichever it is
    if (!moved) return std::unexpected(moved.error());
    notice.file = *moved;
    notices_.push_back(std::move(notice));
    return {};
}

/// What can be read of the old one: the sessions of this build, and events, up to a damage and from the end back to it.
Result<> Database::take_over(sqlite3* old, Notice& notice) {
    Statement boots(old, "SELECT id FROM boot");
    if (boots.step().value_or(false))
        TRY(Statement(database_.get(), "INSERT OR REPLACE INTO boot VALUES (1, ?)").bind(1, as_text(boots.blob(0))).step());
    Statement sessions(old, "SELECT number, durable FROM evse");
    while (sessions.step().value_or(false))
        if (decode_stored<charging::Durable>(sessions.blob(1)))
            durables_.try_emplace(static_cast<std::uint8_t>(sessions.number(0)), sessions.blob(1).begin(),
                                  sessions.blob(1).end());
    for (const auto& [evse, durable] : durables_)
        TRY(Statement(database_.get(), "INSERT OR REPLACE INTO evse VALUES (?, ?)").bind(1, evse).bind(2, Bytes(durable)).step());

    Statement last(old, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'event'");
    if (last.step().value_or(false)) given_ = std::max(given_, last.number(0));
    TRY(Statement(database_.get(), "INSERT INTO sqlite_sequence (name, seq) VALUES ('event', ?)")
            .bind(1, given_)
            .step());  // no number is given twice
    for (const char* const order :
         {"SELECT sequence, body FROM event ORDER BY sequence", "SELECT sequence, body FROM event ORDER BY sequence DESC"}) {
        Statement rows(old, order);
        Result<bool> row = rows.step();
        for (; row && *row; row = rows.step()) TRY(take_over_event(rows.number(0), rows.blob(1), notice));
        if (row) break;   // all of it
    }
    return {};
}

Result<> Database::take_over_event(std::uint64_t sequence, Bytes body, Notice& notice) {
    const auto event = decode_stored<Event>(body);
    if (!event) {
        ++notice.lost;
        return {};
    }
    notice.count += TRY(number_of(std::format("SELECT count(*) FROM event WHERE sequence = {}", sequence).c_str())) == 0 ? 1 : 0;
    return put_event(*event, sequence);
}

Result<std::optional<charging::Durable>> Database::load(EvseId evse) {
    return healed([&]() -> Result<std::optional<charging::Durable>> {
        Statement row(database_.get(), "SELECT durable FROM evse WHERE number = ?");
        row.bind(1, evse.number);
        if (!TRY(row.step())) return std::nullopt;
        durables_[evse.number].assign(row.blob(0).begin(), row.blob(0).end());
        return TRY(decode_stored<charging::Durable>(row.blob(0)));
    });
}

Result<bool> Database::is_same_boot() {
    const auto id = TRY(kernel::read_file("run/boot-id", 64));
    const std::string_view present = as_text(id);
    return healed([&]() -> Result<bool> {
        bool is_same = false;
        {
            Statement row(database_.get(), "SELECT 1 FROM boot WHERE id = ?");
            is_same = TRY(row.bind(1, present).step());
        }
        if (!is_same) TRY(check_pages());
        TRY(Statement(database_.get(), "INSERT OR REPLACE INTO boot VALUES (1, ?)").bind(1, present).step());
        return is_same;
    });
}

// ---- events -----------------------------------------------------------------------------------------------------------

//= OCPP 2.1 E04.FR.01, E08.FR.05, E11.FR.01, E12.FR.01
Result<> Database::put_event(const Event& event, std::optional<std::uint64_t> sequence) {
    if (sequence)
        TRY(Statement(database_.get(), "INSERT OR REPLACE INTO event VALUES (?, ?)")
                .bind(1, *sequence)
                .bind(2, kernel::encode_config(event))
                .step());
    else TRY(Statement(database_.get(), "INSERT INTO event (body) VALUES (?)").bind(1, kernel::encode_config(event)).step());
    const auto spare = spare_of(event);
    if (!spare) return {};
    // A status and an authorization are superseded by their own kind alone: two lanes of one EVSE.
    const std::uint64_t lane = event.evse.number * 2u + (event.kind == EventKind::authorize ? 1u : 0u);
    const std::uint64_t number = sequence.value_or(static_cast<std::uint64_t>(sqlite3_last_insert_rowid(database_.get())));
    Statement row(database_.get(), "INSERT OR REPLACE INTO spare VALUES (?, ?, ?)");
    TRY(row.bind(1, number).bind(2, lane).bind(3, static_cast<std::uint64_t>(*spare)).step());
    return {};
}

Result<> Database::write(const Commit& c) {
    const auto durable = c.durable ? kernel::encode_config(*c.durable) : std::vector<std::byte>();
    std::uint64_t dropped = 0;
    Result<> written = healed([&] {
        dropped = 0;
        return transaction([&]() -> Result<> {
            if (c.durable)
                TRY(Statement(database_.get(), "INSERT OR REPLACE INTO evse VALUES (?, ?)")
                        .bind(1, c.evse.number)
                        .bind(2, Bytes(durable))
                        .step());
            for (const Event& event : c.events) TRY(put_event(event));
            if (waiting_ + c.events.size() > bound_) dropped = TRY(drop_some());
            return {};
        });
    });
    TRY(written);
    if (c.durable) durables_[c.evse.number] = durable;
    waiting_ += c.events.size();
    waiting_ -= std::min(dropped, waiting_);
    if (dropped > 0 && !std::exchange(is_dropping_, true)) notices_.push_back({.kind = Notice::Kind::dropping, .count = bound_});
    return {};
}

/// How many went. Of meter values every other one, over the whole time: never from one end of the queue.
//= OCPP 2.1 E04.FR.08, E11.FR.05, E12.FR.05, J02.FR.13 the 1st, 3rd, 5th Updated
// QueueAllMessages is off: a status that is no longer true need not be queued.
Result<std::uint64_t> Database::drop_some() {
    const auto every_other = [](Spare kind) {
        return std::format(
            "SELECT sequence FROM (SELECT sequence, row_number() OVER (PARTITION BY lane ORDER BY sequence) AS place FROM spare "
            "WHERE kind = {}) "
            "WHERE place % 2 = 1",
            static_cast<int>(kind));
    };
    const std::string superseded = std::format(
        "SELECT sequence FROM spare WHERE kind = {0} AND sequence NOT IN (SELECT max(sequence) FROM spare WHERE kind = {0} GROUP "
        "BY lane)",
        static_cast<int>(Spare::superseded));
    for (const std::string& these : {every_other(Spare::periodic), superseded, every_other(Spare::updated)}) {
        TRY(execute(std::format("DELETE FROM event WHERE sequence IN ({})", these).c_str()));
        const auto dropped = static_cast<std::uint64_t>(sqlite3_changes(database_.get()));
        TRY(execute(std::format("DELETE FROM spare WHERE sequence IN ({})", these).c_str()));
        if (dropped == 0) continue;
        Statement sum(database_.get(),
                      "INSERT INTO dropped VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET events = events + excluded.events");
        TRY(sum.bind(1, dropped).step());
        return dropped;
    }
    return 0;   // beginnings and ends alone: two for each visit of a car
}

Result<TakeEvents::Events> Database::read(std::uint64_t acknowledged, std::uint64_t after) {
    if (acknowledged > given_ || after > given_) return fail(Errc::bad_argument, "an event that was never given");
    return healed([&]() -> Result<TakeEvents::Events> {
        if (acknowledged > 0) TRY(forget(acknowledged));
        bool is_whole = true;
        auto events = TRY(give(after, is_whole));
        if (!is_whole) {
            TRY(set_unreadable_aside());
            events = TRY(give(after, is_whole));
        }
        if (!events.events.empty()) given_ = std::max(given_, events.events[events.events.size() - 1].sequence);
        return events;
    });
}

Result<> Database::forget(std::uint64_t acknowledged) {
    std::uint64_t gone = 0;
    std::optional<std::uint64_t> dropped;
    Result<> forgotten = transaction([&]() -> Result<> {
        TRY(Statement(database_.get(), "DELETE FROM event WHERE sequence <= ?").bind(1, acknowledged).step());
        gone = static_cast<std::uint64_t>(sqlite3_changes(database_.get()));
        TRY(Statement(database_.get(), "DELETE FROM spare WHERE sequence <= ?").bind(1, acknowledged).step());
        if (!is_dropping_ || waiting_ - std::min(gone, waiting_) > bound_ / 2) return {};
        dropped = TRY(number_of("SELECT events FROM dropped"));
        return execute("DELETE FROM dropped");
    });
    TRY(forgotten);
    waiting_ -= std::min(gone, waiting_);
    if (!dropped) return {};
    is_dropping_ = false;
    notices_.push_back({.kind = Notice::Kind::dropped, .count = *dropped});
    return {};
}

/// `is_whole` false: there is one among them that cannot be read.
Result<TakeEvents::Events> Database::give(std::uint64_t after, bool& is_whole) {
    TakeEvents::Events events;
    Statement rows(database_.get(), "SELECT sequence, body FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?");
    rows.bind(1, after).bind(2, events.events.capacity);
    is_whole = true;
    while (TRY(rows.step())) {
        auto event = decode_stored<Event>(rows.blob(1));
        is_whole = is_whole && event;
        if (!event) continue;
        event->sequence = rows.number(0);
        CHECK(events.events.push(*event));
    }
    return events;
}

/// All of them at once: another build's are many.
Result<> Database::set_unreadable_aside() {
    Notice notice{.kind = Notice::Kind::events_unreadable};
    Result<> moved = transaction([&]() -> Result<> {
        std::vector<std::uint64_t> unreadable;
        Statement rows(database_.get(), "SELECT sequence, body FROM event ORDER BY sequence");
        while (TRY(rows.step())) {
            const auto event = decode_stored<Event>(rows.blob(1));
            if (event) continue;
            if (unreadable.empty()) notice.why = event.error().what.view();
            unreadable.push_back(rows.number(0));
        }
        for (const std::uint64_t sequence : unreadable) {
            TRY(Statement(database_.get(),
                          "INSERT OR REPLACE INTO unreadable SELECT sequence, body FROM event WHERE sequence = ?")
                    .bind(1, sequence)
                    .step());
            TRY(Statement(database_.get(), "DELETE FROM event WHERE sequence = ?").bind(1, sequence).step());
            TRY(Statement(database_.get(), "DELETE FROM spare WHERE sequence = ?").bind(1, sequence).step());
        }
        notice.count = unreadable.size();
        if (!unreadable.empty()) notice.first = unreadable.front();
        return {};
    });
    TRY(moved);
    waiting_ -= std::min(notice.count, waiting_);
    notices_.push_back(std::move(notice));
    return {};
}

}  // namespace voltkeep::session
