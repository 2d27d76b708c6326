// SPDX-License-Identifier: Apache-2.0
// ServiceDiscovery, ServiceDetail, ServiceSelection.
#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"

namespace voltkeep::iso15118::secc {
namespace {

Parameter number(Name name, int value) { return {name, std::int32_t{value}}; }

/// Single or three-phase; extended DC (CCS); MCS.
int connector_of(const Settings& settings) {
    constexpr int dc_extended = 2, mcs = 1;
    if (settings.outlet == Outlet::ac) return settings.phases == 1 ? 1 : 3;
    return settings.outlet == Outlet::mcs ? mcs : dc_extended;
}

ParameterSet parameters_of(const Settings& settings, ServiceID service, const Combination& combination) {
    constexpr int unified_channel = 1, grid_following = 1, passive_detection = 2;
    const int control = combination.control == ControlMode::dynamic ? 2 : 1;
    ParameterSet set{combination.parameter_set, {number("Connector", connector_of(settings)), number("ControlMode", control)}};
    if (is_ac(service)) CHECK(set.parameter.push(number("EVSENominalVoltage", settings.nominal_voltage.value / 1'000)));
    CHECK(set.parameter.push(number("MobilityNeedsMode", static_cast<int>(combination.mobility))));
    CHECK(set.parameter.push(number("Pricing", static_cast<int>(combination.pricing))));
    if (!is_bidirectional(service)) return set;
    CHECK(set.parameter.push(number("BPTChannel", unified_channel)));
    CHECK(set.parameter.push(number("GeneratorMode", grid_following)));
    if (is_ac(service)) CHECK(set.parameter.push(number("GridCodeIslandingDetectionMethod", passive_detection)));
    return set;
}

/// The plain service of an outlet, and the one of both directions.
struct Services {
    ServiceID plain;
    ServiceID bidirectional;
};
Services services_of(Outlet outlet) {
    switch (outlet) {
        case Outlet::ac: return {ac_service, ac_bpt_service};
        case Outlet::mcs: return {mcs_service, mcs_bpt_service};
        case Outlet::dc: break;
    }
    return {dc_service, dc_bpt_service};
}

/// A price in money needs a currency.
bool is_possible(const Settings& settings, const Combination& combination) {
    return combination.pricing != Pricing::absolute || !settings.currency.empty();
}

}  // namespace

const Combination* find_offer(const Settings& settings, ServiceID service, ServiceID parameter_set) {
    const auto found = std::ranges::find(combinations, parameter_set, &Combination::parameter_set);
    return is_offered(settings, service) && found != combinations.end() && is_possible(settings, *found) ? &*found : nullptr;
}

bool is_offered(const Settings& settings, ServiceID service) {
    const Services own = services_of(settings.outlet);
    return service == own.plain || (settings.is_bidirectional && service == own.bidirectional);
}

ServiceList energy_services(const Settings& settings) {
    const Services own = services_of(settings.outlet);
    ServiceList list{{{own.plain, false}}};
    if (settings.is_bidirectional) CHECK(list.service.push({own.bidirectional, false}));
    return list;
}

ServiceParameterList parameter_sets(const Settings& settings, ServiceID service) {
    ServiceParameterList list;
    if (!is_offered(settings, service)) return list;
    for (const Combination& combination : combinations)
        if (is_possible(settings, combination)) CHECK(list.parameter_set.push(parameters_of(settings, service, combination)));
    return list;
}

//= ISO 15118-20 [V2G20-1248] what the car supports filters value-added services alone; there are none
Answer<ServiceDiscoveryRes> list_services(const Context& context, const Session& session, const ServiceDiscoveryReq&) {
    auto answer = begin<ServiceDiscoveryRes>(context, session);
    answer.session.stage = Stage::service_detail;
    return answer;
}

Answer<ServiceDetailRes> detail_service(const Context& context, const Session& session, const ServiceDetailReq& request) {
    if (!is_offered(context.settings, request.service_id))
        return refuse<ServiceDetailRes>(context, session, ResponseCode::FAILED_ServiceIDInvalid);
    auto answer = begin<ServiceDetailRes>(context, session);
    answer.response.service_id = request.service_id;
    answer.response.service_parameter_list = parameter_sets(context.settings, request.service_id);
    answer.session.stage = Stage::service_selection;
    return answer;
}

Answer<ServiceSelectionRes> select_service(const Context& context, const Session& session, const ServiceSelectionReq& request) {
    const SelectedService& selected = request.selected_energy_transfer_service;
    const bool is_energy = selected.service_id >= 1 && selected.service_id <= highest_energy_service;
    if (!is_energy) return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_NoEnergyTransferServiceSelected);
    if (!is_offered(context.settings, selected.service_id))
        return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_ServiceIDInvalid);
    const Combination* offer = find_offer(context.settings, selected.service_id, selected.parameter_set_id);
    if (!offer || request.selected_vas_list)
        return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_ServiceSelectionInvalid);
    auto answer = begin<ServiceSelectionRes>(context, session);
    answer.session.service = selected.service_id;
    answer.session.parameter_set = offer->parameter_set;
    answer.session.control = offer->control;
    answer.session.stage = Stage::charge_parameters;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
