// SPDX-License-Identifier: Apache-2.0
// modbus_meter: shows a simulated meter of the plant on Modbus/TCP. It keeps nothing: what counts is the meter behind it.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "server.hpp"

int main(int argc, char** argv) {
    using namespace voltkeep;
    modbus_meter::Options options;
    CLI::App app{"Shows a simulated meter in SunSpec registers on Modbus/TCP.", "modbus_meter"};
    app.add_option("--port", options.port, "TCP port on loopback")->required()->check(CLI::Range(1, 65'535));
    app.add_option("--unit", options.unit, "its address, as a gateway would know it")->capture_default_str();
    app.add_option("--meter", options.meter, "the plant's socket of this meter")->required();
    CLI11_PARSE(app, argc, argv);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    const int stop = ::signalfd(-1, &ends, SFD_CLOEXEC);
    auto server = modbus_meter::Server::open(options);
    if (!server) {
        std::fprintf(stderr, "modbus_meter: %s\n", std::string(server.error().what).c_str());
        return 2;
    }
    std::printf(R"({"event":"listening","text":"SunSpec on port %u","pid":%d})"
                "\n",
                options.port, static_cast<int>(::getpid()));
    std::fflush(stdout);
    return (*server)->run(stop) ? 0 : 1;
}
