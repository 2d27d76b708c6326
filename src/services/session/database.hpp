// SPDX-License-Identifier: Apache-2.0
// What must survive: the durable part of each EVSE's session, and the events that the CSMS has not acknowledged.
// SQLite (WAL, synchronous=FULL). Blocks for the disk: not for the service's own thread once it serves.
//
// A store that cannot be read, because it is damaged or another build wrote it, is set aside under another name and never
// deleted; a new one takes over what of it can be read. A single event that cannot be read is set aside in the table
// `unreadable`. What waits for the CSMS is bounded: beyond that, what OCPP allows to drop is dropped, never the beginning or the
// end of a transaction.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>

#include "backlog.hpp"

namespace voltkeep::session {

/// What somebody must hear of the store.
struct Notice {
    enum class Kind : std::uint8_t {
        set_aside,  ///< the store could not be read: `file` holds it; `count` events were taken over into the new one, `lost` not
        events_unreadable,  ///< `count` events, the first of them `first`, cannot be read and are set aside
        dropping,           ///< more events wait than are kept: what may be dropped is
        dropped,            ///< the CSMS takes events again; `count` were dropped in all
    };
    Kind kind = Kind::set_aside;
    std::string file{}, why{};
    std::uint64_t count = 0, first = 0, lost = 0;
};

class Database {
public:
    /// So many events wait for the CSMS: at 3 KiB for one with a signed reading, 30 MB.
    static constexpr std::uint64_t events_at_most = 10'000;

    /// Opens the database in `folder`, made if missing. Errors: io (also a path that is no file), full (no more can be set
    /// aside).
    static Result<Database> open(const std::string& folder, std::uint64_t bound = events_at_most);

    /// What was stored of an EVSE, if anything.
    [[nodiscard]] Result<std::optional<charging::Durable>> load(EvseId evse);
    /// Whether the present boot of the process manager is the one in which this was written last, and notes the present one. The
    /// first time in a boot the whole file is looked through for damage.
    [[nodiscard]] Result<bool> is_same_boot();
    /// All of it or nothing. Errors: full, io.
    [[nodiscard]] Result<> write(const Commit& commit);
    /// Forgets events up to `acknowledged`; gives those behind `after`. Errors: bad_argument (either was never given, neither by
    /// this process nor by one before it: whoever says so is mistaken, or lies), io.
    [[nodiscard]] Result<TakeEvents::Events> read(std::uint64_t acknowledged, std::uint64_t after);

    /// What has happened since the last time.
    [[nodiscard]] std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }

private:
    struct Close {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    Database(std::string folder, std::uint64_t bound) : folder_(std::move(folder)), bound_(bound) {}

    [[nodiscard]] Result<> open_file(std::string_view name);
    [[nodiscard]] Result<> check_build();
    [[nodiscard]] Result<> check_pages();
    [[nodiscard]] Result<> execute(const char* sql);
    [[nodiscard]] Result<> transaction(const auto& body);
    [[nodiscard]] auto healed(const auto& work) -> decltype(work());
    [[nodiscard]] Result<> begin_anew(const Error& why);
    [[nodiscard]] Result<> take_over(sqlite3* old, Notice& notice);
    [[nodiscard]] Result<> take_over_event(std::uint64_t sequence, Bytes body, Notice& notice);
    [[nodiscard]] Result<> put_event(const Event& event, std::optional<std::uint64_t> sequence = {});
    [[nodiscard]] Result<std::uint64_t> drop_some();
    [[nodiscard]] Result<> forget(std::uint64_t acknowledged);
    [[nodiscard]] Result<TakeEvents::Events> give(std::uint64_t after, bool& is_whole);
    [[nodiscard]] Result<> set_unreadable_aside();
    [[nodiscard]] Result<std::uint64_t> number_of(const char* sql);

    std::string folder_;
    std::uint64_t bound_;
    std::unique_ptr<sqlite3, Close> database_;
    std::map<std::uint8_t, std::vector<std::byte>>
        durables_;  ///< as stored last, by EVSE: what a file that breaks is not needed for
    std::vector<Notice> notices_;
    std::uint64_t given_ = 0;                  ///< events up to here may have been given
    std::uint64_t waiting_ = 0;                ///< events in the file
    bool is_dropping_ = false;                 ///< and that was said
};

}  // namespace voltkeep::session
