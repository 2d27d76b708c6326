// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/charging_profile.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<ChargingProfileKindEnum>();
template const Type& type_of<ChargingProfilePurposeEnum>();
template const Type& type_of<ChargingRateUnitEnum>();
template const Type& type_of<CostKindEnum>();
template const Type& type_of<RecurrencyKindEnum>();
template const Type& type_of<RationalNumber>();
template const Type& type_of<AdditionalSelectedServices>();
template const Type& type_of<OverstayRule>();
template const Type& type_of<OverstayRuleList>();
template const Type& type_of<PriceRule>();
template const Type& type_of<PriceRuleStack>();
template const Type& type_of<TaxRule>();
template const Type& type_of<AbsolutePriceSchedule>();
template const Type& type_of<V2XFreqWattPoint>();
template const Type& type_of<V2XSignalWattPoint>();
template const Type& type_of<ChargingSchedulePeriod>();
template const Type& type_of<LimitAtSoC>();
template const Type& type_of<PriceLevelScheduleEntry>();
template const Type& type_of<PriceLevelSchedule>();
template const Type& type_of<Cost>();
template const Type& type_of<ConsumptionCost>();
template const Type& type_of<RelativeTimeInterval>();
template const Type& type_of<SalesTariffEntry>();
template const Type& type_of<SalesTariff>();
template const Type& type_of<ChargingSchedule>();
template const Type& type_of<ChargingProfile>();

template const Type& type_of<ChargingProfileStatusEnum>();
template const Type& type_of<ClearChargingProfileStatusEnum>();
template const Type& type_of<ControlModeEnum>();
template const Type& type_of<GetChargingProfileStatusEnum>();
template const Type& type_of<IslandingDetectionEnum>();
template const Type& type_of<MobilityNeedsModeEnum>();
template const Type& type_of<NotifyEVChargingNeedsStatusEnum>();
template const Type& type_of<PriorityChargingStatusEnum>();
template const Type& type_of<ACChargingParameters>();
template const Type& type_of<ChargingLimit>();
template const Type& type_of<DCChargingParameters>();
template const Type& type_of<DERChargingParameters>();
template const Type& type_of<EVPriceRule>();
template const Type& type_of<EVAbsolutePriceScheduleEntry>();
template const Type& type_of<EVAbsolutePriceSchedule>();
template const Type& type_of<EVPowerScheduleEntry>();
template const Type& type_of<EVPowerSchedule>();
template const Type& type_of<EVEnergyOffer>();
template const Type& type_of<V2XChargingParameters>();
template const Type& type_of<ChargingNeeds>();
template const Type& type_of<ChargingProfileCriterion>();
template const Type& type_of<ChargingScheduleUpdate>();
template const Type& type_of<ClearChargingProfile>();
template const Type& type_of<CompositeSchedule>();
template const Type& type_of<ClearChargingProfileResponse>();
template const Type& type_of<ClearChargingProfileRequest>();
template const Type& type_of<ClearedChargingLimitResponse>();
template const Type& type_of<ClearedChargingLimitRequest>();
template const Type& type_of<GetChargingProfilesResponse>();
template const Type& type_of<GetChargingProfilesRequest>();
template const Type& type_of<GetCompositeScheduleResponse>();
template const Type& type_of<GetCompositeScheduleRequest>();
template const Type& type_of<NotifyChargingLimitResponse>();
template const Type& type_of<NotifyChargingLimitRequest>();
template const Type& type_of<NotifyEVChargingNeedsResponse>();
template const Type& type_of<NotifyEVChargingNeedsRequest>();
template const Type& type_of<NotifyEVChargingScheduleResponse>();
template const Type& type_of<NotifyEVChargingScheduleRequest>();
template const Type& type_of<NotifyPriorityChargingResponse>();
template const Type& type_of<NotifyPriorityChargingRequest>();
template const Type& type_of<PullDynamicScheduleUpdateResponse>();
template const Type& type_of<PullDynamicScheduleUpdateRequest>();
template const Type& type_of<ReportChargingProfilesResponse>();
template const Type& type_of<ReportChargingProfilesRequest>();
template const Type& type_of<SetChargingProfileResponse>();
template const Type& type_of<SetChargingProfileRequest>();
template const Type& type_of<UpdateDynamicScheduleResponse>();
template const Type& type_of<UpdateDynamicScheduleRequest>();
template const Type& type_of<UsePriorityChargingResponse>();
template const Type& type_of<UsePriorityChargingRequest>();

}  // namespace voltkeep::ocpp
