// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block I: tariff and cost.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/messages/tariff.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class TariffChangeStatusEnum : std::uint8_t {
    Accepted, Rejected, TooManyElements, ConditionNotSupported, TxNotFound, NoCurrencyChange,
};

enum class TariffClearStatusEnum : std::uint8_t { Accepted, Rejected, NoTariff };

enum class TariffGetStatusEnum : std::uint8_t { Accepted, Rejected, NoTariff };

enum class TariffKindEnum : std::uint8_t { DefaultTariff, DriverTariff };

enum class TariffSetStatusEnum : std::uint8_t { Accepted, Rejected, TooManyElements, ConditionNotSupported, DuplicateTariffId };

/// What became of one tariff.
struct ClearTariffsResult {
    TariffClearStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<String<60>> tariffId{};
    std::optional<CustomData> customData{};
};

/// A tariff and for whom it is.
struct TariffAssignment {
    String<60> tariffId{};
    TariffKindEnum tariffKind{};
    std::optional<DateTime> validFrom{};
    std::optional<Sequence<Count, 1, kUnbounded>> evseIds{};
    std::optional<Sequence<String<255>, 1, kUnbounded>> idTokens{};
    std::optional<CustomData> customData{};
};

struct ChangeTransactionTariffRequest;
struct ChangeTransactionTariffResponse {
    using Request = ChangeTransactionTariffRequest;
    static constexpr Action kAction = Action::ChangeTransactionTariff;

    TariffChangeStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Another tariff for a running transaction (I11). From the CSMS. Since 2.1.
struct ChangeTransactionTariffRequest {
    using Response = ChangeTransactionTariffResponse;
    static constexpr Action kAction = Action::ChangeTransactionTariff;

    Tariff tariff{};
    String<36> transactionId{};
    std::optional<CustomData> customData{};
};

struct ClearTariffsRequest;
struct ClearTariffsResponse {
    using Request = ClearTariffsRequest;
    static constexpr Action kAction = Action::ClearTariffs;

    Sequence<ClearTariffsResult, 1, kUnbounded> clearTariffsResult{};
    std::optional<CustomData> customData{};
};

/// Removes default tariffs (I10). From the CSMS. Since 2.1.
struct ClearTariffsRequest {
    using Response = ClearTariffsResponse;
    static constexpr Action kAction = Action::ClearTariffs;

    std::optional<Sequence<String<60>, 1, kUnbounded>> tariffIds{};
    std::optional<Count> evseId{};
    std::optional<CustomData> customData{};
};

struct CostUpdatedRequest;
struct CostUpdatedResponse {
    using Request = CostUpdatedRequest;
    static constexpr Action kAction = Action::CostUpdated;

    std::optional<CustomData> customData{};
};

/// The running cost as the CSMS computes it (I02). From the CSMS.
struct CostUpdatedRequest {
    using Response = CostUpdatedResponse;
    static constexpr Action kAction = Action::CostUpdated;

    Decimal totalCost{};
    String<36> transactionId{};
    std::optional<CustomData> customData{};
};

struct GetTariffsRequest;
struct GetTariffsResponse {
    using Request = GetTariffsRequest;
    static constexpr Action kAction = Action::GetTariffs;

    TariffGetStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<Sequence<TariffAssignment, 1, kUnbounded>> tariffAssignments{};
    std::optional<CustomData> customData{};
};

/// Asks which tariffs are assigned (I09). From the CSMS. Since 2.1.
struct GetTariffsRequest {
    using Response = GetTariffsResponse;
    static constexpr Action kAction = Action::GetTariffs;

    Count evseId{};
    std::optional<CustomData> customData{};
};

struct SetDefaultTariffRequest;
struct SetDefaultTariffResponse {
    using Request = SetDefaultTariffRequest;
    static constexpr Action kAction = Action::SetDefaultTariff;

    TariffSetStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Installs a default tariff (I07). From the CSMS. Since 2.1.
struct SetDefaultTariffRequest {
    using Response = SetDefaultTariffResponse;
    static constexpr Action kAction = Action::SetDefaultTariff;

    Count evseId{};
    Tariff tariff{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
