// SPDX-License-Identifier: Apache-2.0
#include "handlers.hpp"

#include "describe.hpp"
#include "transaction_event.hpp"
#include "wire/ocpp/actions.hpp"
#include "wire/ocpp/messages/authorization.hpp"
#include "wire/ocpp/messages/availability.hpp"
#include "wire/ocpp/messages/data_transfer.hpp"
#include "wire/ocpp/messages/der.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/display.hpp"
#include "wire/ocpp/messages/firmware.hpp"
#include "wire/ocpp/messages/metering.hpp"
#include "wire/ocpp/messages/provisioning.hpp"
#include "wire/ocpp/messages/reservation.hpp"
#include "wire/ocpp/messages/security.hpp"
#include "wire/ocpp/messages/smart_charging.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::csms {

namespace {

using namespace ocpp;

constexpr std::int32_t heartbeat_s = 60;

/// One request of one station.
class Handler {
public:
    Handler(Store& store, const Peer& peer, WallTime now)
        : store_(store), station_(peer.station), common_name_(peer.common_name), now_(now) {}

    Result<Message> on(const BootNotificationRequest& request) {
        const ChargingStation& s = request.chargingStation;
        //= OCPP 2.1 B01.FR.11, B01.FR.12
        if (!s.serialNumber || s.serialNumber->view() != common_name_) {
            is_impostor = true;
            return fail(Errc::refused, "its serial number is not that of its certificate");
        }
        const StationRow row{station_,
                             std::string(s.vendorName.view()),
                             std::string(s.model.view()),
                             std::string(s.serialNumber ? s.serialNumber->view() : ""),
                             std::string(s.firmwareVersion ? s.firmwareVersion->view() : ""),
                             std::string(word(request.reason)),
                             now_};
        TRY(store_.put_boot(row));
        say(Line()
                .put("event", "boot")
                .put("station", station_)
                .put("vendor", row.vendor)
                .put("model", row.model)
                .put("serial", row.serial)
                .put("firmware", row.firmware)
                .put("reason", row.boot_reason));
        //= OCPP 2.1 B01.FR.02
        return Message(
            BootNotificationResponse{.currentTime = now_, .interval = heartbeat_s, .status = RegistrationStatusEnum::Accepted});
    }

    Result<Message> on(const HeartbeatRequest&) { return Message(HeartbeatResponse{.currentTime = now_}); }

    Result<Message> on(const StatusNotificationRequest& request) {
        const std::string status(word(request.connectorStatus));
        TRY(store_.put_status(station_, {request.evseId, request.connectorId, status, request.timestamp.time}));
        say(Line()
                .put("event", "status")
                .put("station", station_)
                .put("evse", request.evseId.value)
                .put("connector", request.connectorId.value)
                .put("status", status));
        return Message(StatusNotificationResponse{});
    }

    Result<Message> on(const AuthorizeRequest& request) {
        AuthorizeResponse response;
        response.idTokenInfo.status = TRY(status_of(request.idToken));
        say(Line().put("event", "authorize").put("station", station_).put("token", request.idToken.idToken.view())
                .put("status", word(response.idTokenInfo.status)));
        return Message(response);
    }

    Result<Message> on(const TransactionEventRequest& request) {
        const EventRow event = event_row(station_, request);
        const Stored stored = TRY(store_.put_event(event, now_));
        const TransactionRow all = TRY(store_.transaction(station_, event.transaction));
        Line line = describe(all, "transaction");
        line.put("kind", event.kind).put("sequence", event.sequence);
        if (stored == Stored::repeated) line.put("repeated", true);
        if (stored == Stored::conflicting) line.put("conflicting", true);
        say(line);
        TransactionEventResponse response;
        //= OCPP 2.1 E01.FR.11, E01.FR.12, E05.FR.01
        if (request.idToken) response.idTokenInfo.emplace().status = TRY(status_of(*request.idToken));
        return Message(response);
    }

    Result<Message> on(const DataTransferRequest&) {
        return Message(DataTransferResponse{.status = DataTransferStatusEnum::UnknownVendorId});
    }

    /// Kept for whoever looks into the database, and nothing else comes of it.
    Result<> keep(const Message& request) {
        const std::string action(meaning(request).action->name);
        const auto payload = request.write();
        TRY(store_.put_notice(station_, action, payload ? *payload : "{}", now_));
        say(Line().put("event", "notice").put("station", station_).put("action", action));
        return {};
    }

