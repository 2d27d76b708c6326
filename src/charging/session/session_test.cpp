// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "simulated_evse.hpp"

namespace voltkeep::charging::testing {

//= OCPP 2.1 C01.FR.01, C06.FR.01, E01.FR.05, E01.FR.10, E01.FR.15, G01.FR.01, G01.FR.03, G01.FR.04
TEST(Session, plug_first_charges_and_the_car_ends) {
    Evse evse;
    EXPECT_EQ(evse.state.phase, Phase::available);
    evse.plug();
    EXPECT_EQ(evse.state.phase, Phase::occupied);
    EXPECT_EQ(evse.state.told, Availability::occupied);
    evse.authorize();
    EXPECT_EQ(evse.records.size(), 1u);
    EXPECT_EQ(evse.last().kind, RecordKind::started);
    EXPECT_EQ(evse.last().trigger, Trigger::authorized);
    EXPECT_EQ(evse.last().identity.token.view(), "CARD-1");
    evse.protocol();
    EXPECT_EQ(evse.wanted.setpoint.current.value, 100'000);
    evse.need(EvPhase::stopping);
    evse.tell(StoppedByEv{StopCause::ev_terminate});
    EXPECT_EQ(evse.state.phase, Phase::stopping);
    evse.run(1s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::ev_terminate);
    EXPECT_EQ(evse.last().energy_mwh, evse.register_mwh - 5'000'000);
    EXPECT_GT(evse.last().energy_mwh, 0);
    EXPECT_EQ(evse.last().cost_micro, (evse.last().energy_mwh * 450'000 + 500'000) / 1'000'000);
    EXPECT_EQ(evse.state.phase, Phase::finishing);
    evse.unplug();
    EXPECT_EQ(evse.state.phase, Phase::available);
    EXPECT_EQ(evse.state.told, Availability::available);
}

//= OCPP 2.1 E03.FR.01
TEST(Session, authorize_first_starts_when_the_car_comes) {
    Evse evse;
    evse.authorize();
    EXPECT_EQ(evse.state.phase, Phase::authorized);
    EXPECT_TRUE(evse.records.empty());
    evse.run(10s);
    evse.plug();
    evse.tick();
    ASSERT_EQ(evse.records.size(), 1u);
    EXPECT_EQ(evse.last().trigger, Trigger::cable_plugged_in);
    EXPECT_EQ(evse.last().identity.token.view(), "CARD-1");
}

//= OCPP 2.1 C01.FR.26
TEST(Session, an_authorization_without_a_car_lapses) {
    Evse evse;
    evse.authorize();
    evse.run(61s);
    EXPECT_EQ(evse.state.phase, Phase::available);
    evse.plug();
    evse.run(1s);
    EXPECT_EQ(evse.state.phase, Phase::occupied);
}

//= OCPP 2.1 C05.FR.01, C05.FR.03, C05.FR.05, F01.FR.02, F01.FR.04, F01.FR.19, F02.FR.05, F02.FR.10, F02.FR.12, F02.FR.21
TEST(Session, a_remote_start_needs_no_further_answer) {
    Evse evse;
    evse.plug();
    evse.tick();
    evse.tell(RemoteStarted{kCard, 77});
    EXPECT_EQ(evse.last().kind, RecordKind::started);
    EXPECT_EQ(evse.last().trigger, Trigger::remote_start);
    EXPECT_EQ(evse.last().remote_start_id, 77);
    EXPECT_EQ(evse.last().identity, kCard);
    EXPECT_FALSE(evse.did([](const Action& a) { return std::holds_alternative<AskAuthorization>(a); }));
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::accepted);
}

//= OCPP 2.1 F01.FR.20, F01.FR.21, F01.FR.23, F01.FR.24, F02.FR.22, F02.FR.23, F02.FR.25, F02.FR.26
TEST(Session, a_remote_start_goes_where_it_fits_best_and_is_refused_where_nobody_takes_it) {
    Evse faulted, stopped, empty, with_car, other;
    faulted.power.latched = 1u << PROTECTION_EMERGENCY_STOP;
    faulted.seen();
    stopped.tell(AvailabilityWanted{false});
    other.tell(Reserved{7, kOther, other.context.wall.unix_ms + 60'000});
    with_car.plug();
    const RemoteStarted start{kCard, -1};   // a number like any other
    const auto choose = [&](std::initializer_list<const Evse*> evses) {
        std::vector<const State*> states;
        for (const Evse* evse : evses) states.push_back(&evse->state);
        return choose_for(start, states);
    };
    EXPECT_EQ(choose({&faulted, &empty, &with_car}), 2u);
    EXPECT_EQ(choose({&faulted, &empty}), 1u);
    EXPECT_EQ(choose({&faulted, &stopped, &other}), std::nullopt);
    faulted.tell(start);
    EXPECT_EQ(faulted.state.phase, Phase::faulted);
    other.tell(Reserved{7, kCard, other.context.wall.unix_ms + 60'000});
    EXPECT_EQ(choose({&with_car, &other}), 1u) << "its own reservation";
    empty.tell(start);
    EXPECT_EQ(choose({&with_car, &empty}), 1u) << "said twice it is the same start";
    empty.plug();
    empty.tick();
    ASSERT_EQ(empty.records.size(), 1u);
    EXPECT_EQ(empty.last().remote_start_id, -1);
    EXPECT_EQ(choose({&with_car, &empty}), 1u);
    const RemoteStarted another{kCard, 5};
    EXPECT_EQ(choose_for(another, std::vector<const State*>{&empty.state}), std::nullopt);
    Evse by_card;
    by_card.charge();
    EXPECT_EQ(choose_for(start, std::vector<const State*>{&by_card.state}), std::nullopt)
        << "a transaction of a card is nobody's remote start";
}

TEST(Session, nothing_begins_while_the_disk_fails_and_what_runs_ends_when_no_more_fits) {
    Evse evse;
    evse.charge();
    const std::size_t before = evse.records.size();
    evse.tell(StoreFails{true, false});
    evse.run(6s);
    EXPECT_EQ(evse.state.phase, Phase::charging);
    EXPECT_EQ(evse.records.size(), before) << "nothing that grows with time";
    evse.tell(StoreFails{true, true});
    evse.run(2s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().energy_mwh, evse.register_mwh - 5'000'000);
    evse.unplug();
    evse.plug();
    evse.tell(EvAuthorizes{kCard});
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::refused);
    evse.run(6s);
    evse.tell(IdentityPresented{kCard});
    evse.tell(RemoteStarted{kCard, 1});
    EXPECT_EQ(evse.state.phase, Phase::occupied);
    evse.tell(StoreFails{false, false});
    evse.authorize();
    EXPECT_EQ(evse.state.phase, Phase::preparing);
}

TEST(Session, the_car_waits_for_somebody_to_identify) {
    Evse evse;
    evse.plug();
    evse.tick();
    evse.tell(EvAuthorizes{kExternal});
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::pending);
    evse.authorize();
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::accepted);
    EXPECT_EQ(verdict_for_ev(evse.state).transaction, evse.last().transaction);
}

TEST(Session, the_car_may_stand_for_anybody_where_the_operator_says_so) {
    Evse evse;
    evse.configuration.anybody = kOther;
    evse.plug();
    evse.tick();
    evse.tell(EvAuthorizes{kExternal});
    evse.answer(true);
    EXPECT_EQ(evse.last().identity.token.view(), "CARD-2");
}

TEST(Session, a_refusal_is_told_and_starts_nothing) {
    Evse evse;
    evse.plug();
    evse.tick();
    evse.tell(EvAuthorizes{kCard});
    evse.answer(false);
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::refused);
    evse.tell(EvAuthorizes{kCard});
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::refused);
    evse.run(6s);
    evse.tell(EvAuthorizes{kCard});
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::pending);
    EXPECT_TRUE(evse.records.empty());
}

