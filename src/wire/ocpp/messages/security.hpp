// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block A: security.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class CertificateSignedStatusEnum : std::uint8_t { Accepted, Rejected };

enum class CertificateSigningUseEnum : std::uint8_t { ChargingStationCertificate, V2GCertificate, V2G20Certificate };
consteval auto added_in_2_1(CertificateSigningUseEnum) { return std::array{CertificateSigningUseEnum::V2G20Certificate}; }

struct CertificateSignedRequest;
struct CertificateSignedResponse {
    using Request = CertificateSignedRequest;
    static constexpr Action kAction = Action::CertificateSigned;

    CertificateSignedStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Hands over the certificate that was signed for the station (A02, A03). From the CSMS.
struct CertificateSignedRequest {
    using Response = CertificateSignedResponse;
    static constexpr Action kAction = Action::CertificateSigned;

    String<10000> certificateChain{};
    std::optional<CertificateSigningUseEnum> certificateType{};
    Since21<Integer<>> requestId{};
    std::optional<CustomData> customData{};
};

struct SecurityEventNotificationRequest;
struct SecurityEventNotificationResponse {
    using Request = SecurityEventNotificationRequest;
    static constexpr Action kAction = Action::SecurityEventNotification;

    std::optional<CustomData> customData{};
};

/// A security event (A04). From the station.
struct SecurityEventNotificationRequest {
    using Response = SecurityEventNotificationResponse;
    static constexpr Action kAction = Action::SecurityEventNotification;

    String<50> type{};
    DateTime timestamp{};
    std::optional<String<255>> techInfo{};
    std::optional<CustomData> customData{};
};

struct SignCertificateRequest;
struct SignCertificateResponse {
    using Request = SignCertificateRequest;
    static constexpr Action kAction = Action::SignCertificate;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a certificate for a key of the station (A02, A03). From the station.
struct SignCertificateRequest {
    using Response = SignCertificateResponse;
    static constexpr Action kAction = Action::SignCertificate;

    String<5500> csr{};
    std::optional<CertificateSigningUseEnum> certificateType{};
    Since21<CertificateHashData> hashRootCertificate{};
    Since21<Integer<>> requestId{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
