// SPDX-License-Identifier: Apache-2.0
// The service with a TPM that is slow, mute, gone or back, seen by real clients. A client reports by its exit status: the number
// of the first expectation that failed, 0 if none did.
#include "run.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "kernel/test_station.hpp"
#include "test_tpm.hpp"

namespace voltkeep::rot {
namespace {

using kernel::Service;
using testing::Folder;

#define EXPECT_HERE(condition) \
    if (!(condition)) return ::_exit(__LINE__ % 251 + 1)

constexpr std::uint32_t all_messages = (1u << Interface::count) - 1;
constexpr std::uint32_t all_but_state = all_messages >> 1;   // the last one, GetState, is a call

/// Gives a TPM that is inside the process, behind a tap.
class Emulated final : public Source {
public:
    Emulated(std::string state, testing::Tapped::Tap tap) : state_(std::move(state)), tap_(std::move(tap)) {}
    void begin(std::move_only_function<void(std::unique_ptr<Wire>)> arrived) override {
        arrived_ = std::move(arrived);
        again();
    }
    void again() override { arrived_(std::make_unique<testing::Tapped>(std::make_unique<testing::InProcess>(state_), tap_)); }

private:
    std::string state_;
    testing::Tapped::Tap tap_;
    std::move_only_function<void(std::unique_ptr<Wire>)> arrived_;
};

/// A station of rot and one client, or more of them.
struct World {
    Folder folder;
    kernel::testing::TestStation station;
    std::size_t rot = 0;

    explicit World(testing::Tapped::Tap tap) {
        rot = station.add("rot", [this, tap](int control) {
            Service self = Service::start(control);
            Emulated source(folder / "tpm", tap);
            return run(self, {.meters = 1}, folder / "keys", source);
        });
    }
    std::size_t client(std::string name, std::function<void(Service&, kernel::Client<Interface>)> body) {
        const std::size_t index = station.add(std::move(name), [body](int control) {
            Service self = Service::start(control);
            body(self, self.connect<Interface>("rot"));
            return self.run();
        });
        station.conduit<Interface, Pulse>(index, rot, all_messages, 5000, all_but_state);
        return index;
    }
    /// Marks that outlive the processes: the tap and the test are in different ones.
    [[nodiscard]] std::string mark(std::string_view name) const { return folder / name; }
};

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
void touch(const std::string& path) {
    kernel::os::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)).reset();
}

Sign certificate_verify() {
    std::string text(64, ' ');
    text += std::string("TLS 1.3, client CertificateVerify\0", 34) + std::string(48, 'h');
    return {Key::tls_csms, {}, Purpose::tls_client, *Blob<content_bound>::from(as_bytes(text))};
}

}  // namespace

