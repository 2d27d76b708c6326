// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/interlock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr std::uint32_t kPeriod = 10'000;

constexpr std::uint32_t bit(std::uint8_t id) { return std::uint32_t{1} << id; }

interlock_inputs healthy(std::uint8_t path = PATH_DC) {
    interlock_inputs in{};
    in.elapsed_us = kPeriod;
    in.path = path;
    in.closings_most = 2;
    in.request = in.consent = in.energy_ready = in.locked = in.voltage_matched = in.current_known = in.contactor_closed = 1;
    return in;
}

// Open for long enough.
interlock_state at_rest() {
    interlock_state state{};
    state.rested_us = CLOSING_PAUSE_MS * 1'000;
    return state;
}

// Running at full current, the auxiliary contact following the command.
interlock_state running(std::uint8_t path = PATH_DC) {
    interlock_state state = at_rest();
    interlock_inputs in = healthy(path);
    in.contactor_closed = 0;
    in.request = 0;
    interlock_step(&state, &in);
    in.request = 1;
    interlock_step(&state, &in);
    in = healthy(path);
    interlock_step(&state, &in);
    EXPECT_EQ(state.phase, INTERLOCK_RUNNING);
    return state;
}

// Microseconds from the first step with these inputs to the command to open; the current stays as it is in the inputs.
std::uint32_t time_to_open(interlock_state state, interlock_inputs in) {
    for (std::uint32_t t = 0; t <= 200'000'000; t += in.elapsed_us)
        if (!interlock_step(&state, &in).close) return t;
    return UINT32_MAX;
}

TEST(Interlock, does_not_close_unless_everything_is_there) {
    using Member = std::uint8_t interlock_inputs::*;
    for (const Member missing :
         {&interlock_inputs::request, &interlock_inputs::consent, &interlock_inputs::energy_ready, &interlock_inputs::locked,
          &interlock_inputs::voltage_matched, &interlock_inputs::current_known}) {
        interlock_state state = at_rest();
        interlock_inputs in = healthy();
        in.contactor_closed = 0;
        in.request = 0;
        interlock_step(&state, &in);
        in.request = 1;
        in.*missing = 0;
        EXPECT_FALSE(interlock_step(&state, &in).close);
        if (missing == &interlock_inputs::request) continue;
        in.*missing = 1;
        EXPECT_TRUE(interlock_step(&state, &in).close);
    }
}

TEST(Interlock, does_not_close_on_a_condition_that_has_not_yet_tripped) {
    for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id) {
        if (id == PROTECTION_PILOT_LOST || id == PROTECTION_LOCK_OPEN || id == PROTECTION_CONTACTOR_NOT_CLOSED ||
            id == PROTECTION_CONSENT_EXPIRED)
            continue;  // found by the interlock itself while closed
        interlock_state state = at_rest();
        interlock_inputs in = healthy();
        in.contactor_closed = 0;
        in.request = 0;
        interlock_step(&state, &in);
        in.request = 1;
        in.conditions = bit(id);
        EXPECT_FALSE(interlock_step(&state, &in).close) << interlock_protections[id].name;
    }
}

TEST(Interlock, does_not_close_again_while_the_request_stands) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.consent = 0;
    EXPECT_FALSE(interlock_step(&state, &in).close);
    in.consent = 1;
    in.contactor_closed = 0;
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(interlock_step(&state, &in).close);
    in.request = 0;
    EXPECT_FALSE(interlock_step(&state, &in).close);
    in.request = 1;
    EXPECT_TRUE(interlock_step(&state, &in).close);
}

