// SPDX-License-Identifier: Apache-2.0
// Frames, discovery datagrams, rational numbers, and which grammar a payload has.
#include <gtest/gtest.h>

#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/rational.hpp"
#include "wire/iso15118/sdp.hpp"

namespace voltkeep::iso15118 {
namespace {

std::vector<std::byte> octets(std::initializer_list<unsigned> values) {
    std::vector<std::byte> bytes;
    for (unsigned v : values) bytes.push_back(static_cast<std::byte>(v));
    return bytes;
}

TEST(V2gtp, a_header_both_ways) {
    auto bytes = octets({0x01, 0xfe, 0x80, 0x04, 0x00, 0x01, 0x02, 0x03});
    auto header = parse_v2gtp_header(bytes);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->type, PayloadType::dc);
    EXPECT_EQ(header->length, 0x10203u);
    EXPECT_TRUE(std::ranges::equal(make_v2gtp_header(*header), bytes));
}

TEST(V2gtp, every_bad_header_has_its_fault) {
    auto fault = [](std::initializer_list<unsigned> values) { return parse_v2gtp_header(octets(values)).error(); };
    EXPECT_EQ(fault({}), V2gtpFault::short_header);
    EXPECT_EQ(fault({0x01, 0xfe, 0x80, 0x04, 0, 0, 0}), V2gtpFault::short_header);
    EXPECT_EQ(fault({0x02, 0xfd, 0x80, 0x04, 0, 0, 0, 1}), V2gtpFault::version);
    EXPECT_EQ(fault({0x01, 0xff, 0x80, 0x04, 0, 0, 0, 1}), V2gtpFault::version);
    EXPECT_EQ(fault({0x01, 0xfe, 0x80, 0x07, 0, 0, 0, 1}), V2gtpFault::payload_type);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x02, 0, 0, 0, 1}), V2gtpFault::payload_type);
    EXPECT_EQ(fault({0x01, 0xfe, 0x80, 0x04, 0, 0, 0, 0}), V2gtpFault::empty);
    EXPECT_EQ(fault({0x01, 0xfe, 0x80, 0x04, 0, 2, 0, 1}), V2gtpFault::too_long);
    EXPECT_EQ(fault({0x01, 0xfe, 0x80, 0x04, 0xff, 0xff, 0xff, 0xff}), V2gtpFault::too_long);
    EXPECT_TRUE(parse_v2gtp_header(octets({0x01, 0xfe, 0x80, 0x04, 0, 2, 0, 0})).has_value());
}

TEST(Sdp, a_request_both_ways) {
    auto bytes = octets({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 2, 0x00, 0x00});
    EXPECT_EQ(parse_sdp_request(bytes), SdpRequest{});
    EXPECT_TRUE(std::ranges::equal(make_sdp_request({}), bytes));
    bytes[8] = std::byte{0x10};
    EXPECT_EQ(parse_sdp_request(bytes)->security, SdpSecurity::none);
}

TEST(Sdp, a_response_both_ways) {
    SdpResponse response{.port = 61234};
    response.address[0] = std::byte{0xfe};
    response.address[15] = std::byte{0x01};
    auto bytes = make_sdp_response(response);
    EXPECT_EQ(bytes.size(), 28u);
    EXPECT_EQ(parse_sdp_response(bytes), response);
}

TEST(Sdp, every_bad_datagram_is_dropped_with_its_fault) {
    auto fault = [](std::initializer_list<unsigned> values) { return parse_sdp_request(octets(values)).error(); };
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00}), SdpFault::header);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x01, 0, 0, 0, 2, 0, 0}), SdpFault::payload_type);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 2, 0}), SdpFault::length);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 2, 0, 0, 0}), SdpFault::length);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 3, 0, 0, 0}), SdpFault::length);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 2, 0x01, 0}), SdpFault::value);
    EXPECT_EQ(fault({0x01, 0xfe, 0x90, 0x00, 0, 0, 0, 2, 0, 0x10}), SdpFault::value);
    EXPECT_EQ(parse_sdp_response(make_sdp_response({.port = 1024})).error(), SdpFault::value);
}

