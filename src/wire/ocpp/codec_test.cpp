// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/codec.hpp"

#include <gtest/gtest.h>

#include "wire/ocpp/messages/data_transfer.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::ocpp {
namespace {

constexpr std::string_view kBoot =
    R"({"reason":"PowerUp","chargingStation":{"model":"VK-50","vendorName":"Voltkeep","serialNumber":"7"},)"
    R"("customData":{"vendorId":"org.example","nested":{"a":[1,2,{}]}}})";

template <class T>
OcppError error_of(std::string_view text) {
    const auto result = parse<T>(text);
    return result ? OcppError{ErrorCode::GenericError, "accepted", ""} : result.error();
}

void expect_error(const OcppError& error, ErrorCode code, std::string_view where) {
    EXPECT_EQ(name(error.code), name(code)) << error.what;
    EXPECT_EQ(error.where, where) << error.what;
}

TEST(Codec, reads_what_it_wrote) {
    const auto boot = parse<BootNotificationRequest>(kBoot);
    ASSERT_TRUE(boot) << boot.error().where << boot.error().what;
    EXPECT_EQ(boot->reason, BootReasonEnum::PowerUp);
    EXPECT_EQ(boot->chargingStation.model, "VK-50");
    EXPECT_EQ(boot->customData->text(), R"({"vendorId":"org.example","nested":{"a":[1,2,{}]}})");
    const auto text = write(*boot);
    ASSERT_TRUE(text);
    EXPECT_EQ(text->size(), kBoot.size());
    EXPECT_EQ(*write(*parse<BootNotificationRequest>(*text)), *text);
}

TEST(Codec, names_code_and_place_of_what_is_wrong) {
    using Boot = BootNotificationRequest;
    expect_error(error_of<Boot>(R"({"chargingStation":{"model":"a","vendorName":"b"}})"),
                 ErrorCode::OccurrenceConstraintViolation, "/reason");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","chargingStation":{"model":1,"vendorName":"b"}})"),
                 ErrorCode::TypeConstraintViolation, "/chargingStation/model");
    expect_error(error_of<Boot>(R"({"reason":"Powerup","chargingStation":{"model":"a","vendorName":"b"}})"),
                 ErrorCode::PropertyConstraintViolation, "/reason");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","chargingStation":{"model":"a23456789012345678901","vendorName":"b"}})"),
                 ErrorCode::PropertyConstraintViolation, "/chargingStation/model");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","chargingStation":{"model":"a","vendorName":"b","serialNumber":null}})"),
                 ErrorCode::TypeConstraintViolation, "/chargingStation/serialNumber");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","chargingStation":{"model":"a","vendorName":"b"},"more/~":1})"),
                 ErrorCode::FormatViolation, "/more~1~0");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","reason":"PowerUp","chargingStation":{"model":"a","vendorName":"b"}})"),
                 ErrorCode::FormatViolation, "/reason");
    expect_error(error_of<Boot>(R"({"reason":"PowerUp","chargingStation":{"model":"a","vendorName":"b"},"customData":{}})"),
                 ErrorCode::OccurrenceConstraintViolation, "/customData/vendorId");
    expect_error(error_of<GetVariablesRequest>(R"({"getVariableData":[]})"), ErrorCode::OccurrenceConstraintViolation,
                 "/getVariableData");
    expect_error(error_of<BootNotificationResponse>(R"({"currentTime":"2026-02-29T00:00:00Z","interval":1,"status":"Accepted"})"),
                 ErrorCode::PropertyConstraintViolation, "/currentTime");
    expect_error(error_of<Boot>("[]"), ErrorCode::TypeConstraintViolation, "");
    expect_error(error_of<Boot>("{} {}"), ErrorCode::FormatViolation, "");
}

TEST(Codec, an_integer_may_be_written_with_a_point_but_has_no_fraction) {
    const std::string_view before = R"({"currentTime":"2026-07-01T00:00:00Z","status":"Accepted","interval":)";
    const auto interval = [&](std::string_view number) {
        return parse<BootNotificationResponse>(std::string(before) + std::string(number) + "}");
    };
    EXPECT_EQ(interval("1.0")->interval, 1);
    EXPECT_EQ(interval("30e1")->interval, 300);
    EXPECT_EQ(interval("2147483647")->interval, 2147483647);
    EXPECT_EQ(interval("1.5").error().code, ErrorCode::TypeConstraintViolation);
    EXPECT_EQ(interval("2147483648").error().code, ErrorCode::PropertyConstraintViolation);
    EXPECT_EQ(interval("1e99999999999").error().code, ErrorCode::PropertyConstraintViolation);
    EXPECT_EQ(interval("\"1\"").error().code, ErrorCode::TypeConstraintViolation);
}

TEST(Codec, lengths_are_characters_and_not_bytes) {
    const std::string twenty(20, 'x');
    std::string umlauts;
    for (int i = 0; i < 20; ++i) umlauts += "\u00fc";
    const auto boot = [](const std::string& model) {
        return parse<BootNotificationRequest>(R"({"reason":"PowerUp","chargingStation":{"model":")" + model +
                                              R"(","vendorName":"b"}})");
    };
    EXPECT_TRUE(boot(twenty));
    EXPECT_TRUE(boot(umlauts));
    EXPECT_FALSE(boot(umlauts + "\u00fc"));
    EXPECT_TRUE(String<20>::from(umlauts));
    EXPECT_FALSE(String<20>::from(umlauts + "x"));
}

