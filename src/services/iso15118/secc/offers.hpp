// SPDX-License-Identifier: Apache-2.0
// The energy services that this charger offers and their parameter sets. Kept within four sets of eight parameters with ASCII
// names, which every known car can read.
#pragma once

#include "services/iso15118/secc/state.hpp"
#include "wire/iso15118/services.hpp"

namespace voltkeep::iso15118::secc {

/// Numbers of the energy services (ISO 15118-20, its table of services).
inline constexpr ServiceID dc_service = 2;
inline constexpr ServiceID highest_energy_service = 11;

enum class Pricing : std::uint8_t { none = 0, absolute = 1, level = 2 };
enum class Connector : std::uint8_t { core = 1, extended = 2 };

/// One combination that a car can select.
struct Offer {
    ServiceID service;
    ServiceID parameter_set;
    Connector connector;
    ControlMode control;
    Pricing pricing;
};

//= ISO 15118-20 [V2G20-2656] both control modes are offered
inline constexpr std::array offers{
    Offer{dc_service, 1, Connector::extended, ControlMode::dynamic, Pricing::none},
    Offer{dc_service, 2, Connector::extended, ControlMode::scheduled, Pricing::level},
};

[[nodiscard]] const Offer* find_offer(ServiceID service, ServiceID parameter_set);
[[nodiscard]] bool is_offered(ServiceID service);
[[nodiscard]] ServiceList energy_services();
/// Empty if the service is not offered.
[[nodiscard]] ServiceParameterList parameter_sets(ServiceID service);

}  // namespace voltkeep::iso15118::secc
