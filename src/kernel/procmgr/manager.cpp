// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/manager.hpp"

#include <unistd.h>

#include "kernel/service.hpp"

namespace voltkeep::kernel::procmgr {

namespace {
/// What a poller key stands for: the kind above, the service below.
enum class Source : std::uint32_t { stop, end, records, output };
constexpr std::uint64_t key_of(Source source, std::uint16_t service = 0) {
    return static_cast<std::uint64_t>(source) << 32 | service;
}

constexpr unsigned records_a_turn = 8;
constexpr unsigned records_a_window = 64;         // in 100 ms: the quickest watchdog beats five times in it
constexpr unsigned printed_bytes_a_second = 16384;
constexpr Duration stall = 20ms;                  // woken so late: the machine, or who stops us, has taken the time
constexpr Duration device_pause = 100ms;          // between two tries to connect a device
}  // namespace

Manager::Manager(const policy::Image& image, os::Spawner& spawner, bool is_lab)
    : image_(image), spawner_(spawner), is_lab_(is_lab), core_(image, is_lab), started_(now()) {}

Result<int> Manager::run(int stop_requests) {
    poller_ = TRY(os::Poller::make());
    TRY(poller_.add(stop_requests, key_of(Source::stop)));
    feed(input::Begin{});
    carry_out();
    while (!status_) {
        std::array<os::Poller::Event, 32> events;
        Instant until = next_deadline();
        for (int round = 0; round < 8; ++round, until = {}) {
            turn_.heard = now();
            const std::span<os::Poller::Event> ready = TRY(poller_.wait(events, until));
            if (round == 0) {
                const Duration late = now() - std::max(until, polled_);
                turn_.lost = late > stall ? late : Duration{};
                polled_ = now();
            }
            for (const os::Poller::Event& event : ready) {
                if (event.key != key_of(Source::stop)) handle(event);
                else if (os::take_stop_request(stop_requests)) feed(input::StopAll{});
                carry_out();
            }
            if (ready.size() < events.size()) break;
        }
        const Instant at = now();
        for (std::uint16_t i = 0; i < image_.services.size(); ++i) resume(i, at);
        feed(turn_);
        carry_out();
    }
    for (const policy::Service& service : image_.services)
        for (const policy::DeviceGrant& device : service.devices) os::remove_device(device);
    write(line("stopped").put("status", *status_));
    return *status_;
}

void Manager::carry_out() {
    for (std::size_t next = 0; next < inputs_.size(); ++next) {
        const Input input = inputs_[next];
        for (const Action& action : core_.step(input, now())) perform(action);
        // What was launched together is joined before any of it goes.
        if (next + 1 == inputs_.size() && std::exchange(has_launched_, false)) feed(input::Turn{.heard = turn_.heard});
    }
    inputs_.clear();
}

template <class M>
Result<> Manager::send(std::uint16_t service, const M& message, std::span<const int> handles) {
    return os::send(processes_[service].control.get(), encode(message, buffer_), handles);
}

/// Whoever leaves more unread than its queue holds is ended; who is gone already is about to be noticed.
void Manager::command(std::uint16_t service, const control::Join& message, std::span<const int> handles) {
    const auto sent = send(service, message, handles);
    if (!sent && sent.error().code == Errc::full) feed(input::Unheard{service});
}

// ---- actions

void Manager::perform(const Action& action) {
    std::visit(detail::Overloaded{
                   [&](const action::Launch& a) { start(a.service); },
                   [&](const action::Join& a) { join(a); },
                   [&](const action::Go& a) { command(a.service, {.kind = control::Kind::go}); },
                   [&](const action::Fallback& a) {
                       command(a.service, {control::Kind::fallback, a.evse.number, a.is_on ? 1u : 0u});
                   },
                   [&](const action::Stop& a) { command(a.service, {.kind = control::Kind::stop}); },
                   [&](const action::Kill& a) { os::Spawner::kill(processes_[a.service].child); },
                   [&](const action::Report& a) { report(a.event); },
                   [&]<class M>(const action::Answer<M>& a) { (void)send(a.service, a.message); },
                   [&](const action::AnswerUsage& a) {
                       control::Usage usage = core_.is_present(a.of) ? os::usage_of(core_.state_of(a.of).pid) : control::Usage{};
                       usage.number = a.number;
                       (void)send(a.service, usage);
                   },
                   [&](const action::Finish& a) { status_ = a.status; },
               },
               action);
}

void Manager::start(std::uint16_t service) {
    const auto launched = launch(service);
    if (launched) {
        has_launched_ = true;
        return feed(input::Launched{service, processes_[service].child.pid});
    }
    processes_[service].control.reset();
    processes_[service].output.reset();
    write(line("launch_failed", service).put("reason", launched.error().what));
    feed(input::LaunchFailed{service});
}

Result<> Manager::launch(std::uint16_t service) {
    Process& process = processes_[service];
    const bool is_native = image_.services[service].kind == policy::Kind::native;
    os::Pair control = TRY(os::make_pair());
    os::Pair output = TRY(os::make_lossy_pipe());
    if (is_native) TRY(poller_.add(control.a.get(), key_of(Source::records, service)));
    TRY(poller_.add(output.a.get(), key_of(Source::output, service)));
    os::Child child = TRY(spawner_.spawn(service, control.b.get(), output.b.get()));
    if (const auto watched = poller_.add(child.watch.get(), key_of(Source::end, service)); !watched) {
        os::Spawner::kill(child);
        while (!spawner_.ended(service, child)) {}   // a process that nobody watches must not stay; it has not begun anything
        return watched;
    }
    process.child = std::move(child);
    process.control = std::move(control.a);
    process.output = std::move(output.a);
    if (auto trace = os::make_memory(sizeof(control::Trace)))
        process.trace = std::move(*trace);  // else it dies without last words
    process.records = process.prints = {};
    if (is_native) introduce(service);
    return {};
}

void Manager::introduce(std::uint16_t service) {
    CHECK(make_slice(image_, service, slice_).has_value());   // tried for all services before the first was started
    slice_.lab = is_lab_ || spawner_.is_rootless();
    slice_.epoch = core_.starts(service);
    const int trace = processes_[service].trace.get();
    if (!send(service, slice_, std::span(&trace, trace < 0 ? 0 : 1))) return os::Spawner::kill(processes_[service].child);
    for (std::uint16_t i = 0; i < image_.services[service].devices.size(); ++i) {
        processes_[service].devices[i].is_wanted = true;
        give_device(service, i);
    }
}

void Manager::join(const action::Join& a) {
    const policy::Conduit& conduit = image_.conduits[a.conduit];
    // No copy of either end survives this function: else no end would ever see the other one hang up.
    const auto calls = os::make_pair();
    const auto pulses = os::make_pair();
    if (!calls || !pulses) return feed(input::JoinFailed{a.conduit});
    command(conduit.server, {control::Kind::join, end_index(image_, a.conduit, conduit.server), a.epoch},
            std::array{calls->b.get(), pulses->b.get()});
    command(conduit.client, {control::Kind::join, end_index(image_, a.conduit, conduit.client), a.epoch},
            std::array{calls->a.get(), pulses->a.get()});
}

void Manager::report(const control::Event& e) {
    const policy::Service& s = image_.services[e.service];
    const control::State state = core_.state_of(e.service);
    Line l = line(e.occasion == control::Occasion::life ? "service" : name_of(e.occasion), e.service);
    switch (e.occasion) {
        case control::Occasion::life:
            l.put("life", name_of(e.life));
            if (e.life == control::Life::starting || e.life == control::Life::ready)
                l.put("pid", state.pid).put("starts", core_.starts(e.service));
            else l.put("cause", name_of(e.cause)).put("code", e.code).put("last", e.last);
            if (e.life == control::Life::ready) {
                const os::Lacks lacks = spawner_.settle(e.service, processes_[e.service].child);
                l.put("restarts", state.restarts)
                    .put("last_restart_us", state.last_restart_us)
                    .put_names("lacks", names_of<os::Lack>, lacks);
            }
            if (e.life == control::Life::exhausted) l.put("fallback", name_of(s.restart.exhausted));
            break;
        case control::Occasion::fault:
            l.put("code", e.code == 0xff   ? "invariant"
                          : e.code == 0xfe ? "system_call"
                                           : voltkeep::name(static_cast<Errc>(e.code)));
            l.put("detail", e.detail);
            if (!e.peer.empty()) l.put("peer", e.peer);
            break;
        case control::Occasion::refused: l.put("request", name_of(static_cast<control::Request>(e.detail))); break;
        case control::Occasion::late: l.put("beats", e.detail); break;
        case control::Occasion::rejoined:
            l.put("client", image_.services[image_.conduits[e.detail].client].name);
            l.put("server", image_.services[image_.conduits[e.detail].server].name);
            break;
    }
    write(l.put("sequence", e.sequence));
}

// ---- what happens

void Manager::handle(const os::Poller::Event& event) {
    const auto service = static_cast<std::uint16_t>(event.key & 0xffff);
    switch (static_cast<Source>(event.key >> 32)) {
        case Source::stop: break;
        case Source::end: on_end(service); break;
        case Source::records: take_records(service, records_a_turn); break;
        case Source::output: on_output(service); break;
    }
}

void Manager::take_records(std::uint16_t service, unsigned most) {
    Process& process = processes_[service];
    if (!process.control) return;
    std::array<std::byte, bound<control::Record>> buffer;
    unsigned taken = 0;
    for (; taken < most; ++taken) {
        const auto received = os::receive(process.control.get(), buffer);
        if (!received) {
            poller_.remove(process.control.get());
            feed(input::Deaf{service});
            break;
        }
        if (!*received) break;
        for (const int handle : (*received)->handles) os::Descriptor{handle};   // nobody sends us descriptors
        const auto record = decode<control::Record>(Bytes(buffer).first((*received)->truncated ? 0 : (*received)->size));
        if (record && record->request == control::Request::reopen) want_device(service, record->argument);
        else if (record) feed(input::Recorded{service, *record});
        else
            feed(input::Recorded{service,
                                 {.request = control::Request::fault, .code = static_cast<std::uint32_t>(Errc::malformed)}});
    }
    if (process.records.spend(taken, records_a_window, 100ms, now()))
        (void)poller_.change(process.control.get(), key_of(Source::records, service), false, false);
}

void Manager::on_end(std::uint16_t service) {
    Process& process = processes_[service];
    if (!process.child.watch) return;
    const auto ending = spawner_.ended(service, process.child);
    if (!ending) return;
    take_records(service, 4 * records_a_turn);   // its last words: what broke
    carry_out();
    std::array<char, 4096> rest;
    if (process.output)
        if (const auto text = os::read_pipe(process.output.get(), rest)) print(service, *text);
    flush_line(service);
    const Text<96> last = last_messages(service);
    process.trace.reset();
    process.child = {};
    process.control.reset();
    process.output.reset();
    for (Device& device : process.devices) device.is_wanted = false;
    feed(input::Ended{service, *ending, last});
}

/// A dead service's own record of what it did last: any bytes at all, of which names are taken that the policy has.
Text<96> Manager::last_messages(std::uint16_t service) const {
    control::Trace trace;
    const auto bytes = processes_[service].trace
                           ? os::read_at(processes_[service].trace.get(), std::as_writable_bytes(std::span(&trace, 1)), 0)
                           : Result<std::span<std::byte>>();
    List<char, 96> words;
    const auto say = [&](std::string_view text) {
        for (const char c : text) (void)words.push(c);
    };
    if (!bytes || bytes->size() != sizeof trace) return {};
    for (std::uint32_t n = trace.count; n != 0 && trace.count - n < trace.last.size(); --n) {
        const unsigned entry = trace.last[(n - 1) % trace.last.size()];
        const auto conduit = conduit_at(image_, service, static_cast<std::uint16_t>(entry / policy::max_messages));
        if (!conduit) continue;
        const policy::Service& server = image_.services[image_.conduits[*conduit].server];
        if (entry % policy::max_messages >= server.messages.size()) continue;
        if (!words.empty()) say(" ");
        if (image_.conduits[*conduit].client == service) say(server.name), say(".");
        say(server.messages[entry % policy::max_messages]);
    }
    return Text<96>::cut({words.data(), words.size()});
}

void Manager::on_output(std::uint16_t service) {
    Process& process = processes_[service];
    if (!process.output) return;
    std::array<char, 1024> buffer;
    const auto text = os::read_pipe(process.output.get(), buffer);
    if (!text || process.prints.is_paused) {   // a paused pipe speaks only when it is closed
        process.output.reset();
        return flush_line(service);
    }
    print(service, *text);
    if (!process.prints.spend(static_cast<unsigned>(text->size()), printed_bytes_a_second, 1s, now())) return;
    write(line("output_paused", service));
    (void)poller_.change(process.output.get(), key_of(Source::output, service), false, false);
}

void Manager::print(std::uint16_t service, std::span<const char> text) {
    Process& process = processes_[service];
    for (const char c : text) {
        if (c == '\n') flush_line(service);
        else (void)process.line.push(c);
    }
}

void Manager::flush_line(std::uint16_t service) {
    Process& process = processes_[service];
    if (process.line.empty()) return;
    write(line("output", service).put_octets("text", {process.line.data(), process.line.size()}, 20));
    process.line.clear();
}

void Manager::resume(std::uint16_t service, Instant at) {
    Process& process = processes_[service];
    if (!process.child.watch) return;
    // Who could not be listened to again is tried again: else it would be deaf for ever, and ended for beats that nobody took.
    const auto listen_again = [&](Pace& pace, int descriptor, Source source) {
        if (!pace.is_paused || at < pace.window_end) return;
        pace.is_paused = !poller_.change(descriptor, key_of(source, service), true, false);
        if (pace.is_paused) pace.window_end = at + 100ms;
    };
    listen_again(process.records, process.control.get(), Source::records);
    listen_again(process.prints, process.output.get(), Source::output);
    for (std::uint16_t i = 0; i < image_.services[service].devices.size(); ++i)
        if (process.devices[i].is_wanted && at >= process.devices[i].next_try) give_device(service, i);
}

Instant Manager::next_deadline() const {
    Instant next = core_.next_deadline();
    for (const Process& process : processes_) {
        if (!process.child.watch) continue;
        if (process.records.is_paused) next = std::min(next, process.records.window_end);
        if (process.prints.is_paused) next = std::min(next, process.prints.window_end);
        for (const Device& device : process.devices)
            if (device.is_wanted) next = std::min(next, device.next_try);
    }
    return next;
}

// ---- devices

void Manager::give_device(std::uint16_t service, std::uint16_t index) {
    Device& device = processes_[service].devices[index];
    const policy::DeviceGrant& grant = image_.services[service].devices[index];
    device.next_try = now() + device_pause;
    os::Descriptor opened;
    if (!device.listener) {
        auto result = os::open_device(grant);
        if (!result) {
            if (std::exchange(device.is_missed, true)) return;
            return write(
                line("device", service).put("device", grant.name).put("state", "missing").put("reason", result.error().what));
        }
        (grant.kind == policy::DeviceKind::listen ? device.listener : opened) = std::move(*result);
    }
    const int handle = device.listener ? device.listener.get() : opened.get();
    if (!send(service, control::Join{control::Kind::device, index, 0}, std::array{handle})) return;
    device.is_wanted = device.is_missed = false;
    write(line("device", service).put("device", grant.name).put("state", "given"));
}

/// The next try is not sooner than the pause after the last one, however often it is asked for.
void Manager::want_device(std::uint16_t service, std::uint16_t index) {
    if (index < image_.services[service].devices.size()) processes_[service].devices[index].is_wanted = true;
}

// ---- the log

void Manager::write(const Line& l) {
    if (lost_lines_ != 0 && os::write_line(STDOUT_FILENO, line("lost").put("lines", lost_lines_).line())) lost_lines_ = 0;
    if (lost_lines_ != 0 || !os::write_line(STDOUT_FILENO, l.line())) ++lost_lines_;
}

}  // namespace voltkeep::kernel::procmgr
