// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/security.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<CertificateSignedStatusEnum>();
template const Type& type_of<CertificateSigningUseEnum>();
template const Type& type_of<CertificateSignedResponse>();
template const Type& type_of<CertificateSignedRequest>();
template const Type& type_of<SecurityEventNotificationResponse>();
template const Type& type_of<SecurityEventNotificationRequest>();
template const Type& type_of<SignCertificateResponse>();
template const Type& type_of<SignCertificateRequest>();

template const Type& type_of<APNAuthenticationEnum>();
template const Type& type_of<AttributeEnum>();
template const Type& type_of<BootReasonEnum>();
template const Type& type_of<ComponentCriterionEnum>();
template const Type& type_of<DataEnum>();
template const Type& type_of<GetVariableStatusEnum>();
template const Type& type_of<MutabilityEnum>();
template const Type& type_of<OCPPInterfaceEnum>();
template const Type& type_of<OCPPTransportEnum>();
template const Type& type_of<OCPPVersionEnum>();
template const Type& type_of<RegistrationStatusEnum>();
template const Type& type_of<ReportBaseEnum>();
template const Type& type_of<ResetEnum>();
template const Type& type_of<ResetStatusEnum>();
template const Type& type_of<SetNetworkProfileStatusEnum>();
template const Type& type_of<SetVariableStatusEnum>();
template const Type& type_of<VPNEnum>();
template const Type& type_of<APN>();
template const Type& type_of<Modem>();
template const Type& type_of<ChargingStation>();
template const Type& type_of<GetVariableData>();
template const Type& type_of<GetVariableResult>();
template const Type& type_of<VPN>();
template const Type& type_of<NetworkConnectionProfile>();
template const Type& type_of<VariableAttribute>();
template const Type& type_of<VariableCharacteristics>();
template const Type& type_of<ReportData>();
template const Type& type_of<SetVariableData>();
template const Type& type_of<SetVariableResult>();
template const Type& type_of<BootNotificationResponse>();
template const Type& type_of<BootNotificationRequest>();
template const Type& type_of<GetBaseReportResponse>();
template const Type& type_of<GetBaseReportRequest>();
template const Type& type_of<GetReportResponse>();
template const Type& type_of<GetReportRequest>();
template const Type& type_of<GetVariablesResponse>();
template const Type& type_of<GetVariablesRequest>();
template const Type& type_of<NotifyReportResponse>();
template const Type& type_of<NotifyReportRequest>();
template const Type& type_of<ResetResponse>();
template const Type& type_of<ResetRequest>();
template const Type& type_of<SetNetworkProfileResponse>();
template const Type& type_of<SetNetworkProfileRequest>();
template const Type& type_of<SetVariablesResponse>();
template const Type& type_of<SetVariablesRequest>();

template const Type& type_of<ChangeAvailabilityStatusEnum>();
template const Type& type_of<ConnectorStatusEnum>();
template const Type& type_of<OperationalStatusEnum>();
template const Type& type_of<ChangeAvailabilityResponse>();
template const Type& type_of<ChangeAvailabilityRequest>();
template const Type& type_of<HeartbeatResponse>();
template const Type& type_of<HeartbeatRequest>();
template const Type& type_of<StatusNotificationResponse>();
template const Type& type_of<StatusNotificationRequest>();

}  // namespace voltkeep::ocpp
