// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/layout.hpp"
#include "cli/run/world.hpp"
#include "kernel/config.hpp"
#include "kernel/control.hpp"

namespace voltkeep::attacks {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t charging_w = 20'000;   // the simulated car asks for more than this as soon as the loop runs

Result<std::string> text_of(const fs::path& path) {
    std::ifstream file(path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file && text.empty()) return fail(Errc::io, path.string() + ": cannot be read");
    return text;
}

/// Every file of `from`, or what stands in its place. The process manager follows no link, so these are hard links or copies.
Result<> gather_programs(const std::string& from, const std::map<std::string, std::string>& instead, const fs::path& to) {
    std::error_code error;
    fs::create_directories(to, error);
    std::map<std::string, fs::path> programs;
    for (const auto& entry : fs::directory_iterator(from, error))
        if (entry.is_regular_file()) programs[entry.path().filename().string()] = entry.path();
    for (const auto& [name, path] : instead) programs[name] = path;
    for (const auto& [name, path] : programs) {
        fs::create_hard_link(path, to / name, error);
        if (error) fs::copy_file(path, to / name, error);
        if (error) return fail(Errc::io, path.string() + ": " + error.message());
    }
    return {};
}

Result<> gather_manifests(const std::string& from, const StationOptions& options, const fs::path& to) {
    std::error_code error;
    for (const auto& service : fs::directory_iterator(from, error)) {
        if (!service.is_directory()) continue;
        for (const auto& file : fs::directory_iterator(service.path(), error)) {
            const std::string name = file.path().filename().string();
            if (!name.ends_with("manifest.toml")) continue;
            const std::string place = service.path().filename().string() + "/" + name;
            std::string text = TRY(text_of(file.path()));
            for (const ManifestEdit& edit : options.edits) {
                if (edit.file != place) continue;
                const std::size_t at = text.find(edit.from);
                if (at == std::string::npos) return fail(Errc::bad_argument, place + " does not have: " + edit.from);
                text.replace(at, edit.from.size(), edit.to);
            }
            fs::create_directories((to / place).parent_path(), error);
            std::ofstream(to / place) << text;
        }
    }
    for (const auto& [name, text] : options.manifests) {
        fs::create_directories(to / name, error);
        std::ofstream(to / name / "manifest.toml") << text;
    }
    if (error) return fail(Errc::io, to.string() + ": " + error.message());
    return {};
}

}  // namespace

std::string build_folder() {
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).parent_path().parent_path().string();   // <build>/attacks/attack
}

std::string test_program(std::string_view name) { return build_folder() + "/attacks/" + std::string(name); }

