// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block L: firmware.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class FirmwareStatusEnum : std::uint8_t {
    Downloaded, DownloadFailed, Downloading, DownloadScheduled, DownloadPaused, Idle, InstallationFailed, Installing, Installed,
    InstallRebooting, InstallScheduled, InstallVerificationFailed, InvalidSignature, SignatureVerified,
};

enum class PublishFirmwareStatusEnum : std::uint8_t {
    Idle, DownloadScheduled, Downloading, Downloaded, Published, DownloadFailed, DownloadPaused, InvalidChecksum,
    ChecksumVerified, PublishFailed,
};

enum class UnpublishFirmwareStatusEnum : std::uint8_t { DownloadOngoing, NoFirmware, Unpublished };

enum class UpdateFirmwareStatusEnum : std::uint8_t {
    Accepted, Rejected, AcceptedCanceled, InvalidCertificate, RevokedCertificate,
};

/// Where a firmware is, and how it is signed.
struct Firmware {
    String<2000> location{};
    DateTime retrieveDateTime{};
    std::optional<DateTime> installDateTime{};
    std::optional<String<5500>> signingCertificate{};
    std::optional<String<800>> signature{};
    std::optional<CustomData> customData{};
};

struct FirmwareStatusNotificationRequest;
struct FirmwareStatusNotificationResponse {
    using Request = FirmwareStatusNotificationRequest;
    static constexpr Action kAction = Action::FirmwareStatusNotification;

    std::optional<CustomData> customData{};
};

/// How far a firmware update is (L01, L02). From the station.
struct FirmwareStatusNotificationRequest {
    using Response = FirmwareStatusNotificationResponse;
    static constexpr Action kAction = Action::FirmwareStatusNotification;

    FirmwareStatusEnum status{};
    std::optional<Integer<>> requestId{};
    Since21<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

struct PublishFirmwareRequest;
struct PublishFirmwareResponse {
    using Request = PublishFirmwareRequest;
    static constexpr Action kAction = Action::PublishFirmware;

    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Has a local controller download a firmware for its stations (L03). From the CSMS.
struct PublishFirmwareRequest {
    using Response = PublishFirmwareResponse;
    static constexpr Action kAction = Action::PublishFirmware;

    String<2000> location{};
    String<32> checksum{};
    Count requestId{};
    std::optional<Count> retries{};
    std::optional<Count> retryInterval{};                   ///< s
    std::optional<CustomData> customData{};
};

struct PublishFirmwareStatusNotificationRequest;
struct PublishFirmwareStatusNotificationResponse {
    using Request = PublishFirmwareStatusNotificationRequest;
    static constexpr Action kAction = Action::PublishFirmwareStatusNotification;

    std::optional<CustomData> customData{};
};

/// How far the download of a firmware to publish is (L03). From the station.
struct PublishFirmwareStatusNotificationRequest {
    using Response = PublishFirmwareStatusNotificationResponse;
    static constexpr Action kAction = Action::PublishFirmwareStatusNotification;

    PublishFirmwareStatusEnum status{};
    std::optional<Sequence<String<2000>, 1, kUnbounded>> location{};
    std::optional<Count> requestId{};
    Since21<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

struct UnpublishFirmwareRequest;
struct UnpublishFirmwareResponse {
    using Request = UnpublishFirmwareRequest;
    static constexpr Action kAction = Action::UnpublishFirmware;

    UnpublishFirmwareStatusEnum status{};
    std::optional<CustomData> customData{};
};

/// Stops the publishing of a firmware (L04). From the CSMS.
struct UnpublishFirmwareRequest {
    using Response = UnpublishFirmwareResponse;
    static constexpr Action kAction = Action::UnpublishFirmware;

    String<32> checksum{};
    std::optional<CustomData> customData{};
};

struct UpdateFirmwareRequest;
struct UpdateFirmwareResponse {
    using Request = UpdateFirmwareRequest;
    static constexpr Action kAction = Action::UpdateFirmware;

    UpdateFirmwareStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Has a firmware downloaded and installed (L01, L02). From the CSMS.
struct UpdateFirmwareRequest {
    using Response = UpdateFirmwareResponse;
    static constexpr Action kAction = Action::UpdateFirmware;

    Integer<> requestId{};
    Firmware firmware{};
    std::optional<Count> retries{};
    std::optional<Integer<>> retryInterval{};               ///< s
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
