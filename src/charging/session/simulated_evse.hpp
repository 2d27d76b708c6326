// SPDX-License-Identifier: Apache-2.0
// For tests: an EVSE around the session's state machine. A power path that obeys, a meter, a clock, and a memory of all that was
// said.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "charging/session/session.hpp"

namespace voltkeep::charging::testing {

inline const Identity kCard{IdentificationKind::token, "CARD-1", "ISO14443"};
inline const Identity kOther{IdentificationKind::token, "CARD-2", "ISO14443"};
inline const Identity kExternal{IdentificationKind::external, "", ""};

struct Evse {
    Configuration configuration{.price = {450'000, "EUR"}, .anybody = {}};
    Context context{Instant{1'000'000'000'000}, WallTime{1'800'000'000'000}, {}, true};
    State state = initial(configuration);
    Durable stored{};
    std::vector<Action> acts;      // of the last step
    std::vector<Record> records;   // all
    std::vector<Note> notes;       // all
    std::uint64_t asked = 0;       // the newest open request
    int fresh = 0;

    safety::Report power{};
    SetPower wanted{};
    Instant consent_until{};
    bool obeys = true;
    std::int64_t register_mwh = 5'000'000, export_mwh = 0;
    bool meter = true;

    Evse() {
        power.pilot = safety::Pilot::a;
        new_id();
        seen();
    }
    void new_id() {
        char text[40];
        std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", ++fresh);
        context.fresh = Text<36>::cut(text);
    }
    void take(const Step& made) {
        state = made.state;
        acts.assign(made.actions.begin(), made.actions.end());
        for (const Action& action : acts) {
            if (std::holds_alternative<Persist>(action)) stored = state.durable;
            if (const auto* r = std::get_if<Record>(&action)) {
                records.push_back(*r);
                if (r->kind == RecordKind::started) new_id();
            }
            if (const auto* n = std::get_if<Note>(&action)) notes.push_back(*n);
            if (const auto* a = std::get_if<AskAuthorization>(&action)) asked = a->request;
            if (const auto* p = std::get_if<SetPower>(&action)) wanted = *p;
            if (const auto* c = std::get_if<GiveConsent>(&action)) consent_until = context.now + std::chrono::milliseconds(c->ms);
            if (const auto* acknowledge = std::get_if<AcknowledgeTrips>(&action)) power.latched &= ~acknowledge->trips;
        }
    }
    void tell(const Event& event) { take(step(configuration, state, event, context)); }
    void seen() { tell(PowerSeen{power}); }
    bool did(auto&& test) const {
        for (const Action& action : acts)
            if (test(action)) return true;
        return false;
    }
    bool consented() const {
        return did([](const Action& a) { return std::holds_alternative<GiveConsent>(a); });
    }

    // What the hardware does in one tick.
    void world() {
        using safety::Stage;
        const bool consent = context.now < consent_until;
        const bool on = power.stage != Stage::idle;
        if (!obeys) return;
        if (power.latched != 0 || (on && (!consent || wanted.demand == safety::Demand::none))) {
            power.stage = Stage::idle;
            power.contactor_closed = false;
            power.cable_check = safety::CableCheck::none;
            power.current = {0};
        } else if (consent && wanted.demand != safety::Demand::none && power.plugged) {
            power.contactor_closed = true;
            power.cable_check = safety::CableCheck::passed;
            if (wanted.demand == safety::Demand::cable_check) power.stage = Stage::checked;
            else if (wanted.demand == safety::Demand::precharge) power.stage = Stage::ready;
            else power.stage = Stage::delivering;
            power.voltage = {power.stage == Stage::checked ? 0 : 400'000};
            power.current = power.stage == Stage::delivering ? wanted.setpoint.current : MilliAmpere{0};
            power.limit = wanted.setpoint.current;
            const std::int64_t moved_mwh = static_cast<std::int64_t>(power.current.value) * 400 / 36'000;
            register_mwh += std::max<std::int64_t>(moved_mwh, 0);
            export_mwh += std::max<std::int64_t>(-moved_mwh, 0);
        }
    }
    void tick() {
        context.now = context.now + 100ms;
        context.wall.unix_ms += 100;
        world();
        seen();
        if (meter)
            tell(MeterSeen{{.wall_ms = context.wall.unix_ms, .import_mwh = register_mwh, .export_mwh = export_mwh},
                           reading_wanted(configuration, state, context.now)});
        tell(Ticked{});
    }
    void run(Duration time) {
        for (Duration t{}; t < time; t += 100ms) tick();
    }
    void plug() {
        power.pilot = safety::Pilot::b;
        power.plugged = true;
        seen();
    }
    void unplug() {
        power.pilot = safety::Pilot::a;
        power.plugged = power.energy_ready = false;
        seen();
    }
    void name_car(std::string_view evcc) { tell(EvNamed{Text<255>::cut(evcc)}); }
    void answer(bool accepted) { tell(AuthorizationAnswered{asked, accepted, {}}); }
    void need(EvPhase phase, std::int32_t ma = 100'000) {
        tell(EvNeeds{.phase = phase, .target_voltage = {400'000}, .target_current = {ma}, .maximum_voltage = {450'000},
                     .maximum_current = {200'000}, .maximum_power = {100'000}});
    }
    void authorize() {
        tick();
        tell(IdentityPresented{kCard});
        answer(true);
        tick();
    }
    void charge() {
        plug();
        authorize();
        ASSERT_EQ(state.phase, Phase::preparing);
        protocol();
        ASSERT_EQ(state.phase, Phase::charging);
    }
    void protocol() {
        for (const EvPhase phase : {EvPhase::cable_check, EvPhase::precharge, EvPhase::charge}) {
            need(phase);
            run(500ms);
            EXPECT_EQ(view_for_ev(configuration, state).progress, Progress::finished) << static_cast<int>(phase);
        }
        run(3s);
    }
    const Record& last() const { return records.back(); }
};

}  // namespace voltkeep::charging::testing
