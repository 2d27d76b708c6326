// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block C: authorization and payment.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/messages/tariff.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class AuthorizeCertificateStatusEnum : std::uint8_t {
    Accepted, SignatureError, CertificateExpired, CertificateRevoked, NoCertificateAvailable, CertChainError, ContractCancelled,
};

enum class ClearCacheStatusEnum : std::uint8_t { Accepted, Rejected };

enum class PaymentStatusEnum : std::uint8_t { Settled, Canceled, Rejected, Failed };

/// A postal address.
struct Address {
    String<50> name{};
    String<100> address1{};
    String<100> city{};
    String<50> country{};
    std::optional<String<100>> address2{};
    std::optional<String<20>> postalCode{};
    std::optional<CustomData> customData{};
};

struct AuthorizeRequest;
struct AuthorizeResponse {
    using Request = AuthorizeRequest;
    static constexpr Action kAction = Action::Authorize;

    IdTokenInfo idTokenInfo{};
    std::optional<AuthorizeCertificateStatusEnum> certificateStatus{};
    Since21<Sequence<EnergyTransferModeEnum, 1, kUnbounded>> allowedEnergyTransfer{};
    Since21<Tariff> tariff{};
    std::optional<CustomData> customData{};
};

/// Asks whether an identifier may charge (C01 to C07). From the station.
struct AuthorizeRequest {
    using Response = AuthorizeResponse;
    static constexpr Action kAction = Action::Authorize;

    IdToken idToken{};
    std::optional<String<10000>> certificate{};
    std::optional<Sequence<OCSPRequestData, 1, 4>> iso15118CertificateHashData{};
    std::optional<CustomData> customData{};
};

struct ClearCacheRequest;
struct ClearCacheResponse {
    using Request = ClearCacheRequest;
    static constexpr Action kAction = Action::ClearCache;

    ClearCacheStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Empties the authorization cache (C11). From the CSMS.
struct ClearCacheRequest {
    using Response = ClearCacheResponse;
    static constexpr Action kAction = Action::ClearCache;

    std::optional<CustomData> customData{};
};

struct NotifySettlementRequest;
struct NotifySettlementResponse {
    using Request = NotifySettlementRequest;
    static constexpr Action kAction = Action::NotifySettlement;

    std::optional<String<2000>> receiptUrl{};
    std::optional<String<50>> receiptId{};
    std::optional<CustomData> customData{};
};

/// A payment at the terminal is settled (C20 to C23). From the station. Since 2.1.
struct NotifySettlementRequest {
    using Response = NotifySettlementResponse;
    static constexpr Action kAction = Action::NotifySettlement;

    String<255> pspRef{};
    PaymentStatusEnum status{};
    Decimal settlementAmount{};
    DateTime settlementTime{};
    std::optional<String<36>> transactionId{};
    std::optional<String<500>> statusInfo{};
    std::optional<String<50>> receiptId{};
    std::optional<String<2000>> receiptUrl{};
    std::optional<Address> vatCompany{};
    std::optional<String<20>> vatNumber{};
    std::optional<CustomData> customData{};
};

struct NotifyWebPaymentStartedRequest;
struct NotifyWebPaymentStartedResponse {
    using Request = NotifyWebPaymentStartedRequest;
    static constexpr Action kAction = Action::NotifyWebPaymentStarted;

    std::optional<CustomData> customData{};
};

/// Someone pays by a web page for an EVSE (C25). From the CSMS. Since 2.1.
struct NotifyWebPaymentStartedRequest {
    using Response = NotifyWebPaymentStartedResponse;
    static constexpr Action kAction = Action::NotifyWebPaymentStarted;

    Count evseId{};
    Integer<> timeout{};                                    ///< s
    std::optional<CustomData> customData{};
};

struct VatNumberValidationRequest;
struct VatNumberValidationResponse {
    using Request = VatNumberValidationRequest;
    static constexpr Action kAction = Action::VatNumberValidation;

    String<20> vatNumber{};
    GenericStatusEnum status{};
    std::optional<Address> company{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

/// Asks whether a VAT number is valid (C22). From the station. Since 2.1.
struct VatNumberValidationRequest {
    using Response = VatNumberValidationResponse;
    static constexpr Action kAction = Action::VatNumberValidation;

    String<20> vatNumber{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
