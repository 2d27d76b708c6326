// SPDX-License-Identifier: Apache-2.0
// TriggerMessage, and sending what the CSMS has asked for: that goes before the station's own events, and before it is accepted
// too.
#include "station.hpp"
#include "wire/ocpp/messages/diagnostics.hpp"
#include "wire/ocpp/messages/firmware.hpp"

namespace voltkeep::ocpp {

//= OCPP 2.1 F06.FR.04, F06.FR.05
void Station::trigger_message(const rpc::MessageId& id, const TriggerMessageRequest& request) {
    answer(id, TriggerMessageResponse{.status = trigger(request)});
}

/// Asked for twice before it was sent it is sent once.
TriggerMessageStatusEnum Station::trigger(const TriggerMessageRequest& request) {
    using enum TriggerMessageStatusEnum;
    using enum MessageTriggerEnum;
    switch (request.requestedMessage) {
        case BootNotification:
            //= OCPP 2.1 F06.FR.17
            if (at_.accepted) return Rejected;
            not_before_ = {};
            at_.triggered |= bit(Trigger::boot);
            return Accepted;
        //= OCPP 2.1 F06.FR.03
        case Heartbeat: at_.triggered |= bit(Trigger::heartbeat); return Accepted;
        case LogStatusNotification: at_.triggered |= bit(Trigger::log_status); return Accepted;
        case FirmwareStatusNotification: at_.triggered |= bit(Trigger::firmware_status); return Accepted;
        case StatusNotification: {
            //= OCPP 2.1 F06.FR.12
            const auto& evse = request.evse;
            if (!evse || evse->id.value < 1 || evse->id.value > config_.evse_count) return Rejected;
            if (!evse->connectorId || evse->connectorId->value != 1) return Rejected;
            at_.triggered_statuses |= static_cast<std::uint8_t>(1u << (evse->id.value - 1));
            return Accepted;
        }
        //= OCPP 2.1 F06.FR.08
        default: return NotImplemented;
    }
}

/// False: there is nothing. What is sent here belongs to no event, and its answer acknowledges none.
bool Station::send_what_was_asked_for() {
    if (!at_.accepted && !at_.pending) return false;
    if ((at_.triggered & ~bit(Trigger::boot)) == 0 && at_.triggered_statuses == 0 && !at_.report) return false;
    at_.event_in_flight = 0;
    if (at_.report && at_.triggered_statuses == 0 && (at_.triggered & ~bit(Trigger::boot)) == 0) send_part();
    else send_triggered();
    return rpc_.ours.has_value();
}

//= OCPP 2.1 F06.FR.09, F06.FR.10
void Station::send_triggered() {
    if (at_.triggered_statuses != 0) {
        const auto n = static_cast<std::uint8_t>(std::countr_zero(at_.triggered_statuses));
        at_.triggered_statuses &= static_cast<std::uint8_t>(at_.triggered_statuses - 1);
        return send_status(EvseId{static_cast<std::uint8_t>(n + 1)});
    }
    const auto is_wanted = [this](Trigger which) {
        return (std::exchange(at_.triggered, at_.triggered & ~bit(which)) & bit(which)) != 0;
    };
    if (is_wanted(Trigger::heartbeat)) call(HeartbeatRequest{});
    //= OCPP 2.1 F06.FR.15
    else if (is_wanted(Trigger::log_status)) call(LogStatusNotificationRequest{.status = UploadLogStatusEnum::Idle});
    //= OCPP 2.1 F06.FR.16
    else if (is_wanted(Trigger::firmware_status)) call(FirmwareStatusNotificationRequest{.status = FirmwareStatusEnum::Idle});
}

}  // namespace voltkeep::ocpp
