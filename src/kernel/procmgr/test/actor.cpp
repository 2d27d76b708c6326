// SPDX-License-Identifier: Apache-2.0
#include "kernel/procmgr/test/actor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

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
            self.on_back("back", [this](EvseId) { ++backs_; });
        }
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
};

std::string Actor::perform(const std::string& command) {
    const std::string word = command.substr(0, command.find(' '));
    const std::string rest = command.size() > word.size() ? command.substr(word.size() + 1) : "";
    if (word == "ask") {
        const auto answer = back_.call(Ask{});
        if (!answer) return "error " + std::string(voltkeep::name(answer.error().code));
        return "answer " + std::to_string(answer->starts) + " " + std::to_string(answer->answers);
    }
    if (word == "backs") return std::to_string(backs_);
    if (word == "exit") ::_exit(std::atoi(rest.c_str()));
    if (word == "signal") ::raise(std::atoi(rest.c_str()));
    if (word == "abort") std::abort();
    if (word == "break") CHECK(!"told to break");
    if (word == "hang")
        for (;;) ::pause();
    if (word == "fault") self_.fault(Error(Errc::io, rest));
    if (word == "print") std::printf("%s\n", rest.c_str()), std::fflush(stdout);
    if (word == "flood")
        for (int i = 0; i < 200'000; ++i) std::puts("a line that nobody wants to read, again and again and again");
    if (word == "close") ::close(std::atoi(rest.c_str()));
    if (word == "restart") self_.ask(control::Request::restart, static_cast<std::uint16_t>(std::atoi(rest.c_str())), [](Bytes) {});
    return "done";
}

}  // namespace
}  // namespace voltkeep::kernel::procmgr::test

int main() {
    using namespace voltkeep::kernel;
    auto self = Service::start();
    procmgr::test::Actor actor(self);
    self.seal();
    return self.run();
}
