// SPDX-License-Identifier: Apache-2.0
// The safety loop as its hardware sees it: when its orders come, and how long it takes to answer what a sensor shows. The bench is the
// field bus of the real power and powerdrv under the real process manager; cyclictest on the same core, with the same priority and
// period, says what the machine itself can do. Both at rest and with a hog on every core.
#include <sched.h>
#include <sys/timerfd.h>

#include <charconv>
#include <cstring>
#include <random>
#include <thread>

#include "kernel/procmgr/test/station.hpp"
#include "rows.hpp"
#include "services/power/protocol.hpp"
#include "services/powerdrv/frames.hpp"
#include "services/powerdrv/protocol.hpp"

namespace {

using namespace voltkeep;
using namespace voltkeep::kernel;

constexpr Duration period = 10ms;

/// A hog on every core, ended with this.
class Hogs {
public:
    explicit Hogs(unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            const pid_t pid = ::fork();
            CHECK(pid >= 0);
            if (pid == 0) {
                ::prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (std::uint64_t n = 0;; ++n) asm volatile("" : "+r"(n));
            }
            pids_.push_back(pid);
        }
    }
    ~Hogs() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }
    Hogs(const Hogs&) = delete;
    Hogs& operator=(const Hogs&) = delete;

private:
    std::vector<pid_t> pids_;
};

policy::Service& contain(procmgr::test::Station& station, std::string_view name, std::uint8_t rank, std::uint8_t priority) {
    policy::Service& s = station.add(name, rank);
    s.program = *Text<24>::from(name);
    s.devices = {};
    s.schedule = policy::Schedule::fifo;
    s.priority = priority;
    s.cpu = 0;
    s.rt_time_us = 1000;
    s.rt_period_us = 10000;
    s.watchdog = {.beat_ms = 20, .low = 3, .high = 50};
    return s;
}

struct Measured {
    std::vector<std::uint32_t> late_ns, answer_ns;
};