TEST(Session, no_answer_is_a_refusal) {
    Evse evse;
    evse.plug();
    evse.tick();
    evse.tell(EvAuthorizes{kCard});
    evse.run(31s);
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::refused);
    evse.answer(true);
    evse.run(1s);
    EXPECT_TRUE(evse.records.empty()) << "the answer came too late";
}

//= OCPP 2.1 E07.FR.02, E08.FR.01
TEST(Session, the_same_card_stops_and_another_does_not) {
    Evse evse;
    evse.charge();
    evse.tell(IdentityPresented{kOther});
    EXPECT_EQ(evse.state.phase, Phase::charging);
    evse.tell(IdentityPresented{kCard});
    evse.run(1s);
    EXPECT_EQ(evse.last().stop, StopCause::user);
    EXPECT_EQ(evse.last().trigger, Trigger::stop_authorized);
}

//= OCPP 2.1 F03.FR.03, F03.FR.09
TEST(Session, a_remote_stop_stops_its_transaction_only) {
    Evse evse;
    evse.charge();
    evse.tell(RemoteStopped{TransactionId("no such transaction")});
    EXPECT_EQ(evse.state.phase, Phase::charging);
    evse.tell(RemoteStopped{evse.last().transaction});
    EXPECT_FALSE(may_deliver(evse.state));
    EXPECT_EQ(evse.wanted.demand, safety::Demand::none);
    EXPECT_TRUE(view_for_ev(evse.configuration, evse.state).stop_wanted);
    evse.run(1s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().trigger, Trigger::remote_stop);
    EXPECT_EQ(evse.last().stop, StopCause::remote);
}

