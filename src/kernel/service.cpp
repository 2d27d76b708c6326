// SPDX-License-Identifier: Apache-2.0
#include "kernel/service.hpp"

#include <stdlib.h>
#include <time.h>

#include "kernel/runtime.hpp"

namespace voltkeep::kernel {

namespace {
Runtime* the_runtime = nullptr;   // one Service per process: what the hooks below report to

/// What is no Errc: 0xffff and the line of a broken invariant, 0xfffe and the number of a refused system call.
void report_end(std::uint16_t what, int number) noexcept {
    if (the_runtime) the_runtime->report(what, static_cast<Errc>(what), static_cast<std::uint64_t>(number));
}
void report_broken(const char*, const char*, int line) noexcept {
    report_end(0xffff, line);
    os::end_broken();
}
void report_refused(int system_call) noexcept { report_end(0xfffe, system_call); }
}  // namespace

Runtime::Runtime(os::Descriptor control)
    : control_end(std::move(control)), poller(MUST(os::Poller::make())), receive_buffer(bound<control::Slice> + header_size) {
    receive_slice();
    std::size_t largest = bound<control::Slice>;
    for (const control::End& end : slice.conduits) largest = std::max<std::size_t>(largest, end.max_size);
    receive_buffer.resize(largest + header_size + 1);
    send_buffer.resize(std::max<std::size_t>(largest, default_max_size) + header_size);
    receive_ends();
    next_beat = now() + std::chrono::milliseconds(slice.watchdog.beat_ms);
}

void Runtime::receive_slice() {
    CHECK(os::wait(control_end.get(), now() + 5s).value_or(false));
    const auto received = MUST(os::receive(control_end.get(), receive_buffer));
    CHECK(received && !received->truncated);
    slice = MUST(decode<control::Slice>(Bytes(receive_buffer).first(received->size)));
    for (const int handle : received->handles)
        if (void* const memory = os::map_memory(os::Descriptor(handle), sizeof(control::Trace)))
            trace = static_cast<control::Trace*>(memory);
    conduits.resize(slice.conduits.size());
    devices.resize(slice.devices.size());
    for (std::size_t i = 0; i < conduits.size(); ++i) conduits[i].end = slice.conduits[i];
}

void Runtime::receive_ends() {
    MUST(poller.add(control_end.get(), key_of(Source::control)));
    timer = MUST(os::make_timer());
    MUST(poller.add(timer.get(), key_of(Source::timer)));
    const Instant deadline = now() + 5s;
    while (!started) {
        CHECK(os::wait(control_end.get(), deadline).value_or(false));
        on_control();
        if (stopping) ::_Exit(0);
    }
}

Service::Service(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}
Service::Service(Service&&) noexcept = default;
Service::~Service() {
    if (runtime_) the_runtime = nullptr;
}

Service Service::start(int control) {
    CHECK(the_runtime == nullptr);
    on_broken_invariant(report_broken);
    // Read now, once: the C library would look for the time zone's file at the first date, which may come behind the seal.
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    os::share_one_heap();
    os::report_refused_calls(report_refused);
    auto runtime = std::make_unique<Runtime>(os::Descriptor(control));
    the_runtime = runtime.get();
    return Service(std::move(runtime));
}

std::string_view Service::name() const { return runtime_->slice.name.view(); }
EvseId Service::evse() const { return runtime_->slice.evse; }
std::uint32_t Service::starts() const { return runtime_->slice.epoch; }
bool Service::is_lab() const { return runtime_->slice.lab; }

std::uint16_t Service::conduit_to(std::string_view type, EvseId of, std::uint64_t fingerprint) {
    if (of.number == 0) of = runtime_->slice.evse;
    for (std::uint16_t i = 0; i < runtime_->conduits.size(); ++i) {
        const control::End& end = runtime_->conduits[i].end;
        if (end.is_server || end.peer_type != type || (end.peer_evse.number != 0 && of.number != 0 && end.peer_evse != of))
            continue;
        CHECK(end.fingerprint == fingerprint);   // two builds never misread each other
        return i;
    }
    CHECK(false && "no conduit to this service in the policy");
    return 0;
}

List<EvseId, 8> Service::evses_of(std::string_view type) const {
    List<EvseId, 8> evses;
    for (const ConduitState& c : runtime_->conduits)
        if (c.end.peer_type == type && c.end.peer_evse.number != 0 && std::ranges::find(evses, c.end.peer_evse) == evses.end())
            CHECK(evses.push(c.end.peer_evse));
    std::ranges::sort(evses);
    return evses;
}

void Service::on_back(std::string_view type, std::move_only_function<void(EvseId)> then) {
    runtime_->back_handlers.push_back({*Text<24>::from(type), std::move(then)});
}

void Service::serve_raw(std::uint64_t fingerprint, detail::RawHandler handler) {
    CHECK(!runtime_->server);
    for (const ConduitState& c : runtime_->conduits) CHECK(!c.end.is_server || c.end.fingerprint == fingerprint);
    runtime_->server = std::move(handler);
}

void Service::on_pulse(std::string_view type, std::uint8_t code, std::move_only_function<void(EvseId, std::uint64_t)> then) {
    runtime_->pulse_handlers.push_back({*Text<24>::from(type), code, std::move(then)});
}

void Service::notify_raw(std::uint8_t code, std::uint64_t value, EvseId only) { runtime_->notify(code, value, only); }

TimerId Service::every(Duration period, Action action) {
    CHECK(period > 0ns);
    return runtime_->add_timer(now() + period, period, std::move(action));
}
TimerId Service::at(Instant when, Action action) { return runtime_->add_timer(when, 0ns, std::move(action)); }
TimerId Service::after(Duration delay, Action action) { return at(now() + delay, std::move(action)); }
void Service::cancel(TimerId timer) { runtime_->timers.erase(timer); }

void Service::watch(int descriptor, bool writable, std::move_only_function<void(bool, bool)> then) {
    const std::uint64_t key = key_of(Source::watch, static_cast<std::uint32_t>(descriptor));
    const auto [it, is_new] = runtime_->watches.insert_or_assign(
        descriptor, Runtime::Watch{writable, std::make_shared<std::move_only_function<void(bool, bool)>>(std::move(then))});
    MUST(is_new ? runtime_->poller.add(descriptor, key, writable) : runtime_->poller.change(descriptor, key, true, writable));
}

void Service::unwatch(int descriptor) {
    if (runtime_->watches.erase(descriptor)) runtime_->poller.remove(descriptor);
}

namespace {
std::uint16_t device_index(const Runtime& runtime, std::string_view name) {
    const auto device = std::ranges::find_if(runtime.slice.devices, [&](const Text<24>& d) { return d == name; });
    CHECK(device != runtime.slice.devices.end());   // the manifest names no such device
    return static_cast<std::uint16_t>(device - runtime.slice.devices.begin());
}
}  // namespace

int Service::device(std::string_view name) { return runtime_->devices[device_index(*runtime_, name)].release(); }

void Service::reopen(std::string_view name) {
    runtime_->send_record({.request = control::Request::reopen, .argument = device_index(*runtime_, name)});
}

void Service::on_device(std::string_view name, std::move_only_function<void(int)> then) {
    runtime_->device_handlers.insert_or_assign(std::string(name), std::move(then));
}

void Service::fault(const Error& error) {
    std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(voltkeep::name(error.code).size()), voltkeep::name(error.code).data(),
                 static_cast<int>(error.what.size()), error.what.data());
    runtime_->report(0xfffd, error.code, 0);
}

