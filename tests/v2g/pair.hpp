// SPDX-License-Identifier: Apache-2.0
// Car and charger in one process: both pure state machines, real EXI bytes between them, simulated time and hardware.
// The charger can be killed at any message; its successor gets what link would give it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/iso15118/checkpoint.hpp"
#include "services/iso15118/secc/secc.hpp"
#include "simulated_station.hpp"
#include "wire/iso15118/codec.hpp"

namespace voltkeep::iso15118::testing {

struct Frame {
    PayloadType type = PayloadType::common;
    std::vector<std::byte> payload;
    std::optional<Instant> arrived;               ///< at the charger
};

/// The message in this stream.
[[nodiscard]] Frame frame_of(const Message& message, PayloadType stream);

/// When the charger's process dies, counted in frames from the car: the first is 1.
struct Death {
    int frame = 0;                                ///< 0: never
    bool is_after_answer = false;                 ///< false: with the frame taken and its actions done, the answer not sent
};

class Pair {
public:
    evcc::Plan plan;
    secc::Settings settings;
    SimulatedStation station;
    Death death;
    bool is_tls13 = true;
    secc::VehicleHash vehicle{1};                 ///< of the car's certificate
    std::optional<secc::VehicleHash> other_vehicle;   ///< of the car that comes back
    std::function<void(Pair&)> on_loop;           ///< called before each charge loop request reaches the charger
    std::function<void(Frame&)> on_request;       ///< may change what the car sends

    Pair();
    /// Runs until the car has ended, or this much time has passed.
    void run(Duration limit = 120s);
    /// The car that has paused comes back in a new connection.
    void come_back();

    evcc::Car car;
    std::optional<evcc::Ending> ending;
    secc::Session session;
    std::vector<std::string> messages;            ///< names of all requests and responses, in order
    std::vector<std::string> codes;               ///< of the responses
    std::optional<ScheduleExchangeRes> schedule;  ///< the last one
    std::string closed;                           ///< why the charger closed
    int restarts = 0;
    int waits = 0;                                ///< how often a request had to wait for the station
    Instant now{1'000'000'000};

private:
    void take(const evcc::Move& move);
    [[nodiscard]] bool charger_takes(Frame& frame);
    [[nodiscard]] secc::Moment moment() const;
    void perform(const secc::Turn& turn);
    void restart();

    std::vector<Frame> to_charger_, to_car_;
    Blob<4096> checkpoint_;
    std::optional<secc::Paused> paused_;
    int frames_ = 0;
    std::uint64_t ids_ = 0;
};

}  // namespace voltkeep::iso15118::testing
