// SPDX-License-Identifier: Apache-2.0
// voltkeep own SERVICE: a station of its own in a folder of its own, a car at its plug, and in the place of one service a captive
// that does what is typed here. Beside each try stands what the station saw. Ends with Ctrl-D and leaves nothing. Test builds
// only. Exit status: 0 it ended as it should, 2 wrong use or the machine cannot.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "cell.hpp"
#include "doors.hpp"
#include "cli/door.hpp"
#include "cli/layout.hpp"
#include "cli/own/orders.hpp"
#include "cli/run/world.hpp"
#include "policy/compile.hpp"
#include "services/registry/registry.hpp"

namespace voltkeep::cli {
namespace {

volatile sig_atomic_t is_interrupted = 0;

/// The services of a station with one EVSE.
Result<std::vector<std::string>> service_names(const std::string& manifests) {
    const auto sources = policy::find_manifests(manifests);
    if (!sources) return fail(Errc::io, "the manifests cannot be read");
    const auto checked = policy::check(*sources, registry::interfaces());
    const auto image = checked ? policy::build(*checked, {}) : std::unexpected(checked.error());
    if (!image) return fail(Errc::bad_argument, "the policy is refused: voltkeep policy check");
    std::vector<std::string> names;
    for (const policy::Service& service : (*image)->services) names.emplace_back(service.name.view());
    return names;
}

class Shell {
public:
    explicit Shell(std::string service) : service_(std::move(service)), is_terminal_(::isatty(0) == 1 && ::isatty(1) == 1) {
        for (const auto& interface : registry::interfaces())
            for (const auto& message : interface.messages) messages_[std::string(interface.service)].emplace_back(message.name);
    }
    ~Shell() {
        if (world_ && world_->is_running()) {
            world_->tell(SIGTERM);
            if (!kernel::os::wait(world_->end(), now() + 20s).value_or(false)) world_->tell(SIGKILL);
            (void)world_->status();
        }
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }

    Result<> run() {
        TRY(start());
        TRY(meet(true));
        const std::string identity = cell_->tell("identity").value_or("ok ?");
        say("You are " + service_ + ": user " + identity.substr(3, identity.rfind(' ') - 3) +
            ", alone in your own world, sealed. help says what to try, Ctrl-D ends.");
        std::string line;
        while (take_line(line)) {
            if (!is_terminal_) std::printf("%s> %s\n", service_.c_str(), line.c_str());
            TRY(obey(line));
            std::fflush(stdout);
        }
        std::printf("%sending the station\n", is_terminal_ ? "\n" : "");
        return {};
    }

private:
    Result<> start() {
        char name[] = "/tmp/voltkeep-own-XXXXXX";
        if (::mkdtemp(name) == nullptr) return fail_errno("mkdtemp");
        ::chmod(name, 0755);
        folder_ = name;
        std::filesystem::create_directories(folder_ + "/run");
        cell_.emplace(TRY(containment::Cell::make(folder_, service_)));
        watch_door_ = TRY(containment::listen_at(folder_ + "/run/own.sock", SOCK_STREAM));
        Layout layout = TRY(find_layout());
        layout.procmgr = CAPTOR;
        RunOptions options;
        options.state = folder_;
        options.json = true;
        options.duration_s = 3600;
        StationFile file;
        file.csms.port = free_port();
        ::setenv("VOLTKEEP_OWN", service_.c_str(), 1);
        ::setenv("VOLTKEEP_OWN_WATCH", (folder_ + "/run/own.sock").c_str(), 1);
        say("starting a station in " + folder_);
        std::fflush(stdout);
        world_.emplace(TRY(Child::start({"station", {}, {}, {}, [=] {
            World world(options, layout, file);
            const auto status = world.run();
            if (!status) std::printf("%s\n", std::string(status.error().what.view()).c_str());
            std::fflush(stdout);
            ::_exit(status.value_or(2));
        }})));
        return {};
    }

    /// The captive's next start; sealed at once, unless it was asked not to be.
    Result<> meet(bool is_sealed) {
        const Instant deadline = now() + 30s;
        while (!kernel::os::wait(cell_->door(), now() + 50ms).value_or(false)) {
            take_views();
            if (world_->take_lines(), !kernel::os::wait(world_->end(), now()).value_or(false) && now() < deadline) continue;
            return fail(Errc::closed, "the station has ended");
        }
        TRY(cell_->meet());
        return is_sealed ? seal() : Result<>{};
    }

    Result<> seal() {
        if (TRY(cell_->tell("seal")) != "ok") return fail(Errc::bad_state, "it could not be sealed");
        return {};
    }

    /// A line of what is typed; false at the end of it. While nothing is typed, what the station says is shown.
    bool take_line(std::string& line) {
        if (is_terminal_) std::printf("%s> ", service_.c_str()), std::fflush(stdout);
        for (;;) {
            if (const std::size_t end = typed_.find('\n'); end != std::string::npos) {
                line = typed_.substr(0, end);
                typed_.erase(0, end + 1);
                return true;
            }
            pollfd waits[] = {
                {0, POLLIN, 0}, {watch_.get(), POLLIN, 0}, {world_->lines(), POLLIN, 0}, {world_->end(), POLLIN, 0}};
            if (::poll(waits, std::size(waits), -1) < 0 && is_interrupted == 0) continue;
            if (is_interrupted != 0 || waits[3].revents != 0) return false;
            if (waits[2].revents != 0) world_->take_lines();
            if (waits[1].revents != 0) take_views();
            if (waits[0].revents == 0) continue;
            char buffer[4096];
            const ssize_t n = ::read(0, buffer, sizeof buffer);
            if (n <= 0) return false;
            typed_.append(buffer, static_cast<std::size_t>(n));
        }
    }

