// SPDX-License-Identifier: Apache-2.0
// Kills one service after the other while cars charge, one at each EVSE, and judges each death by what the car, the CSMS, the
// hardware and the process manager say. What is wrong is a sentence; nothing wrong is no sentence.
#pragma once

#include <deque>

#include "inject.hpp"
#include "members.hpp"

namespace voltkeep::kills {

using harness::Json;
using harness::number_in;
using harness::Services;
using harness::ServiceState;
using harness::Station;

/// Where a charging session is.
enum class Phase : std::uint8_t {
    idle,
    discovery,
    authorization,
    cable_check,
    precharge,
    charge_loop,
    stopping,
    after,
    last_ = after
};
[[nodiscard]] std::string_view name(Phase phase) noexcept;

/// One death, and what came of it.
struct Death {
    std::string service, type;
    Phase phase = Phase::idle;
    Cause cause = Cause::kill;
    std::int64_t back_us = -1;              ///< from its end to ready, its back-off included
    std::int64_t back_off_us = 0;
    std::int64_t opened_us = -1;            ///< from the death to the open contactor; -1: it did not open
    std::int64_t energy_ms = -1;            ///< from the death to 90 % of the current before it; -1: it never fell
    std::size_t sessions = 0;               ///< that the car began anew because of it
    double lowest_share = 1;                ///< of the current before it
    std::vector<std::string> problems;
};

/// Whether a death of this service may stop the charge (it resumes in the same transaction), or must not be noticed.
[[nodiscard]] bool may_stop(std::string_view type);

class Judge {
public:
    Judge(Station& station, std::vector<Member> members, int evses = 1)
        : station_(station), members_(std::move(members)), cars_(static_cast<std::size_t>(evses)) {}

    /// The first cars, or the next ones: one at each EVSE. Errors: timeout.
    Result<> begin_visit(bool is_first);
    /// Waits until the car is in this phase, or beyond it. False: it does not come there; a problem of the visit.
    bool reach(Phase phase, int evse = 1);
    Death& kill(const std::string& service, Phase phase, Cause cause);
    /// The cars leave (unless they did), and what all sides have of the visit is compared. Its problems are those of all its
    /// deaths. `may_break`: something else than a death here may have cost the cars their sessions.
    void end_visit(bool may_break = false);
    /// The machine stood still: the safety loop tripped over late inputs though nobody had killed it. Forgets the visit; it is to
    /// be repeated. A death that brings this about every time is found all the same.
    bool was_stalled();

    std::deque<Death>& deaths() { return deaths_; }
    /// What was wrong with a visit as a whole, of all visits; also among its deaths' own.
    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

private:
    [[nodiscard]] const Member& member(const std::string& service) const;
    void watch_return(Death& death, const Member& member, std::size_t from, Instant died, const Services& before);
    void watch_charge(Death& death, int evse, std::size_t from, Instant asked, Instant died, const Json& plant_before);
    void leave();
    void complain(const std::string& what);
    void compare_car(int evse, bool may_break);
    void compare(const Json& visit);

    Station& station_;
    std::vector<Member> members_;
    std::deque<Death> deaths_;
    std::size_t first_death_ = 0;           ///< of this visit
    std::size_t visit_line_ = 0;
    std::vector<std::size_t> cars_;         ///< of each EVSE: lines from here on tell where the car goes
    bool is_leaving_ = false;
    std::map<std::string, std::vector<Instant>> history_;
    std::vector<std::string> problems_;     ///< of all visits
    std::size_t first_problem_ = 0;         ///< of this visit
};

}  // namespace voltkeep::kills
