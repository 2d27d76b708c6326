// SPDX-License-Identifier: Apache-2.0
// One EVSE's state machine and the world around it: feeds it, and carries out what it decides. Withdrawals happen at once; what gives
// something (power, a verdict, an event) happens when what it rests on is on the disk.
#pragma once

#include <deque>

#include "charging/session/session.hpp"
#include "services/audit/client.hpp"
#include "services/meter/protocol.hpp"
#include "services/power/protocol.hpp"
#include "store.hpp"

namespace voltkeep::session {

class Evse {
public:
    Evse(kernel::Service& self, Store& store, audit::Journal& journal, const Config& config, EvseId number);

    /// Takes up what was stored, and begins to feed the machine.
    Result<> begin(bool same_boot);

    void feed(const charging::Event& event);
    void look_at_power();
    void power_is_back();
    void look_at_meter();
    void set_online(bool online) { online_ = online; }

    [[nodiscard]] Authorize::Authorization verdict() const;
    [[nodiscard]] TakeSetpoint::Setpoint setpoint() const;
    [[nodiscard]] Snapshot::View snapshot() const;
    [[nodiscard]] const charging::State& state() const { return state_; }
    [[nodiscard]] EvseId number() const { return number_; }

private:
    /// The actions of one step, waiting for the disk or behind others that do.
    struct Batch {
        charging::Actions actions;
        Commit commit;
        bool is_done = false;
    };

    void carry_out(charging::Actions actions);
    void do_at_once(const charging::Actions& actions);
    void submit_first();
    void finish_batches();
    void perform(const charging::Action& action);
    void send_power(const charging::SetPower& wanted);
    void log_record(const Record& record);
    [[nodiscard]] charging::Context context() const;

    kernel::Service& self_;
    Store& store_;
    audit::Journal& journal_;
    const Config& config_;
    EvseId number_;
    charging::Configuration configuration_;
    charging::State state_;
    kernel::Client<power::Interface> power_;
    kernel::Client<meter::Interface> meter_;
    std::deque<Batch> batches_;
    bool is_committing_ = false;         ///< the first batch is on its way to the disk, or waits to be tried again
    charging::SetPower wanted_{};        ///< the newest: an older one that waited is not sent any more
    std::uint16_t consent_ms_ = 0;       ///< in force; 0: none was given
    bool online_ = false;
    Text<32> meter_serial_;
    TransactionId stored_;               ///< the transaction whose start is on the disk
    std::uint8_t told_protection_ = PROTECTION_NONE;
};

}  // namespace voltkeep::session
