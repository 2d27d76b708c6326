// SPDX-License-Identifier: Apache-2.0
#include "lane.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "cli/door.hpp"
#include "cli/run/child.hpp"
#include "kernel/config.hpp"
#include "kernel/policy/compile.hpp"
#include "kernel/procmgr/test/station.hpp"
#include "services/power/protocol.hpp"
#include "services/registry/registry.hpp"

namespace voltkeep::protections {

namespace fs = std::filesystem;
namespace policy = kernel::policy;

namespace {

power::Config config_of(bool is_ac) {
    power::Config config;
    if (!is_ac) return config;
    config.safety.outlet = safety::Outlet::ac_socket;
    config.safety.current_max = config.safety.cable_max = {32'000};
    return config;
}

/// The production manifests of power and powerdrv, and one for whoever stands in for the session.
Result<> gather(const fs::path& folder) {
    std::error_code error;
    for (const char* name : {"programs", "manifests/power", "manifests/powerdrv", "manifests/session", "config", "run/plant"}) fs::create_directories(folder / name, error);
    const auto copy = [&](const fs::path& from, const std::string& to) {
        if (!error) fs::copy_file(from, folder / to, error);
    };
    copy("src/services/power/manifest.toml", "manifests/power/manifest.toml");
    copy("src/services/powerdrv/manifest.toml", "manifests/powerdrv/manifest.toml");
    copy("tests/protections/session.toml", "manifests/session/manifest.toml");
    copy(fs::path(PROGRAMS) / "power", "programs/power");
    copy(fs::path(PROGRAMS) / "powerdrv", "programs/powerdrv");
    copy(STAND_IN, "programs/session");
    copy(UNGUARDED_POWER, "programs/unguarded");
    if (error) return fail(Errc::io, folder.string() + ": " + error.message());
    return {};
}

Result<> make_image(kernel::procmgr::test::Station& station, const std::vector<Place>& places) {
    const auto refused = [](const policy::Refusals& refusals) {
        std::string text;
        for (const auto& refusal : refusals) text += refusal.text() + "\n";
        return fail(Errc::bad_argument, text);
    };
    const auto sources = policy::find_manifests((station.folder / "manifests").string());
    if (!sources) return refused(sources.error());
    const auto checked = policy::check(*sources, registry::interfaces());
    if (!checked) return refused(checked.error());
    policy::Station wanted;
    wanted.evses = static_cast<std::uint8_t>(places.size());
    wanted.state = station.folder.string();
    wanted.programs = (station.folder / "programs").string();
    wanted.first_uid = 70'000;
    auto image = policy::build(*checked, wanted);
    if (!image) return refused(image.error());
    for (policy::Service& s : (*image)->services)
        if (s.type == "power" && places[s.evse.number - 1u].is_unguarded) s.program = "unguarded";
    station.image = std::move(*image);
    return {};
}

}  // namespace

struct Station::Parts {
    kernel::procmgr::test::Station station;
    std::optional<cli::Child> plant;
};

Station::Station(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Station::~Station() {
    parts_->station.stop();
    if (parts_->plant && parts_->plant->is_running()) {
        parts_->plant->tell(SIGTERM);
        (void)parts_->plant->status();
    }
}

Result<std::unique_ptr<Station>> Station::start(const std::vector<Place>& places) {
    std::unique_ptr<Station> made(new Station(std::make_unique<Parts>()));
    auto& station = made->parts_->station;
    const fs::path folder = station.folder;
    TRY(gather(folder));
    TRY(make_image(station, places));
    std::string outlets;
    for (std::size_t i = 0; i < places.size(); ++i) {
        outlets += (i > 0 ? "," : "") + std::string(places[i].is_ac ? "ac-socket" : "ccs");
        TRY(kernel::write_file((folder / "config" / ("power@" + std::to_string(i + 1))).string(), kernel::encode_config(config_of(places[i].is_ac)), 0644));
        station.listen("session@" + std::to_string(i + 1));
    }
    made->parts_->plant.emplace(TRY(cli::Child::start({"plant", {PLANT, "--state-dir", (folder / "run/plant").string(), "--evse",
                                                       std::to_string(places.size()), "--outlet", outlets, "--real-time", "40"}, {}, {}, {}})));
    if (!eventually([&] { return made->plant("status").has_value(); }, 5s)) return fail(Errc::timeout, "the plant does not answer");
    station.start();
    for (std::size_t i = 1; i <= places.size(); ++i)
        if (station.meet("session@" + std::to_string(i)) != "here") return fail(Errc::timeout, "no session@" + std::to_string(i));
    return made;
}

std::string Station::tell(int evse, const std::string& command) { return parts_->station.tell("session@" + std::to_string(evse), command, 2s); }

Result<exi::Json> Station::plant(const std::string& line) const {
    cli::DoorClient door = TRY(cli::DoorClient::connect((parts_->station.folder / "run/plant/control.sock").string()));
    return door.ask(line, 2s);
}

pid_t Station::process_of(const std::string& service) const {
    const auto& image = *parts_->station.image;
    const auto found = std::ranges::find_if(image.services, [&](const policy::Service& s) { return s.name == service; });
    if (found == image.services.end()) return 0;
    const std::string user = "Uid:\t" + std::to_string(image.first_uid + found->uid) + "\t";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        std::ifstream file(entry.path() / "status");
        const std::string text(std::istreambuf_iterator<char>(file), {});
        if (text.find(user) != std::string::npos) return static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
    }
    return 0;
}

// ---- one EVSE ---------------------------------------------------------------------------------------------------------

bool is_true(const exi::Json& object, std::string_view name) {
    const exi::Json* member = object.find(name);
    return member && member->scalar() == "true";
}

double real_in(const exi::Json& object, std::string_view name) {
    const exi::Json* member = object.find(name);
    return member ? std::strtod(std::string(member->scalar()).c_str(), nullptr) : 0;
}

void Lane::plant(const std::string& words) {
    const std::size_t blank = std::min(words.find(' '), words.size());
    const auto done = station_.plant(words.substr(0, blank) + " " + std::to_string(evse_) + words.substr(blank));
    EXPECT_TRUE(done) << words << ": " << (done ? "" : done.error().what.view());
}

void Lane::want(safety::Demand demand, int millivolt, int milliampere, int ev_millivolt) {
    session("want " + std::to_string(static_cast<int>(demand)) + " " + std::to_string(millivolt) + " " + std::to_string(milliampere) + " " +
            std::to_string(ev_millivolt));
}

void Lane::signal(const std::string& service, int number) const {
    const pid_t process = station_.process_of(service + "@" + std::to_string(evse_));
    ASSERT_GT(process, 1) << service;
    EXPECT_EQ(::kill(process, number), 0);
}

Said Lane::said(unsigned protection) {
    Said s;
    const std::string text = station_.tell(evse_, "say " + std::to_string(protection));
    if (std::sscanf(text.c_str(), "%u %u %u %lld", &s.stage, &s.latched, &s.seen, &s.discovered_ms) != 4) s.stage = 255;
    return s;
}

exi::Json Lane::truth() const {
    auto truth = station_.plant("status " + std::to_string(evse_));
    return truth ? std::move(*truth) : exi::Json::object();
}

bool Lane::begin(Begin begin) {
    session("forget");
    plant(is_ac_ ? "plug 500 32000" : "plug 500");
    if (begin == Begin::plugged) return true;
    if (is_ac_) {
        want(safety::Demand::energy, 0, 32'000, 0);
        return eventually([&] { return real_in(truth(), "amperes") > 31; }, 10s);
    }
    const int battery = static_cast<int>(real_in(truth(), "battery_volts") * 1'000);
    want(begin == Begin::joined ? safety::Demand::precharge : safety::Demand::energy, battery, 125'000, 460'000);
    const auto is_joined = [&] {
        const exi::Json now = truth();
        return is_true(now, "contactor") && is_true(now, "car_contactor");
    };
    if (!eventually(is_joined, 10s)) return false;
    if (begin == Begin::joined) return true;
    if (!eventually([&] { return said().stage == static_cast<unsigned>(safety::Stage::delivering); }, 2s)) return false;
    want(safety::Demand::energy, 450'000, 125'000, 460'000);
    return eventually([&] { return real_in(truth(), "amperes") > 118; }, 5s);   // 50 kW at this battery's voltage
}

bool Lane::recover() {
    plant("clear");
    session("consent 1");
    want(safety::Demand::none, 0, 0, is_ac_ ? 0 : 460'000);
    plant("unplug");
    return eventually([&] {
        const Said s = said();
        if (s.latched != 0) session("acknowledge");
        return s.stage == static_cast<unsigned>(safety::Stage::idle) && s.latched == 0 && !is_true(truth(), "contactor");
    }, 10s);
}

}  // namespace voltkeep::protections