TEST(Codec, refuses_to_send_what_the_schema_does_not_allow) {
    GetVariablesRequest request;
    expect_error(write(request).error(), ErrorCode::OccurrenceConstraintViolation, "/getVariableData");

    BootNotificationResponse boot;
    boot.currentTime.time.unix_ms = 1'000'000'000'000'000;
    expect_error(write(boot).error(), ErrorCode::PropertyConstraintViolation, "/currentTime");

    TransactionEventRequest event;
    event.seqNo = -1;
    expect_error(write(event).error(), ErrorCode::PropertyConstraintViolation, "/seqNo");

    event.seqNo = 0;
    event.eventType = static_cast<TransactionEventEnum>(77);
    expect_error(write(event).error(), ErrorCode::PropertyConstraintViolation, "/eventType");

    event.eventType = TransactionEventEnum::Started;
    event.transactionInfo.transactionId = *Text<36>::from("\xff");
    expect_error(write(event).error(), ErrorCode::FormatViolation, "/transactionInfo/transactionId");
}

TEST(Codec, words_that_are_no_identifiers_of_cpp_are_the_schemas_own) {
    EXPECT_EQ(word(MeasurandEnum::Energy_Active_Import_Register), "Energy.Active.Import.Register");
    EXPECT_EQ(word(PhaseEnum::L1_N), "L1-N");
    EXPECT_EQ(value_of_word<ReadingContextEnum>("Sample.Periodic"), ReadingContextEnum::Sample_Periodic);
    EXPECT_FALSE(value_of_word<ReadingContextEnum>("Sample_Periodic"));
}

TEST(Codec, leaves_out_for_a_2_0_1_peer_what_came_with_2_1) {
    TransactionEventRequest event;
    event.evseSleep = true;
    event.offline = true;
    EXPECT_NE(write(event)->find("evseSleep"), std::string::npos);
    const auto old = write(event, Version::ocpp201);
    EXPECT_EQ(old->find("evseSleep"), std::string::npos);
    EXPECT_NE(old->find("offline"), std::string::npos);

    event.triggerReason = TriggerReasonEnum::LimitSet;
    expect_error(write(event, Version::ocpp201).error(), ErrorCode::PropertyConstraintViolation, "/triggerReason");

    VariableMonitoring monitor;
    EXPECT_NE(write(monitor)->find("eventNotificationType"), std::string::npos);
    EXPECT_EQ(write(monitor, Version::ocpp201)->find("eventNotificationType"), std::string::npos);
}

TEST(Codec, data_is_any_json_and_comes_back_as_it_was) {
    const auto transfer = parse<DataTransferRequest>(R"({"vendorId":"v","data":[null,{"a":1.50}]})");
    ASSERT_TRUE(transfer);
    EXPECT_EQ(transfer->data->text(), R"([null,{"a":1.50}])");
    EXPECT_EQ(*write(*transfer), R"({"vendorId":"v","data":[null,{"a":1.50}]})");
    EXPECT_FALSE(AnyJson::from("[1,]"));
    EXPECT_FALSE(CustomData::from(R"({"a":1})"));
    EXPECT_TRUE(CustomData::from(R"({"a":1,"vendorId":"v"})"));
}

TEST(Codec, nesting_that_a_peer_would_refuse_is_not_sent) {
    DataTransferRequest transfer;
    transfer.vendorId = "v";
    transfer.data = *AnyJson::from("[[[[[[[[[[[[[[]]]]]]]]]]]]]]");  // 14, in the object and the message: 16
    EXPECT_TRUE(write(transfer));
    transfer.data = *AnyJson::from("[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]");
    expect_error(write(transfer).error(), ErrorCode::FormatViolation, "/data");
}

TEST(Codec, a_small_message_cannot_make_a_large_value) {
    const auto report = [](std::size_t schedules) {
        std::string periods;
        for (int i = 0; i < 1024; ++i) periods += R"({"startPeriod":0},)";
        periods.pop_back();
        const std::string profile =
            R"({"id":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute",)"
            R"("chargingSchedule":[{"id":1,"chargingRateUnit":"A","chargingSchedulePeriod":[)" +
            periods + "]}]},";
        std::string profiles;
        for (std::size_t i = 0; i < schedules; ++i) profiles += profile;
        profiles.pop_back();
        return R"({"requestId":1,"chargingLimitSource":"EMS","evseId":1,"chargingProfile":[)" + profiles + "]}";
    };
    const std::size_t room = kLargestValue / (1024 * sizeof(ChargingSchedulePeriod));
    EXPECT_GE(room, 3u) << "one profile of the largest size that the schema allows fits";
    EXPECT_TRUE(parse<ReportChargingProfilesRequest>(report(room - 1)));
    const std::string too_much = report(room + 1);
    EXPECT_LT(too_much.size(), kLargestMessage);
    EXPECT_EQ(error_of<ReportChargingProfilesRequest>(too_much).code, ErrorCode::PropertyConstraintViolation);
}

TEST(Message, knows_its_type_and_nothing_else) {
    const Message message = GetVariablesRequest{};
    EXPECT_NE(message.get<GetVariablesRequest>(), nullptr);
    EXPECT_EQ(message.get<SetVariablesRequest>(), nullptr);
    EXPECT_FALSE(message.write());

    const std::string text(kBoot);
    const auto boot = Message::parse(type_of<BootNotificationRequest>(), *check_json(text));
    ASSERT_TRUE(boot);
    EXPECT_EQ(boot->get<BootNotificationRequest>()->reason, BootReasonEnum::PowerUp);
}

}  // namespace
}  // namespace voltkeep::ocpp
