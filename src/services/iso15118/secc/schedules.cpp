// SPDX-License-Identifier: Apache-2.0
// ScheduleExchange: power and prices over time, before the charge and beside it.
#include <algorithm>

#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "services/iso15118/secc/schedule.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

constexpr std::int8_t whole_battery = 100;   ///< percent

PriceLevelSchedule price_levels(std::uint64_t unix_s) {
    PriceLevelSchedule prices;
    prices.time_anchor = unix_s;
    prices.price_schedule_id = only_schedule;
    prices.number_of_price_levels = 1;
    prices.price_level_schedule_entries.price_level_schedule_entry = {{schedule_duration_s, 0}};
    return prices;
}

/// The flat price of the station's tariff, by energy alone.
AbsolutePriceSchedule prices_in_money(const Settings& settings, std::uint64_t unix_s) {
    constexpr int millionths = -6;
    AbsolutePriceSchedule prices;
    prices.time_anchor = unix_s;
    prices.price_schedule_id = only_schedule;
    prices.currency = Currency::from(settings.currency.view()).value_or(Currency());
    prices.language = Language("eng");
    prices.price_algorithm = Identifier("urn:iso:std:iso:15118:-20:PriceAlgorithm:1-Power");
    PriceRuleStack stack;
    stack.duration = schedule_duration_s;
    CHECK(stack.price_rule.push({to_rational(settings.price_micro_per_kwh, millionths), {}, {}, {}, {}, to_rational(Watt{0})}));
    prices.price_rule_stacks.price_rule_stack = {stack};
    return prices;
}

//= ISO 15118-20 [V2G20-2176] a schedule comes with its prices
ScheduleTuple schedule_of(const Context& context, const Session& session, Pricing pricing) {
    const std::uint64_t unix_s = context.moment.unix_s;
    ScheduleTuple tuple;
    tuple.schedule_tuple_id = only_schedule;
    PowerSchedule& power = tuple.charging_schedule.power_schedule;
    power.time_anchor = unix_s;
    power.power_schedule_entries.power_schedule_entry = {{schedule_duration_s, to_rational(session.offered), {}, {}}};
    if (pricing == Pricing::absolute) tuple.charging_schedule.price_schedule = prices_in_money(context.settings, unix_s);
    else tuple.charging_schedule.price_schedule = price_levels(unix_s);
    if (is_bidirectional(session.service)) {
        ChargingSchedule back = tuple.charging_schedule;
        const RationalNumber most = to_rational(session.promised.discharge_power);
        back.power_schedule.power_schedule_entries.power_schedule_entry = {{schedule_duration_s, most, {}, {}}};
        tuple.discharging_schedule = back;
    }
    return tuple;
}

/// Where the charger provides the mobility needs, they are the car's own, as far as it has said them, and the whole battery.
Dynamic_SEResControlMode mobility_needs(const Dynamic_SEReqControlMode& request) {
    Dynamic_SEResControlMode mode;
    mode.departure_time = request.departure_time;
    mode.minimum_soc = request.minimum_soc;
    mode.target_soc = request.target_soc ? request.target_soc : std::optional(Percent(whole_battery));
    return mode;
}

std::optional<RationalNumber> energy_of(const ScheduleExchangeReq& request) {
    return std::visit([](const auto& mode) -> std::optional<RationalNumber> { return mode.ev_target_energy_request; },
                      request.control_mode);
}

//= ISO 15118-20 [V2G20-1600] the control mode of the answer is the one of the request
Answer<ScheduleExchangeRes> exchange(const Context& context, const Session& session, const ScheduleExchangeReq& request) {
    const auto* dynamic = std::get_if<Dynamic_SEReqControlMode>(&request.control_mode);
    const Combination* offer = find_offer(context.settings, session.service, session.parameter_set);
    auto answer = begin<ScheduleExchangeRes>(context, session);
    answer.session.offered = session.promised.power;
    if (context.station.is_known && context.station.available_power.value > 0)
        answer.session.offered = std::min(session.promised.power, context.station.available_power);
    if (!dynamic) {
        const Pricing pricing = offer ? offer->pricing : Pricing::level;
        answer.response.control_mode = Scheduled_SEResControlMode{{schedule_of(context, answer.session, pricing)}};
    } else if (offer && offer->mobility == MobilityNeeds::by_charger) {
        answer.response.control_mode = mobility_needs(*dynamic);
    }
    if ((dynamic != nullptr) != (session.control == ControlMode::dynamic)) {
        answer.response.response_code = ResponseCode::FAILED_ScheduleSelectionInvalid;
        return answer;
    }
    if (const auto energy = energy_of(request))
        answer.session.needs.energy_wanted = std::max(to_watthour(*energy).value_or(WattHour{0}), WattHour{0});
    return answer;
}

}  // namespace

Answer<ScheduleExchangeRes> exchange_schedules(const Context& context, const Session& session,
                                               const ScheduleExchangeReq& request) {
    auto answer = exchange(context, session, request);
    if (is_failed(answer.response.response_code)) return answer;
    answer.session.scheduled = answer.session.offered;
    answer.session.stage = is_ac(session.service) ? Stage::power_delivery : Stage::cable_check;
    return answer;
}

Answer<ScheduleExchangeRes> renegotiate_schedules(const Context& context, const Session& session,
                                                  const ScheduleExchangeReq& request) {
    if (session.renegotiation == Renegotiation::none)
        return refuse<ScheduleExchangeRes>(context, session, ResponseCode::FAILED_SequenceError);
    auto answer = exchange(context, session, request);
    answer.session.renegotiation = Renegotiation::offered;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
