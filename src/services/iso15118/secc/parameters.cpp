// SPDX-License-Identifier: Apache-2.0
// DC_ChargeParameterDiscovery, AC_ChargeParameterDiscovery: what the car may have, and what the charger promises.
#include <algorithm>
#include <limits>

#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"
#include "wire/iso15118/rational.hpp"

namespace voltkeep::iso15118::secc {
namespace {

/// What comes back is said as a magnitude; whoever says it with a sign means the same.
template <class Q>
std::optional<Q> magnitude(const std::optional<Q>& quantity) {
    if (!quantity || quantity->value == std::numeric_limits<typename Q::rep>::min()) return std::nullopt;
    return Q{quantity->value < 0 ? -quantity->value : quantity->value};
}

/// Nothing if the numbers make no sense together or with this charger.
template <class Mode>
std::optional<Needs> needs_of_dc(const Mode& mode, const Station& station) {
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
    if constexpr (requires { mode.ev_maximum_discharge_current; }) {
        const auto current = magnitude(to_milliampere(mode.ev_maximum_discharge_current));
        const auto power = magnitude(to_watt(mode.ev_maximum_discharge_power));
        if (!current || !power) return std::nullopt;
        needs.maximum_discharge_current = *current;
        needs.maximum_discharge_power = *power;
    }
    return needs;
}

/// The sum of the phases: the first number is of all of them if it is alone, else of L1.
std::optional<Watt> sum_of(const RationalNumber& first, const std::optional<RationalNumber>& l2,
                           const std::optional<RationalNumber>& l3) {
    std::int64_t sum = 0;
    for (const auto& power : {std::optional(first), l2, l3}) {
        if (!power) continue;
        const auto watts = to_watt(*power);
        if (!watts) return std::nullopt;
        sum += watts->value;
    }
    if (sum < std::numeric_limits<std::int32_t>::min() || sum > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
    return Watt{static_cast<std::int32_t>(sum)};
}

template <class Mode>
std::optional<Needs> needs_of_ac(const Mode& mode) {
    const auto maximum = sum_of(mode.ev_maximum_charge_power, mode.ev_maximum_charge_power_l2, mode.ev_maximum_charge_power_l3);
    const auto minimum = sum_of(mode.ev_minimum_charge_power, mode.ev_minimum_charge_power_l2, mode.ev_minimum_charge_power_l3);
    if (!maximum || !minimum || minimum->value < 0 || *maximum < *minimum) return std::nullopt;
    Needs needs;
    needs.maximum_power = *maximum;
    if constexpr (requires { mode.ev_maximum_discharge_power; }) {
        const auto power = magnitude(
            sum_of(mode.ev_maximum_discharge_power, mode.ev_maximum_discharge_power_l2, mode.ev_maximum_discharge_power_l3));
        if (!power) return std::nullopt;
        needs.maximum_discharge_power = *power;
    }
    return needs;
}

template <class Mode>
Mode dc_offer_of(const Station& station) {
    Mode mode;
    mode.evse_maximum_charge_power = to_rational(station.maximum_power);
    mode.evse_minimum_charge_power = to_rational(station.minimum_power);
    mode.evse_maximum_charge_current = to_rational(station.maximum_current);
    mode.evse_minimum_charge_current = to_rational(station.minimum_current);
    mode.evse_maximum_voltage = to_rational(station.maximum_voltage);
    mode.evse_minimum_voltage = to_rational(station.minimum_voltage);
    if constexpr (requires { mode.evse_maximum_discharge_power; }) {
        mode.evse_maximum_discharge_power = to_rational(station.maximum_discharge_power);
        mode.evse_maximum_discharge_current = to_rational(station.maximum_discharge_current);
    }
    return mode;
}

template <class Mode>
Mode ac_offer_of(const Station& station) {
    constexpr std::int64_t nominal_hertz = 50;
    Mode mode;
    mode.evse_maximum_charge_power = to_rational(station.maximum_power);
    mode.evse_minimum_charge_power = to_rational(station.minimum_power);
    mode.evse_nominal_frequency = to_rational(nominal_hertz, 0);
    if constexpr (requires { mode.evse_maximum_discharge_power; })
        mode.evse_maximum_discharge_power = to_rational(station.maximum_discharge_power);
    return mode;
}

/// The parameters' variant is that of the selected service, and the numbers are possible; else FAILED_WrongChargeParameter.
template <class Response>
void conclude(Answer<Response>& answer, const Station& station, const std::optional<Needs>& needs) {
    if (!needs) {
        answer.response.response_code = ResponseCode::FAILED_WrongChargeParameter;
        return;
    }
    answer.session.needs = *needs;
    answer.session.promised = {station.maximum_voltage, station.maximum_current, station.maximum_power, {}, {}};
    if (is_bidirectional(answer.session.service)) {
        answer.session.promised.discharge_current = station.maximum_discharge_current;
        answer.session.promised.discharge_power = station.maximum_discharge_power;
    }
    answer.session.stage = Stage::schedule_exchange;
    answer.actions.tell_needs = true;
}

}  // namespace

Answer<DC_ChargeParameterDiscoveryRes> exchange_parameters(const Context& context, const Session& session,
                                                           const DC_ChargeParameterDiscoveryReq& request) {
    using Response = DC_ChargeParameterDiscoveryRes;
    const Station& station = context.station;
    auto answer = begin<Response>(context, session);
    const auto* plain = std::get_if<DC_CPDReqEnergyTransferMode>(&request.energy_transfer_mode);
    const auto* both = std::get_if<BPT_DC_CPDReqEnergyTransferMode>(&request.energy_transfer_mode);
    if (both) answer.response.energy_transfer_mode = dc_offer_of<BPT_DC_CPDResEnergyTransferMode>(station);
    else answer.response.energy_transfer_mode = dc_offer_of<DC_CPDResEnergyTransferMode>(station);
    if (!station.is_known) return give_up<Response>(context, session, ResponseCode::FAILED, "the limits are not known");
    std::optional<Needs> needs;
    if (is_ac(session.service)) return refuse<Response>(context, session, ResponseCode::FAILED_SequenceError);
    if (plain && !is_bidirectional(session.service)) needs = needs_of_dc(*plain, station);
    if (both && is_bidirectional(session.service)) needs = needs_of_dc(*both, station);
    conclude(answer, station, needs);
    return answer;
}

Answer<AC_ChargeParameterDiscoveryRes> exchange_ac_parameters(const Context& context, const Session& session,
                                                              const AC_ChargeParameterDiscoveryReq& request) {
    using Response = AC_ChargeParameterDiscoveryRes;
    const Station& station = context.station;
    auto answer = begin<Response>(context, session);
    const auto* plain = std::get_if<AC_CPDReqEnergyTransferMode>(&request.energy_transfer_mode);
    const auto* both = std::get_if<BPT_AC_CPDReqEnergyTransferMode>(&request.energy_transfer_mode);
    if (both) answer.response.energy_transfer_mode = ac_offer_of<BPT_AC_CPDResEnergyTransferMode>(station);
    else answer.response.energy_transfer_mode = ac_offer_of<AC_CPDResEnergyTransferMode>(station);
    if (!station.is_known) return give_up<Response>(context, session, ResponseCode::FAILED, "the limits are not known");
    std::optional<Needs> needs;
    if (!is_ac(session.service)) return refuse<Response>(context, session, ResponseCode::FAILED_SequenceError);
    if (plain && !is_bidirectional(session.service)) needs = needs_of_ac(*plain);
    if (both && is_bidirectional(session.service)) needs = needs_of_ac(*both);
    conclude(answer, station, needs);
    return answer;
}

}  // namespace voltkeep::iso15118::secc
