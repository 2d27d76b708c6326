// SPDX-License-Identifier: Apache-2.0
#include "wire/sunspec/sunspec.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace voltkeep::sunspec {

namespace {

/// Points of model 714, counted from behind its header: of all ports, then of the one.
namespace at {
constexpr std::size_t alarms = 0, ports = 2, all_current = 3, all_power = 4, all_injected = 5, all_absorbed = 9;
constexpr std::size_t current_scale = 13, voltage_scale = 14, power_scale = 15, energy_scale = 16, temperature_scale = 17;
constexpr std::size_t port_type = 18, current = 28, voltage = 29, power = 30, injected = 31, absorbed = 35, temperature = 39,
                      state = 40, port_alarms = 41;
}  // namespace at

// What a point says that the meter does not have.
constexpr std::uint16_t no_int16 = 0x8000, no_uint16 = 0xffff;
constexpr std::uint32_t no_bits = 0xffff'ffff;
constexpr std::uint64_t no_uint64 = 0xffff'ffff'ffff'ffff;
constexpr std::uint16_t state_on = 1, state_error = 3, port_of_another_type = 6;
constexpr int largest_scale = 10;  // of sunssf: -10 to 10

std::unexpected<Error> bad(std::string_view point, std::string_view what) {
    return fail(Errc::malformed, "SunSpec model 714: " + std::string(point) + " " + std::string(what));
}

std::uint64_t wide(Registers r, std::size_t first, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 16 | r[first + i];
    return value;
}

Result<int> scale(Registers r, std::size_t where, std::string_view point) {
    if (r[where] == no_int16) return bad(point, "is not implemented");
    const int factor = static_cast<std::int16_t>(r[where]);
    if (factor < -largest_scale || factor > largest_scale) return bad(point, "is no scale factor");
    return factor;
}

/// value x 10^power, if it is not beyond `highest` either way; digits behind the last one are dropped, towards zero.
template <class T>
Result<T> scaled(std::int64_t value, int power, std::int64_t highest, std::string_view point) {
    for (; power < 0 && value != 0; ++power) value /= 10;
    for (; power > 0 && value != 0; --power)
        if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return bad(point, "is beyond what can be");
    if (value > highest || value < -highest) return bad(point, "is beyond what can be");
    return static_cast<T>(value);
}

Result<std::int32_t> quantity(Registers r, std::size_t where, bool is_signed, int power, std::string_view point) {
    if (r[where] == (is_signed ? no_int16 : no_uint16)) return bad(point, "is not implemented");
    const std::int64_t value = is_signed ? std::int64_t{static_cast<std::int16_t>(r[where])} : std::int64_t{r[where]};
    return scaled<std::int32_t>(value, power, std::numeric_limits<std::int32_t>::max(), point);
}

Result<std::int64_t> energy(Registers r, std::size_t where, int power, std::string_view point) {
    constexpr std::int64_t highest = 9'000'000'000'000'000;  // 1/1000 Wh: a megawatt for a thousand years
    const std::uint64_t value = wide(r, where, 4);
    if (value == no_uint64) return bad(point, "is not implemented");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return bad(point, "is beyond what can be");
    return scaled<std::int64_t>(static_cast<std::int64_t>(value), power, highest, point);
}

bool has_alarm(Registers r, std::size_t where) {
    const std::uint64_t bits = wide(r, where, 2);
    return bits != 0 && bits != no_bits;
}

template <std::size_t N>
void put_text(std::array<std::uint16_t, N>& registers, std::size_t where, std::size_t count, std::string_view text) {
    for (std::size_t i = 0; i < 2 * count && i < text.size(); ++i) {
        const auto octet = static_cast<unsigned>(static_cast<unsigned char>(text[i]));
        registers[where + i / 2] = static_cast<std::uint16_t>(registers[where + i / 2] | octet << (i % 2 == 0 ? 8 : 0));
    }
}

}  // namespace

