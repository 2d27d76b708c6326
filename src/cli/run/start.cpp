// SPDX-License-Identifier: Apache-2.0
// How `run` starts and ends: everything that can be wrong is found before anything is started, and everything that was started
// ends.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "base/json.hpp"
#include "kernel/config.hpp"
#include "pki/development.hpp"
#include "cli/run/world.hpp"

namespace voltkeep::cli {

namespace {

constexpr std::uint64_t least_space = 64u << 20;   // bytes: a day of log and the databases

/// A file whose lock says that a station runs here; its content is our process id.
Result<kernel::os::Descriptor> take_lock(const std::string& path) {
    kernel::os::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return fail_errno("open", path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        std::array<char, 16> pid{};
        const ssize_t n = ::read(file.get(), pid.data(), pid.size() - 1);
        return fail(Errc::busy, "a station runs in this folder already (process " +
                                    std::string(pid.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))) +
                                    "): stop it with Ctrl-C, or choose another folder with --state");
    }
    const std::string self = std::to_string(::getpid());
    if (::ftruncate(file.get(), 0) != 0 || ::write(file.get(), self.data(), self.size()) < 0) return fail_errno("write", path);
    return file;
}

}  // namespace

Result<> write_boot_id(const std::string& path) {
    std::array<std::uint8_t, 16> random;
    if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return fail_errno("getrandom");
    std::string text;
    for (std::uint8_t octet : random) {
        text += "0123456789abcdef"[octet >> 4];
        text += "0123456789abcdef"[octet & 15];
    }
    return kernel::write_file(path, as_bytes(text), 0644);
}

Result<> World::prepare_state() {
    std::error_code error;
    for (const char* folder : {"run", "run/plant", "config", "log", "state", "pki"}) {
        std::filesystem::create_directories(options_.state + "/" + folder, error);
        if (error)
            return fail(Errc::io, options_.state + "/" + folder + ": " + error.message() +
                                      ": choose a folder that you may write with --state");
    }
    struct statvfs space {};
    if (::statvfs(options_.state.c_str(), &space) == 0 && space.f_bavail * space.f_frsize < least_space)
        return fail(Errc::full, "no space: " + options_.state + " has less than 64 MiB left");
    lock_ = TRY(take_lock(run_file("lock")));
    std::filesystem::remove(door_of(options_.state), error);   // left by a station that was killed
    TRY(write_boot_id(run_file("boot-id")));
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGHUP);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return fail_errno("PR_SET_CHILD_SUBREAPER");   // World::bury_orphans
    signals_ = kernel::os::Descriptor(::signalfd(-1, &set, SFD_CLOEXEC));
    if (!signals_) return fail_errno("signalfd");
    return {};
}

Result<> World::check_port() const {
    const kernel::os::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(file_.csms.port));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return {};
    if (errno == EADDRINUSE)
        return fail(Errc::busy, "port " + std::to_string(file_.csms.port) +
                                    " of the reference CSMS is in use: choose another with --csms-port");
    return fail_errno("bind", "port " + std::to_string(file_.csms.port));
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

/// The station's TPM, at its first start. Before the certificates: they are for its keys.
Result<> World::make_tpm() {
    if (file_.trust.tpm == "none") {
        timeline_.say("run", "no_tpm", "no TPM: private keys are files (trust.tpm = \"emulated\" in station.toml starts one)");
        return {};
    }
    Child factory = TRY(Child::start({"factory",
                                      {layout_.peers + "/factory", options_.state, file_.station.serial,
                                       std::to_string(meters_in_tpm(file_)), file_.trust.module},
                                      {},
                                      {},
                                      {}}));
    if (factory.status() != 0)
        return fail(Errc::io, "the factory made no TPM or no token: " + options_.state + "/pki/authorities/tpm/setup.log");
    return {};
}

Result<> World::make_certificates() {
    const pki::Development wanted{.directory = options_.state + "/pki",
                                  .station = file_.station.serial,
                                  .csms_host = file_.csms.host,
                                  .meters = file_.evse.count,
                                  .has_tpm = file_.trust.tpm != "none",
                                  .meters_in_tpm = meters_in_tpm(file_),
                                  .has_token = file_.trust.tpm != "none"};
    const auto made = TRY(pki::make_development(wanted, wall_now()));
    if (!made.empty())
        timeline_.say("run", "pki", "made " + std::to_string(made.size()) + " files of a development PKI (not for a product)");
    return {};
}

