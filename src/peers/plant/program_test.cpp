// SPDX-License-Identifier: Apache-2.0
// The program itself, over its sockets: a driver that comes and goes, a meter, a car, and the line for people.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "peers/plant/cable.hpp"
#include "peers/plant/sockets.hpp"
#include "services/meter/frames.hpp"
#include "services/powerdrv/frames.hpp"

namespace voltkeep::plant {
namespace {

namespace fs = std::filesystem;

Descriptor connect_to(const std::string& path, int type) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    Descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    return socket;
}

// Waits for the next packet at most so long.
template <class Decode>
auto next(const Descriptor& from, Decode decode, int milliseconds = 2'000) {
    std::array<std::byte, 256> buffer;
    pollfd waiting{from.get(), POLLIN, 0};
    std::size_t size = 0;
    if (::poll(&waiting, 1, milliseconds) == 1 && receive(from, buffer, size) == Got::packet)
        return decode(Bytes(buffer).first(size));
    return decode({});
}

class Program : public testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/voltkeep-plant-XXXXXX";
        directory = ::mkdtemp(name);
        start();
    }
    void TearDown() override {
        if (pid > 0) stop();
        fs::remove_all(directory);
    }
    void start() {
        pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) {
            const int quiet = ::open("/dev/null", O_WRONLY);
            ::dup2(quiet, 1);
            ::execl(PLANT_PROGRAM, "plant", "--state-dir", directory.c_str(), "--evse", "2", "--die-with-parent",
                    static_cast<char*>(nullptr));
            ::_exit(127);
        }
        const Instant until = now() + 5s;
        while (now() < until && !connect_to(directory + "/control.sock", SOCK_STREAM)) ::usleep(2'000);
    }
    int stop(int signal = SIGTERM) {
        int status = 0;
        if (pid <= 0) return -1;
        ::kill(pid, signal);
        ::waitpid(pid, &status, 0);
        pid = -1;
        return status;
    }
    std::string ask(const std::string& line) {
        const Descriptor control = connect_to(directory + "/control.sock", SOCK_STREAM);
        EXPECT_TRUE(send(control, as_bytes(line + "\n")));
        std::string reply;
        pollfd waiting{control.get(), POLLIN, 0};
        std::array<char, 4'096> buffer;
        while (reply.find('\n') == std::string::npos && ::poll(&waiting, 1, 2'000) == 1) {
            const ssize_t n = ::recv(control.get(), buffer.data(), buffer.size(), 0);
            if (n <= 0) break;
            reply.append(buffer.data(), static_cast<std::size_t>(n));
        }
        return reply;
    }
    Descriptor door(const char* name) { return connect_to(directory + "/evse1-" + name + ".sock", SOCK_SEQPACKET); }

    // A power path that runs the safety core on the program's frames. Its time is the frames' own, at least two of 5 ms a turn
    // and the newest of them, so that a busy machine slows the test and does not trip it.
    struct Power {
        Descriptor bus;
        safety::Configuration configuration{};
        safety::State state{};
        safety::Inputs inputs{};
        safety::Outputs outputs{};
        std::int64_t us = 0;
        void run(Duration time, const std::function<bool()>& until = [] { return false; }) {
            const std::int64_t end = us + time.count() / 1'000;
            while (us < end && !until()) {
                us += 10'000;
                for (int i = 0; i < 2; ++i)
                    if (const auto frame = next(bus, powerdrv::decode_inputs)) inputs.sensors = frame->sensors;
                while (const auto newer = next(bus, powerdrv::decode_inputs, 0)) inputs.sensors = newer->sensors;
                inputs.command.consent_ms = 500;
                const safety::Step made = safety::step(configuration, state, inputs, safety::Tick{us});
                state = made.state;
                outputs = made.outputs;
                send(bus, encode(powerdrv::OutputsFrame{outputs.actuators}));
            }
        }
    };

    std::string directory;
    pid_t pid = -1;
};

TEST_F(Program, leaves_nothing_behind) {
    EXPECT_EQ(stop(), 0);
    for (const auto& entry : fs::directory_iterator(directory)) EXPECT_NE(entry.path().extension(), ".sock") << entry.path();
}

