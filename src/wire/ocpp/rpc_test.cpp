// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/rpc.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/provisioning.hpp"

namespace voltkeep::ocpp::rpc {
namespace {

constexpr std::string_view kReset = R"([2,"c1","Reset",{"type":"OnIdle"}])";

/// One end of a connection with a clock that the test moves.
class End {
public:
    explicit End(Role role, Version version = Version::ocpp21) : side{.role = role, .version = version} {}

    std::vector<Output> put(Input input) {
        Step next = step(side, state, std::move(input), time);
        state = next.state;
        return std::move(next.outputs);
    }
    std::vector<Output> receive(std::string_view text) { return put(Received{text}); }

    Side side;
    State state;
    Instant time{1'000'000'000};
};

template <class T>
const T* only(const std::vector<Output>& outputs) {
    return outputs.size() == 1 ? std::get_if<T>(&outputs[0]) : nullptr;
}

std::string sent(const std::vector<Output>& outputs) {
    std::string all;
    for (const Output& output : outputs) {
        if (const auto* transmit = std::get_if<Transmit>(&output)) all += transmit->text;
    }
    return all;
}

ResetResponse accepted() { return {.status = ResetStatusEnum::Accepted}; }

std::string boot_response() {
    return *write(BootNotificationResponse{.interval = 300, .status = RegistrationStatusEnum::Accepted});
}

TEST(Rpc, a_call_is_answered_by_its_result) {
    End station(Role::station);
    End csms(Role::csms);
    const auto call = station.put(Call{"a", BootNotificationRequest{}});
    EXPECT_EQ(sent(call),
              R"([2,"a","BootNotification",{"chargingStation":{"model":"","vendorName":""},"reason":"ApplicationReset"}])");

    const auto request = csms.receive(sent(call));
    ASSERT_TRUE(only<Request>(request));
    EXPECT_TRUE(only<Request>(request)->request.get<BootNotificationRequest>());
    const auto answer = csms.put(Answer{"a", BootNotificationResponse{.interval = 5}});

    const auto result = station.receive(sent(answer));
    ASSERT_TRUE(only<Result>(result));
    EXPECT_EQ(only<Result>(result)->response.get<BootNotificationResponse>()->interval, 5);
    EXPECT_FALSE(station.state.ours);
    EXPECT_FALSE(csms.state.theirs);
}

//= OCPP 2.1 Part 4 FR.01
TEST(Rpc, a_second_call_waits_for_the_first) {
    End station(Role::station);
    ASSERT_EQ(station.put(Call{"a", HeartbeatRequest{}}).size(), 1u);
    const auto second = station.put(Call{"b", HeartbeatRequest{}});
    ASSERT_TRUE(only<NotSent>(second));
    EXPECT_EQ(station.state.ours->id, MessageId("a"));
}

//= OCPP 2.1 Part 4 FR.01
TEST(Rpc, calls_may_cross) {
    End station(Role::station);
    ASSERT_EQ(station.put(Call{"a", HeartbeatRequest{}}).size(), 1u);
    ASSERT_TRUE(only<Request>(station.receive(kReset)));
    EXPECT_EQ(sent(station.put(Answer{"c1", accepted()})), R"([3,"c1",{"status":"Accepted"}])");
    EXPECT_TRUE(only<Result>(station.receive(R"([3,"a",{"currentTime":"2026-07-31T10:00:00Z"}])")));
}

TEST(Rpc, a_call_fails_when_its_time_is_over_and_its_late_answer_is_dropped) {
    End station(Role::station);
    (void)station.put(Call{"a", HeartbeatRequest{}});
    EXPECT_EQ(station.state.deadline(station.side), Instant{1'000'000'000} + 30s);
    station.time = station.time + 30s - 1ns;
    EXPECT_TRUE(station.put(Tick{}).empty());
    station.time = station.time + 1ns;
    const auto failed = station.put(Tick{});
    ASSERT_TRUE(only<CallFailed>(failed));
    EXPECT_EQ(only<CallFailed>(failed)->reason, CallFailed::Reason::timeout);
    EXPECT_TRUE(station.put(Tick{}).empty());

    ASSERT_TRUE(only<Ignored>(station.receive(R"([3,"a",{"currentTime":"2026-07-31T10:00:00Z"}])")));
    (void)station.put(Call{"b", HeartbeatRequest{}});
    EXPECT_TRUE(only<Ignored>(station.receive(R"([3,"a",{"currentTime":"2026-07-31T10:00:00Z"}])")));
    EXPECT_TRUE(station.state.ours) << "the answer to an older call does not end a newer one";
}

//= OCPP 2.1 Part 4 FR.02
TEST(Rpc, an_invalid_request_is_answered_with_the_code_that_names_its_fault) {
    const auto code = [](std::string_view text) {
        End station(Role::station);
        const auto outputs = station.receive(text);
        EXPECT_FALSE(station.state.theirs) << text;
        const std::string answer = sent(outputs);
        const auto json = check_json(answer);
        if (!json) return answer;
        const auto frame = read_frame(*json);
        EXPECT_EQ(frame->type, FrameType::call_error);
        EXPECT_TRUE(std::get<Ignored>(outputs.back()).peer_told);
        return std::string(frame->id.view()) + " " + frame->code;
    };
    EXPECT_EQ(code(R"([2,"x","Reset",{}])"), "x OccurrenceConstraintViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":1}])"), "x TypeConstraintViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":"Now"}])"), "x PropertyConstraintViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":"OnIdle","more":1}])"), "x FormatViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":"OnIdle","type":"OnIdle"}])"), "x FormatViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":"OnIdle"}] )"
                   "x"),
              "x FormatViolation");
    EXPECT_EQ(code(R"([2,"x","Reset",null])"), "x TypeConstraintViolation");
    EXPECT_EQ(code(R"([2,"x","Restart",{}])"), "x NotImplemented");
    EXPECT_EQ(code(R"([2,"x","Heartbeat",{}])"), "x NotSupported");
    EXPECT_EQ(code(R"([2,"x","NotifyPeriodicEventStream",{}])"), "x ProtocolError");
    EXPECT_EQ(code(R"([2,"x","Reset"])"), "x RpcFrameworkError");
    EXPECT_EQ(code(R"([2,"x","Reset",{"type":"OnIdle"},1])"), "x RpcFrameworkError");
    EXPECT_EQ(code(R"([2,"x",{"type":"OnIdle"}])"), "x RpcFrameworkError");
    EXPECT_EQ(code(R"([2,7,"Reset",{"type":"OnIdle"}])"), "-1 RpcFrameworkError");
    EXPECT_EQ(code(R"([2,"1234567890123456789012345678901234567","Reset",{"type":"OnIdle"}])"), "-1 RpcFrameworkError");
    EXPECT_EQ(code(R"({"a":1})"), "-1 RpcFrameworkError");
    EXPECT_EQ(code("hello"), "-1 FormatViolation");
    EXPECT_EQ(code(""), "-1 FormatViolation");
    EXPECT_EQ(code("\xff"), "-1 FormatViolation");
}

