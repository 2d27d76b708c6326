// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/rpc.hpp"

#include <algorithm>
#include <utility>

namespace voltkeep::ocpp::rpc {

namespace {

OcppError problem(ErrorCode code, std::string what) { return {code, "", std::move(what)}; }

/// For the peer's eyes: the place and the reason.
std::string description(const OcppError& error) { return error.where.empty() ? error.what : error.where + ": " + error.what; }

bool may_send(Role role, From from) { return from == From::either || (from == From::station) == (role == Role::station); }

class Machine {
public:
    Machine(const Side& side, State& state, std::vector<Output>& outputs, Instant now)
        : side_(side), state_(state), outputs_(outputs), now_(now) {}

    void on(const Received& input) {
        const auto json = check_json(input.text, side_.limits);
        if (!json) return unreadable(input.text, json.error());
        const auto frame = read_frame(*json);
        if (!frame) return unreadable(input.text, frame.error());
        switch (frame->type) {
            case FrameType::call:
                if (input.repeated && is_open(state_.theirs, frame->id)) state_.theirs.reset();   // who had it open died over it
                return on_call(*frame);
            case FrameType::call_result: return on_result(*frame);
            case FrameType::call_error: return on_error(*frame);
            case FrameType::call_result_error: return on_result_error(*frame);
            case FrameType::send: return on_send(*frame);
        }
    }

    //= OCPP 2.1 Part 4, 4.1.1: one CALL at a time in each direction; a CALL of the peer may cross ours
    void on(const Call& input) {
        if (!input.request) return not_sent(input.id, problem(ErrorCode::ProtocolError, "there is no request"));
        const auto [action, direction] = meaning(input.request);
        if (state_.ours) return not_sent(input.id, problem(ErrorCode::ProtocolError, "a call is open"));
        if (direction != Direction::request || !action->response || !may_send(side_.role, action->from)) {
            return not_sent(input.id, problem(ErrorCode::ProtocolError, "not a request that this side may call"));
        }
        if (!known(*action))
            return not_sent(input.id, problem(ErrorCode::NotSupported, "the peer's version does not have this action"));
        auto payload = input.request.write(side_.version);
        if (!payload) return not_sent(input.id, std::move(payload).error());
        state_.ours = State::Open{input.id, action->action, now_};
        put(Transmit{call(input.id, action->name, *payload)});
    }

    //= OCPP 2.1 Part 4, 4.2.5: a SEND may go while a CALL is open, and is not answered
    void on(const Send& input) {
        if (!input.request) return not_sent(input.id, problem(ErrorCode::ProtocolError, "there is no request"));
        const auto [action, direction] = meaning(input.request);
        if (action->response || direction != Direction::request || !may_send(side_.role, action->from)) {
            return not_sent(input.id, problem(ErrorCode::ProtocolError, "not a message that this side may send unconfirmed"));
        }
        if (!known(*action))
            return not_sent(input.id, problem(ErrorCode::NotSupported, "the peer's version has no unconfirmed messages"));
        auto payload = input.request.write(side_.version);
        if (!payload) return not_sent(input.id, std::move(payload).error());
        put(Transmit{rpc::send(input.id, action->name, *payload)});
    }

    void on(const Answer& input) {
        if (!is_open(state_.theirs, input.id))
            return not_sent(input.id, problem(ErrorCode::ProtocolError, "no such call is open"));
        const State::Open open = *std::exchange(state_.theirs, std::nullopt);
        const bool fits = input.response && meaning(input.response).direction == Direction::response &&
                          meaning(input.response).action->action == open.action;
        auto payload =
            fits ? input.response.write(side_.version)
                 : Checked<std::string>(std::unexpected(problem(ErrorCode::InternalError, "not a response to this action")));
        if (!payload) {
            tell(FrameType::call_error, input.id, ErrorCode::InternalError, "no valid answer could be made");
            return not_sent(input.id, std::move(payload).error());
        }
        state_.answered = open;
        put(Transmit{call_result(input.id, *payload)});
    }

    void on(const Refuse& input) {
        if (!is_open(state_.theirs, input.id))
            return not_sent(input.id, problem(ErrorCode::ProtocolError, "no such call is open"));
        state_.theirs.reset();
        tell(FrameType::call_error, input.id, input.code, input.description);
    }

    void on(const RefuseResult& input) {
        if (!is_open(state_.taken, input.id))
            return not_sent(input.id, problem(ErrorCode::ProtocolError, "no such result was taken"));
        state_.taken.reset();
        tell_result_error(input.id, input.code, input.description);
    }

    //= OCPP 2.1 Part 4, 4.1.3: a CALL without an answer in time has failed
    void on(const Tick&) {
        if (state_.ours && now_ - state_.ours->since >= side_.timeout) failed(CallFailed::Reason::timeout, "", "");
        // The peer gives its call up after the same time; an answer of ours that is later than that is not sent.
        if (state_.theirs && now_ - state_.theirs->since >= side_.timeout) state_.theirs.reset();
    }

    void on(const Lost&) {
        if (state_.ours) failed(CallFailed::Reason::lost, "", "");
        state_ = State{};
    }

private:
    // ---- what came from the peer

