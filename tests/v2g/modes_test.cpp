// SPDX-License-Identifier: Apache-2.0
// Every service and mode of the session, car against charger without a socket.
#include <gtest/gtest.h>

#include "pair.hpp"

namespace voltkeep::iso15118::testing {
namespace {

using evcc::Control;
using evcc::EnergyService;
using secc::Phase;
using secc::StopCause;

struct Mode {
    std::string_view name;
    EnergyService service;
    Control control = Control::dynamic;
    bool is_mobility_by_charger = false;
    evcc::Pricing pricing = evcc::Pricing::any;
    MilliAmpere gives{};
};

std::string name_of_mode(const ::testing::TestParamInfo<Mode>& info) { return std::string(info.param.name); }

/// A pair whose charger has what the car wants.
void prepare(Pair& pair, const Mode& mode) {
    pair.plan.service = mode.service;
    pair.plan.control = mode.control;
    pair.plan.is_mobility_by_charger = mode.is_mobility_by_charger;
    pair.plan.pricing = mode.pricing;
    pair.plan.gives = mode.gives;
    const bool is_mcs = mode.service == EnergyService::mcs || mode.service == EnergyService::mcs_bpt;
    pair.settings.outlet = evcc::is_ac(mode.service) ? secc::Outlet::ac : is_mcs ? secc::Outlet::mcs : secc::Outlet::dc;
    pair.settings.is_bidirectional = evcc::is_bidirectional(mode.service);
    pair.settings.currency = "EUR";
    pair.settings.price_micro_per_kwh = 490'000;
    pair.station.is_ac = evcc::is_ac(mode.service);
    if (is_mcs) pair.station.view.maximum_power = pair.station.view.available_power = {3'000'000};
}

class Modes : public ::testing::TestWithParam<Mode> {};

//= ISO 15118-20 [V2G20-2656] both control modes are offered
//= ISO 15118-20 [V2G20-2663] mobility needs are provided by the charger in dynamic mode alone
TEST_P(Modes, go_from_plug_to_stop) {
    Pair pair;
    prepare(pair, GetParam());
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_TRUE(pair.ending->is_ok) << pair.ending->why.view() << " " << pair.codes.back();
    EXPECT_GT(pair.car.statistics.loops, 5u);
    const std::vector<Phase> dc{Phase::idle,   Phase::cable_check, Phase::precharge,
                                Phase::charge, Phase::stopping,    Phase::weld_check};
    const std::vector<Phase> ac{Phase::idle, Phase::charge, Phase::stopping};
    EXPECT_EQ(pair.station.phases, evcc::is_ac(GetParam().service) ? ac : dc);
    ASSERT_EQ(pair.station.stops.size(), 1u);
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::ev_terminate);
    const bool gives = GetParam().gives.value > 0;
    EXPECT_EQ(pair.station.returned_mj > 0, gives) << "what comes back, comes back where both sides have agreed on it";
    EXPECT_EQ(pair.station.delivered_mj > 0, !gives);
}

TEST_P(Modes, survive_a_death_of_the_charger_at_every_message) {
    Pair whole;
    prepare(whole, GetParam());
    whole.plan.duration = 300ms;
    whole.run();
    const int frames = static_cast<int>(whole.messages.size()) / 2;
    ASSERT_GT(frames, 12);
    for (int frame = 1; frame <= frames; ++frame)
        for (const bool is_after_answer : {false, true}) {
            Pair pair;
            prepare(pair, GetParam());
            pair.plan.duration = 300ms;
            pair.death = {frame, is_after_answer};
            pair.run();
            EXPECT_EQ(pair.restarts, 1);
            ASSERT_TRUE(pair.ending && pair.ending->is_ok) << frame;
            EXPECT_EQ(pair.codes, whole.codes) << frame;
        }
}

INSTANTIATE_TEST_SUITE_P(
    All, Modes,
    ::testing::Values(
        Mode{"dc_dynamic", EnergyService::dc},
        Mode{"dc_scheduled_price_levels", EnergyService::dc, Control::scheduled, false, evcc::Pricing::level},
        Mode{"dc_scheduled_prices_in_money", EnergyService::dc, Control::scheduled, false, evcc::Pricing::absolute},
        Mode{"dc_dynamic_mobility_by_charger", EnergyService::dc, Control::dynamic, true},
        Mode{"dc_bpt_dynamic", EnergyService::dc_bpt}, Mode{"dc_bpt_scheduled", EnergyService::dc_bpt, Control::scheduled},
        Mode{"dc_bpt_scheduled_discharge", EnergyService::dc_bpt, Control::scheduled, false, evcc::Pricing::any, {20'000}},
        Mode{"ac_dynamic", EnergyService::ac}, Mode{"ac_scheduled", EnergyService::ac, Control::scheduled},
        Mode{"ac_bpt_dynamic", EnergyService::ac_bpt}, Mode{"ac_bpt_scheduled", EnergyService::ac_bpt, Control::scheduled},
        Mode{"mcs_dynamic", EnergyService::mcs}, Mode{"mcs_scheduled", EnergyService::mcs, Control::scheduled},
        Mode{"mcs_bpt_dynamic", EnergyService::mcs_bpt}),
    name_of_mode);

//= ISO 15118-20 [V2G20-2176] a schedule comes with its prices
TEST(Schedule, carries_the_tariff_in_money_and_the_power_that_is_there) {
    Pair pair;
    prepare(pair, {"", EnergyService::dc, Control::scheduled, false, evcc::Pricing::absolute});
    pair.station.view.available_power = {31'000};
    pair.run();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok);
    ASSERT_TRUE(pair.schedule);
    const ScheduleTuple& tuple = std::get<Scheduled_SEResControlMode>(pair.schedule->control_mode).schedule_tuple[0];
    EXPECT_EQ(tuple.charging_schedule.power_schedule.power_schedule_entries.power_schedule_entry[0].power,
              (RationalNumber{0, 31'000}));
    const auto& prices = std::get<AbsolutePriceSchedule>(*tuple.charging_schedule.price_schedule);
    EXPECT_EQ(prices.currency.view(), "EUR");
    EXPECT_EQ(prices.price_rule_stacks.price_rule_stack[0].price_rule[0].energy_fee, (RationalNumber{-2, 49}));
}

}  // namespace
}  // namespace voltkeep::iso15118::testing