TEST(RotService, a_slow_TPM_stops_nobodys_loop) {
    std::string ready;
    World world([&ready, random = std::mt19937(7)](std::span<const std::uint8_t>) mutable {
        if (is_there(ready))
            std::this_thread::sleep_for(
                std::chrono::milliseconds(200 + random() % 401));  // a real part (Chrome: median 200, p95 600 ms)
        return true;
    });
    ready = world.mark("set up");   // making every key at 400 ms a command is another test's time
    // `crypto` signs, each load-use-flush far over half a second; `operator` asks for the state all the time, and the answer is
    // there at once.
    const std::size_t crypto = world.client("crypto", [&](Service& self, kernel::Client<Interface> rot) {
        struct Turn {
            static void sign(Service& s, kernel::Client<Interface> r, int left) {
                const Instant asked = now();
                EXPECT_HERE(r.request(certificate_verify(), [=, &s](const Result<Sign::Signature>& signature) {
                    EXPECT_HERE(signature.has_value());
                    EXPECT_HERE(now() - asked > 600ms);   // the control: it was slow
                    if (left == 0) ::_exit(0);
                    sign(s, r, left - 1);
                }));
            }
        };
        EXPECT_HERE(rot.request(certificate_verify(), [&, rot](const Result<Sign::Signature>& first) {
            EXPECT_HERE(first.has_value());
            touch(ready);
            Turn::sign(self, rot, 1);
        }));
    });
    const std::size_t people = world.client("operator", [&](Service& self, kernel::Client<Interface> rot) {
        auto worst = std::make_shared<Duration>();
        self.every(5ms, [=, &self] {
            const Instant asked = now();
            const auto state = rot.call(GetState{});
            *worst = std::max(*worst, now() - asked);
            EXPECT_HERE(state.has_value());
            EXPECT_HERE(*worst < 150ms);
        });
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(crypto), 0);
    world.station.kill(people);
}

TEST(RotService, a_mute_TPM_is_an_answer_and_its_return_is_told) {
    std::string mute;
    World world([&mute](std::span<const std::uint8_t>) { return !is_there(mute); });
    mute = world.mark("mute");
    const std::size_t crypto = world.client("crypto", [&](Service& self, kernel::Client<Interface> rot) {
        self.on<Pulse>("rot", Pulse::changed, [=](EvseId, std::uint64_t condition) {
            if (condition == static_cast<std::uint64_t>(Condition::lost)) {
                const auto state = rot.call(GetState{});
                EXPECT_HERE(state && state->condition == Condition::lost && !state->reason.empty());
                EXPECT_HERE(rot.request(Random{}, [=](const Result<Random::Octets>& octets) {
                    EXPECT_HERE(!octets && octets.error().code == Errc::closed);   // at once, not at the deadline
                    std::filesystem::remove(mute);
                }));
            }
            if (condition == static_cast<std::uint64_t>(Condition::ready) && is_there(mute + " was seen"))
                EXPECT_HERE(rot.request(certificate_verify(), [](const Result<Sign::Signature>& signature) {
                    EXPECT_HERE(signature.has_value());
                    ::_exit(0);
                }));
        });
        EXPECT_HERE(rot.request(certificate_verify(), [=](const Result<Sign::Signature>& first) {
            EXPECT_HERE(first.has_value());
            touch(mute);
            touch(mute + " was seen");
            EXPECT_HERE(rot.request(certificate_verify(), [](const Result<Sign::Signature>& second) {
                EXPECT_HERE(!second && second.error().code == Errc::closed);
            }));
        }));
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(crypto), 0);
}

TEST(RotService, a_TPM_that_is_lost_while_nobody_asks_is_told) {
    std::string mute;
    World world([&mute](std::span<const std::uint8_t>) { return !is_there(mute); });
    mute = world.mark("mute");
    const std::size_t crypto = world.client("crypto", [&](Service& self, kernel::Client<Interface>) {
        self.on<Pulse>("rot", Pulse::changed, [=](EvseId, std::uint64_t condition) {
            if (condition == static_cast<std::uint64_t>(Condition::ready)) touch(mute);
            if (condition == static_cast<std::uint64_t>(Condition::lost)) ::_exit(is_there(mute) ? 0 : 1);
        });
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(crypto), 0);
}

TEST(RotService, a_refused_purpose_is_told_to_the_process_manager) {
    World world([](std::span<const std::uint8_t>) { return true; });
    const std::size_t crypto = world.client("crypto", [&](Service&, kernel::Client<Interface> rot) {
        Sign wrong = certificate_verify();
        wrong.purpose = Purpose::reading;
        EXPECT_HERE(rot.request(wrong, [=](const Result<Sign::Signature>& signature) {
            EXPECT_HERE(!signature && signature.error().code == Errc::refused);
            EXPECT_HERE(rot.request(certificate_verify(), [=](const Result<Sign::Signature>& good) {
                EXPECT_HERE(good.has_value());
                const auto state = rot.call(GetState{});
                EXPECT_HERE(state && state->condition == Condition::ready);
                const auto use = std::ranges::find(state->keys, Key::tls_csms, &GetState::Use::key);
                EXPECT_HERE(use != state->keys.end() && use->uses == 1 && use->last == Purpose::tls_client && use->last_ms > 0);
                ::_exit(0);
            }));
        }));
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(crypto), 0);
    const auto faults = world.station.faults(world.rot, 100ms);
    EXPECT_TRUE(std::ranges::any_of(
        faults, [](const kernel::control::Record& r) { return r.code == static_cast<std::uint32_t>(Errc::refused); }));
}

TEST(RotService, an_orderly_stop_shuts_the_TPM_down) {
    std::string shut_down;
    World world([&shut_down](std::span<const std::uint8_t> command) {
        const bool is_shutdown = command.size() >= 10 && command[8] == 0x01 && command[9] == 0x45;   // TPM2_CC_Shutdown
        if (is_shutdown) touch(shut_down);
        else if (is_there(shut_down)) touch(shut_down + " and then something");
        return true;
    });
    shut_down = world.mark("shut down");
    const std::size_t crypto = world.client("crypto", [&](Service&, kernel::Client<Interface> rot) {
        EXPECT_HERE(rot.request(Random{}, [](const Result<Random::Octets>& octets) {
            EXPECT_HERE(octets.has_value());
            ::_exit(0);
        }));
    });
    world.station.start();
    EXPECT_EQ(world.station.wait(crypto), 0);
    EXPECT_FALSE(is_there(shut_down));
    world.station.ask_to_stop(world.rot);
    EXPECT_EQ(world.station.attend(world.rot, 3s), 0);
    EXPECT_TRUE(is_there(shut_down));
    EXPECT_FALSE(is_there(shut_down + " and then something"));
}

}  // namespace voltkeep::rot
