// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/der.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<DERControlStatusEnum>();
template const Type& type_of<DERUnitEnum>();
template const Type& type_of<GridEventFaultEnum>();
template const Type& type_of<PowerDuringCessationEnum>();
template const Type& type_of<DERCurvePoints>();
template const Type& type_of<Hysteresis>();
template const Type& type_of<ReactivePowerParams>();
template const Type& type_of<VoltageParams>();
template const Type& type_of<DERCurve>();
template const Type& type_of<DERCurveGet>();
template const Type& type_of<EnterService>();
template const Type& type_of<EnterServiceGet>();
template const Type& type_of<FixedPF>();
template const Type& type_of<FixedPFGet>();
template const Type& type_of<FixedVar>();
template const Type& type_of<FixedVarGet>();
template const Type& type_of<FreqDroop>();
template const Type& type_of<FreqDroopGet>();
template const Type& type_of<Gradient>();
template const Type& type_of<GradientGet>();
template const Type& type_of<LimitMaxDischarge>();
template const Type& type_of<LimitMaxDischargeGet>();
template const Type& type_of<ClearDERControlResponse>();
template const Type& type_of<ClearDERControlRequest>();
template const Type& type_of<GetDERControlResponse>();
template const Type& type_of<GetDERControlRequest>();
template const Type& type_of<NotifyDERAlarmResponse>();
template const Type& type_of<NotifyDERAlarmRequest>();
template const Type& type_of<NotifyDERStartStopResponse>();
template const Type& type_of<NotifyDERStartStopRequest>();
template const Type& type_of<ReportDERControlResponse>();
template const Type& type_of<ReportDERControlRequest>();
template const Type& type_of<SetDERControlResponse>();
template const Type& type_of<SetDERControlRequest>();

}  // namespace voltkeep::ocpp
