// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "cli/commands.hpp"
#include "cli/door.hpp"
#include "cli/layout.hpp"
#include "cli/status_page.hpp"

namespace voltkeep::cli {

namespace {

/// Both answers of the door; one that is gone for a moment (operator was started again) is connected anew.
struct Answers {
    Json status, measures;
};

Result<Answers> ask_both(std::optional<DoorClient>& door, const std::string& state) {
    if (!door) door.emplace(TRY(DoorClient::connect(door_of(state))));
    auto status = door->ask("status");
    auto measures = status ? door->ask("measures") : Result<Json>(std::unexpected(status.error()));
    if (measures) return Answers{std::move(*status), std::move(*measures)};
    door.reset();
    return std::unexpected(measures.error());
}

const char* escape_of(PageLine::Style style) {
    switch (style) {
        case PageLine::Style::plain: return "";
        case PageLine::Style::heading: return "\033[1m";
        case PageLine::Style::faint: return "\033[2m";
        case PageLine::Style::warning: return "\033[33m";
        case PageLine::Style::bad: return "\033[1;41m";
    }
    return "";
}

PageSize size_of_terminal() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
    return {size.ws_col, size.ws_row};
}

/// Lines as they are for a pipe; in place and with colours for a terminal.
std::string drawn(const std::vector<PageLine>& lines, bool is_terminal, bool in_place) {
    std::string text = in_place ? "\033[H" : "";
    for (const PageLine& line : lines) {
        const char* const escape = is_terminal ? escape_of(line.style) : "";
        text += escape + line.text + (*escape ? "\033[0m" : "") + (in_place ? "\033[K" : "");
        if (&line != &lines.back()) text += in_place ? "\r\n" : "\n";
    }
    return text + (in_place ? "\033[J" : "\n");
}

/// A page of its own on the terminal, no echo and no cursor, until this ends, however it ends.
class Screen {
public:
    Screen() {
        has_keys_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (has_keys_) {
            termios now = before_;
            now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
        }
        put("\033[?1049h\033[?25l");
    }
    ~Screen() {
        put("\033[?25h\033[?1049l");
        if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    Screen(const Screen&) = delete;
    void put(const std::string& text) const {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }
    [[nodiscard]] bool has_keys() const { return has_keys_; }

private:
    termios before_{};
    bool has_keys_ = false;
};

/// Ctrl-C and the others as a descriptor, so that the screen is always given back.
kernel::os::Descriptor take_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return kernel::os::Descriptor(::signalfd(-1, &set, SFD_CLOEXEC));
}

/// Until the second is over, the window has another size, or the reader has had enough (false).
bool wait_for_next(const kernel::os::Descriptor& signals, bool has_keys) {
    pollfd waits[]{{signals.get(), POLLIN, 0}, {has_keys ? STDIN_FILENO : -1, POLLIN, 0}};
    for (const Instant until = now() + 1s; now() < until;) {
        if (::poll(waits, 2, static_cast<int>((until - now()) / 1ms) + 1) <= 0) continue;
        signalfd_siginfo signal{};
        if (waits[0].revents != 0 && ::read(signals.get(), &signal, sizeof signal) == sizeof signal)
            return signal.ssi_signo == SIGWINCH;
        char key = 0;
        if (waits[1].revents != 0 && (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')) return false;
    }
    return true;
}

/// Operator may be started again while somebody looks: only a station that stays away for five seconds is gone.
Result<int> watch_on_terminal(const std::string& state) {
    std::optional<DoorClient> door;
    TRY(ask_both(door, state));   // said in plain words if nothing runs, before the screen is taken
    const kernel::os::Descriptor signals = take_signals();
    const Screen screen;
    StatusPage page;
    Instant seen = now();
    do {
        const auto answers = ask_both(door, state);
        if (answers) {
            seen = now();
            screen.put(drawn(page.lines(answers->status, answers->measures, now(), size_of_terminal()), true, true));
        } else if (now() - seen > 5s) {
            return std::unexpected(answers.error());
        }
    } while (wait_for_next(signals, screen.has_keys()));
    return 0;
}

void print_json(const Answers& answers) {
    Json whole = answers.status;
    if (const Json* measured = answers.measures.find("services")) whole.add("measures", *measured);
    std::printf("%s\n", whole.text().c_str());
}

}  // namespace

Result<int> status_command(const std::string& state, bool json, bool watch) {
    const bool is_terminal = !json && ::isatty(STDOUT_FILENO) == 1;
    if (watch && is_terminal) return watch_on_terminal(state);
    std::optional<DoorClient> door;
    StatusPage page;
    for (;;) {
        const Answers answers = TRY(ask_both(door, state));
        if (json) print_json(answers);
        else std::fputs(drawn(page.lines(answers.status, answers.measures, now(), {}), is_terminal, false).c_str(), stdout);
        std::fflush(stdout);
        if (!watch) return 0;
        (void)kernel::os::wait(door->descriptor(), now() + 1s);   // a second, or the station's end
    }
}

Result<int> ev_command(const std::string& state, const std::string& verb, int evse) {
    DoorClient world = TRY(DoorClient::connect(state + "/run/world.sock"));
    TRY(world.ask(verb + " " + std::to_string(evse)));
    std::printf("EVSE %d: %s\n", evse, verb == "plug" ? "a car arrives" : "the car is told to leave");
    return 0;
}

Result<int> evse_command(const std::string& state, const std::string& request) {
    DoorClient door = TRY(DoorClient::connect(door_of(state)));
    TRY(door.ask(request));
    std::printf("done\n");
    return 0;
}

}  // namespace voltkeep::cli
