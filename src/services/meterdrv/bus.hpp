// SPDX-License-Identifier: Apache-2.0
// One meter behind one Modbus/TCP connection that somebody else has made: libmodbus speaks, SunSpec (wire/sunspec) says where the
// values are. Each call waits for the meter, for a bounded time whatever it sends: nobody waits for this process.
//
// A reading is made of one request, so its values belong together, and of one for the serial number, so an exchange is seen.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "kernel/os.hpp"
#include "services/meter/protocol.hpp"

struct _modbus;  // libmodbus

namespace voltkeep::meterdrv {

class Bus {
public:
    /// For a whole answer, from the request on: a meter that sends an octet now and then gets no more.
    static constexpr Duration answer_time = 400ms;
    /// For the way through its models to the measurement.
    static constexpr Duration search_time = 1s;

    /// Finds the meter's models. Errors: not_found (no SunSpec map, or no measurement of direct current in it), and those of
    /// `read`.
    [[nodiscard]] static Result<Bus> open(kernel::os::Descriptor socket, std::uint8_t unit);

    /// The meter now. `sequence` counts on with every reading of this process; `asked_ns` is the caller's. Errors: timeout,
    /// closed, io (the connection is of no use any more); malformed (an answer that is none: nor is it then); unsupported, busy
    /// (an exception of the meter or its gateway); malformed, unsupported of SunSpec (values that are no measurement).
    [[nodiscard]] Result<meter::Reading> read();

    /// After an error: what comes now may be the answer to an older question.
    [[nodiscard]] bool is_broken() const { return is_broken_; }

private:
    struct Free {
        void operator()(_modbus* context) const;
    };
    Bus(kernel::os::Descriptor socket, std::unique_ptr<_modbus, Free> context)
        : socket_(std::move(socket)), context_(std::move(context)) {}
    /// `count` registers, at most 125.
    Result<std::vector<std::uint16_t>> registers(int address, int count);
    Result<> find_models();
    Result<bool> find_models_at(int base, Instant deadline);

    kernel::os::Descriptor socket_;
    std::unique_ptr<_modbus, Free> context_;
    int serial_address_ = 0, measurement_address_ = 0;
    bool is_broken_ = false;
};

}  // namespace voltkeep::meterdrv
