// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/core.hpp"

namespace voltkeep::kernel::procmgr {

using control::Cause;
using control::Life;
using control::Occasion;
using control::Request;

Core::Core(const policy::Image& image, bool lab) : image_(image), patience_(lab ? lab_patience : 1) {
    for (std::uint16_t i = 0; i < image.services.size(); ++i) CHECK(order_.push(i));
    std::ranges::stable_sort(order_, [&](auto a, auto b) { return image.services[a].rank > image.services[b].rank; });
}

std::span<const Action> Core::step(const Input& input, Instant now) {
    now_ = now;
    actions_.clear();
    std::visit([this](const auto& i) { on(i); }, input);
    return {actions_.data(), actions_.size()};
}

void Core::on(const input::Begin&) {
    for (const std::uint16_t service : order_)
        if (image_.services[service].start == policy::Start::always) launch(service);
}

void Core::launch(std::uint16_t service) {
    members_[service].launched_at = now_;
    enter(service, Life::starting);
    act(action::Launch{service});
}

void Core::on(const input::Launched& launched) {
    Member& m = members_[launched.service];
    m.is_present = true;
    m.went = m.is_late = m.is_starved = false;
    m.measures = {};
    m.pid = launched.pid;
    ++m.starts;
    report(launched.service, Occasion::life);
    if (image_.services[launched.service].kind == policy::Kind::foreign) on_ready(launched.service);
    if (is_stopping_) sentence(launched.service, Cause::ordered, true);
}

/// The system had nothing to start it with. That is no death of the service: it is tried again until the system has, and
/// reported once.
void Core::on(const input::LaunchFailed& failed) {
    Member& m = members_[failed.service];
    if (is_stopping_ || m.after != Life::starting) return after_death(failed.service, {Cause::start_failed, 0});
    m.last_cause = Cause::start_failed;
    m.last_code = 0;
    m.life = Life::dead;
    m.launch_at = now_ + launch_pause;
    if (!std::exchange(m.is_starved, true)) report(failed.service, Occasion::life);
}

void Core::on(const input::Ended& ended) {
    Member& m = members_[ended.service];
    m.is_present = m.went = false;
    for (std::uint16_t i = 0; i < image_.conduits.size(); ++i) {
        const policy::Conduit& c = image_.conduits[i];
        if (c.client == ended.service || c.server == ended.service) joints_[i] = {false, joints_[i].epoch, now_};
    }
    m.last_messages = ended.last;
    after_death(ended.service, ended.ending);
}

void Core::after_death(std::uint16_t service, control::Ending ending) {
    Member& m = members_[service];
    const policy::Service& s = image_.services[service];
    m.last_cause = m.sentence == Cause::none ? ending.cause : m.sentence;
    m.last_code = ending.code;
    m.sentence = Cause::none;
    m.ended_at = now_;
    const Life after = std::exchange(m.after, Life::starting);
    if (is_stopping_) return enter(service, Life::off);
    if (after == Life::quarantined) return enter(service, Life::quarantined);
    if (m.last_cause == Cause::ordered) {
        enter(service, Life::dead);
        return launch(service);
    }
    if (s.start == policy::Start::on_demand && m.last_cause == Cause::exit && m.last_code == 0) return enter(service, Life::off);

    const Instant period_start = now_ - std::chrono::seconds(s.restart.period_s);
    decltype(m.deaths) recent;
    for (const Instant death : m.deaths)
        if (death > period_start) CHECK(recent.push(death));
    m.deaths = recent;
    if (m.deaths.size() >= s.restart.intensity) {
        const bool is_fallen_already = is_fallen(s.evse);
        m.life = Life::exhausted;
        if (!is_fallen_already && is_fallen(s.evse)) tell_fallback(s.evse, true);
        enter(service, Life::exhausted);
        if (s.restart.exhausted == policy::Exhausted::restart_station) {
            status_ = restart_status;
            on(input::StopAll{});
        }
        return;
    }
    CHECK(m.deaths.push(now_));
    enter(service, Life::dead);
    const auto& backoff = s.restart.backoff_ms;
    const std::size_t pause = backoff.empty() ? 0 : backoff[std::min(m.deaths.size(), backoff.size()) - 1];
    m.launch_at = now_ + std::chrono::milliseconds(pause);
    if (pause == 0) launch(service);
}

/// Does the station go without a service of this EVSE whose manifest says that no energy may flow then?
bool Core::is_fallen(EvseId evse) const {
    return std::ranges::any_of(order_, [&](std::uint16_t i) {
        const policy::Service& s = image_.services[i];
        return s.evse == evse && s.restart.exhausted == policy::Exhausted::safe_state && members_[i].life == Life::exhausted;
    });
}

void Core::tell_fallback(EvseId evse, bool is_on) {
    for (const std::uint16_t service : order_)
        if (members_[service].went && image_.services[service].kind == policy::Kind::native)
            act(action::Fallback{service, evse, is_on});
}

void Core::on_ready(std::uint16_t service) {
    Member& m = members_[service];
    m.last_beat_at = now_;
    if (m.starts > 1) {
        m.last_restart_us = static_cast<std::uint32_t>(std::min<std::int64_t>((now_ - m.ended_at) / 1us, UINT32_MAX));
        ++m.restarts;
    }
    enter(service, Life::ready);
    report(service, Occasion::life, 0, static_cast<std::uint16_t>(std::min(m.last_restart_us / 100, 0xffffu)));
}

/// An end is reported here; a launch and `ready` where there is more to say; `stopping` is an order that was reported.
void Core::enter(std::uint16_t service, Life life) {
    Member& m = members_[service];
    m.life = life;
    const bool ended = life == Life::off || life == Life::dead || life == Life::quarantined || life == Life::exhausted;
    if (ended) report(service, Occasion::life, m.last_code);
}

void Core::report(std::uint16_t service, Occasion occasion, std::uint8_t code, std::uint16_t detail,
                  const policy::ServiceName& peer) {
    const Member& m = members_[service];
    const bool ended = m.life != Life::starting && m.life != Life::ready && m.life != Life::stopping;
    control::Event& event = ring_[++sequence_ % ring_size];
    event = {.occasion = occasion,
             .cause = occasion == Occasion::life && ended ? m.last_cause : Cause::none,
             .life = m.life,
             .code = code,
             .service = service,
             .detail = detail,
             .sequence = sequence_,
             .at_ns = now_.ns,
             .name = image_.services[service].name,
             .peer = peer,
             .last = occasion == Occasion::life && ended ? m.last_messages : Text<96>()};
    act(action::Report{event});
}

/// The other end of what is `index` in this service's Slice; empty if nothing is.
policy::ServiceName Core::peer_of(std::uint16_t service, std::uint16_t index) const {
    const auto at = conduit_at(image_, service, index);
    if (!at) return {};
    const policy::Conduit& c = image_.conduits[*at];
    return image_.services[c.client == service ? c.server : c.client].name;
}

/// What a service says or asks is reported up to a bound; how much more there was, with its next word.
void Core::report_words(std::uint16_t service, Occasion occasion, std::uint8_t code, std::uint16_t detail,
                        const policy::ServiceName& peer) {
    Member& m = members_[service];
    if (now_ >= m.words_end) {
        m.words_end = now_ + 1s;
        const unsigned words = std::exchange(m.words, 0);
        if (words > words_a_second)
            report(service, Occasion::fault, static_cast<std::uint8_t>(Errc::full),
                   static_cast<std::uint16_t>(std::min(words - words_a_second, 0xffffu)));
    }
    if (++m.words <= words_a_second) report(service, occasion, code, detail, peer);
}

void Core::on(const input::Recorded& recorded) {
    const control::Record& r = recorded.record;
    Member& m = members_[recorded.service];
    if (!m.is_present) return;
    switch (r.request) {
        case Request::beat:
            ++m.beats;
            m.last_beat_at = now_;
            m.is_late = false;
            return;
        case Request::ready:
            if (m.life == Life::starting && m.went) on_ready(recorded.service);
            return;
        case Request::fault:
            return report_words(recorded.service, Occasion::fault, static_cast<std::uint8_t>(r.code),
                                static_cast<std::uint16_t>(std::min<std::uint64_t>(r.value, 0xffff)),
                                peer_of(recorded.service, r.argument));
        case Request::measured:
            if (r.argument >= m.measures.size()) return;
            m.measures[r.argument] = control::Measure::of(r);
            m.measured_at[r.argument] = now_;
            return;
        case Request::rejoin: return rejoin(recorded.service, r.argument);
        default: return answer(recorded.service, r);
    }
}

void Core::answer(std::uint16_t service, const control::Record& r) {
    const bool is_permitted = (image_.services[service].control >> static_cast<unsigned>(r.request) & 1) != 0;
    const bool is_service = r.argument < image_.services.size();
    const auto say = [&](bool yes) {
        if (r.number == 0) return;
        control::State state{.kind = control::Kind::end};
        if (yes) state = state_of(r.argument);
        state.number = r.number;
        act(action::AnswerState{service, state});
    };
    if (!is_permitted || (r.request == Request::demand && is_service && !has_conduit(service, r.argument))) {
        report_words(service, Occasion::refused, 0, static_cast<std::uint16_t>(r.request));
        return say(false);
    }
    if (r.request == Request::take_events) return answer_events(service, r);
    if (!is_service || r.request == Request::switch_slot) return say(false);
    if (r.request == Request::get_measures) return answer_measures(service, r);
    if (r.request != Request::get_state) order(r.argument, r.request);
    say(true);
}

void Core::order(std::uint16_t service, Request request) {
    Member& m = members_[service];
    if (request == Request::demand && m.life != Life::off) return;   // it runs, comes back by itself, or may not
    if (request == Request::quarantine) {
        m.after = Life::quarantined;
        if (m.is_present) sentence(service, Cause::ordered, true);
        else enter(service, std::exchange(m.after, Life::starting));
        return;
    }
    m.deaths.clear();
    if (m.is_present) return sentence(service, Cause::ordered, false);
    if (is_stopping_ || m.life == Life::starting) return;
    const EvseId evse = image_.services[service].evse;
    const bool was_fallen = is_fallen(evse);
    launch(service);
    if (was_fallen && !is_fallen(evse)) tell_fallback(evse, false);
}

void Core::sentence(std::uint16_t service, Cause cause, bool at_once) {
    Member& m = members_[service];
    m.sentence = cause;
    if (at_once || image_.services[service].kind == policy::Kind::foreign) return act(action::Kill{service});
    if (m.life == Life::stopping) return;
    m.kill_at = now_ + stop_limit;
    enter(service, Life::stopping);
    act(action::Stop{service});
}

bool Core::has_conduit(std::uint16_t client, std::uint16_t server) const {
    return std::ranges::any_of(image_.conduits,
                               [&](const policy::Conduit& c) { return c.client == client && c.server == server; });
}

void Core::answer_events(std::uint16_t service, const control::Record& r) {
    const std::uint32_t oldest = sequence_ - std::min<std::uint32_t>(sequence_, ring_size) + 1;
    std::uint32_t from = oldest;
    for (std::uint32_t stored = oldest; r.argument != 0 && stored <= sequence_; ++stored)
        if ((stored & 0xffff) == r.argument) from = stored + 1;
    for (std::size_t n = 0; n < events_per_answer && from <= sequence_; ++n, ++from) {
        control::Event event = ring_[from % ring_size];
        event.number = r.number;
        act(action::AnswerEvent{service, event});
    }
    act(action::AnswerState{service, {.kind = control::Kind::end, .number = r.number}});
}

void Core::answer_measures(std::uint16_t service, const control::Record& r) {
    const Member& m = members_[r.argument];
    for (std::size_t i = 0; i < m.measures.size(); ++i) {
        control::Measure measure = m.measures[i];
        if (measure.total == 0) continue;
        if (now_ > m.measured_at[i] + measure_age) measure.count = measure.p99_us = measure.worst_us = 0;
        measure.number = r.number;
        act(action::AnswerMeasure{service, measure});
    }
    act(action::AnswerUsage{service, r.argument, r.number});
}

void Core::rejoin(std::uint16_t service, std::uint16_t index) {
    const auto conduit = conduit_at(image_, service, index);
    if (!conduit || !joints_[*conduit].is_joined) return;
    joints_[*conduit].is_joined = false;   // `not_before` is already in the future if it was joined just now
    report_words(service, Occasion::rejoined, 0, *conduit);
}

void Core::on(const input::JoinFailed& failed) {
    joints_[failed.conduit] = {false, joints_[failed.conduit].epoch, now_ + rejoin_pause};
}

void Core::on(const input::Unheard& unheard) {
    if (members_[unheard.service].is_present) sentence(unheard.service, Cause::watchdog, true);
}

void Core::on(const input::Deaf& deaf) {
    Member& m = members_[deaf.service];
    if (!m.is_present || m.life == Life::stopping) return;
    m.kill_at = now_ + stop_limit;
    enter(deaf.service, Life::stopping);
}

void Core::on(const input::StopAll&) {
    const bool at_once = std::exchange(is_stopping_, true);
    for (std::uint16_t i = 0; i < image_.services.size(); ++i) {
        if (at_once && members_[i].is_present) sentence(i, Cause::ordered, true);
        if (members_[i].life == Life::dead) members_[i].life = Life::off;
    }
}

void Core::on(const input::Turn& turn) {
    heard_ = std::min(now_, turn.heard);
    for (const std::uint16_t service : order_) {
        Member& m = members_[service];
        m.last_beat_at = std::min(now_, m.last_beat_at + turn.lost);
        m.launched_at = std::min(now_, m.launched_at + turn.lost);
    }
    for (const std::uint16_t service : order_) watch_over(service);
    if (is_stopping_) return stop_next_wave();
    join_all();
    for (const std::uint16_t service : order_) {
        Member& m = members_[service];
        if (!m.is_present || m.went) continue;
        m.went = true;
        if (image_.services[service].kind != policy::Kind::native) continue;
        for (std::uint8_t evse = 0; evse <= image_.cables.size(); ++evse)
            if (is_fallen(EvseId{evse})) act(action::Fallback{service, EvseId{evse}, true});
        act(action::Go{service});
    }
}

Instant Core::beat_limit(std::uint16_t service, unsigned beats) const {
    return members_[service].last_beat_at +
           patience_ * beats * std::chrono::milliseconds(image_.services[service].watchdog.beat_ms);
}

/// When something is to be done about this service if nothing comes.
Instant Core::due(std::uint16_t service) const {
    const Member& m = members_[service];
    const policy::Service& s = image_.services[service];
    switch (m.life) {
        case Life::dead: return m.launch_at;
        case Life::stopping: return m.kill_at;
        case Life::starting: return m.launched_at + patience_ * start_limit;
        case Life::ready:
            if (s.kind == policy::Kind::native) return beat_limit(service, m.is_late ? s.watchdog.high : s.watchdog.low);
            [[fallthrough]];
        default: return {INT64_MAX};
    }
}

void Core::watch_over(std::uint16_t service) {
    Member& m = members_[service];
    const policy::Watchdog& watchdog = image_.services[service].watchdog;
    const bool is_awaited = m.life == Life::starting || m.life == Life::ready;   // else it is our own turn
    if ((is_awaited ? heard_ : now_) < due(service)) return;
    if (m.life == Life::dead) return launch(service);
    if (m.life == Life::stopping) {
        m.kill_at = now_ + stop_limit;
        return act(action::Kill{service});
    }
    if (m.life == Life::ready && heard_ < beat_limit(service, watchdog.high)) {
        m.is_late = true;
        return report(service, Occasion::late, 0, watchdog.low);
    }
    m.launched_at = m.last_beat_at = now_;   // it is ended now: what was due comes no second time
    sentence(service, Cause::watchdog, true);
}

/// Both its ends live and have no pair of it.
bool Core::is_open(std::uint16_t conduit) const {
    const policy::Conduit& c = image_.conduits[conduit];
    return !joints_[conduit].is_joined && is_joined(image_, c) && members_[c.client].is_present && members_[c.server].is_present;
}

void Core::join_all() {
    for (std::uint16_t i = 0; i < image_.conduits.size(); ++i) {
        Joint& joint = joints_[i];
        if (!is_open(i) || now_ < joint.not_before) continue;
        joint = {true, joint.epoch + 1, now_ + rejoin_pause};
        act(action::Join{i, joint.epoch});
    }
}

/// Clients before their servers: the lowest rank that still has a process is asked to stop, and the next waits for it.
void Core::stop_next_wave() {
    int lowest = -1;
    for (const std::uint16_t service : order_)
        if (members_[service].is_present) lowest = image_.services[service].rank;
    if (lowest < 0) return act(action::Finish{status_});
    for (const std::uint16_t service : order_)
        if (members_[service].is_present && image_.services[service].rank == lowest && members_[service].sentence == Cause::none)
            sentence(service, Cause::ordered, false);
}

Instant Core::next_deadline() const {
    Instant next{INT64_MAX};
    for (const std::uint16_t service : order_) next = std::min(next, due(service));
    for (std::uint16_t i = 0; i < image_.conduits.size(); ++i)
        if (is_open(i)) next = std::min(next, joints_[i].not_before);
    return next;
}

control::State Core::state_of(std::uint16_t service) const {
    const Member& m = members_[service];
    return {.life = m.life,
            .last_cause = m.last_cause,
            .last_code = m.last_code,
            .index = service,
            .restarts = m.restarts,
            .pid = m.is_present ? m.pid : 0,
            .last_restart_us = m.last_restart_us,
            .beats = m.beats,
            .name = image_.services[service].name};
}

}  // namespace voltkeep::kernel::procmgr
