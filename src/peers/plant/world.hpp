// SPDX-License-Identifier: Apache-2.0
// The plant as a program sees it: EVSEs, who is connected to each, and time. One thread, one epoll, nothing unbounded.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "peers/plant/capsule.hpp"
#include "peers/plant/physics.hpp"
#include "peers/plant/sockets.hpp"

namespace voltkeep::plant {

struct Options {
    std::string directory;           ///< for sockets, the meters' registers and the lock
    std::uint8_t evses = 1;          ///< 1 to 8
    std::uint64_t seed = 1;
    std::vector<safety::Outlet> outlets{safety::Outlet::ccs};   ///< of each EVSE; the last one is also that of those behind it
    unsigned socket_mode = 0600;
    bool meters_sign = false;        ///< each meter signs by itself
};

/// One EVSE's hardware, with the sockets of its buses.
struct Place {
    std::uint8_t number;
    Evse evse;
    Listener power_door, meter_door, cable_door;
    Descriptor power, meter, cable;
    Descriptor registers;            ///< the file that keeps the meter's registers
    Descriptor latch;                ///< the file that keeps the registers of latched trips and of spent closings
    std::uint64_t refused_frames = 0;
    bool own_car = false;            ///< a car without electronics, plugged by the control socket
    int idle_ms = 0;                 ///< how long its current has been gone
    int matched_ms = 0;              ///< how long its inlet has had the battery's voltage: a test voltage passes by
    bool has_drawn = false;
    bool is_released = false;        ///< its contactor has fallen open, until it is plugged anew
    std::unique_ptr<Capsule> capsule{};   ///< of a meter that signs by itself
};

class World {
public:
    /// Opens everything or nothing. Errors: busy (another plant), integrity (a meter's registers are damaged), io, bad_argument.
    [[nodiscard]] static Result<std::unique_ptr<World>> open(const Options& options);

    /// Runs until `stop_descriptor` is readable.
    [[nodiscard]] Result<> run(int stop_descriptor);

    [[nodiscard]] std::vector<std::unique_ptr<Place>>& places() { return places_; }

private:
    struct Client {
        Descriptor socket;
        std::string line;
    };
    explicit World(Descriptor lock) : lock_(std::move(lock)) {}
    void watch(int descriptor);
    void advance();
    void on_timer();
    void on_power(Place& place);
    void on_meter(Place& place);
    void on_cable(Place& place);
    void on_client(Client& client);
    void accept_all(int descriptor);
    void handle(int descriptor);
    void drive_own_car(Place& place);
    void send_reading(Place& place, std::uint32_t answers);
    void send_record(Place& place, const meter::SignFrame& wanted);

    Descriptor lock_, epoll_, timer_;
    std::vector<std::unique_ptr<Place>> places_;
    std::unique_ptr<Listener> control_door_;
    std::vector<std::unique_ptr<Client>> clients_;
    Instant began_{};
    std::int64_t skipped_us_ = 0;    ///< time in which the plant itself stood still
    std::uint64_t ticks_ = 0;
};

}  // namespace voltkeep::plant
