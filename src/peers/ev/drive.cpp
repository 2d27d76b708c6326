// SPDX-License-Identifier: Apache-2.0
#include "drive.hpp"

#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <format>

#include "wire/iso15118/codec.hpp"

namespace voltkeep::ev {

namespace {

constexpr Duration tick_time = 10ms;
constexpr Duration offer_time = 30s;         ///< for the charger's pilot to invite the car
constexpr Duration setup_time = 20s;         ///< V2G_EVCC_CommunicationSetup_Timeout
constexpr Duration goodbye_time = 2s;        ///< for the charger to close its side
constexpr Duration unlock_time = 10s;
constexpr Duration breath_time = 500ms;      ///< before it starts over by itself
constexpr Duration wake_time = 90s;          ///< for the charger to wake it
constexpr std::uint16_t digital_duty_low = 30, digital_duty_high = 70;   ///< 5 % +- 2 %: high-level communication

std::uint64_t unix_s() { return static_cast<std::uint64_t>(wall_now().unix_ms / 1'000); }
std::string number(double value, int places) { return std::format("{:.{}f}", value, places); }
double ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }
std::int64_t us(Duration time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

}  // namespace

Result<Drive> Drive::prepare(const Options& options) {
    Drive drive(options, TRY(Report::open(options.is_json, options.trace)));
    if (!options.is_plain) {
        const std::string folder = options.pki + "/vehicle/";
        drive.tls_ = TRY(tls::make_context({.side = tls::Side::client,
                                            .certificates = folder + "chain.pem",
                                            .key = folder + "key.pem",
                                            .trust = folder + "trust.pem",
                                            .suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
                                            .groups = options.groups,
                                            .signature_algorithms = options.signature_algorithms,
                                            .names_authorities = true,
                                            .longest_chain = 16'384}));
    }
    if (!options.interface.empty())
        drive.discovery_ = TRY(Discovery::open({options.interface, options.discovery_port,
                                                options.is_plain ? iso15118::SdpSecurity::none : iso15118::SdpSecurity::tls}));
    if (!options.plant.empty()) drive.cable_socket_ = TRY(CableSocket::connect(options.plant));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    drive.signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!drive.signals_) return fail_errno("signalfd");
    return drive;
}

bool Drive::run() {
    report_.say("plugged", "plugged in");
    enter(Phase::plugging);
    show_inlet();
    while (phase_ != Phase::gone) {
        turn();
        show_inlet();
        if (phase_ != Phase::gone) wait();
    }
    summarise();
    return ending_ && ending_->is_ok;
}

void Drive::enter(Phase phase) {
    phase_ = phase;
    since_ = now();
}

Instant Drive::next_wake() const {
    if (transport_ && transport_->has_frames()) return now();   // an answer that came while the request was being written
    Instant wake = now() + tick_time;
    if (phase_ == Phase::talking && !car_.is_waiting) wake = std::min(wake, car_.next);
    if (transport_)
        if (const auto next = transport_->next()) wake = std::min(wake, *next);
    return wake;
}

void Drive::wait() {
    std::array<pollfd, 4> ready{};
    ready[0] = {signals_.get(), POLLIN, 0};
    ready[1] = {cable_socket_ ? cable_socket_->descriptor() : -1, POLLIN, 0};
    ready[2] = {phase_ == Phase::discovering ? discovery_->descriptor() : -1, POLLIN, 0};
    ready[3] = {transport_ ? transport_->descriptor() : -1,
                static_cast<short>(POLLIN | (transport_ && transport_->wants_write() ? POLLOUT : 0)), 0};
    const std::int64_t left = std::max<std::int64_t>((next_wake() - now()).count(), 0);
    const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
    (void)::ppoll(ready.data(), ready.size(), &limit, nullptr);
    if (ready[0].revents != 0) on_signal();
}

void Drive::turn() {
    read_cable();
    switch (phase_) {
        case Phase::plugging: return wait_for_offer();
        case Phase::discovering: return discover();
        case Phase::connecting: return shake_hands();
        case Phase::talking: return talk();
        case Phase::parted: return wait_to_come_back();
        case Phase::leaving: return leave();
        case Phase::unlocking: return wait_for_unlock();
        case Phase::gone: return;
    }
}

void Drive::on_signal() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) ++signals_taken_;
    report_.say("stop_wanted", "the driver wants to leave");
    car_.is_stop_wanted = true;
    if (signals_taken_ > 1 || (phase_ != Phase::talking && phase_ < Phase::leaving)) {
        if (!ending_) ending_ = evcc::Ending{false, "the driver left before the end"};
        if (transport_) transport_->abort();
        enter(Phase::gone);
    }
}

// ---- the cable --------------------------------------------------------------------------------------------------------

void Drive::read_cable() {
    if (!cable_socket_ || phase_ == Phase::gone) return;
    const auto frame = cable_socket_->take();
    if (!frame) {
        cable_socket_.reset();
        return fail_visit(frame.error().what.view());
    }
    if (!*frame) return;
    measured_ = **frame;
    is_measured_ = true;
    cable_ = {true,
              measured_.inlet_voltage,
              measured_.battery_voltage,
              measured_.current,
              measured_.state_of_charge,
              measured_.received_mwh};
}

void Drive::show_inlet() {
    if (!cable_socket_) return;
    plant::CarFrame frame;
    frame.plugged = phase_ != Phase::gone;
    frame.pilot = inlet_.pilot == evcc::Pilot::c ? plant::CarPilot::c : plant::CarPilot::b;
    frame.contactor = inlet_.contactor;
    frame.battery = options_.plan.capacity;
    frame.state_of_charge = options_.state_of_charge;
    if (const auto said = cable_socket_->say(frame); !said && phase_ != Phase::gone) fail_visit(said.error().what.view());
}

// ---- finding the charger ----------------------------------------------------------------------------------------------

bool Drive::is_invited() const {
    const bool is_digital = measured_.duty_permille >= digital_duty_low && measured_.duty_permille <= digital_duty_high;
    return !cable_socket_ || (is_measured_ && !measured_.steady && is_digital);
}

void Drive::wait_for_offer() {
    if (!is_invited()) {
        if (now() - since_ > offer_time) fail_visit("the charger's pilot does not invite the car");
        return;
    }
    if (cable_socket_) report_.say("offered", "the charger offers digital communication");
    start_over();
}

void Drive::start_over() {
    setup_until_ = now() + setup_time;
    if (discovery_) {
        discovery_->begin();
        return enter(Phase::discovering);
    }
    const auto address = parse_address(options_.host, options_.port);
    if (!address) return fail_visit(address.error().what.view());
    connect(*address);
}

void Drive::discover() {
    if (const auto address = discovery_->take()) {
        report_.say("found", "found the charger at " + text_of(*address),
                    Line()
                        .put("address", text_of(*address))
                        .put("requests", discovery_->requests())
                        .put("dropped", discovery_->dropped()));
        return connect(*address);
    }
    if (const auto asked = discovery_->ask(now()); !asked) return break_off(asked.error().what.view());
    if (now() > setup_until_) break_off("no charger was found in time");
}

void Drive::connect(const Address& address) {
    auto transport = Transport::connect(address, tls_.get());
    if (!transport) return break_off(transport.error().what.view());
    transport_ = std::move(*transport);
    enter(Phase::connecting);
}

void Drive::shake_hands() {
    if (const auto progress = transport_->progress(now()); !progress) return break_off(progress.error().what.view());
    if (now() > setup_until_) return break_off("the connection takes too long");
    if (transport_->state() != Transport::State::open) return;
    details_ = transport_->details();
    Line fields;
    std::string text = "connected in the clear";
    if (details_) {
        fields.put("protocol", details_->protocol.view())
            .put("group", details_->group.view())
            .put("cipher", details_->cipher.view());
        fields.put("peer", details_->peer_subject.view()).put("own", details_->own_subject.view());
        text = std::format("connected: {}, {}, {}; the charger is {}", details_->protocol.view(), details_->group.view(),
                           details_->cipher.view(), details_->peer_subject.view());
    }
    report_.say("connected", text, fields.put("handshake_us", us(now() - since_)));
    enter(Phase::talking);
    const bool is_stop_wanted = car_.is_stop_wanted;
    take(evcc::begin(options_.plan, cable_, now(), unix_s(), car_));
    car_.is_stop_wanted = is_stop_wanted;
}

// ---- the session ------------------------------------------------------------------------------------------------------

void Drive::talk() {
    const auto progress = transport_->progress(now());
    while (auto frame = transport_->take()) {
        const auto message = decode_payload(frame->type, frame->payload);
        report_.trace(false, frame->type, message ? name(*message) : std::string_view("?"), frame->payload);
        if (!message) take(evcc::lost(car_, message.error().what.view()));
        else take(evcc::receive(options_.plan, car_, *message, cable_, now()));
        if (phase_ != Phase::talking) return;
    }
    if (!progress) return take(evcc::lost(car_, progress.error().what.view()));
    take(evcc::tick(options_.plan, car_, cable_, now(), unix_s()));
    if (phase_ != Phase::talking) return;
    if (car_.step <= evcc::Step::session_setup && now() > setup_until_ && !car_.is_muted)
        take(evcc::lost(car_, "the set-up takes too long"));
    tell_charging();
}

void Drive::take(const evcc::Move& move) {
    car_ = move.car;
    inlet_ = car_.inlet;
    show_inlet();
    has_joined_ = has_joined_ || car_.is_joined;
    if (move.exchanged) tell_exchange(*move.exchanged);
    if (move.sending) send(*move.sending);
    if (!move.ending) return;
    ending_ = move.ending;
    report_.say("session_ended",
                ending_->is_ok ? "the session is over" : "the session failed: " + std::string(ending_->why.view()),
                Line().put("ok", ending_->is_ok).put("why", ending_->why.view()));
    if (!ending_->is_ok && may_come_back()) return part(ending_->why.view());
    if (ending_->is_pause) return pause();
    transport_->close();
    enter(Phase::leaving);
}

// ---- starting over ----------------------------------------------------------------------------------------------------

/// As a car does: whoever wanted to leave leaves; else a session that broke is begun anew while the plug is in.
bool Drive::may_come_back() const {
    return came_back_ < options_.come_back && !car_.is_stop_wanted && !car_.is_told_to_stop && !car_.is_muted;
}

void Drive::break_off(std::string_view why) {
    if (!may_come_back()) return fail_visit(why);
    part(why);
}

void Drive::part(std::string_view why) {
    ++came_back_;
    has_slept_ = false;
    inlet_ = {};   // contactor open, pilot at B
    if (transport_) transport_->abort();
    const evcc::Statistics& s = car_.statistics;
    earlier_.messages += s.messages;
    earlier_.loops += s.loops;
    earlier_.late += s.late;
    earlier_.setup_sum += s.setup_sum;
    earlier_.worst_in_loop = std::max(earlier_.worst_in_loop, s.worst_in_loop);
    if (s.worst > earlier_.worst) {
        earlier_.worst = s.worst;
        earlier_.worst_at = s.worst_at;
    }
    // What was charged already counts for how long it wants to charge.
    if (options_.plan.duration > Duration::zero() && car_.loop_since.ns != 0)
        options_.plan.duration = std::max<Duration>(options_.plan.duration - (now() - car_.loop_since), 1s);
    car_ = {};
    report_.say("parted", std::string(why) + ": starts over");
    enter(Phase::parted);
}

/// Plugged in, contactor open, without a connection: it comes back by itself.
void Drive::pause() {
    is_pausing_ = true;
    if (transport_) transport_->abort();
    report_.say("paused", "pauses the session");
    enter(Phase::parted);
}

void Drive::wait_to_come_back() {
    if (is_pausing_) {
        if (now() - since_ < options_.pause || !is_invited()) return;
        is_pausing_ = false;
        ending_.reset();
        told_.clear();
        report_.say("back", "goes on with the paused session");
        return start_over();
    }
    if (!is_invited()) has_slept_ = true;
    const bool is_awake = has_slept_ || (!options_.is_sleepy && now() - since_ > breath_time);
    if (is_invited() && is_awake) {
        ending_.reset();
        told_.clear();
        report_.say("back", has_slept_ ? "was woken by the pilot" : "starts over");
        return start_over();
    }
    if (now() - since_ > wake_time) fail_visit("nobody woke the car");
}

void Drive::send(const evcc::Sending& sending) {
    using evcc::Misdeed;
    std::vector<std::byte> frame(iso15118::v2gtp_header_size + iso15118::v2gtp_max_payload);
    const auto size = iso15118::encode_frame(sending.message, sending.stream, frame);
    if (!size) return fail_visit(size.error().what.view());
    frame.resize(*size);
    if (sending.transport || car_.is_muted) report_.say("misdeed", std::format("misbehaves at {}", name(sending.message)));
    if (sending.transport == Misdeed::disconnect) {
        transport_->abort();
        return;
    }
    const auto begin_garbage = frame.begin() + static_cast<std::ptrdiff_t>(iso15118::v2gtp_header_size);
    if (sending.transport == Misdeed::garbage) std::fill(begin_garbage, frame.end(), std::byte{0xa5});
    if (sending.transport == Misdeed::bad_header) std::ranges::copy(as_bytes("GET / HT"), frame.begin());
    if (sending.transport == Misdeed::huge_length) std::fill_n(frame.begin() + 4, 4, std::byte{0xff});
    if (sending.transport == Misdeed::slow_drip) transport_->drip(frame);
    else transport_->send(frame);
    report_.trace(true, sending.stream, name(sending.message), Bytes(frame).subspan(iso15118::v2gtp_header_size));
    if (const auto progress = transport_->progress(now()); !progress) take(evcc::lost(car_, progress.error().what.view()));
}

void Drive::tell_exchange(const evcc::Exchanged& exchanged) {
    if (told_ == exchanged.response && !exchanged.is_late) return;
    told_ = exchanged.response;
    Line fields;
    fields.put("message", exchanged.response).put("turnaround_us", us(exchanged.turnaround));
    if (!exchanged.code.empty()) fields.put("code", exchanged.code);
    if (exchanged.is_late) fields.put("late", true);
    report_.say("message",
                std::format("{} {} after {:.1f} ms{}", exchanged.response, exchanged.code, ms(exchanged.turnaround),
                            exchanged.is_late ? ", LATE" : ""),
                fields);
}

void Drive::tell_charging() {
    if (car_.step != evcc::Step::charge_loop || now() - charging_told_ < 1s) return;
    charging_told_ = now();
    const MilliVolt voltage = cable_.is_there ? cable_.inlet_voltage : car_.evse_voltage;
    const Watt power = power_of(voltage, cable_.is_there ? cable_.current : car_.evse_current);
    Line fields;
    fields.put("power_w", power.value)
        .put_raw("energy_wh", number(car_.energy_wh, 1))
        .put("soc_permille", cable_.state_of_charge.value);
    report_.say("charging",
                std::format("charging with {:.1f} kW, {:.1f} Wh so far, battery at {:.1f} %", power.value / 1'000.0,
                            car_.energy_wh, cable_.state_of_charge.value / 10.0),
                fields);
}

void Drive::fail_visit(std::string_view why) {
    if (phase_ >= Phase::leaving) return;
    if (!ending_) ending_ = evcc::Ending{false, Text<160>::cut(why)};
    inlet_ = {};
    report_.say("failed", why);
    if (transport_) transport_->abort();
    enter(Phase::unlocking);
}

// ---- leaving ----------------------------------------------------------------------------------------------------------

void Drive::leave() {
    const bool has_ended = transport_->state() == Transport::State::ended || !transport_->progress(now());
    if (!has_ended && now() - since_ < goodbye_time) return;
    transport_->abort();
    enter(Phase::unlocking);
}

void Drive::wait_for_unlock() {
    if (cable_socket_ && measured_.locked && now() - since_ < unlock_time) return;
    if (cable_socket_ && measured_.locked) {
        report_.say("locked", "the connector is still locked: the plug is pulled all the same");
        ending_->is_ok = false;
        ending_->why = "the connector stayed locked";
    }
    enter(Phase::gone);
    report_.say("unplugged", "unplugged");
}

void Drive::summarise() {
    evcc::Statistics s = car_.statistics;
    s.messages += earlier_.messages;
    s.loops += earlier_.loops;
    s.late += earlier_.late;
    s.setup_sum += earlier_.setup_sum;
    s.worst_in_loop = std::max(s.worst_in_loop, earlier_.worst_in_loop);
    if (earlier_.worst > s.worst) {
        s.worst = earlier_.worst;
        s.worst_at = earlier_.worst_at;
    }
    const double energy = cable_.is_there ? static_cast<double>(cable_.received_mwh) / 1'000.0 : car_.energy_wh;
    const bool is_ok = ending_ && ending_->is_ok;
    Line fields;
    fields.put("ok", is_ok)
        .put_raw("energy_wh", number(energy, 3))
        .put("messages", s.messages)
        .put("loops", s.loops)
        .put("late", s.late);
    fields.put_raw("worst_turnaround_ms", number(ms(s.worst), 3))
        .put("worst_turnaround_us", us(s.worst))
        .put("worst_at", s.worst_at.view());
    fields.put("worst_loop_us", us(s.worst_in_loop))
        .put("setup_sum_us", us(s.setup_sum))
        .put("came_back", came_back_)
        .put("joined", has_joined_)
        .put("renegotiations", s.renegotiations)
        .put("stopped_by", car_.is_told_to_stop ? "evse" : "ev");
    fields.put("tls_protocol", details_ ? details_->protocol.view() : std::string_view("none"));
    fields.put("tls_group", details_ ? details_->group.view() : std::string_view("none"));
    if (!is_ok) fields.put("error", ending_ ? ending_->why.view() : std::string_view("unknown"));
    report_.say("ev_summary",
                std::format("{}: {:.1f} Wh, {} messages, slowest answer {:.1f} ms ({}), set-up {:.1f} ms in all{}",
                            is_ok ? "good" : "NOT good", energy, s.messages, ms(s.worst), s.worst_at.view(), ms(s.setup_sum),
                            is_ok ? "" : "; " + std::string(ending_ ? ending_->why.view() : "unknown")),
                fields);
}

}  // namespace voltkeep::ev