void Service::ask(control::Request request, std::uint16_t argument, std::move_only_function<void(Bytes)> then) {
    const std::uint64_t number = runtime_->next_ask++;
    if (!runtime_->send_record({.request = request, .argument = argument, .number = number})) return then({});
    runtime_->asks.push_back({number, std::move(then)});
}

void Service::on_fallback(std::move_only_function<void(EvseId, bool)> then) {
    runtime_->fallback_handler = std::move(then);
    for (std::uint8_t evse = 0; runtime_->fallbacks >> evse != 0; ++evse)
        if (runtime_->fallbacks >> evse & 1) runtime_->fallback_handler(EvseId{evse}, true);
}

void Service::on_stop(Action action) { runtime_->stop_action = std::move(action); }

void Service::seal() {
    MUST(os::seal(runtime_->slice.sealed_filter.view()));
    runtime_->send_record({.request = control::Request::ready});
}

int Service::run() {
    CHECK(runtime_->server || std::ranges::none_of(runtime_->conduits, [](const ConduitState& c) { return c.end.is_server; }));
    while (!runtime_->stopping) runtime_->turn({INT64_MAX});
    return 0;
}

int Service::descriptor() const {
    runtime_->embedded = true;
    runtime_->arm();
    return runtime_->poller.descriptor();
}

void Service::turn() {
    runtime_->turn({0});
    runtime_->arm();
}

namespace detail {
std::span<std::byte> reply_buffer() { return std::span(the_runtime->send_buffer).subspan(header_size); }
std::span<std::byte> request_buffer() { return reply_buffer(); }
}  // namespace detail

}  // namespace voltkeep::kernel