void World::lay_cables() {
    for (int evse = 1; evse <= file_.evse.count; ++evse) {
        auto cable = Cable::lay(evse);
        if (!cable) {
            timeline_.say("run", "cable", std::string(cable.error().what.view()) + ": cars charge over loopback");
            cables_.clear();
            surroundings_.cables.clear();
            return;
        }
        surroundings_.cables.push_back(cable->charger_network());
        cables_.push_back(std::move(*cable));
    }
}

/// As the plant's command line wants them: "ccs,ac-socket".
static std::string plant_outlets(const StationFile& file) {
    std::string outlets;
    for (int evse = 1; evse <= file.evse.count; ++evse) {
        const std::string connector = evse_of(file, evse).connector;
        outlets += (evse > 1 ? "," : "") + std::string(connector == "cCCS2"    ? "ccs"
                                                       : connector == "sType2" ? "ac-socket"
                                                                               : "ac-cable");
    }
    return outlets;
}

Result<> World::start_peers() {
    const std::string evses = std::to_string(file_.evse.count);
    std::vector<std::string> plant{
        layout_.peers + "/plant", "--state-dir", run_file("plant"), "--evse", evses, "--real-time", "40"};
    if (file_.metering.kind == "meter-signed") plant.emplace_back("--meters-sign");
    plant.emplace_back("--outlet");
    plant.push_back(plant_outlets(file_));
    children_.push_back(std::make_unique<Child>(TRY(Child::start(
        {"plant", plant, {}, {}, {}}))));
    for (int evse = 1; evse <= file_.evse.count; ++evse) TRY(start_modbus_meter(evse));
    const std::string pki = options_.state + "/pki";
    children_.push_back(std::make_unique<Child>(
        TRY(Child::start({"csms",
                          {layout_.peers + "/csms", "--port", std::to_string(file_.csms.port), "--path", file_.csms.path,
                           "--database", options_.state + "/csms.db", "--certificates", pki + "/csms/chain.pem", "--key",
                           pki + "/csms/key.pem", "--trust", pki + "/csms/trust.pem", "--station",
                           file_.station.identity + "=" + file_.station.serial, "--control", run_file("csms.sock")},
                          {},
                          {},
                          {}}))));
    const Instant deadline = now() + 10s;
    while (!csms_is_ready_ && !status_) {
        if (now() > deadline) return fail(Errc::timeout, "the reference CSMS did not start within 10 s");
        TRY(turn());
    }
    return file_.metering.kind == "meter-signed" ? commission_meters(deadline) : Result<>{};
}

/// The network module of a simulated meter: it is started again when it dies, as a module's own watchdog does.
Result<> World::start_modbus_meter(int evse) {
    const ModbusMeter meter = modbus_meter_of(file_, evse);
    if (file_.metering.bus != "modbus" || !meter.is_here()) return {};
    const std::string number = std::to_string(evse);
    children_.push_back(std::make_unique<Child>(
        TRY(Child::start({"modbus-meter" + number,
                          {layout_.peers + "/modbus_meter", "--port", std::to_string(meter.port), "--unit",
                           std::to_string(meter.unit), "--meter", run_file("plant/evse" + number + "-meter.sock")},
                          {},
                          {},
                          {}}))));
    modbus_meters_[evse] = children_.back().get();
    return {};
}

/// What an installer does with the public key on a meter's label.
Result<> World::commission_meters(Instant deadline) {
    for (int evse = 1; evse <= file_.evse.count; ++evse) {
        const std::string number = std::to_string(evse), label = run_file("plant/evse" + number + "-capsule.pub");
        for (;;) {
            const auto key = kernel::read_file(label, 4096);
            if (key && !key->empty()) {
                TRY(kernel::write_file(options_.state + "/pki/meter@" + number + "/capsule.pem", *key, 0644));
                break;
            }
            if (now() > deadline) return fail(Errc::timeout, "the simulated meter has no key: " + label);
            TRY(turn());
        }
    }
    return {};
}

Result<> World::start_station() {
    std::vector<std::string> command{layout_.procmgr, written_.image};
    if (surroundings_.rootless) command.emplace_back("--rootless");
    children_.push_back(std::make_unique<Child>(TRY(Child::start({"procmgr", command, {}, {}, {}}))));
    station_ = children_.back().get();
    station_starts_.push_back(now());
    if (!is_available_) deadline_ = now() + 60s;
    return {};
}

