// SPDX-License-Identifier: Apache-2.0
#include "oracle.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <format>
#include <set>

namespace voltkeep::kills {

namespace {

constexpr std::int64_t back_bound_us = 5'000'000;    ///< from the end of a process to its successor's `ready`, back-off apart
constexpr Duration back_patience = 4s;
constexpr double charging_amperes = 50;              ///< less is no charge that could be disturbed
constexpr double steady_share = 0.95;                ///< of the current before a death: less is a dip
constexpr std::int64_t open_bound_us =
    150'000;  ///< hardware's watchdog 100 ms, contactor 13 ms, and what this machine takes for it
constexpr std::int64_t ramp_bound_us = 1'000'000;    ///< a stop with a ramp: the contactor opens without current
constexpr Duration resume_patience = 25s;

bool is_car(const Json& line, int evse, std::string_view event) {
    return line.string("source") == "ev" && line.string("event") == event && number_in(line, "evse") == evse;
}
bool is_answer(const Json& line, int evse, std::string_view message) {
    return is_car(line, evse, "message") && line.string("message") == message;
}

double amperes(const Json& plant, std::string_view name = "amperes") {
    const Json* value = plant.find(name);
    return value ? std::strtod(std::string(value->scalar()).c_str(), nullptr) : 0;
}

struct Stored {
    std::int64_t sequence = 0, last_register = -1;
    std::string name, kind;
};

/// What the CSMS has on its disk, in the order in which it came.
std::vector<Stored> stored(const std::string& folder, const std::string& transaction, std::int64_t& conflicts) {
    std::vector<Stored> events;
    sqlite3* database = nullptr;
    if (sqlite3_open_v2((folder + "/csms.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK) {
        sqlite3_stmt* rows = nullptr;
        sqlite3_prepare_v2(
            database, "SELECT sequence, coalesce(last_register, -1), name, kind FROM events WHERE name = ? ORDER BY sequence", -1,
            &rows, nullptr);
        sqlite3_bind_text(rows, 1, transaction.data(), static_cast<int>(transaction.size()), SQLITE_STATIC);
        auto text = [&](int column) { return std::string(reinterpret_cast<const char*>(sqlite3_column_text(rows, column))); };
        while (sqlite3_step(rows) == SQLITE_ROW)
            events.push_back({sqlite3_column_int64(rows, 0), sqlite3_column_int64(rows, 1), text(2), text(3)});
        sqlite3_finalize(rows);
        sqlite3_prepare_v2(database, "SELECT count(*) FROM conflicts", -1, &rows, nullptr);
        if (sqlite3_step(rows) == SQLITE_ROW) conflicts = sqlite3_column_int64(rows, 0);
        sqlite3_finalize(rows);
    }
    sqlite3_close(database);
    return events;
}

}  // namespace

std::string_view name(Phase phase) noexcept {
    constexpr std::string_view names[] = {"idle",      "discovery",   "authorization", "cable check",
                                          "precharge", "charge loop", "stopping",      "after"};
    static_assert(std::size(names) == static_cast<std::size_t>(Phase::last_) + 1);
    return names[static_cast<std::size_t>(phase)];
}

bool may_stop(std::string_view type) { return type == "power" || type == "powerdrv" || type == "link@ev"; }

const Member& Judge::member(const std::string& service) const {
    const auto found = std::ranges::find(members_, service, &Member::name);
    CHECK(found != members_.end());
    return *found;
}

void Judge::complain(const std::string& what) { problems_.push_back(what); }

Result<> Judge::begin_visit(bool is_first) {
    visit_line_ = is_first ? 0 : station_.lines().size();
    std::ranges::fill(cars_, visit_line_);
    first_death_ = deaths_.size();
    first_problem_ = problems_.size();
    is_leaving_ = false;
    if (is_first) {
        if (!station_.wait_for([](const Json& line) { return line.string("event") == "available"; }, 60s))
            return fail(Errc::timeout, "the station does not become available:" + station_.tail());
        return {};
    }
    for (int evse = 1; evse <= static_cast<int>(cars_.size()); ++evse) TRY(station_.car("plug", evse));
    return {};
}

/// All cars at once.
void Judge::leave() {
    if (std::exchange(is_leaving_, true)) return;
    for (int evse = 1; evse <= static_cast<int>(cars_.size()); ++evse)
        if (!station_.car("unplug", evse)) complain(std::format("the car at EVSE {} cannot be told to leave", evse));
}

bool Judge::reach(Phase phase, int evse) {
    std::size_t& next = cars_[static_cast<std::size_t>(evse - 1)];
    const auto wait = [&](const std::function<bool(const Json&)>& fits) {
        if (station_.wait_for(fits, resume_patience, next)) return true;
        complain(std::format("the car at EVSE {} does not come to {}\n", evse, name(phase)) + station_.tail());
        return false;
    };
    const auto answer = [&](std::string_view message) {
        return wait([=](const Json& l) { return is_answer(l, evse, message); });
    };
    switch (phase) {
        case Phase::idle: return true;
        case Phase::discovery: return wait([=](const Json& l) { return is_car(l, evse, "offered") || is_car(l, evse, "back"); });
        case Phase::authorization: return answer("SessionSetupRes");
        case Phase::cable_check: return answer("DC_CableCheckRes");
        case Phase::precharge: return answer("DC_PreChargeRes");
        case Phase::charge_loop: {
            // The car may be there already: whoever died last was not noticed.
            for (std::size_t i = next = visit_line_; i < station_.lines().size(); ++i)
                if (is_car(station_.lines()[i], evse, "parted")) next = i;
            if (!answer("DC_ChargeLoopRes")) return false;
            // At its setpoint: two looks that agree.
            double before = 0;
            for (const Instant deadline = now() + 10s; now() < deadline;) {
                const auto plant = station_.plant("status", evse);
                const double present = plant ? amperes(*plant) : 0;
                if (present > 100 && std::abs(present - before) < 0.3) return true;
                before = present;
                station_.pause(100ms);
            }
            complain("the car does not get its current");
            return false;
        }
        case Phase::stopping:
            if (!is_leaving_) std::ranges::fill(cars_, station_.lines().size());
            leave();
            return answer("PowerDeliveryRes");
        case Phase::after:
            leave();
            return wait([=](const Json& l) { return is_car(l, evse, "session_ended"); });
    }
    return false;
}

Death& Judge::kill(const std::string& service, Phase phase, Cause cause) {
    const Member& m = member(service);
    Death& death = deaths_.emplace_back();
    death.service = service;
    death.type = m.type;
    death.phase = phase;
    death.cause = cause;
    const auto before = station_.services();
    if (!before || !before->contains(service)) {
        death.problems.push_back("no such process before its death");
        return death;
    }
    const auto hardware = [this](const char* words) {
        std::vector<Result<Json>> all;
        for (int evse = 1; evse <= static_cast<int>(cars_.size()); ++evse) all.push_back(station_.plant(words, evse));
        return all;
    };
    (void)hardware("mark");
    const Instant asked = now();
    const auto plants = hardware("status");
    const std::size_t from = station_.lines().size();
    // Where the car stands after this is seen in what it says from now on; a car that is not concerned may have gone on
    // meanwhile.
    for (std::size_t i = 0; i < cars_.size(); ++i)
        if (cars_.size() == 1 || (may_stop(m.type) && m.evse == static_cast<int>(i) + 1)) cars_[i] = from;
    const Instant died = now();
    if (const auto done = inflict(cause, before->at(service).pid, m.watchdog / 2); !done) {
        death.problems.emplace_back(done.error().what.view());
        return death;
    }
    if (cause != Cause::slow) watch_return(death, m, from, died, *before);
    else {
        const auto after = station_.services();
        if (after && after->at(service).pid != before->at(service).pid)
            death.problems.push_back("it was ended, and had not reached the watchdog's time");
    }
    if (phase != Phase::charge_loop) return death;
    // Whom the watchdog ended is back by now; the car that comes back then makes the contactor close and open once more.
    station_.pause(300ms);
    for (std::size_t i = 0; i < cars_.size(); ++i)
        if (plants[i] && amperes(*plants[i]) > charging_amperes)
            watch_charge(death, static_cast<int>(i) + 1, from, asked, died, *plants[i]);
    return death;
}

/// It comes back, in time, and nobody else was started again.
void Judge::watch_return(Death& death, const Member& m, std::size_t, Instant died, const Services& before) {
    auto& history = history_[death.service];
    std::erase_if(history, [&](Instant earlier) { return died - earlier >= m.period; });
    history.push_back(died);
    death.back_off_us = m.pause_at(history.size()) / 1us;
    for (const Instant deadline = now() + back_patience + m.watchdog; now() < deadline;) {
        const auto after = station_.services();
        if (!after) break;
        const ServiceState& is = after->at(death.service);
        const ServiceState& was = before.at(death.service);
        if (is.life != "ready" || is.pid == was.pid || is.restarts == was.restarts) {
            station_.pause(3ms);
            continue;
        }
        death.back_us = is.restart_us;
        if (is.restarts != was.restarts + 1) death.problems.push_back("it was started more than once");
        if (death.back_us > back_bound_us + death.back_off_us + m.budget_period / 1us)
            death.problems.push_back(std::format("it was back after {} ms only", death.back_us / 1000));
        for (const auto& [other, state] : before)
            if (other != death.service && (after->at(other).pid != state.pid || after->at(other).restarts != state.restarts))
                death.problems.push_back(other + " died with it");
        return;
    }
    death.problems.push_back("it did not come back");
}

/// What the hardware saw: no dip at all, or a stop in time and energy again in the same transaction.
void Judge::watch_charge(Death& death, int evse, std::size_t from, Instant asked, Instant died, const Json& before) {
    const double current = amperes(before);
    const auto openings = number_in(before, "openings");
    const auto connections = [&] { return station_.count([=](const Json& l) { return is_car(l, evse, "parted"); }, from); };
    const auto is_not_good = [&](const std::string& what) { death.problems.push_back(std::format("EVSE {}: ", evse) + what); };
    const bool is_watched = death.cause == Cause::hang || death.cause == Cause::busy;
    auto plant = station_.plant("status", evse);
    if (!plant) return is_not_good("the plant does not answer");
    const double lowest_share = amperes(*plant, "lowest_amperes") / current;
    death.lowest_share = std::min(death.lowest_share, lowest_share);
    const bool has_opened = number_in(*plant, "openings") > openings;
    const bool has_dipped = has_opened || lowest_share < steady_share;
    const std::size_t sessions = connections();
    death.sessions = std::max(death.sessions, sessions);
    if (!may_stop(death.type) || member(death.service).evse != evse) {
        if (has_opened) is_not_good("the contactor opened");
        else if (has_dipped) is_not_good(std::format("the current fell to {:.0f} %", lowest_share * 100));
        if (sessions > 0) is_not_good("the car lost its session");
        return;
    }
    // The loop itself: whoever comes after it orders "open" first, and where nobody comes the hardware opens by itself.
    if (death.type == "power" && death.cause != Cause::slow && !has_opened)
        return is_not_good("the safety loop died while energy flowed, and the contactor stayed closed");
    if (!has_dipped && sessions == 0) return;
    // The plant read its clock after the question and before the death: without the time between those two it is at most too
    // little.
    if (has_opened) death.opened_us = number_in(*plant, "opened_us") - number_in(before, "time_us") - (died - asked) / 1us;
    const bool is_loop = death.type != "link@ev";
    const std::int64_t bound =
        (is_loop ? open_bound_us : ramp_bound_us) + (is_watched && !is_loop ? member(death.service).watchdog / 1us : 0);
    if (!has_opened) is_not_good("the current fell, and the contactor stayed closed");
    else if (death.opened_us > bound) is_not_good(std::format("the contactor opened after {} ms", death.opened_us / 1000));
    if (number_in(*plant, "openings_under_load") > number_in(before, "openings_under_load"))
        is_not_good("the contactor opened under load");
    for (const Instant deadline = died + resume_patience; now() < deadline;) {
        plant = station_.plant("status", evse);
        if (plant && amperes(*plant) >= 0.9 * current) {
            death.energy_ms = (now() - died) / 1ms;
            death.sessions = std::max(death.sessions, connections());
            return;
        }
        station_.pause(20ms);
    }
    is_not_good("there was no energy again\n" + station_.tail());
}

void Judge::end_visit(bool may_break) {
    leave();
    const auto summary = station_.wait_for([](const Json& l) { return l.string("event") == "summary"; }, 40s, visit_line_);
    if (!summary) complain("the visit has no end:" + station_.tail());
    else
        for (const Json& visit : summary->find("visits")->items()) compare(visit);
    for (int evse = 1; evse <= static_cast<int>(cars_.size()); ++evse) compare_car(evse, may_break);
    for (std::size_t i = first_death_; i < deaths_.size(); ++i)
        deaths_[i].problems.insert(deaths_[i].problems.end(), problems_.begin() + static_cast<std::ptrdiff_t>(first_problem_),
                                   problems_.end());
}

/// What the car says of its visit.
void Judge::compare_car(int evse, bool may_break) {
    for (std::size_t i = first_death_; i < deaths_.size(); ++i)
        may_break = may_break || (may_stop(deaths_[i].type) && member(deaths_[i].service).evse == evse);
    const auto car = station_.wait_for([=](const Json& l) { return is_car(l, evse, "ev_summary"); }, 5s, visit_line_);
    const std::size_t broken = station_.count([=](const Json& l) { return is_car(l, evse, "parted"); }, visit_line_);
    if (!car) return complain(std::format("the car at EVSE {} said nothing at its end", evse));
    if (may_break) return;
    if (car->find("ok")->scalar() != "true")
        complain(std::format("the car at EVSE {} is not content: ", evse) + std::string(car->string("error")));
    if (number_in(*car, "late") > 0)
        complain(std::format("{} answers were late, the worst after {} ms", number_in(*car, "late"),
                             number_in(*car, "worst_turnaround_us") / 1000));
    if (broken > 0) complain(std::format("the session of the car at EVSE {} broke", evse));
}

bool Judge::was_stalled() {
    bool has_problem = problems_.size() > first_problem_;
    std::set<std::int64_t> own;   // EVSEs whose loop was killed: its trips are its own
    for (std::size_t i = first_death_; i < deaths_.size(); ++i) {
        has_problem = has_problem || !deaths_[i].problems.empty();
        if (deaths_[i].type == "power" || deaths_[i].type == "powerdrv") own.insert(member(deaths_[i].service).evse);
    }
    const auto is_stall = [&](const Json& l) {
        const std::string_view protection = l.string("protection");
        return l.string("event") == "safety" && !own.contains(number_in(l, "evse")) &&
               (protection == "inputs_stale" || protection == "loop_overrun" || protection == "bus_late");
    };
    if (!has_problem || station_.count(is_stall, visit_line_) == 0) return false;
    for (std::size_t i = first_death_; i < deaths_.size(); ++i)
        for (const std::string& problem : deaths_[i].problems)
            std::printf("this machine stood still: %s at %s: %s\n", deaths_[i].service.c_str(),
                        std::string(name(deaths_[i].phase)).c_str(), problem.substr(0, problem.find('\n')).c_str());
    deaths_.resize(first_death_);
    problems_.resize(first_problem_);
    return true;
}

/// The CSMS, the bill, the meter and the hardware about one visit.
void Judge::compare(const Json& visit) {
    std::set<std::string> transactions;
    std::int64_t newest = -1;
    for (std::size_t i = visit_line_; i < station_.lines().size(); ++i) {
        const Json& line = station_.lines()[i];
        if (line.string("event") != "transaction" || line.string("source") != "session" ||
            number_in(line, "evse") != number_in(visit, "evse"))
            continue;
        transactions.emplace(line.string("transaction"));
        if (number_in(line, "register_mwh") < newest) complain("the register fell");
        newest = number_in(line, "register_mwh");
    }
    if (transactions.size() != 1) complain(std::format("{} transactions in one visit", transactions.size()));
    std::int64_t conflicts = 0, last = -1;
    const auto events = stored(station_.state(), std::string(visit.string("transaction")), conflicts);
    if (conflicts > 0) complain("the CSMS was told two things under one number");
    if (events.size() < 2) return complain("the CSMS has no transaction");
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].sequence != static_cast<std::int64_t>(i)) complain(std::format("the CSMS misses event {}", i));
        const std::string_view kind = i == 0 ? "Started" : i + 1 == events.size() ? "Ended" : "Updated";
        if (events[i].kind != kind) complain(std::format("event {} is {} and not {}", i, events[i].kind, kind));
        if (events[i].last_register >= 0 && events[i].last_register < last) complain("the register fell on its way to the CSMS");
        last = std::max(last, events[i].last_register);
    }
    const auto billed = number_in(visit, "energy_mwh"), at_csms = number_in(visit, "csms_energy_mwh"),
               delivered = number_in(visit, "delivered_mwh");
    if (billed != at_csms) complain(std::format("billed {} mWh, the CSMS has {}", billed, at_csms));
    if (std::abs(billed - delivered) > delivered / 100 + 1'000)
        complain(std::format("billed {} mWh, delivered {}", billed, delivered));
}

}  // namespace voltkeep::kills