    //= OCPP 2.1 Part 4 FR.02 a valid request is handed on, an invalid one is answered with CALLERROR
    void on_call(const Frame& frame) {
        if (state_.theirs && state_.theirs->id == frame.id)
            return ignored(problem(ErrorCode::ProtocolError, "the open call again"));
        if (state_.theirs && now_ - state_.theirs->since < side_.timeout) {
            return refuse_call(frame.id, problem(ErrorCode::RpcFrameworkError, "one call at a time"));
        }
        const ActionInfo* action = find_action(frame.action);
        if (!action || !known(*action)) return refuse_call(frame.id, problem(ErrorCode::NotImplemented, "no such action"));
        if (!action->response) return refuse_call(frame.id, problem(ErrorCode::ProtocolError, "this action is a SEND"));
        if (!may_send(other(), action->from))
            return refuse_call(frame.id, problem(ErrorCode::NotSupported, "not in this direction"));
        auto request = parse_payload(*action, Direction::request, *frame.payload);
        if (!request) return refuse_call(frame.id, request.error());
        state_.theirs = State::Open{frame.id, action->action, now_};
        put(Request{frame.id, *std::move(request)});
    }

    //= OCPP 2.1 Part 4 FR.03 an invalid response is answered with CALLRESULTERROR, never with CALLERROR
    void on_result(const Frame& frame) {
        if (!is_open(state_.ours, frame.id)) return ignored(problem(ErrorCode::ProtocolError, "a result that nobody waits for"));
        auto response = parse_payload(info(state_.ours->action), Direction::response, *frame.payload);
        if (!response) return refuse_result(response.error());
        state_.taken = std::exchange(state_.ours, std::nullopt);
        put(Result{frame.id, *std::move(response)});
    }

    void on_error(const Frame& frame) {
        // "-1": the peer could not read the id of what we sent. If a call is open, that was it.
        if (!state_.ours || (state_.ours->id != frame.id && frame.id != kUnknownId)) {
            return ignored(problem(ErrorCode::ProtocolError, "an error that nobody waits for"));
        }
        failed(CallFailed::Reason::refused, frame.code, frame.description);
    }

    void on_result_error(const Frame& frame) {
        if (!is_open(state_.answered, frame.id))
            return ignored(problem(ErrorCode::ProtocolError, "an error for no answer of ours"));
        const State::Open open = *std::exchange(state_.answered, std::nullopt);
        put(ResultRefused{open.id, open.action, frame.code, frame.description});
    }

    void on_send(const Frame& frame) {
        const ActionInfo* action = find_action(frame.action);
        if (!action || !known(*action) || action->response || !may_send(other(), action->from)) {
            return ignored(problem(ErrorCode::NotSupported, "not an unconfirmed message of the peer"));
        }
        auto request = parse_payload(*action, Direction::request, *frame.payload);
        if (!request) return ignored(request.error());
        put(Notification{*std::move(request)});
    }

    /// No JSON, or no message of OCPP-J. Answered only if it cannot have been an answer itself.
    void unreadable(std::string_view text, const OcppError& why) {
        const Opening opening = read_opening(text);
        const int type = opening.type.value_or(static_cast<int>(FrameType::call));
        if (type == static_cast<int>(FrameType::call)) return refuse_call(opening.id.value_or(kUnknownId), why);
        const bool for_ours = opening.id && is_open(state_.ours, *opening.id);
        if (for_ours && type == static_cast<int>(FrameType::call_result)) return refuse_result(why);
        if (for_ours && type == static_cast<int>(FrameType::call_error)) {
            return failed(CallFailed::Reason::refused, "", "an error that cannot be read");
        }
        ignored(why);
    }

    // ---- what goes out

    void put(Output output) { outputs_.push_back(std::move(output)); }

    void tell(FrameType type, const MessageId& id, ErrorCode code, std::string_view text) {
        put(Transmit{error(type, id, code, text)});
    }

    void tell_result_error(const MessageId& id, ErrorCode code, std::string_view text) {
        if (side_.version == Version::ocpp21) tell(FrameType::call_result_error, id, code, text);
    }

    void refuse_call(const MessageId& id, const OcppError& why) {
        tell(FrameType::call_error, id, why.code, description(why));
        put(Ignored{why, true});
    }

    void refuse_result(const OcppError& why) {
        tell_result_error(state_.ours->id, why.code, description(why));
        failed(CallFailed::Reason::invalid_result, name(why.code), description(why));
    }

    void failed(CallFailed::Reason reason, std::string_view code, std::string_view text) {
        const State::Open open = *std::exchange(state_.ours, std::nullopt);
        put(CallFailed{open.id, open.action, reason, std::string(code), std::string(text)});
    }

    void not_sent(const MessageId& id, OcppError why) { put(NotSent{id, std::move(why)}); }
    void ignored(OcppError why) { put(Ignored{std::move(why), false}); }

    static bool is_open(const std::optional<State::Open>& open, const MessageId& id) { return open && open->id == id; }
    Role other() const { return side_.role == Role::station ? Role::csms : Role::station; }
    bool known(const ActionInfo& action) const { return side_.version == Version::ocpp21 || !action.since_2_1; }

    const Side& side_;
    State& state_;
    std::vector<Output>& outputs_;
    Instant now_;
};

}  // namespace

std::optional<Instant> State::deadline(const Side& side) const {
    std::optional<Instant> first;
    for (const auto* open : {&ours, &theirs}) {
        if (*open && (!first || (*open)->since + side.timeout < *first)) first = (*open)->since + side.timeout;
    }
    return first;
}

Step step(const Side& side, State state, Input input, Instant now) {
    Step next{state, {}};
    Machine machine(side, next.state, next.outputs, now);
    std::visit([&](const auto& each) { machine.on(each); }, input);
    return next;
}

}  // namespace voltkeep::ocpp::rpc
