// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/messages/data_transfer.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/messages/transactions.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<AuthorizationStatusEnum>();
template const Type& type_of<DERControlEnum>();
template const Type& type_of<EnergyTransferModeEnum>();
template const Type& type_of<GenericDeviceModelStatusEnum>();
template const Type& type_of<GenericStatusEnum>();
template const Type& type_of<HashAlgorithmEnum>();
template const Type& type_of<MessageFormatEnum>();
template const Type& type_of<OperationModeEnum>();
template const Type& type_of<AdditionalInfo>();
template const Type& type_of<CertificateHashData>();
template const Type& type_of<EVSE>();
template const Type& type_of<Component>();
template const Type& type_of<Variable>();
template const Type& type_of<ComponentVariable>();
template const Type& type_of<IdToken>();
template const Type& type_of<MessageContent>();
template const Type& type_of<IdTokenInfo>();
template const Type& type_of<OCSPRequestData>();
template const Type& type_of<TaxRate>();
template const Type& type_of<Price>();
template const Type& type_of<StatusInfo>();

template const Type& type_of<LocationEnum>();
template const Type& type_of<MeasurandEnum>();
template const Type& type_of<PhaseEnum>();
template const Type& type_of<ReadingContextEnum>();
template const Type& type_of<SignedMeterValue>();
template const Type& type_of<UnitOfMeasure>();
template const Type& type_of<SampledValue>();
template const Type& type_of<MeterValue>();
template const Type& type_of<MeterValuesResponse>();
template const Type& type_of<MeterValuesRequest>();

template const Type& type_of<ChargingStateEnum>();
template const Type& type_of<CostDimensionEnum>();
template const Type& type_of<PreconditioningStatusEnum>();
template const Type& type_of<ReasonEnum>();
template const Type& type_of<TariffCostEnum>();
template const Type& type_of<TransactionEventEnum>();
template const Type& type_of<TriggerReasonEnum>();
template const Type& type_of<CostDimension>();
template const Type& type_of<ChargingPeriod>();
template const Type& type_of<TotalPrice>();
template const Type& type_of<TotalCost>();
template const Type& type_of<TotalUsage>();
template const Type& type_of<CostDetails>();
template const Type& type_of<TransactionLimit>();
template const Type& type_of<Transaction>();
template const Type& type_of<GetTransactionStatusResponse>();
template const Type& type_of<GetTransactionStatusRequest>();
template const Type& type_of<TransactionEventResponse>();
template const Type& type_of<TransactionEventRequest>();

template const Type& type_of<DataTransferStatusEnum>();
template const Type& type_of<DataTransferResponse>();
template const Type& type_of<DataTransferRequest>();

}  // namespace voltkeep::ocpp
