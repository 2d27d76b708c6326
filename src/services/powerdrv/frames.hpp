// SPDX-License-Identifier: Apache-2.0
// What the driver of the power path exchanges with the field bus: one frame of outputs each period, one frame of inputs back
// whenever the hardware has measured. Fixed size, little-endian, counted, with a checksum: as CAN or Modbus would carry it.
// The socket is SOCK_SEQPACKET, one frame a packet. Who reads takes the newest and drops what does not decode.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"
#include "charging/safety/safety.hpp"

namespace voltkeep::powerdrv {

/// The newest orders. Actuators::sequence is the heartbeat: the hardware's watchdog counts only frames in which it has moved on.
struct OutputsFrame {
    safety::Actuators actuators{};
};

/// What the hardware has measured. `time_us` is the hardware's own clock, from its start; it shares no clock with the station.
struct InputsFrame {
    std::uint64_t time_us = 0;
    safety::Sensors sensors{};
};

inline constexpr std::size_t kOutputsSize = 29;
inline constexpr std::size_t kInputsSize = 80;
inline constexpr std::uint32_t kOutputsMark = 0x33'4f'4b'56;  // "VKO3"
inline constexpr std::uint32_t kInputsMark = 0x33'49'4b'56;   // "VKI3"

/// How often the hardware sends its inputs without being asked, and how long it goes on without a heartbeat.
inline constexpr std::int64_t kInputsPeriodUs = 5'000;
inline constexpr std::int64_t kWatchdogUs = 100'000;

[[nodiscard]] inline std::array<std::byte, kOutputsSize> encode(const OutputsFrame& frame) {
    const safety::Actuators& a = frame.actuators;
    FrameWriter<kOutputsSize> w(kOutputsMark);
    w.put(a.sequence);
    w.put(static_cast<std::uint8_t>((a.close_contactor ? 1u : 0u) | (a.supply_on ? 2u : 0u) | (a.discharge ? 4u : 0u) |
                                    (a.lock ? 8u : 0u) | (a.three_phase ? 16u : 0u) | (a.reset_watchdog ? 32u : 0u)));
    w.put(static_cast<std::uint8_t>(a.drive));
    w.put(a.duty_permille);
    w.put(a.voltage.value);
    w.put(a.current.value);
    w.put(a.latched);
    w.put(a.spent);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed (size, mark, checksum, unknown bits, a pilot drive off its list).
[[nodiscard]] inline Result<OutputsFrame> decode_outputs(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kOutputsSize, kOutputsMark))
        return fail(Errc::malformed, "outputs frame: size, mark or checksum does not fit");
    OutputsFrame frame;
    safety::Actuators& a = frame.actuators;
    a.sequence = r.get<std::uint32_t>();
    const auto flags = r.get<std::uint8_t>();
    const auto drive = r.get<std::uint8_t>();
    if (flags > 63 || drive > static_cast<std::uint8_t>(safety::Drive::last_))
        return fail(Errc::malformed, "outputs frame: unknown value");
    a.close_contactor = flags & 1;
    a.supply_on = flags & 2;
    a.discharge = flags & 4;
    a.lock = flags & 8;
    a.three_phase = flags & 16;
    a.reset_watchdog = flags & 32;
    a.drive = static_cast<safety::Drive>(drive);
    a.duty_permille = r.get<std::uint16_t>();
    a.voltage = {r.get<std::int32_t>()};
    a.current = {r.get<std::int32_t>()};
    a.latched = r.get<std::uint32_t>();
    a.spent = r.get<std::uint8_t>();
    return frame;
}

[[nodiscard]] inline std::array<std::byte, kInputsSize> encode(const InputsFrame& frame) {
    const safety::Sensors& s = frame.sensors;
    FrameWriter<kInputsSize> w(kInputsMark);
    w.put(frame.time_us);
    w.put(s.sequence);
    w.put(s.echo);
    w.put(static_cast<std::uint8_t>((s.contactor_closed ? 1u : 0u) | (s.locked ? 2u : 0u) | (s.emergency_stop ? 4u : 0u) |
                                    (s.earth_present ? 8u : 0u) | (s.charge_enable ? 16u : 0u) | (s.supply_fault ? 32u : 0u) |
                                    (s.watchdog_tripped ? 64u : 0u)));
    w.put(s.spent);
    w.put(s.pilot_high_mv);
    w.put(s.pilot_low_mv);
    w.put(s.pilot_duty_permille);
    w.put(s.proximity.value);
    w.put(s.supply_voltage.value);
    w.put(s.outlet_voltage.value);
    w.put(s.current.value);
    w.put(s.residual_dc.value);
    w.put(s.residual_ac.value);
    w.put(s.insulation.value);
    w.put(s.plus_temperature.value);
    w.put(s.minus_temperature.value);
    w.put(s.cabinet_temperature.value);
    w.put(std::uint16_t{0});
    w.put(s.mains_voltage.value);
    w.put(s.mains_frequency.value);
    w.put(s.latched);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed (size, mark, checksum, bits that must be zero).
[[nodiscard]] inline Result<InputsFrame> decode_inputs(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kInputsSize, kInputsMark)) return fail(Errc::malformed, "inputs frame: size, mark or checksum does not fit");
    InputsFrame frame;
    safety::Sensors& s = frame.sensors;
    frame.time_us = r.get<std::uint64_t>();
    s.sequence = r.get<std::uint32_t>();
    s.echo = r.get<std::uint32_t>();
    const auto flags = r.get<std::uint8_t>();
    if (flags > 127) return fail(Errc::malformed, "inputs frame: unknown value");
    s.spent = r.get<std::uint8_t>();
    s.contactor_closed = flags & 1;
    s.locked = flags & 2;
    s.emergency_stop = flags & 4;
    s.earth_present = flags & 8;
    s.charge_enable = flags & 16;
    s.supply_fault = flags & 32;
    s.watchdog_tripped = flags & 64;
    s.pilot_high_mv = r.get<std::int16_t>();
    s.pilot_low_mv = r.get<std::int16_t>();
    s.pilot_duty_permille = r.get<std::uint16_t>();
    s.proximity = {r.get<std::int32_t>()};
    s.supply_voltage = {r.get<std::int32_t>()};
    s.outlet_voltage = {r.get<std::int32_t>()};
    s.current = {r.get<std::int32_t>()};
    s.residual_dc = {r.get<std::int32_t>()};
    s.residual_ac = {r.get<std::int32_t>()};
    s.insulation = {r.get<std::int32_t>()};
    s.plus_temperature = {r.get<std::int16_t>()};
    s.minus_temperature = {r.get<std::int16_t>()};
    s.cabinet_temperature = {r.get<std::int16_t>()};
    if (r.get<std::uint16_t>() != 0) return fail(Errc::malformed, "inputs frame: unknown value");
    s.mains_voltage = {r.get<std::int32_t>()};
    s.mains_frequency = {r.get<std::int32_t>()};
    s.latched = r.get<std::uint32_t>();
    return frame;
}

}  // namespace voltkeep::powerdrv
