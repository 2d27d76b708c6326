// SPDX-License-Identifier: Apache-2.0
// What a session makes of the end and the new start of processes: its own, and that of power.
#include "simulated_evse.hpp"

namespace voltkeep::charging::testing {

TEST(Session, a_new_process_leaves_the_setpoint_alone_until_the_car_asks_again) {
    Evse evse;
    evse.charge();
    evse.need(EvPhase::charge, 30'000);   // less than what was stored
    evse.tick();
    ASSERT_EQ(evse.wanted.setpoint.current.value, 30'000);
    evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));
    for (int i = 0; i < 3; ++i) {
        evse.tick();
        EXPECT_EQ(evse.wanted.setpoint.current.value, 30'000);
        EXPECT_TRUE(evse.consented());
    }
    evse.need(EvPhase::charge, 40'000);
    EXPECT_EQ(evse.wanted.setpoint.current.value, 40'000);
}

TEST(Session, a_new_process_fails_nothing_before_power_was_heard) {
    Evse evse;
    evse.charge();
    evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));
    EXPECT_EQ(view_for_ev(evse.configuration, evse.state).progress, Progress::ongoing);
    evse.seen();
    EXPECT_EQ(view_for_ev(evse.configuration, evse.state).progress, Progress::finished);
}

TEST(Session, says_everything_again_to_power_that_was_started_anew) {
    Evse evse;
    evse.charge();
    ASSERT_TRUE(evse.wanted.lock);
    evse.tell(PowerGone{});
    evse.power = {};
    evse.power.pilot = safety::Pilot::between;   // not looked at yet
    evse.seen();
    EXPECT_TRUE(evse.did([](const Action& a) { return std::holds_alternative<SetPower>(a); }));
    EXPECT_TRUE(evse.wanted.lock) << "the connector stays locked";
    EXPECT_EQ(evse.wanted.demand, safety::Demand::none);
    EXPECT_TRUE(evse.state.durable.transaction && !evse.state.durable.transaction->stopping) << "the car may come back";
}

TEST(Session, lets_power_come_to_rest_before_a_car_that_is_back_at_once_gets_its_cable_check) {
    Evse evse;
    evse.charge();
    evse.obeys = false;
    evse.power.stage = safety::Stage::discharging;
    evse.power.contactor_closed = false;
    evse.power.cable_check = safety::CableCheck::failed;   // as power keeps it until nothing is wanted
    evse.tick();
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    evse.need(EvPhase::cable_check);
    evse.tick();
    EXPECT_EQ(evse.wanted.demand, safety::Demand::none);
    EXPECT_EQ(view_for_ev(evse.configuration, evse.state).progress, Progress::ongoing);
    evse.power.stage = safety::Stage::idle;
    evse.power.cable_check = safety::CableCheck::none;
    evse.tick();
    EXPECT_EQ(evse.wanted.demand, safety::Demand::cable_check);
}

TEST(Session, wakes_a_car_that_does_not_come_back) {
    Evse evse;
    evse.charge();
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    int steady = 0;
    for (Duration t{}; t < 10s; t += 100ms) {
        evse.tick();
        EXPECT_TRUE(t >= 1900ms || evse.wanted.offer) << "it may come back by itself";
        steady += evse.wanted.offer ? 0 : 1;
    }
    EXPECT_NEAR(steady, 30, 1) << "X1 for three seconds, once";
    EXPECT_TRUE(evse.wanted.offer);
    evse.run(evse.configuration.wake_period - 8s);
    EXPECT_FALSE(evse.wanted.offer) << "and once more";
    evse.tell(EvAuthorizes{kExternal});
    evse.tick();
    EXPECT_TRUE(evse.wanted.offer) << "it speaks";
}

TEST(Session, a_passing_trouble_of_the_power_path_keeps_the_transaction) {
    Evse evse;
    evse.charge();
    const TransactionId id = evse.last().transaction;
    evse.power.latched = 1u << PROTECTION_INPUTS_STALE;
    evse.tick();
    EXPECT_EQ(view_for_ev(evse.configuration, evse.state).progress, Progress::failed);
    evse.run(1s);
    EXPECT_EQ(evse.power.latched, 0u) << "acknowledged by itself";
    EXPECT_EQ(evse.wanted.demand, safety::Demand::none) << "the car must begin anew";
    evse.tell(StoppedByEv{StopCause::ev_terminate});
    evse.tell(EvAuthorizes{kExternal});
    EXPECT_EQ(verdict_for_ev(evse.state).transaction, id);
    evse.protocol();
    EXPECT_EQ(evse.state.phase, Phase::charging);
    EXPECT_EQ(evse.last().transaction, id);
}

TEST(Session, a_power_process_that_died_keeps_the_transaction) {
    Evse evse;
    evse.charge();
    evse.tell(PowerGone{});
    EXPECT_FALSE(may_deliver(evse.state));
    evse.power.stage = safety::Stage::idle;
    evse.power.contactor_closed = false;
    evse.power.pilot = safety::Pilot::between;  // it has not measured yet
    evse.power.plugged = false;
    evse.obeys = false;
    evse.run(300ms);
    EXPECT_EQ(evse.records.back().kind, RecordKind::updated);
    evse.obeys = true;
    evse.plug();
    evse.run(1s);
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    evse.protocol();
    EXPECT_EQ(evse.state.phase, Phase::charging);
}

TEST(Session, a_station_out_of_order_ends_the_transaction_even_without_its_power_process_and_begins_none) {
    Evse evse;
    evse.charge();
    evse.tell(PowerGone{});
    evse.obeys = false;
    evse.tell(OutOfOrder{true});
    EXPECT_FALSE(may_deliver(evse.state));
    evse.run(60s);
    EXPECT_EQ(evse.records.back().kind, RecordKind::ended);
    EXPECT_EQ(evse.state.told, Availability::faulted);
    const auto ended = evse.records.size();
    evse.tell(RemoteStarted{kExternal, 7});
    EXPECT_EQ(evse.records.size(), ended);
    evse.tell(OutOfOrder{false});
    EXPECT_NE(evse.state.told, Availability::faulted);
}

TEST(Session, a_new_process_goes_on_without_a_gap) {
    Evse evse;
    evse.charge();
    const std::uint32_t next = evse.last().sequence + 1;
    evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));
    evse.tick();
    EXPECT_EQ(evse.state.phase, Phase::charging);
    EXPECT_EQ(evse.wanted.demand, safety::Demand::energy);
    EXPECT_EQ(evse.wanted.setpoint.current.value, 100'000) << "the car must not notice";
    EXPECT_TRUE(evse.consented());
    EXPECT_EQ(evse.last().sequence + 1, next) << "nothing has happened";
    evse.need(EvPhase::charge);
    evse.run(kMeterInterval + 1s);
    EXPECT_EQ(evse.last().sequence, next);
}

/// Everything is off for a while; what was plugged may be another car's.
static void lose_mains(Evse& evse, std::int64_t for_ms) {
    evse.context.wall.unix_ms += for_ms;
    evse.power.stage = safety::Stage::idle;
    evse.power.contactor_closed = false;
    evse.wanted = {};
    evse.consent_until = {};
}

//= OCPP 2.1 E17.FR.10, E17.FR.14, E17.FR.20
TEST(Session, a_short_outage_is_resumed_and_a_long_one_ended) {
    for (const bool is_short : {true, false}) {
        Evse evse;
        evse.name_car("CAR-A");
        evse.charge();
        const TransactionId id = evse.last().transaction;
        const std::uint32_t next = evse.last().sequence + 1;
        lose_mains(evse, is_short ? 60'000 : 600'000);
        const std::size_t told = evse.records.size();
        evse.take(resume(evse.configuration, evse.stored, Restart::reboot, evse.context));
        evse.run(1s);
        ASSERT_GT(evse.records.size(), told);
        EXPECT_EQ(evse.records[told].transaction, id);
        EXPECT_EQ(evse.records[told].sequence, next);
        if (is_short) {
            EXPECT_EQ(evse.records[told].trigger, Trigger::tx_resumed);
            evse.name_car("CAR-A");
            evse.protocol();
            EXPECT_EQ(evse.state.phase, Phase::charging);
        } else {
            EXPECT_EQ(evse.last().kind, RecordKind::ended);
            EXPECT_EQ(evse.last().stop, StopCause::reboot);
        }
    }
}

TEST(Session, a_transaction_is_resumed_by_its_own_car_alone) {
    for (const std::string_view car : {"CAR-A", "CAR-B", ""}) {
        Evse evse;
        evse.name_car("CAR-A");
        evse.charge();
        const TransactionId id = evse.last().transaction;
        const std::int64_t energy = evse.register_mwh - 5'000'000;
        lose_mains(evse, 4'000);
        evse.take(resume(evse.configuration, evse.stored, Restart::reboot, evse.context));
        evse.run(1s);
        evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));   // who does not know either
        evse.tick();
        EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::pending) << "nobody has said whose plug it is";
        evse.need(EvPhase::cable_check);
        evse.run(1s);
        EXPECT_FALSE(evse.consented());
        if (!car.empty()) evse.name_car(car);
        evse.tell(EvAuthorizes{kExternal});
        if (car == "CAR-A") {
            EXPECT_EQ(verdict_for_ev(evse.state).transaction, id);
            evse.protocol();
            EXPECT_EQ(evse.state.phase, Phase::charging);
            EXPECT_EQ(evse.last().transaction, id);
            continue;
        }
        EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::pending);
        evse.run(evse.configuration.reconnect_timeout);
        EXPECT_EQ(evse.last().kind, RecordKind::ended);
        EXPECT_EQ(evse.last().stop, car.empty() ? StopCause::ev_communication_lost : StopCause::unplugged);
        EXPECT_EQ(evse.last().energy_mwh, energy) << "the bill of the car that has left";
        evse.tell(EvAuthorizes{kExternal});
        EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::pending) << "it is asked who pays for this one";
        evse.tell(IdentityPresented{kOther});
        evse.answer(true);
        evse.tick();
        EXPECT_NE(evse.last().transaction, id);
        EXPECT_EQ(evse.last().identity, kOther);
        evse.protocol();
        EXPECT_EQ(evse.state.phase, Phase::charging);
    }
}

