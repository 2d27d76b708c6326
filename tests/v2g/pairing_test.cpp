// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pair.hpp"

namespace voltkeep::iso15118::testing {
namespace {

using secc::Phase;
using secc::StopCause;

/// The exchanges without those that repeat the one before.
std::vector<std::string> without_repetitions(const std::vector<std::string>& names) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i + 1 < names.size(); i += 2)
        if (result.empty() || names[i + 1] != result.back()) result.insert(result.end(), {names[i], names[i + 1]});
    return result;
}

const std::vector<std::string> whole_session{"supportedAppProtocolReq",
                                             "supportedAppProtocolRes",
                                             "SessionSetupReq",
                                             "SessionSetupRes",
                                             "AuthorizationSetupReq",
                                             "AuthorizationSetupRes",
                                             "AuthorizationReq",
                                             "AuthorizationRes",
                                             "ServiceDiscoveryReq",
                                             "ServiceDiscoveryRes",
                                             "ServiceDetailReq",
                                             "ServiceDetailRes",
                                             "ServiceSelectionReq",
                                             "ServiceSelectionRes",
                                             "DC_ChargeParameterDiscoveryReq",
                                             "DC_ChargeParameterDiscoveryRes",
                                             "ScheduleExchangeReq",
                                             "ScheduleExchangeRes",
                                             "DC_CableCheckReq",
                                             "DC_CableCheckRes",
                                             "DC_PreChargeReq",
                                             "DC_PreChargeRes",
                                             "PowerDeliveryReq",
                                             "PowerDeliveryRes",
                                             "DC_ChargeLoopReq",
                                             "DC_ChargeLoopRes",
                                             "PowerDeliveryReq",
                                             "PowerDeliveryRes",
                                             "DC_WeldingDetectionReq",
                                             "DC_WeldingDetectionRes",
                                             "SessionStopReq",
                                             "SessionStopRes"};

const std::vector<Phase> whole_path{Phase::idle,   Phase::cable_check, Phase::precharge,
                                    Phase::charge, Phase::stopping,    Phase::weld_check};

TEST(Pair, a_session_in_dynamic_mode_goes_from_plug_to_stop) {
    Pair pair;
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_TRUE(pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_EQ(without_repetitions(pair.messages), whole_session);
    EXPECT_EQ(pair.station.phases, whole_path);
    ASSERT_EQ(pair.station.stops.size(), 1u);
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::ev_terminate);
    EXPECT_GT(pair.station.delivered_mj, 0);
    EXPECT_EQ(pair.session.stage, secc::Stage::ended);
}

