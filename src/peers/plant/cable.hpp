// SPDX-License-Identifier: Apache-2.0
// What goes through the charging cable, as far as it is not V2G: the car's end of the pilot and of the conductors.
// A car connects to `evse<N>-cable.sock` (SOCK_SEQPACKET, one frame a packet), says what it does as often as it changes, and gets
// what it measures every 10 ms. When the connection ends, the plug has been pulled. The battery is simulated in the plant; a car
// brings its own.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace voltkeep::plant {

/// The resistor that the car puts on the pilot.
enum class CarPilot : std::uint8_t { a, b, c, d, last_ = d };

/// From the car: what it does now. Battery members count when it plugs in.
struct CarFrame {
    bool plugged = false;
    CarPilot pilot = CarPilot::b;        ///< what the plugged car shows
    bool contactor = false;              ///< its own contactor; AC: its S2 and on-board charger
    bool diode = true;
    WattHour battery{77'000};            ///< capacity, 1 to 1'000'000
    Permille state_of_charge{500};       ///< 0 to 1000
    MilliAmpere ac_draw{16'000};         ///< AC: what it takes, if the pilot offers it
    friend bool operator==(const CarFrame&, const CarFrame&) = default;
};

/// To the car: what it measures.
struct CableFrame {
    std::uint32_t sequence = 0;
    bool steady = true;                  ///< the pilot is a level and no PWM
    bool pilot_fault = false;            ///< the pilot says F
    bool locked = false;
    std::uint16_t duty_permille = 1'000;
    MilliVolt inlet_voltage{};
    MilliAmpere current{};               ///< into the battery
    MilliVolt battery_voltage{};         ///< behind the car's own contactor
    Permille state_of_charge{};
    DeciCelsius inlet_temperature{};
    std::int64_t received_mwh = 0;       ///< since it was plugged, as the car measures it
};

inline constexpr std::size_t kCarFrameSize = 24;
inline constexpr std::size_t kCableFrameSize = 40;
inline constexpr std::uint32_t kCarMark = 0x31'45'43'56;    // "VCE1"
inline constexpr std::uint32_t kCableMark = 0x31'43'43'56;  // "VCC1"
inline constexpr std::int64_t kCablePeriodUs = 10'000;

[[nodiscard]] inline std::array<std::byte, kCarFrameSize> encode(const CarFrame& frame) {
    FrameWriter<kCarFrameSize> w(kCarMark);
    w.put(static_cast<std::uint8_t>((frame.plugged ? 1u : 0u) | (frame.contactor ? 2u : 0u) | (frame.diode ? 4u : 0u)));
    w.put(static_cast<std::uint8_t>(frame.pilot));
    w.put(frame.state_of_charge.value);
    w.put(static_cast<std::int64_t>(frame.battery.value));
    w.put(frame.ac_draw.value);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed (also a battery that cannot be).
[[nodiscard]] inline Result<CarFrame> decode_car(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kCarFrameSize, kCarMark)) return fail(Errc::malformed, "car frame: size, mark or checksum does not fit");
    const auto flags = r.get<std::uint8_t>();
    const auto pilot = r.get<std::uint8_t>();
    if (flags > 7 || pilot > static_cast<std::uint8_t>(CarPilot::last_)) return fail(Errc::malformed, "car frame: unknown value");
    CarFrame frame;
    frame.plugged = flags & 1;
    frame.contactor = flags & 2;
    frame.diode = flags & 4;
    frame.pilot = static_cast<CarPilot>(pilot);
    frame.state_of_charge = {r.get<std::int16_t>()};
    frame.battery = {r.get<std::int64_t>()};
    frame.ac_draw = {r.get<std::int32_t>()};
    if (frame.state_of_charge.value < 0 || frame.state_of_charge.value > 1'000 || frame.battery.value < 1 ||
        frame.battery.value > 1'000'000 || frame.ac_draw.value < 0 || frame.ac_draw.value > 200'000)
        return fail(Errc::malformed, "car frame: a battery or a draw that cannot be");
    return frame;
}

[[nodiscard]] inline std::array<std::byte, kCableFrameSize> encode(const CableFrame& frame) {
    FrameWriter<kCableFrameSize> w(kCableMark);
    w.put(frame.sequence);
    w.put(static_cast<std::uint8_t>((frame.steady ? 1u : 0u) | (frame.pilot_fault ? 2u : 0u) | (frame.locked ? 4u : 0u)));
    w.put(std::uint8_t{0});
    w.put(frame.duty_permille);
    w.put(frame.inlet_voltage.value);
    w.put(frame.current.value);
    w.put(frame.battery_voltage.value);
    w.put(frame.state_of_charge.value);
    w.put(frame.inlet_temperature.value);
    w.put(frame.received_mwh);
    const auto bytes = w.finish();
    CHECK(bytes.has_value());
    return *bytes;
}

/// Errors: malformed.
[[nodiscard]] inline Result<CableFrame> decode_cable(Bytes bytes) {
    FrameReader r(bytes);
    if (!r.accepts(kCableFrameSize, kCableMark)) return fail(Errc::malformed, "cable frame: size, mark or checksum does not fit");
    CableFrame frame;
    frame.sequence = r.get<std::uint32_t>();
    const auto flags = r.get<std::uint8_t>();
    if (flags > 7 || r.get<std::uint8_t>() != 0) return fail(Errc::malformed, "cable frame: unknown value");
    frame.steady = flags & 1;
    frame.pilot_fault = flags & 2;
    frame.locked = flags & 4;
    frame.duty_permille = r.get<std::uint16_t>();
    frame.inlet_voltage = {r.get<std::int32_t>()};
    frame.current = {r.get<std::int32_t>()};
    frame.battery_voltage = {r.get<std::int32_t>()};
    frame.state_of_charge = {r.get<std::int16_t>()};
    frame.inlet_temperature = {r.get<std::int16_t>()};
    frame.received_mwh = r.get<std::int64_t>();
    return frame;
}

}  // namespace voltkeep::plant
