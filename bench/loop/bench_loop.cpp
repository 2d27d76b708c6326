// SPDX-License-Identifier: Apache-2.0
// The safety loop as its hardware sees it: when its orders come, and how long it takes to answer what a sensor shows. The bench
// is the field bus of the real power and powerdrv under the real process manager; cyclictest on the same core, at the same time
// and with a higher priority, says what the machine itself can do. At rest, with a hog on every core, and with the other services
// in a flood.
#include <sched.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "kernel/procmgr/test/station.hpp"
#include "rows.hpp"
#include "services/power/protocol.hpp"
#include "services/powerdrv/frames.hpp"
#include "services/powerdrv/protocol.hpp"
#include "wire/exi/json_fields.hpp"
#include "wire/ocpp/codec.hpp"
#include "wire/ocpp/messages/transactions.hpp"

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
class FieldBus {
public:
    explicit FieldBus(int end) : end_(end) {}

    Measured measure(std::size_t turns) {
        // What came while nobody listened is of the past; then the sensors are fresh again before anything is measured.
        begin_ = now() + 200ms;
        phases_.clear();
        measured_ = {};
        is_waiting_ = false;
        next_frame_ = now(), next_change_ = begin_ + 100ms;
        while (phases_.size() < turns) {
            // Not in the frames' own rhythm: a change comes at any moment of the loop's period.
            const bool has_orders = os::wait(end_, next_change_ < next_frame_ ? next_change_ : next_frame_).value_or(false);
            if (!has_orders) speak();
            else if (!listen()) break;
        }
        if (phases_.empty()) return measured_;
        const std::int64_t earliest = *std::ranges::min_element(phases_);
        for (const std::int64_t phase : phases_) measured_.late_ns.push_back(static_cast<std::uint32_t>(phase - earliest));
        return std::move(measured_);
    }

private:
    void put() {
        ++frame_.sensors.sequence;
        frame_.time_us += 5'000;
        (void)os::send(end_, powerdrv::encode(frame_));
    }

    void speak() {
        const bool is_change = next_change_ < next_frame_;
        if (is_change && !is_waiting_) {
            // Behind an open contactor a voltage is a reason to lock, without debounce: the shortest way from a sensor to an
            // order.
            frame_.sensors.outlet_voltage = {frame_.sensors.outlet_voltage.value == 0 ? 70'000 : 0};
            changed_ = now();
            is_waiting_ = true;
            put();
        }
        if (is_change) next_change_ = now() + 40ms + Duration(static_cast<std::int64_t>(random_() % 20'000'000));
        else {
            put();
            next_frame_ = next_frame_ + 5ms;
        }
    }

    /// False: nobody is there any more.
    bool listen() {
        std::array<std::byte, powerdrv::kOutputsSize> buffer;
        const auto received = os::receive(end_, buffer);
        if (!received) return false;
        const Instant at = now();
        const auto orders = *received ? powerdrv::decode_outputs(Bytes(buffer).first((*received)->size)) : fail(Errc::malformed);
        if (!orders) return true;
        frame_.sensors.echo = orders->actuators.sequence;
        frame_.sensors.locked = orders->actuators.lock;
        if (at < begin_) return true;
        if (phases_.empty()) zero_ = at.ns, first_ = orders->actuators.sequence;
        phases_.push_back(at.ns - zero_ - period.count() * static_cast<std::int64_t>(orders->actuators.sequence - first_));
        if (is_waiting_ && orders->actuators.lock == (frame_.sensors.outlet_voltage.value != 0)) {
            measured_.answer_ns.push_back(static_cast<std::uint32_t>((at - changed_).count()));
            is_waiting_ = false;
        }
        return true;
    }

    int end_;
    powerdrv::InputsFrame frame_;
    std::mt19937 random_{1};
    Instant begin_{}, next_frame_{}, next_change_{}, changed_{};
    bool is_waiting_ = false;
    std::int64_t zero_ = 0;
    std::uint32_t first_ = 0;
    std::vector<std::int64_t> phases_;
    Measured measured_;
};

/// The same wake-ups without anything to do, at the same time on the same core, before everybody else.
class Cyclictest {
public:
    explicit Cyclictest(std::size_t turns) {
        const std::string command =
            "cyclictest --default-system -q -m -p 80 -a 0 -t 1 -i 10000 -h 20000 -l " + std::to_string(turns) + " 2>/dev/null";
        pipe_ = ::popen(command.c_str(), "r");
    }
    ~Cyclictest() {
        if (pipe_) ::pclose(pipe_);
    }
    Cyclictest(const Cyclictest&) = delete;