TEST(Interlock, every_protection_opens_within_its_time_and_its_class) {
    for (const std::uint8_t path : {PATH_DC, PATH_AC}) {
        for (std::uint8_t id = 0; id < PROTECTION_COUNT; ++id) {
            const interlock_protection& row = interlock_protections[id];
            interlock_inputs in = healthy(path);
            in.current_ma = 100'000;  // never goes down: the worst case
            in.conditions = bit(id);
            if (id == PROTECTION_LOCK_OPEN) in.locked = 0;
            if (id == PROTECTION_CONTACTOR_NOT_CLOSED) in.contactor_closed = 0;
            if (id == PROTECTION_CONSENT_EXPIRED) in.consent = 0;
            if (id == PROTECTION_PILOT_LOST) in.energy_ready = 0;
            interlock_state state = running(path);
            const std::uint32_t bound = row.time_us + interlock_stop_bound_us(path, row.stop);
            const std::uint32_t took = time_to_open(state, in);
            EXPECT_LE(took, bound + kPeriod) << row.name;
            if (row.stop == STOP_EMERGENCY) {
                EXPECT_LE(took - row.time_us, 60'000u) << row.name;
            }
        }
    }
}

TEST(Interlock, opens_without_wear_as_soon_as_the_current_is_gone) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.current_ma = 100'000;
    in.consent = 0;
    interlock_outputs out = interlock_step(&state, &in);
    EXPECT_TRUE(out.close);
    EXPECT_FALSE(out.energy);
    EXPECT_EQ(out.stop, STOP_CONTROLLED);
    in.current_ma = 4'900;
    out = interlock_step(&state, &in);
    EXPECT_FALSE(out.close);
    EXPECT_FALSE(out.opened_under_load);
    EXPECT_EQ(state.openings_under_load, 0u);
}

TEST(Interlock, counts_an_opening_under_load) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.current_ma = -20'000;
    in.conditions = bit(PROTECTION_EMERGENCY_STOP);
    for (int i = 0; i < 10; ++i) interlock_step(&state, &in);
    EXPECT_EQ(state.phase, INTERLOCK_OPEN);
    EXPECT_EQ(state.openings_under_load, 1u);
}

TEST(Interlock, an_emergency_stays_latched_until_its_cause_is_gone_and_someone_acknowledges) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.conditions = bit(PROTECTION_EMERGENCY_STOP);
    interlock_step(&state, &in);
    in.contactor_closed = 0;
    in.request = 0;
    in.acknowledge = UINT32_MAX;
    interlock_step(&state, &in);
    EXPECT_EQ(state.latched, bit(PROTECTION_EMERGENCY_STOP));
    in.conditions = 0;
    in.acknowledge = ~bit(PROTECTION_EMERGENCY_STOP);   // another one's
    in.request = 1;
    EXPECT_FALSE(interlock_step(&state, &in).close);
    EXPECT_EQ(state.latched, bit(PROTECTION_EMERGENCY_STOP));
    in.acknowledge = bit(PROTECTION_EMERGENCY_STOP);
    state.rested_us = CLOSING_PAUSE_MS * 1'000;
    EXPECT_TRUE(interlock_step(&state, &in).close);
    EXPECT_EQ(state.latched, 0u);
}

TEST(Interlock, a_stop_becomes_more_severe_and_never_less) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.current_ma = 50'000;
    in.request = 0;
    interlock_step(&state, &in);
    EXPECT_EQ(state.stop, STOP_NORMAL);
    in.conditions = bit(PROTECTION_EMERGENCY_STOP);
    interlock_step(&state, &in);
    EXPECT_EQ(state.stop, STOP_EMERGENCY);
    EXPECT_LE(state.stop_left_us, 50'000u);
    in.conditions = 0;
    in.request = 1;
    interlock_step(&state, &in);
    EXPECT_EQ(state.stop, STOP_EMERGENCY);
}

TEST(Interlock, a_car_that_pauses_on_ac_opens_without_a_trip) {
    interlock_state state = running(PATH_AC);
    interlock_inputs in = healthy(PATH_AC);
    in.energy_ready = 0;
    EXPECT_FALSE(interlock_step(&state, &in).close);
    EXPECT_EQ(state.latched, 0u);
    EXPECT_EQ(state.stop, STOP_NORMAL);
}

TEST(Interlock, a_pilot_lost_on_dc_is_an_emergency) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.current_ma = 100'000;
    in.energy_ready = 0;
    EXPECT_EQ(interlock_step(&state, &in).stop, STOP_EMERGENCY);
    EXPECT_EQ(state.latched, bit(PROTECTION_PILOT_LOST));
}

