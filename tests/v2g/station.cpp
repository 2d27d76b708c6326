// SPDX-License-Identifier: Apache-2.0
#include "station.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "kernel/config.hpp"
#include "pki/development.hpp"
#include "services/audit/protocol.hpp"
#include "services/iso15118/protocol.hpp"
#include "services/link/protocol.hpp"
#include "services/plc/protocol.hpp"
#include "services/session/protocol.hpp"
#include "simulated_station.hpp"

namespace voltkeep::iso15118::testing {
namespace {

constexpr std::uint32_t everything = 0xffffffff;
constexpr Duration physics_time = 5ms;

/// The program of a service, as the process manager would start it.
int become(const std::string& directory, const char* program, int control) {
    if (control == kernel::control::descriptor) ::fcntl(control, F_SETFD, 0);
    else ::dup2(control, kernel::control::descriptor);
    if (::chdir(directory.c_str()) != 0) return 126;
    ::execl(program, program, static_cast<char*>(nullptr));
    return 127;
}

int serve_audit(int control, const std::string& file) {
    auto self = kernel::Service::start(control);
    std::ofstream log(file, std::ios::app);
    self.serve<audit::Interface>(
        [&](const audit::Append& m) -> Result<audit::Append::Appended> {
            log << m.payload.view() << std::endl;
            return audit::Append::Appended{};
        },
        [&](const audit::AppendLater& m) -> Result<kernel::Done> {
            log << m.payload.view() << std::endl;
            return kernel::Done{};
        },
        [](const audit::Read&) -> Result<audit::Read::Entries> { return audit::Read::Entries{}; },
        [](const audit::GetHead&) -> Result<audit::GetHead::Head> { return audit::GetHead::Head{}; },
        [](const audit::GetSeals&) -> Result<audit::GetSeals::Seals> { return audit::GetSeals::Seals{}; });
    return self.run();
}

secc::Needs needs_of(const session::SetEvNeeds& m) {
    secc::Needs needs;
    needs.phase = static_cast<secc::Phase>(m.phase);
    needs.target_voltage = m.target_voltage;
    needs.target_current = m.target_current;
    needs.maximum_power = m.maximum_power;
    return needs;
}

session::TakeSetpoint::Setpoint setpoint_of(const secc::Station& view) {
    session::TakeSetpoint::Setpoint s;
    s.phase = static_cast<session::Phase>(view.phase);
    s.progress = static_cast<session::Progress>(view.progress);
    s.verdict = static_cast<session::Verdict>(view.verdict);
    s.stop_wanted = view.stop_wanted;
    s.present_voltage = view.present_voltage;
    s.present_current = view.present_current;
    s.maximum_voltage = view.maximum_voltage;
    s.minimum_voltage = view.minimum_voltage;
    s.maximum_current = view.maximum_current;
    s.maximum_power = view.maximum_power;
    s.maximum_discharge_current = view.maximum_discharge_current;
    s.maximum_discharge_power = view.maximum_discharge_power;
    s.available_power = view.available_power;
    s.present_power = view.present_power;
    s.energy = view.energy;
    s.energy_back = view.energy_back;
    s.meter = view.meter;
    return s;
}

template <class M>
Result<typename M::Reply> unsupported(const M&) {
    return fail(Errc::unsupported, "not in this test");
}

int serve_session(int control, Shared& shared) {
    auto self = kernel::Service::start(control);
    const auto fresh = [] {
        SimulatedStation simulated;
        simulated.decision_time = simulated.work_time = 50ms;   // many cars, one after the other
        return simulated;
    };
    SimulatedStation simulated = fresh();
    const auto done = []() -> Result<kernel::Done> { return kernel::Done{}; };
    self.every(physics_time, [&] {
        simulated.view.stop_wanted = shared.stop_wanted;
        simulated.is_ac = shared.is_ac;
        if (const int watts = shared.available_w) simulated.view.available_power = {watts};
        const bool charges = simulated.view.phase == secc::Phase::charge;
        simulated.pass(now(), physics_time, {evcc::Pilot::c, charges});
        shared.delivered_mj = simulated.delivered_mj;
        shared.returned_mj = simulated.returned_mj;
    });
    self.serve<session::Interface>(
        [&](const session::Authorize&) -> Result<session::Authorize::Authorization> {
            ++shared.authorizations;
            simulated.authorize(now());
            return session::Authorize::Authorization{};
        },
        [&](const session::SetEvNeeds& m) {
            simulated.tell(needs_of(m), now());
            shared.phase = static_cast<int>(m.phase);
            return done();
        },
        [&](const session::TakeSetpoint&) -> Result<session::TakeSetpoint::Setpoint> { return setpoint_of(simulated.view); },
        [&](const session::StopByEv& m) {
            ++shared.stops;
            shared.last_stop = static_cast<int>(m.cause);
            shared.phase = 0;
            if (m.cause == session::StopCause::ev_pause) {
                simulated.stop({secc::StopCause::ev_pause, {}});
                return done();
            }
            const std::int64_t delivered = simulated.delivered_mj, returned = simulated.returned_mj;
            simulated = fresh();
            simulated.delivered_mj = delivered;
            simulated.returned_mj = returned;
            return done();
        },
        []<class M>(const M& m) -> Result<typename M::Reply> { return unsupported(m); });
    return self.run();
}

template <class C>
void write_config(const std::string& directory, const std::string& name, const C& config) {
    MUST(kernel::write_file(directory + "/config/" + name, kernel::encode_config(config)));
}

link::Config link_config() {
    link::Config config;
    config.role = link::Role::v2g_server;
    config.certificates = "pki/secc/chain.pem";
    config.key = "pki/secc/key.pem";
    config.trust = "pki/secc/trust.pem";
    config.suites = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    config.groups = "SecP384r1MLKEM1024/secp521r1:x448";
    config.signature_algorithms = "ecdsa_secp521r1_sha512:ed448";
    return config;
}

}  // namespace

StationTest::StationTest() {
    std::string name = ::testing::TempDir() + "v2g-XXXXXX";
    directory = ::mkdtemp(name.data());
    ::mkdir(path("config").c_str(), 0700);
    const auto made = pki::make_development({.directory = path("pki")}, wall_now());
    EXPECT_TRUE(made) << (made ? "" : std::string(made.error().what.view()));
    discovery_port = static_cast<std::uint16_t>(20'000 + ::getpid() % 20'000);
    write_config(directory, "link@ev", link_config());
    write_config(directory, "plc", plc::Config{"lo", discovery_port});
    config.evse = "DE*VLT*E0001*1";
    config.currency = "EUR";
    config.price_micro_per_kwh = 490'000;
    write_config(directory, "iso15118", config);
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(memory, MAP_FAILED);
    shared = new (memory) Shared{};

    const std::string at = directory;
    const std::size_t audit = station.add("audit", [at](int control) { return serve_audit(control, at + "/log"); });
    const std::size_t session = station.add("session", [this](int control) { return serve_session(control, *shared); });
    const std::size_t plc = station.add("plc", [at](int control) { return become(at, PLC_PROGRAM, control); });
    link = station.add("link@ev", [at](int control) { return become(at, LINK_PROGRAM, control); });
    iso15118 = station.add("iso15118", [at](int control) { return become(at, ISO15118_PROGRAM, control); });
    station.conduit<audit::Interface>(link, audit, everything, 2000, everything);
    station.conduit<plc::Interface>(link, plc, everything, 5000, everything);
    station.conduit<link::Interface, link::Pulse>(iso15118, link, everything, 20);
    station.conduit<session::Interface, session::Pulse>(iso15118, session, everything, 50);
    station.conduit<audit::Interface>(iso15118, audit, everything, 2000, everything);
    station.start();
}

StationTest::~StationTest() {
    ::munmap(shared, sizeof(Shared));
    std::filesystem::remove_all(directory);
}

void StationTest::reconfigure() {
    shared->is_ac = config.outlet == Outlet::ac;
    write_config(directory, "iso15118", config);
    station.kill_and_restart(iso15118);
}

std::unique_ptr<CarProcess> StationTest::drive_up(std::vector<std::string> arguments) const {
    std::vector<std::string> command{EV_PROGRAM, "--interface", "lo",    "--discovery-port", std::to_string(discovery_port),
                                     "--pki",    path("pki"),   "--json"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<CarProcess>(command);
}

std::string StationTest::log() const {
    std::stringstream text;
    text << std::ifstream(path("log")).rdbuf();
    return text.str();
}

CarProcess::CarProcess(const std::vector<std::string>& command) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::dup2(ends[1], 1);
        std::vector<char*> arguments;
        for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ends[0];
}

CarProcess::~CarProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        wait();
    }
    ::close(output_);
}

