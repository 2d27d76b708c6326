// SPDX-License-Identifier: Apache-2.0
// The loop of a service: what is ready, what is due, the beat, and the control channel.
#include "kernel/runtime.hpp"

namespace voltkeep::kernel {

Instant Runtime::next_deadline() const {
    Instant next = next_beat;
    for (const auto& [id, timer_entry] : timers) next = std::min(next, timer_entry.when);
    for (const ConduitState& c : conduits) {
        if (c.in_flight) next = std::min(next, c.in_flight->deadline);
        if (c.pace.is_paused) next = std::min(next, c.pace.window_end);
    }
    return next;
}

void Runtime::turn(Instant until) {
    arm();
    Instant at = process_ready(until);
    for (std::uint16_t i = 0; i < conduits.size(); ++i)
        if (conduits[i].pace.is_paused && at >= conduits[i].pace.window_end) listen(i, true);
    if (expire_requests(at) + run_timers(at) > 0) at = now();
    if (at >= next_beat) beat(at);
}

/// What is ready, each with its handler. The time at the end: a turn reads the clock once for each handler, and no more.
Instant Runtime::process_ready(Instant until) {
    std::array<os::Poller::Event, 32> events;
    const auto ready = poller.wait(events, until);
    CHECK(ready.has_value());
    Instant begun = now();
    for (const os::Poller::Event& e : *ready) {
        const auto index = static_cast<std::uint16_t>(e.key & 0xffff);
        switch (static_cast<Source>(e.key >> 32)) {
            case Source::control: on_control(); break;
            case Source::calls:
                if (conduits[index].calls) on_calls(index);
                break;
            case Source::pulses:
                if (conduits[index].pulses) on_pulses(index, e.writable);
                break;
            case Source::watch:
                if (const auto watch = watches.find(static_cast<int>(e.key & 0xffffffff)); watch != watches.end()) {
                    const auto then = watch->second.then;
                    (*then)(e.readable, e.writable);
                }
                break;
            case Source::timer: armed = {}; break;
        }
        const Instant done = now();
        const auto took = static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(done - begun).count());
        statistics.slowest_us = std::max(statistics.slowest_us, took);
        begun = done;
    }
    return begun;
}

std::size_t Runtime::run_timers(Instant at) {
    std::size_t run = 0;
    for (auto it = timers.begin(); it != timers.end();) {
        const TimerId id = it->first;
        Timer& due = it->second;
        const Instant was_due = due.when;
        const Duration period = due.period;
        if (due.when > at) {
            ++it;
            continue;
        }
        const std::shared_ptr<Action> action = due.action;
        if (due.period > 0ns) {
            due.when = due.when + due.period;
            if (due.when < at) {   // late by more than a period: those turns are lost, not caught up
                due.when = at + due.period;
                times[control::Measure::timers].late += static_cast<std::uint32_t>((at - was_due) / period);
            }
        } else
            timers.erase(it);
        (*action)();
        if (period > 0ns) times[control::Measure::timers].add(now() - was_due, period);
        ++run;
        it = timers.upper_bound(id);   // the action may have changed the timers
    }
    return run;
}

/// A message or a pulse of this peer is about to be handled.
void Runtime::spend(std::uint16_t index, Instant at) {
    ConduitState& c = conduits[index];
    if (c.end.quota == 0 || !c.pace.spend(1, c.end.quota, control::quota_window, at)) return;
    listen(index, false);
    offend(index, Offence::over_quota);
}

/// Who is paused is out of the poller: an end whose peer hung up would be ready all the while.
void Runtime::listen(std::uint16_t index, bool is_listening) {
    ConduitState& c = conduits[index];
    c.pace.is_paused = !is_listening;
    const auto set = [&](const os::Descriptor& end, Source source, bool writable) {
        if (!end) return;
        if (!is_listening) poller.remove(end.get());
        else CHECK(poller.add(end.get(), key_of(source, index), writable).has_value());
    };
    if (c.end.is_server) set(c.calls, Source::calls, false);
    set(c.pulses, Source::pulses, c.pending != 0);
}

void Runtime::beat(Instant at) {
    send_record(
        {.request = control::Request::beat,
         .argument = static_cast<std::uint16_t>(std::min<std::uint64_t>(statistics.refused + statistics.malformed, 0xffff)),
         .code = statistics.slowest_us,
         .value = statistics.handled});
    for (std::uint16_t i = 0; i < conduits.size(); ++i)   // once more: the first word may not have gone out
        if (conduits[i].wants_rejoin) send_record({.request = control::Request::rejoin, .argument = i});
    tell_offences();
    statistics.slowest_us = 0;
    next_beat = at + std::chrono::milliseconds(slice.watchdog.beat_ms);
    if (at >= next_measures) say_measures(at);
}

void Runtime::say_measures(Instant at) {
    for (std::uint16_t i = 0; i < times.size(); ++i) {
        Times& t = times[i];
        if (t.count > 0)
            send_record(control::Measure{
                .message = i, .count = t.count, .p99_us = t.p99_us(), .worst_us = t.worst_us, .total = t.total, .late = t.late}
                            .record());
        t.begin_second();
    }
    next_measures = at + 1s;
    words = words_a_second;
}

