// SPDX-License-Identifier: Apache-2.0
// Readings that are made on demand and signed, and a meter that cannot be billed any more.
#include "charging/session/simulated_evse.hpp"

namespace voltkeep::charging::testing {
namespace {

/// An EVSE whose meter is asked for each reading, as the service does it.
struct Asked : Evse {
    Text<24> serial = "VK-DC-100001";
    std::uint64_t page = 0;
    std::vector<ReadingWanted> wanted_readings;

    Asked() { meter = false; }
    void measure() {
        tell(MeterAlive{});
        const ReadingWanted asks = reading_wanted(configuration, state, context.now);
        if (asks == ReadingWanted::none) return;
        wanted_readings.push_back(asks);
        tell(MeterSeen{{.wall_ms = context.wall.unix_ms, .import_mwh = register_mwh, .serial = serial, .page = ++page}, asks});
    }
    void step_for(Duration time) {
        for (Duration t{}; t < time; t += 100ms) {
            tick();
            measure();
        }
    }
    void begin_charging() {
        plug();
        step_for(500ms);
        EXPECT_TRUE(wanted_readings.empty()) << "nobody is billed yet";
        tell(IdentityPresented{kCard});
        answer(true);
        step_for(500ms);
        ASSERT_TRUE(state.durable.transaction);
        for (const EvPhase phase : {EvPhase::cable_check, EvPhase::precharge, EvPhase::charge}) {
            need(phase);
            step_for(500ms);
        }
        step_for(6s);
        ASSERT_EQ(state.phase, Phase::charging);
    }
};

}  // namespace

// A reading names who it was signed for: that it is fresh does not make it another's.
TEST(SignedReadings, of_one_customer_begin_no_transaction_of_another) {
    for (const bool is_late : {true, false}) {
        Evse evse;
        evse.meter = false;
        evse.plug();
        evse.tick();
        evse.tell(IdentityPresented{kCard});
        evse.answer(true);
        evse.power.contactor_closed = true;   // nothing begins yet
        evse.seen();
        EXPECT_EQ(reading_wanted(evse.configuration, evse.state, evse.context.now), ReadingWanted::first);
        const MeterSeen signed_for_card{
            {.wall_ms = evse.context.wall.unix_ms, .import_mwh = 5, .page = 77}, ReadingWanted::first, kCard};
        if (!is_late) evse.tell(signed_for_card);
        evse.tell(IdentityPresented{kCard});   // taken back
        evse.power.contactor_closed = false;
        evse.tell(RemoteStarted{kOther, 7});
        evse.seen();
        if (is_late) evse.tell(signed_for_card);
        EXPECT_TRUE(evse.records.empty());
        EXPECT_EQ(reading_wanted(evse.configuration, evse.state, evse.context.now), ReadingWanted::first)
            << "one that names this customer";
        evse.tell(MeterSeen{{.wall_ms = evse.context.wall.unix_ms, .import_mwh = 5, .page = 78}, ReadingWanted::first, kOther});
        ASSERT_EQ(evse.records.size(), 1u);
        EXPECT_EQ(evse.records[0].identity, kOther);
        EXPECT_EQ(evse.records[0].reading->page, 78u);
    }
}

TEST(SignedReadings, are_asked_for_at_the_beginning_in_between_and_when_power_is_off) {
    Asked evse;
    evse.begin_charging();
    evse.tell(StoppedByUser{});
    evse.step_for(3s);
    ASSERT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.wanted_readings.front(), ReadingWanted::first);
    EXPECT_EQ(evse.wanted_readings.back(), ReadingWanted::last);
    EXPECT_EQ(std::ranges::count(evse.wanted_readings, ReadingWanted::first), 1);
    EXPECT_EQ(std::ranges::count(evse.wanted_readings, ReadingWanted::last), 1);
    EXPECT_GE(std::ranges::count(evse.wanted_readings, ReadingWanted::periodic), 3);
    for (const Record& r : evse.records) EXPECT_NE(r.reading->page, 0u) << "only what is signed is billed";
    EXPECT_EQ(evse.last().reading->page, evse.page);
    EXPECT_EQ(evse.last().energy_mwh, evse.register_mwh - evse.records.front().reading->import_mwh);
}

