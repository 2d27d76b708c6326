// SPDX-License-Identifier: Apache-2.0
#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/local_list.hpp"
#include "wire/ocpp/messages/remote_control.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/reflect.hpp"

namespace voltkeep::ocpp {

template const Type& type_of<AuthorizeCertificateStatusEnum>();
template const Type& type_of<ClearCacheStatusEnum>();
template const Type& type_of<PaymentStatusEnum>();
template const Type& type_of<Address>();
template const Type& type_of<AuthorizeResponse>();
template const Type& type_of<AuthorizeRequest>();
template const Type& type_of<ClearCacheResponse>();
template const Type& type_of<ClearCacheRequest>();
template const Type& type_of<NotifySettlementResponse>();
template const Type& type_of<NotifySettlementRequest>();
template const Type& type_of<NotifyWebPaymentStartedResponse>();
template const Type& type_of<NotifyWebPaymentStartedRequest>();
template const Type& type_of<VatNumberValidationResponse>();
template const Type& type_of<VatNumberValidationRequest>();

template const Type& type_of<SendLocalListStatusEnum>();
template const Type& type_of<UpdateEnum>();
template const Type& type_of<AuthorizationData>();
template const Type& type_of<GetLocalListVersionResponse>();
template const Type& type_of<GetLocalListVersionRequest>();
template const Type& type_of<SendLocalListResponse>();
template const Type& type_of<SendLocalListRequest>();

template const Type& type_of<MessageTriggerEnum>();
template const Type& type_of<RequestStartStopStatusEnum>();
template const Type& type_of<TriggerMessageStatusEnum>();
template const Type& type_of<UnlockStatusEnum>();
template const Type& type_of<RequestStartTransactionResponse>();
template const Type& type_of<RequestStartTransactionRequest>();
template const Type& type_of<RequestStopTransactionResponse>();
template const Type& type_of<RequestStopTransactionRequest>();
template const Type& type_of<TriggerMessageResponse>();
template const Type& type_of<TriggerMessageRequest>();
template const Type& type_of<UnlockConnectorResponse>();
template const Type& type_of<UnlockConnectorRequest>();

template const Type& type_of<CancelReservationStatusEnum>();
template const Type& type_of<ReservationUpdateStatusEnum>();
template const Type& type_of<ReserveNowStatusEnum>();
template const Type& type_of<CancelReservationResponse>();
template const Type& type_of<CancelReservationRequest>();
template const Type& type_of<ReservationStatusUpdateResponse>();
template const Type& type_of<ReservationStatusUpdateRequest>();
template const Type& type_of<ReserveNowResponse>();
template const Type& type_of<ReserveNowRequest>();

}  // namespace voltkeep::ocpp