std::optional<std::string> CarProcess::line(Instant deadline) {
    for (;;) {
        if (const auto end = text_.find('\n'); end != std::string::npos) {
            std::string first = text_.substr(0, end);
            text_.erase(0, end + 1);
            return first;
        }
        pollfd ready{output_, POLLIN, 0};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now());
        if (left <= 0ms || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
        char bytes[4096];
        const ssize_t n = ::read(output_, bytes, sizeof bytes);
        if (n <= 0) return std::nullopt;
        text_.append(bytes, static_cast<std::size_t>(n));
    }
}

std::optional<exi::Json> CarProcess::wait_for(std::string_view event, Duration within) {
    const Instant deadline = now() + within;
    while (const auto text = line(deadline)) {
        auto json = exi::Json::parse(*text);
        EXPECT_TRUE(json) << *text;
        if (json && json->string("event") == event) return *json;
    }
    return std::nullopt;
}

int CarProcess::wait() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void CarProcess::signal(int number) const { ::kill(pid_, number); }

double number(const exi::Json& event, std::string_view name) {
    const exi::Json* member = event.find(name);
    return member ? std::atof(std::string(member->scalar()).c_str()) : 0;
}

bool is_true(const exi::Json& event, std::string_view name) {
    const exi::Json* member = event.find(name);
    return member && member->scalar() == "true";
}

}  // namespace voltkeep::iso15118::testing
