// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/certificates.hpp"
#include "wire/ocpp/messages/display.hpp"
#include "wire/ocpp/messages/firmware.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<FirmwareStatusEnum>();
template const Type& type_of<PublishFirmwareStatusEnum>();
template const Type& type_of<UnpublishFirmwareStatusEnum>();
template const Type& type_of<UpdateFirmwareStatusEnum>();
template const Type& type_of<Firmware>();
template const Type& type_of<FirmwareStatusNotificationResponse>();
template const Type& type_of<FirmwareStatusNotificationRequest>();
template const Type& type_of<PublishFirmwareResponse>();
template const Type& type_of<PublishFirmwareRequest>();
template const Type& type_of<PublishFirmwareStatusNotificationResponse>();
template const Type& type_of<PublishFirmwareStatusNotificationRequest>();
template const Type& type_of<UnpublishFirmwareResponse>();
template const Type& type_of<UnpublishFirmwareRequest>();
template const Type& type_of<UpdateFirmwareResponse>();
template const Type& type_of<UpdateFirmwareRequest>();

template const Type& type_of<CertificateActionEnum>();
template const Type& type_of<CertificateStatusEnum>();
template const Type& type_of<CertificateStatusSourceEnum>();
template const Type& type_of<DeleteCertificateStatusEnum>();
template const Type& type_of<GetCertificateIdUseEnum>();
template const Type& type_of<GetCertificateStatusEnum>();
template const Type& type_of<GetInstalledCertificateStatusEnum>();
template const Type& type_of<InstallCertificateStatusEnum>();
template const Type& type_of<InstallCertificateUseEnum>();
template const Type& type_of<Iso15118EVCertificateStatusEnum>();
template const Type& type_of<CertificateHashDataChain>();
template const Type& type_of<CertificateStatusRequestInfo>();
template const Type& type_of<CertificateStatus>();
template const Type& type_of<DeleteCertificateResponse>();
template const Type& type_of<DeleteCertificateRequest>();
template const Type& type_of<Get15118EVCertificateResponse>();
template const Type& type_of<Get15118EVCertificateRequest>();
template const Type& type_of<GetCertificateChainStatusResponse>();
template const Type& type_of<GetCertificateChainStatusRequest>();
template const Type& type_of<GetCertificateStatusResponse>();
template const Type& type_of<GetCertificateStatusRequest>();
template const Type& type_of<GetInstalledCertificateIdsResponse>();
template const Type& type_of<GetInstalledCertificateIdsRequest>();
template const Type& type_of<InstallCertificateResponse>();
template const Type& type_of<InstallCertificateRequest>();

template const Type& type_of<ClearMessageStatusEnum>();
template const Type& type_of<DisplayMessageStatusEnum>();
template const Type& type_of<GetDisplayMessagesStatusEnum>();
template const Type& type_of<MessagePriorityEnum>();
template const Type& type_of<MessageStateEnum>();
template const Type& type_of<MessageInfo>();
template const Type& type_of<ClearDisplayMessageResponse>();
template const Type& type_of<ClearDisplayMessageRequest>();
template const Type& type_of<GetDisplayMessagesResponse>();
template const Type& type_of<GetDisplayMessagesRequest>();
template const Type& type_of<NotifyDisplayMessagesResponse>();
template const Type& type_of<NotifyDisplayMessagesRequest>();
template const Type& type_of<SetDisplayMessageResponse>();
template const Type& type_of<SetDisplayMessageRequest>();

}  // namespace voltkeep::ocpp
