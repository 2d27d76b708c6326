// SPDX-License-Identifier: Apache-2.0
#include "transaction_event.hpp"

#include <cmath>

#include "wire/ocpp/codec.hpp"

namespace voltkeep::csms {

namespace {

using namespace ocpp;

/// 1/1000 Wh, nothing if this is not the register of the energy that was delivered.
std::optional<std::int64_t> register_of(const SampledValue& sample) {
    if (sample.measurand.value_or(MeasurandEnum::Energy_Active_Import_Register) != MeasurandEnum::Energy_Active_Import_Register)
        return {};
    if (sample.phase || sample.location.value_or(LocationEnum::Outlet) != LocationEnum::Outlet) return {};
    int places = 3;
    if (sample.unitOfMeasure) {
        const std::string_view unit = sample.unitOfMeasure->unit ? sample.unitOfMeasure->unit->view() : "Wh";
        if (unit == "kWh") places = 6;
        else if (unit != "Wh") return {};
        const std::int32_t multiplier = sample.unitOfMeasure->multiplier ? sample.unitOfMeasure->multiplier->value : 0;
        if (multiplier < -12 || multiplier > 12) return {};
        places += multiplier;
    }
    if (const auto exact = sample.value.scaled(places)) return exact;
    const double rounded = sample.value.approximate() * std::pow(10.0, places);
    if (!(std::abs(rounded) < 9e15)) return {};   // beyond what a double counts, and any meter
    return static_cast<std::int64_t>(rounded);
}

}  // namespace

EventRow event_row(const std::string& station, const TransactionEventRequest& request) {
    EventRow row;
    row.station = station;
    row.transaction = request.transactionInfo.transactionId.view();
    row.sequence = request.seqNo;
    row.kind = word(request.eventType);
    row.trigger = word(request.triggerReason);
    row.at = request.timestamp.time;
    row.offline = request.offline.value_or(false);
    if (request.evse) row.evse = request.evse->id.value;
    if (request.idToken) row.token = request.idToken->idToken.view();
    if (request.meterValue)
        for (const MeterValue& value : *request.meterValue)
            for (const SampledValue& sample : value.sampledValue)
                if (const auto reading = register_of(sample)) {
                    if (!row.first_register) row.first_register = reading;
                    row.last_register = reading;
                }
    if (request.costDetails) {
        const TotalCost& cost = request.costDetails->totalCost;
        const auto& total = cost.total.inclTax ? cost.total.inclTax : cost.total.exclTax;
        if (total) row.cost = total->text();
        row.currency = cost.currency.view();
    }
    if (request.eventType == TransactionEventEnum::Ended)
        row.stopped_reason = word(request.transactionInfo.stoppedReason.value_or(ReasonEnum::Local));   // absent means Local
    const auto payload = write(request);
    CHECK(payload);   // what was read can be written
    row.payload = *payload;
    return row;
}

}  // namespace voltkeep::csms
