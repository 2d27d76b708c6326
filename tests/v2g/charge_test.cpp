// SPDX-License-Identifier: Apache-2.0
// A car charges at the V2G side of a station: real processes, SDP and TLS 1.3 on loopback.
#include <fstream>
#include <thread>

#include "services/session/protocol.hpp"
#include "station.hpp"
#include "wire/iso15118/json_lines.hpp"

namespace voltkeep::iso15118::testing {
namespace {

using session::StopCause;

class Charge : public StationTest {
protected:
    /// The next car finds everything as if nothing had been.
    void expect_good_car() {
        const auto car = drive_up();
        EXPECT_TRUE(car->wait_for("found", 1s)) << "the charger must be there for the next car within a second";
        const auto summary = car->wait_for("ev_summary");
        ASSERT_TRUE(summary);
        EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
        EXPECT_EQ(car->wait(), 0);
    }
    /// Until the stand-in for session has heard of `count` stops.
    bool stops_reach(int count, Duration within = 2s) const {
        const Instant deadline = now() + within;
        while (shared->stops < count && now() < deadline) std::this_thread::sleep_for(1ms);
        return shared->stops >= count;
    }
};

TEST_F(Charge, a_car_charges_over_tls_with_a_hybrid_group_and_is_answered_fast) {
    const auto car = drive_up({"--duration", "2"});
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
    EXPECT_EQ(car->wait(), 0);
    EXPECT_EQ(summary->string("tls_protocol"), "TLSv1.3");
    EXPECT_EQ(summary->string("tls_group"), "SecP384r1MLKEM1024");
    EXPECT_GT(number(*summary, "energy_wh"), 5);
    EXPECT_EQ(number(*summary, "late"), 0);
    EXPECT_LT(number(*summary, "worst_loop_us"), 125'000) << "half of the charge loop's performance time";
    EXPECT_EQ(shared->stops, 1);
    EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_terminate));
    EXPECT_TRUE(log().contains(R"("message":"SessionStopReq")"));
    std::cout << summary->text() << "\n";
}

TEST_F(Charge, a_parser_killed_again_and_again_is_not_noticed_by_the_car) {
    const auto car = drive_up({"--duration", "3"});
    ASSERT_TRUE(car->wait_for("connected"));
    for (int i = 0; i < 8; ++i) {
        std::this_thread::sleep_for(400ms);
        station.kill_and_restart(iso15118);
    }
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
    EXPECT_EQ(car->wait(), 0);
    EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_terminate));
    EXPECT_TRUE(log().contains("v2g_resumed"));
}

TEST_F(Charge, a_stop_by_the_csms_ends_the_session_in_order) {
    const auto car = drive_up({"--duration", "30"});
    ASSERT_TRUE(car->wait_for("charging"));
    shared->stop_wanted = true;
    const auto summary = car->wait_for("ev_summary", 5s);
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text();
    EXPECT_EQ(summary->string("stopped_by"), "evse");
    EXPECT_EQ(car->wait(), 0);
}

TEST_F(Charge, a_driver_who_leaves_ends_the_session_in_order) {
    const auto car = drive_up({});
    ASSERT_TRUE(car->wait_for("charging"));
    car->signal(SIGTERM);
    const auto summary = car->wait_for("ev_summary", 5s);
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text();
    EXPECT_EQ(car->wait(), 0);
    expect_good_car();
}

TEST_F(Charge, a_car_that_vanishes_in_the_loop_is_noticed_at_once) {
    {
        const auto car = drive_up({});
        ASSERT_TRUE(car->wait_for("charging"));
        car->signal(SIGKILL);
        EXPECT_EQ(car->wait(), -1);
    }
    EXPECT_TRUE(stops_reach(1)) << log();
    EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_communication_lost));
    expect_good_car();
}

struct Mischief {
    const char* fault;
    StopCause cause;
};
class MisbehavingCar : public Charge, public ::testing::WithParamInterface<Mischief> {};

TEST_P(MisbehavingCar, ends_its_own_session_and_the_next_car_charges) {
    const auto car = drive_up({"--duration", "5", "--fault", GetParam().fault});
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_FALSE(is_true(*summary, "ok"));
    EXPECT_EQ(car->wait(), 1);
    EXPECT_TRUE(stops_reach(1)) << log();
    EXPECT_EQ(shared->last_stop, static_cast<int>(GetParam().cause));
    expect_good_car();
}

