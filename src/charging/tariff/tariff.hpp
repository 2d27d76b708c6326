// SPDX-License-Identifier: Apache-2.0
// What energy costs, in exact decimals: no binary fraction ever touches money. A flat price per kWh.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "base/text.hpp"

namespace voltkeep::charging {

/// A price per kWh in millionths of the currency: 0.45 EUR is 450'000. ISO 4217 currency.
struct Price {
    std::int64_t micro_per_kwh = 0;
    Text<3> currency;
};

/// Millionths of the currency.
struct Money {
    std::int64_t micro = 0;
    friend constexpr auto operator<=>(Money, Money) = default;
};

/// The cost of energy between two readings of a register, 1/1000 Wh. Rounded half up, once, to a millionth.
/// Errors: bad_argument (negative energy or price: a register never falls), full (beyond what fits).
[[nodiscard]] Result<Money> cost_of(std::int64_t energy_mwh, const Price& price);

/// Rounded half up to the currency's minor unit (two digits): what a bill says. Money is not negative.
[[nodiscard]] Money rounded_to_cent(Money money);

/// As people write it: "0.06", "1234.56"; two digits, or up to six where there are more that are not 0.
[[nodiscard]] Text<32> written(Money money);

}  // namespace voltkeep::charging