TEST(Session, a_car_that_never_said_its_name_is_not_the_same_one_after_an_outage) {
    Evse evse;
    evse.charge();
    lose_mains(evse, 4'000);
    evse.take(resume(evse.configuration, evse.stored, Restart::reboot, evse.context));
    evse.run(1s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::reboot);
    evse.name_car("CAR-A");
    evse.tell(EvAuthorizes{kCard});
    EXPECT_TRUE(evse.state.authorizing) << "whoever is plugged may ask";
}

TEST(Session, a_car_that_says_another_name_while_it_was_plugged_all_the_time_goes_on) {
    Evse evse;
    evse.charge();
    const TransactionId id = evse.last().transaction;
    evse.name_car("EVCC-OF-ISO-15118-20");
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    evse.name_car("0011223344AA");
    evse.tell(EvAuthorizes{kExternal});
    EXPECT_EQ(verdict_for_ev(evse.state).transaction, id);
}

TEST(Session, a_car_that_left_during_the_outage_ends_the_transaction) {
    Evse evse;
    evse.name_car("CAR-A");
    evse.charge();
    evse.power = {};
    evse.power.pilot = safety::Pilot::a;
    evse.take(resume(evse.configuration, evse.stored, Restart::reboot, evse.context));
    evse.run(1s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::unplugged);
}

TEST(Session, a_stop_survives_a_crash) {
    Evse evse;
    evse.charge();
    evse.obeys = false;
    evse.tell(StoppedByUser{});
    evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));
    evse.obeys = true;
    for (int i = 0; i < 20; ++i) {
        evse.need(EvPhase::charge);
        evse.tick();
        EXPECT_FALSE(evse.consented());
    }
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::user);
}

