// SPDX-License-Identifier: Apache-2.0
#include "lane.hpp"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "cli/door.hpp"
#include "cli/run/child.hpp"
#include "kernel/config.hpp"
#include "policy/compile.hpp"
#include "kernel/procmgr/test/station.hpp"
#include "pki/certificate.hpp"
#include "services/meter/protocol.hpp"
#include "services/power/protocol.hpp"
#include "services/registry/registry.hpp"
#include "services/session/protocol.hpp"

namespace voltkeep::protections {

namespace fs = std::filesystem;

namespace {

power::Config config_of(const Place& place) {
    power::Config config;
    config.safety.closings_most = place.closings;
    if (place.closings_never_end) config.safety.closing_regained_ms = 0;
    if (!place.is_ac) return config;
    config.safety.outlet = safety::Outlet::ac_socket;
    config.safety.current_max = config.safety.cable_max = {32'000};
    return config;
}

/// The production manifest without those who are not there: their lines, and their pulses.
Result<> copy_without(const fs::path& from, const fs::path& to, const std::set<std::string>& who) {
    std::ifstream source(from);
    std::ofstream target(to);
    for (std::string line; std::getline(source, line);) {
        const auto is_theirs = [&](const std::string& name) {
            return line.starts_with("to." + name) || line.starts_with(name + " ");
        };
        if (std::ranges::any_of(who, is_theirs)) continue;
        for (const std::string& name : who)
            for (std::size_t at = line.find("\"" + name + ":"); at != std::string::npos; at = line.find("\"" + name + ":")) {
                const std::size_t end = line.find_first_of(",]", at);
                line.erase(at, end - at + (line[end] == ',' ? 2 : 0));
            }
        if (const std::size_t at = line.find(", ]"); at != std::string::npos) line.erase(at, 2);
        target << line << "\n";
    }
    if (!source.eof() || !target.flush()) return fail(Errc::io, to.string());
    return {};
}

/// The production manifests and programs of what is real, and ours of what stands in.
Result<> gather(const fs::path& folder, Above above) {
    std::error_code error;
    const auto copy = [&](const fs::path& from, const std::string& to) {
        fs::create_directories((folder / to).parent_path(), error);
        if (!error) fs::copy_file(from, folder / to, error);
    };
    for (const char* name : {"config", "run/plant"}) fs::create_directories(folder / name, error);
    std::vector<std::string> real{"power", "powerdrv"};
    std::set<std::string> absent;
    if (above == Above::session) {
        real.insert(real.end(), {"session", "meter", "audit"});
        absent = {"iso15118", "operator", "crypto", "rot", "meterdrv", "net", "plc", "\"link@ev\"", "\"link@csms\""};
    }
    for (const std::string& name : real) {
        copy(fs::path(PROGRAMS) / name, "programs/" + name);
        fs::create_directories(folder / "manifests" / name, error);
        TRY(copy_without("src/services/" + name + "/manifest.toml", folder / "manifests" / name / "manifest.toml", absent));
    }
    copy(UNGUARDED_POWER, "programs/unguarded");
    if (above == Above::stand_in) {
        copy("tests/protections/session.toml", "manifests/session/manifest.toml");
        copy(STAND_IN, "programs/session");
    } else {
        copy("tests/protections/csms.toml", "manifests/ocpp/manifest.toml");
        copy(CSMS, "programs/ocpp");
    }
    if (error) return fail(Errc::io, folder.string() + ": " + error.message());
    return {};
}

/// What the session and those that it needs read at their start.
Result<> write_settings_above(const fs::path& folder, std::size_t evses) {
    session::Config config;
    config.evse_prefix = "DE*VLT*E0001";
    config.currency = "EUR";
    config.price_micro_per_kwh = 490'000;
    config.fuse_share = {22'000};
    for (std::size_t evse = 1; evse <= evses; ++evse)
        CHECK(config.evses.push({.is_digital = false,
                                 .power = {22'080},
                                 .current = {32'000},
                                 .voltage = {230'000},
                                 .minimum_voltage = {200'000},
                                 .discharge = {}}));
    TRY(kernel::write_file((folder / "config/session").string(), kernel::encode_config(config), 0644));
    TRY(kernel::write_file((folder / "run/boot-id").string(), as_bytes("00112233445566778899aabbccddeeff"), 0644));
    for (std::size_t evse = 1; evse <= evses; ++evse) {
        const std::string name = "meter@" + std::to_string(evse);
        meter::Config meter;
        meter.gateway = "Voltkeep";
        meter.gateway_serial = *Text<40>::from(name);
        meter.evse = *Text<64>::from("DE*VLT*E0001" + std::to_string(evse));
        meter.current_type = "AC";
        meter.nameplate = Watt{22'080};   // three phases of 32 A
        TRY(kernel::write_file((folder / "config" / name).string(), kernel::encode_config(meter), 0644));
        const pki::Key key = TRY(pki::make_key(pki::Algorithm::p256));
        fs::create_directories(folder / "pki" / name);
        TRY(kernel::write_file((folder / "pki" / name / "key.pem").string(), as_bytes(pki::to_pem(key.get())), 0600));
    }
    return {};
}

Result<> make_image(kernel::procmgr::test::Station& station, const std::vector<Place>& places, Above above) {
    const auto refused = [](const Refusals& refusals) {
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
        if (s.type == "session" && above == Above::session) s.restart.backoff_ms = {1'500};
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

Result<std::unique_ptr<Station>> Station::start(const std::vector<Place>& places, Above above) {
    std::unique_ptr<Station> made(new Station(std::make_unique<Parts>()));
    auto& station = made->parts_->station;
    const fs::path folder = station.folder;
    TRY(gather(folder, above));
    TRY(make_image(station, places, above));
    const bool has_session = above == Above::session;
    if (has_session) TRY(write_settings_above(folder, places.size()));
    std::string outlets;
    for (std::size_t i = 0; i < places.size(); ++i) {
        outlets += (i > 0 ? "," : "") + std::string(places[i].is_ac ? "ac-socket" : "ccs");
        TRY(kernel::write_file((folder / "config" / ("power@" + std::to_string(i + 1))).string(),
                               kernel::encode_config(config_of(places[i])), 0644));
        if (!has_session) station.listen("session@" + std::to_string(i + 1));
    }
    if (has_session) station.listen("ocpp");
    made->parts_->plant.emplace(TRY(cli::Child::start({"plant",
                                                       {PLANT, "--state-dir", (folder / "run/plant").string(), "--evse",
                                                        std::to_string(places.size()), "--outlet", outlets, "--real-time", "40"},
                                                       {},
                                                       {},
                                                       {}})));
    if (!eventually([&] { return made->plant("status").has_value(); }, 5s))
        return fail(Errc::timeout, "the plant does not answer");
    station.start();
    if (has_session && station.meet("ocpp") != "here") return fail(Errc::timeout, "nobody stands in for the CSMS");
    for (std::size_t i = 1; i <= places.size() && !has_session; ++i)
        if (station.meet("session@" + std::to_string(i)) != "here") return fail(Errc::timeout, "no session@" + std::to_string(i));
    return made;
}

std::string Station::tell(int evse, const std::string& command) {
    return parts_->station.tell("session@" + std::to_string(evse), command, 2s);
}

std::string Station::tell_csms(const std::string& command) { return parts_->station.tell("ocpp", command, 12s); }

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
    session("want " + std::to_string(static_cast<int>(demand)) + " " + std::to_string(millivolt) + " " +
            std::to_string(milliampere) + " " + std::to_string(ev_millivolt));
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
