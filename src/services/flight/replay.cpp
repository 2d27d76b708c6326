// SPDX-License-Identifier: Apache-2.0
#include "services/flight/replay.hpp"

namespace voltkeep::flight {

namespace {

std::unexpected<Error> no_step(std::size_t number) {
    return fail(Errc::integrity, "step " + std::to_string(number) + ": none of this build's");
}

Result<Replayed> replay_safety(const Segment& segment) {
    const auto beginning = kernel::decode<SafetyBeginning>(segment.beginning);
    if (!beginning) return fail(Errc::integrity, "the state at the beginning is none of this build's");
    safety::State state = beginning->state;
    Replayed done;
    for (const Step& each : segment.steps) {
        const auto recorded = kernel::decode<power::SafetyStep>(each.bytes);
        if (!recorded) return no_step(done.steps);
        const auto [next, outputs] = safety::step(beginning->configuration, state, recorded->inputs, recorded->at);
        state = next;
        const std::int64_t at_ns = recorded->at.us * 1000;
        if (done.steps == 0) done.first_ns = at_ns;
        done.last_ns = at_ns;
        if (power::digest_of(recorded->inputs, outputs) != recorded->digest) {
            const safety::Report& report = outputs.report;
            done.difference = {done.steps, at_ns,
                               "frame " + std::to_string(recorded->inputs.sensors.sequence) + " of the sensors",
                               std::string(safety::stage_name(report.stage)) + ", contactor " +
                                   (outputs.actuators.close_contactor ? "closed" : "open") + ", stop " +
                                   safety::stop_name(report.stop) + ", cause " + safety::protection_name(report.cause)};
            return done;
        }
        ++done.steps;
    }
    return done;
}

std::string_view word(const charging::Event& event) {
    constexpr std::string_view words[] = {"PowerSeen",
                                          "PowerGone",
                                          "MeterSeen",
                                          "MeterGone",
                                          "OutOfOrder",
                                          "StoreFails",
                                          "IdentityPresented",
                                          "EvAuthorizes",
                                          "AuthorizationAnswered",
                                          "AuthorizationWithdrawn",
                                          "RemoteStarted",
                                          "RemoteStopped",
                                          "EvNeeds",
                                          "StoppedByEv",
                                          "StoppedByUser",
                                          "LimitChanged",
                                          "AvailabilityWanted",
                                          "Reserved",
                                          "ReservationCancelled",
                                          "TripsAcknowledged",
                                          "Ticked",
                                          "MeterAlive",
                                          "MeterFails",
                                          "EvNamed"};
    static_assert(std::size(words) == std::variant_size_v<charging::Event>);
    return words[event.index()];
}

Result<Replayed> replay_session(const Segment& segment) {
    const auto beginning = kernel::decode<SessionBeginning>(segment.beginning);
    if (!beginning) return fail(Errc::integrity, "the state at the beginning is none of this build's");
    charging::State state = beginning->state;
    Replayed done;
    for (const Step& each : segment.steps) {
        const auto recorded = kernel::decode<SessionStep>(each.bytes);
        if (!recorded) return no_step(done.steps);
        charging::Context context = recorded->context;
        if (context.fresh.empty()) context.fresh = "none was taken";   // where one is taken now, that is the difference
        const auto [next, actions] = charging::step(beginning->configuration, state, recorded->event, context);
        state = next;
        if (done.steps == 0) done.first_ns = recorded->context.now.ns;
        done.last_ns = recorded->context.now.ns;
        if (const auto& t = state.durable.transaction; t && (done.transactions.empty() || done.transactions.back() != t->id))
            done.transactions.push_back(t->id);
        if (power::digest_of(recorded->context, recorded->event, actions) != recorded->digest) {
            done.difference = {
                done.steps, recorded->context.now.ns, std::string(word(recorded->event)),
                "phase " + std::string(charging::name(state.phase)) + ", " + std::to_string(actions.size()) + " actions"};
            return done;
        }
        ++done.steps;
    }
    return done;
}

}  // namespace

Result<Replayed> replay(const Segment& segment) {
    return segment.header.source == Source::safety ? replay_safety(segment) : replay_session(segment);
}

}  // namespace voltkeep::flight
