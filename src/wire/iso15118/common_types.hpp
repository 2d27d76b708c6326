// SPDX-License-Identifier: Apache-2.0
// What the messages of all energy modes share: schema urn:iso:std:iso:15118:-20:CommonTypes.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/exi/fields.hpp"
#include "wire/iso15118/xmldsig.hpp"

namespace voltkeep::iso15118 {

using exi::operator==;

using SessionID = exi::HexBinary<8>;  ///< zero in the first request of a new session
using NumericID = exi::Within<std::uint32_t, 1, 4294967295>;
using Percent = exi::Within<std::int8_t, 0, 100>;
using Identifier = exi::String<255>;
using Name = exi::String<80>;
using Description = exi::String<160>;
using MeterID = exi::String<32>;
using MeterSignature = exi::Base64Binary<64>;

/// What the charger wants from the car.
enum class EVSENotification : std::uint8_t {
    Pause,
    ExitStandby,
    Terminate,
    ScheduleRenegotiation,
    ServiceRenegotiation,
    MeteringConfirmation
};
constexpr auto names(exi::of<EVSENotification>) {
    return exi::enumeration<EVSENotification::MeteringConfirmation>("Pause", "ExitStandby", "Terminate", "ScheduleRenegotiation",
                                                                    "ServiceRenegotiation", "MeteringConfirmation");
}

/// Whether the answer is complete.
enum class Processing : std::uint8_t { Finished, Ongoing, Ongoing_WaitingForCustomerInteraction };
constexpr auto names(exi::of<Processing>) {
    return exi::enumeration<Processing::Ongoing_WaitingForCustomerInteraction>("Finished", "Ongoing",
                                                                               "Ongoing_WaitingForCustomerInteraction");
}

/// How a request was taken. From FAILED on a code ends the session.
enum class ResponseCode : std::uint8_t {
    OK,
    OK_CertificateExpiresSoon,
    OK_NewSessionEstablished,
    OK_OldSessionJoined,
    OK_PowerToleranceConfirmed,
    WARNING_AuthorizationSelectionInvalid,
    WARNING_CertificateExpired,
    WARNING_CertificateNotYetValid,
    WARNING_CertificateRevoked,
    WARNING_CertificateValidationError,
    WARNING_ChallengeInvalid,
    WARNING_EIMAuthorizationFailure,
    WARNING_eMSPUnknown,
    WARNING_EVPowerProfileViolation,
    WARNING_GeneralPnCAuthorizationError,
    WARNING_NoCertificateAvailable,
    WARNING_NoContractMatchingPCIDFound,
    WARNING_PowerToleranceNotConfirmed,
    WARNING_ScheduleRenegotiationFailed,
    WARNING_StandbyNotAllowed,
    WARNING_WPT,
    FAILED,
    FAILED_AssociationError,
    FAILED_ContactorError,
    FAILED_EVPowerProfileInvalid,
    FAILED_EVPowerProfileViolation,
    FAILED_MeteringSignatureNotValid,
    FAILED_NoEnergyTransferServiceSelected,
    FAILED_NoServiceRenegotiationSupported,
    FAILED_PauseNotAllowed,
    FAILED_PowerDeliveryNotApplied,
    FAILED_PowerToleranceNotConfirmed,
    FAILED_ScheduleRenegotiation,
    FAILED_ScheduleSelectionInvalid,
    FAILED_SequenceError,
    FAILED_ServiceIDInvalid,
    FAILED_ServiceSelectionInvalid,
    FAILED_SignatureError,
    FAILED_UnknownSession,
    FAILED_WrongChargeParameter
};
constexpr auto names(exi::of<ResponseCode>) {
    return exi::enumeration<ResponseCode::FAILED_WrongChargeParameter>(
        "OK", "OK_CertificateExpiresSoon", "OK_NewSessionEstablished", "OK_OldSessionJoined", "OK_PowerToleranceConfirmed",
        "WARNING_AuthorizationSelectionInvalid", "WARNING_CertificateExpired", "WARNING_CertificateNotYetValid",
        "WARNING_CertificateRevoked", "WARNING_CertificateValidationError", "WARNING_ChallengeInvalid",
        "WARNING_EIMAuthorizationFailure", "WARNING_eMSPUnknown", "WARNING_EVPowerProfileViolation",
        "WARNING_GeneralPnCAuthorizationError", "WARNING_NoCertificateAvailable", "WARNING_NoContractMatchingPCIDFound",
        "WARNING_PowerToleranceNotConfirmed", "WARNING_ScheduleRenegotiationFailed", "WARNING_StandbyNotAllowed", "WARNING_WPT",
        "FAILED", "FAILED_AssociationError", "FAILED_ContactorError", "FAILED_EVPowerProfileInvalid",
        "FAILED_EVPowerProfileViolation", "FAILED_MeteringSignatureNotValid", "FAILED_NoEnergyTransferServiceSelected",
        "FAILED_NoServiceRenegotiationSupported", "FAILED_PauseNotAllowed", "FAILED_PowerDeliveryNotApplied",
        "FAILED_PowerToleranceNotConfirmed", "FAILED_ScheduleRenegotiation", "FAILED_ScheduleSelectionInvalid",
        "FAILED_SequenceError", "FAILED_ServiceIDInvalid", "FAILED_ServiceSelectionInvalid", "FAILED_SignatureError",
        "FAILED_UnknownSession", "FAILED_WrongChargeParameter");
}

/// What every message begins with. Session 0 asks for a new session.
struct MessageHeader {
    SessionID session_id{};
    std::uint64_t time_stamp = 0;  // s since 1970-01-01T00:00:00Z
    exi::Rare<xmldsig::Signature> signature{};
};
constexpr auto fields(exi::of<MessageHeader>) {
    return exi::list(exi::element("SessionID", &MessageHeader::session_id), exi::element("TimeStamp", &MessageHeader::time_stamp),
                     exi::element("Signature", &MessageHeader::signature));
}

/// value * 10^exponent. See rational.hpp.
struct RationalNumber {
    std::int8_t exponent = 0;
    std::int16_t value = 0;
};
constexpr auto fields(exi::of<RationalNumber>) {
    return exi::list(exi::element("Exponent", &RationalNumber::exponent), exi::element("Value", &RationalNumber::value));
}

/// What the car lets the charger show to its driver. State of charge in percent.
struct DisplayParameters {
    std::optional<Percent> present_soc{};
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<Percent> maximum_soc{};
    std::optional<std::uint32_t> remaining_time_to_minimum_soc{};  // s
    std::optional<std::uint32_t> remaining_time_to_target_soc{};   // s
    std::optional<std::uint32_t> remaining_time_to_maximum_soc{};  // s
    std::optional<bool> charging_complete{};
    std::optional<RationalNumber> battery_energy_capacity{};  // Wh
    std::optional<bool> inlet_hot{};
};
constexpr auto fields(exi::of<DisplayParameters>) {
    return exi::list(
        exi::element("PresentSOC", &DisplayParameters::present_soc), exi::element("MinimumSOC", &DisplayParameters::minimum_soc),
        exi::element("TargetSOC", &DisplayParameters::target_soc), exi::element("MaximumSOC", &DisplayParameters::maximum_soc),
        exi::element("RemainingTimeToMinimumSOC", &DisplayParameters::remaining_time_to_minimum_soc),
        exi::element("RemainingTimeToTargetSOC", &DisplayParameters::remaining_time_to_target_soc),
        exi::element("RemainingTimeToMaximumSOC", &DisplayParameters::remaining_time_to_maximum_soc),
        exi::element("ChargingComplete", &DisplayParameters::charging_complete),
        exi::element("BatteryEnergyCapacity", &DisplayParameters::battery_energy_capacity),
        exi::element("InletHot", &DisplayParameters::inlet_hot));
}

/// What the charger wants from the car, and how soon.
struct EVSEStatus {
    std::uint16_t notification_max_delay = 0;  // s
    EVSENotification evse_notification{};
};
constexpr auto fields(exi::of<EVSEStatus>) {
    return exi::list(exi::element("NotificationMaxDelay", &EVSEStatus::notification_max_delay),
                     exi::element("EVSENotification", &EVSEStatus::evse_notification));
}

/// A reading of the meter, since the start of the service session.
struct MeterInfo {
    MeterID meter_id{};
    std::uint64_t charged_energy_reading_wh = 0;                       // Wh
    std::optional<std::uint64_t> bpt_discharged_energy_reading_wh{};   // Wh
    std::optional<std::uint64_t> capacitive_energy_reading_varh{};     // varh
    std::optional<std::uint64_t> bpt_inductive_energy_reading_varh{};  // varh
    std::optional<MeterSignature> meter_signature{};
    std::optional<std::int16_t> meter_status{};
    std::optional<std::uint64_t> meter_timestamp{};  // s since 1970-01-01T00:00:00Z
};
constexpr auto fields(exi::of<MeterInfo>) {
    return exi::list(exi::element("MeterID", &MeterInfo::meter_id),
                     exi::element("ChargedEnergyReadingWh", &MeterInfo::charged_energy_reading_wh),
                     exi::element("BPT_DischargedEnergyReadingWh", &MeterInfo::bpt_discharged_energy_reading_wh),
                     exi::element("CapacitiveEnergyReadingVARh", &MeterInfo::capacitive_energy_reading_varh),
                     exi::element("BPT_InductiveEnergyReadingVARh", &MeterInfo::bpt_inductive_energy_reading_varh),
                     exi::element("MeterSignature", &MeterInfo::meter_signature),
                     exi::element("MeterStatus", &MeterInfo::meter_status),
                     exi::element("MeterTimestamp", &MeterInfo::meter_timestamp));
}

/// One kind of cost.
struct DetailedCost {
    RationalNumber amount{};         // currency
    RationalNumber cost_per_unit{};  // currency per unit
};
constexpr auto fields(exi::of<DetailedCost>) {
    return exi::list(exi::element("Amount", &DetailedCost::amount), exi::element("CostPerUnit", &DetailedCost::cost_per_unit));
}

/// One tax.
struct DetailedTax {
    NumericID tax_rule_id{};
    RationalNumber amount{};  // currency
};
constexpr auto fields(exi::of<DetailedTax>) {
    return exi::list(exi::element("TaxRuleID", &DetailedTax::tax_rule_id), exi::element("Amount", &DetailedTax::amount));
}

/// The costs so far.
struct Receipt {
    std::uint64_t time_anchor = 0;  // s since 1970-01-01T00:00:00Z
    std::optional<DetailedCost> energy_costs{};
    std::optional<DetailedCost> occupancy_costs{};
    std::optional<DetailedCost> additional_services_costs{};
    std::optional<DetailedCost> overstay_costs{};
    List<DetailedTax, 10> tax_costs{};
};
constexpr auto fields(exi::of<Receipt>) {
    return exi::list(exi::element("TimeAnchor", &Receipt::time_anchor), exi::element("EnergyCosts", &Receipt::energy_costs),
                     exi::element("OccupancyCosts", &Receipt::occupancy_costs),
                     exi::element("AdditionalServicesCosts", &Receipt::additional_services_costs),
                     exi::element("OverstayCosts", &Receipt::overstay_costs),
                     exi::element("TaxCosts", &Receipt::tax_costs, exi::at_least<0>));
}

/// The roots that the car trusts.
struct ListOfRootCertificateIDs {
    exi::Many<xmldsig::X509IssuerSerial, 20> root_certificate_id{};
};
constexpr auto fields(exi::of<ListOfRootCertificateIDs>) {
    return exi::list(exi::element("RootCertificateID", &ListOfRootCertificateIDs::root_certificate_id));
}

/// Head of the control modes of a charge loop request: abstract in the schema, so no car sends it and a handler refuses it.
struct CLReqControlMode {};
constexpr auto fields(exi::of<CLReqControlMode>) { return exi::list(); }

/// Head of the control modes of a charge loop response: abstract in the schema, so no charger sends it.
struct CLResControlMode {};
constexpr auto fields(exi::of<CLResControlMode>) { return exi::list(); }

}  // namespace voltkeep::iso15118
