// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block E: transactions.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class ChargingStateEnum : std::uint8_t { EVConnected, Charging, SuspendedEV, SuspendedEVSE, Idle };

enum class CostDimensionEnum : std::uint8_t { Energy, MaxCurrent, MinCurrent, MaxPower, MinPower, IdleTIme, ChargingTime };

enum class PreconditioningStatusEnum : std::uint8_t { Unknown, Ready, NotReady, Preconditioning };

enum class ReasonEnum : std::uint8_t {
    DeAuthorized, EmergencyStop, EnergyLimitReached, EVDisconnected, GroundFault, ImmediateReset, MasterPass, Local,
    LocalOutOfCredit, Other, OvercurrentFault, PowerLoss, PowerQuality, Reboot, Remote, SOCLimitReached, StoppedByEV,
    TimeLimitReached, Timeout, ReqEnergyTransferRejected,
};
consteval auto added_in_2_1(ReasonEnum) { return std::array{ReasonEnum::ReqEnergyTransferRejected}; }

enum class TariffCostEnum : std::uint8_t { NormalCost, MinCost, MaxCost };

enum class TransactionEventEnum : std::uint8_t { Ended, Started, Updated };

enum class TriggerReasonEnum : std::uint8_t {
    AbnormalCondition, Authorized, CablePluggedIn, ChargingRateChanged, ChargingStateChanged, CostLimitReached, Deauthorized,
    EnergyLimitReached, EVCommunicationLost, EVConnectTimeout, EVDeparted, EVDetected, LimitSet, MeterValueClock,
    MeterValuePeriodic, OperationModeChanged, RemoteStart, RemoteStop, ResetCommand, RunningCost, SignedDataReceived,
    SoCLimitReached, StopAuthorized, TariffChanged, TariffNotAccepted, TimeLimitReached, Trigger, TxResumed, UnlockCommand,
};
consteval auto added_in_2_1(TriggerReasonEnum) {
    using enum TriggerReasonEnum;
    return std::array{CostLimitReached, LimitSet, OperationModeChanged, RunningCost, SoCLimitReached, TariffChanged,
                      TariffNotAccepted, TxResumed};
}

/// How much of something was used.
struct CostDimension {
    CostDimensionEnum type{};
    Decimal volume{};
    std::optional<CustomData> customData{};
};

/// A part of a transaction in which one price applied.
struct ChargingPeriod {
    DateTime startPeriod{};
    std::optional<Sequence<CostDimension, 1, kUnbounded>> dimensions{};
    std::optional<String<60>> tariffId{};
    std::optional<CustomData> customData{};
};

/// A sum with and without tax.
struct TotalPrice {
    std::optional<Decimal> exclTax{};
    std::optional<Decimal> inclTax{};
    std::optional<CustomData> customData{};
};

/// The cost of a transaction so far or in the end.
struct TotalCost {
    String<3> currency{};                                   ///< ISO 4217
    TariffCostEnum typeOfCost{};
    TotalPrice total{};
    std::optional<Price> fixed{};
    std::optional<Price> energy{};
    std::optional<Price> chargingTime{};
    std::optional<Price> idleTime{};
    std::optional<Price> reservationTime{};
    std::optional<Price> reservationFixed{};
    std::optional<CustomData> customData{};
};

/// What a transaction used so far or in the end.
struct TotalUsage {
    Decimal energy{};                                       ///< kWh
    Integer<> chargingTime{};                               ///< s
    Integer<> idleTime{};                                   ///< s
    std::optional<Integer<>> reservationTime{};             ///< s
    std::optional<CustomData> customData{};
};

/// The cost of a transaction, in its parts.
struct CostDetails {
    TotalCost totalCost{};
    TotalUsage totalUsage{};
    std::optional<Sequence<ChargingPeriod, 1, kUnbounded>> chargingPeriods{};
    std::optional<bool> failureToCalculate{};
    std::optional<String<500>> failureReason{};
    std::optional<CustomData> customData{};
};

/// Where a transaction ends: cost, energy, time or state of charge.
struct TransactionLimit {
    std::optional<Decimal> maxCost{};
    std::optional<Decimal> maxEnergy{};                     ///< Wh
    std::optional<Integer<>> maxTime{};                     ///< s
    std::optional<Integer<0, 100>> maxSoC{};                ///< %
    std::optional<CustomData> customData{};
};

/// A transaction's state.
struct Transaction {
    String<36> transactionId{};
    std::optional<ChargingStateEnum> chargingState{};
    std::optional<Integer<>> timeSpentCharging{};
    std::optional<ReasonEnum> stoppedReason{};
    std::optional<Integer<>> remoteStartId{};
    Since21<OperationModeEnum> operationMode{};
    Since21<String<60>> tariffId{};
    Since21<TransactionLimit> transactionLimit{};
    std::optional<CustomData> customData{};
};

struct GetTransactionStatusRequest;
struct GetTransactionStatusResponse {
    using Request = GetTransactionStatusRequest;
    static constexpr Action kAction = Action::GetTransactionStatus;

    bool messagesInQueue = false;
    std::optional<bool> ongoingIndicator{};
    std::optional<CustomData> customData{};
};

/// Asks whether a transaction goes on and whether messages wait (E14). From the CSMS.
struct GetTransactionStatusRequest {
    using Response = GetTransactionStatusResponse;
    static constexpr Action kAction = Action::GetTransactionStatus;

    std::optional<String<36>> transactionId{};
    std::optional<CustomData> customData{};
};

struct TransactionEventRequest;
struct TransactionEventResponse {
    using Request = TransactionEventRequest;
    static constexpr Action kAction = Action::TransactionEvent;

    std::optional<Decimal> totalCost{};
    std::optional<Integer<>> chargingPriority{};
    std::optional<IdTokenInfo> idTokenInfo{};
    Since21<TransactionLimit> transactionLimit{};
    std::optional<MessageContent> updatedPersonalMessage{};
    Since21<Sequence<MessageContent, 1, 4>> updatedPersonalMessageExtra{};
    std::optional<CustomData> customData{};
};

/// Something happened in a transaction (E01 to E16). From the station.
struct TransactionEventRequest {
    using Response = TransactionEventResponse;
    static constexpr Action kAction = Action::TransactionEvent;

    TransactionEventEnum eventType{};
    DateTime timestamp{};
    TriggerReasonEnum triggerReason{};
    Count seqNo{};                                          ///< counts from 0
    Transaction transactionInfo{};
    Since21<CostDetails> costDetails{};
    std::optional<Sequence<MeterValue, 1, kUnbounded>> meterValue{};
    std::optional<bool> offline{};
    std::optional<Integer<0, 3>> numberOfPhasesUsed{};
    std::optional<Integer<>> cableMaxCurrent{};             ///< A
    std::optional<Count> reservationId{};
    Since21<PreconditioningStatusEnum> preconditioningStatus{};
    Since21<bool> evseSleep{};
    std::optional<EVSE> evse{};
    std::optional<IdToken> idToken{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
