// SPDX-License-Identifier: Apache-2.0
// TransactionEvent -> the values that the store looks for. Pure.
#pragma once

#include "peers/csms/store.hpp"
#include "wire/ocpp/messages/transactions.hpp"

namespace voltkeep::csms {

/// The request was read by the codec, so that it can be written again. Register values are those of the whole outlet (no phase,
/// not of the car), in 1/1000 Wh, rounded towards zero; a unit that is not Wh or kWh is left aside.
[[nodiscard]] EventRow event_row(const std::string& station, const ocpp::TransactionEventRequest& request);

}  // namespace voltkeep::csms
