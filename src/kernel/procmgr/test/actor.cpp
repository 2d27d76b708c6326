// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/test/actor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "kernel/os.hpp"

namespace voltkeep::kernel::procmgr::test {
namespace {

class Actor {
public:
    explicit Actor(Service& self) : self_(self) {
        if (self.name() == "back")
            self.serve<Back>([this](const Ask&) -> Result<Ask::Answer> { return Ask::Answer{self_.starts(), ++answers_}; });
        if (self.name() == "front") {
            back_ = self.connect<Back>("back");
            self.on_back("back", [this](EvseId) {
                ++backs_;
                if (std::exchange(awaits_, false)) say(perform("ask"));
            });
        }
        self.on_fallback([this](EvseId, bool is_on) { has_fallback_ = is_on; });
        self.on_device("command", [this](int descriptor) { adopt(descriptor); });
        adopt(self.device("command"));
    }

private:
    void adopt(int descriptor) {
        if (descriptor < 0) return;
        command_ = os::Descriptor(descriptor);
        say("hello " + std::string(self_.name()) + " " + std::to_string(self_.starts()));
        self_.watch(descriptor, false, [this](bool, bool) { obey(); });
    }

    void say(const std::string& text) { (void)os::send(command_.get(), as_bytes(text)); }

    void obey() {
        std::array<std::byte, 256> buffer;
        const auto received = os::receive(command_.get(), buffer);
        if (!received) {
            self_.unwatch(command_.get());
            command_.reset();
            return self_.reopen("command");
        }
        if (!*received) return;
        say(perform(std::string(as_text(Bytes(buffer).first((*received)->size)))));
    }

    std::string perform(const std::string& command);

    Service& self_;
    Client<Back> back_;
    os::Descriptor command_;
    std::uint32_t answers_ = 0;
    std::uint32_t backs_ = 0;
    bool has_fallback_ = false;
    bool awaits_ = false;   ///< asks, and says the answer, as soon as the server is back
};

std::string outcome(long result) { return result >= 0 ? "ok" : strerrorname_np(errno); }

/// Tries a power that a contained service does not have; what the system says to it.
std::string attempt(const std::string& what, const std::string& rest) {
    if (what == "read") return outcome(::open(rest.c_str(), O_RDONLY | O_CLOEXEC));
    if (what == "write") return outcome(::open(rest.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (what == "socket") return outcome(::socket(std::atoi(rest.c_str()), SOCK_STREAM, 0));
    if (what == "connect") {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        const os::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
        return outcome(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    }
    if (what == "kill") return outcome(::kill(std::atoi(rest.c_str()), 0));
    if (what == "mount") return outcome(::mount("none", "/state", "tmpfs", 0, nullptr));
    if (what == "namespace") return outcome(::unshare(CLONE_NEWUSER));
    if (what == "exec") return outcome(::execl(rest.c_str(), rest.c_str(), nullptr));
    if (what == "uname") {
        utsname names;
        return outcome(::uname(&names));
    }
    if (what == "fork") {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        return outcome(child);
    }
    if (what == "memory") {
        const std::size_t size = static_cast<std::size_t>(std::atoi(rest.c_str())) << 20;
        void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) return outcome(-1);
        for (std::size_t i = 0; i < size; i += 4096) static_cast<volatile char*>(memory)[i] = 1;
        return "ok";
    }
    if (what == "files") {
        int opened = 0;
        while (::dup(0) >= 0) ++opened;
        return std::to_string(opened);
    }
    return "no such attempt";
}

std::string list_folder(const std::string& path) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return error ? error.message() : text;
}

/// "request argument": as a record on the control channel, without the runtime.
void send_record(const std::string& words) {
    control::Record record{.number = 7};
    unsigned request = 0, argument = 0;
    std::sscanf(words.c_str(), "%u %u", &request, &argument);
    record.request = static_cast<control::Request>(request);
    record.argument = static_cast<std::uint16_t>(argument);
    std::array<std::byte, bound<control::Record>> buffer;
    (void)os::send(control::descriptor, encode(record, buffer));
}

std::string Actor::perform(const std::string& command) {
    const std::string word = command.substr(0, command.find(' '));
    const std::string rest = command.size() > word.size() ? command.substr(word.size() + 1) : "";
    if (word == "ask") {
        const auto answer = back_.call(Ask{});
        if (!answer) return "error " + std::string(voltkeep::name(answer.error().code));
        return "answer " + std::to_string(answer->starts) + " " + std::to_string(answer->answers);
    }
    if (word == "await") awaits_ = true;
    if (word == "backs") return std::to_string(backs_);
    if (word == "fallback") return has_fallback_ ? "on" : "off";
    if (word == "list") return list_folder(rest);
    if (word == "exit") ::_exit(std::atoi(rest.c_str()));
    if (word == "abort") std::abort();
    if (word == "break") CHECK(word != "break");   // told to
    if (word == "hang")
        for (;;) ::pause();
    if (word == "fault") self_.fault(Error(Errc::io, rest));
    if (word == "print") std::printf("%s\n", rest.c_str()), std::fflush(stdout);
    if (word == "flood")
        for (int i = 0; i < 20'000; ++i) std::puts("a line that nobody wants to read, again and again and again");
    if (word == "records")
        for (int i = 0; i < 20'000; ++i) send_record(rest);
    if (word == "record") send_record(rest);
    if (word == "close") ::close(std::atoi(rest.c_str()));
    if (word == "try") return attempt(rest.substr(0, rest.find(' ')), rest.substr(std::min(rest.size(), rest.find(' ') + 1)));
    return "done";
}

/// A program that is not a service: it has no control channel, and makes a file where it was granted one.
int run_foreign() {
    if (::open("shared/foreign", O_WRONLY | O_CREAT | O_CLOEXEC, 0640) < 0) return 1;
    for (;;) ::pause();
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr::test

int main() {
    using namespace voltkeep::kernel;
    if (::fcntl(control::descriptor, F_GETFD) < 0) return procmgr::test::run_foreign();
    auto self = Service::start();
    procmgr::test::Actor actor(self);
    self.seal();
    return self.run();
}