    /// Waits for its end. Empty if it is not there or may not be real-time.
    std::vector<std::uint32_t> times() {
        std::vector<std::uint32_t> times;
        char line[128];
        while (pipe_ && std::fgets(line, sizeof line, pipe_)) {
            unsigned us = 0, count = 0;
            if (std::sscanf(line, "%u %u", &us, &count) == 2) times.insert(times.end(), count, us * 1000u);
        }
        return times;
    }

private:
    FILE* pipe_ = nullptr;
};

std::vector<std::byte> charge_loop_frame() {
    std::ifstream in(VECTORS);
    for (std::string line; std::getline(in, line);) {
        const auto json = exi::Json::parse(line);
        if (!json || json->string("name") != "DC_ChargeLoopReq_BPT_dynamic") continue;
        std::vector<std::byte> bytes(json->string("hex").size() / 2);
        if (exi::from_hex(json->string("hex"), bytes)) return bytes;
    }
    return {};
}

std::string transaction_event() {
    ocpp::TransactionEventRequest request;
    request.eventType = ocpp::TransactionEventEnum::Updated;
    request.triggerReason = ocpp::TriggerReasonEnum::MeterValuePeriodic;
    request.timestamp = WallTime{1'785'000'000'000};
    request.seqNo = 17;
    request.transactionInfo.transactionId = "5d2a1a0e-6a5e-4c55-9d0b-0f4c6f2b7a11";
    return *ocpp::write(request);
}

/// The other services, in a flood as long as this lives.
class Floods {
public:
    explicit Floods(procmgr::test::Station& station) : station_(station) {
        const std::vector<std::byte> frame = charge_loop_frame();
        (void)station_.tell("iso15118", std::string(as_text(frame)));
        (void)station_.tell("ocpp", transaction_event());
        (void)station_.tell("session", "go");
    }
    /// What each of them has done, for people; false: one of them did nothing, or did it wrong.
    bool end(std::string& words) {
        bool good = true;
        for (const char* name : {"iso15118", "ocpp", "session"}) {
            unsigned long long done = 0, wrong = 0;
            good = std::sscanf(station_.tell(name, "rest").c_str(), "%llu %llu", &done, &wrong) == 2 && done > 0 &&
                   wrong * 2 < done && good;  // a quota leaves some unanswered
            words += std::string(words.empty() ? "" : ", ") + name + " " + std::to_string(done) +
                     (wrong > 0 ? " (" + std::to_string(wrong) + " not answered)" : "");
        }
        return good;
    }

private:
    procmgr::test::Station& station_;
};

void copy_programs(const std::filesystem::path& to) {
    std::filesystem::create_directory(to);
    for (const char* name : {"power", "powerdrv"}) std::filesystem::copy_file(std::filesystem::path(PROGRAMS) / name, to / name);
    std::filesystem::copy_file(FLOOD, to / "flood");
}

void connect(procmgr::test::Station& station, std::uint16_t client, std::uint16_t server, std::uint64_t fingerprint,
             std::uint32_t messages, std::uint16_t deadline_ms) {
    policy::Conduit conduit;
    conduit.client = client;
    conduit.server = server;
    conduit.fingerprint = fingerprint;
    conduit.messages = messages;
    for (std::uint32_t left = messages; left != 0; left >>= 1) CHECK(conduit.deadline_ms.push(deadline_ms));
    CHECK(station.image->conduits.push(conduit));
}

enum class Load : std::uint8_t { rest, hogs, floods };
constexpr std::array loads{std::pair{Load::rest, "at rest"}, std::pair{Load::hogs, "a hog on every core"},
                           std::pair{Load::floods, "the others in a flood"}};

/// The rows of one kind of load. False: the loop fell silent, or there was no such load.
bool add_rows(procmgr::test::Station& station, FieldBus& bus, Load load, const std::string& where, std::size_t turns,
              std::vector<bench::Row>& rows) {
    const Hogs hogs(load == Load::hogs ? std::thread::hardware_concurrency() : 0);
    std::optional<Floods> floods;
    if (load == Load::floods) floods.emplace(station);
    Cyclictest cyclictest(turns);
    Measured m = bus.measure(turns);
    rows.push_back({"cyclictest, " + where, cyclictest.times()});
    std::string done;
    if (floods && !floods->end(done)) return false;
    if (!done.empty()) std::fprintf(stderr, "the flood: %s\n", done.c_str());
    if (m.late_ns.size() < turns || m.answer_ns.empty()) return false;
    rows.push_back({"orders after the earliest, " + where, std::move(m.late_ns)});
    rows.push_back({"from a sensor's frame to the order, " + where, std::move(m.answer_ns)});
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    bool as_json = false;
    std::size_t turns = 3'000;
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
    cpu_set_t other;   // the bench must not be what the loop waits for
    CPU_ZERO(&other);
    CPU_SET(std::thread::hardware_concurrency() > 1 ? 1 : 0, &other);

    procmgr::test::Station station;
    copy_programs(station.folder / "programs");
    station.image->programs = *policy::Path::from((station.folder / "programs").string());
    policy::Service& driver = contain(station, "powerdrv", 95, 60);
    CHECK(driver.devices.push({"powertrain", policy::DeviceKind::connect, *policy::Path::from("run/powerdrv.sock")}));
    policy::Service& power = contain(station, "power", 85, 50);
    CHECK(power.files.push({.path = *policy::Path::from("config/power")}));
    std::filesystem::create_directory(station.folder / "config");
    MUST(write_file((station.folder / "config" / "power").string(), encode_config(power::Config{}), 0644));
    connect(station, 1, 0, powerdrv::Interface::fingerprint, 3, 3);
    std::uint8_t rank = 50;
    for (const char* name : {"session", "iso15118", "ocpp"}) station.add(name, rank -= 10).program = "flood";
    connect(station, 2, 1, power::Interface::fingerprint, 31, 5);
    station.start();
    bool is_complete = !station.meet("powerdrv").empty();
    for (const char* name : {"session", "iso15118", "ocpp"}) is_complete = is_complete && station.meet(name) == "here";
    if (!is_complete) {
        std::fprintf(stderr, "bench_loop: the station did not start\n");
        return 1;
    }
    ::sched_setaffinity(0, sizeof other, &other);

    FieldBus bus(station.commands.at("powerdrv").get());
    std::vector<bench::Row> rows;
    std::vector<std::pair<std::string, double>> ratios;
    for (const auto& [load, where] : loads) {
        if (!add_rows(station, bus, load, where, turns, rows)) {
            std::fprintf(stderr, "bench_loop: the loop fell silent, or who was to disturb it (%s)\n", where);
            return 1;
        }
        bench::Row& machine = rows[rows.size() - 3];
        constexpr std::array names{"p999_over_cyclictest_at_rest", "p999_over_cyclictest", "p999_over_cyclictest_in_a_flood"};
        if (machine.at(0.999) > 0)
            ratios.emplace_back(names[static_cast<std::size_t>(load)], rows[rows.size() - 2].at(0.999) / machine.at(0.999));
    }
    as_json ? bench::print_json("loop", rows, ratios) : bench::print_table(rows, ratios);
    return 0;
}