int free_port() {
    const kernel::os::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

Result<> Station::lay_out(const StationOptions& options, std::string& programs, std::string& peers, std::string& manifests) {
    const fs::path made = folder_ + "/made";
    TRY(gather_programs(build_folder() + "/services", options.programs, made / "services"));
    TRY(gather_programs(build_folder() + "/peers", options.peers, made / "peers"));
    TRY(gather_manifests(build_folder() + "/manifests", options, made / "manifests"));
    programs = made / "services";
    peers = made / "peers";
    manifests = made / "manifests";
    return {};
}

Result<std::unique_ptr<Station>> Station::start(const StationOptions& options) {
    std::unique_ptr<Station> station(new Station);
    char name[] = "/tmp/voltkeep-attack-XXXXXX";
    if (::mkdtemp(name) == nullptr) return fail_errno("mkdtemp");
    ::chmod(name, 0755);   // services have users of their own
    station->folder_ = name;
    station->port_ = free_port();
    cli::Layout layout;
    layout.procmgr = build_folder() + "/procmgr/procmgr";
    TRY(station->lay_out(options, layout.services, layout.peers, layout.manifests));

    cli::RunOptions run;
    run.state = station->folder_ + "/state";
    run.json = true;
    run.duration_s = options.charge_s;
    cli::StationFile file;
    file.evse.count = options.evses;
    file.csms.port = station->port_;
    file.metering.meter_interval_ms = 500;   // a reading twice a second shows that power still flows
    std::error_code error;
    fs::create_directories(run.state, error);
    std::fflush(nullptr);
    station->run_.emplace(TRY(cli::Child::start({"run", {}, {}, {}, [=] {
        cli::World world(run, layout, file);
        const auto status = world.run();
        if (!status) std::printf("%s\n", std::string(status.error().what.view()).c_str());   // perhaps many lines, and no JSON
        std::fflush(stdout);
        ::_exit(status.value_or(2));
    }})));
    return station;
}

Station::~Station() {
    door_.reset();
    if (run_ && run_->is_running()) {
        run_->tell(SIGTERM);
        if (!kernel::os::wait(run_->end(), now() + 20s).value_or(false)) run_->tell(SIGKILL);
        (void)run_->status();
    }
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

/// Takes lines, at least one if any comes before the deadline. False: none came, or the station has ended.
bool Station::take(Instant deadline) {
    if (now() >= next_look_) {
        next_look_ = now() + 700ms;   // a second of the loop is never passed over
        (void)loop();
    }
    if (run_->lines() < 0 || !kernel::os::wait(run_->lines(), deadline).value_or(false)) return false;
    const std::size_t before = lines_.size();
    for (const std::string& line : run_->take_lines()) {
        auto json = Json::parse(line);
        lines_.push_back(json && json->is_object() ? std::move(*json) : Json::object());
        if (!json) lines_.back().add("text", Json(line));
    }
    return lines_.size() > before || run_->lines() >= 0;
}

const std::vector<Json>& Station::lines() {
    while (take(now())) {}
    return lines_;
}

std::optional<Json> Station::wait_for(const std::function<bool(const Json&)>& fits, Duration patience) {
    const Instant deadline = now() + patience;
    for (std::size_t next = 0;;) {
        for (; next < lines_.size(); ++next)
            if (fits(lines_[next])) return lines_[next];
        if (!take(deadline)) return std::nullopt;
    }
}

std::size_t Station::count(const std::function<bool(const Json&)>& fits, std::size_t from) {
    lines();
    if (from > lines_.size()) return 0;
    return static_cast<std::size_t>(std::count_if(lines_.begin() + static_cast<std::ptrdiff_t>(from), lines_.end(), fits));
}

std::unexpected<Error> Station::stuck(const std::string& why) {
    for (std::size_t i = lines().size() > 60 ? lines_.size() - 60 : 0; i < lines_.size(); ++i) std::fprintf(stderr, "    %s\n", lines_[i].text().c_str());
    return fail(Errc::timeout, why);
}

namespace {
bool shows_power(const Json& line) {
    return line.string("event") == "transaction" && line.string("step") == "updated" && number_in(line, "power_w") > charging_w;
}
}  // namespace

Result<> Station::wait_until_charging(Duration patience) {
    if (wait_for(shows_power, patience)) return {};
    return stuck("the station's car did not charge");
}

bool Station::is_charging(Duration patience) {
    const std::size_t from = lines().size();
    const Instant deadline = now() + patience;
    while (std::none_of(lines_.begin() + static_cast<std::ptrdiff_t>(from), lines_.end(), shows_power))
        if (!take(deadline)) return false;
    return true;
}

Result<Json> Station::ask(const std::string& request, Duration patience) {
    if (!door_) door_.emplace(TRY(cli::DoorClient::connect(cli::door_of(folder_ + "/state"))));
    auto answer = door_->ask(request, patience);
    if (!answer && answer.error().code != Errc::refused) door_.reset();
    return answer;
}

Result<LoopTimes> Station::loop() {
    const Json measures = TRY(ask("measures"));
    for (const Json& service : measures.find("services")->items()) {
        if (service.string("name") != "power@1") continue;
        for (const Json& m : service.find("messages")->items()) {
            if (number_in(m, "message") != kernel::control::Measure::timers) continue;
            worst_us_ = std::max(worst_us_, number_in(m, "worst_us"));
            return LoopTimes{number_in(m, "total"), number_in(m, "late"), worst_us_};
        }
    }
    return fail(Errc::not_found, "the power loop says nothing of its turns");
}

Result<Json> Station::plant() {
    cli::DoorClient plant = TRY(cli::DoorClient::connect(folder_ + "/state/run/plant/control.sock"));
    return plant.ask("status 1", 2s);
}

Result<std::vector<ServiceState>> Station::services() {
    const Json status = TRY(ask("status"));
    std::vector<ServiceState> all;
    if (const Json* services = status.find("services"))
        for (const Json& s : services->items())
            all.push_back({std::string(s.string("name")), std::string(s.string("life")), static_cast<pid_t>(number_in(s, "pid")),
                           number_in(s, "restarts"), number_in(s, "beats")});
    return all;
}

Result<ServiceState> Station::service(std::string_view name) {
    for (const ServiceState& s : TRY(services()))
        if (s.name == name) return s;
    return fail(Errc::not_found, "no service " + std::string(name));
}

/// The processes that the world has started itself.
Result<std::vector<std::string>> Station::children() {
    const std::string run = std::to_string(run_->pid());
    std::istringstream list(TRY(text_of("/proc/" + run + "/task/" + run + "/children")));
    std::vector<std::string> pids;
    for (std::string pid; list >> pid;) pids.push_back(pid);
    return pids;
}

Result<std::string> Station::car_network() {
    // The car's is the network with the car's interface in it.
    for (const std::string& pid : TRY(children())) {
        const auto devices = text_of("/proc/" + pid + "/net/dev");
        if (devices && devices->find("car1:") != std::string::npos) return "/proc/" + pid + "/ns/net";
    }
    return fail(Errc::not_found, "the cable has no network of its own on this machine");
}

Result<> Station::tell_peer(std::string_view name) {
    for (const std::string& pid : TRY(children())) {
        const auto program = text_of("/proc/" + pid + "/cmdline");
        if (!program || !std::string_view(program->c_str()).ends_with("/made/peers/" + std::string(name))) continue;
        if (::kill(static_cast<pid_t>(std::stol(pid)), SIGUSR1) != 0) return fail_errno("kill", name);
        return {};
    }
    return fail(Errc::not_found, "no process of the peer " + std::string(name));
}

// ---- the shared parts of the oracles ----------------------------------------------------------------------------------

Result<Watch> Watch::begin(Station& station, std::vector<std::string> may_die) {
    Watch watch(station);
    watch.may_die_ = std::move(may_die);
    watch.before_ = TRY(station.services());
    watch.first_line_ = station.lines().size();
    watch.loop_before_ = TRY(station.loop());
    watch.stolen_before_ms_ = stolen_ms();
    station.watch_loop();
    return watch;
}

/// The loop says its measures once a second: what happened until now is in the one after the next.
Result<std::int64_t> Watch::missed() {
    const LoopTimes at_end = TRY(station_->loop());
    LoopTimes last = at_end;
    for (const Instant deadline = now() + 5s; now() < deadline && last.turns < at_end.turns + 150;) {
        (void)station_->wait_for([](const Json&) { return false; }, 200ms);
        last = TRY(station_->loop());
    }
    return last.missed - loop_before_.missed;
}

Result<> Watch::judge(Trial& trial) {
    const std::vector<ServiceState> after = TRY(station_->services());
    for (const ServiceState& was : before_) {
        if (std::ranges::find(may_die_, was.name) != may_die_.end()) continue;
        const auto is = std::ranges::find(after, was.name, &ServiceState::name);
        trial.contained.expect(is != after.end() && is->pid == was.pid && is->restarts == was.restarts && is->beats > was.beats,
                               was.name + " lives and was not started again");
    }
    const std::int64_t missed_turns = TRY(missed());
    const LoopTimes loop = TRY(station_->loop());
    const std::int64_t turns = loop.turns - loop_before_.turns;
    trial.on_time.expect(turns > 50 && missed_turns == 0, "every turn of the power loop within its period: " + std::to_string(missed_turns) + " of " + std::to_string(turns) + " missed");
    trial.figure("power loop", std::to_string(turns) + " turns, " + std::to_string(missed_turns) + " missed, p99.99 " +
                                   milliseconds(static_cast<double>(loop.worst_us)) + " (the slowest one) of 10 ms; " + std::to_string(stolen_ms() - stolen_before_ms_) +
                                   " ms of processor time were stolen from this machine meanwhile");
    const auto is_of_loop = [](const Json& line) { return line.string("service").starts_with("power"); };
    const auto late = [&](const Json& line) { return line.string("event") == "service" && line.string("occasion") == "late" && is_of_loop(line); };
    trial.on_time.expect(station_->count(late, first_line_) == 0, "power and its driver miss no beat");
    if (charge_may_end_) return {};
    const auto trip = [](const Json& line) { return line.string("event") == "safety"; };
    trial.on_time.expect(station_->count(trip, first_line_) == 0, "no protection trips");
    const Json hardware = TRY(station_->plant());
    trial.on_time.expect(hardware.find("watchdog") != nullptr && hardware.find("watchdog")->scalar() == "false", "the hardware's watchdog has not tripped");
    return {};
}

std::int64_t stolen_ms() {
    std::ifstream file("/proc/stat");
    std::string word;
    std::int64_t ticks = 0;
    file >> word;
    for (int field = 0; field < 8; ++field) file >> ticks;   // user nice system idle iowait irq softirq steal
    return file ? ticks * 1000 / ::sysconf(_SC_CLK_TCK) : 0;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

std::string milliseconds(double us) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ms", us / 1000);
    return text;
}

}  // namespace voltkeep::attacks
