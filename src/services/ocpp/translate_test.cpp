// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

#include <gtest/gtest.h>

#include "wire/ocpp/codec.hpp"

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
    const auto reason = [](std::uint8_t protection) {
        return ended(session::StopCause::power_trip, protection).transactionInfo.stoppedReason;
    };
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

//= OCPP 2.1 E06.FR.08, E06.FR.09, E07.FR.04, E07.FR.06
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

//= OCPP 2.1 F01.FR.25, F02.FR.21
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

//= OCPP 2.1 E02.FR.14, E03.FR.10, E04.FR.10, E05.FR.06, E07.FR.12, E08.FR.12, E09.FR.08, E10.FR.07, E11.FR.08, E12.FR.10
//= OCPP 2.1 J02.FR.21
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

//= OCPP 2.1 E01.FR.09, E02.FR.09, E03.FR.07, E04.FR.05, E05.FR.05, F01.FR.14
//= OCPP 2.1 E02.FR.10, E03.FR.08, E04.FR.06, E11.FR.03, E12.FR.03, F01.FR.15
//= OCPP 2.1 E06.FR.11, E07.FR.08, E08.FR.09, E09.FR.05, E10.FR.04, E12.FR.07, F03.FR.04
//= OCPP 2.1 J02.FR.02, J02.FR.03, J02.FR.04, J02.FR.05, J02.FR.17, J02.FR.18, J02.FR.22
TEST(Translate, a_reading_says_when_it_was_taken_and_what_of) {
    session::Event event;
    event.evse = EvseId{2};
    session::Record& record = event.record.emplace();
    record.state_of_charge = Permille{455};
    auto& reading = record.reading.emplace();
    reading.wall_ms = 5'000;
    reading.import_mwh = 123'456'789;
    reading.power = Watt{50'000};
    reading.voltage = MilliVolt{400'500};
    reading.current = MilliAmpere{125'000};
    using enum ReadingContextEnum;
    for (const auto& [kind, context] : {std::pair{session::RecordKind::started, Transaction_Begin},
                                        {session::RecordKind::updated, Sample_Periodic},
                                        {session::RecordKind::ended, Transaction_End}}) {
        record.kind = kind;
        const auto request = transaction_event(event, "EUR");
        ASSERT_TRUE(request.meterValue);
        const MeterValue& value = (*request.meterValue)[0];
        EXPECT_EQ(value.timestamp.time.unix_ms, 5'000);
        std::string all;
        for (const SampledValue& sample : value.sampledValue) {
            EXPECT_EQ(sample.context, context);
            all += std::string(word(*sample.measurand)) + "=" + sample.value.text() + " ";
        }
        EXPECT_EQ(
            all, "Energy.Active.Import.Register=123456.789 Power.Active.Import=50000 Voltage=400.5 Current.Import=125 SoC=45.5 ");
        EXPECT_EQ(value.sampledValue.back().location, LocationEnum::EV);
    }
}

//= OCPP 2.1 E01.FR.16, E01.FR.18, E02.FR.13, E04.FR.03, E08.FR.07
TEST(Translate, says_where_in_which_state_and_whether_the_csms_was_away) {
    session::Event event;
    event.evse = EvseId{2};
    session::Record& record = event.record.emplace();
    record.kind = session::RecordKind::started;
    record.charging = session::ChargingState::suspended_ev;
    const auto on_line = transaction_event(event, "EUR");
    ASSERT_TRUE(on_line.evse && on_line.evse->connectorId);
    EXPECT_EQ(on_line.evse->id.value, 2);
    EXPECT_EQ(on_line.evse->connectorId->value, 1);
    EXPECT_EQ(on_line.transactionInfo.chargingState, ChargingStateEnum::SuspendedEV);
    EXPECT_FALSE(on_line.offline);
    record.offline = true;
    EXPECT_EQ(transaction_event(event, "EUR").offline, true);
}

//= OCPP 2.1 J02.FR.11
TEST(Translate, a_reading_has_what_the_csms_wants_of_it) {
    session::Event event;
    session::Record& record = event.record.emplace();
    record.reading.emplace();
    const Sampled sampled{.started = 0b00011, .updated = 0, .ended = 0b10100};
    const auto measurands = [&](session::RecordKind kind) {
        record.kind = kind;
        std::vector<MeasurandEnum> all;
        const auto request = transaction_event(event, "EUR", sampled);
        if (request.meterValue)
            for (const SampledValue& sample : (*request.meterValue)[0].sampledValue) all.push_back(*sample.measurand);
        return all;
    };
    using enum MeasurandEnum;
    EXPECT_EQ(measurands(session::RecordKind::started), (std::vector{Energy_Active_Import_Register, Power_Active_Import}));
    EXPECT_EQ(measurands(session::RecordKind::updated), std::vector<MeasurandEnum>{})
        << "and there is no list without an element";
    EXPECT_EQ(measurands(session::RecordKind::ended), std::vector{Voltage}) << "the car says no charge";
}

}  // namespace voltkeep::ocpp
