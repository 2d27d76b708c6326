// SPDX-License-Identifier: Apache-2.0
// A station and the world around it, on one machine: the process manager with its services, and beside them the simulated
// hardware, the reference CSMS and the cars. One loop; everything that is started here ends here.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "cli/run/cable.hpp"
#include "cli/door.hpp"
#include "cli/settings.hpp"
#include "cli/run/timeline.hpp"

namespace voltkeep::cli {

struct RunOptions {
    std::string state = "state";
    std::string config;              ///< station.toml; empty: <state>/station.toml
    int evse = 0;                    ///< 0: as station.toml says
    int csms_port = 0;               ///< 0: as station.toml says
    bool once = false;
    bool json = false;
    int duration_s = 12;             ///< how long a car charges
    std::vector<std::string> car{"--come-back", "3"};   ///< more options of the car's program
    std::string trace;               ///< folder for the frames that each car has seen; empty: none
};

/// One visit of a car: what each side says of it. It was good when they agree.
/// What the hardware says of an EVSE, 1/1000 Wh; -1: nothing.
struct PlantEnergy {
    std::int64_t delivered_mwh = -1;   ///< what really went to the car
    std::int64_t metered_mwh = -1;     ///< the meter's register of it
};

struct Visit {
    bool ev_ended = false;
    bool ev_ok = false;
    std::string ev_group;
    std::int64_t ev_worst_us = 0;
    std::string transaction;
    bool is_started = false;         ///< in the log
    bool is_ended = false;
    std::int64_t energy_mwh = -1;    ///< of the bill, from the log
    std::int64_t cost_micro = -1;
    bool csms_ended = false;
    std::int64_t csms_energy_mwh = -1;
    PlantEnergy before, after;       ///< the visit

    [[nodiscard]] bool is_over() const { return ev_ended && is_ended && csms_ended; }
    [[nodiscard]] std::int64_t delivered_mwh() const { return after.delivered_mwh - before.delivered_mwh; }
    [[nodiscard]] std::int64_t metered_mwh() const { return after.metered_mwh - before.metered_mwh; }
};

/// A new one for each life of the process manager: it tells whoever keeps durable state whether all of it was restarted.
Result<> write_boot_id(const std::string& path);

class World {
public:
    World(RunOptions options, Layout layout, StationFile file);
    ~World();

    /// Starts all, runs until Ctrl-C, or with `once` until the first session is over. The exit status. Errors: nothing stays
    /// behind.
    Result<int> run();

private:
    // start
    Result<> prepare_state();
    Result<> check_port() const;
    Result<> make_tpm();
    Result<> make_certificates();
    void lay_cables();
    Result<> start_peers();
    Result<> start_modbus_meter(int evse);
    Result<> commission_meters(Instant deadline);
    Result<> start_station();
    Result<> listen();
    Result<> plug(int evse);

    // loop
    Result<> turn();
    void on_line(Child& child, const std::string& line);
    void on_end(Child& child);
    void on_station_end(int status);
    void bury_orphans();
    void on_station_line(const Json& line);
    void on_session_life(std::string_view life);
    void say_if_available();
    void on_ev_line(int evse, const Json& line);
    void on_csms_line(const Json& line);
    void on_entry(const Json& entry);
    void follow_log();
    void on_log_answer(const std::string& line);
    void on_visitor();
    std::string answer_visitor(const std::string& request);
    void on_signal();
    void check_progress();

    // end
    Json summary();
    Json visit_object(int evse, const Visit& visit) const;
    PlantEnergy plant_energy(int evse);
    bool is_good(const Visit& visit) const;
    void stop_all();

    [[nodiscard]] std::string run_file(const std::string& name) const { return options_.state + "/run/" + name; }

    RunOptions options_;
    Layout layout_;
    StationFile file_;
    Timeline timeline_;
    Surroundings surroundings_;
    Written written_;
    kernel::os::Descriptor lock_;
    kernel::os::Descriptor signals_;
    kernel::os::Descriptor visitors_;          ///< listens for `voltkeep ev plug|unplug`
    std::vector<Cable> cables_;
    std::vector<std::unique_ptr<Child>> children_;   ///< in the order of their start
    Child* station_ = nullptr;
    std::map<int, Child*> cars_;               ///< by EVSE
    std::map<int, Child*> modbus_meters_;      ///< by EVSE
    std::map<int, Visit> visits_;
    std::optional<DoorClient> door_;
    std::uint64_t next_entry_ = 0;
    bool is_following_ = false;
    bool csms_is_ready_ = false;
    bool is_accepted_ = false;                 ///< by the CSMS
    bool is_session_there_ = false;            ///< without it nobody can charge
    bool is_available_ = false;                ///< both were so
    bool is_stopping_ = false;
    bool was_plugged_ = false;
    std::string csms_group_;
    std::vector<Instant> station_starts_;      ///< of the process manager
    std::set<std::string> deaths_;             ///< services that died, as the process manager says
    std::optional<int> status_;
    Instant deadline_{INT64_MAX};              ///< of `once`
    Instant available_at_{};
};

/// A TCP port of loopback that nobody listens on now, for a station that is there for a test; 0: there is none.
[[nodiscard]] int free_port();

}  // namespace voltkeep::cli