TEST(Rational, to_integers_of_a_fixed_power_of_ten) {
    EXPECT_EQ(to_integer({.exponent = -1, .value = 4005}, 0), 400);
    EXPECT_EQ(to_integer({.exponent = -1, .value = -4005}, 0), -400);
    EXPECT_EQ(to_millivolt({.exponent = -1, .value = 4005}), MilliVolt{400'500});
    EXPECT_EQ(to_watt({.exponent = 3, .value = -11}), Watt{-11'000});
    EXPECT_EQ(to_watt({.exponent = 127, .value = 0}), Watt{0});
    EXPECT_EQ(to_integer({.exponent = -128, .value = 32767}, 127), 0);
}

TEST(Rational, what_does_not_fit_is_nothing) {
    EXPECT_FALSE(to_integer({.exponent = 127, .value = 1}, 0).has_value());
    EXPECT_FALSE(to_watt({.exponent = 9, .value = 3}).has_value());
    EXPECT_FALSE(to_millivolt({.exponent = 6, .value = -3}).has_value());
}

TEST(Rational, from_integers_with_the_digits_that_fit) {
    EXPECT_EQ(to_rational(MilliVolt{400'500}), (RationalNumber{.exponent = -1, .value = 4005}));
    EXPECT_EQ(to_rational(Watt{-11'000}), (RationalNumber{.exponent = 0, .value = -11000}));
    EXPECT_EQ(to_rational(WattHour{123'456'789}), (RationalNumber{.exponent = 4, .value = 12345}));
    EXPECT_EQ(to_rational(MilliAmpere{0}), (RationalNumber{.exponent = 0, .value = 0}));
    for (std::int32_t mv : {1, -1, 32767, -32768, 999'999, 1'000'000}) {
        auto back = to_millivolt(to_rational(MilliVolt{mv}));
        ASSERT_TRUE(back.has_value());
        EXPECT_LE(std::abs(back->value - mv), std::abs(mv) / 3200) << mv;
    }
}

TEST(Payload, a_frame_both_ways) {
    std::array<std::byte, 256> frame{};
    DC_CableCheckRes response{.response_code = ResponseCode::OK, .evse_processing = Processing::Ongoing};
    auto size = encode_frame(Message(response), frame);
    ASSERT_TRUE(size.has_value());
    auto header = parse_v2gtp_header(frame);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->type, PayloadType::dc);
    ASSERT_EQ(header->length + v2gtp_header_size, *size);
    auto message = decode_payload(header->type, Bytes(frame).subspan(v2gtp_header_size, header->length));
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(std::get<DC_CableCheckRes>(*message), response);
    EXPECT_EQ(name(*message), "DC_CableCheckRes");
    EXPECT_EQ(*response_code_of(*message), ResponseCode::OK);
    EXPECT_NE(header_of(*message), nullptr);
}

TEST(Payload, the_renegotiation_side_stream_finds_its_grammar_by_the_root_code) {
    std::array<std::byte, 512> bytes{};
    EVPowerProfile profile;
    ASSERT_TRUE(profile.ev_power_profile_entries.ev_power_profile_entry.push({.duration = 60}));
    for (const Message& message :
         {Message(AC_ChargeParameterDiscoveryReq{}), Message(AC_ChargeParameterDiscoveryRes{}),
          Message(DC_ChargeParameterDiscoveryReq{}), Message(DC_ChargeParameterDiscoveryRes{}),
          Message(WPT_ChargeParameterDiscoveryReq{}), Message(ScheduleExchangeReq{}), Message(ScheduleExchangeRes{}),
          Message(PowerDeliveryReq{.ev_power_profile = profile}), Message(PowerDeliveryRes{})}) {
        auto size = encode(message, bytes);
        ASSERT_TRUE(size.has_value()) << size.error().what.view();
        auto decoded = decode_payload(PayloadType::schedule_renegotiation, Bytes(bytes).first(*size));
        ASSERT_TRUE(decoded.has_value()) << name(message) << decoded.error().what.view();
        EXPECT_EQ(*decoded, message);
    }
}

TEST(Payload, a_message_of_another_schema_set_is_refused) {
    std::array<std::byte, 64> bytes{};
    auto size = encode(DC_CableCheckReq{}, bytes);
    ASSERT_TRUE(size.has_value());
    exi::Failure why;
    EXPECT_FALSE(decode(Schema::ac, Bytes(bytes).first(*size), &why).has_value());
    EXPECT_EQ(why.fault, exi::Fault::unknown_root);
    EXPECT_FALSE(decode_as<DC_PreChargeReq>(Bytes(bytes).first(*size), &why).has_value());
    EXPECT_EQ(why.fault, exi::Fault::unknown_root);
    bytes[0] = std::byte{0x81};
    EXPECT_FALSE(decode(Schema::dc, Bytes(bytes).first(*size), &why).has_value());
    EXPECT_EQ(why.fault, exi::Fault::header);
    EXPECT_FALSE(decode(Schema::dc, {}, &why).has_value());
    EXPECT_EQ(why.fault, exi::Fault::truncated);
}

TEST(Payload, a_value_outside_its_range_is_not_sent) {
    std::array<std::byte, 256> bytes{};
    DC_ChargeLoopReq request;
    request.display_parameters.emplace().present_soc = Percent(101);
    exi::Failure why;
    auto size = encode(request, bytes, &why);
    ASSERT_FALSE(size.has_value());
    EXPECT_EQ(size.error().code, Errc::bad_argument);
    EXPECT_EQ(why.field, "PresentSOC");
    EXPECT_EQ(encode(ServiceDiscoveryRes{}, bytes, &why).error().code, Errc::bad_argument);
    EXPECT_EQ(why.fault, exi::Fault::too_few);
}

}  // namespace
}  // namespace voltkeep::iso15118
