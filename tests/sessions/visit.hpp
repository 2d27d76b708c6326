// SPDX-License-Identifier: Apache-2.0
// One visit of a car, with whatever goes wrong: the plant's physics, the safety core, the session's state machine with its disk,
// a car and a CSMS, in one process and faster than time. Everything that is random comes from the seed. After every millisecond
// an observer that knows nothing of how they work looks at the current that really flows; at the end it compares the bill with
// the plant.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "backlog.hpp"
#include "peers/plant/physics.hpp"
#include "services/power/protocol.hpp"

namespace voltkeep::sessions {

/// What the thousand must have reached, to mean anything.
struct Tally {
    int transactions = 0, energised = 0, session_deaths = 0, power_deaths = 0, reboots = 0, faults = 0, disk_failures = 0,
        trips = 0, compared = 0;
};

/// A station that is made wrong: the observer must find it.
enum class Flaw : std::uint8_t {
    none,
    session_forgets,
    power_needs_no_consent,
    setpoints_are_exceeded,
    meter_counts_too_little,
    stops_are_forgotten
};

class Visit {
public:
    explicit Visit(std::uint64_t seed, Flaw flaw = Flaw::none);

    /// To the end. Empty: every property held at every step. Else the first that did not, with its time.
    std::string run(Tally& tally);
    /// Of everything that was decided and measured.
    [[nodiscard]] std::uint64_t digest() const { return digest_; }

private:
    enum class Car : std::uint8_t { away, waiting, cable_check, precharge, charge, leaving, done };

    // the world
    void millisecond();
    void happen();
    void something_happens();
    void clear_fault();

    // power, as services/power runs it
    void power_period();
    void kill_power(int for_ms);

    // session, as services/session carries out what the machine decides
    [[nodiscard]] charging::Context context();
    void feed(const charging::Event& event);
    void carry_out(const charging::Actions& actions);
    void give();
    void submit();
    void look_at_disk();
    void kill_session(int for_ms, charging::Restart as);
    void start_session();
    void send_power(const charging::SetPower& wanted);
    void send_consent(const charging::GiveConsent& consent);

    // the others
    void read_meter();
    void drive_car();
    void come();
    void leave();
    void answer(const charging::AskAuthorization& ask);
    void hear(const charging::Record& record);

    // the observer
    void observe();
    void compare();
    void complain(const std::string& what);
    void mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 1099511628211u; }
    [[nodiscard]] std::int32_t dice(std::int32_t sides) {
        return static_cast<std::int32_t>(random_() % static_cast<std::uint64_t>(sides));
    }

    const Flaw flaw_;
    std::mt19937_64 random_;
    std::int64_t ms_ = 0;
    std::uint64_t digest_ = 1469598103934665603u;
    std::string problem_;
    Tally* tally_ = nullptr;

    plant::Evse plant_;
    plant::CarFrame body_{};                 ///< what the car does, physically
    Car car_ = Car::away;
    std::int64_t car_until_ms_ = 0, car_next_ms_ = 0, car_phase_ms_ = 0;
    std::int32_t car_wants_ma_ = 100'000;
    Text<255> car_name_;
    bool is_car_silent_ = false;

    safety::Configuration limits_{};
    safety::State core_{};
    safety::Inputs inputs_{};
    safety::Report report_{.pilot = safety::Pilot::between};
    std::uint32_t frames_ = 0;
    std::int64_t power_back_ms_ = 0;         ///< it is dead until then
    bool power_was_away_ = false;

    charging::Configuration configuration_{};
    charging::State state_{};
    charging::Durable stored_{};
    bool has_stored_ = false;
    std::unique_ptr<session::Backlog> backlog_;
    session::Commit in_flight_{};
    std::int64_t disk_due_ms_ = -1, disk_fails_until_ms_ = 0;
    bool is_full_told_ = false;
    std::uint16_t consent_ms_ = 0;
    std::int64_t session_back_ms_ = 0;
    charging::Restart restart_ = charging::Restart::process;
    bool session_lives_ = false;
    int fresh_ = 0;
    std::deque<std::pair<std::int64_t, charging::Event>> mail_;   ///< messages on their way, with the time at which they arrive
    std::deque<charging::Event> unanswered_; ///< stops that session has heard and not answered: said again if it dies
    std::uint64_t life_ = 0;                 ///< of session

    std::optional<plant::Fault> fault_;
    std::int64_t fault_ends_ms_ = 0, disturbed_until_ms_ = 0, acknowledge_ms_ = 0;
    bool meter_lied_ = false;
    std::int64_t last_import_ = 0, last_export_ = 0;

    // what the observer knows
    struct Told {
        std::vector<charging::Record> records;
        std::int64_t delivered_begin = 0, delivered_end = 0;
    };
    std::map<std::string, Told> told_;       ///< by transaction
    bool allowed_ = false;                   ///< somebody has authorized since the last stop
    std::int64_t consent_until_ms_ = -1;     ///< of the session's, as it gave it
    std::int64_t permitted_ms_ = -1;         ///< when a transaction that may charge was last there
    std::deque<std::pair<std::int64_t, std::int32_t>> setpoints_;   ///< of the last moments, falling: how much may flow
};

}  // namespace voltkeep::sessions
