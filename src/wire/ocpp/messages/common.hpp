// SPDX-License-Identifier: Apache-2.0
// Data types that more than one block of OCPP 2.1 uses.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class AuthorizationStatusEnum : std::uint8_t {
    Accepted, Blocked, ConcurrentTx, Expired, Invalid, NoCredit, NotAllowedTypeEVSE, NotAtThisLocation, NotAtThisTime, Unknown,
};

enum class DERControlEnum : std::uint8_t {
    EnterService, FreqDroop, FreqWatt, FixedPFAbsorb, FixedPFInject, FixedVar, Gradients, HFMustTrip, HFMayTrip, HVMustTrip,
    HVMomCess, HVMayTrip, LimitMaxDischarge, LFMustTrip, LVMustTrip, LVMomCess, LVMayTrip, PowerMonitoringMustTrip, VoltVar,
    VoltWatt, WattPF, WattVar,
};

enum class EnergyTransferModeEnum : std::uint8_t {
    AC_single_phase, AC_two_phase, AC_three_phase, DC, AC_BPT, AC_BPT_DER, AC_DER, DC_BPT, DC_ACDP, DC_ACDP_BPT, WPT,
};
consteval auto added_in_2_1(EnergyTransferModeEnum) {
    using enum EnergyTransferModeEnum;
    return std::array{AC_BPT, AC_BPT_DER, AC_DER, DC_BPT, DC_ACDP, DC_ACDP_BPT, WPT};
}

enum class GenericDeviceModelStatusEnum : std::uint8_t { Accepted, Rejected, NotSupported, EmptyResultSet };

enum class GenericStatusEnum : std::uint8_t { Accepted, Rejected };

enum class HashAlgorithmEnum : std::uint8_t { SHA256, SHA384, SHA512 };

enum class MessageFormatEnum : std::uint8_t { ASCII, HTML, URI, UTF8, QRCODE };
consteval auto added_in_2_1(MessageFormatEnum) { return std::array{MessageFormatEnum::QRCODE}; }

enum class OperationModeEnum : std::uint8_t {
    Idle, ChargingOnly, CentralSetpoint, ExternalSetpoint, ExternalLimits, CentralFrequency, LocalFrequency, LocalLoadBalancing,
};

/// A further identifier of who charges, for example an EVCCID.
struct AdditionalInfo {
    String<255> additionalIdToken{};
    String<50> type{};
    std::optional<CustomData> customData{};
};

/// Names a certificate by hashes of its issuer and its serial number.
struct CertificateHashData {
    HashAlgorithmEnum hashAlgorithm{};
    String<128> issuerNameHash{};
    String<128> issuerKeyHash{};
    String<40> serialNumber{};
    std::optional<CustomData> customData{};
};

/// An EVSE, or a connector of it.
struct EVSE {
    Count id{};                                             ///< 0 is the station
    std::optional<Count> connectorId{};
    std::optional<CustomData> customData{};
};

/// A component of the device model.
struct Component {
    String<50> name{};
    std::optional<EVSE> evse{};
    std::optional<String<50>> instance{};
    std::optional<CustomData> customData{};
};

/// A variable of the device model.
struct Variable {
    String<50> name{};
    std::optional<String<50>> instance{};
    std::optional<CustomData> customData{};
};

/// A variable of a component.
struct ComponentVariable {
    Component component{};
    std::optional<Variable> variable{};
    std::optional<CustomData> customData{};
};

/// Who charges. Not case-sensitive. `type` is open: Central, eMAID, ISO14443, ISO15693, Local, MacAddress, NoAuthorization,
/// DirectPayment ...
struct IdToken {
    String<255> idToken{};
    String<20> type{};
    std::optional<Sequence<AdditionalInfo, 1, kUnbounded>> additionalInfo{};
    std::optional<CustomData> customData{};
};

/// A text for people.
struct MessageContent {
    MessageFormatEnum format{};
    String<1024> content{};
    std::optional<String<8>> language{};
    std::optional<CustomData> customData{};
};

/// Whether an identifier may charge, and what comes with it.
struct IdTokenInfo {
    AuthorizationStatusEnum status{};
    std::optional<DateTime> cacheExpiryDateTime{};
    std::optional<Integer<>> chargingPriority{};
    std::optional<IdToken> groupIdToken{};
    std::optional<String<8>> language1{};
    std::optional<String<8>> language2{};
    std::optional<Sequence<Count, 1, kUnbounded>> evseId{};
    std::optional<MessageContent> personalMessage{};
    std::optional<CustomData> customData{};
};

/// What an OCSP responder is asked about.
struct OCSPRequestData {
    HashAlgorithmEnum hashAlgorithm{};
    String<128> issuerNameHash{};
    String<128> issuerKeyHash{};
    String<40> serialNumber{};
    String<2000> responderURL{};
    std::optional<CustomData> customData{};
};

/// A tax.
struct TaxRate {
    String<20> type{};
    Decimal tax{};                                          ///< %
    std::optional<Count> stack{};
    std::optional<CustomData> customData{};
};

/// A price with and without tax: at least one of them.
struct Price {
    std::optional<Decimal> exclTax{};
    std::optional<Decimal> inclTax{};
    std::optional<Sequence<TaxRate, 1, 5>> taxRates{};
    std::optional<CustomData> customData{};
};

/// Why, for machines (appendix 5, reason codes) and for people.
struct StatusInfo {
    String<20> reasonCode{};
    std::optional<String<1024>> additionalInfo{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