//= OCPP 2.1 Part 4 FR.03
TEST(Rpc, an_invalid_result_is_answered_with_callresulterror_once_and_ends_the_call) {
    for (const auto* text :
         {R"([3,"a",{}])", R"([3,"a",{"currentTime":1}])", R"([3,"a",{"currentTime":"2026-07-31T10:00:00Z"])", R"([3,"a"])"}) {
        End station(Role::station);
        (void)station.put(Call{"a", HeartbeatRequest{}});
        const auto outputs = station.receive(text);
        EXPECT_EQ(sent(outputs).substr(0, 7), R"([5,"a",)") << text;
        ASSERT_EQ(outputs.size(), 2u);
        EXPECT_EQ(std::get<CallFailed>(outputs[1]).reason, CallFailed::Reason::invalid_result);
        EXPECT_TRUE(sent(station.receive(text)).empty());
    }
    End old(Role::station, Version::ocpp201);
    (void)old.put(Call{"a", HeartbeatRequest{}});
    EXPECT_TRUE(only<CallFailed>(old.receive(R"([3,"a",{}])"))) << "2.0.1 has no CALLRESULTERROR";
}

TEST(Rpc, nothing_that_may_be_an_answer_is_answered_with_an_error) {
    for (const auto* text :
         {R"([3,"x",{}])", R"([3,"x",{}] x)", R"([3,"x")", R"([3,7,{}])", R"([3])", R"([4,"x","InternalError","",{}])",
          R"([4,"x"])", R"([4,"-1","a","b",{}])", R"([4,"x",)", R"([5,"x","FormatViolation","",{}])", R"([5,"x",{)", R"([5])",
          R"([6,"x","NotifyPeriodicEventStream",{}])", R"([6,"x","Reset",{}])", R"([6,"x",)", R"([7,"x","Reset",{}])",
          R"([1,"x"])", R"([99])", R"([-2,"x"])"}) {
        End station(Role::station);
        EXPECT_TRUE(only<Ignored>(station.receive(text))) << text;
        (void)station.put(Call{"a", HeartbeatRequest{}});
        if (std::string_view(text).find("-1") == std::string_view::npos) {
            EXPECT_TRUE(only<Ignored>(station.receive(text))) << text;
            EXPECT_TRUE(station.state.ours) << text;
        }
    }
}