Result<Text<32>> read_text(Registers registers) {
    std::string text;
    for (const std::uint16_t r : registers) {
        text += static_cast<char>(r >> 8);
        text += static_cast<char>(r & 0xff);
    }
    text.resize(std::min(text.find('\0'), text.size()));
    if (!std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }))
        return fail(Errc::malformed, "SunSpec: a text is not printable");
    const auto bounded = Text<32>::from(text);
    if (!bounded) return fail(Errc::malformed, "SunSpec: a text is too long");
    return *bounded;
}

Result<DcMeasurement> read_dc(Registers r) {
    if (r.size() != dc_length || r[at::ports] != 1) return fail(Errc::unsupported, "SunSpec model 714: expected one port");
    const int energy_scale = TRY(scale(r, at::energy_scale, "DCWH_SF")) + 3;  // 3: to 1/1000
    const int voltage_scale = TRY(scale(r, at::voltage_scale, "DCV_SF")) + 3;
    const int current_scale = TRY(scale(r, at::current_scale, "DCA_SF")) + 3;
    const int power_scale = TRY(scale(r, at::power_scale, "DCW_SF"));
    DcMeasurement m;
    m.injected_mwh = TRY(energy(r, at::injected, energy_scale, "DCWhInj"));
    m.absorbed_mwh = TRY(energy(r, at::absorbed, energy_scale, "DCWhAbs"));
    m.voltage = {TRY(quantity(r, at::voltage, false, voltage_scale, "DCV"))};
    m.current = {TRY(quantity(r, at::current, true, current_scale, "DCA"))};
    m.power = {TRY(quantity(r, at::power, true, power_scale, "DCW"))};
    m.is_faulty = has_alarm(r, at::alarms) || has_alarm(r, at::port_alarms) || r[at::state] == state_error;
    return m;
}

std::array<std::uint16_t, header_size + common_length> write_common(const Common& common) {
    std::array<std::uint16_t, header_size + common_length> r{model::common, common_length};
    put_text(r, header_size, 16, common.maker.view());
    put_text(r, header_size + 16, 16, common.model.view());
    put_text(r, header_size + 40, 8, common.version.view());
    put_text(r, header_size + serial_at, serial_length, common.serial.view());
    r[header_size + 64] = 1;  // its own address
    r[header_size + 65] = no_int16;
    return r;
}

std::array<std::uint16_t, header_size + dc_length> write_dc(const DcMeasurement& m) {
    std::array<std::uint16_t, header_size + dc_length> all{model::dc_measurement, dc_length};
    const auto r = std::span(all).subspan(header_size);
    const auto put_signed = [&](std::size_t where, std::int64_t value) {
        r[where] = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::clamp<std::int64_t>(value, -32'767, 32'767)));
    };
    const auto put_energy = [&](std::size_t where, std::int64_t mwh) {
        for (std::size_t i = 0; i < 4; ++i)
            r[where + i] = static_cast<std::uint16_t>(static_cast<std::uint64_t>(mwh) >> (48 - 16 * i));
    };
    r[at::ports] = 1;
    for (const std::size_t current : {at::all_current, at::current}) put_signed(current, m.current.value / 100);
    for (const std::size_t power : {at::all_power, at::power}) put_signed(power, m.power.value / 100);
    for (const std::size_t injected : {at::all_injected, at::injected}) put_energy(injected, m.injected_mwh);
    for (const std::size_t absorbed : {at::all_absorbed, at::absorbed}) put_energy(absorbed, m.absorbed_mwh);
    put_signed(at::current_scale, -1);
    put_signed(at::voltage_scale, -1);
    put_signed(at::power_scale, 2);
    put_signed(at::energy_scale, -3);
    r[at::temperature_scale] = r[at::temperature] = no_int16;
    r[at::port_type] = port_of_another_type;
    r[at::voltage] = static_cast<std::uint16_t>(std::clamp(m.voltage.value / 100, 0, no_uint16 - 1));
    r[at::state] = m.is_faulty ? state_error : state_on;
    return all;
}

}  // namespace voltkeep::sunspec
