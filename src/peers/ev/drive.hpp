// SPDX-License-Identifier: Apache-2.0
// One visit of the car: it plugs in, finds the charger, connects, charges, and leaves. The wiring of sockets, timers and signals
// around the car's state machine.
#pragma once

#include <csignal>
#include <optional>
#include <string>

#include "cable.hpp"
#include "discovery.hpp"
#include "peers/ev/evcc/evcc.hpp"
#include "report.hpp"
#include "transport.hpp"

namespace voltkeep::ev {

namespace evcc = iso15118::evcc;

struct Options {
    std::string interface;                   ///< for SDP; empty: `host` and `port` are known
    std::uint16_t discovery_port = 15118;
    std::string host;
    std::uint16_t port = 0;
    std::string pki;                         ///< folder of the development PKI: vehicle/{chain,key,trust}.pem
    std::string groups = "SecP384r1MLKEM1024/secp521r1:x448";
    std::string signature_algorithms = "ecdsa_secp521r1_sha512:ed448";
    bool is_plain = false;                   ///< plain TCP: lab alone
    std::string plant;                       ///< the cable's socket; empty: no cable but the charger's word
    Permille state_of_charge{500};
    std::string trace;
    bool is_json = false;
    int come_back = 0;                       ///< how often it starts over while it is plugged in, after a session that broke
    Duration pause = 500ms;                  ///< how long it pauses, if its plan has a pause
    bool is_sleepy = false;       ///< it starts over only when the charger wakes it: the pilot goes steady, and invites again
    bool is_pilot_alone = false;  ///< no digital communication: alternating current, as much as the pilot's duty cycle offers
    MilliAmpere ac_current{16'000};          ///< its on-board charger's, of each phase
    evcc::Plan plan;
};

class Drive {
public:
    /// Errors: io, tls, bad_argument: nothing was plugged in.
    [[nodiscard]] static Result<Drive> prepare(const Options& options);
    /// The whole visit. True if everything was as it should be. SIGTERM and SIGINT end it in order, a second one at once.
    [[nodiscard]] bool run();

private:
    enum class Phase : std::uint8_t { plugging, discovering, connecting, talking, parted, leaving, unlocking, gone };

    Drive(const Options& options, Report report) : options_(options), report_(std::move(report)) {}

    void wait();
    void turn();
    void on_signal();
    void read_cable();
    void show_inlet();

    void wait_for_offer();
    void discover();
    void connect(const Address& address);
    void shake_hands();
    void talk();
    [[nodiscard]] bool may_come_back() const;
    void part(std::string_view why);
    void wait_to_come_back();
    void leave();
    void wait_for_unlock();

    void take(const evcc::Move& move);
    void send(const evcc::Sending& sending);
    void tell_exchange(const evcc::Exchanged& exchanged);
    void tell_charging();
    void fail_visit(std::string_view why);
    void break_off(std::string_view why);
    [[nodiscard]] bool is_invited() const;
    void start_over();
    void pause();
    void summarise();
    void enter(Phase phase);
    [[nodiscard]] Instant next_wake() const;

    Options options_;
    Report report_;
    tls::Context tls_;
    Descriptor signals_;
    std::optional<CableSocket> cable_socket_;
    std::optional<Discovery> discovery_;
    std::optional<Transport> transport_;
    Phase phase_ = Phase::plugging;
    Instant since_;                          ///< when the phase began
    Instant setup_until_;                    ///< V2G_EVCC_CommunicationSetup_Timeout
    evcc::Cable cable_;
    plant::CableFrame measured_;
    bool is_measured_ = false;
    evcc::Car car_;
    evcc::Inlet inlet_;
    std::optional<evcc::Ending> ending_;
    std::optional<tls::Details> details_;
    std::string told_;                       ///< the response that was shown last
    evcc::Statistics earlier_;               ///< of the sessions that broke
    int came_back_ = 0;
    bool is_pausing_ = false;                ///< it has parted to come back to the same session
    bool has_joined_ = false;                ///< the charger knew the paused session again
    bool has_slept_ = false;                 ///< since it parted, the pilot has invited nobody
    Instant charging_told_;
    int signals_taken_ = 0;
};

}  // namespace voltkeep::ev