/// A full control channel is the process manager's to notice.
bool Runtime::send_record(control::Record record) {
    std::array<std::byte, bound<control::Record>> buffer;
    return os::send(control_end.get(), encode(record, buffer)).has_value();
}

/// The ends are gone: the peer's death, or (`wants_rejoin`) ours, which nobody but us knows: then we ask for new ones.
void Runtime::lost(std::uint16_t index) {
    ConduitState& c = conduits[index];
    if (c.calls) poller.remove(c.calls.get());
    if (c.pulses) poller.remove(c.pulses.get());
    c.calls.reset();
    c.pulses.reset();
    if (c.wants_rejoin) send_record({.request = control::Request::rejoin, .argument = index});
    const Errc why = c.client.how_gone();
    c.client.joined();
    c.server.lost();
    finish(index, fail(why, "the server died"));
}

void Runtime::join(std::uint16_t index, std::uint32_t epoch, os::Descriptor calls, os::Descriptor pulses) {
    ConduitState& c = conduits[index];
    take_rest(index);
    c.wants_rejoin = false;
    lost(index);
    c.calls = std::move(calls);
    c.pulses = std::move(pulses);
    c.server.joined(epoch);
    c.patience_ms = 0;
    if (!c.end.is_server) CHECK(poller.add(c.calls.get(), key_of(Source::calls, index)).has_value());
    if (!c.pace.is_paused) listen(index, true);   // a new end begins no new account
    if (!started) return;
    flush(index);
    for (std::size_t i = 0; i < back_handlers.size(); ++i)   // by index: a handler may register another one
        if (BackHandler& h = back_handlers[i]; h.type == c.end.peer_type) h.then(c.end.peer_evse);
    for (std::size_t i = 0; i < pulse_handlers.size(); ++i)
        if (PulseHandler& h = pulse_handlers[i]; h.type == c.end.peer_type && c.end.pulses_in >> h.code & 1)
            h.then(c.end.peer_evse, 0);
}

void Runtime::on_control() {
    for (int taken = 0; taken < 16; ++taken) {
        const auto received = os::receive(control_end.get(), receive_buffer);
        if (!received) os::end_broken();   // the process manager is gone: so is everything
        if (!*received) return;
        const Bytes message = Bytes(receive_buffer).first((*received)->size);
        CHECK(!message.empty());
        const auto kind = static_cast<control::Kind>(message.front());
        const bool is_answer = kind >= control::Kind::state && kind <= control::Kind::usage;
        if (is_answer) on_answer(kind, message);
        else on_command(kind, message, (*received)->handles);
        if (kind == control::Kind::stop) return;
    }
}

void Runtime::on_command(control::Kind kind, Bytes message, std::span<const int> handles) {
    const auto command = decode<control::Join>(message);
    CHECK(command.has_value());
    const auto [_, index, epoch] = *command;
    switch (kind) {
        case control::Kind::join:
            CHECK(index < conduits.size() && handles.size() == 2);
            join(index, epoch, os::Descriptor(handles[0]), os::Descriptor(handles[1]));
            break;
        case control::Kind::device: {
            CHECK(index < devices.size() && handles.size() == 1);
            devices[index] = os::Descriptor(handles[0]);
            const auto handler = device_handlers.find(slice.devices[index].view());
            if (handler != device_handlers.end()) handler->second(devices[index].release());
            break;
        }
        case control::Kind::fallback:
            CHECK(index < 64 && epoch <= 1);
            fallbacks = (fallbacks & ~(1ull << index)) | static_cast<std::uint64_t>(epoch) << index;
            if (fallback_handler) fallback_handler(EvseId{static_cast<std::uint8_t>(index)}, epoch == 1);
            break;
        case control::Kind::go: started = true; break;
        case control::Kind::stop:
            stopping = true;
            if (stop_action) stop_action();
            if (embedded) ::_Exit(0);
            break;
        default: CHECK(false && "the process manager says nothing else");
    }
}

namespace {
template <class M>
std::uint64_t number_of(Bytes message) {
    const auto answer = decode<M>(message);
    CHECK(answer.has_value());
    return answer->number;
}
}  // namespace

/// An event and a measure are followed by more of the same answer; what else comes closes the question.
void Runtime::on_answer(control::Kind kind, Bytes message) {
    const std::uint64_t number = kind == control::Kind::event     ? number_of<control::Event>(message)
                                 : kind == control::Kind::measure ? number_of<control::Measure>(message)
                                 : kind == control::Kind::usage   ? number_of<control::Usage>(message)
                                                                  : number_of<control::State>(message);
    while (!asks.empty() && asks.front().number <= number) {
        Ask ask = std::move(asks.front());
        asks.pop_front();
        const bool is_lost = ask.number < number;
        ask.then(is_lost ? Bytes{} : message);
        if (!is_lost && (kind == control::Kind::event || kind == control::Kind::measure)) return asks.push_front(std::move(ask));
    }
}

TimerId Runtime::add_timer(Instant when, Duration period, Action action) {
    timers.emplace(next_timer, Timer{when, period, std::make_shared<Action>(std::move(action))});
    return next_timer++;
}

void Runtime::arm() {
    const Instant next = next_deadline();
    if (next == armed) return;
    CHECK(os::arm_timer(timer.get(), next).has_value());
    armed = next;
}

}  // namespace voltkeep::kernel
