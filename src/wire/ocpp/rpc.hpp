// SPDX-License-Identifier: Apache-2.0
// The RPC framework of OCPP-J (Part 4, chapters 4 and 5) for one connection, as a function: who waits for which answer, what may
// be sent now, what is answered to nonsense. Station and CSMS use the same. It owns no socket, no clock and no ids: those come
// in.
//
//   auto [state, outputs] = rpc::step(side, std::move(state), rpc::Received{text}, now());
//
// A new connection begins with an empty State; what was open on the old one is ended by Lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/frame.hpp"

namespace voltkeep::ocpp::rpc {

enum class Role : std::uint8_t { station, csms };

/// Which end of the connection this is. Constant while it lasts.
struct Side {
    Role role = Role::station;
    Version version = Version::ocpp21;   ///< as the sub-protocol says; 2.0.1 has no message types 5 and 6
    Duration timeout = 30s;              ///< for an answer, ours and the peer's (Part 4, 4.1.3: guidance 30 s)
    Limits limits{};                     ///< of a received message
};

/// What is open. Plain bytes without pointers, for a checkpoint.
struct State {
    struct Open {
        MessageId id;
        Action action{};
        Instant since;
    };
    std::optional<Open> ours;            ///< our CALL that has no result yet
    std::optional<Open> theirs;          ///< the peer's CALL that we have not answered
    std::optional<Open> answered;        ///< the peer's CALL that we answered last: a CALLRESULTERROR may come for it
    std::optional<Open> taken;           ///< our CALL whose result we took last: RefuseResult may name it

    /// When Tick is to come, if nothing else does. Nothing: not before the next call.
    [[nodiscard]] std::optional<Instant> deadline(const Side& side) const;
};
static_assert(std::is_trivially_copyable_v<State>);

// ---- what comes in

/// One whole message of the connection. `repeated`: a predecessor took it, died, and has not answered it; its call is not open
/// but new.
struct Received { std::string_view text; bool repeated = false; };
struct Call { MessageId id; Message request; };                              ///< only while State::ours is empty
struct Send { MessageId id; Message request; };                              ///< an unconfirmed message; at any time
struct Answer { MessageId id; Message response; };                           ///< to a Request that came out
struct Refuse { MessageId id; ErrorCode code; std::string description; };    ///< to a Request: CALLERROR
/// To a Result that the schema allows and its receiver cannot take (I08): CALLRESULTERROR.
struct RefuseResult { MessageId id; ErrorCode code; std::string description; };
struct Tick {};                                                              ///< time has passed
struct Lost {};                                                              ///< the connection has ended

using Input = std::variant<Received, Call, Send, Answer, Refuse, RefuseResult, Tick, Lost>;

// ---- what goes out

struct Transmit { std::string text; };                                       ///< put it on the connection, in this order
struct Request {
    MessageId id;
    Message request;
};  ///< valid, known, in the right direction: answer it once
struct Notification { Message request; };                                    ///< a SEND
struct Result { MessageId id; Message response; };                           ///< of our Call
/// Our Call brought no result. It may have been executed, but for `refused`.
struct CallFailed {
    enum class Reason : std::uint8_t {
        timeout,         ///< no answer in time. A later one is ignored; drop and reconnect (Part 4, 5.3)
        refused,         ///< CALLERROR: code and description are the peer's own words
        invalid_result,  ///< the answer breaks the schema: code and description are ours, and the peer was told
        lost,            ///< the connection ended
    };
    MessageId id;
    Action action{};
    Reason reason{};
    std::string code;
    std::string description;
};
/// The peer could not take our answer.
struct ResultRefused { MessageId id; Action action{}; std::string code; std::string description; };
/// Nothing was sent. Call and Send: the input breaks schema or rule (ProtocolError: another call is open).
/// Answer: the same, and the peer was sent InternalError so that it does not wait.
struct NotSent { MessageId id; OcppError error; };
/// Something came that is dropped: late, doubled, or unreadable. `peer_told` if it was answered with a CALLERROR.
struct Ignored { OcppError why; bool peer_told = false; };

using Output = std::variant<Transmit, Request, Notification, Result, CallFailed, ResultRefused, NotSent, Ignored>;

struct Step {
    State state;
    std::vector<Output> outputs;
};

/// The next state and what is to be done, in order. Never fails: whatever comes in has an answer.
[[nodiscard]] Step step(const Side& side, State state, Input input, Instant now);

}  // namespace voltkeep::ocpp::rpc
