// SPDX-License-Identifier: Apache-2.0
// What is not the straight way through a session: pause, other schedules, other services, standby, the timers. Car against
// charger without a socket.
#include <gtest/gtest.h>

#include "pair.hpp"

namespace voltkeep::iso15118::testing {
namespace {

using secc::Phase;
using secc::Renegotiation;
using secc::StopCause;

std::ptrdiff_t count(const Pair& pair, std::string_view message) { return std::ranges::count(pair.messages, message); }

/// It has paused once, and stands where the charger has let it go.
Pair paused() {
    Pair pair;
    pair.plan.detours.pauses = true;
    pair.run();
    EXPECT_TRUE(pair.ending && pair.ending->is_ok && pair.ending->is_pause);
    EXPECT_EQ(pair.station.stops.size(), 1u);
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::ev_pause);
    return pair;
}

//= ISO 15118-20 [V2G20-1032] authorization and service of the paused session are kept
TEST(Pause, is_ended_by_the_same_car_without_identification_and_services) {
    Pair pair = paused();
    const SessionID id = pair.car.session;
    const std::uint16_t service = pair.session.service;
    pair.messages.clear();
    pair.codes.clear();
    pair.come_back();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok) << (pair.ending ? pair.ending->why.view() : "");
    EXPECT_EQ(pair.codes[0], "OK_OldSessionJoined");
    EXPECT_TRUE(pair.car.is_joined);
    EXPECT_EQ(pair.car.session, id);
    EXPECT_EQ(pair.session.service, service);
    EXPECT_EQ(pair.messages[4], "DC_ChargeParameterDiscoveryReq");
    EXPECT_EQ(count(pair, "AuthorizationReq"), 0);
    EXPECT_EQ(pair.station.stops.back().cause, StopCause::ev_terminate);
}

//= ISO 15118-20 [V2G20-2545] only the car that paused a session joins it again: by the vehicle certificate of TLS
TEST(Pause, is_not_ended_by_another_car_that_knows_the_session_id) {
    for (const int lie : {0, 1, 2, 3}) {
        Pair pair = paused();
        const SessionID id = pair.car.session;
        pair.codes.clear();
        if (lie == 0) pair.other_vehicle = secc::VehicleHash{2};
        if (lie == 1) pair.other_vehicle = secc::VehicleHash{};
        if (lie == 2) pair.plan.evcc_id = "WMIV0000000000000000";
        if (lie == 3) pair.car.paused->session.octets[3] ^= std::byte{1};
        pair.come_back();
        ASSERT_TRUE(pair.ending && pair.ending->is_ok);
        EXPECT_EQ(pair.codes[0], "OK_NewSessionEstablished") << lie;
        EXPECT_FALSE(pair.car.is_joined);
        EXPECT_NE(pair.car.session, id);
        EXPECT_GT(count(pair, "AuthorizationReq"), 0);
    }
}

TEST(Pause, is_over_with_its_transaction) {
    Pair pair = paused();
    pair.station.view.verdict = secc::Verdict::refused;
    pair.station.decision = secc::Verdict::refused;
    pair.codes.clear();
    pair.come_back();
    EXPECT_EQ(pair.codes[0], "OK_NewSessionEstablished");
    EXPECT_FALSE(pair.ending->is_ok);
}

TEST(Pause, is_not_possible_while_power_flows) {
    Pair pair;
    pair.plan.duration = 30s;
    int loops = 0;
    pair.on_request = [&](Frame& frame) {
        const auto message = MUST(decode_payload(frame.type, frame.payload));
        if (!std::holds_alternative<DC_ChargeLoopReq>(message) || ++loops < 5) return;
        SessionStopReq stop{*header_of(message), ChargingSession::Pause, {}, {}};
        frame = frame_of(stop, PayloadType::common);
    };
    pair.run();
    EXPECT_EQ(pair.codes.back(), "FAILED_PauseNotAllowed");
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::protocol_error);
}

