// SPDX-License-Identifier: Apache-2.0
// Whom the station knows without asking: the local authorization list, which only the CSMS writes, and the cache of what it has
// answered. Blocks C and D of OCPP 2.1. Pure; both are bounded, and kept over a reboot by whoever calls.
#pragma once

#include "kept.hpp"
#include "services/session/protocol.hpp"
#include "settings.hpp"
#include "wire/ocpp/messages/local_list.hpp"

namespace voltkeep::ocpp {

/// What the CSMS has said of an identity.
struct Known {
    Text<64> token;                  ///< a longer one is asked for each time
    Text<20> type;
    bool accepted = false;
    std::uint8_t evses = 0;          ///< where it may charge, bit n - 1 for EVSE n; 0: everywhere
    std::int64_t until_wall_ms = 0;  ///< cacheExpiryDateTime; 0: none
    std::int64_t said_wall_ms = 0;   ///< when
    friend bool operator==(const Known&, const Known&) = default;
};

struct LocalList {
    std::int32_t version = 0;        ///< 0: there is none
    List<Known, 512> entries;
    friend bool operator==(const LocalList&, const LocalList&) = default;
};

struct Cache {
    List<Known, 128> entries;
    friend bool operator==(const Cache&, const Cache&) = default;
};

/// The bounds that LocalAuthListCtrlr reports for SendLocalList.
inline constexpr std::int32_t list_items_per_message = 256;

/// What the CSMS has switched on.
struct Rules {
    bool has_list = false;           ///< LocalAuthListCtrlr.Enabled
    bool has_cache = false;          ///< AuthCacheCtrlr.Enabled
    bool before_asking = false;      ///< AuthCtrlr.LocalPreAuthorize
    bool offline = false;            ///< AuthCtrlr.LocalAuthorizeOffline
    bool unknown_offline = false;    ///< AuthCtrlr.OfflineTxForUnknownIdEnabled
    std::uint32_t cache_life_s = 0;  ///< AuthCacheCtrlr.LifeTime
};
[[nodiscard]] Rules rules_of(const Settings& settings);

enum class Decision : std::uint8_t { accept, ask, wait };
/// Whether somebody who stands at `evse` may charge. OCPP 2.1 C10 to C15.
[[nodiscard]] Decision decide(const session::Identity& who, EvseId evse, bool is_online, const LocalList& list,
                              const Cache& cache, const Rules& rules, WallTime now);

/// Whether the answer of the CSMS lets it charge there. OCPP 2.1 C01.
[[nodiscard]] bool allows(const IdTokenInfo& info, EvseId evse);

/// What became of SendLocalList. Nothing has changed unless it was accepted.
struct ListUpdate {
    SendLocalListStatusEnum status = SendLocalListStatusEnum::Failed;
    std::string_view reason;         ///< OCPP's reason code; empty: none is needed
};
/// OCPP 2.1 D01.
[[nodiscard]] ListUpdate update(LocalList& list, const SendLocalListRequest& request, const Rules& rules);

/// OCPP 2.1 C10. False: the cache is as it was, as far as it matters.
[[nodiscard]] bool remember(Cache& cache, const session::Identity& who, const IdTokenInfo& info, WallTime now);

}  // namespace voltkeep::ocpp