TEST(SignedReadings, one_that_was_asked_for_before_the_stop_is_not_the_last_one_however_late_it_comes) {
    Asked evse;
    evse.begin_charging();
    const Reading in_flight{
        .wall_ms = evse.context.wall.unix_ms, .import_mwh = evse.register_mwh, .serial = evse.serial, .page = ++evse.page};
    evse.tick();
    evse.tell(StoppedByUser{});
    for (int i = 0; i < 5; ++i) evse.tick();
    ASSERT_EQ(reading_wanted(evse.configuration, evse.state, evse.context.now), ReadingWanted::last) << "power is off";
    evse.tell(MeterSeen{in_flight, ReadingWanted::periodic});
    evse.tick();
    EXPECT_NE(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(reading_wanted(evse.configuration, evse.state, evse.context.now), ReadingWanted::last);
    evse.step_for(200ms);
    ASSERT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(evse.last().reading->page, evse.page);
    EXPECT_GT(evse.last().reading->import_mwh, in_flight.import_mwh) << "what flowed meanwhile";
    EXPECT_EQ(evse.last().reading->import_mwh, evse.register_mwh);
}

TEST(SignedReadings, without_a_signature_no_transaction_begins) {
    Asked evse;
    evse.plug();
    evse.tick();
    evse.tell(IdentityPresented{kCard});
    evse.answer(true);
    for (int i = 0; i < 100; ++i) {
        evse.tick();
        evse.tell(MeterAlive{});
        evse.tell(MeterFails{MeterTrouble::not_signed});
    }
    EXPECT_FALSE(evse.state.durable.transaction);
    EXPECT_TRUE(evse.records.empty());
}

TEST(SignedReadings, the_last_reading_of_one_transaction_is_not_the_first_of_the_next) {
    Asked evse;
    evse.begin_charging();
    evse.tell(StoppedByUser{});
    evse.step_for(3s);
    evse.unplug();
    evse.tick();
    evse.plug();
    evse.tell(IdentityPresented{kCard});
    evse.answer(true);
    evse.tick();
    EXPECT_FALSE(evse.state.durable.transaction) << "it has no first reading of its own";
    evse.step_for(300ms);
    EXPECT_TRUE(evse.state.durable.transaction);
}

TEST(MeterTrouble, ends_what_runs_with_its_last_good_reading) {
    for (const auto& [trouble, kind] : {std::pair{MeterTrouble::not_good, NoteKind::meter_not_good},
                                        std::pair{MeterTrouble::exchanged, NoteKind::meter_exchanged},
                                        std::pair{MeterTrouble::not_signed, NoteKind::meter_not_signed}}) {
        Asked evse;
        evse.begin_charging();
        const Reading last = evse.state.durable.transaction->last;
        const Reading newest = *evse.state.reading;
        evse.tell(MeterFails{trouble});
        EXPECT_TRUE(std::ranges::any_of(evse.notes, [&](const Note& n) { return n.kind == kind; }));
        EXPECT_FALSE(may_deliver(evse.state));
        for (int i = 0; i < 120; ++i) {   // it goes on failing
            evse.tick();
            evse.tell(MeterFails{trouble});
        }
        ASSERT_EQ(evse.last().kind, RecordKind::ended);
        EXPECT_GE(evse.last().reading->page, last.page);
        EXPECT_EQ(*evse.last().reading, newest);
        EXPECT_EQ(evse.last().trigger, Trigger::abnormal_condition);
    }
}

TEST(MeterTrouble, a_meter_that_measures_and_answers_no_question_is_lost) {
    Asked evse;
    evse.begin_charging();
    const auto goes_on = [&](int seconds) {
        for (int i = 0; i < seconds; ++i) {
            evse.need(EvPhase::charge);
            evse.run(1s);
            evse.tell(MeterAlive{});
        }
        return may_deliver(evse.state);
    };
    EXPECT_TRUE(goes_on(8));
    EXPECT_FALSE(goes_on(6)) << "what flows is not billed any more";
}

TEST(MeterTrouble, a_reading_of_another_meter_is_billed_to_nobody) {
    Asked evse;
    evse.begin_charging();
    const Reading newest = *evse.state.reading;
    evse.serial = "VK-DC-900001";
    evse.register_mwh += 1'000'000'000;
    evse.tell(
        MeterSeen{{.wall_ms = evse.context.wall.unix_ms, .import_mwh = evse.register_mwh, .serial = evse.serial, .page = 99}});
    EXPECT_FALSE(may_deliver(evse.state));
    evse.step_for(12s);
    ASSERT_EQ(evse.last().kind, RecordKind::ended);
    EXPECT_EQ(*evse.last().reading, newest);
}

TEST(MeterTrouble, a_meter_that_says_nothing_is_lost_although_readings_are_rare) {
    Asked evse;
    evse.configuration.meter_interval = 3600s;
    evse.begin_charging();
    for (int i = 0; i < 60; ++i) {
        evse.need(EvPhase::charge);
        evse.step_for(1s);
    }
    EXPECT_EQ(evse.state.phase, Phase::charging) << "it measures, and nothing is due";
    for (int i = 0; i < 11; ++i) {
        evse.need(EvPhase::charge);
        evse.run(1s);
    }
    EXPECT_FALSE(may_deliver(evse.state));
}

}  // namespace voltkeep::charging::testing
