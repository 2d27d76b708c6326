// SPDX-License-Identifier: Apache-2.0
#include "identities.hpp"

#include <gtest/gtest.h>

#include "device_model.hpp"

namespace voltkeep::ocpp {
namespace {

using enum Decision;
using enum SendLocalListStatusEnum;

session::Identity card(std::string_view token, std::string_view type = "ISO14443") {
    return {session::IdentificationKind::token, *Text<255>::from(token), *Text<20>::from(type)};
}

AuthorizationData entry(std::string_view token,
                        std::optional<AuthorizationStatusEnum> status = AuthorizationStatusEnum::Accepted) {
    AuthorizationData data;
    data.idToken.idToken = *String<255>::from(token);
    data.idToken.type = "ISO14443";
    if (status) data.idTokenInfo.emplace().status = *status;
    return data;
}

class Identities : public ::testing::Test {
protected:
    ListUpdate send(std::int32_t version, UpdateEnum type, std::vector<AuthorizationData> entries) {
        SendLocalListRequest request;
        request.versionNumber = version;
        request.updateType = type;
        if (!entries.empty())
            request.localAuthorizationList = decltype(request.localAuthorizationList)::value_type::from(std::move(entries));
        return update(list, request, rules);
    }
    Decision of(std::string_view token, bool is_online, EvseId evse = EvseId{1}) {
        return decide(card(token), evse, is_online, list, cache, rules, now);
    }
    bool answered(std::string_view token, AuthorizationStatusEnum status, std::optional<WallTime> until = {}) {
        IdTokenInfo info;
        info.status = status;
        if (until) info.cacheExpiryDateTime = *until;
        return remember(cache, card(token), info, now);
    }

