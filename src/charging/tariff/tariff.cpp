// SPDX-License-Identifier: Apache-2.0
#include "charging/tariff/tariff.hpp"

#include <cstdio>
#include <limits>
#include <string_view>

namespace voltkeep::charging {

Result<Money> cost_of(std::int64_t energy_mwh, const Price& price) {
    if (energy_mwh < 0) return fail(Errc::bad_argument, "cost of negative energy: the meter's register fell");
    if (price.micro_per_kwh < 0) return fail(Errc::bad_argument, "price per kWh is negative");
    __extension__ using Wide = __int128;
    constexpr Wide mwh_per_kwh = 1'000'000;
    const Wide exact = static_cast<Wide>(energy_mwh) * price.micro_per_kwh;
    const Wide micro = (exact + mwh_per_kwh / 2) / mwh_per_kwh;
    if (micro > std::numeric_limits<std::int64_t>::max()) return fail(Errc::full, "cost beyond what can be counted");
    return Money{static_cast<std::int64_t>(micro)};
}

Money rounded_to_cent(Money money) {
    constexpr std::int64_t cent = 10'000;
    const std::int64_t rest = money.micro % cent;
    return {money.micro - rest + (rest >= cent / 2 ? cent : 0)};
}

Text<32> written(Money money) {
    char text[32];
    const bool negative = money.micro < 0;
    const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(money.micro) : static_cast<std::uint64_t>(money.micro);
    const int n =
        std::snprintf(text, sizeof text, "%s%llu.%06llu", negative ? "-" : "", static_cast<unsigned long long>(size / 1'000'000),
                      static_cast<unsigned long long>(size % 1'000'000));
    std::string_view view(text, static_cast<std::size_t>(n));
    for (int dropped = 0; dropped < 4 && view.back() == '0'; ++dropped) view.remove_suffix(1);
    return Text<32>::cut(view);
}

}  // namespace voltkeep::charging