TEST_F(Program, a_second_one_is_refused_with_a_sentence) {
    const pid_t second = ::fork();
    ASSERT_GE(second, 0);
    if (second == 0) {
        const int quiet = ::open("/dev/null", O_WRONLY);
        ::dup2(quiet, 2);
        ::execl(PLANT_PROGRAM, "plant", "--state-dir", directory.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(second, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 2);
    EXPECT_NE(ask("status").find("\"ok\":true"), std::string::npos);
}

TEST_F(Program, starts_over_what_a_killed_one_left) {
    stop(SIGKILL);
    start();
    EXPECT_NE(ask("status").find("\"ok\":true"), std::string::npos);
}

TEST_F(Program, sends_inputs_unasked_and_starts_in_the_safe_state) {
    const Descriptor bus = door("power");
    std::uint32_t last = 0;
    for (int i = 0; i < 10; ++i) {
        const auto frame = next(bus, powerdrv::decode_inputs);
        ASSERT_TRUE(frame);
        EXPECT_GT(frame->sensors.sequence, last);
        EXPECT_TRUE(frame->sensors.watchdog_tripped);
        EXPECT_FALSE(frame->sensors.contactor_closed);
        last = frame->sensors.sequence;
    }
}

TEST_F(Program, garbage_is_counted_and_harms_nothing) {
    const Descriptor bus = door("power");
    const Descriptor cable = door("cable");
    const Descriptor meter = door("meter");
    const std::array<std::byte, 4'000> garbage{};
    for (const Descriptor* to : {&bus, &cable, &meter})
        for (const std::size_t size : {1u, 24u, 200u, 4'000u}) EXPECT_TRUE(send(*to, Bytes(garbage).first(size)));
    ASSERT_TRUE(next(bus, powerdrv::decode_inputs));
    ::usleep(50'000);
    EXPECT_NE(ask("status").find("\"refused_frames\":12"), std::string::npos) << ask("status");
    EXPECT_NE(ask(std::string(5'000, 'x')).find(""), std::string::npos);
    EXPECT_NE(ask("fault 1 nonsense").find("\"ok\":false"), std::string::npos);
    EXPECT_NE(ask("fault 9 insulation").find("\"ok\":false"), std::string::npos);
    EXPECT_NE(ask("fault 1 insulation 1e9").find("\"ok\":false"), std::string::npos);
    EXPECT_NE(ask("status").find("\"ok\":true"), std::string::npos);
}

TEST_F(Program, answers_whole_lines_about_one_or_all) {
    EXPECT_EQ(ask("status 2").find("{\"ok\":true,\"evse\":2,"), 0u);
    EXPECT_EQ(ask("status").find("{\"ok\":true,\"evse\":[{\"evse\":1,"), 0u);
    EXPECT_NE(ask("status 3").find("no such EVSE"), std::string::npos);
    EXPECT_NE(ask("faults").find("meter_corrupt"), std::string::npos);
}

TEST_F(Program, a_new_driver_replaces_the_old_one) {
    const Descriptor first = door("power");
    ASSERT_TRUE(next(first, powerdrv::decode_inputs));
    const Descriptor second = door("power");
    ASSERT_TRUE(next(second, powerdrv::decode_inputs));
    std::array<std::byte, 128> buffer;
    std::size_t size = 0;
    Got got = Got::packet;
    for (int i = 0; i < 100 && got != Got::end; ++i) {
        pollfd waiting{first.get(), POLLIN, 0};
        ::poll(&waiting, 1, 100);
        got = receive(first, buffer, size);
    }
    EXPECT_EQ(got, Got::end);
}

TEST_F(Program, charges_a_car_and_opens_by_itself_when_power_dies) {
    Power power{door("power")};
    ASSERT_NE(ask("plug 1 500").find("\"ok\":true"), std::string::npos);
    power.inputs.command.demand = safety::Demand::energy;
    power.inputs.command.setpoint.voltage = {397'000};
    power.inputs.command.setpoint.current = {100'000};
    power.run(10s, [&] { return power.outputs.report.stage == safety::Stage::delivering; });
    ASSERT_EQ(power.outputs.report.stage, safety::Stage::delivering);
    power.run(1s);  // the car closes its contactor onto the precharged voltage
    power.inputs.command.setpoint.voltage = {450'000};
    power.run(2s);
    EXPECT_NEAR(power.outputs.report.current.value, 100'000, 2'000);
    EXPECT_NE(ask("status").find("\"contactor\":true"), std::string::npos);

    const Descriptor meter = door("meter");
    EXPECT_TRUE(send(meter, encode(meter::RequestFrame{42})));
    auto reading = next(meter, meter::decode_reading);
    for (int i = 0; i < 10 && reading && reading->answers != 42; ++i) reading = next(meter, meter::decode_reading);
    ASSERT_TRUE(reading);
    EXPECT_EQ(reading->answers, 42u);
    EXPECT_GT(reading->power.value, 35'000);
    EXPECT_GT(reading->import_mwh, 1'000'000);

    const std::int64_t told = reading->import_mwh;
    ::usleep(200'000);  // no heartbeat: the hardware's own watchdog
    const std::string status = ask("status");
    EXPECT_NE(status.find("\"watchdog\":true"), std::string::npos);
    EXPECT_NE(status.find("\"contactor\":false"), std::string::npos);

    stop(SIGKILL);
    start();
    const auto after = next(door("meter"), meter::decode_reading);
    ASSERT_TRUE(after);
    EXPECT_GE(after->import_mwh, told) << "a register never falls";
}

TEST_F(Program, a_car_measures_and_is_gone_with_its_connection) {
    Descriptor cable = door("cable");
    EXPECT_TRUE(send(cable, encode(CarFrame{.plugged = true, .pilot = CarPilot::b, .state_of_charge = {250}})));
    auto frame = next(cable, decode_cable);
    for (int i = 0; i < 10 && frame && frame->state_of_charge.value == 0; ++i) frame = next(cable, decode_cable);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->state_of_charge.value, 250);
    EXPECT_GT(frame->battery_voltage.value, 380'000);
    EXPECT_NE(ask("status").find("\"pilot\":\"b\""), std::string::npos);
    EXPECT_NE(ask("plug 1").find("\"ok\":false"), std::string::npos) << "one plug, one car";
    cable.reset();
    ::usleep(50'000);
    EXPECT_NE(ask("status").find("\"pilot\":\"a\""), std::string::npos);
}

}  // namespace
}  // namespace voltkeep::plant
