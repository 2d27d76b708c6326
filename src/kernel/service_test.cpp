// SPDX-License-Identifier: Apache-2.0
// What the message layer promises, between real processes. Each client reports by its exit status: the number of the first
// expectation that failed, 0 if none did.
#include "kernel/service.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "kernel/runtime.hpp"
#include "kernel/test_station.hpp"

namespace voltkeep::kernel {
namespace {

struct Sum {
    std::int32_t a = 0, b = 0;
    struct Total {
        std::int32_t value = 0;
    };
    using Reply = Total;
};
struct Die {
    using Reply = Done;
};
struct Sleep {
    std::uint32_t ms = 0;
    using Reply = Done;
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
struct PulseThenDie {
    using Reply = Done;
};
using Calculator = Interface<Sum, Die, Sleep, GiveFile, Later, PulseThenDie>;
enum class Pulse : std::uint8_t { tick, last_ = tick };
constexpr std::uint32_t everything = 0x3f;

/// `answered` is set when the answer to a sum is on its way.
int serve_calculator_with(int control, testing::Mark* answered) {
    Service self = Service::start(control);
    std::optional<Defer<Sum::Total>> waiting;
    self.serve<Calculator>(
        [&](const Sum& m) -> Result<Sum::Total> {
            if (answered) self.after(0ms, [answered] { answered->set(); });
            return Sum::Total{m.a + m.b};
        },
        [](const Die&) -> Result<Done> { ::_exit(9); },
        [](const Sleep& m) -> Result<Done> {
            const Instant until = now() + std::chrono::milliseconds(m.ms);
            while (now() < until) {
            }
            return Done{};
        },
        [](const GiveFile&) -> Result<GiveFile::File> { return GiveFile::File{{::open("/dev/null", O_RDWR)}}; },
        [&](const Later&, Defer<Sum::Total> reply) {
            waiting.emplace(std::move(reply));
            self.after(5ms, [&] { (*waiting)(Sum::Total{42}); });
        },
        [&](const PulseThenDie&, Defer<Done> reply) {
            self.notify(Pulse::tick, 7);
            reply(Done{});
            ::_exit(9);
        });
    self.seal();
    return self.run();
}

int serve_calculator(int control) { return serve_calculator_with(control, nullptr); }

#define EXPECT_HERE(condition) \
    if (!(condition)) return __LINE__ % 251 + 1

struct Pair {
    testing::TestStation station;
    std::size_t server, client;
    explicit Pair(testing::TestStation::Body body, std::uint32_t messages = everything, std::uint16_t deadline_ms = 5000,
                  testing::TestStation::Body server_body = serve_calculator) {
        server = station.add("calculator", std::move(server_body));
        client = station.add("client", std::move(body));
        station.conduit<Calculator, Pulse>(client, server, messages, deadline_ms);
        station.start();
    }
};

/// What a client that somebody has taken over puts into its end, with the number of one of the server's messages.
template <class M>
bool put(Runtime& runtime, std::uint16_t number, const M& body) {
    std::array<std::byte, 64> buffer;
    Writer w(buffer);
    Codec<Header>::put(w, {1, number, 0});
    Codec<M>::put(w, body);
    return os::send(runtime.conduits[0].calls.get(), w.written()).has_value();
}

/// Pages of addresses that this process has reserved. Allocates nothing.
std::size_t reserved_pages() {
    std::array<char, 64> text{};
    const os::Descriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    return ::read(file.get(), text.data(), text.size() - 1) > 0 ? std::strtoul(text.data(), nullptr, 10) : 0;
}

}  // namespace

TEST(Service, a_call_brings_its_reply) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        for (int i = 0; i < 1000; ++i) EXPECT_HERE(server.call(Sum{i, 1})->value == i + 1);
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_message_that_the_policy_does_not_name_is_denied) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        EXPECT_HERE(server.call(Die{}).error().code == Errc::denied);
        EXPECT_HERE(server.call(Sum{1, 2})->value == 3);
        return 0;
    }, everything & ~2u);
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_client_over_its_quota_waits_for_the_next_window_and_no_other_client_does) {
    testing::TestStation station;
    station.quota = 20;
    const auto server = station.add("calculator", serve_calculator);
    const auto greedy = station.add("greedy", [](int control) {
        Service self = Service::start(control);
        const auto calculator = self.connect<Calculator>("calculator");
        const Instant begun = now();
        for (int i = 0; i < 110; ++i)
            EXPECT_HERE(calculator.call(Sum{i, 1})->value == i + 1);  // five windows are full, one is begun
        EXPECT_HERE(now() - begun >= 4 * control::quota_window);
        return 0;
    });
    const auto modest = station.add("modest", [](int control) {
        Service self = Service::start(control);
        const auto calculator = self.connect<Calculator>("calculator");
        std::array<Duration, 15> took;
        for (Duration& one : took) {
            const Instant begun = now();
            EXPECT_HERE(calculator.call(Sum{7, 1})->value == 8);
            one = now() - begun;
            (void)os::wait(self.descriptor(), now() + 20ms);   // a pause between two questions
        }
        std::ranges::sort(took);
        EXPECT_HERE(took[took.size() / 2] < control::quota_window / 2);   // the median: one alone may be the machine's fault
        return 0;
    });
    for (const auto client : {greedy, modest}) station.conduit<Calculator, Pulse>(client, server, everything, 1000);
    station.start();
    EXPECT_EQ(station.wait(greedy), 0);
    EXPECT_EQ(station.wait(modest), 0);
}

