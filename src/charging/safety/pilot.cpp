// SPDX-License-Identifier: Apache-2.0
#include "charging/safety/pilot.hpp"

namespace voltkeep::safety {

//= IEC 61851-1 Annex A: A +12, B +9, C +6, D +3, E 0, F -12 V, each +-1 V at the station
Pilot classify_pilot(std::int16_t high_mv, std::int16_t low_mv) {
    const auto near = [](std::int16_t value, int level) { return value >= level - 1'000 && value <= level + 1'000; };
    if (near(high_mv, 12'000)) return Pilot::a;
    if (near(high_mv, 9'000)) return Pilot::b;
    if (near(high_mv, 6'000)) return Pilot::c;
    if (near(high_mv, 3'000)) return Pilot::d;
    if (near(high_mv, 0)) return Pilot::e;
    if (near(high_mv, -12'000) && near(low_mv, -12'000)) return Pilot::f;
    return Pilot::between;
}

//= IEC 61851-1 Annex A: I = 0.6 A x d for 10 to 85 %, I = 2.5 A x (d - 64) for 85 to 96 %
std::uint16_t duty_for(MilliAmpere current) {
    const std::int32_t ma = current.value;
    if (ma < 6'000) return 1'000;
    if (ma <= 51'000) return static_cast<std::uint16_t>(ma / 60);
    if (ma >= 80'000) return 960;
    return static_cast<std::uint16_t>(ma < 52'500 ? 850 : 640 + ma / 250);
}

MilliAmpere current_for(std::uint16_t duty) {
    if (duty >= 80 && duty < 100) return {6'000};
    if (duty >= 100 && duty <= 850) return {duty * 60};
    if (duty > 850 && duty <= 960) return {(duty - 640) * 250};
    if (duty > 960 && duty <= 970) return {80'000};
    return {0};
}

//= IEC 61851-1 Annex B: 1.5 kOhm 13 A, 680 Ohm 20 A, 220 Ohm 32 A, 100 Ohm 63 A
MilliAmpere cable_rating(Ohm proximity) {
    const auto within = [&](std::int32_t low, std::int32_t high) { return proximity.value >= low && proximity.value <= high; };
    if (within(1'100, 2'460)) return {13'000};
    if (within(400, 936)) return {20'000};
    if (within(164, 308)) return {32'000};
    if (within(80, 140)) return {63'000};
    return {0};
}

}  // namespace voltkeep::safety
