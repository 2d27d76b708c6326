// SPDX-License-Identifier: Apache-2.0
// SunSpec information models, as a meter of direct current shows them in its Modbus registers: the common model (1) and the DC
// measurement (714) with one port. Pure: registers in host order to values and back; it knows no bus, no address and no clock.
//
// A register that says "not implemented" is no measurement: where a reading needs it, the reading is refused.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "base/units.hpp"

namespace voltkeep::sunspec {

using Registers = std::span<const std::uint16_t>;

/// Where a map may begin: its first two registers are the mark.
inline constexpr std::array<std::uint16_t, 3> base_addresses{40'000, 0, 50'000};
inline constexpr std::array<std::uint16_t, 2> mark{0x5375, 0x6e53};  // "SunS"

/// The two registers in front of each model. The chain of models ends with one that is called `end`.
inline constexpr std::size_t header_size = 2;
namespace model {
inline constexpr std::uint16_t common = 1, dc_measurement = 714, end = 0xffff;
}
/// Registers behind the header. The common model may be without its last one, which is for alignment.
inline constexpr std::uint16_t common_length = 66;
inline constexpr std::uint16_t dc_length = 43;  ///< of model 714 with one port
/// Of the serial number in the common model, behind its header.
inline constexpr std::uint16_t serial_at = 48, serial_length = 16;

struct Common {
    Text<32> maker;
    Text<32> model;
    Text<16> version;
    Text<32> serial;
};

/// One port's values. Injected: into the port, which is the car's; absorbed: from it.
struct DcMeasurement {
    std::int64_t injected_mwh = 0;  ///< 1/1000 Wh
    std::int64_t absorbed_mwh = 0;
    MilliVolt voltage{};
    MilliAmpere current{};  ///< negative flows from the car
    Watt power{};
    bool is_faulty = false;  ///< an alarm of the meter or of its port, or its state is "error"
};

/// The text in some registers, two characters each, to the first NUL. Errors: malformed (not printable, or longer than the
/// bound).
[[nodiscard]] Result<Text<32>> read_text(Registers registers);

/// Model 714, without its header. Errors: unsupported (not one port, another length), malformed (a value that a reading needs is
/// not implemented, a scale factor off its range, a value beyond what its type holds).
[[nodiscard]] Result<DcMeasurement> read_dc(Registers registers);

/// The other side: whole models with their headers. Scales: 0.1 A, 0.1 V, 100 W, 1/1000 Wh; what is beyond them is at their end.
[[nodiscard]] std::array<std::uint16_t, header_size + common_length> write_common(const Common& common);
[[nodiscard]] std::array<std::uint16_t, header_size + dc_length> write_dc(const DcMeasurement& measurement);

}  // namespace voltkeep::sunspec
