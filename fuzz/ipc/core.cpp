// SPDX-License-Identifier: Apache-2.0
// The process manager's decisions under any sequence of what services say and what the system does to them. A word of the input
// is four octets: what happens, to whom, and two more. The core's own invariants are CHECKs; here it is seen that a launch is
// only ordered where no process is, that a conduit is joined only between two that are there, that nobody is told what the policy
// does not let him ask, and that a stopped station ends.
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernel/procmgr/core.hpp"

namespace {
using namespace voltkeep;
using namespace voltkeep::kernel;
using namespace voltkeep::kernel::procmgr;

constexpr std::uint16_t services = 4;

const policy::Image& image() {
    static const auto made = [] {
        auto image = std::make_unique<policy::Image>();
        for (std::uint16_t i = 0; i < services; ++i) {
            policy::Service s;
            s.name = s.type = s.program = "service";
            s.rank = static_cast<std::uint8_t>(90 - 10 * i);
            s.start = i == 3 ? policy::Start::on_demand : policy::Start::always;
            s.control = i == 0 ? 0xffff : 0;
            s.restart = {.intensity = 3,
                         .period_s = 60,
                         .backoff_ms = {0, 100},
                         .exhausted = i == 2 ? policy::Exhausted::restart_station : policy::Exhausted::give_up};
            CHECK(image->services.push(s));
            if (i == 0) continue;
            policy::Conduit c;
            c.client = i;
            c.server = static_cast<std::uint16_t>(i - 1);
            CHECK(image->conduits.push(c));
        }
        return image;
    }();
    return *made;
}

class Station {
public:
    void tell(const Input& input) {
        std::vector<Input> inputs{input};
        for (std::size_t next = 0; next < inputs.size(); ++next)
            for (const Action& action : core_->step(inputs[next], now_)) {
                if (const auto* launch = std::get_if<action::Launch>(&action)) {
                    if (core_->is_present(launch->service)) std::abort();
                    if (is_starved_) inputs.push_back(input::LaunchFailed{launch->service});
                    else inputs.push_back(input::Launched{launch->service, ++pid_});
                }
                if (const auto* join = std::get_if<action::Join>(&action)) {
                    const policy::Conduit& c = image().conduits[join->conduit];
                    if (!core_->is_present(c.client) || !core_->is_present(c.server)) std::abort();
                }
                if (const auto* state = std::get_if<action::AnswerState>(&action))
                    if (state->service != 0 && state->message.kind != control::Kind::end) std::abort();
                if (std::holds_alternative<action::Finish>(action)) is_over_ = true;
            }
    }
    void word(std::uint8_t what, std::uint16_t service, std::uint8_t a, std::uint8_t b) {
        using control::Request;
        switch (what % 9) {
            case 0: case 1: case 2:
                return tell(input::Recorded{service,
                                            {.request = static_cast<Request>(a % (static_cast<unsigned>(Request::last_) + 1)),
                                             .argument = static_cast<std::uint16_t>(b < 250 ? b : b << 8),
                                             .code = a,
                                             .value = b,
                                             .number = b % 3u}});
            case 3:
                if (core_->is_present(service)) tell(input::Ended{service, {static_cast<control::Cause>(1 + a % 8), b}});
                return;
            case 4:
                if (core_->is_present(service)) tell(a % 2 ? Input(input::Unheard{service}) : Input(input::Deaf{service}));
                return;
            case 5: return tell(input::JoinFailed{static_cast<std::uint16_t>(a % image().conduits.size())});
            case 6: is_starved_ = a % 2 != 0; return;
            case 7: now_ = now_ + a * 10ms; return tell(input::Turn{});
            case 8: if (a == 255) tell(input::StopAll{}); return;
        }
    }
    /// Whoever is still there ends when it is killed, and then it is over.
    void stop() {
        is_starved_ = false;
        for (int round = 0; round < 200 && !is_over_; ++round) {
            if (round < 2) tell(input::StopAll{});
            for (std::uint16_t i = 0; i < services; ++i)
                if (core_->is_present(i)) tell(input::Ended{i, {control::Cause::signal, 9}});
            now_ = now_ + 100ms;
            tell(input::Turn{});
        }
        if (!is_over_) std::abort();
    }
    [[nodiscard]] bool is_over() const { return is_over_; }

private:
    std::unique_ptr<Core> core_ = std::make_unique<Core>(image(), false);
    Instant now_{1'000'000'000'000};
    std::uint32_t pid_ = 100;
    bool is_starved_ = false;
    bool is_over_ = false;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Station station;
    station.tell(input::Begin{});
    station.tell(input::Turn{});
    for (; size >= 4 && !station.is_over(); data += 4, size -= 4) station.word(data[0], data[1] % services, data[2], data[3]);
    station.stop();
    return 0;
}
