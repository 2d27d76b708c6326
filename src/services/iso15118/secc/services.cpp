// SPDX-License-Identifier: Apache-2.0
// ServiceDiscovery, ServiceDetail, ServiceSelection.
#include "services/iso15118/secc/handlers.hpp"
#include "services/iso15118/secc/offers.hpp"

namespace voltkeep::iso15118::secc {
namespace {

Parameter number(Name name, int value) { return {name, std::int32_t{value}}; }

ParameterSet parameters_of(const Offer& offer) {
    constexpr int mobility_needs_by_car = 1;
    const int control = offer.control == ControlMode::dynamic ? 2 : 1;
    return {offer.parameter_set,
            {number("Connector", static_cast<int>(offer.connector)), number("ControlMode", control),
             number("MobilityNeedsMode", mobility_needs_by_car), number("Pricing", static_cast<int>(offer.pricing))}};
}

}  // namespace

const Offer* find_offer(ServiceID service, ServiceID parameter_set) {
    const auto offer = std::ranges::find_if(
        offers, [&](const Offer& o) { return o.service == service && o.parameter_set == parameter_set; });
    return offer == offers.end() ? nullptr : &*offer;
}

bool is_offered(ServiceID service) { return std::ranges::contains(offers, service, &Offer::service); }

ServiceList energy_services() {
    ServiceList list;
    for (const Offer& offer : offers)
        if (!std::ranges::contains(list.service, offer.service, &Service::service_id))
            CHECK(list.service.push({offer.service, false}));
    return list;
}

ServiceParameterList parameter_sets(ServiceID service) {
    ServiceParameterList list;
    for (const Offer& offer : offers)
        if (offer.service == service) CHECK(list.parameter_set.push(parameters_of(offer)));
    return list;
}

//= ISO 15118-20 [V2G20-1248] what the car supports filters value-added services alone; there are none
Answer<ServiceDiscoveryRes> list_services(const Context& context, const Session& session, const ServiceDiscoveryReq&) {
    auto answer = begin<ServiceDiscoveryRes>(context, session);
    answer.session.stage = Stage::service_detail;
    return answer;
}

Answer<ServiceDetailRes> detail_service(const Context& context, const Session& session, const ServiceDetailReq& request) {
    if (!is_offered(request.service_id)) return refuse<ServiceDetailRes>(context, session, ResponseCode::FAILED_ServiceIDInvalid);
    auto answer = begin<ServiceDetailRes>(context, session);
    answer.response.service_id = request.service_id;
    answer.response.service_parameter_list = parameter_sets(request.service_id);
    answer.session.stage = Stage::service_selection;
    return answer;
}

Answer<ServiceSelectionRes> select_service(const Context& context, const Session& session, const ServiceSelectionReq& request) {
    const SelectedService& selected = request.selected_energy_transfer_service;
    const bool is_energy = selected.service_id >= 1 && selected.service_id <= highest_energy_service;
    if (!is_energy) return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_NoEnergyTransferServiceSelected);
    if (!is_offered(selected.service_id)) return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_ServiceIDInvalid);
    const Offer* offer = find_offer(selected.service_id, selected.parameter_set_id);
    if (!offer || request.selected_vas_list)
        return refuse<ServiceSelectionRes>(context, session, ResponseCode::FAILED_ServiceSelectionInvalid);
    auto answer = begin<ServiceSelectionRes>(context, session);
    answer.session.service = offer->service;
    answer.session.parameter_set = offer->parameter_set;
    answer.session.control = offer->control;
    answer.session.stage = Stage::charge_parameters;
    return answer;
}

}  // namespace voltkeep::iso15118::secc