TEST(ScheduleRenegotiation, by_the_car_goes_beside_the_loop) {
    for (const auto control : {evcc::Control::scheduled, evcc::Control::dynamic}) {
        Pair pair;
        pair.plan.control = control;
        pair.plan.detours.renegotiates_schedule = true;
        pair.run();
        ASSERT_TRUE(pair.ending && pair.ending->is_ok) << pair.ending->why.view();
        EXPECT_EQ(pair.car.statistics.renegotiations, 1u);
        EXPECT_EQ(count(pair, "ScheduleExchangeReq"), 2);
        EXPECT_EQ(std::ranges::count(pair.station.phases, Phase::charge), 1) << "the contactor stays closed";
        EXPECT_GT(pair.car.statistics.loops, 10u);
    }
}

TEST(ScheduleRenegotiation, is_asked_for_by_the_charger_when_it_can_give_less_or_more) {
    Pair pair;
    pair.plan.control = evcc::Control::scheduled;
    int loops = 0;
    pair.on_loop = [&](Pair& p) {
        if (++loops == 5) p.station.view.available_power = {20'000};
        if (loops == 10) p.station.view.available_power = {30'000};
        if (loops == 14) p.station.view.available_power = {30'400};   // for so little no schedule is made anew
    };
    pair.run();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_EQ(pair.car.statistics.renegotiations, 2u);
    EXPECT_EQ(pair.car.scheduled, Watt{30'000});
    EXPECT_EQ(pair.session.scheduled, Watt{30'000});
}

TEST(ScheduleRenegotiation, wins_no_time_for_a_car_that_is_silent_in_the_loop) {
    Pair pair;
    pair.plan.detours.renegotiates_schedule = true;
    pair.plan.faults = {MUST(evcc::parse_fault("silence@ScheduleExchangeReq:2"))};
    Instant last;
    pair.on_loop = [&](Pair& p) { last = p.now; };
    pair.run();
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::communication_lost);
    EXPECT_LT(pair.now - last, 520ms);
}

TEST(ScheduleRenegotiation, that_nobody_asked_for_is_out_of_order) {
    Pair pair;
    int loops = 0;
    pair.on_request = [&](Frame& frame) {
        const auto message = MUST(decode_payload(frame.type, frame.payload));
        if (!std::holds_alternative<DC_ChargeLoopReq>(message) || ++loops != 5) return;
        ScheduleExchangeReq request;
        request.header = *header_of(message);
        request.maximum_supporting_points = std::uint16_t{12};
        frame = frame_of(request, PayloadType::schedule_renegotiation);
    };
    pair.run();
    EXPECT_EQ(pair.codes.back(), "FAILED_SequenceError");
}

TEST(EVPowerProfile, above_the_schedule_is_refused) {
    Pair pair;
    pair.plan.control = evcc::Control::scheduled;
    pair.on_request = [&](Frame& frame) {
        auto message = MUST(decode_payload(frame.type, frame.payload));
        auto* request = std::get_if<PowerDeliveryReq>(&message);
        if (request && request->ev_power_profile) {
            request->ev_power_profile->ev_power_profile_entries.ev_power_profile_entry[0].power = {3, 60};
            frame = frame_of(*request, PayloadType::common);
        }
    };
    pair.run();
    EXPECT_EQ(pair.codes.back(), "FAILED_EVPowerProfileInvalid");
    EXPECT_EQ(std::ranges::count(pair.station.phases, Phase::charge), 0);
}

//= ISO 15118-20 [V2G20-1477] the connection stays, and the car asks for the services again
TEST(ServiceRenegotiation, begins_again_at_the_services) {
    Pair pair;
    pair.plan.detours.renegotiates_service = true;
    pair.run();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_EQ(count(pair, "ServiceDiscoveryReq"), 2);
    EXPECT_EQ(count(pair, "SessionSetupReq"), 1);
    EXPECT_EQ(count(pair, "SessionStopReq"), 2);
    EXPECT_EQ(std::ranges::count(pair.station.phases, Phase::charge), 2);
    EXPECT_EQ(pair.station.stops.size(), 1u);
}

TEST(Standby, is_refused_and_the_loop_goes_on) {
    Pair pair;
    pair.plan.detours.asks_for_standby = true;
    pair.run();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_TRUE(std::ranges::contains(pair.codes, "WARNING_StandbyNotAllowed"));
}

//= ISO 15118-20 [V2G20-2188] what the car asks for is cut to what it was promised; back only in a service of both directions
TEST(Discharge, is_refused_in_a_service_of_one_direction) {
    Pair pair;
    pair.settings.is_bidirectional = true;   // the EVSE could: the car has chosen another service
    pair.plan.control = evcc::Control::scheduled;
    pair.plan.gives = {5'000};
    pair.run();
    EXPECT_EQ(pair.codes.back(), "FAILED_WrongChargeParameter");
    EXPECT_EQ(pair.station.returned_mj, 0);
}

TEST(Discharge, above_what_was_promised_is_refused) {
    Pair pair;
    pair.settings.is_bidirectional = true;
    pair.plan.service = evcc::EnergyService::dc_bpt;
    pair.plan.control = evcc::Control::scheduled;
    pair.plan.gives = {41'000};
    pair.run();
    EXPECT_EQ(pair.codes.back(), "FAILED_WrongChargeParameter");
    EXPECT_EQ(pair.station.returned_mj, 0);
}

TEST(Discharge, is_not_offered_where_the_evse_has_one_direction) {
    Pair pair;
    pair.plan.service = evcc::EnergyService::dc_bpt;
    pair.run();
    EXPECT_FALSE(pair.ending->is_ok);
    EXPECT_EQ(pair.ending->why.view(), "the charger does not offer this service");
}

TEST(Contactor, closes_before_an_ac_car_has_its_answer) {
    Pair pair;
    pair.plan.service = evcc::EnergyService::ac;
    pair.settings.outlet = secc::Outlet::ac;
    pair.station.is_ac = true;
    pair.run();
    ASSERT_TRUE(pair.ending && pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_GT(pair.waits, 10);

    Pair stuck;
    stuck.plan = pair.plan;
    stuck.settings = pair.settings;
    stuck.station.is_ac = true;
    stuck.station.work_time = 5s;
    stuck.run();
    EXPECT_EQ(stuck.codes.back(), "FAILED_ContactorError");
    EXPECT_EQ(stuck.station.stops[0].cause, StopCause::communication_lost);
    EXPECT_EQ(stuck.station.delivered_mj, 0);
}

/// How long the charger waits for a car that falls silent at this message.
Duration patience_at(std::string_view fault, const secc::Settings& settings) {
    Pair pair;
    pair.settings = settings;
    pair.session = secc::opened(settings, pair.now);
    pair.plan.faults = {MUST(evcc::parse_fault(fault))};
    Instant last = pair.now;
    pair.on_request = [&](Frame&) { last = pair.now; };
    pair.run(200s);
    EXPECT_EQ(pair.station.stops.size(), 1u) << fault;
    return pair.now - last;
}

TEST(Timers, are_those_of_the_standard_and_can_be_set) {
    secc::Settings standard;
    standard.evse = "DE*VLT*E0001*1";
    const auto is_about = [](Duration seen, Duration wanted) { return seen > wanted - 60ms && seen < wanted + 60ms; };
    EXPECT_TRUE(is_about(patience_at("silence@SessionSetupReq", standard), 18s));
    EXPECT_TRUE(is_about(patience_at("silence@ServiceDetailReq", standard), 60s));
    EXPECT_TRUE(is_about(patience_at("silence@DC_ChargeLoopReq:3", standard), 500ms));

    secc::Settings other = standard;
    other.setup_timeout = 3s;
    other.sequence_timeout = 7s;
    other.loop_timeout = 2s;
    EXPECT_TRUE(is_about(patience_at("silence@SessionSetupReq", other), 3s));
    EXPECT_TRUE(is_about(patience_at("silence@ServiceDetailReq", other), 7s));
    EXPECT_TRUE(is_about(patience_at("silence@DC_ChargeLoopReq:3", other), 2s));
}

/// When the charger gives up what takes too long on its own side.
TEST(Timers, bound_what_the_charger_itself_takes) {
    Pair slow;
    slow.settings.cable_check_limit = 2s;
    slow.station.work_time = 30s;
    slow.run();
    EXPECT_EQ(slow.codes.back(), "FAILED");
    EXPECT_EQ(slow.station.stops[0].detail.view(), "the cable check takes too long");

    Pair undecided;
    undecided.settings.authorization_limit = 2s;
    undecided.station.decision_time = 30s;
    undecided.run();
    EXPECT_EQ(undecided.codes.back(), "WARNING_EIMAuthorizationFailure");
}

}  // namespace
}  // namespace voltkeep::iso15118::testing
