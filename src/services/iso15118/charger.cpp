// SPDX-License-Identifier: Apache-2.0
#include "charger.hpp"

#include <sys/random.h>

#include "services/iso15118/checkpoint.hpp"
#include "translate.hpp"

namespace voltkeep::iso15118 {
namespace {

constexpr Duration retry_time = 20ms;             ///< until a peer that did not answer is asked again
constexpr Duration memory_of_station = 3s;        ///< how long the last word of a session that is being restarted counts
constexpr Duration patience_for_station = 1s;     ///< within V2G_SECC_Msg_Performance_Time
constexpr Duration patience_in_loop = 150ms;      ///< within the 250 ms of the charge loop
constexpr Duration patience_for_link = 300ms;     ///< behind the car's deadline: then it is not known whether there is a car

//= ISO 15118-20 [V2G20-835] what is random comes from the system's generator
std::array<std::uint8_t, 8> fresh_id() {
    std::array<std::uint8_t, 8> id;
    CHECK(::getrandom(id.data(), id.size(), 0) == static_cast<ssize_t>(id.size()));
    return id;
}

bool is_of_loop(const Message& message) {
    return std::holds_alternative<DC_ChargeLoopReq>(message) || std::holds_alternative<AC_ChargeLoopReq>(message);
}

bool uses_power(const secc::Session& session) {
    return session.stage > secc::Stage::cable_check && session.stage < secc::Stage::ended;
}

}  // namespace

Charger::Charger(kernel::Service& self, const Config& config)
    : self_(self),
      settings_(settings_of(config)),
      performance_(std::chrono::milliseconds(config.performance_ms)),
      loop_performance_(std::chrono::milliseconds(config.loop_performance_ms)),
      link_(self.connect<link::Interface>("link@ev")),
      session_(self.connect<session::Interface>("session")),
      diary_(self, performance_, loop_performance_) {
    self.on("link@ev", link::Pulse::frame, [this](EvseId, std::uint64_t) { take_frames(); });
    self.on("link@ev", link::Pulse::opened, [this](EvseId, std::uint64_t) { look_at_link(); });
    self.on("link@ev", link::Pulse::closed, [this](EvseId, std::uint64_t) { look_at_link(); });
    self.on_back("link@ev", [this](EvseId) { begin(); });
    self.on_back("session", [this](EvseId) {
        tell_stop();
        if (connection_ != 0 && uses_power(position_)) tell_needs();
        take_frames();
    });
}

void Charger::begin() {
    if (!link_.call(link::Open{true})) {
        self_.after(retry_time, [this] { begin(); });
        return;
    }
    look_at_link();
    // Whoever died between the end of a connection and the word about it: said again, it changes nothing.
    if (connection_ == 0 && self_.starts() > 0 && !stop_) {
        stop_ = stop_of({secc::StopCause::communication_lost, "the connection ended"});
        tell_stop();
    }
}

// ---- the connection ---------------------------------------------------------------------------------------------------

void Charger::look_at_link() {
    const auto state = link_.call(link::GetState{});
    if (!state) {
        is_unsure_ = false;   // asked again after a while
        //= ISO 15118-20 [V2G20-443] the car's time is over, whoever could tell why it is silent
        if (connection_ != 0 && now() - position_.deadline > patience_for_link) lost();
        return resynchronise();
    }
    const bool is_unsure = std::exchange(is_unsure_, false);
    if (state->phase == link::Phase::open) {
        if (connection_ != 0 && connection_ != state->connection) lost();
        if (connection_ == 0 || is_unsure) take_up(*state);
        take_frames();
    } else if (connection_ != 0 && state->phase != link::Phase::closing) {
        lost();
    }
}

/// A connection that this process does not know yet: a new car, or one whose parser died.
void Charger::take_up(const link::GetState::State& state) {
    connection_ = state.connection;
    is_tls13_ = state.protocol == "TLSv1.3";
    vehicle_ = state.peer_certificate_hash;
    station_.reset();
    if (state.checkpoint.empty()) {
        position_ = secc::opened(settings_, now());
        return watch_deadline();
    }
    const auto left = restore(settings_, state.checkpoint, now());
    if (!left) {
        diary_.suspicious(left.error().what.view());
        position_ = secc::opened(settings_, now());
        const secc::Turn turn = secc::undecodable(position_, "a checkpoint that cannot be");
        order(turn.session, turn.actions);
        return conclude(turn);
    }
    position_ = *left;
    diary_.step("v2g_resumed", secc::name(position_.stage));
    if (uses_power(position_)) tell_needs();
    watch_deadline();
}

void Charger::lost() {
    const secc::Turn turn = secc::closed(position_);
    if (position_.stage != secc::Stage::ended) {
        order(turn.session, turn.actions);
        diary_.ended(turn.actions.stop->detail.view());
    }
    position_ = turn.session;
    connection_ = 0;
    watch_deadline();
}

/// What a call left behind is not known: link's word is what counts, as if this process had just been started.
void Charger::resynchronise() {
    if (std::exchange(is_unsure_, true)) return;
    self_.after(retry_time, [this] {
        if (is_unsure_) look_at_link();
    });
}

std::optional<Charger::Frame> Charger::take_frame() {
    auto piece = link_.call(link::TakeFrame{0});
    if (!piece) return std::nullopt;
    Frame frame{*piece, {}};
    frame.bytes.assign(piece->bytes.view().begin(), piece->bytes.view().end());
    while (frame.bytes.size() < frame.first.size) {
        piece = link_.call(link::TakeFrame{static_cast<std::uint32_t>(frame.bytes.size())});
        if (!piece || piece->id != frame.first.id || piece->bytes.empty()) return std::nullopt;
        frame.bytes.insert(frame.bytes.end(), piece->bytes.view().begin(), piece->bytes.view().end());
    }
    return frame;
}

void Charger::take_frames() {
    while (connection_ != 0 && !is_unsure_) {
        const auto frame = take_frame();
        if (!frame) return;
        if (frame->first.connection != connection_) return look_at_link();
        if (answer(*frame)) continue;
        if (std::exchange(is_waiting_, true)) return;
        self_.after(retry_time, [this] {
            is_waiting_ = false;
            take_frames();
        });
        return;
    }
}

bool Charger::put(const Frame& frame, const secc::Turn& turn) {
    std::vector<std::byte> payload(v2gtp_max_payload);
    const auto size = encode(*turn.response, payload);
    if (!size) {   // ours is the fault: the car gets no answer, and no second parser tries
        self_.fault(size.error());
        stop_ = stop_of({secc::StopCause::communication_lost, "an answer that cannot be encoded"});
        tell_stop();
        (void)link_.call(link::Close{connection_, "no answer"});
        return false;
    }
    payload.resize(*size);
    const auto kind = static_cast<std::uint16_t>(turn.stream);
    for (std::size_t offset = 0; offset < payload.size();) {
        const Bytes rest = Bytes(payload).subspan(offset);
        const Bytes part = rest.first(std::min(rest.size(), link::piece_bound));
        const bool is_last = part.size() == rest.size();
        link::PutFrame piece{connection_, kind, static_cast<std::uint32_t>(payload.size()), static_cast<std::uint32_t>(offset),
                             is_last ? frame.first.id : 0, *Blob<link::piece_bound>::from(part), {}};
        if (is_last) piece.checkpoint = save(turn.session);
        if (!link_.call(piece)) return false;
        offset += part.size();
    }
    return true;
}

bool Charger::release(const Frame& frame, const secc::Session& session) {
    return link_.call(link::Release{connection_, frame.first.id, save(session)}).has_value();
}

// ---- one turn ---------------------------------------------------------------------------------------------------------

bool Charger::answer(const Frame& frame) {
    const auto type = static_cast<PayloadType>(frame.first.kind);
    const auto message = decode_payload(type, frame.bytes);
    secc::Turn turn;
    if (message) {
        const auto station = station_for(frame, is_of_loop(*message));
        if (!station) return false;
        turn = secc::step(settings_, position_, {type, Instant{frame.first.arrived_ns}, *message}, moment_of(*station));
    } else {
        diary_.suspicious(message.error().what.view());
        turn = secc::undecodable(position_, "bytes that are no message");
    }
    order(turn.session, turn.actions);
    if (turn.actions.wait) return false;
    const bool is_done = turn.response ? put(frame, turn) : release(frame, turn.session);
    if (!is_done) {
        resynchronise();
        return true;
    }
    if (message) {
        const ResponseCode* code = turn.response ? response_code_of(*turn.response) : nullptr;
        diary_.exchanged(name(*message), code ? exi::name(*code) : std::string_view(), now() - Instant{frame.first.arrived_ns},
                         frame.first.repeated);
        if (std::holds_alternative<SessionSetupReq>(*message)) diary_.step("v2g_session", turn.session.evcc.view());
    }
    conclude(turn);
    return true;
}

secc::Moment Charger::moment_of(const secc::Station& station) const {
    return {now(), static_cast<std::uint64_t>(wall_now().unix_ms / 1'000), fresh_id(), is_tls13_, vehicle_, paused_, station};
}

/// Nothing: it cannot be asked now, and there is still time for an answer.
std::optional<secc::Station> Charger::station_for(const Frame& frame, bool is_loop) {
    if (const auto setpoint = session_.call(session::TakeSetpoint{})) {
        station_ = station_of(*setpoint);
        station_at_ = now();
        return station_;
    }
    if (station_ && now() - station_at_ < memory_of_station) return station_;
    const Duration patience = is_loop ? patience_in_loop : patience_for_station;
    if (now() - Instant{frame.first.arrived_ns} < patience) return std::nullopt;
    return secc::Station{};
}

/// What the station shall do, before the car hears of it.
void Charger::order(const secc::Session& session, const secc::Actions& actions) {
    if (actions.tell_needs) (void)session_.call(needs_of(session));   // said again with every message that uses power
    if (actions.authorize)
        (void)session_.call(
            session::Authorize{{session::IdentificationKind::external, {}, {}}, session.evcc});  // the car asks again
    if (actions.stop) {
        stop_ = stop_of(*actions.stop);
        tell_stop();
    }
}

/// The answer is out: this is where the session stands now.
void Charger::conclude(const secc::Turn& turn) {
    const bool has_ended = turn.session.stage == secc::Stage::ended && position_.stage != secc::Stage::ended;
    const bool is_set_up = turn.session.stage > secc::Stage::session_setup && position_.stage <= secc::Stage::session_setup;
    position_ = turn.session;
    if (is_set_up) paused_.reset();   // joined again, or given up for a new one
    if (has_ended && position_.is_paused)
        paused_ =
            secc::Paused{position_.id, vehicle_, position_.evcc, position_.service, position_.parameter_set, position_.control};
    if (!turn.actions.close.empty())
        (void)link_.call(link::Close{connection_, turn.actions.close});  // if not now, at the next deadline
    if (has_ended) diary_.ended(turn.actions.stop ? turn.actions.stop->detail.view() : turn.actions.close.view());
    watch_deadline();
}

void Charger::tell_needs() { (void)session_.call(needs_of(position_)); }

/// Until session has heard it, or has said that it does not hear this: where the pilot alone speaks, nobody speaks for a car.
void Charger::tell_stop() {
    if (!stop_) return;
    const auto told = session_.call(*stop_);
    switch (telling_.heard(told ? Errc::ok : told.error().code)) {
        case Telling::Next::done: return stop_.reset();
        case Telling::Next::waits: return;
        case Telling::Next::wait: break;
    }
    self_.after(retry_time, [this] {
        telling_.timer_is_over();
        tell_stop();
    });
}

// ---- time -------------------------------------------------------------------------------------------------------------

void Charger::watch_deadline() {
    if (deadline_) self_.cancel(*deadline_);
    deadline_.reset();
    if (connection_ != 0) deadline_ = self_.at(position_.deadline + 1ms, [this] { on_deadline(); });
}

void Charger::on_deadline() {
    deadline_.reset();
    take_frames();   // one that came in time is answered, however late it is here
    if (connection_ == 0 || deadline_) return;
    if (is_waiting_ || is_unsure_) {
        deadline_ = self_.after(retry_time, [this] { on_deadline(); });
        return;
    }
    secc::Turn turn = secc::expired(position_);
    turn.session.deadline = now() + settings_.close_timeout;
    order(turn.session, turn.actions);
    conclude(turn);
}

}  // namespace voltkeep::iso15118
