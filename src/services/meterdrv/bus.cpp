// SPDX-License-Identifier: Apache-2.0
#include "bus.hpp"

#include <modbus/modbus.h>

#include <cerrno>
#include <string>

#include "wire/sunspec/sunspec.hpp"

namespace voltkeep::meterdrv {

namespace {

constexpr int registers_of_modbus = 65'536;

/// Counts every reading of this process: one that is handed in twice is told from one that was measured twice.
std::uint32_t next_sequence() {
    static std::uint32_t sequence = 0;
    return ++sequence;
}

Error error_of(int number) {
    switch (number) {
        case ETIMEDOUT: return {Errc::timeout, "the meter did not answer in time"};
        case ECONNRESET:
        case EPIPE:
        case ENOTCONN:
        case ECONNABORTED: return {Errc::closed, "the meter has ended the connection"};
        case EMBXILFUN:
        case EMBXILADD:
        case EMBXILVAL: return {Errc::unsupported, std::string("the meter refuses: ") + modbus_strerror(number)};
        case EMBXSFAIL:
        case EMBXACK:
        case EMBXSBUSY:
        case EMBXNACK:
        case EMBXMEMPAR:
        case EMBXGPATH:
        case EMBXGTAR: return {Errc::busy, std::string("the meter cannot answer: ") + modbus_strerror(number)};
        case EMBBADCRC:
        case EMBBADDATA:
        case EMBBADEXC:
        case EMBUNKEXC:
        case EMBMDATA:
        case EMBBADSLAVE: return {Errc::malformed, std::string("the meter's answer is none: ") + modbus_strerror(number)};
        default: break;
    }
    return {Errc::io, std::string("the meter's connection: ") + modbus_strerror(number)};
}

bool is_exception(Errc code) { return code == Errc::unsupported || code == Errc::busy; }

}  // namespace

void Bus::Free::operator()(_modbus* context) const { modbus_free(context); }

Result<Bus> Bus::open(kernel::os::Descriptor socket, std::uint8_t unit) {
    std::unique_ptr<_modbus, Free> context(
        modbus_new_tcp(nullptr, MODBUS_TCP_DEFAULT_PORT));  // the address is of no matter: it gets a socket
    if (!context) return fail_errno("modbus_new_tcp");
    constexpr auto answer_us = static_cast<std::uint32_t>(answer_time / 1us);
    // Without a time for each octet the first one holds for the whole answer.
    const bool is_set = modbus_set_slave(context.get(), unit) == 0 &&
                        modbus_set_response_timeout(context.get(), 0, answer_us) == 0 &&
                        modbus_set_byte_timeout(context.get(), 0, 0) == 0 && modbus_set_socket(context.get(), socket.get()) == 0;
    if (!is_set) return fail(Errc::bad_argument, std::string("libmodbus: ") + modbus_strerror(errno));
    Bus bus(std::move(socket), std::move(context));
    TRY(bus.find_models());
    return bus;
}

Result<std::vector<std::uint16_t>> Bus::registers(int address, int count) {
    CHECK(count > 0 && count <= MODBUS_MAX_READ_REGISTERS);
    if (address < 0 || address + count > registers_of_modbus) return fail(Errc::malformed, "the meter's models do not end");
    std::vector<std::uint16_t> values(static_cast<std::size_t>(count));
    errno = 0;
    if (modbus_read_registers(context_.get(), address, count, values.data()) == count) return values;
    const Error error = error_of(errno);
    is_broken_ = !is_exception(error.code);
    return std::unexpected(error);
}

Result<> Bus::find_models() {
    const Instant deadline = now() + search_time;
    for (const std::uint16_t base : sunspec::base_addresses)
        if (TRY(find_models_at(base, deadline))) return {};
    return fail(Errc::not_found, "the meter has no SunSpec map with a measurement of direct current (model 714)");
}

/// False: there is no map here.
Result<bool> Bus::find_models_at(int base, Instant deadline) {
    const auto first = registers(base, sunspec::mark.size());
    if (!first && first.error().code == Errc::unsupported) return false;  // no such registers
    if (!first) return std::unexpected(first.error());
    if (!std::ranges::equal(*first, sunspec::mark)) return false;
    for (int at = base + static_cast<int>(sunspec::mark.size()); serial_address_ == 0 || measurement_address_ == 0;) {
        if (now() > deadline) return fail(Errc::timeout, "the meter took too long to show its models");
        const auto header = TRY(registers(at, sunspec::header_size));
        const int values = at + static_cast<int>(sunspec::header_size);
        if (header[0] == sunspec::model::end) return false;
        if (header[0] == sunspec::model::common) serial_address_ = values + sunspec::serial_at;
        if (header[0] == sunspec::model::dc_measurement) measurement_address_ = at;
        at = values + header[1];
    }
    return true;
}

Result<meter::Reading> Bus::read() {
    const auto model = TRY(registers(measurement_address_, sunspec::header_size + sunspec::dc_length));
    if (model[0] != sunspec::model::dc_measurement || model[1] != sunspec::dc_length) {
        is_broken_ = true;  // another device, or another map: it is looked at anew
        return fail(Errc::unsupported, "the meter's measurement is not where it was");
    }
    const auto serial_registers = TRY(registers(serial_address_, sunspec::serial_length));
    const auto measured = TRY(sunspec::read_dc(sunspec::Registers(model).subspan(sunspec::header_size)));
    const auto serial = TRY(sunspec::read_text(serial_registers));
    meter::Reading reading;
    const auto bounded = decltype(reading.serial)::from(serial.view());
    if (!bounded || bounded->empty())
        return fail(Errc::malformed, "the meter's serial number has 1 to 24 characters");  // cut it might be another's
    reading.sequence = next_sequence();
    reading.import_mwh = measured.injected_mwh;
    reading.export_mwh = measured.absorbed_mwh;
    reading.voltage = measured.voltage;
    reading.current = measured.current;
    reading.power = measured.power;
    reading.is_faulty = measured.is_faulty;
    reading.serial = *bounded;
    return reading;
}

}  // namespace voltkeep::meterdrv
