// SPDX-License-Identifier: Apache-2.0
// plant: the power hardware of a charger and its meters, simulated in real time. It outlives the station as the world does.
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "peers/plant/world.hpp"

namespace {

using namespace voltkeep;

// Its frames are the station's sensors: late ones are a trip. Below the station's own priorities.
void become_real_time(int priority) {
    const sched_param parameters{.sched_priority = priority};
    if (::sched_setscheduler(0, SCHED_FIFO, &parameters) != 0)
        std::fprintf(stderr, "plant: no real-time priority (%s); its frames may be late on a busy machine\n",
                     std::strerror(errno));
}

int run(const plant::Options& options) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, nullptr);
    const voltkeep::Descriptor stop(::signalfd(-1, &ends, SFD_CLOEXEC));
    auto world = plant::World::open(options);
    if (!world) {
        std::fprintf(stderr, "plant: %s\n", std::string(world.error().what).c_str());
        return 2;
    }
    std::printf("plant: %u EVSE at %s\n", options.evses, options.directory.c_str());
    std::fflush(stdout);
    const auto ended = (*world)->run(stop.get());
    if (ended) return 0;
    std::fprintf(stderr, "plant: %s\n", std::string(ended.error().what).c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    plant::Options options;
    int priority = 0;
    bool dies_with_parent = false;
    unsigned evses = 1;
    std::string mode = "600";
    CLI::App app{"Simulates the power hardware of a charger, its meters and the charging cables.", "plant"};
    app.add_option("--state-dir", options.directory, "directory for the sockets and the meters' registers")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--evse", evses, "how many EVSEs")->check(CLI::Range(1u, 8u))->capture_default_str();
    app.add_option("--seed", options.seed, "of all randomness")->capture_default_str();
    app.add_option("--outlet", options.outlets, "what each EVSE has; the last one is repeated")
        ->delimiter(',')
        ->transform(CLI::CheckedTransformer(std::map<std::string, safety::Outlet>{{"ccs", safety::Outlet::ccs},
                                                                                  {"mcs", safety::Outlet::mcs},
                                                                                  {"ac-socket", safety::Outlet::ac_socket},
                                                                                  {"ac-cable", safety::Outlet::ac_cable}}));
    app.add_option("--socket-mode", mode, "permissions of the sockets, octal")->capture_default_str();
    app.add_option("--real-time", priority, "SCHED_FIFO priority, 1 to 99")->check(CLI::Range(1, 99));
    app.add_flag("--meters-sign", options.meters_sign, "each meter signs its readings by itself");
    app.add_flag("--die-with-parent", dies_with_parent, "end when the process that started it ends");
    try {
        app.parse(argc, argv);
        options.socket_mode = static_cast<unsigned>(std::stoul(mode, nullptr, 8)) & 0777u;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception&) {
        std::fprintf(stderr, "plant: --socket-mode: expected octal permissions, for example 600\n");
        return 2;
    }
    options.evses = static_cast<std::uint8_t>(evses);
    const pid_t parent = ::getppid();
    if (dies_with_parent && (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != parent)) return 1;
    if (priority > 0) become_real_time(priority);
    return run(options);
}
