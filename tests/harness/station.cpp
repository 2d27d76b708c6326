// SPDX-License-Identifier: Apache-2.0
#include "harness/station.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/run/world.hpp"
#include "kernel/os.hpp"

namespace voltkeep::harness {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t charging_w = 20'000;   // the simulated car asks for more than this as soon as the loop runs

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool shows_power(const Json& line) {
    return line.string("event") == "transaction" && line.string("step") == "updated" && number_in(line, "power_w") > charging_w;
}

/// "fault emergency_stop" to "fault 1 emergency_stop"
std::string with_evse(const std::string& words, int evse) {
    const std::size_t blank = std::min(words.find(' '), words.size());
    return words.substr(0, blank) + " " + std::to_string(evse) + words.substr(blank);
}

Result<Json> ask_once(const std::string& socket, const std::string& request, Duration patience) {
    cli::DoorClient door = TRY(cli::DoorClient::connect(socket));
    return door.ask(request, patience);
}

}  // namespace

// ---- start and end ----------------------------------------------------------------------------------------------------

Station::Station() : port_(cli::free_port()) {
    char name[] = "/tmp/voltkeep-test-XXXXXX";
    CHECK(::mkdtemp(name) != nullptr);
    ::chmod(name, 0755);   // services have users of their own
    folder_ = name;
}

Result<std::unique_ptr<Station>> Station::start(const Options& options) {
    std::unique_ptr<Station> station(new Station);
    const cli::Layout layout = TRY(lay_out(options.changes, station->folder_ + "/made"));
    cli::RunOptions run;
    run.state = station->state();
    run.json = true;
    run.duration_s = options.charge_s;
    run.car = options.car;
    cli::StationFile file;
    file.evse.count = options.evses;
    file.evse.closings = options.closings;
    file.trust.tpm = options.tpm;
    if (options.is_bidirectional) file.evse.own[1] = {.max_current = file.evse.max_current, .bidirectional = true};
    file.csms.port = station->port_;
    file.metering.meter_interval_ms = 500;  // many readings: they show that power still flows, and none may be lost or come twice
    std::fflush(nullptr);
    station->run({"run", {}, {}, {}, [=] {
        cli::World world(run, layout, file);
        const auto status = world.run();
        if (!status) std::printf("%s\n", std::string(status.error().what.view()).c_str());   // perhaps many lines, and no JSON
        std::fflush(stdout);
        ::_exit(status.value_or(2));
    }});
    return station;
}

void Station::run(const cli::Child::How& how) {
    lines_.clear();
    run_.emplace(MUST(cli::Child::start(how)));
}