TEST(Interlock, a_welded_contactor_is_found_while_open) {
    interlock_state state{};
    interlock_inputs in = healthy();
    in.request = 0;
    for (int i = 0; i < 20; ++i) interlock_step(&state, &in);
    EXPECT_EQ(state.latched, bit(PROTECTION_CONTACTOR_WELDED));
}

// Random inputs from any state that random inputs reach: the invariants hold after every step, and a stop always ends.
TEST(Interlock, holds_its_invariants_whatever_comes) {
    std::mt19937_64 random(20260721);
    for (int run = 0; run < 2'000; ++run) {
        interlock_state state{};
        const std::uint8_t path = random() % 2 ? PATH_DC : PATH_AC;
        std::uint64_t stopping_us = 0;
        for (int i = 0; i < 200; ++i) {
            interlock_inputs in = healthy(path);
            const std::uint64_t dice = random();
            if (dice % 4 == 0) in.conditions = static_cast<std::uint32_t>(random() & random() & random() & random());
            if ((dice >> 8) % 16 == 0) in.request = 0;
            if ((dice >> 12) % 32 == 0) in.consent = 0;
            if ((dice >> 17) % 32 == 0) in.energy_ready = 0;
            if ((dice >> 22) % 32 == 0) in.locked = 0;
            if ((dice >> 27) % 32 == 0) in.voltage_matched = 0;
            if ((dice >> 32) % 32 == 0) in.current_known = 0;
            in.contactor_closed = (dice >> 37) % 16 ? state.phase != INTERLOCK_OPEN : (dice >> 41) % 2;
            in.acknowledge = (dice >> 42) % 4 == 0 ? static_cast<std::uint32_t>(random()) : 0;
            in.current_ma = static_cast<std::int32_t>((dice >> 44) % 200'000) - 100'000;
            in.elapsed_us = (dice >> 62) == 0               ? 1
                            : state.phase == INTERLOCK_OPEN ? 20 * kPeriod
                                                            : kPeriod;  // its rest passes faster
            in.regained_us = 300'000;
            const std::uint8_t before = state.phase;
            const interlock_outputs out = interlock_step(&state, &in);
            ASSERT_TRUE(interlock_holds(&state, &in, &out));
            ASSERT_FALSE(before == INTERLOCK_OPEN && state.phase == INTERLOCK_STOPPING);
            ASSERT_FALSE(before == INTERLOCK_STOPPING && state.phase == INTERLOCK_RUNNING);
            stopping_us = state.phase == INTERLOCK_STOPPING ? stopping_us + in.elapsed_us : 0;
            ASSERT_LE(stopping_us, interlock_stop_bound_us(path, STOP_NORMAL) + kPeriod);
        }
    }
}

// Withdrawn and asked for in turn, by somebody who does nothing else, onto a car that follows at once. Returns when it closed.
std::vector<std::uint32_t> closings_of(interlock_state& state, interlock_inputs in, std::uint32_t for_us) {
    std::vector<std::uint32_t> closings;
    for (std::uint32_t t = 0; t < for_us; t += in.elapsed_us) {
        const bool was_open = state.phase == INTERLOCK_OPEN;
        in.request = !in.request;
        in.contactor_closed = !was_open;
        if (interlock_step(&state, &in).close && was_open) closings.push_back(t);
    }
    return closings;
}

TEST(Interlock, rests_before_it_closes_again) {
    interlock_state state{};
    interlock_inputs in = healthy(PATH_AC);
    in.closings_most = 200;
    const auto closings = closings_of(state, in, 20'000'000);
    ASSERT_GT(closings.size(), 10u);
    EXPECT_GE(closings.front(), CLOSING_PAUSE_MS * 1'000u - kPeriod) << "nor before it knows when the contactor opened";
    for (std::size_t i = 1; i < closings.size(); ++i) EXPECT_GT(closings[i] - closings[i - 1], CLOSING_PAUSE_MS * 1'000u);
}

TEST(Interlock, closes_so_often_at_once_and_then_as_it_regains) {
    interlock_state state{};
    interlock_inputs in = healthy(PATH_AC);
    in.closings_most = CLOSINGS_AT_ONCE;
    in.regained_us = CLOSING_REGAINED_MS * 1'000u;
    constexpr std::uint32_t hour = 3'600'000'000;
    const auto closings = closings_of(state, in, hour);
    EXPECT_EQ(closings.size(), CLOSINGS_AT_ONCE + hour / in.regained_us - 1)
        << "the first one of them is regained two minutes after it was spent";
    for (std::size_t i = 0; i < closings.size(); ++i) {
        const auto within = std::count_if(closings.begin(), closings.end(),
                                          [&](std::uint32_t t) { return t >= closings[i] && t - closings[i] < 600'000'000; });
        EXPECT_LE(within, CLOSINGS_AT_ONCE + 5) << "in ten minutes";
    }
    state.spent = 0;
    state.regain_left_us = 0;
    EXPECT_GT(closings_of(state, healthy(PATH_AC), 60'000'000).size(), 40u) << "without the limit some 3,000 an hour";
}

TEST(Interlock, a_closing_that_must_wait_delays_no_opening) {
    interlock_state state = running();
    interlock_inputs in = healthy();
    in.closings_most = 1;
    in.regained_us = UINT32_MAX;
    state.spent = 1;
    state.regain_left_us = in.regained_us;
    in.conditions = bit(PROTECTION_EMERGENCY_STOP);
    EXPECT_FALSE(interlock_step(&state, &in).close);
    in.conditions = 0;
    in.contactor_closed = 0;
    in.acknowledge = UINT32_MAX;
    in.elapsed_us = 10'000'000;
    for (in.request = 0; in.request < 2; ++in.request) EXPECT_FALSE(interlock_step(&state, &in).close) << "none is left";
    in.request = 1;
    in.elapsed_us = UINT32_MAX;
    EXPECT_TRUE(interlock_step(&state, &in).close);
}

TEST(Interlock, its_table_is_complete) {
    for (const interlock_protection& row : interlock_protections) {
        ASSERT_NE(row.name, nullptr);
        EXPECT_GT(std::strlen(row.clause), 0u) << row.name;
        EXPECT_TRUE(row.stop == STOP_CONTROLLED || row.stop == STOP_EMERGENCY) << row.name;
        EXPECT_FALSE(row.stop == STOP_CONTROLLED && row.latches != LATCH_NEVER)
            << row.name << ": a controlled stop needs nobody's acknowledgement";
    }
}

// A row of the table as docs/safety.md has it.
std::string row_in_words(const interlock_protection& row) {
    const std::string stop = row.stop == STOP_EMERGENCY ? "emergency" : "controlled";
    const std::string latch = row.latches == LATCH_ALWAYS ? "always" : row.latches == LATCH_UNDER_POWER ? "under power" : "no";
    const std::string limit = *row.unit ? std::to_string(row.limit) + " " + row.unit : "";
    return std::string("| ") + row.name + " | " + limit + " | " + std::to_string(row.time_us / 1'000) + " | " + stop + " | " +
           latch + " | " + row.clause + " |\n";
}

TEST(Interlock, its_limits_of_closings_stand_in_the_documents) {
    std::ifstream file("docs/safety.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string table;
    for (const interlock_closing& row : interlock_closings)
        table += std::string("| ") + row.name + " | " + std::to_string(row.limit) + " " + row.unit + " | " + row.clause + " |\n";
    EXPECT_NE(text.find(table), std::string::npos) << "docs/safety.md does not hold this table:\n" << table;
}

TEST(Interlock, its_table_stands_in_the_documents) {
    std::ifstream file("docs/safety.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::string table;
    for (const interlock_protection& row : interlock_protections) table += row_in_words(row);
    EXPECT_NE(text.find(table), std::string::npos) << "docs/safety.md does not hold this table:\n" << table;
}

}  // namespace
