// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "a20_floods/cable_floods.hpp"
#include "a20_floods/hog.hpp"
#include "watch.hpp"

namespace voltkeep::attacks {
namespace {

/// A service of the outermost zone with a manifest like any other's.
std::string hog_manifest(std::string_view schedule, std::string_view limits) {
    return R"(# SPDX-License-Identifier: Apache-2.0
service  = "hog"
purpose  = "Wants everything."
zone     = 3
rank     = 10
)" + std::string(schedule) +
           R"(
[grants]
syscalls = ["base"]

[limits]
)" + std::string(limits) +
           R"(
[watchdog]
beat_ms = 200
low     = 3
high    = 25

[restart]
intensity  = 10
period_s   = 60
backoff_ms = [0]
exhausted  = "give-up"
)";
}

Result<> order(Station& station, Hunger hunger) {
    const ServiceState hog = TRY(station.service("hog"));
    if (hog.pid <= 1) return fail(Errc::not_found, "the hog has no process");
    if (::sigqueue(hog.pid, SIGUSR1, {.sival_int = static_cast<int>(hunger)}) != 0) return fail_errno("sigqueue");
    return {};
}

/// How many MiB the hog says it got.
Result<std::int64_t> taken(Station& station, std::size_t from) {
    std::int64_t value = -1;
    (void)station.wait_for([&](const Json& line) {
        if (line.string("source") != "hog" || !line.string("text").starts_with("hog ")) return false;
        const auto said = Json::parse(line.string("text").substr(4));
        if (!said || said->find("mib") == nullptr) return false;
        value = number_in(*said, "mib");
        return true;
    }, 5s, from);
    if (value < 0) return station.stuck("the hog did not say what it got");
    return value;
}

Result<std::string> file_of(pid_t pid, const char* name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.empty()) return fail(Errc::io, "/proc/.../" + std::string(name));
    return text;
}

/// The charger's end of the cable of EVSE 1: where its network listens.
Result<Charger> find_charger(Station& station) {
    const pid_t plc = TRY(station.service("plc@1")).pid;
    Charger charger{.address = {}, .port = 0, .interface = "car1"};
    std::istringstream addresses(TRY(file_of(plc, "net/if_inet6")));
    for (std::string line; std::getline(addresses, line);)
        if (line.starts_with("fe80") && line.find("cable1") != std::string::npos)
            for (std::size_t i = 0; i < 32; i += 4) charger.address += (i > 0 ? ":" : "") + line.substr(i, 4);
    std::istringstream sockets(TRY(file_of(plc, "net/tcp6")));
    for (std::string line; std::getline(sockets, line);) {
        std::istringstream words(line);
        std::string number, local, remote, state;
        words >> number >> local >> remote >> state;
        if (state == "0A") charger.port = static_cast<int>(std::stoul(local.substr(local.find(':') + 1), nullptr, 16));
    }
    if (charger.address.empty() || charger.port == 0) return fail(Errc::not_found, "the charger does not listen on its cable");
    return charger;
}

Result<cli::Child> at_cable(const std::string& network, const char* name, void (*flood)(const Charger&), const Charger& charger) {
    std::fflush(nullptr);
    return cli::Child::start({name, {}, {}, network, [=] { flood(charger); }});
}

struct Waits {
    std::vector<double> us;
    std::vector<std::string> lost;
    /// One question to session through the door.
    void ask(Station& station) {
        const Instant begun = now();
        const auto answer = station.ask("status");
        const Json* error = answer ? answer->find("evses")->items().front().find("error") : nullptr;
        if (!answer) lost.emplace_back(answer.error().what.view());
        else if (error != nullptr) lost.emplace_back("session: " + std::string(error->scalar()));
        us.push_back(static_cast<double>((now() - begun).count()) / 1e3);
    }
    void ask_for(Station& station, Duration duration) {
        for (const Instant deadline = now() + duration; now() < deadline;) {
            ask(station);
            station.pause(50ms);
        }
    }
    [[nodiscard]] std::string words() const {
        return milliseconds(quantile(us, 0.5)) + ", p99 " + milliseconds(quantile(us, 0.99));
    }
};

/// All that comes from outside: three floods at the cable, one after the other, and beside them the malicious CSMS.
Result<> storm(Station& station, Trial& trial, Waits& waits) {
    const std::string network = TRY(station.car_network());
    const Charger charger = TRY(find_charger(station));
    TRY(station.tell_peer("csms"));
    const std::pair<const char*, void (*)(const Charger&)> floods[] = {
        {"SYN flood", flood_with_syn}, {"slow connections", drip_into_connections}, {"SDP flood", flood_discovery}};
    for (const auto& [name, flood] : floods) {
        cli::Child child = TRY(at_cable(network, name, flood, charger));
        while (child.lines() >= 0 && !kernel::os::wait(child.end(), now()).value_or(true)) waits.ask_for(station, 100ms);
        std::string said;
        for (const std::string& line : child.take_lines()) said += line;
        trial.contained.expect(child.status() == 0 && !said.empty(), std::string(name) + " was sent");
        trial.figure(name, said);
    }
    return {};
}

/// What the malicious CSMS did, one line each; waits until it has done all.
Result<std::vector<Json>> malice(Station& station, Waits& waits) {
    std::vector<Json> done;
    for (const Instant deadline = now() + 20s; now() < deadline && done.size() < 5;) {
        waits.ask_for(station, 200ms);
        done.clear();
        std::ifstream log(station.state() + "/run/malice.log");
        for (std::string line; std::getline(log, line);)
            if (auto json = Json::parse(line); json && number_in(*json, "octets") >= 0) done.push_back(std::move(*json));
    }
    if (done.size() < 5) return station.stuck("the station did not come back to its malicious CSMS often enough");
    return done;
}

