// SPDX-License-Identifier: Apache-2.0
// For tests: recordings of a safety loop and of a session that were given something.
#pragma once

#include <random>

#include "services/flight/replay.hpp"

namespace voltkeep::flight::testing {

/// A safety loop that is given whatever comes, recorded as power and session do it.
inline Segment recorded_safety(int steps, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    safety::Configuration configuration;
    safety::State state;
    safety::Inputs inputs;
    Segment segment;
    segment.number = 1;
    segment.header = {Source::safety, EvseId{1}, Text<16>::cut(code_id()), 1'800'000'000'000, 1'000'000'000};
    std::array<std::byte, kernel::bound<SafetyBeginning>> buffer;
    const Bytes beginning = kernel::encode(SafetyBeginning{configuration, state}, buffer);
    segment.beginning.assign(beginning.begin(), beginning.end());
    std::int64_t us = 1'000'000;
    for (int i = 0; i < steps; ++i) {
        us += 10'000;
        ++inputs.sensors.sequence;
        inputs.sensors.echo = inputs.sensors.sequence;
        const auto dice = random() % 100;
        if (dice < 3) inputs.sensors.pilot_high_mv = random() % 2 ? 9'000 : 12'000;
        if (dice == 4) inputs.sensors.emergency_stop = random() % 8 == 0;
        if (dice == 5) inputs.command.demand = static_cast<safety::Demand>(random() % 4);
        inputs.sensors.outlet_voltage = {static_cast<std::int32_t>(random() % 1'000)};
        inputs.command.consent_ms = i % 10 == 0 ? 500 : 0;
        const auto [next, outputs] = safety::step(configuration, state, inputs, {us});
        state = next;
        std::array<std::byte, kernel::bound<power::SafetyStep>> step;
        const Bytes bytes = kernel::encode(power::SafetyStep{{us}, inputs, power::digest_of(inputs, outputs)}, step);
        segment.steps.push_back({0, {bytes.begin(), bytes.end()}});
    }
    return segment;
}

/// One transaction from a remote start to a stop by the user.
inline Segment recorded_session() {
    charging::Configuration configuration;
    charging::State state = charging::initial(configuration);
    Segment segment;
    segment.number = 7;
    segment.header = {Source::session, EvseId{1}, Text<16>::cut(code_id()), 1'800'000'000'000, 1'000'000'000};
    std::vector<std::byte> buffer(kernel::bound<SessionBeginning>);
    const Bytes beginning = kernel::encode(SessionBeginning{configuration, state}, buffer);
    segment.beginning.assign(beginning.begin(), beginning.end());
    charging::Context context{Instant{1'000'000'000}, WallTime{1'800'000'000'000}, "00000000-0000-4000-8000-000000000001", true};
    safety::Report report;
    report.pilot = safety::Pilot::b;
    report.plugged = true;
    const charging::Identity card{charging::IdentificationKind::token, "CARD-1", "ISO14443"};
    for (int i = 0; i < 200; ++i) {
        context.now = context.now + 50ms;
        context.wall.unix_ms += 50;
        charging::Event event = charging::Ticked{};
        if (i % 3 == 0) event = charging::PowerSeen{report};
        if (i % 3 == 1) event = charging::MeterSeen{{.wall_ms = context.wall.unix_ms, .import_mwh = 1'000 + i}};
        if (i == 20) event = charging::RemoteStarted{card, 5};
        if (i == 150) event = charging::StoppedByUser{};
        const auto [next, actions] = charging::step(configuration, state, event, context);
        state = next;
        SessionStep step{context, event, 0};
        if (!state.durable.transaction || state.durable.transaction->id != context.fresh) step.context.fresh = {};
        step.digest = power::digest_of(step.context, step.event, actions);
        buffer.resize(kernel::bound<SessionStep>);
        const Bytes bytes = kernel::encode(step, buffer);
        segment.steps.push_back({static_cast<std::uint8_t>(event.index()), {bytes.begin(), bytes.end()}});
    }
    return segment;
}

}  // namespace voltkeep::flight::testing