TEST(Rpc, an_error_ends_the_call_with_the_peers_own_words) {
    for (const auto* text : {R"([4,"a","OccurenceConstraintViolation","why",{}])", R"([4,"a","Made.Up",5,null])", R"([4,"a"])",
                             R"([4,"-1","RpcFrameworkError","cannot read",{}])", R"([4,"a","InternalError",{"broken)"}) {
        End station(Role::station);
        (void)station.put(Call{"a", HeartbeatRequest{}});
        const auto outputs = station.receive(text);
        ASSERT_TRUE(only<CallFailed>(outputs)) << text;
        EXPECT_EQ(only<CallFailed>(outputs)->reason, CallFailed::Reason::refused);
        EXPECT_FALSE(station.state.ours);
    }
    EXPECT_EQ(error_code("OccurenceConstraintViolation"), ErrorCode::OccurrenceConstraintViolation);
}

TEST(Rpc, the_peers_second_call_is_refused_until_the_first_is_answered_or_given_up) {
    End station(Role::station);
    ASSERT_TRUE(only<Request>(station.receive(kReset)));
    EXPECT_TRUE(only<Ignored>(station.receive(kReset))) << "the same call again is not executed again";
    const std::string second = R"([2,"c2","Reset",{"type":"OnIdle"}])";
    EXPECT_EQ(sent(station.receive(second)).substr(0, 25), R"([4,"c2","RpcFrameworkErro)");
    ASSERT_TRUE(station.state.theirs);
    EXPECT_EQ(station.state.theirs->id, MessageId("c1"));

    station.time = station.time + 30s;
    EXPECT_TRUE(only<Request>(station.receive(second)));
    EXPECT_TRUE(only<NotSent>(station.put(Answer{"c1", accepted()}))) << "an answer that is too late is not sent";
    EXPECT_EQ(sent(station.put(Answer{"c2", accepted()})), R"([3,"c2",{"status":"Accepted"}])");
    EXPECT_TRUE(only<NotSent>(station.put(Answer{"c2", accepted()}))) << "nothing is answered twice";
}