Station::~Station() {
    door_.reset();
    if (run_ && run_->is_running()) {
        run_->tell(SIGTERM);
        if (!kernel::os::wait(run_->end(), now() + 20s).value_or(false)) run_->tell(SIGKILL);
        (void)run_->status();
    }
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

// ---- lines ------------------------------------------------------------------------------------------------------------

/// Takes lines, at least one if any comes before the deadline. False: none came, or the station has ended.
bool Station::take(Instant deadline) {
    if (each_ && now() >= next_) {
        next_ = now() + interval_;
        each_();
    }
    if (run_->lines() < 0 || !kernel::os::wait(run_->lines(), deadline).value_or(false)) return false;
    const std::size_t before = lines_.size();
    for (const std::string& line : run_->take_lines()) {
        auto json = Json::parse(line);
        const bool is_object = json && json->is_object();
        lines_.push_back(is_object ? std::move(*json) : Json::object());
        if (!is_object) lines_.back().add("text", Json(line));
    }
    return lines_.size() > before || run_->lines() >= 0;
}

const std::vector<Json>& Station::lines() {
    while (take(now())) {}
    return lines_;
}

std::optional<Json> Station::wait_for(const Fits& fits, Duration patience, std::size_t from) {
    const Instant deadline = now() + patience;
    for (std::size_t next = from;;) {
        for (; next < lines_.size(); ++next)
            if (fits(lines_[next])) return lines_[next];
        if (!take(deadline)) return std::nullopt;
    }
}

void Station::pause(Duration duration) {
    const Instant deadline = now() + duration;
    while (take(deadline)) {}
}

std::size_t Station::count(const Fits& fits, std::size_t from) {
    lines();
    return static_cast<std::size_t>(
        std::count_if(lines_.begin() + static_cast<std::ptrdiff_t>(std::min(from, lines_.size())), lines_.end(), fits));
}

std::string Station::tail(std::size_t most) {
    std::string text;
    for (std::size_t i = lines_.size() > most ? lines_.size() - most : 0; i < lines_.size(); ++i)
        text += "\n    " + lines_[i].text().substr(0, 300);
    return text;
}

void Station::each(Duration interval, std::function<void()> what) {
    interval_ = interval;
    next_ = now();
    each_ = std::move(what);
}

std::unexpected<Error> Station::stuck(const std::string& why) {
    lines();
    std::fprintf(stderr, "%s\n", tail(60).c_str());
    return fail(Errc::timeout, why);
}

Result<> Station::wait_until_charging(Duration patience) {
    if (wait_for(shows_power, patience)) return {};
    return stuck("the station's car did not charge");
}

bool Station::is_charging(Duration patience) { return wait_for(shows_power, patience, lines().size()).has_value(); }

// ---- questions --------------------------------------------------------------------------------------------------------

Result<Json> Station::ask(const std::string& request, Duration patience) {
    if (!door_) door_.emplace(TRY(cli::DoorClient::connect(cli::door_of(state()))));
    auto answer = door_->ask(request, patience);
    if (!answer && answer.error().code != Errc::refused) door_.reset();
    return answer;
}

Result<Services> Station::services(Duration patience) {
    const Instant deadline = now() + patience;
    do {
        if (const auto status = ask("status", 500ms); status && status->find("services") != nullptr) {
            Services services;
            for (const Json& s : status->find("services")->items())
                services[std::string(s.string("name"))] = {std::string(s.string("name")),           std::string(s.string("life")),
                                                           static_cast<pid_t>(number_in(s, "pid")), number_in(s, "restarts"),
                                                           number_in(s, "last_restart_us"),         number_in(s, "beats")};
            return services;
        }
        (void)take(now() + 5ms);
    } while (now() < deadline);
    return fail(Errc::timeout, "the operator's door does not answer");
}

Result<ServiceState> Station::service(std::string_view name) {
    const Services all = TRY(services());
    const auto found = all.find(name);
    if (found == all.end()) return fail(Errc::not_found, "no service " + std::string(name));
    return found->second;
}

Result<Json> Station::plant(const std::string& words, int evse) {
    return ask_once(state() + "/run/plant/control.sock", with_evse(words, evse), 2s);
}

Result<> Station::car(const std::string& verb, int evse) {
    TRY(ask_once(state() + "/run/world.sock", with_evse(verb, evse), 5s));
    return {};
}

Result<Json> Station::csms(const std::string& request) { return ask_once(state() + "/run/csms.sock", request, 10s); }

// ---- processes --------------------------------------------------------------------------------------------------------

/// Those that the world has started itself.
std::vector<pid_t> Station::children() const {
    const std::string run = std::to_string(run_->pid());
    std::ifstream list("/proc/" + run + "/task/" + run + "/children");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
    return pids;
}

pid_t Station::procmgr() const {
    for (const pid_t pid : children())
        if (text_of("/proc/" + std::to_string(pid) + "/comm") == "procmgr\n") return pid;
    return 0;
}

Result<std::string> Station::car_network() const {
    // The car's is the network with the car's interface in it.
    for (const pid_t pid : children()) {
        const std::string process = "/proc/" + std::to_string(pid);
        if (text_of(process + "/net/dev").find("car1:") != std::string::npos) return process + "/ns/net";
    }
    return fail(Errc::not_found, "the cable has no network of its own on this machine");
}

Result<> Station::tell_peer(std::string_view name) const {
    for (const pid_t pid : children()) {
        const std::string program = text_of("/proc/" + std::to_string(pid) + "/cmdline");
        if (!std::string_view(program.c_str()).ends_with("/made/peers/" + std::string(name))) continue;
        if (::kill(pid, SIGUSR1) != 0) return fail_errno("kill", name);
        return {};
    }
    return fail(Errc::not_found, "no process of the peer " + std::string(name));
}

}  // namespace voltkeep::harness
