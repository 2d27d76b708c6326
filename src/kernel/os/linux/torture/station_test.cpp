// SPDX-License-Identifier: Apache-2.0
// A real process manager that contains two real services: started, one of them killed, joined again, stopped; with one system
// call of the manager, or of a service on its way from clone3 to execveat, failing. Either the start is refused with a reason, or
// the station serves, heals and stops; and nothing is left: no process, no open descriptor, no memory.
#include "kernel/os/linux/torture/faults.hpp"
#include "kernel/procmgr/manager.hpp"
#include "kernel/procmgr/test/station.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace voltkeep::kernel::os::torture {
namespace {

constexpr int left_open = 42;

/// The program procmgr without the reading of its image, which makes no call of os/linux.
Result<int> manage(const policy::Image& image, SpawnOptions options) {
    const Descriptor state = TRY(hold_state_folder(image.state));
    Spawner spawner = TRY(Spawner::prepare(image, options));
    const Descriptor requests = TRY(stop_requests());
    const auto manager = std::make_unique<procmgr::Manager>(image, spawner, options.is_lab);
    return manager->run(requests.get());
}

int play_manager(const policy::Image& image, SpawnOptions options) {
    const unsigned before = open_descriptors();
    become(Role::manager);
    const Result<int> status = manage(image, options);
    become(Role::bystander);
    if (!status) (void)write_line(1, std::string("{\"refused\":\"") + std::string(status.error().what.view()) + "\"}\n");
    const unsigned after = open_descriptors();
    if (after != before) std::fprintf(stderr, "%u descriptors before, %u after\n", before, after);
#if defined(__SANITIZE_ADDRESS__)
    __lsan_do_leak_check();
#endif
    return after != before ? left_open : status.value_or(2);
}

class Trial {
public:
    explicit Trial(bool is_rootless) {
        SpawnOptions options{.is_lab = false, .is_rootless = is_rootless};
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        options.is_lab = true;
#endif
        station_.add("back", 60);
        station_.add("front", 50);
        station_.connect(1, 0);
        station_.image->services[0].network = policy::Network::station;
        CHECK(station_.image->services[0].files.push({*policy::Path::from("log"), true, false}));
        CHECK(station_.image->services[1].files.push({*policy::Path::from("log"), false, false}));
        station_.instead = [this, options] { return play_manager(*station_.image, options); };
        station_.start();
    }
    ~Trial() {
        if (station_.manager > 0) ::kill(station_.manager, SIGKILL);
    }

    std::string complaint() {
        const std::string first = ask();
        if (first.empty()) return refused_or("the station never serves");
        if (!kill_service("back")) return "there is no service to kill";
        for (const Instant deadline = now() + limit;;) {
            const std::string again = ask();
            if (again.empty()) return refused_or("the killed service does not come back");
            if (again != first) break;
            if (now() > deadline) return "the killed service answers";
        }
        station_.ask_to_stop();
        return ended(0);
    }

    /// While the machine refuses this call the killed service cannot come back; when it gives again, it does.
    std::string complaint_of_a_shortage(const std::string& call, int error) {
        const std::string first = ask();
        if (first.empty()) return "the station never serves";
        starve(call, error);
        if (!kill_service("back")) return "there is no service to kill";
        // More tries than the service may die.
        for (unsigned tries = 0; tries < 12; ++tries)
            if (station_.line({R"("event":"launch_failed")", "back"}).empty()) return "it is not tried again";
        relieve();
        const std::string again = ask();
        if (again.empty() || again == first) return "it does not come back: " + again;
        station_.ask_to_stop();
        return ended(0);
    }

private:
    static constexpr Duration limit = 15s;   ///< a start that never gets ready is tried anew after ten