harness::Options options_with(const std::string& manifest) {
    harness::Options options;
    options.changes.programs["hog"] = test_program("a20/hog");
    options.changes.peers["csms"] = test_program("a20/csms");
    options.changes.peers["csms_real"] = harness::build_folder() + "/peers/csms";
    options.changes.manifests["hog"] = manifest;
    return options;
}

Result<> run(Trial& trial) {
    const auto station = TRY(Station::start(
        options_with(hog_manifest("schedule = \"other\"", "memory = \"64M\"\ncpu = \"10%\"\nfiles = 16\ntasks = 1\n"))));
    TRY(station->wait_until_charging());
    Waits calm, stormy;
    calm.ask_for(*station, 1s);
    Watch watch = TRY(Watch::begin(*station, {"hog"}));
    const std::size_t from = station->lines().size();

    TRY(order(*station, Hunger::processor));
    TRY(storm(*station, trial, stormy));
    for (const Json& done : TRY(malice(*station, stormy)))
        trial.figure("CSMS, " + std::string(done.string("malice")), std::to_string(number_in(done, "octets")) + " octets sent");

    TRY(order(*station, Hunger::memory));
    const std::int64_t mib = TRY(taken(*station, from));
    trial.contained.expect(mib <= 64, "the hog gets no more memory than its 64 MiB: " + std::to_string(mib) + " MiB");
    trial.figure("memory that the hog got", std::to_string(mib) + " MiB of 512 MiB");
    trial.contained.expect(stormy.lost.empty(), "session answers others: " + (stormy.lost.empty() ? "" : stormy.lost.front()));
    trial.contained.expect(station->is_charging(), "the car goes on charging");
    TRY(watch.judge(trial));

    const auto is_end_of_hog = [](const Json& line) {
        return line.string("event") == "service" && line.string("service") == "hog" && line.string("life") == "dead";
    };
    trial.logged.expect(station->wait_for(is_end_of_hog, 3s).has_value(), "the log says that the hog ended, and why");
    const auto is_ended_connection = [](const Json& line) {
        return line.string("source") == "link@csms" &&
               (line.string("event") == "security" || line.string("event") == "connection");
    };
    trial.logged.expect(station->count(is_ended_connection, from) >= 5,
                        "the log has every connection to the CSMS that was ended");
    const auto is_bomb = [](const Json& line) {
        return line.string("event") == "security" && line.string("security_event") == "InvalidMessages";
    };
    trial.logged.expect(station->count(is_bomb, from) >= 16, "the log has a security event for each of the sixteen JSON bombs");
    trial.figure("a question to session through the door", calm.words() + "; in the storm " + stormy.words());
    return {};
}

/// What the hog would be if any service could have a real-time schedule: on each processor one process of the lowest priority
/// that there is, for 0.15 s: the watchdog does not see it yet.
Result<cli::Child> start_real_time_hog() {
    std::fflush(nullptr);
    return cli::Child::start({"real-time hog", {}, {}, {}, [] {
        const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
        for (long i = 1; i < processors; ++i)
            if (::fork() == 0) break;
        sched_param lowest{};
        lowest.sched_priority = 1;
        if (::sched_setscheduler(0, SCHED_FIFO, &lowest) != 0) ::_exit(1);
        for (const Instant end = now() + 150ms; now() < end;) {}
    }});
}

/// Without the loop's own schedule a hog of any priority keeps it from its turns, and without its limit the hog takes all memory.
Result<> control(Trial& trial) {
    harness::Options options =
        options_with(hog_manifest("schedule = \"other\"", "memory = \"1024M\"\ncpu = \"100%\"\nfiles = 16\ntasks = 1\n"));
    options.changes.edits.push_back({"power/manifest.toml",
                                     "schedule  = \"fifo:50\"\ncpu       = 0\nrt_time_us   = 500       # with powerdrv: 60 % of "
                                     "the core at eight EVSEs\nrt_period_us = 10000\n",
                                     "schedule = \"other\"\n"});
    options.changes.edits.push_back({"powerdrv/manifest.toml",
                                     "schedule  = \"fifo:60\"\ncpu       = 0\nrt_time_us   = 250\nrt_period_us = 10000\n",
                                     "schedule = \"other\"\n"});
    const auto station = TRY(Station::start(options));
    TRY(station->wait_until_charging());
    TRY(order(*station, Hunger::memory));
    const std::int64_t mib = TRY(taken(*station, 0));
    trial.control.expect(mib == 512,
                         "without its limit, the hog takes all memory that it wants: " + std::to_string(mib) + " MiB");

    Watch watch = TRY(Watch::begin(*station, {"hog"}));
    cli::Child hog = TRY(start_real_time_hog());
    trial.control.expect(hog.status() == 0, "the hog has its real-time schedule");
    const std::int64_t missed = TRY(watch.missed());
    trial.control.expect(missed > 0, "without a schedule of its own, the power loop is late beside a real-time hog: " +
                                         std::to_string(missed) + " turns missed");
    trial.figure("without its schedule",
                 std::to_string(missed) + " turns of the power loop missed beside a hog that spins for 0.15 s");
    return {};
}

const Registration registration({"A20", run, control});

}  // namespace
}  // namespace voltkeep::attacks