TEST(Service, a_client_over_its_quota_that_hangs_up_and_comes_back_has_no_new_one) {
    constexpr std::size_t quota = 20, sent = 100;
    struct Record {
        std::atomic<std::size_t> size;
        std::array<Instant, 4 * sent> at;
    };
    auto* const handled =
        static_cast<Record*>(::mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(handled, MAP_FAILED);
    testing::Mark one;
    testing::TestStation station;
    station.quota = quota;
    const auto server = station.add("calculator", [&](int control) {
        Service self = Service::start(control);
        self.serve<Interface<Sum>>([&](const Sum& m) -> Result<Sum::Total> {
            handled->at[handled->size] = now();
            ++handled->size;
            one.set();
            return Sum::Total{m.a};
        });
        self.seal();
        return self.run();
    });
    const auto greedy = station.add("greedy", [&](int control) {
        Runtime runtime{os::Descriptor(control)};
        for (std::size_t i = 0; i < sent; ++i) EXPECT_HERE(put(runtime, 0, Sum{}));
        return 0;
    });
    station.conduit<Interface<Sum>>(greedy, server, 1, 1000);
    station.start();
    EXPECT_EQ(station.wait(greedy), 0);
    EXPECT_TRUE(one.wait(2 * quota));
    station.kill_and_restart(greedy);
    EXPECT_TRUE(one.wait(sent - quota));
    station.kill(server);
    EXPECT_GE(handled->size, sent + quota) << "what it had sent on its second ends is answered in the end";
    for (std::size_t i = 2 * quota; i < handled->size; ++i)
        EXPECT_GE(handled->at[i] - handled->at[i - 2 * quota], control::quota_window * 9 / 10)
            << i << ": two windows' messages in one";
    ::munmap(handled, sizeof(Record));
}

TEST(Service, each_peer_whose_messages_are_refused_is_named_whatever_others_did_before) {
    testing::Mark is_heard;
    testing::TestStation station;
    const auto server = station.add("calculator", serve_calculator);
    const auto body = [&](int control) {
        Runtime runtime{os::Descriptor(control)};
        for (std::uint16_t number = 6; number < 40; ++number) EXPECT_HERE(put(runtime, number, Done{}));
        for (int i = 0; i < 20; ++i) EXPECT_HERE(put(runtime, 0, std::uint8_t{1}));   // shorter than the message
        EXPECT_HERE(os::send(runtime.conduits[0].pulses.get(), Bytes(runtime.send_buffer).first(3)).has_value());
        EXPECT_HERE(is_heard.wait());
        return 0;
    };
    const std::array clients{station.add("first", body), station.add("second", body), station.add("third", body)};
    for (const auto client : clients) station.conduit<Calculator, Pulse>(client, server, everything, 500);
    station.start();
    const Instant begun = now();
    std::array<std::array<int, 3>, 2> said{};
    const auto is_somebody_unnamed = [&] {
        return std::ranges::any_of(said, [](const auto& kind) { return std::ranges::count(kind, 0) > 0; });
    };
    do {
        for (const control::Record& fault : station.faults(server, 1500ms)) {
            ASSERT_LT(fault.argument, clients.size());
            ++said[fault.code == static_cast<std::uint32_t>(Errc::malformed)][fault.argument];
        }
    } while (is_somebody_unnamed() && now() - begun < 20s);
    const auto seconds = static_cast<int>((now() - begun) / 1s) + 2;
    for (std::size_t i = 0; i < clients.size(); ++i) is_heard.set();
    for (const auto client : clients) EXPECT_EQ(station.wait(client), 0);
    int in_all = 0;
    for (const auto& kind : said)
        for (const int words : kind) {
            EXPECT_GE(words, 1);
            in_all += words;
        }
    EXPECT_LE(in_all, seconds * static_cast<int>(Runtime::words_a_second)) << "of over a hundred and sixty offences";
}

TEST(Service, an_answer_that_was_lost_is_given_up_with_the_next_and_shifts_none) {
    testing::TestStation station;
    const auto asker = station.add("asker", [](int control) {
        Service self = Service::start(control);
        std::vector<std::uint32_t> pids;
        for (std::uint16_t i = 0; i < 3; ++i)
            self.ask(control::Request::get_state, i, [&](Bytes bytes) {
                const auto state = decode<control::State>(bytes);
                pids.push_back(state ? state->pid : 0);
                if (pids.size() == 3) ::_exit(pids == std::vector<std::uint32_t>{100, 0, 102} ? 0 : 1);
            });
        return self.run();
    });
    station.start();
    for (std::uint16_t i = 0; i < 3; ++i) {
        const control::Record question = station.question(asker);
        ASSERT_EQ(question.argument, i);
        if (i != 1) station.answer(asker, {.pid = 100u + i, .number = question.number});
    }
    EXPECT_EQ(station.wait(asker), 0);
}

TEST(Service, a_late_reply_is_never_given_to_the_next_call) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        EXPECT_HERE(server.call(Sleep{120}).error().code == Errc::timeout);
        for (int i = 0; i < 20; ++i) {
            const auto r = server.call(Sum{i, i});
            EXPECT_HERE(r ? r->value == 2 * i : r.error().code == Errc::timeout);
        }
        EXPECT_HERE(server.call(Sum{2, 2}).has_value());
        return 0;
    }, everything, 40);
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_server_that_dies_over_a_call_leaves_its_execution_unknown) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        EXPECT_HERE(server.call(Die{}).error().code == Errc::gone_unknown);
        EXPECT_HERE(server.call(Sum{1, 1}).error().code == Errc::gone_unread);
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_reply_that_was_sent_before_the_death_is_the_result) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        EXPECT_HERE(server.call(PulseThenDie{}).has_value());
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_reply_that_was_sent_before_the_death_is_the_result_of_a_request_whatever_hangs_up_first) {
    testing::Mark is_dead;
    Pair p([&](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        std::optional<Errc> known;
        EXPECT_HERE(server.request(PulseThenDie{}, [&](Result<Done> r) { known = r ? Errc::ok : r.error().code; }).has_value());
        EXPECT_HERE(is_dead.wait());   // the pulse, the reply and both hang-ups are there when the loop looks
        const Instant deadline = now() + 10s;
        while (!known && now() < deadline) self.turn();
        EXPECT_HERE(known == Errc::ok);
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.server), 9);
    is_dead.set();
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_reply_is_found_behind_late_ones_when_new_ends_come) {
    testing::Mark answered, is_back;
    Pair p([&](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        std::optional<Result<Sum::Total>> last;
        EXPECT_HERE(server.call(Sleep{400}).error().code == Errc::timeout);
        for (int i = 0; i < 3; ++i) EXPECT_HERE(server.call(Sum{i, i}).error().code == Errc::timeout);
        EXPECT_HERE(server.request(Sum{20, 1}, [&](Result<Sum::Total> r) { last = r; }).has_value());
        EXPECT_HERE(is_back.wait());   // all five are answered, the server is killed, and another one is there
        const Instant deadline = now() + 10s;
        while (!last && now() < deadline) self.turn();
        EXPECT_HERE(last && *last && (*last)->value == 21);
        return 0;
    }, everything, 20, [&](int control) { return serve_calculator_with(control, &answered); });
    EXPECT_TRUE(answered.wait(4));
    p.station.kill_and_restart(p.server);
    is_back.set();
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_request_that_died_unread_is_known_to_be_so_even_behind_one_that_timed_out) {
    testing::Mark lies_there;
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        EXPECT_HERE(server.call(Sleep{2000}).error().code == Errc::timeout);
        EXPECT_HERE(server.call(Sum{1, 1}).error().code == Errc::gone_unread);
        return 0;
    }, everything, 1000, [&](int control) {
        Runtime runtime{os::Descriptor(control)};
        const int calls = runtime.conduits[0].calls.get();
        std::array<std::byte, 64> buffer;
        for (int message = 0; message < 2; ++message) {   // the first is taken and never answered, the second is not even taken
            EXPECT_HERE(MUST(os::wait(calls, now() + 10s)));
            if (message == 0) EXPECT_HERE(os::receive(calls, buffer).has_value());
        }
        lies_there.set();
        return ::pause();
    });
    EXPECT_TRUE(lies_there.wait());
    p.station.kill(p.server);
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_descriptor_travels_in_the_reply_that_declares_it) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        for (int i = 0; i < 3; ++i) {
            const auto file = server.call(GiveFile{});
            EXPECT_HERE(file && ::write(file->handle.descriptor, "x", 1) == 1);
            ::close(file->handle.descriptor);
        }
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_request_is_answered_in_the_loop_and_only_one_is_in_flight) {
    Pair p([](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        int answer = 0;
        if (!server.request(Later{}, [&](Result<Sum::Total> r) { answer = r ? r->value : -1; })) return 1;
        EXPECT_HERE(server.request(Later{}, [](Result<Sum::Total>) {}).error().code == Errc::busy);
        const Instant deadline = now() + 10s;
        while (answer == 0 && now() < deadline) self.turn();
        EXPECT_HERE(answer == 42);
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, a_thread_reserves_no_heap_of_its_own) {
    Pair p([](int control) {
        Service self = Service::start(control);
        std::size_t before = 0, after = 0;
        std::thread([&] {
            before = reserved_pages();
            void* const volatile some = std::malloc(4000);
            after = reserved_pages();
            std::free(some);
        }).join();
        EXPECT_HERE(before > 0 && after - before < (32u << 20) / 4096);   // one of its own is 64 MiB
        return 0;
    });
    EXPECT_EQ(p.station.wait(p.client), 0);
}

TEST(Service, the_peer_that_is_back_is_announced_and_answers) {
    testing::Mark is_answered;
    Pair p([&](int control) {
        Service self = Service::start(control);
        auto server = self.connect<Calculator>("calculator");
        int backs = 0, ticks = 0;
        self.on_back("calculator", [&](EvseId) { ++backs; });
        self.on("calculator", Pulse::tick, [&](EvseId, std::uint64_t) { ++ticks; });
        EXPECT_HERE(server.call(Sum{1, 1})->value == 2);
        is_answered.set();
        const Instant deadline = now() + 10s;
        while (backs == 0 && now() < deadline) self.turn();
        EXPECT_HERE(backs == 1);
        EXPECT_HERE(ticks == 1);   // peer_back counts as every pulse
        EXPECT_HERE(server.call(Sum{2, 2})->value == 4);
        return 0;
    });
    EXPECT_TRUE(is_answered.wait());
    p.station.kill_and_restart(p.server);
    EXPECT_EQ(p.station.wait(p.client), 0);
}

}  // namespace voltkeep::kernel
