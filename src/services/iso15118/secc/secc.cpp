// SPDX-License-Identifier: Apache-2.0
// The dispatcher: order, identity and timers of the messages, and the end of a session.
#include "services/iso15118/secc/secc.hpp"

#include <format>

#include "services/iso15118/secc/offers.hpp"
#include "services/iso15118/secc/refusal.hpp"
#include "services/iso15118/secc/table.hpp"

namespace voltkeep::iso15118::secc {
namespace {

Turn end(const Session& session, StopCause cause, std::string_view why) {
    Turn turn{session, {}, PayloadType::common, {}};
    if (session.stage != Stage::ended) turn.actions.stop = Stop{cause, Text<80>::cut(why)};
    turn.session.stage = Stage::ended;
    turn.session.needs.phase = Phase::idle;
    turn.actions.close = Text<80>::cut(why);
    return turn;
}

SessionID to_wire(const std::array<std::uint8_t, 8>& id) {
    SessionID session_id;
    std::ranges::transform(id, session_id.octets.begin(), [](std::uint8_t octet) { return std::byte{octet}; });
    return session_id;
}

void put_header(Message& response, const Session& session, const Moment& moment) {
    std::visit(
        [&](auto& message) {
            if constexpr (requires { message.header; }) {
                message.header.session_id = to_wire(session.id);
                message.header.time_stamp = moment.unix_s;
            }
        },
        response);
}

/// Whether the id is the session's own; before SessionSetup there is none to compare.
bool has_right_id(const Session& session, const Message& request) {
    const MessageHeader* header = header_of(request);
    return session.stage <= Stage::session_setup || !header || header->session_id == to_wire(session.id);
}

Turn refuse_request(const Settings& settings, const Session& session, const Message& request, ResponseCode code) {
    Turn turn{session, refusal(settings, request, code), PayloadType::common, {}};
    if (turn.response && response_code_of(*turn.response)) return turn;   // the code ends the session in `finish`
    auto ended = end(session, StopCause::protocol_error, std::format("{} out of its place", name(request)));
    ended.response = std::move(turn.response);
    return ended;
}

bool is_of_loop(const Message& response) {
    return std::holds_alternative<DC_ChargeLoopRes>(response) || std::holds_alternative<AC_ChargeLoopRes>(response);
}

/// By when the next request must have come.
Instant deadline_after(const Settings& settings, const Session& before, const Turn& turn, const Request& request, Instant now) {
    const Stage stage = turn.session.stage;
    // Up to SessionSetupRes the one deadline of the whole set-up counts.
    if (stage <= Stage::session_setup) return turn.session.deadline;
    //= ISO 15118-20 [V2G20-1643] the car closes the connection; the charger waits for it
    if (stage == Stage::ended) return now + settings.close_timeout;
    //= ISO 15118-20 [V2G20-1500] in the charge loop the next request comes within 0.5 s
    if (is_of_loop(*turn.response)) return now + settings.loop_timeout;
    const bool is_beside_loop = before.stage == Stage::charge_loop && stage == Stage::charge_loop;
    if (!is_beside_loop) return now + settings.sequence_timeout;
    // Beside the loop the loop goes on: a side stream wins it no time.
    return request.stream == PayloadType::schedule_renegotiation ? before.deadline : now + settings.loop_timeout;
}

/// In the stream of its schema; what negotiates a schedule beside the loop also in the stream that there is for it.
bool is_in_its_stream(const Session& session, const Request& request) {
    if (request.stream == payload_type_of(schema_of_message(pointer_to(request.message)))) return true;
    const bool is_negotiated =
        std::holds_alternative<ScheduleExchangeReq>(request.message) || std::holds_alternative<PowerDeliveryReq>(request.message);
    return request.stream == PayloadType::schedule_renegotiation && session.stage == Stage::charge_loop && is_negotiated;
}

/// What every response has in common.
Turn finish(const Settings& settings, const Session& before, const Request& request, const Moment& moment, Turn turn) {
    const ResponseCode* code = turn.response ? response_code_of(*turn.response) : nullptr;
    if (code && is_failed(*code)) {
        const auto why = std::format("{} to {}", exi::name(*code), name(request.message));
        if (!turn.actions.stop) turn.actions.stop = Stop{StopCause::protocol_error, Text<80>::cut(why)};
        turn.actions.close = Text<80>::cut(why);
        turn.session.stage = Stage::ended;
    }
    if (turn.session.stage == Stage::ended) {
        turn.session.needs.phase = Phase::idle;
        turn.actions.tell_needs = false;   // the stop says it all
    }
    if (turn.session.stage != before.stage) turn.session.since = moment.now;
    if (!turn.response) return turn;
    put_header(*turn.response, turn.session, moment);
    turn.session.deadline = deadline_after(settings, before, turn, request, moment.now);
    turn.stream = request.stream == PayloadType::schedule_renegotiation
                      ? request.stream
                      : payload_type_of(schema_of_message(pointer_to(*turn.response)));
    return turn;
}

}  // namespace

std::string_view name(Stage stage) noexcept {
    constexpr std::array<std::string_view, 16> names{
        "app_protocol",      "session_setup",     "authorization_setup", "authorization", "service_discovery", "service_detail",
        "service_selection", "charge_parameters", "schedule_exchange",   "cable_check",   "precharge",         "power_delivery",
        "charge_loop",       "welding_detection", "session_stop",        "ended"};
    static_assert(names.size() == static_cast<std::size_t>(Stage::last_) + 1);
    return names[static_cast<std::size_t>(stage)];
}

Session opened(const Settings& settings, Instant now) {
    Session session;
    session.since = now;
    session.deadline = now + settings.setup_timeout;
    return session;
}

Turn step(const Settings& settings, const Session& session, const Request& request, const Moment& moment) {
    if (session.stage == Stage::ended) return end(session, StopCause::protocol_error, "a message after the end of the session");
    //= ISO 15118-20 [V2G20-443] a request after the timeout finds the session ended
    if (request.arrived > session.deadline) return expired(session);
    if (!is_in_its_stream(session, request))
        return end(session, StopCause::protocol_error, std::format("{} in another stream", name(request.message)));

    const Context context{settings, moment, moment.station, request.arrived};
    const Row* row = find_row(session.stage, request.message);
    Turn turn;
    if (!row) {
        //= ISO 15118-20 [V2G20-459] a message out of its order is a sequence error
        turn = refuse_request(settings, session, request.message, ResponseCode::FAILED_SequenceError);
    } else if (!has_right_id(session, request.message)) {
        //= ISO 15118-20 [V2G20-460] another session's id is not known here
        turn = refuse_request(settings, session, request.message, ResponseCode::FAILED_UnknownSession);
    } else if (row->gate == Gate::authorized && moment.station.is_known && moment.station.verdict != Verdict::accepted) {
        turn = refuse_request(settings, session, request.message, ResponseCode::FAILED);
        turn.actions.stop = Stop{StopCause::communication_lost, "not authorized any more"};
    } else {
        turn = row->handle(context, session, request.message);
        if (turn.actions.wait) return {turn.session, {}, PayloadType::common, turn.actions};
    }
    return finish(settings, session, request, moment, std::move(turn));
}

Turn undecodable(const Session& session, std::string_view why) { return end(session, StopCause::protocol_error, why); }

Turn expired(const Session& session) {
    if (session.stage == Stage::ended) return end(session, StopCause::communication_lost, "the car did not close the connection");
    return end(session, StopCause::communication_lost, std::format("the car was silent at {}", name(session.stage)));
}

Turn closed(const Session& session) {
    Turn turn = end(session, StopCause::communication_lost, std::format("the connection ended at {}", name(session.stage)));
    turn.actions.close = {};
    return turn;
}

bool is_sound(const Settings& settings, const Session& session, Instant now) {
    const bool has_id = session.id != std::array<std::uint8_t, 8>{};
    const bool is_timed =
        session.since <= now && session.deadline <= now + std::max(settings.sequence_timeout, settings.setup_timeout);
    const bool is_positive = session.needs.target_current.value >= -session.promised.discharge_current.value &&
                             session.needs.target_voltage.value >= 0 && session.promised.voltage.value >= 0 &&
                             session.promised.current.value >= 0 && session.promised.discharge_current.value >= 0;
    const Combination* offer = find_offer(settings, session.service, session.parameter_set);
    const bool has_service = offer && offer->control == session.control;
    if (!is_timed || !is_positive) return false;
    if (session.stage == Stage::ended) return true;
    if (has_id != (session.stage > Stage::session_setup)) return false;
    return has_service == (session.stage > Stage::service_selection);
}

}  // namespace voltkeep::iso15118::secc
