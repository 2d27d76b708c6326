// SPDX-License-Identifier: Apache-2.0
// AC by the pilot alone: nobody but the station can begin anew. The session's machine and the safety core, as they are, period by
// period.
#include <gtest/gtest.h>

#include "charging/safety/pilot.hpp"
#include "charging/session/session.hpp"

namespace voltkeep::charging::testing {

namespace {

/// As session and power share it out: the session may be away for a while, the loop goes on with what it was told last.
class Socket {
public:
    Socket() {
        core_.outlet = safety::Outlet::ac_socket;
        core_.current_max = core_.cable_max = {32'000};
        sensors_.proximity = {220};
        session_.digital = false;
        session_.hardware = {std::nullopt, MilliAmpere{32'000}};
        session_.mains_pause = 10s;
        state_ = initial(session_);
        state_.durable.allowances[LimitSource::fuse] = {Watt{50'000}, std::nullopt};
    }

    void run(int ms) {
        for (const int until = ms_ + ms; ms_ < until; ms_ += 10) period();
    }
    void plug() { level_mv_ = 9'000, run(100), level_mv_ = 6'000; }
    void charge() {
        run(500);
        plug();
        run(100);
        tell(RemoteStarted{{IdentificationKind::token, "CARD-1", "ISO14443"}, 7});
        run(3'000);
        ASSERT_TRUE(delivers()) << "before anything happens";
        transaction_ = state_.durable.transaction->id;
    }
    void unplug() { level_mv_ = 12'000, run(300); }
    void answer(bool accepted) {
        tell(AuthorizationAnswered{request_, accepted, {}});
        run(3'000);
        if (state_.durable.transaction) transaction_ = state_.durable.transaction->id;
    }
    /// The hardware's own has opened, and latched it, because nobody gave orders.
    void trip_watchdog() { is_watchdog_ = true, run(100), is_watchdog_ = false; }
    [[nodiscard]] int asked() const { return asked_; }
    /// The process dies; it comes back with what is on the disk.
    void die() { lives_ = false; }
    void come_back(Restart as = Restart::process) {
        take(resume(session_, stored_, as, context()));
        lives_ = true;
    }
    void lose_mains() {
        loop_ = {};
        command_ = {};
        sensors_ = {};
        orders_ = {};
        come_back(Restart::reboot);
    }
    void tell(const Event& event) {
        if (lives_) take(step(session_, state_, event, context()));
    }
    void stop() { tell(RemoteStopped{transaction_}); }
    void bad_mains(bool is_on) { is_mains_bad_ = is_on; }
    void draw_more(bool is_on) { draws_more_ = is_on; }
    /// X1 or not, the car goes on drawing what it drew.
    void ignore_pilot(bool is_on) { ignores_pilot_ = is_on; }

    [[nodiscard]] bool delivers() const { return orders_.close_contactor && sensors_.current.value > 5'000; }
    [[nodiscard]] bool is_closed() const { return orders_.close_contactor; }
    [[nodiscard]] bool is_same_transaction() const {
        const auto& t = state_.durable.transaction;
        return t && !t->stopping && t->id == transaction_;
    }
    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] int started() const { return started_; }
    [[nodiscard]] int operations() const { return static_cast<int>(loop_.interlock.operations); }
    safety::Configuration core_{};
    Configuration session_{};

private:
    [[nodiscard]] Context context() const {
        return {Instant{1'000'000'000'000 + ms_ * 1'000'000ll}, WallTime{1'800'000'000'000 + ms_},
                Text<36>("00000000-0000-4000-8000-000000000001"), true};
    }
    void take(const Step& made) {
        state_ = made.state;
        for (const Action& action : made.actions) {
            if (std::holds_alternative<Persist>(action)) stored_ = state_.durable;
            if (const auto* wanted = std::get_if<SetPower>(&action)) {
                is_withdrawn_ = is_withdrawn_ || wanted->demand == safety::Demand::none;
                command_ = {wanted->demand,  wanted->setpoint,    wanted->lock,        wanted->offer,
                            wanted->digital, command_.consent_ms, command_.acknowledge};
            }
            if (const auto* consent = std::get_if<GiveConsent>(&action)) command_.consent_ms = consent->ms;
            if (const auto* trips = std::get_if<AcknowledgeTrips>(&action)) command_.acknowledge |= trips->trips;
            if (const auto* question = std::get_if<AskAuthorization>(&action)) ++asked_, request_ = question->request;
            if (const auto* record = std::get_if<Record>(&action); record && record->kind == RecordKind::started) ++started_;
        }
    }
    void world() {
        const std::int32_t offered = safety::current_for(orders_.duty_permille).value;
        const std::int32_t drawn = sensors_.current.value;
        sensors_ = safety::Sensors{.sequence = sensors_.sequence + 1, .echo = orders_.sequence, .proximity = {220}};
        // X1: the car opens its own switch and is in B until it is invited again.
        const bool is_invited = orders_.drive == safety::Drive::pwm || ignores_pilot_;
        sensors_.pilot_high_mv = level_mv_ == 6'000 && !is_invited ? std::int16_t{9'000} : level_mv_;
        sensors_.pilot_low_mv = orders_.drive == safety::Drive::pwm ? std::int16_t{-12'000} : sensors_.pilot_high_mv;
        sensors_.contactor_closed = orders_.close_contactor;
        sensors_.locked = orders_.lock;
        sensors_.watchdog_tripped = is_watchdog_;
        if (is_watchdog_) sensors_.contactor_closed = false;
        sensors_.current = {orders_.close_contactor && !is_watchdog_ && is_invited && level_mv_ == 6'000
                                ? offered / 10 * (draws_more_ ? 13 : 10)
                                : 0};
        if (ignores_pilot_ && orders_.close_contactor) sensors_.current = {drawn};
        if (is_mains_bad_) sensors_.mains_voltage = {170'000};
    }
    void period() {
        world();
        safety::Command command = command_;
        if (is_withdrawn_) command.demand = safety::Demand::none;
        is_withdrawn_ = false;
        const auto made = safety::step(core_, loop_, {sensors_, command}, {1'000'000 + ms_ * 1'000ll});
        command_.consent_ms = 0;
        command_.acknowledge = 0;
        loop_ = made.state;
        orders_ = made.outputs.actuators;
        import_mwh_ += sensors_.current.value * 690 / 360'000;
        if (ms_ % 50 == 0) tell(PowerSeen{made.outputs.report});
        if (ms_ % 100 == 0) {
            tell(MeterSeen{{.wall_ms = 1'800'000'000'000 + ms_, .import_mwh = import_mwh_},
                           reading_wanted(session_, state_, context().now)});
            tell(Ticked{});
        }
    }

    State state_{};
    Durable stored_{};
    safety::State loop_{};
    safety::Sensors sensors_{};
    safety::Actuators orders_{};
    safety::Command command_{};
    bool is_withdrawn_ = false, lives_ = true, is_watchdog_ = false, is_mains_bad_ = false, draws_more_ = false,
         ignores_pilot_ = false;
    std::int16_t level_mv_ = 12'000;
    std::int64_t import_mwh_ = 5'000'000;
    int ms_ = 0, started_ = 0, asked_ = 0;
    std::uint64_t request_ = 0;
    TransactionId transaction_;
};

}  // namespace

//= OCPP 2.1 E17 a transaction goes on; nobody has to unplug because a process was started anew
TEST(PlainPilot, goes_on_in_the_same_transaction_after_every_length_of_silence) {
    for (int silence = 100; silence <= 9'000; silence += silence < 1'500 ? 50 : 500) {
        Socket socket;
        socket.charge();
        socket.die();
        socket.run(silence);
        // Its last consent was up to 100 ms old.
        if (silence <= 400 || silence >= 550) {
            EXPECT_EQ(socket.is_closed(), silence <= 400) << "after " << silence << " ms without a session";
        }
        socket.come_back();
        socket.run(4'000);
        EXPECT_TRUE(socket.delivers()) << "after " << silence << " ms";
        EXPECT_TRUE(socket.is_same_transaction()) << "after " << silence << " ms";
        EXPECT_EQ(socket.started(), 1) << "no second transaction";
    }
}

/// Nobody saw the plug while the whole station was away, and the pilot says no name.
TEST(PlainPilot, begins_anew_for_whoever_is_allowed_after_an_outage_of_the_station) {
    for (const bool is_anybody : {true, false}) {
        Socket socket;
        socket.charge();
        if (is_anybody) socket.session_.anybody = Identity{IdentificationKind::token, "ANYBODY", "Central"};
        socket.lose_mains();
        socket.run(2'000);
        EXPECT_FALSE(socket.is_closed());
        EXPECT_FALSE(socket.state().durable.transaction) << "ended, with its last reading";
        EXPECT_EQ(socket.asked(), is_anybody ? 1 : 0);
        if (is_anybody) socket.answer(true);
        else socket.tell(RemoteStarted{{IdentificationKind::token, "CARD-2", "ISO14443"}, 8});
        socket.run(3'000);
        EXPECT_TRUE(socket.delivers()) << "nobody had to unplug";
        EXPECT_EQ(socket.started(), 2);
        socket.run(90'000);
        EXPECT_TRUE(socket.delivers());
    }
}

/// Whenever a stop is said, before the death or after it: nothing closes any more.
TEST(PlainPilot, no_energy_after_a_stop_whenever_the_session_was_away) {
    for (int silence = 100; silence <= 8'000; silence += 700)
        for (const bool is_before : {true, false})
            for (const int gap : {0, 20, 60, 150, 600}) {
                Socket socket;
                socket.charge();
                const auto stop = [&] { socket.stop(), socket.run(gap); };
                if (is_before) stop();
                socket.die();
                socket.run(silence);
                socket.come_back();
                if (!is_before) socket.run(gap), stop();
                socket.run(500);
                const int operations = socket.operations();
                socket.run(6'500);
                EXPECT_FALSE(socket.is_closed())
                    << silence << " ms away, stopped " << (is_before ? "before" : "after") << ", " << gap;
                EXPECT_EQ(socket.operations(), operations) << "not even for a moment";
                socket.die();
                socket.run(silence);
                socket.come_back();
                socket.run(4'000);
                EXPECT_EQ(socket.operations(), operations) << "nor after the next death";
            }
}

/// Without a session nobody begins anew, however long the demand that it left behind stands.
TEST(PlainPilot, a_loop_that_was_left_alone_closes_nothing) {
    Socket socket;
    socket.charge();
    socket.die();
    socket.run(30'000);
    EXPECT_EQ(socket.operations(), 1);
    EXPECT_FALSE(socket.is_closed());
}

//= EN 50549-1 4.7.4 connected again only when the mains have been good for a while
TEST(PlainPilot, goes_on_when_the_mains_have_been_good_for_a_minute) {
    Socket socket;
    socket.charge();
    socket.bad_mains(true);
    socket.run(5'000);
    EXPECT_FALSE(socket.is_closed());
    EXPECT_EQ(charging_state(socket.state()), ChargingState::suspended_evse);
    socket.bad_mains(false);
    socket.run(6'000);
    socket.bad_mains(true);   // once more, before the pause is over
    socket.run(1'000);
    socket.bad_mains(false);
    socket.run(9'500);
    EXPECT_EQ(socket.operations(), 1) << "not before the pause is over";
    socket.die();
    socket.run(700);
    socket.come_back();       // who does not know how long waits anew
    socket.run(9'500);
    EXPECT_EQ(socket.operations(), 1);
    socket.run(3'000);
    EXPECT_TRUE(socket.delivers());
    EXPECT_TRUE(socket.is_same_transaction());
}

TEST(PlainPilot, a_car_that_drew_too_much_stays_without_power_until_it_is_unplugged) {
    Socket socket;
    socket.charge();
    socket.draw_more(true);
    socket.run(101'000);
    EXPECT_FALSE(socket.is_closed());
    socket.draw_more(false);
    socket.run(20'000);
    EXPECT_EQ(socket.operations(), 1);
}

/// The stop goes on to its end, and nobody has withdrawn anything when it is over.
TEST(PlainPilot, goes_on_when_a_limit_of_nothing_is_over_before_the_car_has_stopped) {
    Socket socket;
    socket.charge();
    socket.ignore_pilot(true);
    socket.tell(LimitChanged{LimitSource::csms, {std::nullopt, MilliAmpere{0}}});
    socket.run(2'000);
    EXPECT_TRUE(socket.is_closed()) << "a slow car";
    socket.tell(LimitChanged{LimitSource::csms, {}});
    socket.run(1'000);
    socket.ignore_pilot(false);
    socket.run(2'000);
    EXPECT_EQ(socket.operations(), 2) << "opened, and closed again when it had rested";
    socket.run(2'000);
    EXPECT_TRUE(socket.delivers());
    EXPECT_TRUE(socket.is_same_transaction());
}

TEST(PlainPilot, goes_on_when_the_hardware_has_opened_because_the_loop_was_away) {
    Socket socket;
    socket.charge();
    socket.trip_watchdog();
    socket.run(5'000);
    EXPECT_EQ(socket.operations(), 2);
    EXPECT_TRUE(socket.delivers());
    EXPECT_TRUE(socket.is_same_transaction());
}

TEST(PlainPilot, asks_for_whoever_plugs_in_and_not_again_for_whoever_was_stopped) {
    Socket socket;
    socket.session_.anybody = Identity{IdentificationKind::token, "ANYBODY", "Central"};
    socket.run(500);
    EXPECT_EQ(socket.asked(), 0) << "nobody is there";
    socket.plug();
    socket.run(300);
    EXPECT_EQ(socket.asked(), 1);
    EXPECT_FALSE(socket.is_closed()) << "before the answer";
    socket.answer(true);
    EXPECT_TRUE(socket.delivers());
    socket.stop();
    socket.run(100'000);
    EXPECT_EQ(socket.asked(), 1);
    socket.die();
    socket.come_back();
    socket.run(100'000);
    EXPECT_EQ(socket.asked(), 1) << "a death makes nobody forget";
    EXPECT_FALSE(socket.is_closed());
    socket.unplug();
    socket.plug();
    socket.run(300);
    EXPECT_EQ(socket.asked(), 2) << "whoever comes next";
    socket.answer(false);
    socket.run(50'000);
    EXPECT_EQ(socket.asked(), 2);
    socket.run(20'000);
    EXPECT_EQ(socket.asked(), 3) << "once a minute";
    EXPECT_FALSE(socket.is_closed());
}

TEST(PlainPilot, a_power_of_the_fuse_is_of_all_phases) {
    Socket socket;
    socket.charge();
    socket.tell(LimitChanged{LimitSource::fuse, {Watt{11'040}, std::nullopt}});
    socket.run(2'000);
    EXPECT_EQ(socket.state().limit.current.value, 16'000);
    EXPECT_EQ(socket.state().sent.setpoint.current.value, 16'000);
    socket.tell(LimitChanged{LimitSource::csms, {std::nullopt, MilliAmpere{5'000}}});
    socket.run(2'000);
    EXPECT_FALSE(socket.delivers()) << "less than the pilot can say is nothing";
    EXPECT_EQ(charging_state(socket.state()), ChargingState::suspended_evse);
}

}  // namespace voltkeep::charging::testing