TEST(Rpc, what_cannot_be_answered_validly_is_answered_with_internal_error) {
    End station(Role::station);
    (void)station.receive(R"([2,"c1","GetVariables",{"getVariableData":[{"component":{"name":"a"},"variable":{"name":"b"}}]}])");
    ASSERT_TRUE(station.state.theirs);
    const auto outputs = station.put(Answer{"c1", GetVariablesResponse{}});
    EXPECT_EQ(sent(outputs), R"([4,"c1","InternalError","no valid answer could be made",{}])");
    EXPECT_EQ(std::get<NotSent>(outputs.back()).error.where, "/getVariableResult");

    (void)station.receive(kReset);
    EXPECT_EQ(sent(station.put(Answer{"c1", HeartbeatResponse{}})),
              R"([4,"c1","InternalError","no valid answer could be made",{}])");
}

TEST(Rpc, a_request_may_be_refused_with_a_code_and_words_for_people) {
    End station(Role::station);
    (void)station.receive(kReset);
    EXPECT_EQ(sent(station.put(Refuse{"c1", ErrorCode::SecurityError, "not \"booted\""})),
              R"([4,"c1","SecurityError","not \"booted\"",{}])");
    EXPECT_FALSE(station.state.theirs);
    (void)station.receive(kReset);
    const std::string text = sent(station.put(Refuse{"c1", ErrorCode::GenericError, std::string(300, 'x')}));
    EXPECT_NE(text.find("\"" + std::string(255, 'x') + "\""), std::string::npos);
}

TEST(Rpc, the_peer_may_refuse_our_answer_and_we_its) {
    End station(Role::station);
    (void)station.receive(kReset);
    (void)station.put(Answer{"c1", accepted()});
    const auto refused = station.receive(R"([5,"c1","TypeConstraintViolation","status",{}])");
    ASSERT_TRUE(only<ResultRefused>(refused));
    EXPECT_EQ(only<ResultRefused>(refused)->action, Action::Reset);
    EXPECT_TRUE(only<Ignored>(station.receive(R"([5,"c1","TypeConstraintViolation","status",{}])")));

    (void)station.put(Call{"a", BootNotificationRequest{}});
    ASSERT_TRUE(only<Result>(station.receive(R"([3,"a",)" + boot_response() + "]")));
    EXPECT_EQ(sent(station.put(RefuseResult{"a", ErrorCode::PropertyConstraintViolation, "no"})),
              R"([5,"a","PropertyConstraintViolation","no",{}])");
    EXPECT_TRUE(only<NotSent>(station.put(RefuseResult{"a", ErrorCode::PropertyConstraintViolation, "no"})));
}

TEST(Rpc, a_send_passes_an_open_call_and_is_never_answered) {
    NotifyPeriodicEventStream values;
    values.id = 3;
    (void)values.data.push({.t = Decimal(15, -1), .v = "230"});
    End station(Role::station);
    End csms(Role::csms);
    (void)station.put(Call{"a", HeartbeatRequest{}});
    const std::string text = sent(station.put(Send{"s", values}));
    EXPECT_EQ(
        text,
        R"([6,"s","NotifyPeriodicEventStream",{"data":[{"t":1.5,"v":"230"}],"id":3,"pending":0,"basetime":"1970-01-01T00:00:00.000Z"}])");
    ASSERT_TRUE(only<Notification>(csms.receive(text)));
    EXPECT_FALSE(csms.state.theirs);
    EXPECT_TRUE(only<Ignored>(csms.receive(R"([6,"s","NotifyPeriodicEventStream",{}])")));

    EXPECT_TRUE(only<NotSent>(station.put(Send{"s", HeartbeatRequest{}})));
    EXPECT_TRUE(only<NotSent>(station.put(Call{"s", values})));
    End old(Role::station, Version::ocpp201);
    EXPECT_TRUE(only<NotSent>(old.put(Send{"s", values})));
}