/// The field bus: a frame of sensors every 5 ms, and now and then one that must change the orders at once.
Measured measure(int bus, std::size_t turns) {
    Measured m;
    std::vector<std::int64_t> phases;
    std::mt19937 random(1);
    powerdrv::InputsFrame frame;
    Instant next_frame = now(), next_change = now() + 100ms, changed{};
    bool is_waiting = false;
    std::uint32_t first = 0;
    std::int64_t begun = 0;
    const auto put = [&] {
        ++frame.sensors.sequence;
        frame.time_us += 5'000;
        (void)os::send(bus, powerdrv::encode(frame));
    };
    // What came while nobody listened is of the past; then the sensors are fresh again before anything is measured.
    std::array<std::byte, powerdrv::kOutputsSize> past;
    for (const Instant listening = now() + 200ms; now() < listening;) {
        put();
        for (auto got = os::receive(bus, past); got && *got; got = os::receive(bus, past)) {}
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    next_frame = now(), next_change = now() + 100ms;
    while (phases.size() < turns) {
        // Not in the frames' own rhythm: a change comes at any moment of the loop's period.
        const Instant next = next_change < next_frame ? next_change : next_frame;
        if (!os::wait(bus, next).value_or(false)) {
            if (next == next_change && !is_waiting) {
                // Behind an open contactor a voltage is a reason to lock, without debounce: the shortest way from a sensor to an order.
                frame.sensors.outlet_voltage = {frame.sensors.outlet_voltage.value == 0 ? 70'000 : 0};
                changed = now();
                is_waiting = true;
                put();
            } else if (next == next_frame) {
                put();
                next_frame = next_frame + 5ms;
            }
            if (next == next_change) next_change = now() + 40ms + Duration(static_cast<std::int64_t>(random() % 20'000'000));
            continue;
        }
        std::array<std::byte, powerdrv::kOutputsSize> buffer;
        const auto received = os::receive(bus, buffer);
        if (!received) break;
        const Instant at = now();
        const auto orders = *received ? powerdrv::decode_outputs(Bytes(buffer).first((*received)->size)) : fail(Errc::malformed);
        if (!orders) continue;
        frame.sensors.echo = orders->actuators.sequence;
        frame.sensors.locked = orders->actuators.lock;
        if (begun == 0) begun = at.ns, first = orders->actuators.sequence;
        phases.push_back(at.ns - begun - period.count() * static_cast<std::int64_t>(orders->actuators.sequence - first));
        if (is_waiting && orders->actuators.lock == (frame.sensors.outlet_voltage.value != 0)) {
            m.answer_ns.push_back(static_cast<std::uint32_t>((at - changed).count()));
            is_waiting = false;
        }
    }
    if (phases.empty()) return m;
    const std::int64_t earliest = *std::ranges::min_element(phases);
    for (const std::int64_t phase : phases) m.late_ns.push_back(static_cast<std::uint32_t>(phase - earliest));
    return m;
}

/// The same wake-ups without anything to do. Empty if it is not there or may not be real-time.
std::vector<std::uint32_t> cyclictest(std::size_t turns) {
    const std::string command = "cyclictest --default-system -q -m -p 50 -a 0 -t 1 -i 10000 -h 20000 -l " + std::to_string(turns) + " 2>/dev/null";
    std::vector<std::uint32_t> times;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) return times;
    char line[128];
    while (std::fgets(line, sizeof line, pipe)) {
        unsigned us = 0, count = 0;
        if (std::sscanf(line, "%u %u", &us, &count) == 2) times.insert(times.end(), count, us * 1000u);
    }
    ::pclose(pipe);
    return times;
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false;
    std::size_t turns = 1'500;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) as_json = true;
        else if (std::strcmp(argv[i], "--long") == 0) turns = 60'000;
        else {
            std::fprintf(stderr, "usage: bench_loop [--json] [--long]\n");
            return 2;
        }
    }
    const sched_param high{.sched_priority = 70};
    if (::geteuid() != 0 || ::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &high) != 0) {
        std::fprintf(stderr, "bench_loop: this user may not be real-time: start it as root\n");
        return 1;
    }
    const unsigned cores = std::thread::hardware_concurrency();
    cpu_set_t other;   // the bench must not be what the loop waits for
    CPU_ZERO(&other);
    CPU_SET(cores > 1 ? 1 : 0, &other);

    procmgr::test::Station station;
    policy::Service& driver = contain(station, "powerdrv", 95, 60);
    CHECK(driver.devices.push({"powertrain", policy::DeviceKind::connect, *policy::Path::from("run/powerdrv.sock")}));
    policy::Service& power = contain(station, "power", 85, 50);
    CHECK(power.files.push({.path = *policy::Path::from("config/power")}));
    std::filesystem::create_directory(station.folder / "config");
    MUST(write_file((station.folder / "config" / "power").string(), encode_config(power::Config{}), 0644));
    policy::Conduit conduit;
    conduit.client = 1;
    conduit.server = 0;
    conduit.fingerprint = powerdrv::Interface::fingerprint;
    conduit.messages = 3;
    CHECK(conduit.deadline_ms.push(3) && conduit.deadline_ms.push(3));
    CHECK(station.image->conduits.push(conduit));
    station.start();
    if (station.meet("powerdrv").empty()) {
        std::fprintf(stderr, "bench_loop: the driver did not connect\n");
        return 1;
    }
    const int bus = station.commands.at("powerdrv").get();
    ::sched_setaffinity(0, sizeof other, &other);

    std::vector<bench::Row> rows;
    std::vector<std::pair<std::string, double>> ratios;
    for (const bool is_busy : {false, true}) {
        const std::string where = is_busy ? ", a hog on every core" : ", at rest";
        const Hogs hogs(is_busy ? cores : 0);
        Measured m = measure(bus, turns);
        if (m.late_ns.size() < turns || m.answer_ns.empty()) {
            std::fprintf(stderr, "bench_loop: the loop fell silent\n");
            return 1;
        }
        bench::Row machine{"cyclictest" + where, cyclictest(turns)};
        bench::Row late{"orders after the earliest" + where, std::move(m.late_ns)};
        bench::Row answer{"from a sensor's frame to the order" + where, std::move(m.answer_ns)};
        const std::string name = is_busy ? "p999_over_cyclictest" : "p999_over_cyclictest_at_rest";
        if (machine.at(0.999) > 0) ratios.emplace_back(name, late.at(0.999) / machine.at(0.999));
        for (bench::Row* row : {&machine, &late, &answer}) rows.push_back(std::move(*row));
    }
    as_json ? bench::print_json("loop", rows, ratios) : bench::print_table(rows, ratios);
    return 0;
}
