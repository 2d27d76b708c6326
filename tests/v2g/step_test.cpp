// SPDX-License-Identifier: Apache-2.0
// Single steps of the charger. The order of the messages: each stage against each request that there is, by a table that is
// written from the standard's sequence and not taken from the charger's. And what single clauses say of an answer.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "services/iso15118/secc/secc.hpp"

namespace voltkeep::iso15118::secc {
namespace {

constexpr Instant at{1'000'000'000};

/// What may come in each stage of a session with direct current. SessionStopReq: everywhere after SessionSetup.
const std::map<Stage, std::set<std::string_view>> allowed{
    {Stage::app_protocol, {"supportedAppProtocolReq"}},
    {Stage::session_setup, {"SessionSetupReq"}},
    {Stage::authorization_setup, {"AuthorizationSetupReq", "SessionStopReq"}},
    {Stage::authorization, {"AuthorizationReq", "SessionStopReq"}},
    {Stage::service_discovery, {"ServiceDiscoveryReq", "SessionStopReq"}},
    {Stage::service_detail, {"ServiceDetailReq", "SessionStopReq"}},
    {Stage::service_selection, {"ServiceDetailReq", "ServiceSelectionReq", "SessionStopReq"}},
    {Stage::charge_parameters, {"DC_ChargeParameterDiscoveryReq", "SessionStopReq"}},
    {Stage::schedule_exchange, {"ScheduleExchangeReq", "SessionStopReq"}},
    {Stage::cable_check, {"DC_CableCheckReq", "SessionStopReq"}},
    {Stage::precharge, {"DC_PreChargeReq", "SessionStopReq"}},
    {Stage::power_delivery, {"DC_PreChargeReq", "PowerDeliveryReq", "SessionStopReq"}},
    {Stage::charge_loop, {"DC_ChargeLoopReq", "PowerDeliveryReq", "SessionStopReq"}},
    {Stage::welding_detection, {"DC_WeldingDetectionReq", "SessionStopReq"}},
    {Stage::session_stop, {"SessionStopReq"}},
};
/// Of a session with alternating current, where it is another one.
const std::map<Stage, std::set<std::string_view>> allowed_ac{
    {Stage::charge_parameters, {"AC_ChargeParameterDiscoveryReq", "SessionStopReq"}},
    {Stage::power_delivery, {"PowerDeliveryReq", "SessionStopReq"}},
    {Stage::charge_loop, {"AC_ChargeLoopReq", "PowerDeliveryReq", "SessionStopReq"}},
    {Stage::session_stop, {"SessionStopReq"}},
};

Settings settings_for(bool is_ac) {
    Settings settings;
    settings.evse = "DE*VLT*E0001*1";
    settings.outlet = is_ac ? Outlet::ac : Outlet::dc;
    return settings;
}

Session session_in(Stage stage, bool is_ac) {
    Session session;
    session.stage = stage;
    session.since = at;
    session.deadline = at + 60s;
    if (stage > Stage::session_setup) session.id = {1, 2, 3, 4, 5, 6, 7, 8};
    if (stage > Stage::service_selection) {
        session.service = is_ac ? 1 : 2;
        session.parameter_set = 1;
        session.control = ControlMode::dynamic;
        session.promised = {{920'000}, {125'000}, {50'000}, {}, {}};
    }
    return session;
}

Moment moment() {
    Moment moment;
    moment.now = at + 10ms;
    moment.fresh_id = {9};
    moment.is_tls13 = true;
    moment.station.is_known = true;
    moment.station.verdict = Verdict::accepted;
    moment.station.maximum_voltage = {920'000};
    moment.station.maximum_current = {125'000};
    moment.station.maximum_power = {50'000};
    return moment;
}

void put_id(Message& message, SessionID id) {
    std::visit([&](auto& m) { if constexpr (requires { m.header; }) m.header.session_id = id; }, message);
}

/// All requests, each as it is when nothing is filled in; PowerDelivery stops, which fits wherever it has a place.
std::vector<Message> all_requests() {
    std::vector<Message> requests;
    [&]<class... T>(std::type_identity<std::variant<T...>>) {
        (void)((name_of<T>.ends_with("Req") ? requests.push_back(Message(T{})) : void()), ...);
    }(std::type_identity<AnyMessage>{});
    for (Message& request : requests)
        if (auto* delivery = std::get_if<PowerDeliveryReq>(&request)) delivery->charge_progress = ChargeProgress::Stop;
    return requests;
}

Turn turn_of(const Session& session, Message message, SessionID id, bool is_ac = false) {
    put_id(message, id);
    const PayloadType stream = payload_type_of(schema_of_message(pointer_to(message)));
    return step(settings_for(is_ac), session, {stream, at + 5ms, std::move(message)}, moment());
}

SessionID right_id() {
    SessionID id;
    for (std::size_t i = 0; i < id.octets.size(); ++i) id.octets[i] = static_cast<std::byte>(i + 1);
    return id;
}

/// FAILED with this code, sent in the response that belongs to the request; the session is over, the station stops before, the
/// line is cut.
void expect_end(const Turn& turn, const Message& request, ResponseCode code, std::string_view where) {
    const std::string what = std::string(name(request)) + " at " + std::string(where);
    EXPECT_EQ(turn.session.stage, Stage::ended) << what;
    ASSERT_TRUE(turn.actions.stop) << what;
    EXPECT_EQ(turn.actions.stop->cause, StopCause::protocol_error) << what;
    EXPECT_FALSE(turn.actions.close.empty()) << what;
    EXPECT_FALSE(turn.actions.tell_needs) << what;
    if (!turn.response) {
        const Schema schema = schema_of_message(pointer_to(request));
        EXPECT_TRUE(schema == Schema::acdp || schema == Schema::wpt) << what;
        return;
    }
    std::string expected(name(request));
    expected.replace(expected.size() - 3, 3, "Res");
    EXPECT_EQ(name(*turn.response), expected);
    if (const ResponseCode* seen = response_code_of(*turn.response)) {
        EXPECT_EQ(*seen, code) << what;
    }
    std::vector<std::byte> bytes(v2gtp_max_payload);
    EXPECT_TRUE(encode(*turn.response, bytes)) << what << ": a FAILED response is a valid message";
}

//= ISO 15118-20 [V2G20-459] a message out of its order is a sequence error
TEST(Order, every_request_in_every_stage_is_served_or_ends_the_session) {
    int served = 0, refused = 0;
    for (const bool is_ac : {false, true})
        for (const auto& [stage, names] : is_ac ? allowed_ac : allowed)
            for (const Message& request : all_requests()) {
                const Turn turn =
                    turn_of(session_in(stage, is_ac), request, stage > Stage::session_setup ? right_id() : SessionID{}, is_ac);
                const ResponseCode* code = turn.response ? response_code_of(*turn.response) : nullptr;
                if (!names.contains(name(request))) {
                    expect_end(turn, request, ResponseCode::FAILED_SequenceError, secc::name(stage));
                    ++refused;
                } else {
                    EXPECT_FALSE(code &&
                                 (*code == ResponseCode::FAILED_SequenceError || *code == ResponseCode::FAILED_UnknownSession))
                        << name(request) << " at " << secc::name(stage);
                    ++served;
                }
            }
    EXPECT_EQ(served, 38);
    EXPECT_EQ(served + refused, static_cast<int>((allowed.size() + allowed_ac.size()) * all_requests().size()));
}

//= ISO 15118-20 [V2G20-460] another session's id is not known here
TEST(Order, another_session_id_or_none_ends_the_session_in_every_stage) {
    for (const auto& [stage, names] : allowed) {
        if (stage <= Stage::session_setup) continue;
        for (const Message& request : all_requests())
            if (names.contains(name(request)))
                for (const SessionID id : {SessionID{}, SessionID{{std::byte{1}}}})
                    expect_end(turn_of(session_in(stage, false), request, id), request, ResponseCode::FAILED_UnknownSession,
                               secc::name(stage));
    }
}

TEST(Order, nothing_is_answered_after_the_end) {
    for (const Message& request : all_requests()) {
        const Turn turn = turn_of(session_in(Stage::ended, false), request, right_id());
        EXPECT_FALSE(turn.response) << name(request);
        EXPECT_FALSE(turn.actions.close.empty());
        EXPECT_FALSE(turn.actions.tell_needs || turn.actions.authorize || turn.actions.stop);
    }
}

TEST(Order, each_message_has_its_stream) {
    for (const auto& [stage, names] : allowed)
        for (Message request : all_requests()) {
            if (!names.contains(name(request))) continue;
            put_id(request, right_id());
            const PayloadType own = payload_type_of(schema_of_message(pointer_to(request)));
            for (const auto stream : {PayloadType::app_protocol, PayloadType::common, PayloadType::ac, PayloadType::dc,
                                      PayloadType::schedule_renegotiation, PayloadType::metering_confirmation}) {
                const bool is_beside = stream == PayloadType::schedule_renegotiation && stage == Stage::charge_loop &&
                                       name(request) == "PowerDeliveryReq";
                if (stream == own || is_beside) continue;
                const Turn turn = step(settings_for(false), session_in(stage, false), {stream, at + 5ms, request}, moment());
                EXPECT_FALSE(turn.response) << name(request);
                EXPECT_EQ(turn.session.stage, Stage::ended);
                EXPECT_TRUE(turn.actions.stop);
            }
        }
}

/// Withdrawn while the session is set up: whatever comes next fails. In the loop the car is told instead, and stops in order.
TEST(Order, a_car_that_may_not_charge_any_more_gets_no_further) {
    for (const auto& [stage, names] : allowed) {
        if (stage < Stage::service_discovery || stage > Stage::power_delivery) continue;
        for (const Message& request : all_requests()) {
            if (!names.contains(name(request)) || name(request) == "SessionStopReq") continue;
            Message own = request;
            put_id(own, right_id());
            Moment withdrawn = moment();
            withdrawn.station.verdict = Verdict::refused;
            const PayloadType stream = payload_type_of(schema_of_message(pointer_to(own)));
            const Turn turn = step(settings_for(false), session_in(stage, false), {stream, at + 5ms, own}, withdrawn);
            ASSERT_TRUE(turn.response);
            EXPECT_EQ(*response_code_of(*turn.response), ResponseCode::FAILED) << name(request);
            EXPECT_EQ(turn.session.stage, Stage::ended);
        }
    }
}

/// The step of a request in a session with direct current.
template <class Req>
Turn turn_with(const Session& session, Req request, const Moment& when = moment()) {
    request.header.session_id = session.stage > Stage::session_setup ? right_id() : SessionID{};
    const PayloadType stream = payload_type_of(schema_of_message(MessagePointer(&request)));
    return step(settings_for(false), session, {stream, at + 5ms, Message(request)}, when);
}

AppProtocol protocol(std::string_view name, std::uint8_t schema, std::uint8_t priority, std::uint32_t minor = 0) {
    AppProtocol one;
    one.protocol_namespace = *decltype(one.protocol_namespace)::from(name);
    one.version_number_major = 1;
    one.version_number_minor = minor;
    one.schema_id = schema;
    one.priority = priority;
    return one;
}

//= ISO 15118-20 [V2G20-169] of what both sides support, the entry with the car's highest priority is chosen
TEST(Clause, the_protocol_with_the_cars_highest_priority_is_chosen_of_those_that_both_have) {
    supportedAppProtocolReq request{{protocol("urn:iso:std:iso:15118:-20:DC", 7, 3),
                                     protocol("urn:iso:std:iso:15118:-20:AC", 8, 1),
                                     protocol("urn:iso:std:iso:15118:-20:DC", 9, 2, 1)}};
    const Turn turn =
        step(settings_for(false), session_in(Stage::app_protocol, false), {PayloadType::app_protocol, at, request}, moment());
    const auto& response = std::get<supportedAppProtocolRes>(*turn.response);
    EXPECT_EQ(response.schema_id, SchemaID{9});
    EXPECT_EQ(response.response_code, AppProtocolResponseCode::OK_SuccessfulNegotiationWithMinorDeviation);
}

//= ISO 15118-20 [V2G20-2621] the session's id is random and not zero
TEST(Clause, the_session_id_is_what_was_random_and_never_zero) {
    Moment when = moment();
    SessionSetupReq request;
    request.evcc_id = Identifier("WMIV1234567890ABCDEX");
    EXPECT_EQ(turn_with(session_in(Stage::session_setup, false), request, when).session.id, when.fresh_id);
    when.fresh_id = {};
    EXPECT_NE(turn_with(session_in(Stage::session_setup, false), request, when).session.id, SessionOctets{});
}

//= ISO 15118-20 [V2G20-443] a request after the timeout finds the session ended
TEST(Clause, a_request_that_comes_too_late_is_not_served_however_late_the_timer_is) {
    Session session = session_in(Stage::charge_loop, false);
    session.deadline = at + 1ms;
    const Turn turn = turn_with(session, DC_ChargeLoopReq{});
    EXPECT_FALSE(turn.response);
    EXPECT_EQ(turn.actions.stop->cause, StopCause::communication_lost);
}

//= ISO 15118-20 [V2G20-1643] the car closes the connection; the charger waits for it
TEST(Clause, after_the_end_the_car_has_five_seconds_to_close) {
    const Turn stopped =
        turn_with(session_in(Stage::session_stop, false), SessionStopReq{{}, ChargingSession::Terminate, {}, {}});
    EXPECT_TRUE(stopped.actions.close.empty());
    EXPECT_EQ(stopped.session.deadline, moment().now + 5s);
    const Turn late = expired(stopped.session);
    EXPECT_FALSE(late.actions.close.empty());
    EXPECT_FALSE(late.actions.stop);
}

//= ISO 15118-20 [V2G20-1248] what the car supports filters value-added services alone; there are none
TEST(Clause, the_energy_services_do_not_depend_on_what_the_car_says_it_supports) {
    ServiceDiscoveryReq request;
    request.supported_service_ids = ServiceIDList{{66}};
    const Turn turn = turn_with(session_in(Stage::service_discovery, false), request);
    const auto& response = std::get<ServiceDiscoveryRes>(*turn.response);
    EXPECT_EQ(response.energy_transfer_service_list.service[0].service_id, 2);
    EXPECT_FALSE(response.vas_list);
}

DC_ChargeLoopReq loop_request() {
    DC_ChargeLoopReq request;
    request.ev_present_voltage = {0, 400};
    Dynamic_DC_CLReqControlMode mode;
    mode.ev_maximum_voltage = {0, 500};
    mode.ev_maximum_charge_current = {0, 100};
    mode.ev_maximum_charge_power = {3, 50};
    request.control_mode = mode;
    return request;
}

//= ISO 15118-20 [V2G20-2654] the limits in the loop never exceed those of the charge parameters
TEST(Clause, the_limits_in_the_loop_never_exceed_what_was_promised) {
    Session session = session_in(Stage::charge_loop, false);
    session.promised = {{500'000}, {50'000}, {20'000}, {}, {}};
    const Turn turn = turn_with(session, loop_request());
    const auto& mode = std::get<Dynamic_DC_CLResControlMode>(std::get<DC_ChargeLoopRes>(*turn.response).control_mode);
    EXPECT_EQ(mode.evse_maximum_charge_current, (RationalNumber{0, 50}));
    EXPECT_EQ(mode.evse_maximum_charge_power, (RationalNumber{0, 20'000}));
    EXPECT_EQ(mode.evse_maximum_voltage, (RationalNumber{0, 500}));
}

//= ISO 15118-20 [V2G20-1081] the meter's reading is given when it is asked for
TEST(Clause, the_meter_is_read_to_who_asks) {
    Moment when = moment();
    when.station.meter = "VK-1";
    when.station.energy = {4'200};
    DC_ChargeLoopReq request = loop_request();
    const Turn silent = turn_with(session_in(Stage::charge_loop, false), request, when);
    EXPECT_FALSE(std::get<DC_ChargeLoopRes>(*silent.response).meter_info);
    request.meter_info_requested = true;
    const Turn told = turn_with(session_in(Stage::charge_loop, false), request, when);
    const auto& info = std::get<DC_ChargeLoopRes>(*told.response).meter_info;
    ASSERT_TRUE(info);
    EXPECT_EQ(info->charged_energy_reading_wh, 4'200u);
    EXPECT_FALSE(info->bpt_discharged_energy_reading_wh);
}

//= ISO 15118-20 [V2G20-1600] the control mode of the answer is the one of the request
TEST(Clause, a_schedule_is_answered_in_the_control_mode_that_was_selected) {
    ScheduleExchangeReq request;
    request.maximum_supporting_points = std::uint16_t{12};
    const Turn dynamic = turn_with(session_in(Stage::schedule_exchange, false), request);
    EXPECT_TRUE(std::holds_alternative<Dynamic_SEResControlMode>(std::get<ScheduleExchangeRes>(*dynamic.response).control_mode));
    request.control_mode = Scheduled_SEReqControlMode{};
    const Turn other = turn_with(session_in(Stage::schedule_exchange, false), request);
    EXPECT_EQ(*response_code_of(*other.response), ResponseCode::FAILED_ScheduleSelectionInvalid);
}

}  // namespace
}  // namespace voltkeep::iso15118::secc
