// SPDX-License-Identifier: Apache-2.0
// What the CSMS knows, in one SQLite file. When a function that writes has returned, the power may fail: write-ahead log, a sync
// before each return. It does not know OCPP's messages, only the values that are looked for later; the whole message lies beside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "peers/csms/sqlite.hpp"

namespace voltkeep::csms {

struct StationRow {
    std::string id;
    std::string vendor, model, serial, firmware;   ///< as its last BootNotification said; empty: not said
    std::string boot_reason;
    WallTime booted;
};

struct ConnectorRow {
    std::int64_t evse = 0, connector = 0;
    std::string status;                            ///< ConnectorStatusEnum
    WallTime at;
};

/// One TransactionEvent. A transaction's name is unique for its station alone, so the station is part of the key.
struct EventRow {
    std::string station;
    std::string transaction;
    std::int64_t sequence = 0;                     ///< seqNo
    std::string kind;                              ///< Started, Updated, Ended
    std::string trigger;
    WallTime at;                                   ///< by the station's clock
    bool offline = false;
    std::optional<std::int64_t> evse;
    std::optional<std::string> token;
    std::optional<std::int64_t> first_register;    ///< 1/1000 Wh: the first Energy.Active.Import.Register in it
    std::optional<std::int64_t> last_register;     ///< the last one
    std::optional<std::string> cost;               ///< total of costDetails, exact decimal
    std::optional<std::string> currency;
    std::optional<std::string> stopped_reason;
    std::string payload;                           ///< the request as JSON
};

enum class Stored : std::uint8_t {
    added,
    repeated,      ///< that seqNo is stored already, with the same kind, trigger and time: the station did not see our answer
    conflicting,   ///< that seqNo is stored already and says something else; both are kept, the first counts
};

/// What all events of a transaction say together.
struct TransactionRow {
    std::string station;
    std::string transaction;
    std::int64_t events = 0;
    std::int64_t gaps = 0;  ///< numbers that are not there, from Started's (0 while it is missing) to the highest
    std::int64_t conflicts = 0;
    std::optional<std::int64_t> evse;
    std::optional<std::int64_t> energy;            ///< 1/1000 Wh, last register value minus first
    std::optional<std::string> cost, currency;     ///< the newest that was sent
    std::optional<std::string> stopped_reason;
    bool is_ended = false;
};

class Store {
public:
    /// Errors: io; integrity if the file is of another program or of a later version.
    [[nodiscard]] static Result<Store> open(const std::string& path);

    [[nodiscard]] Result<> put_token(std::string_view token, std::string_view type);
    /// Not case-sensitive.
    [[nodiscard]] Result<bool> knows_token(std::string_view token, std::string_view type) const;
    /// The type of a token that is known; nothing otherwise.
    [[nodiscard]] Result<std::optional<std::string>> type_of_token(std::string_view token) const;

    [[nodiscard]] Result<> put_boot(const StationRow& station);
    /// It has been accepted once, in this life or an earlier one.
    [[nodiscard]] Result<bool> has_booted(std::string_view station) const;
    [[nodiscard]] Result<> put_status(std::string_view station, const ConnectorRow& connector);
    /// A message that is only kept: at most the newest `kept_notices` of all stations.
    [[nodiscard]] Result<> put_notice(std::string_view station, std::string_view action, std::string_view payload,
                                      WallTime received);
    [[nodiscard]] Result<Stored> put_event(const EventRow& event, WallTime received);

    [[nodiscard]] Result<std::vector<StationRow>> stations() const;
    [[nodiscard]] Result<std::vector<ConnectorRow>> connectors(std::string_view station) const;
    /// Errors: not_found.
    [[nodiscard]] Result<TransactionRow> transaction(std::string_view station, std::string_view transaction) const;
    /// The newest, at most `limit`, newest first; with a name, only those of that name.
    [[nodiscard]] Result<std::vector<TransactionRow>> transactions(std::size_t limit,
                                                                   std::optional<std::string_view> name = {}) const;
    /// In the order of seqNo.
    [[nodiscard]] Result<std::vector<EventRow>> events(std::string_view station, std::string_view transaction) const;

    static constexpr std::int64_t kept_notices = 10'000;

private:
    explicit Store(Database database) : database_(std::move(database)) {}
    [[nodiscard]] sqlite3* at() const { return database_.get(); }

    Database database_;
};

}  // namespace voltkeep::csms