TEST(Rpc, neither_side_calls_what_is_the_others_to_call) {
    End station(Role::station);
    EXPECT_TRUE(only<NotSent>(station.put(Call{"a", ResetRequest{}})));
    EXPECT_TRUE(only<NotSent>(station.put(Call{"a", accepted()})));
    EXPECT_TRUE(only<NotSent>(station.put(Call{"a", Message{}})));
    EXPECT_TRUE(only<NotSent>(station.put(Call{"a", GetVariablesRequest{}})));
    EXPECT_FALSE(station.state.ours);
    End csms(Role::csms);
    EXPECT_TRUE(only<Transmit>(csms.put(Call{"a", ResetRequest{}})));
    EXPECT_TRUE(only<NotSent>(csms.put(Call{"b", HeartbeatRequest{}})));
}

TEST(Rpc, with_a_2_0_1_peer_there_are_no_actions_of_2_1) {
    End csms(Role::csms, Version::ocpp201);
    EXPECT_EQ(sent(csms.receive(R"([2,"a","BatterySwap",{}])")).substr(0, 22), R"([4,"a","NotImplemented)");
    EXPECT_TRUE(only<NotSent>(csms.put(Call{"a", GetPeriodicEventStreamRequest{}})));
}

TEST(Rpc, a_lost_connection_ends_what_was_open_and_forgets_the_rest) {
    End station(Role::station);
    (void)station.put(Call{"a", HeartbeatRequest{}});
    (void)station.receive(kReset);
    const auto outputs = station.put(Lost{});
    ASSERT_TRUE(only<CallFailed>(outputs));
    EXPECT_EQ(only<CallFailed>(outputs)->reason, CallFailed::Reason::lost);
    EXPECT_FALSE(station.state.deadline(station.side));
}

TEST(Rpc, its_state_survives_as_bytes) {
    End station(Role::station);
    (void)station.put(Call{"a", HeartbeatRequest{}});
    (void)station.receive(kReset);
    std::array<std::byte, sizeof(State)> checkpoint{};
    std::memcpy(checkpoint.data(), &station.state, sizeof(State));
    EXPECT_LT(sizeof(State), 1024u);

    End successor(Role::station);
    std::memcpy(&successor.state, checkpoint.data(), sizeof(State));
    EXPECT_EQ(sent(successor.put(Answer{"c1", accepted()})), R"([3,"c1",{"status":"Accepted"}])");
    EXPECT_TRUE(only<Result>(successor.receive(R"([3,"a",{"currentTime":"2026-07-31T10:00:00Z"}])")));
}

TEST(Rpc, a_call_that_a_predecessor_left_open_is_taken_up_when_its_frame_is_offered_again) {
    End station(Role::station);
    (void)station.receive(kReset);
    const std::string other = R"([2,"c2","Reset",{"type":"OnIdle"}])";
    EXPECT_TRUE(only<Ignored>(station.receive(kReset))) << "the peer's own doubled call is no second one";
    EXPECT_TRUE(only<Request>(station.put(Received{kReset, true})));
    EXPECT_EQ(sent(station.put(Answer{"c1", accepted()})), R"([3,"c1",{"status":"Accepted"}])");
    EXPECT_TRUE(only<Request>(station.receive(other))) << "nothing is refused for it";
    EXPECT_EQ(sent(station.put(Received{kReset, true})).substr(0, 25), R"([4,"c1","RpcFrameworkErro)") << "another call is open";
}

TEST(Frame, an_id_is_36_characters_of_any_language) {
    std::string id;
    for (int i = 0; i < 36; ++i) id += "\xf0\x9f\x94\x8c";
    EXPECT_TRUE(MessageId::from(id));
    EXPECT_FALSE(MessageId::from(id + "x"));
    EXPECT_FALSE(MessageId::from("\xff"));
    End station(Role::station);
    EXPECT_TRUE(only<Request>(station.receive("[2,\"" + id + R"(","Reset",{"type":"OnIdle"}])")));
    EXPECT_EQ(sent(station.put(Answer{*MessageId::from(id), accepted()})), "[3,\"" + id + R"(",{"status":"Accepted"}])");
}

}  // namespace
}  // namespace voltkeep::ocpp::rpc
