// SPDX-License-Identifier: Apache-2.0
// Two runtimes and what they say to each other, with one system call of one of them failing, for each call there is: every
// answer is right, what breaks is made anew, nothing is left open, and it never takes longer than its deadline.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "kernel/os/linux/torture/faults.hpp"
#include "kernel/test_station.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace voltkeep::kernel::os::torture {
namespace {

struct Sum {
    std::int32_t a = 0, b = 0;
    struct Total {
        std::int32_t value = 0;
    };
    using Reply = Total;
};
struct GiveFile {
    struct File {
        Handle handle;
    };
    using Reply = File;
};
struct Later {
    using Reply = Sum::Total;
};
struct Die {
    using Reply = Done;
};
using Calculator = Interface<Sum, GiveFile, Later, Die>;
enum class Pulse : std::uint8_t { newest, last_ = newest };

enum Verdict { good = 0, wrong_answer = 3, no_answer, no_pulse, left_open };

/// Plays `part` in this role; what it leaves open or lost is its shame.
int play(Role role, const std::function<int()>& part) {
    const unsigned before = open_descriptors();
    become(role);
    const int verdict = part();
    become(Role::bystander);
    if (verdict == good && open_descriptors() + 1 != before) return left_open;   // its control channel is closed too
#if defined(__SANITIZE_ADDRESS__)
    if (verdict == good) __lsan_do_leak_check();
#endif
    return verdict;
}

int serve(int control) {
    const int file = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    return play(Role::server, [&] {
        Service self = Service::start(control);
        std::optional<Defer<Sum::Total>> waiting;
        self.serve<Calculator>(
            [&](const Sum& m) -> Result<Sum::Total> {
                self.notify(Pulse::newest, static_cast<std::uint64_t>(m.a + m.b));
                return Sum::Total{m.a + m.b};
            },
            [&](const GiveFile&) -> Result<GiveFile::File> { return GiveFile::File{{file}}; },
            [&](const Later&, Defer<Sum::Total> reply) {
                waiting.emplace(std::move(reply));
                self.after(2ms, [&] { (*waiting)(Sum::Total{42}); });
            },
            [](const Die&) -> Result<Done> { ::_exit(9); });
        self.seal();
        return self.run();
    });
}

class Customer {
public:
    explicit Customer(int control) : self_(Service::start(control)), server_(self_.connect<Calculator>("calculator")) {
        self_.on_back("calculator", [this](EvseId) { ++backs_; });
        self_.on("calculator", Pulse::newest, [this](EvseId, std::uint64_t value) { newest_ = value; });
        self_.seal();
    }

    int visit() {
        for (std::int32_t i = 1; i <= 3; ++i)
            if (const int verdict = add(i); verdict != good) return verdict;
        if (!insist([&] { return take_file(); }) || !insist([&] { return take_later(); }))
            return is_wrong_ ? wrong_answer : no_answer;
        (void)server_.call(Die{});
        if (const int verdict = add(100); verdict != good) return verdict;
        return hear(1000);
    }

private:
    /// Tries again until it is done: an error is an answer, the wrong answer is not.
    bool insist(const std::function<bool()>& attempt) {
        while (now() < end_ && !is_wrong_) {
            if (attempt()) return !is_wrong_;
            turn();
        }
        return false;
    }
    void turn() {
        (void)os::wait(self_.descriptor(), now() + 5ms);
        self_.turn();
    }
    int add(std::int32_t a) {
        const bool is_done = insist([&] {
            const auto total = server_.call(Sum{a, 1});
            is_wrong_ |= total && total->value != a + 1;
            return total.has_value();
        });
        return is_done ? good : is_wrong_ ? wrong_answer : no_answer;
    }
    bool take_file() {
        const auto file = server_.call(GiveFile{});
        if (!file) return false;
        is_wrong_ |= ::write(file->handle.descriptor, "x", 1) != 1;
        ::close(file->handle.descriptor);
        return true;
    }
    bool take_later() {
        std::optional<Result<Sum::Total>> answer;
        if (!server_.request(Later{}, [&](Result<Sum::Total> total) { answer = std::move(total); })) return false;
        while (!answer) turn();   // it has its deadline
        is_wrong_ |= *answer && (*answer)->value != 42;
        return answer->has_value();
    }
    /// The pulse of the newest sum comes without being asked for again, or the server has said that it is a new one.
    int hear(std::int32_t a) {
        for (std::uint32_t backs = backs_ + 1; backs != backs_;) {
            backs = backs_;
            if (const int verdict = add(a); verdict != good) return verdict;
            for (const Instant limit = now() + 2s; backs == backs_ && now() < limit; turn())
                if (newest_ == static_cast<std::uint64_t>(a + 1)) return good;
        }
        return no_pulse;
    }

    Service self_;
    Client<Calculator> server_;
    const Instant end_ = now() + 8s;
    std::uint32_t backs_ = 0;
    std::uint64_t newest_ = 0;
    bool is_wrong_ = false;
};

std::string run() {
    testing::TestStation station;
    const std::size_t server = station.add("calculator", serve);
    const std::size_t client =
        station.add("client", [](int control) { return play(Role::client, [&] { return Customer(control).visit(); }); });
    station.conduit<Calculator, Pulse>(client, server, 0xf, 200);
    station.start();
    if (const int verdict = station.attend(client, 10s); verdict != good)
        return "the client's verdict is " + std::to_string(verdict);
    station.ask_to_stop(server);
    const int status = station.attend(server, 5s);
    if (status != good && status != broken_status) return "the server ended with " + std::to_string(status);
    return "";
}
}  // namespace

TEST(TortureOfMessages, each_call_fails) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const Outcome outcome = torture({.calls = 8, .every_error = false}, run);   // a run takes ten times as long
#else
    const Outcome outcome = torture({.calls = 256, .every_error = true}, run);
#endif
    for (const std::string& complaint : outcome.complaints) ADD_FAILURE() << complaint;
    std::printf("%u places, %u faults\n", outcome.places, outcome.runs);
    EXPECT_GT(outcome.runs, 50u) << "the calls do not go through the layer";
}

}  // namespace voltkeep::kernel::os::torture
