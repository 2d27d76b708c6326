// SPDX-License-Identifier: Apache-2.0
// The network module of a simulated meter: it asks the meter on the plant's bus whenever it is asked, and shows the answer in
// SunSpec registers, read-only. While the meter says nothing it answers that it cannot: an old value is no measurement.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "services/meter/frames.hpp"

struct _modbus;  // libmodbus
struct _modbus_mapping_t;

namespace voltkeep::modbus_meter {

struct Options {
    std::uint16_t port = 0;  ///< TCP, on loopback
    std::uint8_t unit = 1;
    std::string meter;  ///< path of the plant's socket of this meter
};

class Server {
public:
    /// Errors: io (the port is taken), bad_argument.
    [[nodiscard]] static Result<std::unique_ptr<Server>> open(const Options& options);
    ~Server();

    /// Runs until `stop` is readable.
    [[nodiscard]] Result<> run(int stop);

private:
    Server(const Options& options, _modbus* context, _modbus_mapping_t* registers, int door)
        : options_(options), context_(context), registers_(registers), door_(door) {}
    void join_plant();
    void take_readings();
    /// Asks the meter for a reading now. False: it does not answer.
    bool refresh();
    void show(const meter::ReadingFrame& reading);
    void accept_client();
    /// False: the client is gone.
    bool answer(int client);

    Options options_;
    _modbus* context_;
    _modbus_mapping_t* registers_;
    int door_;
    int plant_ = -1;
    std::vector<int> clients_;
    std::uint32_t asked_ = 0, answered_ = 0;  ///< questions to the meter
};

}  // namespace voltkeep::modbus_meter