//= OCPP 2.1 C15.FR.04, E05.FR.10, E06.FR.06
TEST(Session, a_withdrawn_authorization_stops) {
    Evse evse;
    evse.charge();
    evse.tell(AuthorizationWithdrawn{evse.last().transaction});
    evse.run(1s);
    EXPECT_EQ(evse.last().stop, StopCause::deauthorized);
    EXPECT_EQ(evse.last().trigger, Trigger::deauthorized);
}

//= OCPP 2.1 E06.FR.06
TEST(Session, unplugging_under_charge_ends_with_that_cause) {
    Evse evse;
    evse.charge();
    evse.power.latched = 1u << PROTECTION_PILOT_LOST;
    evse.unplug();
    evse.run(1s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::unplugged);
    EXPECT_EQ(evse.power.latched, 0u) << "a trip of the car's making goes with the car";
    EXPECT_EQ(evse.state.phase, Phase::available);
}

//= OCPP 2.1 E06.FR.15, E06.FR.16
TEST(Session, a_trip_ends_the_transaction_and_shows_a_fault_until_acknowledged) {
    Evse evse;
    evse.charge();
    evse.power.latched = 1u << PROTECTION_INSULATION;
    evse.power.cause = PROTECTION_INSULATION;
    evse.run(1s);
    EXPECT_EQ(evse.last().stop, StopCause::power_trip);
    EXPECT_EQ(evse.last().trigger, Trigger::abnormal_condition);
    EXPECT_EQ(evse.last().protection, PROTECTION_INSULATION);
    EXPECT_EQ(evse.state.phase, Phase::faulted);
    EXPECT_EQ(evse.state.told, Availability::faulted);
    evse.tell(IdentityPresented{kCard});
    EXPECT_EQ(evse.state.phase, Phase::faulted);
    evse.tell(TripsAcknowledged{1u << PROTECTION_EMERGENCY_STOP});
    evse.tick();
    EXPECT_EQ(evse.state.phase, Phase::faulted) << "another trip was acknowledged";
    evse.tell(TripsAcknowledged{1u << PROTECTION_INSULATION});
    evse.tick();
    EXPECT_EQ(evse.state.phase, Phase::finishing);
}

TEST(Session, an_emergency_stop_is_named) {
    Evse evse;
    evse.charge();
    evse.power.latched = 1u << PROTECTION_EMERGENCY_STOP;
    evse.run(1s);
    EXPECT_EQ(evse.last().stop, StopCause::emergency);
}

TEST(Session, lost_communication_takes_the_power_and_keeps_the_transaction_for_a_while) {
    Evse evse;
    evse.charge();
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    EXPECT_FALSE(may_deliver(evse.state));
    evse.run(10s);
    EXPECT_FALSE(evse.power.contactor_closed);
    EXPECT_EQ(evse.last().kind, RecordKind::updated);
    evse.run(55s);
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().stop, StopCause::ev_communication_lost);
}

TEST(Session, needs_that_are_not_renewed_are_lost_communication) {
    Evse evse;
    evse.charge();
    evse.run(12s);
    EXPECT_FALSE(may_deliver(evse.state));
    EXPECT_EQ(evse.wanted.demand, safety::Demand::none);
}