Result<> World::plug(int evse) {
    if (evse < 1 || evse > file_.evse.count)
        return fail(Errc::not_found, "this station has EVSE 1 to " + std::to_string(file_.evse.count));
    if (cars_.contains(evse)) return fail(Errc::busy, "a car is plugged in there already");
    const CableEnd end = cable_end(surroundings_, evse, true);
    Child::How how;
    how.name = "ev";
    how.command = {layout_.peers + "/ev", "--plant", run_file("plant/evse" + std::to_string(evse) + "-cable.sock"), "--duration",
                   std::to_string(options_.duration_s), "--json"};
    const std::vector<std::string> digital{
        "--interface", end.interface, "--discovery-port", std::to_string(end.discovery_port), "--pki", options_.state + "/pki"};
    if (evse_of(file_, evse).is_ac()) how.command.emplace_back("--pilot-alone");
    else how.command.insert(how.command.end(), digital.begin(), digital.end());
    how.command.insert(how.command.end(), options_.car.begin(), options_.car.end());
    if (!options_.trace.empty()) {
        how.command.emplace_back("--trace");
        how.command.push_back(options_.trace + "/ev" + std::to_string(evse) + ".jsonl");
    }
    if (!cables_.empty()) how.network = cables_[static_cast<std::size_t>(evse - 1)].car_network();
    visits_[evse] = {};
    visits_[evse].before = plant_energy(evse);
    children_.push_back(std::make_unique<Child>(TRY(Child::start(how))));
    cars_[evse] = children_.back().get();
    timeline_.say("ev", "plug", "a car arrives at EVSE " + std::to_string(evse));
    return {};
}

// ---- visitors: voltkeep ev plug | unplug ------------------------------------------------------------------------------

Result<> World::listen() {
    const std::string path = run_file("world.sock");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::bad_argument, "the state folder's path is too long for a socket: " + path);
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    visitors_ = kernel::os::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const mode_t mask = ::umask(0177);
    const bool bound = visitors_ && ::bind(visitors_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::listen(visitors_.get(), 4) == 0;
    ::umask(mask);
    if (!bound) return fail_errno("bind", path);
    return {};
}

void World::on_visitor() {
    const kernel::os::Descriptor visitor(::accept4(visitors_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const timeval patience{1, 0};
    if (!visitor || ::setsockopt(visitor.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return;
    std::array<char, 64> buffer;
    const ssize_t n = ::recv(visitor.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) return;
    std::string request(buffer.data(), static_cast<std::size_t>(n));
    const std::string answer = answer_visitor(request.substr(0, request.find('\n'))) + "\n";
    (void)!::send(visitor.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
}

std::string World::answer_visitor(const std::string& request) {
    auto refused = [](std::string_view why) {
        return std::string(JsonObject<512>().put("ok", false).put("error", why).text().view());
    };
    const std::size_t blank = request.find(' ');
    const int evse = blank == std::string::npos ? 1 : std::atoi(request.c_str() + blank + 1);
    const std::string verb = request.substr(0, blank);
    if (verb == "plug") {
        if (!is_available_) return refused("the station is not available yet");
        const auto plugged = plug(evse);
        if (!plugged) return refused(plugged.error().what.view());
        deadline_ = now() + 60s;   // this visit is reported when it is over, too
        return R"({"ok":true})";
    }
    if (verb == "unplug") {
        const auto car = cars_.find(evse);
        if (car == cars_.end()) return refused("no car is plugged in there");
        car->second->tell(SIGTERM);
        return R"({"ok":true})";
    }
    return refused("plug EVSE | unplug EVSE");
}

PlantEnergy World::plant_energy(int evse) {
    auto plant = DoorClient::connect(run_file("plant/control.sock"));
    if (!plant) return {};
    const auto answer = plant->ask("status " + std::to_string(evse), 2s);
    return answer ? PlantEnergy{number_in(*answer, "delivered_mwh"), number_in(*answer, "metered_import_mwh")} : PlantEnergy{};
}

// ---- the end ----------------------------------------------------------------------------------------------------------

void World::stop_all() {
    is_stopping_ = true;
    if (!lock_) return;   // another station's folder, or ended already: nothing in it is ours
    door_.reset();
    // Cars first, then the station, then what is around it: the reverse of the start.
    for (auto child = children_.rbegin(); child != children_.rend(); ++child) {
        if (!(*child)->is_running()) continue;
        (*child)->tell(SIGTERM);
        const bool has_ended = kernel::os::wait((*child)->end(), now() + 8s).value_or(false);
        if (!has_ended) (*child)->tell(SIGKILL);
        (void)(*child)->status();
    }
    children_.clear();
    cars_.clear();
    modbus_meters_.clear();
    station_ = nullptr;
    cables_.clear();
    for (const char* name : {"world.sock", "operator.sock", "csms.sock", "policy.image"}) ::unlink(run_file(name).c_str());
    visitors_.reset();
    lock_.reset();
}

}  // namespace voltkeep::cli
