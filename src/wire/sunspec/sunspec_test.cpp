// SPDX-License-Identifier: Apache-2.0
#include "wire/sunspec/sunspec.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace voltkeep::sunspec {
namespace {

using Model = std::array<std::uint16_t, header_size + dc_length>;

Model model_of(const DcMeasurement& m) { return write_dc(m); }
Result<DcMeasurement> read(const Model& registers) { return read_dc(Registers(registers).subspan(header_size)); }

/// A meter of another maker, register by register: 400.25 V, 12.5 A, 5.003 kW; 123,456.78 Wh in, 9 Wh out.
std::vector<std::uint16_t> of_another_maker() {
    std::vector<std::uint16_t> r(dc_length, 0);
    r[2] = 1;                                               // NPrt
    r[13] = static_cast<std::uint16_t>(-1);                 // DCA_SF
    r[14] = static_cast<std::uint16_t>(-2);                 // DCV_SF
    r[15] = 0;                                              // DCW_SF
    r[16] = static_cast<std::uint16_t>(-2);                 // DCWH_SF
    r[28] = 125;                                            // DCA
    r[29] = 40'025;                                         // DCV
    r[30] = 5'003;                                          // DCW
    r[33] = 12'345'678 >> 16, r[34] = 12'345'678 & 0xffff;  // DCWhInj
    r[38] = 900;                                            // DCWhAbs
    r[41] = r[42] = 0xffff;                                 // DCAlrm: not implemented
    return r;
}

}  // namespace

TEST(SunSpec, a_measurement_is_what_its_points_say) {
    const auto m = read_dc(of_another_maker());
    ASSERT_TRUE(m) << m.error().what.view();
    EXPECT_EQ(m->injected_mwh, 123'456'780);
    EXPECT_EQ(m->absorbed_mwh, 9'000);
    EXPECT_EQ(m->voltage.value, 400'250);
    EXPECT_EQ(m->current.value, 12'500);
    EXPECT_EQ(m->power.value, 5'003);
    EXPECT_FALSE(m->is_faulty);
}

TEST(SunSpec, what_is_written_is_read_and_every_digit_of_the_registers_with_it) {
    const DcMeasurement m{
        .injected_mwh = 123'456'789'012, .absorbed_mwh = 7, .voltage = {812'300}, .current = {-124'900}, .power = {-101'400}};
    const Model model = model_of(m);
    EXPECT_EQ(model[0], 714);
    EXPECT_EQ(model[1], 43);
    const auto back = read(model);
    ASSERT_TRUE(back) << back.error().what.view();
    EXPECT_EQ(back->injected_mwh, m.injected_mwh);
    EXPECT_EQ(back->absorbed_mwh, m.absorbed_mwh);
    EXPECT_EQ(back->voltage, m.voltage);
    EXPECT_EQ(back->current, m.current);
    EXPECT_EQ(back->power, m.power);
    EXPECT_TRUE(read(model_of({.is_faulty = true}))->is_faulty);
}

TEST(SunSpec, what_is_not_implemented_is_no_measurement) {
    for (const std::size_t scale : {13u, 14u, 15u, 16u}) {
        for (const int factor : {-0x8000, 11, -11}) {
            auto r = of_another_maker();
            r[scale] = static_cast<std::uint16_t>(factor);
            EXPECT_EQ(read_dc(r).error().code, Errc::malformed) << scale << " " << factor;
        }
    }
    for (const auto& [point, none] : {std::pair{28u, 0x8000u}, {29u, 0xffffu}, {30u, 0x8000u}}) {
        auto r = of_another_maker();
        r[point] = static_cast<std::uint16_t>(none);
        EXPECT_EQ(read_dc(r).error().code, Errc::malformed) << point;
    }
    for (const std::size_t energy : {31u, 35u}) {
        auto r = of_another_maker();
        std::fill_n(r.begin() + static_cast<std::ptrdiff_t>(energy), 4, std::uint16_t{0xffff});
        EXPECT_EQ(read_dc(r).error().code, Errc::malformed) << energy;
    }
}

TEST(SunSpec, a_value_beyond_its_type_is_refused_and_not_cut) {
    auto r = of_another_maker();
    r[16] = 10;
    EXPECT_EQ(read_dc(r).error().code, Errc::malformed) << "more energy than there is";
    r = of_another_maker();
    r[31] = 0x7fff;
    EXPECT_EQ(read_dc(r).error().code, Errc::malformed);
    r = of_another_maker();
    r[14] = 5;
    EXPECT_EQ(read_dc(r).error().code, Errc::malformed) << "40 GV";
}

TEST(SunSpec, an_alarm_or_a_state_of_error_is_a_fault) {
    for (const auto& [where, value] : {std::pair{1u, 1u}, {0u, 0x8000u}, {42u, 1u}, {40u, 3u}}) {
        auto r = of_another_maker();
        r[41] = r[42] = 0;
        r[where] = static_cast<std::uint16_t>(value);
        EXPECT_TRUE(read_dc(r)->is_faulty) << where;
    }
}

TEST(SunSpec, a_meter_of_several_ports_or_another_length_is_not_this_one) {
    auto r = of_another_maker();
    r[2] = 2;
    EXPECT_EQ(read_dc(r).error().code, Errc::unsupported);
    EXPECT_EQ(read_dc(Registers(r).first(dc_length - 1)).error().code, Errc::unsupported);
    EXPECT_EQ(read_dc({}).error().code, Errc::unsupported);
}

TEST(SunSpec, a_text_ends_at_its_first_nul_and_is_printable) {
    const auto common = write_common({.maker = "Voltkeep", .model = "simulated", .version = "1", .serial = "VK-DC-100001"});
    const Registers serial = Registers(common).subspan(header_size + serial_at, serial_length);
    EXPECT_EQ(read_text(serial)->view(), "VK-DC-100001");
    EXPECT_EQ(read_text({})->view(), "");
    const std::vector<std::uint16_t> full(16, 0x4142);
    EXPECT_EQ(read_text(full)->size(), 32u);
    const std::vector<std::uint16_t> longer(17, 0x4142), control(1, 0x4107);
    EXPECT_EQ(read_text(longer).error().code, Errc::malformed);
    EXPECT_EQ(read_text(control).error().code, Errc::malformed);
}

}  // namespace voltkeep::sunspec