INSTANTIATE_TEST_SUITE_P(Menu, MisbehavingCar,
                         ::testing::Values(Mischief{"garbage@ServiceDetailReq", StopCause::ev_protocol_error},
                                           Mischief{"garbage@DC_ChargeLoopReq:4", StopCause::ev_protocol_error},
                                           Mischief{"bad-header@DC_CableCheckReq", StopCause::ev_communication_lost},
                                           Mischief{"huge-length@AuthorizationReq", StopCause::ev_communication_lost},
                                           Mischief{"slow-drip@DC_ChargeLoopReq:3", StopCause::ev_communication_lost},
                                           Mischief{"silence@DC_ChargeLoopReq:3", StopCause::ev_communication_lost},
                                           Mischief{"disconnect@DC_PreChargeReq", StopCause::ev_communication_lost},
                                           Mischief{"wrong-order@DC_ChargeLoopReq:2", StopCause::ev_protocol_error},
                                           Mischief{"wrong-session-id@DC_ChargeLoopReq:2", StopCause::ev_protocol_error},
                                           Mischief{"restart@DC_ChargeLoopReq:2", StopCause::ev_protocol_error}),
                         [](const auto& mischief) {
                             std::string name(mischief.param.fault);
                             std::ranges::replace_if(
                                 name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
                             return name;
                         });

struct Wish {
    Outlet outlet;
    std::vector<std::string> arguments;
};

/// One car after the other at one station, whose charger becomes what each of them needs.
TEST_F(Charge, every_service_and_mode_over_tls) {
    const std::vector<Wish> wishes{
        {Outlet::dc, {"--service", "DC", "--control", "scheduled", "--pricing", "level"}},
        {Outlet::dc, {"--service", "DC", "--control", "scheduled", "--pricing", "absolute"}},
        {Outlet::dc, {"--service", "DC", "--mobility", "charger"}},
        {Outlet::dc, {"--service", "DC_BPT"}},
        {Outlet::dc, {"--service", "DC_BPT", "--control", "scheduled", "--give", "20"}},
        {Outlet::ac, {"--service", "AC"}},
        {Outlet::ac, {"--service", "AC", "--control", "scheduled"}},
        {Outlet::ac, {"--service", "AC_BPT"}},
        {Outlet::ac, {"--service", "AC_BPT", "--control", "scheduled"}},
        {Outlet::mcs, {"--service", "MCS"}},
        {Outlet::mcs, {"--service", "MCS_BPT", "--control", "scheduled"}},
    };
    config.is_bidirectional = true;
    reconfigure();
    for (Wish wish : wishes) {
        const std::string what = wish.arguments[1] + " " + wish.arguments.back();
        if (std::exchange(config.outlet, wish.outlet) != wish.outlet) reconfigure();
        const std::int64_t delivered = shared->delivered_mj, returned = shared->returned_mj;
        wish.arguments.insert(wish.arguments.end(), {"--duration", "0.3"});
        const auto car = drive_up(wish.arguments);
        const auto summary = car->wait_for("ev_summary");
        ASSERT_TRUE(summary) << what;
        EXPECT_TRUE(is_true(*summary, "ok")) << what << ": " << summary->text() << "\n" << log();
        EXPECT_EQ(summary->string("tls_protocol"), "TLSv1.3");
        EXPECT_EQ(car->wait(), 0);
        EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_terminate)) << what;
        const bool gives = std::ranges::contains(wish.arguments, "--give");
        EXPECT_EQ(shared->returned_mj > returned, gives) << what;
        EXPECT_EQ(shared->delivered_mj > delivered, !gives) << what;
    }
}

TEST_F(Charge, the_same_car_goes_on_with_its_paused_session) {
    const auto car = drive_up({"--duration", "0.3", "--detour", "pause"});
    ASSERT_TRUE(car->wait_for("paused"));
    EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_pause));
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
    EXPECT_TRUE(is_true(*summary, "joined")) << summary->text() << "\n" << log();
    EXPECT_EQ(shared->last_stop, static_cast<int>(StopCause::ev_terminate));
}

TEST_F(Charge, schedules_and_services_are_negotiated_again) {
    const auto car = drive_up({"--duration", "0.8", "--control", "scheduled", "--detour", "renegotiate-schedule", "--detour",
                               "renegotiate-service", "--detour", "standby"});
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
    EXPECT_EQ(number(*summary, "renegotiations"), 1);

    const auto other = drive_up({"--duration", "2", "--control", "scheduled"});
    ASSERT_TRUE(other->wait_for("charging"));
    shared->available_w = 20'000;   // the station can give less: it is the one that asks
    const auto told = other->wait_for("ev_summary");
    ASSERT_TRUE(told);
    EXPECT_TRUE(is_true(*told, "ok")) << told->text() << "\n" << log();
    EXPECT_EQ(number(*told, "renegotiations"), 1);
}

TEST_F(Charge, its_timers_are_those_of_its_configuration) {
    config.loop_timeout_ms = 1'500;
    reconfigure();
    const auto car = drive_up({"--duration", "1.2", "--loop-pause", "900"});   // too slow for the standard's 0.5 s
    const auto summary = car->wait_for("ev_summary");
    ASSERT_TRUE(summary);
    EXPECT_TRUE(is_true(*summary, "ok")) << summary->text() << "\n" << log();
}

TEST_F(Charge, what_the_car_captured_decodes_frame_by_frame) {
    const auto car = drive_up({"--duration", "1", "--trace", path("trace")});
    ASSERT_TRUE(car->wait_for("ev_summary"));
    EXPECT_EQ(car->wait(), 0);
    std::ifstream trace(path("trace"));
    int frames = 0;
    for (std::string line; std::getline(trace, line); ++frames) {
        const std::string decoded = decode_json_line(line);
        EXPECT_TRUE(decoded.contains(R"("fields":)")) << decoded;
        EXPECT_FALSE(decoded.contains(R"("error":)")) << decoded;
    }
    EXPECT_GT(frames, 40);
}

//= ISO 15118-20 [V2G20-2356] without TLS 1.3 this protocol is not selected
TEST_F(Charge, a_car_without_tls_finds_no_charger) {
    const auto car = drive_up({"--plain"});
    EXPECT_FALSE(car->wait_for("found", 2s));
    EXPECT_EQ(shared->authorizations, 0);
}

}  // namespace
}  // namespace voltkeep::iso15118::testing
