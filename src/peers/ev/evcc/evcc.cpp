// SPDX-License-Identifier: Apache-2.0
// Order, timers and misdeeds of the car; what the messages say is in requests.cpp and responses.cpp.
#include "peers/ev/evcc/evcc.hpp"

#include <format>

#include "peers/ev/evcc/requests.hpp"
#include "peers/ev/evcc/responses.hpp"
#include "wire/iso15118/codec.hpp"

namespace voltkeep::iso15118::evcc {
namespace {

constexpr MilliAmpere no_current{1'000};

Duration patience(const Timers& timers, Step step) {
    if (step == Step::charge_loop) return timers.loop_message;
    return step == Step::service_detail ? timers.long_message : timers.message;
}

Move end(const Car& car, bool is_ok, std::string_view why) {
    Move move{car, {}, {}, Ending{is_ok, Text<160>::cut(why), false}};
    move.car.step = Step::done;
    move.car.is_waiting = false;
    move.car.inlet = {};   // whatever happened: contactor open, pilot at B
    return move;
}

void put_header(Message& message, const SessionID& session, std::uint64_t unix_s) {
    std::visit(
        [&](auto& m) {
            if constexpr (requires { m.header; }) {
                m.header.session_id = session;
                m.header.time_stamp = unix_s;
            }
        },
        message);
}

/// A misdeed that is done to the message itself.
void misdo(Misdeed misdeed, Sending& sending, const Car& car, std::uint64_t unix_s) {
    Message& message = sending.message;
    SessionID id = car.session;
    if (misdeed == Misdeed::wrong_order) {
        if (std::holds_alternative<DC_WeldingDetectionReq>(message)) message = ServiceDiscoveryReq{};
        else message = DC_WeldingDetectionReq{};
    }
    if (misdeed == Misdeed::wrong_session_id) id.octets[0] ^= std::byte{0xff};
    if (misdeed == Misdeed::session_id_zero) id = {};
    if (misdeed == Misdeed::restart)
        message = supportedAppProtocolReq{{{"urn:iso:std:iso:15118:-20:DC", 1, 0, 1, std::uint8_t{1}}}};
    if (auto* precharge = std::get_if<DC_PreChargeReq>(&message); precharge && misdeed == Misdeed::over_voltage)
        precharge->ev_target_voltage = {3, 30};
    put_header(message, id, unix_s);
    sending.stream = payload_type_of(schema_of_message(pointer_to(message)));
    if (misdeed == Misdeed::wrong_stream)
        sending.stream = sending.stream == PayloadType::common ? PayloadType::dc : PayloadType::common;
}

/// A schedule is negotiated beside the loop, in a stream of its own.
PayloadType stream_of(Step step, const Message& message) {
    const bool is_negotiated = step == Step::renegotiation || step == Step::new_schedule || step == Step::new_profile;
    return is_negotiated ? PayloadType::schedule_renegotiation : payload_type_of(schema_of_message(pointer_to(message)));
}

bool is_of_transport(Misdeed misdeed) {
    return misdeed == Misdeed::garbage || misdeed == Misdeed::bad_header || misdeed == Misdeed::huge_length ||
           misdeed == Misdeed::slow_drip || misdeed == Misdeed::disconnect;
}

const Fault* fault_now(const Plan& plan, const Message& message, std::uint16_t count) {
    for (const Fault& fault : plan.faults)
        if (fault.at == iso15118::name(message) && fault.nth == count) return &fault;
    return nullptr;
}

Move send(const Plan& plan, Car car, const Cable& cable, Instant now, std::uint64_t unix_s) {
    Move move{std::move(car), {}, {}, {}};
    Sending sending{make_request(plan, move.car, cable, unix_s), PayloadType::common, {}};
    put_header(sending.message, move.car.session, unix_s);
    sending.stream = stream_of(move.car.step, sending.message);
    const std::uint16_t count = ++move.car.counts[sending.message.index()];
    move.car.is_waiting = true;
    move.car.sent = now;
    if (const Fault* fault = fault_now(plan, sending.message, count)) {
        move.car.is_muted = true;   // it waits for what the charger makes of it
        if (fault->misdeed == Misdeed::silence) return move;
        if (is_of_transport(fault->misdeed)) sending.transport = fault->misdeed;
        else misdo(fault->misdeed, sending, move.car, unix_s);
    }
    ++move.car.statistics.messages;
    move.sending = std::move(sending);
    return move;
}

Exchanged count(const Plan& plan, Car& car, const Message& message, Instant now) {
    Statistics& statistics = car.statistics;
    ++statistics.messages;
    const bool is_loop = car.step == Step::charge_loop;
    const ResponseCode* code = response_code_of(message);
    Exchanged exchanged{iso15118::name(message), now - car.sent, code ? exi::name(*code) : std::string_view(), false};
    exchanged.is_late = exchanged.turnaround > (is_loop ? plan.timers.loop_performance : plan.timers.performance);
    statistics.late += exchanged.is_late ? 1 : 0;
    if (exchanged.turnaround > statistics.worst) {
        statistics.worst = exchanged.turnaround;
        statistics.worst_at = Text<40>::cut(exchanged.response);
    }
    if (is_loop) statistics.worst_in_loop = std::max(statistics.worst_in_loop, exchanged.turnaround);
    if (car.step < Step::charge_loop) statistics.setup_sum += exchanged.turnaround;
    return exchanged;
}

/// Whether the message may be believed at all.
Result<> check(const Car& car, const Message& message) {
    const ResponseCode* code = response_code_of(message);
    if (code && is_failed(*code)) return fail(Errc::refused, std::format("the charger answers {}", exi::name(*code)));
    if (!is_expected(car.step, message))
        return fail(Errc::malformed, std::format("{} comes at {}", iso15118::name(message), name(car.step)));
    const MessageHeader* header = header_of(message);
    if (header && car.step > Step::session_setup && header->session_id != car.session)
        return fail(Errc::malformed, "the charger answers for another session");
    return {};
}

/// The current is going: the contactor opens without it, the pilot goes to B, and the welding detection begins.
Move ramp_down(const Plan& plan, Car car, const Cable& cable, Instant now, std::uint64_t unix_s) {
    if (is_ac(plan.service)) car.inlet.contactor = false;   // its own charger stops
    const bool is_gone = !cable.is_there || std::abs(cable.current.value) < no_current.value;
    if (!is_gone && now - car.since < plan.timers.ramp_down) return {std::move(car), {}, {}, {}};
    car.inlet = {Pilot::b, false};
    car.step = is_ac(plan.service) ? Step::session_stop : Step::welding_detection;
    car.since = now;
    return send(plan, std::move(car), cable, now, unix_s);
}

/// The driver has changed his mind before energy flows.
Move stop_early(const Plan& plan, Car car, const Cable& cable, Instant now, std::uint64_t unix_s) {
    car.inlet = {};
    car.step = Step::session_stop;
    car.since = now;
    return send(plan, std::move(car), cable, now, unix_s);
}

}  // namespace

std::string_view name(Step step) noexcept {
    constexpr std::array<std::string_view, 22> names{
        "app_protocol",      "session_setup",     "authorization_setup", "authorization", "service_discovery", "service_detail",
        "service_selection", "charge_parameters", "schedule_exchange",   "cable_check",   "precharge",         "power_on",
        "charge_loop",       "standby",           "renegotiation",       "new_schedule",  "new_profile",       "power_off",
        "ramp_down",         "welding_detection", "session_stop",        "done"};
    static_assert(names.size() == static_cast<std::size_t>(Step::done) + 1);
    return names[static_cast<std::size_t>(step)];
}

Move begin(const Plan& plan, const Cable& cable, Instant now, std::uint64_t unix_s, const Car& before) {
    Car car;
    car.paused = before.paused;
    car.taken = before.taken;
    car.statistics = before.statistics;
    if (car.paused) car.session = car.paused->session;
    car.since = now;
    return send(plan, std::move(car), cable, now, unix_s);
}

Move receive(const Plan& plan, const Car& before, const Message& message, const Cable& cable, Instant now) {
    if (before.step == Step::done) return {before, {}, {}, {}};
    if (!before.is_waiting) return end(before, false, std::format("{} was not asked for", iso15118::name(message)));
    Move move{before, {}, {}, {}};
    move.exchanged = count(plan, move.car, message, now);
    move.car.is_waiting = false;
    const auto next = check(move.car, message).and_then([&] { return take(plan, move.car, message, cable, now); });
    if (!next || next->step == Step::done) {
        Move ended = next ? end(move.car, true, "finished") : end(move.car, false, next.error().what.view());
        ended.ending->is_pause = next && move.car.paused.has_value();
        ended.exchanged = move.exchanged;
        return ended;
    }
    if (next->step != move.car.step) move.car.since = now;
    move.car.step = next->step;
    const bool is_setup = next->step < Step::charge_loop && next->step != before.step;
    move.car.next = now + (is_setup ? std::max(next->pause, plan.timers.setup_pause) : next->pause);
    return move;
}

Move tick(const Plan& plan, const Car& car, const Cable& cable, Instant now, std::uint64_t unix_s) {
    if (car.step == Step::done) return {car, {}, {}, {}};
    if (car.is_waiting) {
        const Duration limit = car.is_muted ? plan.timers.muted : patience(plan.timers, car.step);
        if (now - car.sent <= limit) return {car, {}, {}, {}};
        return end(car, false, std::format("no answer in time at {}", name(car.step)));
    }
    if (car.is_stop_wanted && car.step > Step::session_setup && car.step < Step::charge_loop)
        return stop_early(plan, car, cable, now, unix_s);
    if (car.step == Step::ramp_down) return ramp_down(plan, car, cable, now, unix_s);
    if (now < car.next) return {car, {}, {}, {}};
    return send(plan, car, cable, now, unix_s);
}

Move lost(const Car& car, std::string_view why) {
    if (car.step == Step::done) return {car, {}, {}, {}};
    return end(car, false, std::format("{} at {}", why, name(car.step)));
}

}  // namespace voltkeep::iso15118::evcc
