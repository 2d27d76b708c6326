// SPDX-License-Identifier: Apache-2.0
// What the CSMS asks for, and what the station answers. Blocks E to H and P of OCPP 2.1; B is in provisioning.cpp, C and D in
// authorization.cpp.
#include "station.hpp"
#include "translate.hpp"

namespace voltkeep::ocpp {

template <class M>
bool Station::to(const rpc::Request& request, void (Station::*handler)(const rpc::MessageId&, const M&)) {
    const M* message = request.request.get<M>();
    if (message) (this->*handler)(request.id, *message);
    return message != nullptr;
}

void Station::on(const rpc::Request& request) {
    const auto name = meaning(request.request).action->name;
    journal_.append_later(audit::Type::message, 0, audit::Payload().put("message", name).put("from", "csms"));
    //= OCPP 2.1 B02.FR.01
    if ((at_.accepted || at_.pending) && answer_about_itself(request)) return;
    if (!at_.accepted) return refuse_unaccepted(request);
    const bool is_taken = to(request, &Station::start_transaction) || to(request, &Station::stop_transaction) ||
                          to(request, &Station::reserve) || to(request, &Station::cancel_reservation) ||
                          to(request, &Station::change_availability) || to(request, &Station::get_transaction_status) ||
                          to(request, &Station::unlock_connector) || to(request, &Station::send_local_list) ||
                          to(request, &Station::get_local_list_version) || to(request, &Station::clear_cache) ||
                          to(request, &Station::reset) || to(request, &Station::transfer_data);
    if (!is_taken) run(rpc::Refuse{request.id, ErrorCode::NotSupported, "this station does not take this request"}, answering_);
}

/// What may be asked before the station is accepted: what it is, and what was set.
bool Station::answer_about_itself(const rpc::Request& request) {
    return to(request, &Station::get_variables) || to(request, &Station::set_variables) ||
           to(request, &Station::get_base_report) || to(request, &Station::get_report) ||
           to(request, &Station::set_network_profile) || to(request, &Station::trigger_message);
}

void Station::refuse_unaccepted(const rpc::Request& request) {
    //= OCPP 2.1 B02.FR.05
    if (at_.pending && request.request.get<RequestStartTransactionRequest>())
        return answer(request.id, RequestStartTransactionResponse{.status = RequestStartStopStatusEnum::Rejected});
    if (at_.pending && request.request.get<RequestStopTransactionRequest>())
        return answer(request.id, RequestStopTransactionResponse{.status = RequestStartStopStatusEnum::Rejected});
    //= OCPP 2.1 B03.FR.08
    run(rpc::Refuse{request.id, ErrorCode::SecurityError, "BootNotification was not accepted"}, answering_);
}

void Station::answer(const rpc::MessageId& id, Message response) { run(rpc::Answer{id, std::move(response)}, answering_); }

/// What the CSMS is told "Accepted" is on session's disk before; until then no other frame is taken.
template <class M, class Then>
void Station::ask_session(const rpc::MessageId& id, const M& message, Then response_to) {
    const std::uint32_t connection = connection_, frame = answering_;
    const auto asked =
        session_.request(message, [this, id, connection, frame, response_to](const Result<typename M::Reply>& reply) {
            is_asking_ = false;
            if (is_open_ && connection == connection_ && waiting_ == frame) {
                waiting_ = 0;
                answer(id, response_to(reply));
                finish_frame(frame);
            }
            fetch_events();
            take_frames();
        });
    is_asking_ = asked.has_value();
    if (asked) waiting_ = frame;
    else answer(id, response_to(std::unexpected(asked.error())));
}

namespace {

/// An EVSE as OCPP names it; 0 for none; one that cannot be is one that no station has.
EvseId evse_of(std::optional<std::int32_t> number) {
    return EvseId{static_cast<std::uint8_t>(std::clamp(number.value_or(0), 0, 255))};
}

std::optional<session::Identity> identity_of(const IdToken& token) {
    const auto text = Text<255>::from(token.idToken.view());
    const auto type = Text<20>::from(token.type.view());
    if (!text || !type) return std::nullopt;
    return session::Identity{session::IdentificationKind::token, *text, *type};
}

}  // namespace

void Station::start_transaction(const rpc::MessageId& id, const RequestStartTransactionRequest& request) {
    const auto identity = identity_of(request.idToken);
    RequestStartTransactionResponse refusal;
    refusal.status = RequestStartStopStatusEnum::Rejected;
    if (!identity) return answer(id, refusal);
    const session::RemoteStart start{evse_of(request.evseId), *identity, request.remoteStartId};
    ask_session(id, start, [refusal](const Result<session::RemoteStart::Started>& started) {
        RequestStartTransactionResponse response = refusal;
        if (!started) return response;
        //= OCPP 2.1 F01.FR.13
        response.status = RequestStartStopStatusEnum::Accepted;
        if (!started->transaction.empty()) response.transactionId = started->transaction;
        return response;
    });
}

//= OCPP 2.1 H01
void Station::reserve(const rpc::MessageId& id, const ReserveNowRequest& request) {
    const auto identity = identity_of(request.idToken);
    ReserveNowResponse refusal;
    refusal.status = ReserveNowStatusEnum::Rejected;
    if (!identity) return answer(id, refusal);
    const session::Reserve wanted{evse_of(request.evseId), request.id, *identity, request.expiryDateTime.time.unix_ms};
    ask_session(id, wanted, [refusal](const Result<session::Reserve::Outcome>& reserved) {
        ReserveNowResponse response = refusal;
        if (reserved) response.status = status_of(reserved->outcome);
        return response;
    });
}

//= OCPP 2.1 H02.FR.01, H02.FR.02
void Station::cancel_reservation(const rpc::MessageId& id, const CancelReservationRequest& request) {
    ask_session(id, session::CancelReservation{request.reservationId}, [](const Result<kernel::Done>& cancelled) {
        CancelReservationResponse response;
        response.status = cancelled ? CancelReservationStatusEnum::Accepted : CancelReservationStatusEnum::Rejected;
        return response;
    });
}

//= OCPP 2.1 G03.FR.01, G04.FR.01, G04.FR.02
void Station::change_availability(const rpc::MessageId& id, const ChangeAvailabilityRequest& request) {
    const session::SetAvailability wanted{evse_of(request.evse ? std::optional<std::int32_t>(request.evse->id) : std::nullopt),
                                          request.operationalStatus == OperationalStatusEnum::Operative};
    ask_session(id, wanted, [](const Result<session::SetAvailability::Change>& changed) {
        ChangeAvailabilityResponse response;
        //= OCPP 2.1 G03.FR.02, G03.FR.05, G04.FR.03, G04.FR.06
        response.status = !changed ? ChangeAvailabilityStatusEnum::Rejected
                          : changed->is_scheduled ? ChangeAvailabilityStatusEnum::Scheduled
                                                  : ChangeAvailabilityStatusEnum::Accepted;
        return response;
    });
}

void Station::stop_transaction(const rpc::MessageId& id, const RequestStopTransactionRequest& request) {
    RequestStopTransactionResponse refusal;
    refusal.status = RequestStartStopStatusEnum::Rejected;
    const auto transaction = TransactionId::from(request.transactionId.view());
    if (!transaction) return answer(id, refusal);
    //= OCPP 2.1 F03.FR.07, F03.FR.08
    ask_session(id, session::RemoteStop{*transaction}, [refusal](const Result<kernel::Done>& found) {
        RequestStopTransactionResponse response = refusal;
        if (found) response.status = RequestStartStopStatusEnum::Accepted;
        return response;
    });
}

void Station::look_for(Search search) {
    const session::TakeEvents message{at_.acknowledged, search.after};
    const auto asked = session_.request(message, [this, search](const Result<session::TakeEvents::Events>& taken) mutable {
        is_asking_ = false;
        for (std::size_t i = 0; taken && i < taken->events.size(); ++i) {
            const session::Event& event = taken->events[i];
            search.after = event.sequence;
            if (!event.record || (search.transaction && event.record->transaction != *search.transaction)) continue;
            if (search.evse.number != 0 && event.evse != search.evse) continue;
            search.is_queued = true;
            search.is_ongoing = event.record->kind != session::RecordKind::ended;
        }
        if (taken && !taken->events.empty()) return look_for(std::move(search));
        if (is_open_ && search.connection == connection_ && waiting_ == search.frame) {
            waiting_ = 0;
            if (taken) answer(search.id, search.response(search));
            else run(rpc::Refuse{search.id, ErrorCode::InternalError, "the station cannot say it now"}, answering_);
            finish_frame(search.frame);
        }
        fetch_events();
        take_frames();
    });
    is_asking_ = asked.has_value();
    if (asked) waiting_ = search.frame;
    else run(rpc::Refuse{search.id, ErrorCode::InternalError, "the station cannot say it now"}, answering_);
}

void Station::get_transaction_status(const rpc::MessageId& id, const GetTransactionStatusRequest& request) {
    Search search{.id = id, .connection = connection_, .frame = answering_, .after = at_.acknowledged};
    search.response = [](const Search& found) {
        GetTransactionStatusResponse response;
        //= OCPP 2.1 E14.FR.04, E14.FR.05, E14.FR.07, E14.FR.08
        response.messagesInQueue = found.is_queued;
        //= OCPP 2.1 E14.FR.01, E14.FR.02, E14.FR.03, E14.FR.06
        if (found.transaction) response.ongoingIndicator = found.is_ongoing;
        return response;
    };
    if (request.transactionId) {
        search.transaction = TransactionId::from(request.transactionId->view());
        if (!search.transaction || search.transaction->empty())   // none of ours
            return answer(id, GetTransactionStatusResponse{.ongoingIndicator = false});
        search.is_ongoing = std::ranges::find(at_.transactions, *search.transaction) != at_.transactions.end();
    }
    look_for(std::move(search));
}

//= OCPP 2.1 F05.FR.01
void Station::unlock_connector(const rpc::MessageId& id, const UnlockConnectorRequest& request) {
    //= OCPP 2.1 F05.FR.03
    if (request.evseId.value < 1 || request.evseId.value > config_.evse_count || request.connectorId.value != 1)
        return answer(id, UnlockConnectorResponse{.status = UnlockStatusEnum::UnknownConnector});
    const auto n = static_cast<std::size_t>(request.evseId.value) - 1;
    Search search{.id = id, .connection = connection_, .frame = answering_, .after = at_.acknowledged};
    search.evse = evse_of(request.evseId.value);
    search.is_ongoing = !at_.transactions[n].empty();
    search.response = [is_socket = config_.evses[n].connector_type.view() == "sType2"](const Search& found) {
        //= OCPP 2.1 F05.FR.02, F05.FR.05 there is no lock, or one that only the safety loop moves
        UnlockConnectorResponse response;
        response.status = found.is_ongoing ? UnlockStatusEnum::OngoingAuthorizedTransaction : UnlockStatusEnum::UnlockFailed;
        const String<20> reason = is_socket ? String<20>("UnsupportedRequest") : String<20>("FixedCable");
        if (!found.is_ongoing) response.statusInfo.emplace().reasonCode = reason;
        return response;
    };
    look_for(std::move(search));
}

//= OCPP 2.1 P02.FR.06 there is nothing that OCPP does not have
void Station::transfer_data(const rpc::MessageId& id, const DataTransferRequest&) {
    answer(id, DataTransferResponse{.status = DataTransferStatusEnum::UnknownVendorId});
}

}  // namespace voltkeep::ocpp