TEST(Session, the_car_pauses_and_goes_on) {
    Evse evse;
    evse.charge();
    evse.tell(StoppedByEv{StopCause::ev_pause});
    evse.run(5s);
    EXPECT_EQ(evse.state.phase, Phase::suspended_ev);
    EXPECT_FALSE(evse.power.contactor_closed);
    evse.protocol();
    EXPECT_EQ(evse.state.phase, Phase::charging);
}

TEST(Session, a_pause_outlives_the_word_that_its_connection_is_gone) {
    Evse evse;
    evse.charge();
    evse.tell(StoppedByEv{StopCause::ev_pause});
    evse.tell(StoppedByEv{StopCause::ev_communication_lost});
    evse.run(2 * evse.configuration.reconnect_timeout);
    EXPECT_EQ(evse.state.phase, Phase::suspended_ev);
    evse.protocol();
    EXPECT_EQ(evse.state.phase, Phase::charging);
}

TEST(Session, what_the_car_gives_is_taken_where_the_evse_is_built_for_it_and_as_far_as_a_limit_allows) {
    Evse one_way;
    one_way.charge();
    one_way.need(EvPhase::charge, -20'000);
    one_way.run(1s);
    EXPECT_EQ(one_way.wanted.setpoint.current.value, 0);
    EXPECT_EQ(one_way.state.phase, Phase::suspended_ev);

    Evse evse;
    evse.configuration.discharge = {30'000};
    evse.charge();
    evse.need(EvPhase::charge, -20'000);
    evse.run(3s);
    const std::int64_t charged = energy_of(evse.state);
    evse.run(3s);
    EXPECT_EQ(evse.wanted.setpoint.current.value, -20'000);
    EXPECT_EQ(evse.state.phase, Phase::charging);
    EXPECT_GT(energy_back_of(evse.state), 5'000);
    EXPECT_EQ(energy_of(evse.state), charged) << "what comes back is in a register of its own";
    evse.need(EvPhase::charge, -80'000);
    evse.run(1s);
    EXPECT_EQ(evse.wanted.setpoint.current.value, -30'000);
    evse.tell(LimitChanged{LimitSource::csms, {Watt{4'000}, {}}});
    evse.run(6s);
    EXPECT_EQ(evse.wanted.setpoint.current.value, -10'000) << "a limit is of both directions";
    evse.tell(LimitChanged{LimitSource::csms, {Watt{0}, {}}});
    evse.run(3s);
    EXPECT_EQ(evse.wanted.setpoint.current.value, 0);
}

TEST(Session, a_limit_of_nothing_suspends_and_says_so) {
    Evse evse;
    evse.charge();
    evse.tell(LimitChanged{LimitSource::csms, {Watt{0}, {}}});
    for (int i = 0; i < 30; ++i) {
        evse.need(EvPhase::charge);
        evse.tick();
    }
    EXPECT_EQ(evse.state.phase, Phase::suspended_evse);
    EXPECT_EQ(evse.wanted.setpoint.current.value, 0);
    EXPECT_EQ(view_for_ev(evse.configuration, evse.state).limited_by, LimitSource::csms);
    evse.tell(LimitChanged{LimitSource::csms, {}});
    evse.run(3s);
    EXPECT_EQ(evse.state.phase, Phase::charging);
}

TEST(Session, what_protects_is_kept_on_the_way_down_to_a_lower_limit_of_others) {
    Evse evse;
    evse.charge();
    evse.need(EvPhase::charge, 200'000);
    evse.run(3s);
    EXPECT_EQ(evse.wanted.setpoint.current.value, 125'000);
    evse.obeys = false;
    evse.power.voltage = {360'000};   // as the load sags: the same power is a higher current
    evse.tell(LimitChanged{LimitSource::csms, {Watt{20'000}, std::nullopt}});
    for (int i = 0; i < 10; ++i) {
        evse.seen();
        EXPECT_LE(evse.wanted.setpoint.current.value, 125'000) << "before the ramp has come far";
        evse.tick();
        EXPECT_LE(evse.wanted.setpoint.current.value, 125'000);
    }
    EXPECT_LT(evse.wanted.setpoint.current.value, 60'000);
}

TEST(Session, without_a_reading_there_is_no_transaction) {
    Evse evse;
    evse.meter = false;
    evse.plug();
    evse.authorize();
    evse.run(5s);
    EXPECT_TRUE(evse.records.empty());
    EXPECT_EQ(evse.state.phase, Phase::authorized);
    evse.meter = true;
    evse.run(1s);
    EXPECT_EQ(evse.records.size(), 1u);
}

TEST(Session, a_meter_that_falls_silent_ends_the_transaction) {
    Evse evse;
    evse.charge();
    evse.meter = false;
    for (int i = 0; i < 200; ++i) {
        evse.need(EvPhase::charge);
        evse.tick();
    }
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().trigger, Trigger::abnormal_condition);
}

//= OCPP 2.1 J02.FR.16
TEST(Session, a_register_that_falls_is_an_event_and_not_a_credit) {
    Evse evse;
    evse.charge();
    const std::int64_t before = energy_of(evse.state);
    evse.register_mwh = 100;
    evse.run(1s);
    EXPECT_GE(energy_of(evse.state), before);
    EXPECT_EQ(evse.notes.back().kind, NoteKind::register_fell);
}

//= OCPP 2.1 J02.FR.11
TEST(Session, periodic_records_carry_energy_and_cost) {
    Evse evse;
    evse.charge();
    evse.need(EvPhase::charge);
    evse.run(6s);
    EXPECT_EQ(evse.last().trigger, Trigger::meter_value_periodic);
    EXPECT_GT(evse.last().energy_mwh, 0);
    EXPECT_GT(evse.last().cost_micro, 0);
}

//= OCPP 2.1 E01.FR.13, E02.FR.03, E03.FR.03, F02.FR.06, H01.FR.15
TEST(Session, a_reservation_is_for_its_holder) {
    Evse evse;
    evse.tell(Reserved{5, kOther, evse.context.wall.unix_ms + 60'000});
    EXPECT_EQ(evse.state.phase, Phase::reserved);
    EXPECT_EQ(evse.state.told, Availability::reserved);
    evse.plug();
    evse.tick();
    evse.tell(IdentityPresented{kCard});
    EXPECT_FALSE(evse.did([](const Action& a) { return std::holds_alternative<AskAuthorization>(a); }));
    evse.tell(IdentityPresented{kOther});
    evse.answer(true);
    EXPECT_EQ(evse.last().reservation_id, 5);
    EXPECT_FALSE(evse.state.durable.reservation);
}

//= OCPP 2.1 H01.FR.02, H01.FR.03, H01.FR.11, H01.FR.12, H01.FR.14
TEST(Session, says_why_it_takes_no_reservation) {
    Evse evse;
    const Reserved wanted{5, kCard, evse.context.wall.unix_ms + 60'000};
    EXPECT_EQ(outcome_of(wanted, evse.state, evse.context.wall), ReservationOutcome::accepted);
    EXPECT_EQ(outcome_of({5, kCard, evse.context.wall.unix_ms}, evse.state, evse.context.wall), ReservationOutcome::rejected);
    evse.tell(wanted);
    EXPECT_EQ(outcome_of(wanted, evse.state, evse.context.wall), ReservationOutcome::accepted) << "the same id replaces";
    EXPECT_EQ(outcome_of({6, kOther, wanted.until_wall_ms}, evse.state, evse.context.wall), ReservationOutcome::occupied);
    evse.tell(Reserved{6, kOther, wanted.until_wall_ms});
    EXPECT_EQ(evse.state.durable.reservation->id, 5);
    evse.tell(AvailabilityWanted{false});
    EXPECT_EQ(outcome_of(wanted, evse.state, evse.context.wall), ReservationOutcome::unavailable);
    evse.power.latched = 1u << PROTECTION_EMERGENCY_STOP;
    evse.seen();
    EXPECT_EQ(outcome_of(wanted, evse.state, evse.context.wall), ReservationOutcome::faulted);
}

TEST(Session, a_reservation_lapses) {
    Evse evse;
    evse.tell(Reserved{5, kOther, evse.context.wall.unix_ms + 1'000});
    evse.run(2s);
    EXPECT_EQ(evse.state.phase, Phase::available);
}

TEST(Session, unavailable_takes_effect_after_the_transaction) {
    Evse evse;
    evse.charge();
    evse.tell(AvailabilityWanted{false});
    EXPECT_EQ(evse.state.phase, Phase::charging);
    evse.tell(StoppedByUser{});
    evse.run(1s);
    EXPECT_EQ(evse.state.phase, Phase::unavailable);
    evse.tell(IdentityPresented{kCard});
    EXPECT_EQ(evse.state.phase, Phase::unavailable);
}

TEST(Session, after_a_stop_by_others_the_car_alone_cannot_begin_again) {
    Evse evse;
    evse.configuration.anybody = kCard;
    evse.charge();
    evse.tell(RemoteStopped{evse.last().transaction});
    evse.run(1s);
    evse.tell(EvAuthorizes{kExternal});
    EXPECT_EQ(verdict_for_ev(evse.state).verdict, Verdict::refused);
    EXPECT_FALSE(evse.state.authorizing);
    evse.unplug();
    evse.plug();
    evse.tick();
    evse.tell(EvAuthorizes{kExternal});
    EXPECT_TRUE(evse.state.authorizing);
}

// EVerest CVE-2026-33014: a late authorization undid a remote stop. CVE-2026-29044: a withdrawal before the start.
// CVE-2026-33015: B-C-B.
TEST(Session, no_energy_after_stop_whatever_is_late) {
    Evse evse;
    evse.plug();
    evse.tick();
    evse.tell(IdentityPresented{kCard});
    const std::uint64_t first = evse.asked;
    evse.answer(true);
    evse.tick();
    evse.protocol();
    evse.tell(RemoteStopped{evse.last().transaction});
    for (int i = 0; i < 50; ++i) {
        evse.tell(AuthorizationAnswered{first, true, {}});
        evse.need(EvPhase::charge);
        evse.power.energy_ready = i % 2;
        evse.power.pilot = i % 2 ? safety::Pilot::c : safety::Pilot::b;
        evse.tick();
        EXPECT_FALSE(evse.consented());
    }
    EXPECT_EQ(evse.last().kind, RecordKind::ended);
}

// Random events in any order, with crashes between them. The test keeps its own account of who may charge.
//= OCPP 2.1 E01.FR.07, E01.FR.14, E02.FR.07, E03.FR.06, E04.FR.04, E05.FR.04, E06.FR.14, E07.FR.11, E08.FR.08, E09.FR.04
//= OCPP 2.1 E10.FR.03
TEST(Session, holds_its_promises_whatever_comes) {
    std::mt19937_64 random(15118);
    std::uint64_t consents = 0, transactions = 0;
    for (int run = 0; run < 400; ++run) {
        Evse evse;
        if (run % 3 == 0) evse.configuration.anybody = kOther;
        bool allowed = false;       // a new authorization since the last stop
        std::map<std::string, std::vector<Record>> told;
        std::size_t looked_at = 0;
        Allowance csms;
        for (int i = 0; i < 600; ++i) {
            bool stopped = false;
            const State before = evse.state;
            const auto id = before.durable.transaction ? before.durable.transaction->id : TransactionId("none");
            switch (random() % 40) {
                case 0: evse.tell(IdentityPresented{random() % 2 ? kCard : kOther}); break;
                case 1: evse.tell(EvAuthorizes{random() % 2 ? kCard : kExternal}); break;
                case 2:
                case 3:
                case 4: {
                    const std::uint64_t request = random() % 4 == 0 ? random() % 5 : evse.asked;
                    const bool open =
                        before.authorizing && !before.authorizing->accepted && before.authorizing->request == request;
                    const bool yes = random() % 4 != 0;
                    evse.tell(AuthorizationAnswered{request, yes, {}});
                    if (open && yes) allowed = true;
                    break;
                }
                case 5: evse.tell(RemoteStopped{id}); stopped = before.durable.transaction.has_value(); break;
                case 6: evse.tell(AuthorizationWithdrawn{id}); stopped = before.durable.transaction.has_value(); break;
                case 7: evse.tell(StoppedByUser{}); stopped = true; break;
                case 8: evse.unplug(); stopped = before.plugged; break;
                case 9: {
                    const bool free = !before.durable.transaction && !before.authorizing;
                    evse.tell(RemoteStarted{kCard, static_cast<std::int32_t>(i)});
                    if (free || !before.durable.transaction) allowed = true;
                    break;
                }
                case 10: {
                    const StopCause cause = static_cast<StopCause>(random() % 4);
                    evse.tell(StoppedByEv{cause});
                    break;
                }
                case 11: evse.tell(PowerGone{}); break;
                case 12: evse.power.latched = 1u << (random() % PROTECTION_COUNT); evse.seen(); break;
                case 13: evse.tell(TripsAcknowledged{UINT32_MAX}); break;
                case 14:
                    csms = {};
                    if (random() % 2) csms.power = Watt{static_cast<std::int32_t>(random() % 60'000)};
                    evse.tell(LimitChanged{LimitSource::csms, csms});
                    break;
                case 15: evse.tell(AvailabilityWanted{random() % 4 != 0}); break;
                case 16: {
                    const bool reboot = random() % 2;
                    evse.take(resume(evse.configuration, evse.stored, reboot ? Restart::reboot : Restart::process, evse.context));
                    break;
                }
                case 17: {
                    // The machine dies before anything of this step is stored or seen: it never happened.
                    evse.state = step(evse.configuration, evse.state, StoppedByUser{}, evse.context).state;
                    evse.take(resume(evse.configuration, evse.stored, Restart::process, evse.context));
                    break;
                }
                case 18:
                case 19:
                case 20: evse.plug(); break;
                case 21: evse.need(EvPhase::cable_check); break;
                case 22: evse.need(EvPhase::precharge); break;
                case 23:
                case 24: evse.need(EvPhase::charge, static_cast<std::int32_t>(random() % 300'000)); break;
                case 25: evse.need(static_cast<EvPhase>(random() % 6)); break;
                default: evse.tick(); break;
            }
            if (stopped) allowed = false;
            if (evse.state.durable.transaction && evse.state.durable.transaction->stopping) allowed = false;

            if (evse.consented()) {
                ++consents;
                ASSERT_TRUE(may_deliver(evse.state));
                ASSERT_TRUE(allowed) << "run " << run << " event " << i;
                ASSERT_NE(evse.wanted.demand, safety::Demand::none);
            }
            if (evse.wanted.demand == safety::Demand::energy && may_deliver(evse.state)) {
                ASSERT_LE(evse.wanted.setpoint.current.value, 125'000);
                // A new process that has not heard the car leaves the setpoint as it was, unless the car may have less.
                const std::int64_t limit = evse.state.limit.current.value, adopted = evse.state.adopted.value;
                const bool is_kept = !evse.state.needs_told && adopted > 0 && limit * 20 >= adopted * 19;
                ASSERT_TRUE(is_kept || evse.wanted.setpoint.current.value <= limit);
            }
            for (; looked_at < evse.records.size(); ++looked_at) {
                const Record& r = evse.records[looked_at];
                auto& all = told[std::string(r.transaction.view())];
                ASSERT_EQ(r.sequence, all.size());
                ASSERT_EQ(r.kind == RecordKind::started, all.empty());
                if (!all.empty()) {
                    ASSERT_NE(all.back().kind, RecordKind::ended) << "nothing after the end";
                    ASSERT_GE(r.energy_mwh, all.back().energy_mwh);
                }
                all.push_back(r);
                transactions += r.kind == RecordKind::started;
            }
            ASSERT_LE(static_cast<std::size_t>(std::count_if(
                          told.begin(), told.end(), [](const auto& t) { return t.second.back().kind != RecordKind::ended; })),
                      1u);
        }
        // Left alone and unplugged, every transaction comes to its end.
        evse.power.latched = 0;
        evse.unplug();
        evse.run(15s);
        for (; looked_at < evse.records.size(); ++looked_at)
            told[std::string(evse.records[looked_at].transaction.view())].push_back(evse.records[looked_at]);
        for (const auto& [name, all] : told) ASSERT_EQ(all.back().kind, RecordKind::ended) << name;
    }
    EXPECT_GT(consents, 2'000u) << "the random runs must reach what they test";
    EXPECT_GT(transactions, 400u);
}

}  // namespace voltkeep::charging::testing
