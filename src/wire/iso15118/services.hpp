// SPDX-License-Identifier: Apache-2.0
// Services and their parameter sets.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

using ServiceID = std::uint16_t;  ///< services and parameter sets

/// Services by number.
struct ServiceIDList {
    List<ServiceID, 16> service_id{};
};
constexpr auto fields(exi::of<ServiceIDList>) { return exi::list(exi::element("ServiceID", &ServiceIDList::service_id)); }

/// One offered service.
struct Service {
    ServiceID service_id{};
    bool free_service = false;
};
constexpr auto fields(exi::of<Service>) {
    return exi::list(exi::element("ServiceID", &Service::service_id), exi::element("FreeService", &Service::free_service));
}

/// Offered services.
struct ServiceList {
    List<Service, 8> service{};
};
constexpr auto fields(exi::of<ServiceList>) { return exi::list(exi::element("Service", &ServiceList::service)); }

/// A service with one of its parameter sets.
struct SelectedService {
    ServiceID service_id{};
    ServiceID parameter_set_id{};
};
constexpr auto fields(exi::of<SelectedService>) {
    return exi::list(exi::element("ServiceID", &SelectedService::service_id),
                     exi::element("ParameterSetID", &SelectedService::parameter_set_id));
}

/// Chosen value-added services.
struct SelectedServiceList {
    List<SelectedService, 16> selected_service{};
};
constexpr auto fields(exi::of<SelectedServiceList>) {
    return exi::list(exi::element("SelectedService", &SelectedServiceList::selected_service));
}

/// One named parameter of a service.
struct Parameter {
    Name name{};
    std::variant<bool, std::int8_t, std::int16_t, std::int32_t, RationalNumber, Name> value{};
};
constexpr auto fields(exi::of<Parameter>) {
    return exi::list(
        exi::attribute("Name", &Parameter::name),
        exi::choice(&Parameter::value, "boolValue", "byteValue", "shortValue", "intValue", "rationalNumber", "finiteString"));
}

/// A combination of parameters that the car can choose.
struct ParameterSet {
    ServiceID parameter_set_id{};
    exi::Many<Parameter, 32> parameter{};
};
constexpr auto fields(exi::of<ParameterSet>) {
    return exi::list(exi::element("ParameterSetID", &ParameterSet::parameter_set_id),
                     exi::element("Parameter", &ParameterSet::parameter));
}

/// All combinations on offer.
struct ServiceParameterList {
    exi::Many<ParameterSet, 32> parameter_set{};
};
constexpr auto fields(exi::of<ServiceParameterList>) {
    return exi::list(exi::element("ParameterSet", &ServiceParameterList::parameter_set));
}

}  // namespace voltkeep::iso15118
