// SPDX-License-Identifier: Apache-2.0
// A service that somebody has taken over: in the place of a real one, in its sandbox, with its ends, it does what it is told over
// the device `captive`, a line a message, and answers with what came of it. In a foreign program's place, which has neither ends
// nor devices, it listens in the folder that is granted to it. For tests, attacks and `voltkeep own`; never part of a station.
#include <fcntl.h>
#include <sys/socket.h>

#include "doors.hpp"
#include "tries.hpp"

namespace voltkeep::containment {
namespace {

kernel::Runtime* the_runtime = nullptr;

/// As the runtime of every service does it.
void report_refused(int system_call) noexcept {
    the_runtime->send_record({.request = kernel::control::Request::fault,
                              .argument = 0xfffe,
                              .code = 0xfffe,
                              .value = static_cast<std::uint64_t>(system_call)});
}

class Captive {
public:
    explicit Captive(kernel::Runtime& runtime) : runtime_(runtime) {
        // Whatever the policy lets through is answered with an empty reply; what it does not never comes here.
        runtime.server = [this](std::uint16_t, const kernel::detail::ReplyTo& to, const kernel::Caller&, kernel::Reader) {
            runtime_.reply(to, nullptr, {}, {});
        };
        runtime.device_handlers.insert_or_assign("captive", [this](int descriptor) { adopt(descriptor); });
        for (std::size_t i = 0; i < runtime.slice.devices.size(); ++i)
            if (runtime.slice.devices[i] == "captive") adopt(runtime.devices[i].release());
    }

    int run() {
        while (!runtime_.stopping) runtime_.turn({INT64_MAX});
        return 0;
    }

private:
    void adopt(int descriptor) {
        if (descriptor < 0) return;
        command_ = kernel::os::Descriptor(descriptor);
        say("hello " + std::string(runtime_.slice.name.view()) + " " + std::to_string(runtime_.slice.epoch));
        runtime_.watches.insert_or_assign(
            descriptor, kernel::Runtime::Watch{
                            false, std::make_shared<std::move_only_function<void(bool, bool)>>([this](bool, bool) { obey(); })});
        MUST(runtime_.poller.add(descriptor, 3ull << 32 | static_cast<std::uint32_t>(descriptor)));
    }

    void say(const std::string& text) { (void)kernel::os::send(command_.get(), as_bytes(text)); }

    void obey() {
        std::array<std::byte, 4096> buffer;
        const auto received = kernel::os::receive(command_.get(), buffer);
        if (!received) ::_Exit(0);   // whoever told us what to do is gone
        if (!*received) return;
        const auto words = words_of(std::string(as_text(Bytes(buffer).first((*received)->size))));
        if (words.empty()) return say("");
        say(perform(words));
    }

    std::string perform(const std::vector<std::string>& words) {
        if (words[0] == "hide") return hide_refused_calls(), "ok";
        if (words[0] == "seal") return seal();
        if (words[0] == "die") ::_Exit(0);
        if (words[0] == "print")
            return std::printf("%s\n", words.size() > 1 ? words[1].c_str() + 1 : ""), std::fflush(stdout), "ok";
        const std::string said = try_channel(runtime_, words);
        return said == no_such_try ? try_alone(words) : said;
    }

    std::string seal() {
        MUST(kernel::os::seal(runtime_.slice.sealed_filter.view()));
        runtime_.send_record({.request = kernel::control::Request::ready});
        return "ok";
    }

    kernel::Runtime& runtime_;
    kernel::os::Descriptor command_;
};

/// Serves whoever connects, one after the other, until it is told to die.
int obey_as_foreign(const std::string& name) {
    const kernel::os::Descriptor door = MUST(listen_at("/state/" + foreign_door(name), SOCK_SEQPACKET));
    for (;;) {
        const kernel::os::Descriptor end(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const auto say = [&](const std::string& text) { return kernel::os::send(end.get(), as_bytes(text)).has_value(); };
        std::array<std::byte, 4096> buffer;
        for (bool goes_on = say("hello " + name + " 0"); goes_on;) {
            const auto received =
                kernel::os::wait(end.get(), {INT64_MAX}).and_then([&](bool) { return kernel::os::receive(end.get(), buffer); });
            if (!received || !*received) break;
            const auto words = words_of(std::string(as_text(Bytes(buffer).first((*received)->size))));
            if (words == std::vector<std::string>{"die"}) return 0;
            if (words == std::vector<std::string>{"hide"}) hide_refused_calls();
            goes_on = say(words.empty() ? "" : words[0] == "hide" ? "ok" : try_alone(words));
        }
    }
}

}  // namespace
}  // namespace voltkeep::containment

int main(int, char** names) {
    using namespace voltkeep;
    if (::fcntl(kernel::control::descriptor, F_GETFD) < 0) return containment::obey_as_foreign(names[0]);
    kernel::Runtime runtime{kernel::os::Descriptor(kernel::control::descriptor)};
    containment::the_runtime = &runtime;
    kernel::os::report_refused_calls(containment::report_refused);
    containment::Captive captive(runtime);
    return captive.run();
}
