// SPDX-License-Identifier: Apache-2.0
// DC_ChargeParameterDiscovery, ScheduleExchange.
#include <algorithm>

#include "services/iso15118/secc/handlers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

constexpr std::uint32_t schedule_duration_s = 24 * 60 * 60;
constexpr std::uint32_t only_schedule = 1;

/// What the car may have, or nothing if its numbers make no sense together or with this charger.
std::optional<Needs> needs_of(const DC_CPDReqEnergyTransferMode& mode, const Station& station) {
    const auto maximum_voltage = to_millivolt(mode.ev_maximum_voltage);
    const auto minimum_voltage = to_millivolt(mode.ev_minimum_voltage);
    const auto maximum_current = to_milliampere(mode.ev_maximum_charge_current);
    const auto minimum_current = to_milliampere(mode.ev_minimum_charge_current);
    const auto maximum_power = to_watt(mode.ev_maximum_charge_power);
    if (!maximum_voltage || !minimum_voltage || !maximum_current || !minimum_current || !maximum_power) return std::nullopt;
    const bool is_ordered = minimum_voltage->value >= 0 && *maximum_voltage >= *minimum_voltage && minimum_current->value >= 0 &&
                            *maximum_current >= *minimum_current && maximum_power->value >= 0;
    const bool fits = *maximum_voltage >= station.minimum_voltage && *minimum_voltage <= station.maximum_voltage;
    if (!is_ordered || !fits) return std::nullopt;
    Needs needs;
    needs.maximum_voltage = *maximum_voltage;
    needs.maximum_current = *maximum_current;
    needs.minimum_current = *minimum_current;
    needs.maximum_power = *maximum_power;
    return needs;
}

DC_CPDResEnergyTransferMode offer_of(const Station& station) {
    DC_CPDResEnergyTransferMode mode;
    mode.evse_maximum_charge_power = to_rational(station.maximum_power);
    mode.evse_minimum_charge_power = to_rational(station.minimum_power);
    mode.evse_maximum_charge_current = to_rational(station.maximum_current);
    mode.evse_minimum_charge_current = to_rational(station.minimum_current);
    mode.evse_maximum_voltage = to_rational(station.maximum_voltage);
    mode.evse_minimum_voltage = to_rational(station.minimum_voltage);
    return mode;
}

//= ISO 15118-20 [V2G20-2176] a schedule comes with its prices
ScheduleTuple schedule_of(const Session& session, std::uint64_t unix_s) {
    ScheduleTuple tuple;
    tuple.schedule_tuple_id = only_schedule;
    PowerSchedule& power = tuple.charging_schedule.power_schedule;
    power.time_anchor = unix_s;
    power.power_schedule_entries.power_schedule_entry = {{schedule_duration_s, to_rational(session.promised.power), {}, {}}};
    PriceLevelSchedule prices;
    prices.time_anchor = unix_s;
    prices.price_schedule_id = only_schedule;
    prices.number_of_price_levels = 1;
    prices.price_level_schedule_entries.price_level_schedule_entry = {{schedule_duration_s, 0}};
    tuple.charging_schedule.price_schedule = prices;
    return tuple;
}

std::optional<RationalNumber> energy_of(const ScheduleExchangeReq& request) {
    return std::visit([](const auto& mode) -> std::optional<RationalNumber> { return mode.ev_target_energy_request; },
                      request.control_mode);
}

}  // namespace

Answer<DC_ChargeParameterDiscoveryRes> exchange_parameters(const Context& context, const Session& session,
                                                           const DC_ChargeParameterDiscoveryReq& request) {
    using Response = DC_ChargeParameterDiscoveryRes;
    const Station& station = context.station;
    auto answer = begin<Response>(context, session);
    answer.response.energy_transfer_mode = offer_of(station);
    if (!station.is_known) return give_up<Response>(context, session, ResponseCode::FAILED, "the limits are not known");
    const auto* mode = std::get_if<DC_CPDReqEnergyTransferMode>(&request.energy_transfer_mode);
    const auto needs = mode ? needs_of(*mode, station) : std::nullopt;
    if (!needs) {
        answer.response.response_code = ResponseCode::FAILED_WrongChargeParameter;
        return answer;
    }
    answer.session.needs = *needs;
    answer.session.promised = {station.maximum_voltage, station.maximum_current, station.maximum_power};
    answer.session.stage = Stage::schedule_exchange;
    answer.actions.tell_needs = true;
    return answer;
}

//= ISO 15118-20 [V2G20-1600] the control mode of the answer is the one of the request
Answer<ScheduleExchangeRes> exchange_schedules(const Context& context, const Session& session, const ScheduleExchangeReq& request) {
    using Response = ScheduleExchangeRes;
    const bool is_dynamic = std::holds_alternative<Dynamic_SEReqControlMode>(request.control_mode);
    auto answer = begin<Response>(context, session);
    if (!is_dynamic) answer.response.control_mode = Scheduled_SEResControlMode{{schedule_of(session, context.moment.unix_s)}};
    if (is_dynamic != (session.control == ControlMode::dynamic)) {
        answer.response.response_code = ResponseCode::FAILED_ScheduleSelectionInvalid;
        return answer;
    }
    if (const auto energy = energy_of(request))
        answer.session.needs.energy_wanted = std::max(to_watthour(*energy).value_or(WattHour{0}), WattHour{0});
    answer.session.stage = Stage::cable_check;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
