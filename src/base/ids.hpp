// SPDX-License-Identifier: Apache-2.0
// The names of things, as OCPP 2.1 and ISO 15118 count them.
#pragma once

#include <compare>
#include <cstdint>

#include "base/text.hpp"

namespace voltkeep {

/// An EVSE of this station: 1 to 8. 0 stands for the whole station where OCPP says so.
struct EvseId {
    std::uint8_t number = 0;
    friend constexpr auto operator<=>(EvseId, EvseId) = default;
};

/// The identifier of a transaction: a UUID, never used twice in a station's life (OCPP 2.1 E01).
using TransactionId = Text<36>;

}  // namespace voltkeep
