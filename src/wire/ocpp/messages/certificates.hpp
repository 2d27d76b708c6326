// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block M: certificates (ISO 15118).
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class CertificateActionEnum : std::uint8_t { Install, Update };

enum class CertificateStatusEnum : std::uint8_t { Good, Revoked, Unknown, Failed };

enum class CertificateStatusSourceEnum : std::uint8_t { CRL, OCSP };

enum class DeleteCertificateStatusEnum : std::uint8_t { Accepted, Failed, NotFound };

enum class GetCertificateIdUseEnum : std::uint8_t {
    V2GRootCertificate, MORootCertificate, CSMSRootCertificate, V2GCertificateChain, ManufacturerRootCertificate,
    OEMRootCertificate,
};
consteval auto added_in_2_1(GetCertificateIdUseEnum) { return std::array{GetCertificateIdUseEnum::OEMRootCertificate}; }

enum class GetCertificateStatusEnum : std::uint8_t { Accepted, Failed };

enum class GetInstalledCertificateStatusEnum : std::uint8_t { Accepted, NotFound };

enum class InstallCertificateStatusEnum : std::uint8_t { Accepted, Rejected, Failed };

enum class InstallCertificateUseEnum : std::uint8_t {
    V2GRootCertificate, MORootCertificate, ManufacturerRootCertificate, CSMSRootCertificate, OEMRootCertificate,
};
consteval auto added_in_2_1(InstallCertificateUseEnum) { return std::array{InstallCertificateUseEnum::OEMRootCertificate}; }

enum class Iso15118EVCertificateStatusEnum : std::uint8_t { Accepted, Failed };

/// An installed certificate with its sub-CAs.
struct CertificateHashDataChain {
    CertificateHashData certificateHashData{};
    GetCertificateIdUseEnum certificateType{};
    std::optional<Sequence<CertificateHashData, 1, 4>> childCertificateHashData{};
    std::optional<CustomData> customData{};
};

/// Whose revocation status is asked for, and where it may be found.
struct CertificateStatusRequestInfo {
    CertificateHashData certificateHashData{};
    CertificateStatusSourceEnum source{};
    Sequence<String<2000>, 1, 5> urls{};
    std::optional<CustomData> customData{};
};

/// The revocation status of a certificate.
struct CertificateStatus {
    CertificateHashData certificateHashData{};
    CertificateStatusSourceEnum source{};
    CertificateStatusEnum status{};
    DateTime nextUpdate{};
    std::optional<CustomData> customData{};
};

struct DeleteCertificateRequest;
struct DeleteCertificateResponse {
    using Request = DeleteCertificateRequest;
    static constexpr Action kAction = Action::DeleteCertificate;

    DeleteCertificateStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Deletes an installed certificate (M04). From the CSMS.
struct DeleteCertificateRequest {
    using Response = DeleteCertificateResponse;
    static constexpr Action kAction = Action::DeleteCertificate;

    CertificateHashData certificateHashData{};
    std::optional<CustomData> customData{};
};

struct Get15118EVCertificateRequest;
struct Get15118EVCertificateResponse {
    using Request = Get15118EVCertificateRequest;
    static constexpr Action kAction = Action::Get15118EVCertificate;

    Iso15118EVCertificateStatusEnum status{};
    String<17000> exiResponse{};
    std::optional<StatusInfo> statusInfo{};
    Since21<Count> remainingContracts{};
    std::optional<CustomData> customData{};
};

/// Passes an EV's request for a contract certificate on (M01, M02). From the station.
struct Get15118EVCertificateRequest {
    using Response = Get15118EVCertificateResponse;
    static constexpr Action kAction = Action::Get15118EVCertificate;

    String<50> iso15118SchemaVersion{};
    CertificateActionEnum action{};
    String<11000> exiRequest{};
    Since21<Count> maximumContractCertificateChains{};
    Since21<Sequence<String<255>, 1, 8>> prioritizedEMAIDs{};
    std::optional<CustomData> customData{};
};

struct GetCertificateChainStatusRequest;
struct GetCertificateChainStatusResponse {
    using Request = GetCertificateChainStatusRequest;
    static constexpr Action kAction = Action::GetCertificateChainStatus;

    Sequence<CertificateStatus, 1, 4> certificateStatus{};
    std::optional<CustomData> customData{};
};

/// Asks for the revocation status of an EV's certificate chain (M07). From the station. Since 2.1.
struct GetCertificateChainStatusRequest {
    using Response = GetCertificateChainStatusResponse;
    static constexpr Action kAction = Action::GetCertificateChainStatus;

    Sequence<CertificateStatusRequestInfo, 1, 4> certificateStatusRequests{};
    std::optional<CustomData> customData{};
};

struct GetCertificateStatusRequest;
struct GetCertificateStatusResponse {
    using Request = GetCertificateStatusRequest;
    static constexpr Action kAction = Action::GetCertificateStatus;

    GetCertificateStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<String<18000>> ocspResult{};
    std::optional<CustomData> customData{};
};

/// Asks for the OCSP response of a certificate (M06). From the station.
struct GetCertificateStatusRequest {
    using Response = GetCertificateStatusResponse;
    static constexpr Action kAction = Action::GetCertificateStatus;

    OCSPRequestData ocspRequestData{};
    std::optional<CustomData> customData{};
};

struct GetInstalledCertificateIdsRequest;
struct GetInstalledCertificateIdsResponse {
    using Request = GetInstalledCertificateIdsRequest;
    static constexpr Action kAction = Action::GetInstalledCertificateIds;

    GetInstalledCertificateStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<Sequence<CertificateHashDataChain, 1, kUnbounded>> certificateHashDataChain{};
    std::optional<CustomData> customData{};
};

/// Asks which certificates are installed (M03). From the CSMS.
struct GetInstalledCertificateIdsRequest {
    using Response = GetInstalledCertificateIdsResponse;
    static constexpr Action kAction = Action::GetInstalledCertificateIds;

    std::optional<Sequence<GetCertificateIdUseEnum, 1, kUnbounded>> certificateType{};
    std::optional<CustomData> customData{};
};

struct InstallCertificateRequest;
struct InstallCertificateResponse {
    using Request = InstallCertificateRequest;
    static constexpr Action kAction = Action::InstallCertificate;

    InstallCertificateStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Installs a root certificate (M05). From the CSMS.
struct InstallCertificateRequest {
    using Response = InstallCertificateResponse;
    static constexpr Action kAction = Action::InstallCertificate;

    InstallCertificateUseEnum certificateType{};
    String<10000> certificate{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