TEST(Session, what_was_granted_is_stored_and_survives_as_long_as_it_stands) {
    Evse evse;
    evse.tell(RemoteStarted{kCard, 9});
    EXPECT_TRUE(evse.did([](const Action& a) { return std::holds_alternative<Persist>(a); }))
        << "whoever was told yes is not forgotten";
    ASSERT_TRUE(evse.stored.granted);
    for (const Restart restart : {Restart::process, Restart::reboot}) {
        Evse successor;
        successor.context.wall.unix_ms += 20'000;
        successor.take(resume(successor.configuration, evse.stored, restart, successor.context));
        EXPECT_EQ(successor.state.phase, Phase::authorized);
        successor.plug();
        successor.tick();
        ASSERT_EQ(successor.records.size(), 1u);
        EXPECT_EQ(successor.last().remote_start_id, 9);
        EXPECT_FALSE(successor.stored.granted) << "used";
    }
    Evse late;
    late.context.wall.unix_ms += 61'000;
    late.take(resume(late.configuration, evse.stored, Restart::reboot, late.context));
    EXPECT_EQ(late.state.phase, Phase::available);
    EXPECT_FALSE(late.stored.granted);
}

TEST(Session, what_was_granted_to_a_car_that_left_meanwhile_is_gone) {
    Evse evse;
    evse.plug();
    evse.tell(IdentityPresented{kCard});
    evse.answer(true);   // no reading yet: granted, and no transaction
    ASSERT_TRUE(evse.stored.granted);
    Evse successor;
    successor.take(resume(successor.configuration, evse.stored, Restart::process, successor.context));
    successor.power.pilot = safety::Pilot::a;
    successor.seen();
    successor.plug();
    successor.run(1s);
    EXPECT_TRUE(successor.records.empty());
    EXPECT_FALSE(successor.stored.granted);
}

//= OCPP 2.1 B01.FR.07, B01.FR.13, B11.FR.02, B11.FR.05, B12.FR.06, G01.FR.02, G03.FR.08, G04.FR.09
TEST(Session, what_the_csms_made_of_an_evse_survives_a_reboot) {
    Evse unavailable, reserved;
    unavailable.tell(AvailabilityWanted{false});
    reserved.tell(Reserved{5, kOther, reserved.context.wall.unix_ms + 60'000});
    for (Evse* evse : {&unavailable, &reserved})
        evse->take(resume(evse->configuration, evse->stored, Restart::reboot, evse->context));
    EXPECT_EQ(unavailable.state.told, Availability::unavailable);
    EXPECT_EQ(reserved.state.told, Availability::reserved);
    EXPECT_EQ(reserved.state.durable.reservation->id, 5);
}

}  // namespace voltkeep::charging::testing
