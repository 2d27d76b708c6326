// SPDX-License-Identifier: Apache-2.0
// The energy services that this charger offers and their parameter sets. Kept within four sets of eight parameters with ASCII
// names, which every known car can read.
#pragma once

#include "services/iso15118/secc/state.hpp"
#include "wire/iso15118/services.hpp"

namespace voltkeep::iso15118::secc {

/// Numbers of the energy services (ISO 15118-20, its table of services; 8 and 9 by its first amendment).
inline constexpr ServiceID ac_service = 1, dc_service = 2, ac_bpt_service = 5, dc_bpt_service = 6, mcs_service = 8,
                           mcs_bpt_service = 9;
inline constexpr ServiceID highest_energy_service = 11;

enum class MobilityNeeds : std::uint8_t { by_car = 1, by_charger = 2 };
enum class Pricing : std::uint8_t { none = 0, absolute = 1, level = 2 };

/// One combination that a car can select.
struct Combination {
    ServiceID parameter_set;
    ControlMode control;
    MobilityNeeds mobility;
    Pricing pricing;
};

//= ISO 15118-20 [V2G20-2656] both control modes are offered
//= ISO 15118-20 [V2G20-2663] mobility needs are provided by the charger in dynamic mode alone
inline constexpr std::array combinations{
    Combination{1, ControlMode::dynamic, MobilityNeeds::by_car, Pricing::none},
    Combination{2, ControlMode::scheduled, MobilityNeeds::by_car, Pricing::level},
    Combination{3, ControlMode::dynamic, MobilityNeeds::by_charger, Pricing::none},
    Combination{4, ControlMode::scheduled, MobilityNeeds::by_car, Pricing::absolute},
};

/// What is offered at this EVSE: null if it is not.
[[nodiscard]] const Combination* find_offer(const Settings& settings, ServiceID service, ServiceID parameter_set);
[[nodiscard]] bool is_offered(const Settings& settings, ServiceID service);
[[nodiscard]] ServiceList energy_services(const Settings& settings);
/// Empty if the service is not offered.
[[nodiscard]] ServiceParameterList parameter_sets(const Settings& settings, ServiceID service);

/// Whether energy may flow both ways in it.
[[nodiscard]] constexpr bool is_bidirectional(ServiceID service) {
    return service == ac_bpt_service || service == dc_bpt_service || service == mcs_bpt_service;
}
/// Whether it is of alternating current.
[[nodiscard]] constexpr bool is_ac(ServiceID service) { return service == ac_service || service == ac_bpt_service; }

}  // namespace voltkeep::iso15118::secc
