// SPDX-License-Identifier: Apache-2.0
#include "flight.hpp"

namespace voltkeep::session {

namespace {

constexpr Duration interval = 100ms;
constexpr std::size_t waiting_bound = 1u << 20;   ///< octets, while the disk is slow
constexpr int takes_at_once = 8;                  ///< 128 steps: what came since the last time, and a part of what waits

std::string path_of(std::string_view source, EvseId evse) {
    return "state/session/flight/" + std::string(source) + "@" + std::to_string(evse.number);
}

}  // namespace

Flight::Flight(kernel::Service& self, Store& store, EvseId evse, const charging::Configuration& configuration)
    : self_(self),
      store_(store),
      configuration_(configuration),
      power_(self.connect<power::Interface>("power", evse)),
      of_session_(flight::Source::session, evse),
      of_power_(flight::Source::safety, evse),
      session_files_(std::make_shared<flight::Files>(path_of("session", evse))),
      power_files_(std::make_shared<flight::Files>(path_of("power", evse))) {}

void Flight::begin(const charging::State& state) {
    begin_session(state);
    self_.every(interval, [this] { keep(); });
}

void Flight::begin_session(const charging::State& state) {
    const auto beginning = std::make_unique<std::array<std::byte, kernel::bound<flight::SessionBeginning>>>();
    of_session_.begin(now(), wall_now(), kernel::encode(flight::SessionBeginning{configuration_, state}, *beginning));
}

void Flight::begin_power(const safety::Configuration& configuration, const safety::State& state) {
    std::array<std::byte, kernel::bound<flight::SafetyBeginning>> beginning;
    of_power_.begin(now(), wall_now(), kernel::encode(flight::SafetyBeginning{configuration, state}, beginning));
}

void Flight::note(const charging::Context& context, const charging::Event& event, const charging::State& after,
                  const charging::Actions& actions) {
    if (of_session_.has_begun()) {
        flight::SessionStep step{context, event, 0};
        const auto& t = after.durable.transaction;
        if (!t || t->id != context.fresh) step.context.fresh = {};   // not taken: 36 octets that say nothing
        step.digest = power::digest_of(step.context, step.event, actions);
        std::array<std::byte, kernel::bound<flight::SessionStep>> buffer;
        of_session_.note(static_cast<std::uint8_t>(event.index()), kernel::encode(step, buffer));
    }
    if (!of_session_.has_begun() || of_session_.is_full()) begin_session(after);
}

/// The steps of the safety loop are taken from its ring; one that was started anew begins with step 0 and no state.
void Flight::take_power() {
    for (int i = 0; i < takes_at_once; ++i) {
        const bool must_begin = !of_power_.has_begun() || of_power_.is_full();
        const auto taken = power_.call(power::TakeSteps{next_, must_begin});
        if (!taken) return;
        if (taken->life != life_) {
            life_ = taken->life;
            next_ = 0;
            of_power_.close();
            continue;
        }
        if (taken->first != next_) of_power_.close();   // what was between is forgotten
        const bool is_first = taken->first == 0 && !of_power_.has_begun();
        if (is_first) begin_power(taken->configuration, {});
        std::array<std::byte, kernel::bound<power::SafetyStep>> buffer;
        for (const power::SafetyStep& step : taken->steps) of_power_.note(0, kernel::encode(step, buffer));
        next_ = taken->first + taken->steps.size();
        if (taken->state && !is_first) begin_power(taken->configuration, *taken->state);
        if (taken->steps.size() < taken->steps.capacity) return;
    }
}

void Flight::keep() {
    take_power();
    if (of_session_.waiting() > waiting_bound) of_session_.break_off();
    if (of_power_.waiting() > waiting_bound) of_power_.break_off();
    if (is_writing_) return;
    is_writing_ = true;
    store_.later(
        [session = of_session_.take(), power = of_power_.take(), session_files = session_files_,
         power_files = power_files_]() -> Result<> {
            const auto first = session_files->write(session), second = power_files->write(power);
            return first ? second : first;
        },
        [this](const Result<>& done) {
            is_writing_ = false;
            if (done) return;
            if (!std::exchange(is_fault_told_, true)) self_.fault(done.error());
            of_session_.break_off();
            of_power_.break_off();
        });
}

}  // namespace voltkeep::session