TEST(Pair, a_session_in_scheduled_mode_goes_from_plug_to_stop) {
    Pair pair;
    pair.plan.control = evcc::Control::scheduled;
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_TRUE(pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_EQ(pair.session.control, secc::ControlMode::scheduled);
    EXPECT_EQ(pair.station.phases, whole_path);
}

TEST(Pair, the_car_stops_when_it_has_its_energy) {
    Pair pair;
    pair.plan.duration = Duration::zero();
    pair.plan.target_energy = {100};
    pair.run();
    EXPECT_TRUE(pair.ending && pair.ending->is_ok);
    EXPECT_NEAR(pair.car.energy_wh, 100, 5);
}

TEST(Pair, a_charger_that_dies_with_a_frame_in_hand_is_not_noticed) {
    Pair whole;
    whole.run();
    const int frames = static_cast<int>(whole.messages.size()) / 2;
    ASSERT_GT(frames, 30);
    for (int frame = 1; frame <= frames; ++frame) {
        Pair pair;
        pair.death = {frame, false};
        pair.run();
        EXPECT_EQ(pair.restarts, 1);
        ASSERT_TRUE(pair.ending && pair.ending->is_ok) << frame;
        EXPECT_EQ(pair.messages, whole.messages) << frame;
        EXPECT_EQ(pair.codes, whole.codes) << frame;
        EXPECT_EQ(pair.station.delivered_mj, whole.station.delivered_mj) << frame;
    }
}

TEST(Pair, a_charger_that_dies_between_two_frames_is_not_noticed) {
    Pair whole;
    whole.run();
    const int frames = static_cast<int>(whole.messages.size()) / 2;
    for (int frame = 1; frame <= frames; ++frame) {
        Pair pair;
        pair.death = {frame, true};
        pair.run();
        EXPECT_EQ(pair.restarts, 1);
        ASSERT_TRUE(pair.ending && pair.ending->is_ok) << frame;
        EXPECT_EQ(pair.messages, whole.messages) << frame;
        EXPECT_EQ(pair.station.phases, whole_path) << frame;
    }
}

TEST(Pair, a_stop_by_the_csms_in_the_loop_ends_the_session_in_order) {
    Pair pair;
    pair.plan.duration = 60s;
    int loops = 0;
    pair.on_loop = [&](Pair& p) {
        if (++loops == 10) p.station.view.stop_wanted = true;
    };
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_TRUE(pair.ending->is_ok) << pair.ending->why.view();
    EXPECT_EQ(loops, 10);
    EXPECT_EQ(without_repetitions(pair.messages), whole_session);
}

TEST(Pair, the_limit_of_the_station_reaches_the_car_in_the_next_turn) {
    Pair pair;
    pair.on_loop = [](Pair& p) { p.station.view.maximum_current = {20'000}; };
    pair.run();
    EXPECT_TRUE(pair.ending && pair.ending->is_ok);
    EXPECT_EQ(pair.car.evse_current, MilliAmpere{20'000});
}

//= ISO 15118-20 [V2G20-2230] a rejected identification is told at once, and the session stays
TEST(Pair, a_refused_identification_ends_without_power) {
    Pair pair;
    pair.station.decision = secc::Verdict::refused;
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_FALSE(pair.ending->is_ok);
    EXPECT_EQ(pair.codes.back(), "WARNING_EIMAuthorizationFailure");
    EXPECT_TRUE(pair.station.phases.empty());
}

TEST(Pair, a_power_path_that_fails_in_the_loop_ends_the_session_and_the_car_may_begin_anew) {
    Pair pair;
    pair.on_loop = [](Pair& p) { p.station.view.progress = secc::Progress::failed; };
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_FALSE(pair.ending->is_ok);
    EXPECT_EQ(pair.codes.back(), "FAILED_ContactorError");
    EXPECT_FALSE(pair.car.inlet.contactor);
    ASSERT_FALSE(pair.station.stops.empty());
    EXPECT_EQ(pair.station.stops[0].cause, StopCause::communication_lost);
}

//= ISO 15118-20 [V2G20-2356] without TLS 1.3 this protocol is not selected
TEST(Pair, without_tls_13_the_protocol_is_not_selected) {
    Pair pair;
    pair.is_tls13 = false;
    pair.run();
    ASSERT_TRUE(pair.ending);
    EXPECT_EQ(pair.messages.size(), 2u);
    EXPECT_EQ(pair.ending->why.view(), "the charger does not speak ISO 15118-20 DC");
}

struct Mischief {
    std::string_view fault;
    std::string_view code;     ///< of the last response; "": none came for it
    StopCause cause;
};

class Misbehaving : public ::testing::TestWithParam<Mischief> {};

TEST_P(Misbehaving, car_ends_its_own_session_and_nothing_else) {
    Pair pair;
    pair.plan.faults = {MUST(evcc::parse_fault(GetParam().fault))};
    pair.run(200s);
    ASSERT_TRUE(pair.ending);
    EXPECT_FALSE(pair.ending->is_ok);
    ASSERT_FALSE(pair.station.stops.empty());
    EXPECT_EQ(pair.station.stops[0].cause, GetParam().cause);
    EXPECT_EQ(pair.session.stage, secc::Stage::ended);
    if (!GetParam().code.empty()) {
        EXPECT_EQ(pair.codes.back(), GetParam().code);
    } else if (!pair.codes.empty()) {
        EXPECT_TRUE(pair.codes.back().starts_with("OK"));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Menu, Misbehaving,
    ::testing::Values(Mischief{"wrong-order@AuthorizationReq", "FAILED_SequenceError", StopCause::protocol_error},
                      Mischief{"wrong-order@DC_CableCheckReq", "FAILED_SequenceError", StopCause::protocol_error},
                      Mischief{"wrong-order@DC_ChargeLoopReq:5", "FAILED_SequenceError", StopCause::protocol_error},
                      Mischief{"wrong-session-id@ServiceDiscoveryReq", "FAILED_UnknownSession", StopCause::protocol_error},
                      Mischief{"wrong-session-id@DC_ChargeLoopReq:3", "FAILED_UnknownSession", StopCause::protocol_error},
                      Mischief{"session-id-zero@ScheduleExchangeReq", "FAILED_UnknownSession", StopCause::protocol_error},
                      Mischief{"restart@DC_ChargeLoopReq:2", "", StopCause::protocol_error},
                      Mischief{"restart@ServiceDetailReq", "", StopCause::protocol_error},
                      Mischief{"garbage@SessionSetupReq", "", StopCause::protocol_error},
                      Mischief{"garbage@DC_ChargeLoopReq:4", "", StopCause::protocol_error},
                      Mischief{"wrong-stream@DC_PreChargeReq", "", StopCause::protocol_error},
                      Mischief{"over-voltage@DC_PreChargeReq", "FAILED_WrongChargeParameter", StopCause::protocol_error},
                      Mischief{"silence@SessionSetupReq", "", StopCause::communication_lost},
                      Mischief{"silence@ServiceDetailReq", "", StopCause::communication_lost},
                      Mischief{"silence@DC_ChargeLoopReq:6", "", StopCause::communication_lost}),
    [](const auto& mischief) {
        std::string name(mischief.param.fault);
        std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
        return name;
    });

//= ISO 15118-20 [V2G20-1500] in the charge loop the next request comes within 0.5 s
TEST(Pair, a_car_that_is_silent_in_the_loop_is_given_up_after_half_a_second) {
    Pair pair;
    pair.plan.faults = {MUST(evcc::parse_fault("silence@DC_ChargeLoopReq:6"))};
    Instant last;
    pair.on_loop = [&](Pair& p) { last = p.now; };
    pair.run();
    EXPECT_GT(pair.now - last, 500ms);
    EXPECT_LT(pair.now - last, 520ms);
}

// Every frame of a session is damaged once, one bit at a time: the charger answers, refuses or closes, and stays whole.
TEST(Pair, one_wrong_bit_anywhere_never_does_more_than_end_the_session) {
    int ended = 0, survived = 0;
    for (int frame = 1; frame <= 20; ++frame)
        for (int bit = 0; bit < 200; bit += 7) {
            Pair pair;
            int count = 0;
            pair.on_request = [&](Frame& f) {
                if (++count == frame && static_cast<std::size_t>(bit / 8) < f.payload.size())
                    f.payload[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << (bit % 8);
            };
            pair.run(130s);
            ASSERT_TRUE(pair.ending) << frame << " " << bit;
            (pair.ending->is_ok ? survived : ended) += 1;
        }
    EXPECT_GT(ended, 100);
    EXPECT_GT(survived, 10);
}

}  // namespace
}  // namespace voltkeep::iso15118::testing
