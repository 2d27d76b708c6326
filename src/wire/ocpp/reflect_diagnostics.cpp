// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<ClearMonitoringStatusEnum>();
template const Type& type_of<CustomerInformationStatusEnum>();
template const Type& type_of<EventNotificationEnum>();
template const Type& type_of<EventTriggerEnum>();
template const Type& type_of<LogEnum>();
template const Type& type_of<LogStatusEnum>();
template const Type& type_of<MonitorEnum>();
template const Type& type_of<MonitoringBaseEnum>();
template const Type& type_of<MonitoringCriterionEnum>();
template const Type& type_of<SetMonitoringStatusEnum>();
template const Type& type_of<UploadLogStatusEnum>();
template const Type& type_of<ClearMonitoringResult>();
template const Type& type_of<PeriodicEventStreamParams>();
template const Type& type_of<ConstantStreamData>();
template const Type& type_of<EventData>();
template const Type& type_of<LogParameters>();
template const Type& type_of<VariableMonitoring>();
template const Type& type_of<MonitoringData>();
template const Type& type_of<SetMonitoringData>();
template const Type& type_of<SetMonitoringResult>();
template const Type& type_of<StreamDataElement>();
template const Type& type_of<AdjustPeriodicEventStreamResponse>();
template const Type& type_of<AdjustPeriodicEventStreamRequest>();
template const Type& type_of<ClearVariableMonitoringResponse>();
template const Type& type_of<ClearVariableMonitoringRequest>();
template const Type& type_of<ClosePeriodicEventStreamResponse>();
template const Type& type_of<ClosePeriodicEventStreamRequest>();
template const Type& type_of<CustomerInformationResponse>();
template const Type& type_of<CustomerInformationRequest>();
template const Type& type_of<GetLogResponse>();
template const Type& type_of<GetLogRequest>();
template const Type& type_of<GetMonitoringReportResponse>();
template const Type& type_of<GetMonitoringReportRequest>();
template const Type& type_of<GetPeriodicEventStreamResponse>();
template const Type& type_of<GetPeriodicEventStreamRequest>();
template const Type& type_of<LogStatusNotificationResponse>();
template const Type& type_of<LogStatusNotificationRequest>();
template const Type& type_of<NotifyCustomerInformationResponse>();
template const Type& type_of<NotifyCustomerInformationRequest>();
template const Type& type_of<NotifyEventResponse>();
template const Type& type_of<NotifyEventRequest>();
template const Type& type_of<NotifyMonitoringReportResponse>();
template const Type& type_of<NotifyMonitoringReportRequest>();
template const Type& type_of<NotifyPeriodicEventStream>();
template const Type& type_of<OpenPeriodicEventStreamResponse>();
template const Type& type_of<OpenPeriodicEventStreamRequest>();
template const Type& type_of<SetMonitoringBaseResponse>();
template const Type& type_of<SetMonitoringBaseRequest>();
template const Type& type_of<SetMonitoringLevelResponse>();
template const Type& type_of<SetMonitoringLevelRequest>();
template const Type& type_of<SetVariableMonitoringResponse>();
template const Type& type_of<SetVariableMonitoringRequest>();

}  // namespace voltkeep::ocpp
