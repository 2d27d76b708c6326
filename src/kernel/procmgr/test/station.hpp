// SPDX-License-Identifier: Apache-2.0
// For tests: a station of actors in a folder of its own, under a real process manager. The test is its launcher and its world.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernel/config.hpp"
#include "kernel/os.hpp"
#include "kernel/procmgr/test/actor.hpp"

namespace voltkeep::kernel::procmgr::test {

class Station {
public:
    Station() : image(std::make_unique<policy::Image>()) {
        std::string pattern = std::filesystem::temp_directory_path() / "voltkeep-procmgr-XXXXXX";
        CHECK(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        std::filesystem::create_directory(folder / "run");
        image->first_uid = 70000;
        image->station = "test";
        image->state = *policy::Path::from(folder.string());
        image->programs = *policy::Path::from(std::filesystem::path(PROGRAMS).string());
    }
    ~Station() {
        stop();
        if (testing::Test::HasFailure()) {
            (void)line({"\n"}, 0s);   // no line has one: takes what is left
            for (const std::string& one : lines) std::puts(one.c_str());
        }
        std::filesystem::remove_all(folder);
    }

    policy::Service& add(std::string_view name, std::uint8_t rank) {
        policy::Service s;
        s.name = *policy::ServiceName::from(name);
        s.type = *Text<24>::from(name);
        s.program = "actor";
        s.rank = rank;
        s.uid = static_cast<std::uint32_t>(image->services.size()) + 1;
        s.limits = {.memory_bytes = 256u << 20, .cpu_percent = 100, .files = 32, .tasks = 1};
        s.watchdog = {.beat_ms = 50, .low = 4, .high = 10};
        s.restart = {.intensity = 10, .period_s = 60, .backoff_ms = {0}, .exhausted = policy::Exhausted::give_up};
        CHECK(
            s.devices.push({"command", policy::DeviceKind::connect, *policy::Path::from("run/" + std::string(name) + ".sock")}));
        if (name == "back") CHECK(s.messages.push("Ask"));
        CHECK(image->services.push(s));
        listen(std::string(name));
        return image->services.back();
    }

    /// front may ask back.
    void connect(std::uint16_t client, std::uint16_t server) {
        policy::Conduit c;
        c.client = client;
        c.server = server;
        c.fingerprint = Back::fingerprint;
        c.messages = 1;
        c.pulses_up = 1;
        CHECK(c.deadline_ms.push(500));
        CHECK(image->conduits.push(c));
    }

    void start(std::vector<std::string> options = {}) {
        std::vector<std::byte> bytes(bound<policy::Image>);
        MUST(write_file((folder / "image").string(), encode(*image, bytes).subspan(damage)));
        if (user != 0) CHECK(::chown((folder / "image").c_str(), user, user) == 0);
        int ends[2];
        CHECK(::pipe2(ends, O_CLOEXEC) == 0);
        manager = ::fork();
        CHECK(manager >= 0);
        if (manager == 0) {
            ::dup2(ends[1], 1);
            if (orphan && ::fork() != 0) {
                for (;;) ::pause();
            }
            if (user != 0 && (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)) ::_exit(126);
            if (forbidden_call != 0) forbid(forbidden_call);
            if (instead) ::_exit(instead());
            const std::string path = (folder / "image").string();
            std::vector<char*> words{const_cast<char*>(PROCMGR), const_cast<char*>(path.c_str())};
            for (std::string& option : options) words.push_back(option.data());
            words.push_back(nullptr);
            ::execv(PROCMGR, words.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        output = os::Descriptor(ends[0]);
    }

    void ask_to_stop() const {
        ASSERT_GT(manager, 1);
        ::kill(manager, SIGTERM);
    }
    /// Asks for an orderly end and waits for it: the process manager's exit status, 128 + n for signal n.
    int stop() {
        if (manager <= 0) return -1;
        ask_to_stop();
        return wait_for_manager();
    }
    int wait_for_manager() {
        int status = 0;
        ::waitpid(manager, &status, 0);
        manager = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    /// The first line of the process manager, not taken before, that contains all of these; an empty one after `limit`.
    std::string line(std::initializer_list<std::string_view> parts, Duration limit = 10s) {
        const Instant deadline = now() + limit;
        for (std::size_t next = 0;;) {
            for (; next < lines.size(); ++next) {
                if (!std::ranges::all_of(parts, [&](auto part) { return lines[next].find(part) != std::string::npos; })) continue;
                const std::string found = lines[next];
                lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(next));
                return found;
            }
            char buffer[4096];
            const ssize_t n = os::wait(output.get(), deadline).value_or(false) ? ::read(output.get(), buffer, sizeof buffer) : 0;
            if (n <= 0) return "";
            text.append(buffer, static_cast<std::size_t>(n));
            for (std::size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
                lines.push_back(text.substr(0, end));
        }
    }
    std::string life(std::string_view name, std::string_view life) {
        return line({R"("event":"service")", "\"name\":\"" + std::string(name) + "\"", "\"life\":\"" + std::string(life) + "\""});
    }
    /// Kills the process that a life event names. A line without one kills nobody: -1 would mean every process there is.
    static void kill_process(const std::string& life_event) {
        const long pid = number(life_event, "pid");
        ASSERT_GT(pid, 1) << "no life event";
        ::kill(static_cast<pid_t>(pid), SIGKILL);
    }
    static long number(const std::string& line, const std::string& key) {
        const std::size_t at = line.find("\"" + key + "\":");
        return at == std::string::npos ? -1 : std::atol(line.c_str() + at + key.size() + 3);
    }

    /// True as soon as `condition` is, which nothing announces; false if it is not within ten seconds.
    static bool eventually(const std::function<bool()>& condition) {
        for (const Instant deadline = now() + 10s; now() < deadline; ::usleep(2000))
            if (condition()) return true;
        return false;
    }
    /// Where a service that is no actor of `add` finds its device run/<name>.sock.
    void listen(const std::string& name) {
        os::Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (folder / "run" / (name + ".sock")).string();
        CHECK(path.size() < sizeof address.sun_path);
        std::ranges::copy(path, address.sun_path);
        CHECK(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
              ::listen(listener.get(), 8) == 0);
        listeners[name] = std::move(listener);
    }
    /// Waits until the actor has connected; what it says first.
    std::string meet(const std::string& name) {
        const int listener = listeners.at(name).get();
        if (!os::wait(listener, now() + 10s).value_or(false)) return "";
        commands[name] = os::Descriptor(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        return hear(name);
    }
    std::string hear(const std::string& name, Duration limit = 10s) {
        const int end = commands.at(name).get();
        std::array<std::byte, 4096> buffer;
        if (!os::wait(end, now() + limit).value_or(false)) return "(silence)";
        const auto received = os::receive(end, buffer);
        if (!received || !*received) return "(gone)";
        return std::string(as_text(Bytes(buffer).first((*received)->size)));
    }
    std::string tell(const std::string& name, const std::string& command, Duration limit = 10s) {
        (void)os::send(commands.at(name).get(), as_bytes(command));
        return hear(name, limit);
    }

    /// A process of the station as the system shows it: a file of /proc/<pid>.
    static std::string look(const std::string& life_event, const std::string& file) {
        std::ifstream stream("/proc/" + std::to_string(number(life_event, "pid")) + "/" + file);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    static std::string link(const std::string& life_event, const std::string& file) {
        std::error_code error;
        return std::filesystem::read_symlink("/proc/" + std::to_string(number(life_event, "pid")) + "/" + file, error).string();
    }

    std::unique_ptr<policy::Image> image;
    uid_t user = 0;          ///< who starts the process manager
    bool orphan = false;     ///< `manager` is its parent
    long forbidden_call = 0; ///< a system call that the machine refuses to the process manager
    std::function<int()> instead;   ///< plays the process manager in the program's place
    std::size_t damage = 0;  ///< bytes that the image lacks at its beginning
    std::filesystem::path folder;
    pid_t manager = -1;
    os::Descriptor output;
    std::string text;
    std::vector<std::string> lines;
    std::map<std::string, os::Descriptor> listeners;
    std::map<std::string, os::Descriptor> commands;

private:
    static void forbid(long call) {
        std::array filter{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                          sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
                          sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                          sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        const sock_fprog program{filter.size(), filter.data()};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
            ::_exit(125);
    }
};

}  // namespace voltkeep::kernel::procmgr::test
