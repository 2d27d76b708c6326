// SPDX-License-Identifier: Apache-2.0
// AC by the pilot alone, with the real session: a session that is away for longer than its consent costs nobody an unplug, and
// gives nobody energy who was stopped. 15 s.
#include <gtest/gtest.h>
#include <signal.h>

#include "lane.hpp"

namespace voltkeep::protections {
namespace {

/// What a car at this EVSE has been given so far, 1/1000 Wh.
double given(const Lane& lane) { return real_in(lane.truth(), "delivered_mwh"); }
bool has_current(const Lane& lane) { return real_in(lane.truth(), "amperes") > 31; }
bool is_open(const Lane& lane) { return !is_true(lane.truth(), "contactor"); }

}  // namespace

TEST(PlainPilot, goes_on_without_an_unplug_when_the_session_was_away_and_never_for_whoever_was_stopped) {
    if (others_were_asked_for()) GTEST_SKIP() << "others were asked for";
    auto started = Station::start({{.is_ac = true}, {.is_ac = true}}, Above::session);
    ASSERT_TRUE(started) << started.error().what.view();
    Station& station = **started;
    const Lane going(station, 1, true), stopped(station, 2, true);
    for (const char* evse : {"1", "2"}) {
        ASSERT_TRUE(station.plant(std::string("plug ") + evse + " 500 32000"));
        ASSERT_TRUE(eventually([&] { return station.tell_csms(std::string("start ") + evse) == "done"; }, 10s))
            << "the session takes a start";
    }
    ASSERT_TRUE(eventually([&] { return has_current(going) && has_current(stopped); }, 10s)) << "both charge";
    ASSERT_EQ(station.tell_csms("stop 2"), "done");
    ASSERT_TRUE(eventually([&] { return is_open(stopped) && station.tell_csms("say 2") == "1 started, 1 ended"; }, 10s));
    const double at_stop = given(stopped);

    for (int death = 0; death < 2; ++death) {
        ASSERT_TRUE(has_current(going));
        const pid_t session = station.process_of("session");
        ASSERT_GT(session, 1);
        ASSERT_EQ(::kill(session, SIGKILL), 0);
        EXPECT_TRUE(eventually([&] { return is_open(going); }, 3s)) << "nobody consents: a controlled stop";
        EXPECT_LE(station.process_of("session"), 0) << "and nobody is there yet who could";
        EXPECT_TRUE(eventually([&] { return has_current(going); }, 10s)) << "the car, plugged as it was, is not charged any more";
        EXPECT_EQ(station.tell_csms("say 1"), "1 started, 0 ended") << "the same transaction";
    }
    ASSERT_TRUE(eventually([&] { return station.tell_csms("stop 1") == "done"; }, 5s));
    ASSERT_TRUE(eventually([&] { return is_open(going) && station.tell_csms("say 1") == "1 started, 1 ended"; }, 10s));
    const double at_end = given(going);
    const pid_t last = station.process_of("session");
    ASSERT_GT(last, 1);
    ASSERT_EQ(::kill(last, SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { const pid_t now = station.process_of("session"); return now > 1 && now != last; }, 5s));
    EXPECT_FALSE(eventually([&] { return !is_open(going) || !is_open(stopped); }, 2s)) << "stopped is stopped, whoever died";
    EXPECT_EQ(given(stopped), at_stop);
    EXPECT_EQ(given(going), at_end);
    EXPECT_EQ(station.tell_csms("say 2"), "1 started, 1 ended");
}

}  // namespace voltkeep::protections
