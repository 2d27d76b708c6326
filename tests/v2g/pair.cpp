// SPDX-License-Identifier: Apache-2.0
#include "pair.hpp"

#include <algorithm>

namespace voltkeep::iso15118::testing {
namespace {

constexpr Duration tick_time = 5ms;
constexpr std::uint64_t unix_s = 1'795'342'816;

}  // namespace

Frame frame_of(const Message& message, PayloadType stream) {
    Frame frame{stream, std::vector<std::byte>(v2gtp_max_payload), {}};
    frame.payload.resize(MUST(encode(message, frame.payload)));
    return frame;
}

Pair::Pair() {
    plan.evcc_id = "WMIV1234567890ABCDEX";
    plan.duration = 2s;
    settings.evse = "DE*VLT*E0001*1";
    session = secc::opened(settings, now);
}

void Pair::come_back() {
    paused_ = secc::Paused{session.id, vehicle, session.evcc, session.service, session.parameter_set, session.control};
    if (other_vehicle) vehicle = *other_vehicle;
    session = secc::opened(settings, now);
    checkpoint_ = {};
    ending.reset();
    closed.clear();
    to_charger_.clear();
    to_car_.clear();
    run();
}

void Pair::run(Duration limit) {
    const Instant end = now + limit;
    take(evcc::begin(plan, station.cable(), now, unix_s, car));
    while (!ending && now < end) {
        now = now + tick_time;
        station.pass(now, tick_time, car.inlet);
        if (!to_charger_.empty() && closed.empty()) {
            Frame frame = std::move(to_charger_.front());
            to_charger_.erase(to_charger_.begin());
            if (!frame.arrived && on_request) on_request(frame);
            if (!charger_takes(frame)) to_charger_.insert(to_charger_.begin(), frame);
        } else if (closed.empty() && now > session.deadline) {
            perform(secc::expired(session));
        }
        for (const Frame& frame : std::exchange(to_car_, {})) {
            const auto message = MUST(decode_payload(frame.type, frame.payload));
            messages.emplace_back(name(message));
            if (const auto* response = std::get_if<ScheduleExchangeRes>(&message)) schedule = *response;
            if (const ResponseCode* code = response_code_of(message)) codes.emplace_back(exi::name(*code));
            take(evcc::receive(plan, car, message, station.cable(), now));
        }
        if (!closed.empty() && !ending) take(evcc::lost(car, "the charger closed the connection"));
        if (!ending) take(evcc::tick(plan, car, station.cable(), now, unix_s));
    }
    if (ending && closed.empty() && session.stage != secc::Stage::ended) perform(secc::closed(session));
}

void Pair::take(const evcc::Move& move) {
    car = move.car;
    if (move.ending) ending = move.ending;
    if (!move.sending) return;
    const evcc::Sending& sending = *move.sending;
    messages.emplace_back(name(sending.message));
    if (sending.transport == evcc::Misdeed::garbage)
        to_charger_.push_back({sending.stream, {std::byte{0xff}, std::byte{0x00}}, {}});
    else if (!sending.transport) to_charger_.push_back(frame_of(sending.message, sending.stream));
}

secc::Moment Pair::moment() const {
    secc::Moment moment{now, unix_s, {}, is_tls13, vehicle, paused_, station.view};
    for (std::size_t i = 0; i < 7; ++i) moment.fresh_id[i] = static_cast<std::uint8_t>(ids_ >> (8 * i));
    moment.fresh_id[7] = 0x5a;
    return moment;
}

/// A new process with nothing but what link kept.
void Pair::restart() {
    ++restarts;
    session = checkpoint_.empty() ? secc::opened(settings, now) : MUST(restore(settings, checkpoint_, now));
}

/// False: the station is not as far yet, the frame stays where it is.
bool Pair::charger_takes(Frame& frame) {
    const auto message = decode_payload(frame.type, frame.payload);
    const bool is_loop =
        message && (std::holds_alternative<DC_ChargeLoopReq>(*message) || std::holds_alternative<AC_ChargeLoopReq>(*message));
    if (is_loop && on_loop) on_loop(*this);
    if (!frame.arrived) {
        frame.arrived = now;
        ++frames_;
    }
    ++ids_;
    const auto turn = [&] {
        return message ? secc::step(settings, session, {frame.type, *frame.arrived, *message}, moment())
                       : secc::undecodable(session, message.error().what.view());
    };
    if (death.frame == frames_ && !death.is_after_answer) {
        const auto unsent = turn();
        if (unsent.actions.tell_needs) station.tell(unsent.session.needs, now);
        if (unsent.actions.authorize) station.authorize(now);
        restart();
        death = {};
        ++ids_;
    }
    const auto taken = turn();
    if (taken.actions.wait) {
        ++waits;
        station.tell(taken.session.needs, now);
        return false;
    }
    perform(taken);
    if (death.frame == frames_ && death.is_after_answer) restart();
    return true;
}

void Pair::perform(const secc::Turn& turn) {
    session = turn.session;
    if (turn.actions.tell_needs) station.tell(session.needs, now);
    if (turn.actions.authorize) station.authorize(now);
    if (turn.actions.stop) station.stop(*turn.actions.stop);
    checkpoint_ = save(session);
    if (turn.response) to_car_.push_back(frame_of(*turn.response, turn.stream));
    if (!turn.actions.close.empty()) closed = turn.actions.close.view();
}

}  // namespace voltkeep::iso15118::testing