    Rules rules{.has_list = true,
                .has_cache = true,
                .before_asking = true,
                .offline = true,
                .unknown_offline = false,
                .cache_life_s = 100};
    LocalList list;
    Cache cache;
    WallTime now{1'000'000'000};
};

}  // namespace

//= OCPP 2.1 D01.FR.04, D01.FR.05, D01.FR.15, D01.FR.16, D01.FR.17
TEST_F(Identities, a_list_is_replaced_or_changed_as_the_csms_says) {
    EXPECT_EQ(send(1, UpdateEnum::Full, {entry("A"), entry("B")}).status, Accepted);
    EXPECT_EQ(
        send(2, UpdateEnum::Differential, {entry("a", AuthorizationStatusEnum::Blocked), entry("B", std::nullopt), entry("C")})
            .status,
        Accepted);
    EXPECT_EQ(list.version, 2);
    ASSERT_EQ(list.entries.size(), 2u);
    EXPECT_FALSE(list.entries[0].accepted) << "A and a are the same";
    EXPECT_EQ(list.entries[1].token.view(), "C");
    EXPECT_EQ(send(3, UpdateEnum::Differential, {}).status, Accepted);
    EXPECT_EQ(list.entries.size(), 2u);
    EXPECT_EQ(send(1, UpdateEnum::Full, {entry("D")}).status, Accepted) << "a full one may begin anew";
    EXPECT_EQ(list.entries.size(), 1u);
    EXPECT_EQ(send(7, UpdateEnum::Full, {}).status, Accepted);
    EXPECT_EQ(list, (LocalList{7, {}}));
}

//= OCPP 2.1 D01.FR.06, D01.FR.18, D01.FR.19
TEST_F(Identities, a_list_that_is_not_taken_changes_nothing) {
    ASSERT_EQ(send(5, UpdateEnum::Full, {entry("A")}).status, Accepted);
    const LocalList before = list;
    EXPECT_EQ(send(5, UpdateEnum::Differential, {entry("B")}).status, VersionMismatch);
    EXPECT_EQ(send(4, UpdateEnum::Differential, {entry("B")}).status, VersionMismatch);
    EXPECT_EQ(send(0, UpdateEnum::Full, {entry("B")}).reason, "InvalidValue");
    EXPECT_EQ(send(-1, UpdateEnum::Full, {entry("B")}).status, Failed);
    EXPECT_EQ(send(6, UpdateEnum::Differential, {entry("B"), entry("C"), entry("b")}).status, Failed) << "one twice";
    EXPECT_EQ(send(6, UpdateEnum::Full, {entry("B"), entry("C", std::nullopt)}).reason, "MissingParam");
    EXPECT_EQ(send(6, UpdateEnum::Full, {entry(std::string(65, 'x'))}).reason, "TooLargeElement");
    std::vector<AuthorizationData> many;
    for (std::size_t i = 0; i < decltype(LocalList::entries)::capacity; ++i) many.push_back(entry("T" + std::to_string(i)));
    EXPECT_EQ(send(6, UpdateEnum::Differential, many).reason, "TooManyElements");
    rules.has_list = false;
    EXPECT_EQ(send(6, UpdateEnum::Full, {entry("B")}).reason, "NotEnabled");
    EXPECT_EQ(list, before);
}

TEST_F(Identities, the_largest_list_is_kept_whole) {
    std::vector<AuthorizationData> many;
    for (std::size_t i = 0; i < decltype(LocalList::entries)::capacity; ++i)
        many.push_back(entry(std::string(60, 'x') + std::to_string(i + 1000)));
    ASSERT_EQ(send(1, UpdateEnum::Full, many).status, Accepted);
    const std::string path = ::testing::TempDir() + "ocpp-list-" + std::to_string(::getpid());
    ASSERT_TRUE(MUST(KeptFile<LocalList>::open(path)).write(list));
    EXPECT_EQ(*MUST(KeptFile<LocalList>::open(path)).read(), list);
    ::unlink(path.c_str());
}

//= OCPP 2.1 C14.FR.02, C14.FR.03, C14.FR.04, C14.FR.05, C01.FR.02, C01.FR.25
TEST_F(Identities, on_line_it_asks_but_for_whom_it_knows_well) {
    auto passed = entry("OLD"), later = entry("NEW");
    passed.idTokenInfo->cacheExpiryDateTime = WallTime{now.unix_ms - 1};
    later.idTokenInfo->cacheExpiryDateTime = WallTime{now.unix_ms + 1};
    ASSERT_EQ(send(1, UpdateEnum::Full, {entry("GOOD"), entry("BAD", AuthorizationStatusEnum::Blocked), passed, later}).status,
              Accepted);
    EXPECT_EQ(of("GOOD", true), accept);
    EXPECT_EQ(of("good", true), accept);
    EXPECT_EQ(of("NEW", true), accept);
    EXPECT_EQ(decide(card("GOOD", "ISO15693"), EvseId{1}, true, list, cache, rules, now), ask)
        << "another type is another identity";
    for (const char* asked : {"BAD", "OLD", "UNKNOWN"}) EXPECT_EQ(of(asked, true), ask) << asked;
    rules.before_asking = false;
    EXPECT_EQ(of("GOOD", true), ask);
}

//= OCPP 2.1 C13.FR.02, C13.FR.04, C13.FR.05, C13.FR.06, C15.FR.08
TEST_F(Identities, off_line_it_lets_charge_whom_it_knows_and_others_if_the_operator_says_so) {
    auto passed = entry("OLD");
    passed.idTokenInfo->cacheExpiryDateTime = WallTime{now.unix_ms - 1};
    ASSERT_EQ(send(1, UpdateEnum::Full, {entry("GOOD"), entry("BAD", AuthorizationStatusEnum::Blocked), passed}).status,
              Accepted);
    EXPECT_EQ(of("GOOD", false), accept);
    for (const char* waits : {"BAD", "OLD", "UNKNOWN"}) EXPECT_EQ(of(waits, false), wait) << waits;
    rules.unknown_offline = true;
    EXPECT_EQ(of("UNKNOWN", false), accept);
    EXPECT_EQ(of("BAD", false), wait) << "it is known";
    rules.offline = false;
    EXPECT_EQ(of("GOOD", false), wait);
    rules = {};
    EXPECT_EQ(of("GOOD", false), wait);
}

//= OCPP 2.1 C10.FR.01, C10.FR.03, C10.FR.04, C10.FR.05, C10.FR.11, C12.FR.05, C13.FR.01, C14.FR.01
TEST_F(Identities, what_the_csms_said_last_is_remembered_and_the_list_is_over_it) {
    EXPECT_TRUE(answered("X", AuthorizationStatusEnum::Accepted));
    EXPECT_EQ(of("X", true), accept);
    EXPECT_EQ(of("X", false), accept);
    EXPECT_FALSE(answered("X", AuthorizationStatusEnum::Accepted)) << "that is known, and a write worth nothing";
    EXPECT_TRUE(answered("x", AuthorizationStatusEnum::Blocked));
    EXPECT_EQ(cache.entries.size(), 1u);
    EXPECT_EQ(of("X", true), ask);
    EXPECT_EQ(of("X", false), wait);
    ASSERT_EQ(send(1, UpdateEnum::Full, {entry("X")}).status, Accepted);
    EXPECT_EQ(of("X", false), accept);
    rules.has_list = false;
    EXPECT_EQ(of("X", false), wait);
    ASSERT_TRUE(answered("X", AuthorizationStatusEnum::Accepted));
    rules.has_cache = false;
    EXPECT_EQ(of("X", false), wait);
}

//= OCPP 2.1 C10.FR.08, C10.FR.10, C10.FR.13
TEST_F(Identities, what_is_remembered_passes) {
    ASSERT_TRUE(answered("LIFE", AuthorizationStatusEnum::Accepted));
    ASSERT_TRUE(answered("DATE", AuthorizationStatusEnum::Accepted, WallTime{now.unix_ms + 500'000}));
    EXPECT_FALSE(answered("PAST", AuthorizationStatusEnum::Accepted, WallTime{now.unix_ms - 1}));
    now.unix_ms += 100'001;
    EXPECT_EQ(of("LIFE", false), wait);
    EXPECT_EQ(of("DATE", false), accept) << "its own date holds";
    now.unix_ms += 400'000;
    EXPECT_EQ(of("DATE", false), wait);
    EXPECT_TRUE(answered("LIFE", AuthorizationStatusEnum::Accepted, WallTime{now.unix_ms - 1}));
    EXPECT_EQ(cache.entries.size(), 1u) << "and takes out what was there";
}

//= OCPP 2.1 C10.FR.07
TEST_F(Identities, the_cache_takes_new_ones_when_it_is_full) {
    for (std::size_t i = 0; i < decltype(Cache::entries)::capacity; ++i) {
        ++now.unix_ms;
        ASSERT_TRUE(
            answered("T" + std::to_string(i), i == 5 ? AuthorizationStatusEnum::Blocked : AuthorizationStatusEnum::Accepted));
    }
    const auto is_there = [this](std::string_view token) {
        return std::ranges::any_of(cache.entries, [token](const Known& known) { return known.token.view() == token; });
    };
    ASSERT_TRUE(answered("NEW1", AuthorizationStatusEnum::Accepted));
    EXPECT_TRUE(!is_there("T5") && is_there("T0") && is_there("NEW1")) << "first who may not charge";
    ASSERT_TRUE(answered("NEW2", AuthorizationStatusEnum::Accepted));
    EXPECT_TRUE(!is_there("T0") && is_there("T1") && is_there("NEW2")) << "then the oldest";
}

//= OCPP 2.1 C02.FR.03, C05.FR.02
TEST_F(Identities, whoever_the_csms_made_up_is_not_remembered) {
    IdTokenInfo info;
    info.status = AuthorizationStatusEnum::Accepted;
    for (const char* type : {"Central", "NoAuthorization"}) EXPECT_FALSE(remember(cache, card("X", type), info, now)) << type;
    EXPECT_FALSE(remember(cache, card(""), info, now));
    EXPECT_FALSE(remember(cache, card(std::string(65, 'x')), info, now)) << "nor what is too long";
    EXPECT_TRUE(cache.entries.empty());
}

//= OCPP 2.1 C01.FR.21
TEST_F(Identities, may_be_for_some_evses_alone) {
    auto second = entry("X"), elsewhere = entry("Y");
    second.idTokenInfo->evseId.emplace({Count(2)});
    elsewhere.idTokenInfo->evseId.emplace({Count(9)});
    ASSERT_EQ(send(1, UpdateEnum::Full, {second, elsewhere}).status, Accepted);
    EXPECT_EQ(of("X", false, EvseId{2}), accept);
    EXPECT_EQ(of("X", false, EvseId{1}), wait);
    EXPECT_EQ(of("Y", false, EvseId{1}), wait) << "an EVSE that is none of ours is not all of them";
    EXPECT_TRUE(allows(*second.idTokenInfo, EvseId{2}));
    EXPECT_FALSE(allows(*second.idTokenInfo, EvseId{1}));
}

//= OCPP 2.1 D01.FR.13
TEST_F(Identities, the_rules_are_what_was_set) {
    Settings settings;
    const Rules own = rules_of(settings);
    EXPECT_TRUE(own.has_list && own.has_cache && own.offline && !own.before_asking && !own.unknown_offline);
    for (const char* name : {"LocalAuthListCtrlr.Enabled", "AuthCacheCtrlr.Enabled", "AuthCtrlr.LocalAuthorizeOffline"})
        ASSERT_TRUE(settings.set(name, "false"));
    for (const char* name : {"AuthCtrlr.LocalPreAuthorize", "AuthCtrlr.OfflineTxForUnknownIdEnabled"})
        ASSERT_TRUE(settings.set(name, "true"));
    ASSERT_TRUE(settings.set(cache_life_time, "77"));
    const Rules set = rules_of(settings);
    EXPECT_TRUE(!set.has_list && !set.has_cache && !set.offline && set.before_asking && set.unknown_offline);
    EXPECT_EQ(set.cache_life_s, 77u);
}

}  // namespace voltkeep::ocpp
