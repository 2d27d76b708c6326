// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

#include <gtest/gtest.h>

namespace voltkeep::ocpp {
namespace {

TransactionEventRequest ended(session::StopCause cause, std::uint8_t protection = PROTECTION_NONE) {
    session::Event event;
    event.evse = EvseId{1};
    session::Record& record = event.record.emplace();
    record.kind = session::RecordKind::ended;
    record.stop = cause;
    record.protection = protection;
    return transaction_event(event, "EUR");
}

}  // namespace

TEST(Translate, a_trip_is_told_by_what_tripped) {
    const auto reason = [](std::uint8_t protection) { return ended(session::StopCause::power_trip, protection).transactionInfo.stoppedReason; };
    EXPECT_EQ(reason(PROTECTION_RESIDUAL_DC_6), ReasonEnum::GroundFault);
    EXPECT_EQ(reason(PROTECTION_INSULATION), ReasonEnum::GroundFault);
    EXPECT_EQ(reason(PROTECTION_EARTH_LOST), ReasonEnum::GroundFault);
    EXPECT_EQ(reason(PROTECTION_OVER_CURRENT), ReasonEnum::OvercurrentFault);
    EXPECT_EQ(reason(PROTECTION_SHORT_CIRCUIT), ReasonEnum::OvercurrentFault);
    EXPECT_EQ(reason(PROTECTION_OVER_VOLTAGE), ReasonEnum::PowerQuality);
    EXPECT_EQ(reason(PROTECTION_MAINS), ReasonEnum::PowerQuality);
    EXPECT_EQ(reason(PROTECTION_SETUP_TIMEOUT), ReasonEnum::Timeout);
    EXPECT_EQ(reason(PROTECTION_EMERGENCY_STOP), ReasonEnum::EmergencyStop);
    EXPECT_EQ(reason(PROTECTION_OVER_TEMPERATURE), ReasonEnum::Other);
    EXPECT_EQ(reason(PROTECTION_NONE), ReasonEnum::Other);
}

TEST(Translate, a_stop_that_is_no_trip_is_told_by_who_stopped) {
    const auto reason = [](session::StopCause cause) { return ended(cause).transactionInfo.stoppedReason; };
    EXPECT_EQ(reason(session::StopCause::emergency), ReasonEnum::EmergencyStop);
    EXPECT_EQ(reason(session::StopCause::ev_terminate), ReasonEnum::StoppedByEV);
    EXPECT_EQ(reason(session::StopCause::unplugged), ReasonEnum::EVDisconnected);
    EXPECT_EQ(reason(session::StopCause::remote), ReasonEnum::Remote);
    EXPECT_EQ(reason(session::StopCause::deauthorized), ReasonEnum::DeAuthorized);
    EXPECT_EQ(reason(session::StopCause::reboot), ReasonEnum::Reboot);
    EXPECT_EQ(reason(session::StopCause::user), std::nullopt) << "absent: Local";
}

//= OCPP 2.1 F02
TEST(Translate, any_number_of_a_remote_start_is_said_and_none_is_not) {
    session::Event event;
    session::Record& record = event.record.emplace();
    record.kind = session::RecordKind::started;
    EXPECT_FALSE(transaction_event(event, "EUR").transactionInfo.remoteStartId);
    for (const std::int32_t id : {-1, 0, 77}) {
        record.remote_start_id = id;
        EXPECT_EQ(transaction_event(event, "EUR").transactionInfo.remoteStartId, id);
    }
}

TEST(Translate, a_signed_reading_goes_as_it_is_with_its_key) {
    session::Event event;
    session::Record& record = event.record.emplace();
    record.reading.emplace().import_mwh = 1'000'000;
    EXPECT_FALSE((*transaction_event(event, "EUR").meterValue)[0].sampledValue[0].signedMeterValue);
    session::SignedReading& reading = event.signed_reading.emplace();
    reading.record = "OCMF|{\"a\":1}|{}";
    const std::array octets{std::byte{0x30}, std::byte{0x59}};
    reading.public_key = *Blob<128>::from(octets);
    const auto request = transaction_event(event, "EUR");
    const auto& value = (*request.meterValue)[0].sampledValue[0];
    EXPECT_EQ(value.measurand, MeasurandEnum::Energy_Active_Import_Register);
    ASSERT_TRUE(value.signedMeterValue);
    EXPECT_EQ(value.signedMeterValue->encodingMethod.view(), "OCMF");
    EXPECT_EQ(value.signedMeterValue->signingMethod->view(), "ECDSA-secp256r1-SHA256");
    EXPECT_EQ(value.signedMeterValue->signedMeterData.view(), "T0NNRnx7ImEiOjF9fHt9");
    EXPECT_EQ(value.signedMeterValue->publicKey->view(), "b2NhOmJhc2UxNjphc24xOjMwNTk=");   // oca:base16:asn1:3059
}

}  // namespace voltkeep::ocpp
