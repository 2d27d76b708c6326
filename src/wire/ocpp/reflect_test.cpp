// SPDX-License-Identifier: Apache-2.0
// The tables of reflect.hpp compute offsets from types; here the compiler's own say.
#include <gtest/gtest.h>

#include <boost/pfr/core.hpp>
#include <cstddef>

#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/messages/transactions.hpp"
#include "wire/ocpp/type.hpp"

namespace voltkeep::ocpp {
namespace {

template <class T>
void expect_offsets() {
    const T object{};
    std::size_t i = 0;
    boost::pfr::for_each_field(object, [&](const auto& field) {
        const auto offset = reinterpret_cast<const char*>(&field) - reinterpret_cast<const char*>(&object);
        EXPECT_EQ(type_of<T>().fields[i].offset, static_cast<std::size_t>(offset)) << type_of<T>().fields[i].name;
        ++i;
    });
    EXPECT_EQ(i, type_of<T>().fields.size());
}

TEST(Reflect, members_lie_where_the_tables_say) {
    expect_offsets<TransactionEventRequest>();
    expect_offsets<SampledValue>();
    expect_offsets<ChargingSchedulePeriod>();
    expect_offsets<V2XChargingParameters>();
    expect_offsets<ChargingNeeds>();
}

TEST(Reflect, each_action_has_its_types) {
    EXPECT_EQ(actions().size(), 91u);
    std::size_t messages = 0;
    for (const ActionInfo& action : actions()) {
        EXPECT_EQ(find_action(action.name), &action);
        EXPECT_EQ(action.request().action, action.action);
        EXPECT_FALSE(action.request().is_response);
        ++messages;
        if (!action.response) continue;
        EXPECT_EQ(action.response().action, action.action);
        EXPECT_TRUE(action.response().is_response);
        ++messages;
    }
    EXPECT_EQ(messages, 181u);
    EXPECT_FALSE(find_action(""));
    EXPECT_FALSE(find_action("heartbeat"));
}

}  // namespace
}  // namespace voltkeep::ocpp
