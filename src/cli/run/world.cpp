// SPDX-License-Identifier: Apache-2.0
// The loop of `run`: who said what, and what follows from it.
#include "cli/run/world.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cli/run/end.hpp"

namespace voltkeep::cli {

World::World(RunOptions options, Layout layout, StationFile file)
    : options_(std::move(options)),
      layout_(std::move(layout)),
      file_(std::move(file)),
      timeline_(options_.json, !options_.json && ::isatty(1) == 1) {
    surroundings_.state = options_.state;
    surroundings_.rootless = ::geteuid() != 0;
}

World::~World() { stop_all(); }

Result<int> World::run() {
    TRY(prepare_state());
    TRY(check_port());
    TRY(make_tpm());
    TRY(make_certificates());
    if (surroundings_.rootless) TRY(become_own_root());
    lay_cables();
    written_ = TRY(write_settings(layout_, file_, surroundings_));
    TRY(listen());
    TRY(start_peers());
    TRY(start_station());
    while (!status_) TRY(turn());
    if (options_.once || options_.json) timeline_.object(summary());
    stop_all();
    return *status_;
}

Result<> World::turn() {
    std::vector<pollfd> waits{
        {signals_.get(), POLLIN, 0}, {visitors_.get(), POLLIN, 0}, {door_ ? door_->descriptor() : -1, POLLIN, 0}};
    for (const auto& child : children_) {
        waits.push_back({child->lines(), POLLIN, 0});
        waits.push_back({child->is_running() ? child->end() : -1, POLLIN, 0});
    }
    const std::size_t known = children_.size();
    if (::poll(waits.data(), waits.size(), 200) < 0 && errno != EINTR) return fail_errno("poll");
    if (waits[0].revents) on_signal();
    if (waits[1].revents) on_visitor();
    if (waits[2].revents) {
        for (;;) {
            const auto line = door_->take();
            if (!line) {   // operator was restarted: it is asked again when it is back
                door_.reset();
                is_following_ = false;
                break;
            }
            if (!*line) break;
            on_log_answer(**line);
        }
    }
    for (std::size_t i = 0; i < known; ++i) {
        if (waits[3 + 2 * i].revents)
            for (const std::string& line : children_[i]->take_lines()) on_line(*children_[i], line);
        if (waits[4 + 2 * i].revents) {
            for (const std::string& line : children_[i]->take_lines()) on_line(*children_[i], line);
            on_end(*children_[i]);
        }
    }
    follow_log();
    check_progress();
    return {};
}

void World::on_signal() {
    signalfd_siginfo info;
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
    timeline_.words(is_stopping_ ? "" : "\nstopping");
    is_stopping_ = true;
    status_ = options_.once ? 1 : 0;   // a first session that was not waited for is not good
}

void World::on_line(Child& child, const std::string& line) {
    const auto parsed = Json::parse(line);
    if (!parsed || !parsed->is_object()) return timeline_.say(child.name(), "output", line);
    if (&child == station_) return on_station_line(*parsed);
    if (child.name() == "csms") return on_csms_line(*parsed);
    for (const auto& [evse, meter] : modbus_meters_)
        if (meter == &child) return timeline_.say(child.name(), parsed->string("event"), parsed->string("text"), *parsed);
    for (const auto& [evse, car] : cars_)
        if (car == &child) return on_ev_line(evse, *parsed);
}

void World::on_station_line(const Json& line) {
    const std::string_view event = line.string("event"), name = line.string("name"), life = line.string("life");
    if (event == "station")
        return timeline_.say(
            "procmgr", "start",
            std::to_string(number_in(line, "services")) + " services, " + std::to_string(number_in(line, "conduits")) +
                " conduits, containment: " + std::string(line.string("mode")) +
                (surroundings_.rootless ? ": no real-time schedules, no control groups, one user for all: not for use" : ""));
    if (event == "service" && name == "session") on_session_life(life);
    if (event == "service" && (life == "dead" || life == "exhausted")) {
        const std::string cause(line.string("cause"));
        if (is_stopping_ || cause == "ordered") return;
        deaths_.insert(std::string(name));
        timeline_.say("procmgr", "death", std::string(name) + " " + std::string(life) + " (" + cause + ")");
    }
    if (event == "service" && life == "ready" && number_in(line, "restarts") > 0)
        timeline_.say("procmgr", "restart",
                      std::string(name) + " is back after " + std::to_string(number_in(line, "last_restart_us")) + " us");
    if (event == "output") timeline_.say(name, "output", line.string("text"));
}

/// A CSMS that has accepted the station does not make it one that charges.
void World::on_session_life(std::string_view life) {
    is_session_there_ = life == "ready";
    if (is_session_there_) return say_if_available();
    if (life == "exhausted" && !is_stopping_)
        timeline_.say("run", "out_of_order",
                      "the station is out of order: session is not there, and nobody can charge; its last words say why");
}

void World::say_if_available() {
    if (is_available_ || !is_accepted_ || !is_session_there_) return;
    is_available_ = true;
    available_at_ = now();
    timeline_.say("run", "available", "the station is available");
}

void World::on_csms_line(const Json& line) {
    const std::string_view event = line.string("event");
    if (event == "ready") csms_is_ready_ = true;
    if (event == "rejected") timeline_.say("csms", event, "refused a connection: " + std::string(line.string("why")));
    if (event != "transaction") return;
    for (auto& [evse, visit] : visits_) {
        if (visit.transaction != line.string("transaction") || line.string("kind") != "Ended") continue;
        visit.csms_ended = true;
        visit.csms_energy_mwh = number_in(line, "energy_mwh");
        timeline_.say("csms", "stored", "has the whole transaction: " + std::to_string(number_in(line, "events")) + " events, " +
                                            kwh_of(visit.csms_energy_mwh) + " kWh");
    }
}

void World::on_ev_line(int evse, const Json& line) {
    Visit& visit = visits_[evse];
    Json told = line;
    told.add("evse", *Json::parse(std::to_string(evse)));
    const std::string_view event = line.string("event");
    if (event == "ev_summary") {
        const Json* ok = line.find("ok");
        visit.ev_ok = ok != nullptr && ok->scalar() == "true";
        visit.ev_group = line.string("tls_group");
        visit.ev_worst_us = number_in(line, "worst_turnaround_us");
        const std::int64_t messages = number_in(line, "messages");
        const std::string talk = messages > 0 ? std::to_string(messages) + " messages, slowest answer " +
                                                    std::to_string(visit.ev_worst_us / 1000) + " ms"
                                              : "charged by the pilot alone";
        timeline_.say("ev", "ev_summary", talk + (visit.ev_ok ? "" : "; NOT good: " + std::string(line.string("error"))), told);
        return;
    }
    const std::string_view text = line.string("text");
    timeline_.say("ev", event, text.empty() ? event : text, told);
}

void World::on_end(Child& child) {
    const int status = child.status();
    if (is_stopping_) return;
    for (const auto& [evse, car] : cars_) {
        if (car != &child) continue;
        Visit& visit = visits_[evse];
        visit.ev_ended = true;
        visit.ev_ok = visit.ev_ok && status == 0;
        visit.after = plant_energy(evse);
        timeline_.say("ev", "left", status == 0 ? "the car has left" : "the car ended with status " + std::to_string(status));
        cars_.erase(evse);
        return;
    }
    if (&child == station_) return on_station_end(status);
    constexpr int was_killed = 128;   // or above: by a signal. What ends by itself could not begin
    for (const auto& [evse, meter] : modbus_meters_)
        if (meter == &child && status >= was_killed && start_modbus_meter(evse))
            return timeline_.say("run", "death", child.name() + " is started again");
    timeline_.say("run", "ended", child.name() + " ended with status " + std::to_string(status) + ": the station cannot go on");
    status_ = 1;
}

/// The processes of a process manager that died become ours: they are ending, and each counts for its user until it is buried.
void World::bury_orphans() {
    const Instant deadline = now() + 2s;
    const std::string self = std::to_string(::getpid());
    std::ifstream list("/proc/" + self + "/task/" + self + "/children");
    for (pid_t pid = 0; list >> pid;) {
        const bool is_ours =
            std::ranges::any_of(children_, [&](const auto& child) { return child->is_running() && child->pid() == pid; });
        if (is_ours || std::ranges::any_of(cables_, [&](const Cable& cable) { return cable.holds(pid); })) continue;
        const kernel::os::Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        if (end && kernel::os::wait(end.get(), deadline).value_or(false)) (void)::waitpid(pid, nullptr, WNOHANG);
    }
}

/// What init does on a charger: a process manager that died is started again, with everything below it. Nothing of its processes
/// is left: they end with it. What went on is in the durable state, and for that this is a new boot.
void World::on_station_end(int status) {
    constexpr std::size_t most_starts = 6;   // in a minute: more often is no accident
    std::erase_if(station_starts_, [](Instant start) { return start < now() - 60s; });
    const bool was_started = status != 2;    // 2: this machine cannot, and will not a moment later
    const std::string ended = "procmgr ended with status " + std::to_string(status);
    if (!was_started || station_starts_.size() >= most_starts) {
        timeline_.say("run", "ended", ended + ": the station cannot go on");
        status_ = 1;
        return;
    }
    deaths_.insert("procmgr");
    timeline_.say("run", "death", ended + ": the station is started again");
    door_.reset();
    is_following_ = false;
    station_ = nullptr;
    bury_orphans();
    const auto started = write_boot_id(run_file("boot-id")).and_then([this] { return start_station(); });
    if (started) return;
    timeline_.say("run", "ended", std::string(started.error().what.view()));
    status_ = 1;
}

// ---- the log ----------------------------------------------------------------------------------------------------------

void World::follow_log() {
    if (!door_) {
        auto door = DoorClient::connect(door_of(options_.state));
        if (!door) return;
        door_.emplace(std::move(*door));
        // What earlier lives wrote is not told again: begin a little before the end, the time tells which entries are ours.
        const auto head = door_->ask("head", 2s);
        const auto size = head ? static_cast<std::uint64_t>(number_in(*head, "size")) : 0;
        next_entry_ = std::max(next_entry_, size > 400 ? size - 400 : 0);
    }
    if (is_following_) return;
    if (door_->send("log " + std::to_string(next_entry_) + " 20000")) is_following_ = true;
    else
        door_.reset();
}

void World::on_log_answer(const std::string& line) {
    is_following_ = false;
    const auto answer = opened(line);
    if (!answer) return;   // audit is being restarted: asked again
    const Json* entries = answer->find("entries");
    if (entries == nullptr || entries->items().empty()) return;
    // Earlier ones than were asked for: the log was set aside, and this is the one that began behind it.
    next_entry_ = std::min(next_entry_, static_cast<std::uint64_t>(number_in(entries->items().front(), "index")));
    for (const Json& entry : entries->items()) on_entry(entry);
}

void World::on_entry(const Json& entry) {
    const auto index = static_cast<std::uint64_t>(number_in(entry, "index"));
    if (index < next_entry_) return;
    next_entry_ = index + 1;
    if (number_in(entry, "monotonic_ns") < timeline_.begun().ns || number_in(entry, "monotonic_ns") > now().ns)
        return;  // of an earlier life
    timeline_.entry(entry);
    const Json payload = Json::parse(entry.string("payload")).value_or(Json::object());
    const int evse = static_cast<int>(number_in(entry, "evse"));
    const std::string_view step = payload.string("step"), type = entry.string("type");
    if (type == "connection" && entry.string("source") == "link@csms" && payload.find("group") != nullptr)
        csms_group_ = payload.string("group");
    if (type == "session" && step == "csms_accepted") {
        is_accepted_ = true;
        say_if_available();
    }
    if (type != "transaction") return;
    Visit& visit = visits_[evse];
    visit.transaction = payload.string("transaction");
    visit.energy_mwh = number_in(payload, "energy_mwh");
    visit.cost_micro = number_in(payload, "cost_micro");
    if (step == "started") visit.is_started = true;
    if (step == "ended") visit.is_ended = true;
}

// ---- what follows -----------------------------------------------------------------------------------------------------

void World::check_progress() {
    if (status_ || !is_available_) {
        if (options_.once && now() > deadline_) {
            timeline_.say("run", "timeout", "the station did not become available");
            status_ = 1;
        }
        return;
    }
    if (!was_plugged_) {
        was_plugged_ = true;
        deadline_ = now() + 60s + std::chrono::seconds(options_.duration_s);
        for (int evse = 1; evse <= file_.evse.count; ++evse)
            if (const auto plugged = plug(evse); !plugged) timeline_.say("run", "error", plugged.error().what.view());
    }
    const bool is_over = static_cast<int>(visits_.size()) >= file_.evse.count &&
                         std::ranges::all_of(visits_, [](const auto& v) { return v.second.is_over(); });
    if (options_.once && (is_over || now() > deadline_)) {
        const bool good =
            is_over && deaths_.empty() && std::ranges::all_of(visits_, [this](const auto& v) { return is_good(v.second); });
        status_ = good ? 0 : 1;
    } else if (is_over && deadline_ != Instant{INT64_MAX}) {
        deadline_ = {INT64_MAX};
        if (timeline_.is_json()) timeline_.object(summary());
        else {
            timeline_.words("");
            for (const auto& [evse, visit] : visits_)
                timeline_.words("  EVSE " + std::to_string(evse) + ": " + kwh_of(visit.energy_mwh) + " kWh, " +
                                money_of(visit.cost_micro) + " " + file_.tariff.currency +
                                (is_good(visit) ? ": car, CSMS, meter and plant agree" : ": NOT as it should be"));
            timeline_.words("\n  The station stays up. In another terminal:\n"
                            "    ./voltkeep ev plug        plug a car in again\n"
                            "    ./voltkeep status         what runs, and what each EVSE does\n"
                            "    ./voltkeep log show       what happened; ./voltkeep log verify proves it\n"
                            "  Ctrl-C stops everything in order.\n");
        }
    }
}

bool World::is_good(const Visit& v) const {
    const bool agrees = v.energy_mwh > 0 && v.energy_mwh == v.csms_energy_mwh;
    // From register to register nothing is lost; between the meter and the truth is its class (B: 1 %), and what is below its
    // starting current.
    const bool is_true =
        v.energy_mwh == v.metered_mwh() && std::abs(v.delivered_mwh() - v.energy_mwh) <= v.delivered_mwh() / 100 + 10;
    const bool has_group = file_.csms.required_group.empty() || csms_group_ == file_.csms.required_group;
    return v.is_over() && v.ev_ok && v.is_started && agrees && is_true && has_group;
}

Json World::visit_object(int evse, const Visit& v) const {
    auto is = [](bool value) { return value ? "true" : "false"; };
    Json object = Json::object();
    auto put = [&object](std::string_view name, const std::string& json) { object.add(name, *Json::parse(json)); };
    put("evse", std::to_string(evse));
    put("ok", is(is_good(v)));
    put("ev_ok", is(v.ev_ok));
    object.add("transaction", Json(v.transaction));
    put("energy_mwh", std::to_string(v.energy_mwh));
    put("csms_energy_mwh", std::to_string(v.csms_energy_mwh));
    put("delivered_mwh", std::to_string(v.delivered_mwh()));
    put("metered_mwh", std::to_string(v.metered_mwh()));
    put("cost_micro", std::to_string(v.cost_micro));
    return object;
}

Json World::summary() {
    std::int64_t energy = 0, cost = 0, delivered = 0;
    bool ok = !visits_.empty() && deaths_.empty();
    std::string transaction, group;
    std::int64_t worst = 0;
    for (const auto& [evse, visit] : visits_) {
        energy += visit.energy_mwh;
        cost += visit.cost_micro;
        delivered += visit.delivered_mwh();
        ok = ok && is_good(visit);
        transaction = visit.transaction;
        if (group.empty() || visit.ev_group != "none") group = visit.ev_group;   // the pilot alone has none
        worst = std::max(worst, visit.ev_worst_us);
    }
    Json summary = Json::object();
    auto put = [&summary](std::string_view name, std::string_view json) { summary.add(name, *Json::parse(json)); };
    summary.add("event", Json("summary"));
    put("ok", ok ? "true" : "false");
    put("energy_wh", std::to_string(energy / 1000) + "." + std::to_string(1000 + energy % 1000).substr(1));
    put("delivered_wh", std::to_string(delivered / 1000) + "." + std::to_string(1000 + delivered % 1000).substr(1));
    put("cost", money_of(cost));
    summary.add("currency", Json(file_.tariff.currency));
    summary.add("transaction", Json(transaction));
    Json visits = Json::array();
    for (const auto& [evse, visit] : visits_) visits.add(visit_object(evse, visit));
    summary.add("visits", visits);
    Json deaths = Json::array();
    for (const std::string& name : deaths_) deaths.add(Json(name));
    summary.add("deaths", deaths);
    Json tls = Json::object();
    tls.add("csms", Json(csms_group_));
    tls.add("ev", Json(group));
    summary.add("tls", tls);
    put("available_ms", std::to_string((available_at_ - timeline_.begun()) / 1ms));
    put("worst_turnaround_us", std::to_string(worst));
    add_end_state(summary, options_.state);
    return summary;
}

}  // namespace voltkeep::cli
