// SPDX-License-Identifier: Apache-2.0
// One EVSE's state machine and the world around it: feeds it, and carries out what it decides. Withdrawals happen at once; what
// gives something (power, a verdict, an event) happens when what it rests on is on the disk.
#pragma once

#include "charging/session/session.hpp"
#include "services/audit/client.hpp"
#include "services/meter/protocol.hpp"
#include "services/power/protocol.hpp"
#include "flight.hpp"

namespace voltkeep::session {

class Evse {
public:
    Evse(kernel::Service& self, Store& store, audit::Journal& journal, const Config& config, EvseId number);

    /// Takes up what was stored, and begins to feed the machine.
    Result<> begin(bool same_boot);

    void feed(const charging::Event& event);
    /// What the car calls itself, before what it asks for under that name.
    void name_car(const Text<255>& evcc);
    void look_at_power();
    void power_is_back();
    void look_at_meter();
    void set_online(bool online) { online_ = online; }

    /// When everything that was decided until now is on the disk.
    void when_durable(Backlog::Then then) { backlog_.when_durable(std::move(then)); }

    [[nodiscard]] Authorize::Authorization verdict() const;
    [[nodiscard]] TakeSetpoint::Setpoint setpoint() const;
    [[nodiscard]] Snapshot::View snapshot() const;
    [[nodiscard]] const charging::State& state() const { return state_; }
    [[nodiscard]] EvseId number() const { return number_; }
    /// Its car speaks ISO 15118; else by the pilot alone.
    [[nodiscard]] bool is_digital() const { return configuration_.digital; }

private:
    void carry_out(const charging::Actions& actions);
    [[nodiscard]] Backlog::Batch batch_of(const charging::Actions& actions) const;
    void take_away(const charging::Actions& actions);
    void acknowledge(const charging::AcknowledgeTrips& action);
    void give(const charging::Actions& actions);
    void submit();
    void finish_first();
    void perform(const charging::Action& action);
    void send_power(const charging::SetPower& wanted);
    void send_consent(const charging::GiveConsent& consent);
    void log_record(const Record& record);
    [[nodiscard]] charging::Context context() const;
    void judge(const meter::Sample& sample);
    void sign_if_wanted();
    void take_signed(charging::ReadingWanted asked, const TransactionId& of, const Identity& who,
                     Result<meter::Sign::Signed> done);

    kernel::Service& self_;
    Store& store_;
    audit::Journal& journal_;
    const Config& config_;
    EvseId number_;
    charging::Configuration configuration_;
    charging::State state_;
    kernel::Client<power::Interface> power_;
    kernel::Client<meter::Interface> meter_;
    Flight flight_;
    Backlog backlog_;
    std::uint32_t told_trips_ = 0;       ///< acknowledged and in the log, as long as something is latched
    bool is_full_told_ = false;          ///< the machine knows that no more fits behind the disk
    std::uint16_t consent_ms_ = 0;       ///< in force; 0: none was given
    bool online_ = false;
    std::optional<meter::Sample> metered_;   ///< the newest
    TransactionId next_id_;  ///< of the transaction that comes next: its first reading is signed with it before it begins
    std::optional<std::pair<std::uint64_t, SignedReading>> signed_;   ///< the newest, by its page
    bool is_signing_ = false;
    Instant sign_not_before_{};
    TransactionId stored_;               ///< the transaction whose start is on the disk
};

}  // namespace voltkeep::session