    std::vector<std::string> lines;
    bool is_impostor = false;

private:
    void say(const Line& line) { lines.emplace_back(line.text().view()); }

    Result<AuthorizationStatusEnum> status_of(const IdToken& token) const {
        return TRY(store_.knows_token(token.idToken, token.type)) ? AuthorizationStatusEnum::Accepted
                                                                  : AuthorizationStatusEnum::Invalid;
    }

    Store& store_;
    const std::string& station_;
    const std::string& common_name_;
    WallTime now_;
};

/// The answer of the first of these requests that this is; nothing if it is none of them.
template <class... Requests>
std::optional<Result<Message>> answer_of(Handler& handler, const Message& message) {
    std::optional<Result<Message>> answer;
    ((message.get<Requests>() && (answer = handler.on(*message.get<Requests>()), true)) || ...);
    return answer;
}

/// The empty response that says "received", if this is one of the requests that want no more.
template <class... Requests>
std::optional<Message> receipt_of(const Message& message) {
    std::optional<Message> receipt;
    ((message.get<Requests>() && (receipt = Message(typename Requests::Response{}), true)) || ...);
    return receipt;
}

std::optional<Message> receipt_for(const Message& message) {
    return receipt_of<ClearedChargingLimitRequest, FirmwareStatusNotificationRequest, LogStatusNotificationRequest,
                      MeterValuesRequest, NotifyChargingLimitRequest, NotifyCustomerInformationRequest, NotifyDERAlarmRequest,
                      NotifyDERStartStopRequest, NotifyDisplayMessagesRequest, NotifyEventRequest, NotifyMonitoringReportRequest,
                      NotifyPriorityChargingRequest, NotifyReportRequest, PublishFirmwareStatusNotificationRequest,
                      ReportChargingProfilesRequest, ReportDERControlRequest, ReservationStatusUpdateRequest,
                      SecurityEventNotificationRequest>(message);
}

/// A failure of ours, told to a peer without words of ours about files.
Refusal internal(std::vector<std::string>& lines, const std::string& station, const Error& error) {
    lines.emplace_back(Line().put("event", "error").put("station", station).put("why", error.what.view()).text().view());
    return {ErrorCode::InternalError, "the CSMS cannot store it: send it again"};
}

}  // namespace

Outcome handle(Store& store, const Peer& peer, const Message& request, WallTime now) {
    Handler handler(store, peer, now);
    Outcome outcome;
    auto refuse = [&](Refusal refusal) {
        outcome.answer = std::move(refusal);
        outcome.lines = std::move(handler.lines);
        return std::move(outcome);
    };
    const auto booted = store.has_booted(peer.station);
    if (!booted) return refuse(internal(handler.lines, peer.station, booted.error()));
    //= OCPP 2.1 B01.FR.10
    if (!*booted && !request.get<BootNotificationRequest>())
        return refuse({ErrorCode::SecurityError, "BootNotification comes first"});
    auto answer = answer_of<BootNotificationRequest, HeartbeatRequest, StatusNotificationRequest, AuthorizeRequest,
                            TransactionEventRequest, DataTransferRequest>(handler, request);
    if (!answer) {
        auto receipt = receipt_for(request);
        if (!receipt) return refuse({ErrorCode::NotSupported, "this CSMS does not take this request"});
        if (const auto kept = handler.keep(request); !kept) answer = std::unexpected(kept.error());
        else answer = *std::move(receipt);
    }
    if (handler.is_impostor) {
        outcome.close = true;
        handler.lines.push_back(rejected(peer.station, answer->error().what.view()));
        return refuse({ErrorCode::SecurityError, "the serial number is not that of the certificate"});
    }
    if (!*answer) return refuse(internal(handler.lines, peer.station, answer->error()));
    return {**std::move(answer), false, std::move(handler.lines)};
}

std::vector<std::string> handle_unconfirmed(Store& store, const std::string& station, const Message& message, WallTime now) {
    const Peer peer{station, {}};
    Handler handler(store, peer, now);
    const auto booted = store.has_booted(station);
    if (!booted || !*booted) return {};
    if (const auto kept = handler.keep(message); !kept) (void)internal(handler.lines, station, kept.error());
    return std::move(handler.lines);
}

}  // namespace voltkeep::csms
