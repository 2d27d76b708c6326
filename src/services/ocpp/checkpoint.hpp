// SPDX-License-Identifier: Apache-2.0
// Where the conversation with the CSMS stands: left with link after each message, taken up by the next parser if this one dies.
// It holds positions and ids only, no authorization and no value; whatever is in it, the worst it can do is ask or answer once
// more.
#pragma once

#include "kernel/message.hpp"
#include "report.hpp"
#include "services/session/protocol.hpp"
#include "wire/ocpp/rpc.hpp"

namespace voltkeep::ocpp {

/// What TriggerMessage may ask for, but for a status.
enum class Trigger : std::uint8_t { boot, heartbeat, log_status, firmware_status };
[[nodiscard]] constexpr std::uint8_t bit(Trigger trigger) {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(trigger));
}

/// One open call, either way.
struct OpenCall {
    Text<144> id;
    std::uint8_t action = 0;
    std::int64_t since_ns = 0;
};

struct Checkpoint {
    bool accepted = false;                 ///< BootNotification was accepted
    bool pending = false;                  ///< it was not yet: the CSMS may read and set variables meanwhile
    std::uint32_t heartbeat_s = 0;
    std::uint64_t event_in_flight = 0;     ///< sequence of the session's event that `ours` carries; 0: none
    std::uint64_t acknowledged = 0;        ///< the session's events up to here are with the CSMS
    std::uint64_t attempted = 0;           ///< sequence of the event that `attempts` counts for
    std::uint32_t attempts = 0;            ///< that got an error, or no answer in time
    std::uint64_t authorization = 0;       ///< request number of the authorization that `ours` asks for
    std::uint8_t authorization_evse = 0;
    std::array<session::Availability, 8> availability{};   ///< of EVSE n at n - 1: what the CSMS was told last
    std::array<TransactionId, 8> transactions{};           ///< at EVSE n at n - 1, as far as the CSMS knows; empty: none
    std::uint8_t triggered = 0;            ///< what TriggerMessage has asked for and was not sent: one bit a Trigger
    std::uint8_t triggered_statuses = 0;   ///< and of which EVSEs a status: bit n - 1 for EVSE n
    std::optional<Report> report;          ///< on its way
    std::optional<OpenCall> ours;
    std::optional<OpenCall> theirs;
    std::optional<OpenCall> answered;
    std::optional<OpenCall> taken;
};
static_assert(kernel::bound<Checkpoint> <= 4096);

[[nodiscard]] std::optional<OpenCall> pack(const std::optional<rpc::State::Open>& open);
/// Nothing if it names no action or no id.
[[nodiscard]] std::optional<rpc::State::Open> unpack(const std::optional<OpenCall>& open);

}  // namespace voltkeep::ocpp
