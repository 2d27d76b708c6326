// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/layout.hpp"
#include "cli/run/world.hpp"
#include "kernel/config.hpp"
#include "kernel/policy/image.hpp"

namespace voltkeep::kills {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

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

/// The build's own programs and manifests, with a few others in their places. The process manager follows no link: hard links.
Result<> exchange(const Options& options, const fs::path& to, cli::Layout& layout) {
    std::error_code error;
    fs::create_directories(to / "services", error);
    for (const auto& entry : fs::directory_iterator(layout.services, error)) {
        const auto instead = options.programs.find(entry.path().filename().string());
        const fs::path program = instead == options.programs.end() ? entry.path() : fs::path(instead->second);
        fs::create_hard_link(program, to / "services" / entry.path().filename(), error);
        if (error) fs::copy_file(program, to / "services" / entry.path().filename(), error);
    }
    fs::copy(layout.manifests, to / "manifests", fs::copy_options::recursive, error);
    if (error) return fail(Errc::io, to.string() + ": " + error.message());
    for (const ManifestEdit& edit : options.edits) {
        std::string text = text_of(to / "manifests" / edit.file);
        const std::size_t at = text.find(edit.from);
        if (at == std::string::npos) return fail(Errc::bad_argument, edit.file + " does not have: " + edit.from);
        std::ofstream(to / "manifests" / edit.file) << text.replace(at, edit.from.size(), edit.to);
    }
    layout.services = to / "services";
    layout.manifests = to / "manifests";
    return {};
}

}  // namespace

Duration Member::pause_at(std::size_t death) const {
    return backoff.empty() || death == 0 ? Duration{} : backoff[std::min(death, backoff.size()) - 1];
}

Result<std::unique_ptr<Station>> Station::start(const Options& options) {
    std::unique_ptr<Station> station(new Station);
    char name[] = "/tmp/voltkeep-kills-XXXXXX";
    if (::mkdtemp(name) == nullptr) return fail_errno("mkdtemp");
    ::chmod(name, 0755);   // services have users of their own
    station->folder_ = name;
    const std::string build = VOLTKEEP_BUILD_FOLDER;
    cli::Layout layout{build + "/services", build + "/peers", build + "/procmgr/procmgr", build + "/manifests"};
    if (!options.programs.empty() || !options.edits.empty()) TRY(exchange(options, station->folder_ + "/made", layout));
    cli::RunOptions run;
    run.state = station->state();
    run.json = true;
    run.duration_s = 3'000;
    run.car = options.car;
    cli::StationFile file;
    file.csms.port = free_port();
    file.metering.meter_interval_ms = 500;   // many events: none of them may be lost or come twice
    std::error_code error;
    fs::create_directories(run.state, error);
    std::fflush(nullptr);
    station->run_.emplace(TRY(cli::Child::start({"run", {}, {}, {}, [=] {
        cli::World world(run, layout, file);
        const auto status = world.run();
        if (!status) std::printf("{\"event\":\"failed\",\"text\":\"%s\"}\n", std::string(status.error().what.view()).c_str());
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

Result<std::vector<Member>> Station::members() const {
    const auto file = TRY(kernel::read_file(state() + "/run/policy.image", kernel::bound<kernel::policy::Image>));
    const auto image = std::make_unique<kernel::policy::Image>();
    kernel::Reader reader{Bytes(file)};
    if (!kernel::Codec<kernel::policy::Image>::get(reader, *image)) return fail(Errc::malformed, "policy.image");
    std::vector<Member> members;
    for (const kernel::policy::Service& s : image->services) {
        Member m{std::string(s.name.view()), std::string(s.type.view()), std::chrono::milliseconds(s.watchdog.beat_ms) * s.watchdog.high,
                 std::chrono::seconds(s.restart.period_s), {}, {}};
        if (s.schedule == kernel::policy::Schedule::fifo) m.budget_period = 10 * std::chrono::microseconds(s.rt_period_us);   // as procmgr enforces it
        for (const std::uint16_t ms : s.restart.backoff_ms) m.backoff.push_back(std::chrono::milliseconds(ms));
        members.push_back(m);
    }
    return members;
}

Result<States> Station::states(Duration patience) {
    const Instant deadline = now() + patience;
    do {
        if (!door_) {
            auto door = cli::DoorClient::connect(cli::door_of(state()));
            if (door) door_.emplace(std::move(*door));
        }
        if (const auto status = door_ ? door_->ask("status", 500ms) : fail(Errc::closed, "no door")) {
            States states;
            for (const Json& s : status->find("services")->items())
                states[std::string(s.string("name"))] = {std::string(s.string("life")), static_cast<pid_t>(number_in(s, "pid")), number_in(s, "restarts"),
                                                         number_in(s, "last_restart_us")};
            return states;
        }
        door_.reset();
        (void)take(now() + 5ms);
    } while (now() < deadline);
    return fail(Errc::timeout, "the operator's door does not answer");
}

Result<Json> Station::plant(const std::string& verb) {
    cli::DoorClient plant = TRY(cli::DoorClient::connect(state() + "/run/plant/control.sock"));
    return plant.ask(verb + " 1", 2s);
}

Result<> Station::car(const std::string& verb) {
    cli::DoorClient world = TRY(cli::DoorClient::connect(state() + "/run/world.sock"));
    TRY(world.ask(verb + " 1", 5s));
    return {};
}

/// Takes lines, at least one if any comes before the deadline. False: none came, or the run has ended.
bool Station::take(Instant deadline) {
    if (run_->lines() < 0 || !kernel::os::wait(run_->lines(), deadline).value_or(false)) return false;
    for (const std::string& line : run_->take_lines())
        if (auto json = Json::parse(line)) lines_.push_back(std::move(*json));
    return run_->lines() >= 0;
}

const std::vector<Json>& Station::lines() {
    while (take(now())) {}
    return lines_;
}

std::optional<Json> Station::wait_for(std::size_t from, Duration patience, const std::function<bool(const Json&)>& fits) {
    const Instant deadline = now() + patience;
    for (std::size_t next = from;;) {
        for (; next < lines_.size(); ++next)
            if (fits(lines_[next])) return lines_[next];
        if (!take(deadline)) return std::nullopt;
    }
}

std::size_t Station::count(std::size_t from, const std::function<bool(const Json&)>& fits) {
    lines();
    return static_cast<std::size_t>(std::count_if(lines_.begin() + static_cast<std::ptrdiff_t>(std::min(from, lines_.size())), lines_.end(), fits));
}

std::string Station::tail() {
    std::string text;
    for (std::size_t i = lines_.size() > 25 ? lines_.size() - 25 : 0; i < lines_.size(); ++i) text += "\n    " + lines_[i].text().substr(0, 300);
    return text;
}

pid_t Station::procmgr() const {
    const std::string run = std::to_string(run_->pid());
    std::ifstream children("/proc/" + run + "/task/" + run + "/children");
    for (pid_t pid = 0; children >> pid;)
        if (text_of("/proc/" + std::to_string(pid) + "/comm") == "procmgr\n") return pid;
    return 0;
}

}  // namespace voltkeep::kills
