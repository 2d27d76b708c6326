// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block F: remote control.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/charging_profile.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class MessageTriggerEnum : std::uint8_t {
    BootNotification, LogStatusNotification, FirmwareStatusNotification, Heartbeat, MeterValues, SignChargingStationCertificate,
    SignV2GCertificate, SignV2G20Certificate, StatusNotification, TransactionEvent, SignCombinedCertificate,
    PublishFirmwareStatusNotification, CustomTrigger,
};
consteval auto added_in_2_1(MessageTriggerEnum) {
    using enum MessageTriggerEnum;
    return std::array{SignV2G20Certificate, CustomTrigger};
}

enum class RequestStartStopStatusEnum : std::uint8_t { Accepted, Rejected };

enum class TriggerMessageStatusEnum : std::uint8_t { Accepted, Rejected, NotImplemented };

enum class UnlockStatusEnum : std::uint8_t { Unlocked, UnlockFailed, OngoingAuthorizedTransaction, UnknownConnector };

struct RequestStartTransactionRequest;
struct RequestStartTransactionResponse {
    using Request = RequestStartTransactionRequest;
    static constexpr Action kAction = Action::RequestStartTransaction;

    RequestStartStopStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<String<36>> transactionId{};
    std::optional<CustomData> customData{};
};

/// Starts a transaction (F01, F02). From the CSMS.
struct RequestStartTransactionRequest {
    using Response = RequestStartTransactionResponse;
    static constexpr Action kAction = Action::RequestStartTransaction;

    IdToken idToken{};
    Integer<> remoteStartId{};
    std::optional<Integer<1>> evseId{};
    std::optional<IdToken> groupIdToken{};
    std::optional<ChargingProfile> chargingProfile{};
    std::optional<CustomData> customData{};
};

struct RequestStopTransactionRequest;
struct RequestStopTransactionResponse {
    using Request = RequestStopTransactionRequest;
    static constexpr Action kAction = Action::RequestStopTransaction;

    RequestStartStopStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Ends a transaction (F03). From the CSMS.
struct RequestStopTransactionRequest {
    using Response = RequestStopTransactionResponse;
    static constexpr Action kAction = Action::RequestStopTransaction;

    String<36> transactionId{};
    std::optional<CustomData> customData{};
};

struct TriggerMessageRequest;
struct TriggerMessageResponse {
    using Request = TriggerMessageRequest;
    static constexpr Action kAction = Action::TriggerMessage;

    TriggerMessageStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a message now (F06). From the CSMS.
struct TriggerMessageRequest {
    using Response = TriggerMessageResponse;
    static constexpr Action kAction = Action::TriggerMessage;

    MessageTriggerEnum requestedMessage{};
    std::optional<EVSE> evse{};
    Since21<String<50>> customTrigger{};
    std::optional<CustomData> customData{};
};

struct UnlockConnectorRequest;
struct UnlockConnectorResponse {
    using Request = UnlockConnectorRequest;
    static constexpr Action kAction = Action::UnlockConnector;

    UnlockStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Unlocks a connector (F05). From the CSMS.
struct UnlockConnectorRequest {
    using Response = UnlockConnectorResponse;
    static constexpr Action kAction = Action::UnlockConnector;

    Count evseId{};
    Count connectorId{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
