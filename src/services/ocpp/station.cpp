// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include <sys/random.h>

#include "translate.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/remote_control.hpp"

namespace voltkeep::ocpp {

namespace {

//= OCPP 2.1 Part 4, 4.1.4: unique over all connections of the same identity
rpc::MessageId fresh_id() {
    std::array<std::uint8_t, 16> octets;
    CHECK(::getrandom(octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
    std::string text;
    for (std::uint8_t octet : octets) {
        text += "0123456789abcdef"[octet >> 4];
        text += "0123456789abcdef"[octet & 15];
    }
    return *rpc::MessageId::from(text);
}

}  // namespace

Result<Files> Files::open(const std::string& folder) {
    return Files{TRY(SettingsFile::open(folder + "/settings")), TRY(KeptFile<LocalList>::open(folder + "/local-list")),
                 TRY(KeptFile<Cache>::open(folder + "/cache"))};
}

Station::Station(kernel::Service& self, const Config& config, Files files)
    : self_(self),
      config_(config),
      link_(self.connect<link::Interface>("link@csms")),
      session_(self.connect<session::Interface>("session")),
      journal_(self),
      files_(std::move(files)) {
    const auto read = [&self](auto& file, auto& value) {
        if (const auto kept = file.read()) value = *kept;
        else self.fault(kept.error());
    };
    read(files_.settings, settings_);
    read(files_.list, list_);
    read(files_.cache, cache_);
    side_ = {rpc::Role::station, Version::ocpp21, std::chrono::milliseconds(config.message_timeout_ms), {}};
    at_.heartbeat_s = config.heartbeat_s;
    self.on("link@csms", link::Pulse::opened, [this](EvseId, std::uint64_t) { look_at_link(); });
    self.on("link@csms", link::Pulse::closed, [this](EvseId, std::uint64_t) { look_at_link(); });
    self.on("link@csms", link::Pulse::frame, [this](EvseId, std::uint64_t) { take_frames(); });
    self.on("audit", audit::Pulse::alarm, [this](EvseId, std::uint64_t entry) {
        if (entry == 0) return;  // audit was started again: it says so by itself if there is something
        alarm_ = SecurityEventNotificationRequest{.type = "TamperDetectionActivated", .timestamp = wall_now()};
        alarm_->techInfo = String<255>::from("the station's log was tampered with: see its entry " + std::to_string(entry - 1));
        send_next();
    });
    self.on("session", session::Pulse::events, [this](EvseId, std::uint64_t) { fetch_events(); });
    self.on_back("link@csms", [this](EvseId) { want_connection(); });   // a new link opens nothing by itself
    self.on_back("session", [this](EvseId) {
        is_asking_ = false;
        set_online(is_open_ && at_.accepted);
        fetch_events();
    });
    self.on_fallback([this](EvseId of, bool is_on) {
        if (of.number == 0) on_out_of_order(is_on);
    });
    self.every(250ms, [this] {
        if (is_open_) run(rpc::Tick{}, 0);
        if (is_open_) send_next();
    });
    want_connection();
    fetch_events();
}

// ---- the connection ---------------------------------------------------------------------------------------------------

void Station::want_connection() {
    if (const auto opened = link_.call(link::Open{true}); !opened) self_.after(50ms, [this] { want_connection(); });
    look_at_link();
}

void Station::look_at_link() {
    const auto state = link_.call(link::GetState{});
    if (!state) return;   // link is being restarted: its pulse will come
    if (state->phase == link::Phase::open) {
        if (!is_open_ || connection_ != state->connection) begin_connection(*state);
        take_frames();
    } else if (is_open_) end_connection();
}

void Station::begin_connection(const link::GetState::State& state) {
    if (is_open_) end_connection();
    is_open_ = true;
    connection_ = state.connection;
    rpc_ = {};
    last_sent_ = now();
    if (!state.checkpoint.empty()) {   // another parser stood here and died: go on where it was
        if (const auto left = kernel::decode<Checkpoint>(state.checkpoint)) {
            at_ = *left;
            rpc_ = {unpack(left->ours), unpack(left->theirs), unpack(left->answered), unpack(left->taken)};
            forget_acknowledged();
            fetch_events();   // before any answer is taken: it belongs to one of them
        } else
            journal_.append(audit::Type::security, 0,
                            audit::Payload().put("event", "InvalidMessages").put("detail", "checkpoint"));
    }
    set_online(at_.accepted);
    on_out_of_order(is_out_of_order_);
    const std::uint32_t threshold_s = number_set(offline_threshold, settings_).value_or(own_offline_threshold_s);
    owes_availability_ = at_.accepted && away_since_ && now() - *away_since_ > std::chrono::seconds(threshold_s);
    send_next();
}

void Station::end_connection() {
    is_open_ = owes_availability_ = false;
    away_since_ = now();
    answering_ = waiting_ = 0;
    set_online(false);
    run(rpc::Lost{}, 0);
    events_.clear();
    at_.event_in_flight = 0;
    fetch_events();
}

void Station::set_online(bool online) {
    online_ = online;
    say_online();
}

void Station::say_online() {
    const auto said = session_.call(session::SetOnline{online_});
    if (!said && said.error().code == Errc::busy)
        self_.after(50ms, [this] { say_online(); });  // otherwise: again when session is back
}

Result<std::string> Station::take_frame(link::TakeFrame::Piece& first) {
    first = TRY(link_.call(link::TakeFrame{0}));
    std::string text(as_text(first.bytes));
    while (text.size() < first.size) {
        const auto piece = TRY(link_.call(link::TakeFrame{static_cast<std::uint32_t>(text.size())}));
        if (piece.id != first.id || piece.bytes.empty()) return fail(Errc::bad_state, "the frame went away");
        text += as_text(piece.bytes);
    }
    return text;
}

void Station::take_frames() {
    // While session looks for events its conduit takes no call, and a request of the CSMS must not be refused for that: a moment
    // later.
    while (is_open_ && !is_asking_) {
        link::TakeFrame::Piece first;
        const auto text = take_frame(first);
        if (!text || first.connection != connection_) return;
        on_frame(*text, first.id, first.repeated);
    }
}

void Station::on_frame(const std::string& text, std::uint32_t id, bool repeated) {
    answering_ = id;
    frame_size_ = text.size();
    run(rpc::Received{text, repeated}, id);
    if (waiting_ == id) return;   // session is asked: answered when it has answered
    finish_frame(id);
}

void Station::finish_frame(std::uint32_t id) {
    if (answering_ == id) release(id);   // nothing was answered
    answering_ = 0;
    send_next();
}

void Station::release(std::uint32_t frame) { (void)link_.call(link::Release{connection_, frame, checkpoint()}); }

/// Everything that one input brings about. A frame is answered by the last message that goes out for it.
void Station::run(rpc::Input input, std::uint32_t answers) {
    auto [state, outputs] = rpc::step(side_, rpc_, std::move(input), now());
    rpc_ = state;
    for (const rpc::Output& output : outputs)
        std::visit(
            [&]<class O>(const O& o) {
                if constexpr (std::same_as<O, rpc::Transmit>) {
                    if (put(o.text, answers) && answers == answering_) answering_ = 0;
                } else if constexpr (std::same_as<O, rpc::NotSent>) refuse_invalid(o.error);
                else if constexpr (std::same_as<O, rpc::Ignored>) refuse_invalid(o.why);
                else if constexpr (std::same_as<O, rpc::ResultRefused>)
                    journal_.append(
                        audit::Type::security, 0,
                        audit::Payload().put("event", "InvalidMessages").put("detail", "the CSMS refused our answer"));
                else if constexpr (!std::same_as<O, rpc::Notification>) on(o);
            },
            output);
}

bool Station::put(std::string_view text, std::uint32_t answers) {
    const auto size = static_cast<std::uint32_t>(text.size());
    for (std::uint32_t offset = 0; offset < size;) {
        const std::string_view part = text.substr(offset, link::piece_bound);
        const bool is_last = offset + part.size() == size;
        link::PutFrame m{connection_, 1, size, offset, is_last ? answers : 0, *Blob<link::piece_bound>::from(as_bytes(part)), {}};
        if (is_last) m.checkpoint = checkpoint();
        if (!link_.call(m))
            return false;  // the connection is ending: `closed` will come, and what was not answered is sent again
        offset += static_cast<std::uint32_t>(part.size());
    }
    last_sent_ = now();
    return true;
}

Blob<link::checkpoint_bound> Station::checkpoint() const {
    Checkpoint c = at_;
    c.ours = pack(rpc_.ours);
    c.theirs = pack(rpc_.theirs);
    c.answered = pack(rpc_.answered);
    c.taken = pack(rpc_.taken);
    std::array<std::byte, kernel::bound<Checkpoint>> buffer;
    return *Blob<link::checkpoint_bound>::from(kernel::encode(c, buffer));
}

void Station::refuse_invalid(const OcppError& why) {
    //= OCPP 2.1 A04: InvalidMessages
    journal_.append(audit::Type::security, 0,
                    audit::Payload()
                        .put("event", "InvalidMessages")
                        .put("code", name(why.code))
                        .put("where", why.where)
                        .put("detail", why.what));
}

// ---- what is sent -----------------------------------------------------------------------------------------------------

/// The next events of session. While the CSMS is away and no more fit, those behind them are looked at, for who stands at the
/// station now.
void Station::fetch_events() {
    const bool is_full = events_.size() >= 4;
    if (is_asking_ || (is_full && online_)) return;
    const std::uint64_t last = events_.empty() ? at_.acknowledged : events_.back().sequence;
    const std::uint64_t after = is_full ? std::max(looked_at_, last) : last;
    const auto asked = session_.request(
        session::TakeEvents{at_.acknowledged, after}, [this, last, is_full](Result<session::TakeEvents::Events> taken) {
            is_asking_ = false;
            if (!taken) {
                if (taken.error().code == Errc::bad_argument) distrust_checkpoint();
                self_.after(500ms, [this] { fetch_events(); });
                return take_frames();
            }
            // The connection ended meanwhile, and what these events follow was forgotten with it: from the beginning.
            if (last != (events_.empty() ? at_.acknowledged : events_.back().sequence)) {
                fetch_events();
                return take_frames();
            }
            if (is_full)
                look_behind(*taken);
            else
                for (const session::Event& event : taken->events)
                    if (events_.empty() || event.sequence > events_.back().sequence) {
                        events_.push_back(event);
                        answer_offline(event);
                    }
            send_next();
            take_frames();  // first what the CSMS has said: the way through all that waits may be long
            if (!online_ && !taken->events.empty()) fetch_events();
        });
    is_asking_ = asked.has_value();
}

bool Station::call(Message request) {
    const Action action = meaning(request).action->action;
    run(rpc::Call{fresh_id(), std::move(request)}, 0);
    if (rpc_.ours && rpc_.ours->action == action) return true;
    return false;
}

void Station::send_next() {
    if (!is_open_ || rpc_.ours || is_withdrawing_ || send_what_was_asked_for() || now() < not_before_) return;
    //= OCPP 2.1 B01.FR.08, B02.FR.02, B03.FR.02
    if (!at_.accepted) return send_boot();
    //= OCPP 2.1 E04.FR.02, E08.FR.06
    if (!events_.empty()) return send_event(events_.front());
    if (alarm_) return void(call(*alarm_));
    if (untold_faults_ > 0) return send_fault();
    if (owes_availability_ && !is_asking_) return send_availability();   // all that happened meanwhile is with the CSMS
    //= OCPP 2.1 G02.FR.02
    if (now() - last_sent_ >= std::chrono::seconds(at_.heartbeat_s)) call(HeartbeatRequest{});
}

//= OCPP 2.1 B01.FR.01, B01.FR.03
void Station::send_boot() {
    BootNotificationRequest boot;
    const bool is_triggered = (std::exchange(at_.triggered, at_.triggered & ~bit(Trigger::boot)) & bit(Trigger::boot)) != 0;
    //= OCPP 2.1 B01.FR.09
    boot.reason = is_triggered          ? BootReasonEnum::Triggered
                  : self_.starts() == 0 ? BootReasonEnum::PowerUp
                                        : BootReasonEnum::ApplicationReset;
    boot.chargingStation.model = config_.model;
    boot.chargingStation.vendorName = config_.vendor;
    boot.chargingStation.serialNumber = config_.serial;
    boot.chargingStation.firmwareVersion = config_.firmware;
    call(boot);
}

void Station::send_event(const session::Event& event) {
    if (std::exchange(at_.attempted, event.sequence) != event.sequence) at_.attempts = 0;
    at_.event_in_flight = event.sequence;
    at_.authorization = event.kind == session::EventKind::authorize ? event.request : 0;
    at_.authorization_evse = event.evse.number;
    bool sent = false;
    if (event.kind == session::EventKind::status) note_availability(event);
    if (event.kind == session::EventKind::authorize && decide_on(event) == Decision::accept) {
        if (tell_authorization(true, "known here")) return acknowledge();
        return send_again_soon();
    }
    switch (event.kind) {
        case session::EventKind::status: sent = call(status_notification(event)); break;
        case session::EventKind::authorize: sent = call(authorize(event)); break;
        case session::EventKind::transaction:
            sent = event.record && call(transaction_event(event, config_.currency.view(), sampled_of(settings_)));
            break;
    }
    if (!sent && is_open_) acknowledge();   // it can never be written: it is in the log, and the next one is not held up
}

void Station::note_availability(const session::Event& event) {
    if (event.evse.number >= 1 && event.evse.number <= most_evses) at_.availability[event.evse.number - 1u] = event.availability;
}

/// The one service of the whole station without which no energy may flow is session. When it is back it says itself what is.
void Station::on_out_of_order(bool is_on) {
    is_out_of_order_ = is_on;
    untold_faults_ = is_on ? config_.evse_count : std::uint8_t{0};
    send_next();
}

//= OCPP 2.1 G01 StatusNotification
void Station::send_fault() {
    const EvseId evse{untold_faults_--};
    at_.availability[evse.number - 1u] = session::Availability::faulted;
    send_status(evse);
}

void Station::send_status(EvseId evse) {
    session::Event event;
    event.evse = evse;
    event.wall_ms = wall_now().unix_ms;
    event.availability = at_.availability[evse.number - 1u];
    call(status_notification(event));
}

/// What is acknowledged leaves the queue, and is remembered here.
void Station::note_transaction() {
    const auto event = std::ranges::find(events_, at_.event_in_flight, &session::Event::sequence);
    if (event == events_.end() || !event->record || event->evse.number < 1 || event->evse.number > most_evses) return;
    const bool is_over = event->record->kind == session::RecordKind::ended;
    at_.transactions[event->evse.number - 1u] = is_over ? TransactionId() : event->record->transaction;
}

//= OCPP 2.1 B04.FR.01
void Station::send_availability() {
    owes_availability_ = false;
    at_.event_in_flight = 0;
    NotifyEventRequest request;
    request.generatedAt = wall_now();
    for (std::uint8_t evse = 1; evse <= config_.evse_count; ++evse)
        CHECK(request.eventData.push(availability_event(EvseId{evse}, at_.availability[evse - 1u], wall_now())));
    call(request);
}

void Station::acknowledge() {
    note_transaction();
    at_.acknowledged = std::max(at_.acknowledged, at_.event_in_flight);
    at_.event_in_flight = 0;
    forget_acknowledged();
    fetch_events();
}

void Station::forget_acknowledged() {
    while (!events_.empty() && events_.front().sequence <= at_.acknowledged) events_.pop_front();
}

/// Session never gave what the checkpoint says is with the CSMS: whoever left it was mistaken, or lied. What is not acknowledged
/// is sent (again): an event twice is harmless, one that is lost is not.
void Station::distrust_checkpoint() {
    journal_.append(audit::Type::security, 0,
                    audit::Payload().put("event", "InvalidMessages").put("detail", "checkpoint: events that never were"));
    at_.acknowledged = at_.event_in_flight = looked_at_ = 0;
    events_.clear();
}

/// What session could not be told is asked again, when it is back: the event is still its.
void Station::send_again_soon() { not_before_ = now() + 100ms; }

/// False: session did not hear it.
bool Station::tell_authorization(bool accepted, std::string_view reason) {
    const auto told = session_.call(
        session::AuthorizationResult{EvseId{at_.authorization_evse}, at_.authorization, accepted, Text<40>::cut(reason)});
    return told || told.error().code == Errc::not_found;
}

// ---- answers of the CSMS ----------------------------------------------------------------------------------------------

void Station::on(const rpc::Result& result) {
    const Meaning what = meaning(result.response);
    const auto turnaround = rpc_.taken ? (now() - rpc_.taken->since) / 1us : 0;
    journal_.append_later(audit::Type::message, 0,
                          audit::Payload().put("message", what.action->name).put("turnaround_us", turnaround));
    if (const auto* boot = result.response.get<BootNotificationResponse>()) on_boot(*boot);
    if (const auto* answer = result.response.get<AuthorizeResponse>()) {
        const auto event = std::ranges::find(events_, at_.event_in_flight, &session::Event::sequence);
        if (event != events_.end()) learn(event->identity, answer->idTokenInfo);
        if (tell_authorization(allows(answer->idTokenInfo, EvseId{at_.authorization_evse}), word(answer->idTokenInfo.status)))
            acknowledge();
        else send_again_soon();
    }
    if (const auto* answer = result.response.get<TransactionEventResponse>()) on_transaction(*answer);
    if (result.response.get<StatusNotificationResponse>()) acknowledge();
    if (result.response.get<SecurityEventNotificationResponse>()) alarm_.reset();
    if (result.response.get<NotifyReportResponse>() && at_.report) {
        part_arrived(*at_.report);
        if (is_over(*at_.report, facts())) at_.report.reset();
    }
}

void Station::on_boot(const BootNotificationResponse& response) {
    //= OCPP 2.1 B02.FR.07, B03.FR.05
    const auto interval = std::max<std::int32_t>(response.interval, 1);   // 0 would be a busy loop
    at_.accepted = response.status == RegistrationStatusEnum::Accepted;
    at_.pending = response.status == RegistrationStatusEnum::Pending;
    if (!at_.accepted) {
        //= OCPP 2.1 B02.FR.04, B02.FR.06, B02.FR.08, B03.FR.06
        not_before_ = now() + std::chrono::seconds(interval);
        journal_.append(audit::Type::session, 0,
                        audit::Payload().put("step", "csms_not_accepted").put("status", word(response.status)));
        return;
    }
    //= OCPP 2.1 B01.FR.04, G02.FR.01
    at_.heartbeat_s = static_cast<std::uint32_t>(interval);
    not_before_ = {};
    set_online(true);
    journal_.append(audit::Type::session, 0, audit::Payload().put("step", "csms_accepted").put("heartbeat_s", interval));
}

void Station::on_transaction(const TransactionEventResponse& response) {
    const auto event = std::ranges::find(events_, at_.event_in_flight, &session::Event::sequence);
    if (event != events_.end() && event->record && response.idTokenInfo) learn(event->record->identity, *response.idTokenInfo);
    //= OCPP 2.1 E05.FR.10, C15.FR.04
    if (event == events_.end() || !event->record || !response.idTokenInfo ||
        response.idTokenInfo->status == AuthorizationStatusEnum::Accepted)
        return acknowledge();
    // Not found: it has ended already. Else session must hear it, and have it on the disk: until then the event is not
    // acknowledged.
    const auto asked = session_.request(session::Deauthorize{event->record->transaction},
                                        [this, in_flight = at_.event_in_flight](const Result<kernel::Done>& told) {
                                            is_asking_ = is_withdrawing_ = false;
                                            const bool is_heard = told || told.error().code == Errc::not_found;
                                            if (is_heard && at_.event_in_flight == in_flight)
                                                acknowledge();
                                            else
                                                send_again_soon();
                                            fetch_events();
                                            take_frames();
                                            send_next();
                                        });
    is_asking_ = is_withdrawing_ = asked.has_value();
    if (!asked) send_again_soon();
}

void Station::on(const rpc::CallFailed& failed) {
    using enum rpc::CallFailed::Reason;
    if (failed.reason == lost) return;   // sent again on the next connection
    journal_.append(
        audit::Type::message, 0,
        audit::Payload().put("message", name(failed.action)).put("failed", failed.code).put("detail", failed.description));
    if (failed.action == Action::NotifyReport) at_.report.reset();   // what the CSMS cannot take is not sent to it for ever
    if (failed.action == Action::SecurityEventNotification) alarm_.reset();
    //= OCPP 2.1 Part 4, 5.3: drop and reconnect
    if (failed.reason == timeout) (void)link_.call(link::Close{connection_, "no answer to a call"});
    else if (failed.action == Action::BootNotification) not_before_ = now() + std::chrono::seconds(at_.heartbeat_s);
    const bool is_event = failed.action == Action::TransactionEvent || failed.action == Action::Authorize ||
                          failed.action == Action::StatusNotification;
    if (is_event && at_.event_in_flight > 0) try_again_or_give_up(failed);
}

/// What the CSMS cannot take, or never answers, must not hold up everything behind it. A connection that is lost is no attempt.
void Station::try_again_or_give_up(const rpc::CallFailed& failed) {
    const bool is_transaction = failed.action == Action::TransactionEvent,
               is_unanswered = failed.reason == rpc::CallFailed::Reason::timeout;
    ++at_.attempts;
    //= OCPP 2.1 E13.FR.02
    if ((is_transaction || is_unanswered) &&
        at_.attempts < number_set(message_attempts, settings_).value_or(config_.message_attempts)) {
        const auto set = number_set(message_attempt_interval, settings_);
        const Duration interval =
            set ? Duration(std::chrono::seconds(*set)) : Duration(std::chrono::milliseconds(config_.attempt_interval_ms));
        //= OCPP 2.1 E13.FR.03
        if (is_transaction) not_before_ = now() + at_.attempts * interval;
        return;
    }
    if (failed.action == Action::Authorize && !tell_authorization(false, "error")) return send_again_soon();
    log_given_up(failed);
    //= OCPP 2.1 E13.FR.04 after the last attempt it is discarded, and the next one goes
    acknowledge();
}

/// The log keeps what the CSMS will not have: the record itself stands there since it was made, under the same transaction and
/// number.
void Station::log_given_up(const rpc::CallFailed& failed) {
    audit::Payload payload;
    payload.put("step", "event_given_up")
        .put("message", name(failed.action))
        .put("attempts", at_.attempts)
        .put("event", at_.event_in_flight);
    const auto event = std::ranges::find(events_, at_.event_in_flight, &session::Event::sequence);
    if (event != events_.end() && event->record)
        payload.put("transaction", event->record->transaction.view()).put("sequence", event->record->sequence);
    journal_.append(audit::Type::session, event != events_.end() ? event->evse.number : std::uint8_t{0}, payload);
}

}  // namespace voltkeep::ocpp
