// SPDX-License-Identifier: Apache-2.0
#include "identities.hpp"

#include <algorithm>
#include <memory>

#include "device_model.hpp"

namespace voltkeep::ocpp {

namespace {

//= OCPP 2.1 C01.FR.25
bool is_same(const Known& a, std::string_view token, std::string_view type) {
    return is_same_name(a.token.view(), token) && is_same_name(a.type.view(), type);
}

const Known* find(std::span<const Known> entries, const session::Identity& who) {
    const auto found =
        std::ranges::find_if(entries, [&](const Known& k) { return is_same(k, who.token.view(), who.type.view()); });
    return found == entries.end() ? nullptr : &*found;
}

bool is_for(const Known& known, EvseId evse) {
    return known.evses == 0 || (evse.number >= 1 && evse.number <= most_evses && (known.evses >> (evse.number - 1) & 1) != 0);
}

/// What was said, without the time. Nothing: the identity is too long to be kept.
std::optional<Known> known_of(std::string_view token, std::string_view type, const IdTokenInfo& info) {
    const auto text = Text<64>::from(token);
    const auto kind = Text<20>::from(type);
    if (!text || !kind) return std::nullopt;
    Known known{*text, *kind, info.status == AuthorizationStatusEnum::Accepted, 0, 0, 0};
    if (info.cacheExpiryDateTime) known.until_wall_ms = std::max<std::int64_t>(info.cacheExpiryDateTime->time.unix_ms, 1);
    if (!info.evseId) return known;
    for (const Count& evse : *info.evseId)
        if (evse.value >= 1 && evse.value <= most_evses) known.evses |= static_cast<std::uint8_t>(1u << (evse.value - 1));
    known.accepted = known.accepted && known.evses != 0;   // elsewhere, and not here
    return known;
}

//= OCPP 2.1 C14.FR.04, C14.FR.05, C10.FR.13 one that has passed is as if it were not there
bool has_passed(const Known& known, WallTime now) { return known.until_wall_ms != 0 && now.unix_ms > known.until_wall_ms; }

//= OCPP 2.1 C10.FR.08, C10.FR.10
bool is_too_old(const Known& known, const Rules& rules, WallTime now) {
    return known.until_wall_ms == 0 && now.unix_ms - known.said_wall_ms > std::int64_t{rules.cache_life_s} * 1000;
}

/// What is known of it here; nothing: it is unknown.
std::optional<bool> is_accepted(const session::Identity& who, EvseId evse, const LocalList& list, const Cache& cache,
                                const Rules& rules, WallTime now) {
    //= OCPP 2.1 C13.FR.01, C14.FR.01
    const Known* listed = rules.has_list ? find(list.entries, who) : nullptr;
    if (listed && !has_passed(*listed, now)) return listed->accepted && is_for(*listed, evse);
    //= OCPP 2.1 C10.FR.11
    const Known* known = rules.has_cache ? find(cache.entries, who) : nullptr;
    if (!known || has_passed(*known, now) || is_too_old(*known, rules, now)) return std::nullopt;
    return known->accepted && is_for(*known, evse);
}

/// As `entry`, over what stands there for the same identity. False: there is no room.
bool put(LocalList& list, const Known& entry) {
    for (Known& known : list.entries)
        if (is_same(known, entry.token.view(), entry.type.view())) {
            known = entry;
            return true;
        }
    return list.entries.push(entry);
}

template <std::size_t N>
void take_out(List<Known, N>& entries, const Known* which) {
    Known& gone = entries[static_cast<std::size_t>(which - entries.begin())];
    gone = entries.back();
    (void)entries.resize(entries.size() - 1);
}

//= OCPP 2.1 D01.FR.06
bool has_one_twice(std::span<const AuthorizationData> list) {
    for (std::size_t a = 0; a < list.size(); ++a)
        for (std::size_t b = a + 1; b < list.size(); ++b)
            if (is_same_name(list[a].idToken.idToken.view(), list[b].idToken.idToken.view()) &&
                is_same_name(list[a].idToken.type.view(), list[b].idToken.type.view()))
                return true;
    return false;
}

}  // namespace

//= OCPP 2.1 D01.FR.13
Rules rules_of(const Settings& settings) {
    return {.has_list = is_on("LocalAuthListCtrlr.Enabled", settings),
            .has_cache = is_on("AuthCacheCtrlr.Enabled", settings),
            .before_asking = is_on("AuthCtrlr.LocalPreAuthorize", settings),
            .offline = is_on("AuthCtrlr.LocalAuthorizeOffline", settings),
            .unknown_offline = is_on("AuthCtrlr.OfflineTxForUnknownIdEnabled", settings),
            .cache_life_s = number_set(cache_life_time, settings).value_or(own_cache_life_s)};
}

Decision decide(const session::Identity& who, EvseId evse, bool is_online, const LocalList& list, const Cache& cache,
                const Rules& rules, WallTime now) {
    const auto known = is_accepted(who, evse, list, cache, rules, now);
    //= OCPP 2.1 C10.FR.03, C12.FR.05, C14.FR.02, C14.FR.03, C01.FR.02
    if (is_online) return known.value_or(false) && rules.before_asking ? Decision::accept : Decision::ask;
    //= OCPP 2.1 C13.FR.04, C13.FR.06, C15.FR.08
    if (!known) return rules.unknown_offline ? Decision::accept : Decision::wait;
    //= OCPP 2.1 C13.FR.02, C13.FR.05
    return *known && rules.offline ? Decision::accept : Decision::wait;
}

bool allows(const IdTokenInfo& info, EvseId evse) {
    //= OCPP 2.1 C01.FR.21
    const bool is_here =
        !info.evseId || std::ranges::any_of(*info.evseId, [evse](const Count& one) { return one.value == evse.number; });
    return info.status == AuthorizationStatusEnum::Accepted && is_here;
}

ListUpdate update(LocalList& list, const SendLocalListRequest& request, const Rules& rules) {
    using enum SendLocalListStatusEnum;
    if (!rules.has_list) return {Failed, "NotEnabled"};
    //= OCPP 2.1 D01.FR.18
    if (request.versionNumber <= 0) return {Failed, "InvalidValue"};
    const bool is_full = request.updateType == UpdateEnum::Full;
    //= OCPP 2.1 D01.FR.19
    if (!is_full && request.versionNumber <= list.version) return {VersionMismatch, {}};
    std::span<const AuthorizationData> changes;
    if (request.localAuthorizationList) changes = *request.localAuthorizationList;
    if (has_one_twice(changes)) return {Failed, "InvalidValue"};
    //= OCPP 2.1 D01.FR.04, D01.FR.05, D01.FR.15
    const auto next = is_full ? std::make_unique<LocalList>() : std::make_unique<LocalList>(list);
    next->version = request.versionNumber;
    for (const AuthorizationData& change : changes) {
        const std::string_view token = change.idToken.idToken.view(), type = change.idToken.type.view();
        //= OCPP 2.1 D01.FR.17
        if (!change.idTokenInfo) {
            if (is_full) return {Failed, "MissingParam"};
            const auto gone =
                std::ranges::find_if(next->entries, [&](const Known& known) { return is_same(known, token, type); });
            if (gone != next->entries.end()) take_out(next->entries, gone);
            continue;
        }
        const auto entry = known_of(token, type, *change.idTokenInfo);
        if (!entry) return {Failed, "TooLargeElement"};
        //= OCPP 2.1 D01.FR.16
        if (!put(*next, *entry)) return {Failed, "TooManyElements"};
    }
    list = *next;
    return {Accepted, {}};
}

bool remember(Cache& cache, const session::Identity& who, const IdTokenInfo& info, WallTime now) {
    //= OCPP 2.1 C02.FR.03, C05.FR.02
    if (who.token.empty() || is_same_name(who.type.view(), "NoAuthorization") || is_same_name(who.type.view(), "Central"))
        return false;
    auto entry = known_of(who.token.view(), who.type.view(), info);
    if (!entry) return false;
    entry->said_wall_ms = now.unix_ms;
    const Known* before = find(cache.entries, who);
    //= OCPP 2.1 C10.FR.10, C10.FR.13 one that has passed already is not kept, nor is what was known before
    if (has_passed(*entry, now)) {
        if (before) take_out(cache.entries, before);
        return before != nullptr;
    }
    if (before) {
        constexpr std::int64_t worth_a_write_ms = 3'600'000;
        Known same = *entry;
        same.said_wall_ms = before->said_wall_ms;
        if (same == *before && now.unix_ms - before->said_wall_ms < worth_a_write_ms) return false;
        take_out(cache.entries, before);
    }
    //= OCPP 2.1 C10.FR.07 first who may not charge, then the oldest
    const auto worth = [](const Known& known) { return std::pair(known.accepted, known.said_wall_ms); };
    if (cache.entries.is_full()) take_out(cache.entries, std::ranges::min_element(cache.entries, {}, worth));
    //= OCPP 2.1 C10.FR.01, C10.FR.04, C10.FR.05
    return cache.entries.push(*entry);
}

}  // namespace voltkeep::ocpp