    /// What front is answered, however often it must be asked; empty at the limit, or when the manager is gone.
    std::string ask() {
        for (const Instant deadline = now() + limit; now() < deadline && !has_ended(10ms);) {
            if (!station_.commands.contains("front")) {
                meet();
                continue;
            }
            const std::string heard = station_.tell("front", "ask", 2s);
            if (heard.starts_with("answer")) return heard.substr(0, heard.rfind(' '));   // the incarnation that answers
            if (heard == "(gone)" || heard == "(silence)") station_.commands.erase("front");
        }
        return "";
    }
    /// The newest connection of front, if there is one already.
    void meet() {
        const int listener = station_.listeners.at("front").get();
        while (os::wait(listener, now() + 20ms).value_or(false)) {
            station_.commands["front"] = Descriptor(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
            if (!station_.hear("front", 2s).starts_with("hello")) station_.commands.erase("front");
        }
    }
    bool kill_service(const std::string& name) {
        const std::string task =
            "/proc/" + std::to_string(station_.manager) + "/task/" + std::to_string(station_.manager) + "/children";
        std::ifstream children(task);
        for (pid_t pid = 0; children >> pid;) {
            std::ifstream words("/proc/" + std::to_string(pid) + "/cmdline");
            std::string first;
            std::getline(words, first, '\0');
            if (first == name) return pid > 1 && ::kill(pid, SIGKILL) == 0;
        }
        return false;
    }
    bool has_ended(Duration within) {
        if (station_.manager <= 0) return true;
        const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, station_.manager, 0)));
        return os::wait(process.get(), now() + within).value_or(true);
    }
    std::string refused_or(const std::string& otherwise) {
        if (!has_ended(0ns)) return otherwise;
        if (station_.line({"\"refused\":\""}, 100ms).empty()) return "it ended without a reason: " + ended(-1);
        const std::string wrong = ended(2);
        return wrong;
    }
    /// The manager ends with this status, and nothing of it is left.
    std::string ended(int expected) {
        if (!has_ended(limit)) return "the manager does not end";
        const int status = station_.wait_for_manager();
        if (status != expected) return "the manager's status is " + std::to_string(status);
        for (const Instant deadline = now() + 5s; ::waitpid(-1, nullptr, WNOHANG) >= 0; ::usleep(500))
            if (now() > deadline) return "a process is left";
        return "";
    }

    procmgr::test::Station station_;
};

void expect_survival(Extent extent, bool is_rootless) {
    if (!is_rootless && ::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);   // what a manager leaves becomes ours, and is found
    Duration longest{};
    const Outcome outcome = torture(extent, [&] {
        const Instant begun = now();
        std::string complaint = Trial(is_rootless).complaint();
        longest = std::max(longest, now() - begun);
        return complaint;
    });
    for (const std::string& complaint : outcome.complaints) ADD_FAILURE() << complaint;
    std::printf("%u places, %u faults, the longest run %lld ms\n", outcome.places, outcome.runs,
                static_cast<long long>(longest / 1ms));
    EXPECT_GT(outcome.runs, 100u) << "the calls do not go through the layer";
}
}  // namespace

TEST(TortureOfAStation, each_place_fails_once) { expect_survival({.calls = 1, .every_error = false}, ::geteuid() != 0); }
TEST(TortureOfAStation, a_shortage_that_lasts_is_no_death_of_a_service) {
    prepare(nullptr);
    for (const auto& [call, error] : {std::pair{"clone3", EAGAIN}, std::pair{"socketpair", EMFILE}}) {
        EXPECT_EQ(Trial(::geteuid() != 0).complaint_of_a_shortage(call, error), "") << call;
        relieve();
    }
}
TEST(TortureOfAStation, DISABLED_each_call_fails_in_every_way) { expect_survival({.calls = 64, .every_error = true}, false); }
TEST(TortureOfAStation, DISABLED_each_call_of_a_rootless_station_fails_in_every_way) {
    expect_survival({.calls = 64, .every_error = true}, true);
}

}  // namespace voltkeep::kernel::os::torture