    Result<> obey(const std::string& line) {
        if (line.empty()) return {};
        if (line == "help") return std::printf("%s", help().c_str()), Result<>{};
        if (line == "station") return show_station();
        if (line == "seal") return seal();
        if (line == "fresh") return begin_fresh();
        const auto order = order_of(line, messages_);
        if (!order) return say(std::string(order.error().what.view())), Result<>{};
        const auto answer = cell_->tell(*order);
        if (answer) {
            say(in_words(*answer));
            settle(false);
            return {};
        }
        say(answer.error().code == Errc::timeout ? "no answer" : "the process is dead");
        if (answer.error().code == Errc::timeout) return {};
        TRY(meet(true));
        settle(true);
        return {};
    }

    Result<> begin_fresh() {
        (void)cell_->tell("die");
        TRY(meet(false));
        take_views();
        say("a new process, before its seal: it may still open for reading what it sees. Within 10 s it has to be sealed");
        return {};
    }

    /// What the station has to say of the last try: until a moment of silence. A death is told by the time its process is gone.
    void settle(bool is_death) {
        const Instant deadline = now() + 1s;
        do {
            const std::size_t before = shown_;
            if (!watch_) take_views();
            if (!watch_ || !kernel::os::wait(watch_.get(), now() + (is_death ? 200ms : 30ms)).value_or(false)) return;
            take_views();
            if (is_death && shown_ > before && last_view_.starts_with(service_ + " is back")) return;
        } while (now() < deadline);
    }

    /// What the process manager wrote, beside what was typed.
    void take_views() {
        if (!watch_ && kernel::os::wait(watch_door_.get(), now()).value_or(false)) {
            watch_ = kernel::os::Descriptor(::accept4(watch_door_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        }
        char buffer[16384];
        for (ssize_t n; watch_ && (n = ::recv(watch_.get(), buffer, sizeof buffer, 0)) > 0;)
            watched_.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t end; (end = watched_.find('\n')) != std::string::npos; watched_.erase(0, end + 1)) {
            const std::string view = view_of(watched_.substr(0, end));
            if (view.empty()) continue;
            std::printf("%s%*s| %s%s\n", is_terminal_ ? "\r\033[2m" : "", 46, "", view.c_str(), is_terminal_ ? "\033[0m" : "");
            last_view_ = view;
            ++shown_;
        }
    }

    Result<> show_station() {
        auto door = DoorClient::connect(door_of(folder_));
        const auto status = door ? door->ask("status", 2s) : Result<Json>(std::unexpected(door.error()));
        if (!status) return say("the operator's door does not answer"), Result<>{};
        for (const Json& s : status->find("services")->items())
            std::printf("  %-12s %-9s restarts %lld, beats %lld\n", std::string(s.string("name")).c_str(),
                        std::string(s.string("life")).c_str(), static_cast<long long>(number_in(s, "restarts")),
                        static_cast<long long>(number_in(s, "beats")));
        for (const Json& e : status->find("evses")->items())
            std::printf("  EVSE %lld: %s, %s\n", static_cast<long long>(number_in(e, "evse")),
                        std::string(e.string("availability")).c_str(), std::string(e.string("state")).c_str());
        return {};
    }

    static void say(const std::string& text) {
        std::printf("  %s\n", text.c_str());
        std::fflush(stdout);
    }

    std::string service_;
    bool is_terminal_;
    MessageNames messages_;
    std::string folder_, typed_, watched_, last_view_;
    std::size_t shown_ = 0;
    std::optional<containment::Cell> cell_;
    kernel::os::Descriptor watch_door_, watch_;
    std::optional<Child> world_;
};

int fail_with(std::string_view why) {
    std::fprintf(stderr, "voltkeep own: %.*s\n", static_cast<int>(why.size()), why.data());
    return 2;
}

int main(int count, char** words) {
    const auto layout = find_layout();
    if (!layout) return fail_with(layout.error().what.view());
    const auto names = service_names(layout->manifests);
    if (!names) return fail_with(names.error().what.view());
    std::string known;
    for (const std::string& name : *names) known += " " + name;
    if (count != 2 || std::ranges::find(*names, words[1]) == names->end())
        return fail_with("usage: voltkeep own SERVICE, one of:" + known);
    struct sigaction interrupt{};
    interrupt.sa_handler = [](int) { is_interrupted = 1; };   // without SA_RESTART: a wait ends
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &interrupt, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    Shell shell(words[1]);
    const auto done = shell.run();
    return done ? 0 : fail_with(done.error().what.view());
}

}  // namespace
}  // namespace voltkeep::cli

int main(int count, char** words) { return voltkeep::cli::main(count, words); }
