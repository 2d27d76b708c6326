// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/battery_swap.hpp"
#include "wire/ocpp/messages/bidirectional.hpp"
#include "wire/ocpp/messages/tariff.hpp"
#include "wire/ocpp/messages/tariff_and_cost.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<DayOfWeekEnum>();
template const Type& type_of<EvseKindEnum>();
template const Type& type_of<TariffConditionsFixed>();
template const Type& type_of<TariffConditions>();
template const Type& type_of<TariffEnergyPrice>();
template const Type& type_of<TariffEnergy>();
template const Type& type_of<TariffFixedPrice>();
template const Type& type_of<TariffFixed>();
template const Type& type_of<TariffTimePrice>();
template const Type& type_of<TariffTime>();
template const Type& type_of<Tariff>();

template const Type& type_of<TariffChangeStatusEnum>();
template const Type& type_of<TariffClearStatusEnum>();
template const Type& type_of<TariffGetStatusEnum>();
template const Type& type_of<TariffKindEnum>();
template const Type& type_of<TariffSetStatusEnum>();
template const Type& type_of<ClearTariffsResult>();
template const Type& type_of<TariffAssignment>();
template const Type& type_of<ChangeTransactionTariffResponse>();
template const Type& type_of<ChangeTransactionTariffRequest>();
template const Type& type_of<ClearTariffsResponse>();
template const Type& type_of<ClearTariffsRequest>();
template const Type& type_of<CostUpdatedResponse>();
template const Type& type_of<CostUpdatedRequest>();
template const Type& type_of<GetTariffsResponse>();
template const Type& type_of<GetTariffsRequest>();
template const Type& type_of<SetDefaultTariffResponse>();
template const Type& type_of<SetDefaultTariffRequest>();

template const Type& type_of<BatterySwapEventEnum>();
template const Type& type_of<BatteryData>();
template const Type& type_of<BatterySwapResponse>();
template const Type& type_of<BatterySwapRequest>();
template const Type& type_of<RequestBatterySwapResponse>();
template const Type& type_of<RequestBatterySwapRequest>();

template const Type& type_of<NotifyAllowedEnergyTransferStatusEnum>();
template const Type& type_of<AFRRSignalResponse>();
template const Type& type_of<AFRRSignalRequest>();
template const Type& type_of<NotifyAllowedEnergyTransferResponse>();
template const Type& type_of<NotifyAllowedEnergyTransferRequest>();

}  // namespace voltkeep::ocpp
