// SPDX-License-Identifier: Apache-2.0
// Alternating current: schema urn:iso:std:iso:15118:-20:AC. Without _L2 and _L3 a value is the sum of the phases; with them it is
// L1.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

/// The AC limits of a car that only charges.
struct AC_CPDReqEnergyTransferMode {
    RationalNumber ev_maximum_charge_power{};                    // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};  // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};  // W
    RationalNumber ev_minimum_charge_power{};                    // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};  // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};  // W
};
constexpr auto fields(exi::of<AC_CPDReqEnergyTransferMode>) {
    return exi::list(exi::element("EVMaximumChargePower", &AC_CPDReqEnergyTransferMode::ev_maximum_charge_power),
                     exi::element("EVMaximumChargePower_L2", &AC_CPDReqEnergyTransferMode::ev_maximum_charge_power_l2),
                     exi::element("EVMaximumChargePower_L3", &AC_CPDReqEnergyTransferMode::ev_maximum_charge_power_l3),
                     exi::element("EVMinimumChargePower", &AC_CPDReqEnergyTransferMode::ev_minimum_charge_power),
                     exi::element("EVMinimumChargePower_L2", &AC_CPDReqEnergyTransferMode::ev_minimum_charge_power_l2),
                     exi::element("EVMinimumChargePower_L3", &AC_CPDReqEnergyTransferMode::ev_minimum_charge_power_l3));
}

/// The AC limits of a car that charges and discharges.
struct BPT_AC_CPDReqEnergyTransferMode {
    RationalNumber ev_maximum_charge_power{};                       // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};     // W
    RationalNumber ev_minimum_charge_power{};                       // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};     // W
    RationalNumber ev_maximum_discharge_power{};                    // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l3{};  // W
    RationalNumber ev_minimum_discharge_power{};                    // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l3{};  // W
};
constexpr auto fields(exi::of<BPT_AC_CPDReqEnergyTransferMode>) {
    return exi::list(exi::element("EVMaximumChargePower", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_charge_power),
                     exi::element("EVMaximumChargePower_L2", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_charge_power_l2),
                     exi::element("EVMaximumChargePower_L3", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_charge_power_l3),
                     exi::element("EVMinimumChargePower", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_charge_power),
                     exi::element("EVMinimumChargePower_L2", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_charge_power_l2),
                     exi::element("EVMinimumChargePower_L3", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_charge_power_l3),
                     exi::element("EVMaximumDischargePower", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_discharge_power),
                     exi::element("EVMaximumDischargePower_L2", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_discharge_power_l2),
                     exi::element("EVMaximumDischargePower_L3", &BPT_AC_CPDReqEnergyTransferMode::ev_maximum_discharge_power_l3),
                     exi::element("EVMinimumDischargePower", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_discharge_power),
                     exi::element("EVMinimumDischargePower_L2", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_discharge_power_l2),
                     exi::element("EVMinimumDischargePower_L3", &BPT_AC_CPDReqEnergyTransferMode::ev_minimum_discharge_power_l3));
}

/// The car tells its AC limits.
struct AC_ChargeParameterDiscoveryReq {
    MessageHeader header{};
    std::variant<AC_CPDReqEnergyTransferMode, BPT_AC_CPDReqEnergyTransferMode> energy_transfer_mode{};
};
constexpr auto fields(exi::of<AC_ChargeParameterDiscoveryReq>) {
    return exi::list(exi::element("Header", &AC_ChargeParameterDiscoveryReq::header),
                     exi::substitutes(&AC_ChargeParameterDiscoveryReq::energy_transfer_mode, "AC_CPDReqEnergyTransferMode",
                                      "BPT_AC_CPDReqEnergyTransferMode"));
}

/// The AC limits of a charger for charging only.
struct AC_CPDResEnergyTransferMode {
    RationalNumber evse_maximum_charge_power{};                    // W
    std::optional<RationalNumber> evse_maximum_charge_power_l2{};  // W
    std::optional<RationalNumber> evse_maximum_charge_power_l3{};  // W
    RationalNumber evse_minimum_charge_power{};                    // W
    std::optional<RationalNumber> evse_minimum_charge_power_l2{};  // W
    std::optional<RationalNumber> evse_minimum_charge_power_l3{};  // W
    RationalNumber evse_nominal_frequency{};                       // Hz
    std::optional<RationalNumber> maximum_power_asymmetry{};       // W
    std::optional<RationalNumber> evse_power_ramp_limitation{};    // W/s
    std::optional<RationalNumber> evse_present_active_power{};     // W
    std::optional<RationalNumber> evse_present_active_power_l2{};  // W
    std::optional<RationalNumber> evse_present_active_power_l3{};  // W
};
constexpr auto fields(exi::of<AC_CPDResEnergyTransferMode>) {
    return exi::list(exi::element("EVSEMaximumChargePower", &AC_CPDResEnergyTransferMode::evse_maximum_charge_power),
                     exi::element("EVSEMaximumChargePower_L2", &AC_CPDResEnergyTransferMode::evse_maximum_charge_power_l2),
                     exi::element("EVSEMaximumChargePower_L3", &AC_CPDResEnergyTransferMode::evse_maximum_charge_power_l3),
                     exi::element("EVSEMinimumChargePower", &AC_CPDResEnergyTransferMode::evse_minimum_charge_power),
                     exi::element("EVSEMinimumChargePower_L2", &AC_CPDResEnergyTransferMode::evse_minimum_charge_power_l2),
                     exi::element("EVSEMinimumChargePower_L3", &AC_CPDResEnergyTransferMode::evse_minimum_charge_power_l3),
                     exi::element("EVSENominalFrequency", &AC_CPDResEnergyTransferMode::evse_nominal_frequency),
                     exi::element("MaximumPowerAsymmetry", &AC_CPDResEnergyTransferMode::maximum_power_asymmetry),
                     exi::element("EVSEPowerRampLimitation", &AC_CPDResEnergyTransferMode::evse_power_ramp_limitation),
                     exi::element("EVSEPresentActivePower", &AC_CPDResEnergyTransferMode::evse_present_active_power),
                     exi::element("EVSEPresentActivePower_L2", &AC_CPDResEnergyTransferMode::evse_present_active_power_l2),
                     exi::element("EVSEPresentActivePower_L3", &AC_CPDResEnergyTransferMode::evse_present_active_power_l3));
}

/// The AC limits of a charger for both directions.
struct BPT_AC_CPDResEnergyTransferMode {
    RationalNumber evse_maximum_charge_power{};                       // W
    std::optional<RationalNumber> evse_maximum_charge_power_l2{};     // W
    std::optional<RationalNumber> evse_maximum_charge_power_l3{};     // W
    RationalNumber evse_minimum_charge_power{};                       // W
    std::optional<RationalNumber> evse_minimum_charge_power_l2{};     // W
    std::optional<RationalNumber> evse_minimum_charge_power_l3{};     // W
    RationalNumber evse_nominal_frequency{};                          // Hz
    std::optional<RationalNumber> maximum_power_asymmetry{};          // W
    std::optional<RationalNumber> evse_power_ramp_limitation{};       // W/s
    std::optional<RationalNumber> evse_present_active_power{};        // W
    std::optional<RationalNumber> evse_present_active_power_l2{};     // W
    std::optional<RationalNumber> evse_present_active_power_l3{};     // W
    RationalNumber evse_maximum_discharge_power{};                    // W
    std::optional<RationalNumber> evse_maximum_discharge_power_l2{};  // W
    std::optional<RationalNumber> evse_maximum_discharge_power_l3{};  // W
    RationalNumber evse_minimum_discharge_power{};                    // W
    std::optional<RationalNumber> evse_minimum_discharge_power_l2{};  // W
    std::optional<RationalNumber> evse_minimum_discharge_power_l3{};  // W
};
constexpr auto fields(exi::of<BPT_AC_CPDResEnergyTransferMode>) {
    return exi::list(
        exi::element("EVSEMaximumChargePower", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_charge_power),
        exi::element("EVSEMaximumChargePower_L2", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_charge_power_l2),
        exi::element("EVSEMaximumChargePower_L3", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_charge_power_l3),
        exi::element("EVSEMinimumChargePower", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_charge_power),
        exi::element("EVSEMinimumChargePower_L2", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_charge_power_l2),
        exi::element("EVSEMinimumChargePower_L3", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_charge_power_l3),
        exi::element("EVSENominalFrequency", &BPT_AC_CPDResEnergyTransferMode::evse_nominal_frequency),
        exi::element("MaximumPowerAsymmetry", &BPT_AC_CPDResEnergyTransferMode::maximum_power_asymmetry),
        exi::element("EVSEPowerRampLimitation", &BPT_AC_CPDResEnergyTransferMode::evse_power_ramp_limitation),
        exi::element("EVSEPresentActivePower", &BPT_AC_CPDResEnergyTransferMode::evse_present_active_power),
        exi::element("EVSEPresentActivePower_L2", &BPT_AC_CPDResEnergyTransferMode::evse_present_active_power_l2),
        exi::element("EVSEPresentActivePower_L3", &BPT_AC_CPDResEnergyTransferMode::evse_present_active_power_l3),
        exi::element("EVSEMaximumDischargePower", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_discharge_power),
        exi::element("EVSEMaximumDischargePower_L2", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_discharge_power_l2),
        exi::element("EVSEMaximumDischargePower_L3", &BPT_AC_CPDResEnergyTransferMode::evse_maximum_discharge_power_l3),
        exi::element("EVSEMinimumDischargePower", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_discharge_power),
        exi::element("EVSEMinimumDischargePower_L2", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_discharge_power_l2),
        exi::element("EVSEMinimumDischargePower_L3", &BPT_AC_CPDResEnergyTransferMode::evse_minimum_discharge_power_l3));
}

/// The charger tells its AC limits.
struct AC_ChargeParameterDiscoveryRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::variant<AC_CPDResEnergyTransferMode, BPT_AC_CPDResEnergyTransferMode> energy_transfer_mode{};
};
constexpr auto fields(exi::of<AC_ChargeParameterDiscoveryRes>) {
    return exi::list(exi::element("Header", &AC_ChargeParameterDiscoveryRes::header),
                     exi::element("ResponseCode", &AC_ChargeParameterDiscoveryRes::response_code),
                     exi::substitutes(&AC_ChargeParameterDiscoveryRes::energy_transfer_mode, "AC_CPDResEnergyTransferMode",
                                      "BPT_AC_CPDResEnergyTransferMode"));
}

/// The charger sets the operating point: both directions.
struct BPT_Dynamic_AC_CLReqControlMode {
    std::optional<std::uint32_t> departure_time{};                  // s from the time stamp of the message
    RationalNumber ev_target_energy_request{};                      // Wh
    RationalNumber ev_maximum_energy_request{};                     // Wh
    RationalNumber ev_minimum_energy_request{};                     // Wh
    RationalNumber ev_maximum_charge_power{};                       // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};     // W
    RationalNumber ev_minimum_charge_power{};                       // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};     // W
    RationalNumber ev_present_active_power{};                       // W
    std::optional<RationalNumber> ev_present_active_power_l2{};     // W
    std::optional<RationalNumber> ev_present_active_power_l3{};     // W
    RationalNumber ev_present_reactive_power{};                     // var
    std::optional<RationalNumber> ev_present_reactive_power_l2{};   // var
    std::optional<RationalNumber> ev_present_reactive_power_l3{};   // var
    RationalNumber ev_maximum_discharge_power{};                    // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l3{};  // W
    RationalNumber ev_minimum_discharge_power{};                    // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l3{};  // W
    std::optional<RationalNumber> ev_maximum_v2x_energy_request{};  // Wh
    std::optional<RationalNumber> ev_minimum_v2x_energy_request{};  // Wh
};
constexpr auto fields(exi::of<BPT_Dynamic_AC_CLReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &BPT_Dynamic_AC_CLReqControlMode::departure_time),
                     exi::element("EVTargetEnergyRequest", &BPT_Dynamic_AC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumChargePower", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMaximumChargePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_charge_power_l2),
                     exi::element("EVMaximumChargePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_charge_power_l3),
                     exi::element("EVMinimumChargePower", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMinimumChargePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_charge_power_l2),
                     exi::element("EVMinimumChargePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_charge_power_l3),
                     exi::element("EVPresentActivePower", &BPT_Dynamic_AC_CLReqControlMode::ev_present_active_power),
                     exi::element("EVPresentActivePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_present_active_power_l2),
                     exi::element("EVPresentActivePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_present_active_power_l3),
                     exi::element("EVPresentReactivePower", &BPT_Dynamic_AC_CLReqControlMode::ev_present_reactive_power),
                     exi::element("EVPresentReactivePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_present_reactive_power_l2),
                     exi::element("EVPresentReactivePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_present_reactive_power_l3),
                     exi::element("EVMaximumDischargePower", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_discharge_power),
                     exi::element("EVMaximumDischargePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_discharge_power_l2),
                     exi::element("EVMaximumDischargePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_discharge_power_l3),
                     exi::element("EVMinimumDischargePower", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_discharge_power),
                     exi::element("EVMinimumDischargePower_L2", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_discharge_power_l2),
                     exi::element("EVMinimumDischargePower_L3", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_discharge_power_l3),
                     exi::element("EVMaximumV2XEnergyRequest", &BPT_Dynamic_AC_CLReqControlMode::ev_maximum_v2x_energy_request),
                     exi::element("EVMinimumV2XEnergyRequest", &BPT_Dynamic_AC_CLReqControlMode::ev_minimum_v2x_energy_request));
}

/// The car follows its schedule: both directions.
struct BPT_Scheduled_AC_CLReqControlMode {
    std::optional<RationalNumber> ev_target_energy_request{};       // Wh
    std::optional<RationalNumber> ev_maximum_energy_request{};      // Wh
    std::optional<RationalNumber> ev_minimum_energy_request{};      // Wh
    std::optional<RationalNumber> ev_maximum_charge_power{};        // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};     // W
    std::optional<RationalNumber> ev_minimum_charge_power{};        // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};     // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};     // W
    RationalNumber ev_present_active_power{};                       // W
    std::optional<RationalNumber> ev_present_active_power_l2{};     // W
    std::optional<RationalNumber> ev_present_active_power_l3{};     // W
    std::optional<RationalNumber> ev_present_reactive_power{};      // var
    std::optional<RationalNumber> ev_present_reactive_power_l2{};   // var
    std::optional<RationalNumber> ev_present_reactive_power_l3{};   // var
    std::optional<RationalNumber> ev_maximum_discharge_power{};     // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_maximum_discharge_power_l3{};  // W
    std::optional<RationalNumber> ev_minimum_discharge_power{};     // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l2{};  // W
    std::optional<RationalNumber> ev_minimum_discharge_power_l3{};  // W
};
constexpr auto fields(exi::of<BPT_Scheduled_AC_CLReqControlMode>) {
    return exi::list(
        exi::element("EVTargetEnergyRequest", &BPT_Scheduled_AC_CLReqControlMode::ev_target_energy_request),
        exi::element("EVMaximumEnergyRequest", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_energy_request),
        exi::element("EVMinimumEnergyRequest", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_energy_request),
        exi::element("EVMaximumChargePower", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_charge_power),
        exi::element("EVMaximumChargePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_charge_power_l2),
        exi::element("EVMaximumChargePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_charge_power_l3),
        exi::element("EVMinimumChargePower", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_charge_power),
        exi::element("EVMinimumChargePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_charge_power_l2),
        exi::element("EVMinimumChargePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_charge_power_l3),
        exi::element("EVPresentActivePower", &BPT_Scheduled_AC_CLReqControlMode::ev_present_active_power),
        exi::element("EVPresentActivePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_present_active_power_l2),
        exi::element("EVPresentActivePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_present_active_power_l3),
        exi::element("EVPresentReactivePower", &BPT_Scheduled_AC_CLReqControlMode::ev_present_reactive_power),
        exi::element("EVPresentReactivePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_present_reactive_power_l2),
        exi::element("EVPresentReactivePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_present_reactive_power_l3),
        exi::element("EVMaximumDischargePower", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_discharge_power),
        exi::element("EVMaximumDischargePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_discharge_power_l2),
        exi::element("EVMaximumDischargePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_maximum_discharge_power_l3),
        exi::element("EVMinimumDischargePower", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_discharge_power),
        exi::element("EVMinimumDischargePower_L2", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_discharge_power_l2),
        exi::element("EVMinimumDischargePower_L3", &BPT_Scheduled_AC_CLReqControlMode::ev_minimum_discharge_power_l3));
}

/// The charger sets the operating point: charging only.
struct Dynamic_AC_CLReqControlMode {
    std::optional<std::uint32_t> departure_time{};                 // s from the time stamp of the message
    RationalNumber ev_target_energy_request{};                     // Wh
    RationalNumber ev_maximum_energy_request{};                    // Wh
    RationalNumber ev_minimum_energy_request{};                    // Wh
    RationalNumber ev_maximum_charge_power{};                      // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};    // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};    // W
    RationalNumber ev_minimum_charge_power{};                      // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};    // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};    // W
    RationalNumber ev_present_active_power{};                      // W
    std::optional<RationalNumber> ev_present_active_power_l2{};    // W
    std::optional<RationalNumber> ev_present_active_power_l3{};    // W
    RationalNumber ev_present_reactive_power{};                    // var
    std::optional<RationalNumber> ev_present_reactive_power_l2{};  // var
    std::optional<RationalNumber> ev_present_reactive_power_l3{};  // var
};
constexpr auto fields(exi::of<Dynamic_AC_CLReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_AC_CLReqControlMode::departure_time),
                     exi::element("EVTargetEnergyRequest", &Dynamic_AC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Dynamic_AC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Dynamic_AC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumChargePower", &Dynamic_AC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMaximumChargePower_L2", &Dynamic_AC_CLReqControlMode::ev_maximum_charge_power_l2),
                     exi::element("EVMaximumChargePower_L3", &Dynamic_AC_CLReqControlMode::ev_maximum_charge_power_l3),
                     exi::element("EVMinimumChargePower", &Dynamic_AC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMinimumChargePower_L2", &Dynamic_AC_CLReqControlMode::ev_minimum_charge_power_l2),
                     exi::element("EVMinimumChargePower_L3", &Dynamic_AC_CLReqControlMode::ev_minimum_charge_power_l3),
                     exi::element("EVPresentActivePower", &Dynamic_AC_CLReqControlMode::ev_present_active_power),
                     exi::element("EVPresentActivePower_L2", &Dynamic_AC_CLReqControlMode::ev_present_active_power_l2),
                     exi::element("EVPresentActivePower_L3", &Dynamic_AC_CLReqControlMode::ev_present_active_power_l3),
                     exi::element("EVPresentReactivePower", &Dynamic_AC_CLReqControlMode::ev_present_reactive_power),
                     exi::element("EVPresentReactivePower_L2", &Dynamic_AC_CLReqControlMode::ev_present_reactive_power_l2),
                     exi::element("EVPresentReactivePower_L3", &Dynamic_AC_CLReqControlMode::ev_present_reactive_power_l3));
}

/// The car follows its schedule: charging only.
struct Scheduled_AC_CLReqControlMode {
    std::optional<RationalNumber> ev_target_energy_request{};      // Wh
    std::optional<RationalNumber> ev_maximum_energy_request{};     // Wh
    std::optional<RationalNumber> ev_minimum_energy_request{};     // Wh
    std::optional<RationalNumber> ev_maximum_charge_power{};       // W
    std::optional<RationalNumber> ev_maximum_charge_power_l2{};    // W
    std::optional<RationalNumber> ev_maximum_charge_power_l3{};    // W
    std::optional<RationalNumber> ev_minimum_charge_power{};       // W
    std::optional<RationalNumber> ev_minimum_charge_power_l2{};    // W
    std::optional<RationalNumber> ev_minimum_charge_power_l3{};    // W
    RationalNumber ev_present_active_power{};                      // W
    std::optional<RationalNumber> ev_present_active_power_l2{};    // W
    std::optional<RationalNumber> ev_present_active_power_l3{};    // W
    std::optional<RationalNumber> ev_present_reactive_power{};     // var
    std::optional<RationalNumber> ev_present_reactive_power_l2{};  // var
    std::optional<RationalNumber> ev_present_reactive_power_l3{};  // var
};
constexpr auto fields(exi::of<Scheduled_AC_CLReqControlMode>) {
    return exi::list(exi::element("EVTargetEnergyRequest", &Scheduled_AC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Scheduled_AC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Scheduled_AC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumChargePower", &Scheduled_AC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMaximumChargePower_L2", &Scheduled_AC_CLReqControlMode::ev_maximum_charge_power_l2),
                     exi::element("EVMaximumChargePower_L3", &Scheduled_AC_CLReqControlMode::ev_maximum_charge_power_l3),
                     exi::element("EVMinimumChargePower", &Scheduled_AC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMinimumChargePower_L2", &Scheduled_AC_CLReqControlMode::ev_minimum_charge_power_l2),
                     exi::element("EVMinimumChargePower_L3", &Scheduled_AC_CLReqControlMode::ev_minimum_charge_power_l3),
                     exi::element("EVPresentActivePower", &Scheduled_AC_CLReqControlMode::ev_present_active_power),
                     exi::element("EVPresentActivePower_L2", &Scheduled_AC_CLReqControlMode::ev_present_active_power_l2),
                     exi::element("EVPresentActivePower_L3", &Scheduled_AC_CLReqControlMode::ev_present_active_power_l3),
                     exi::element("EVPresentReactivePower", &Scheduled_AC_CLReqControlMode::ev_present_reactive_power),
                     exi::element("EVPresentReactivePower_L2", &Scheduled_AC_CLReqControlMode::ev_present_reactive_power_l2),
                     exi::element("EVPresentReactivePower_L3", &Scheduled_AC_CLReqControlMode::ev_present_reactive_power_l3));
}

/// What the car tells in each turn of the AC charge loop.
struct AC_ChargeLoopReq {
    MessageHeader header{};
    std::optional<DisplayParameters> display_parameters{};
    bool meter_info_requested = false;
    std::variant<BPT_Dynamic_AC_CLReqControlMode, BPT_Scheduled_AC_CLReqControlMode, CLReqControlMode,
                 Dynamic_AC_CLReqControlMode, Scheduled_AC_CLReqControlMode>
        control_mode{};
};
constexpr auto fields(exi::of<AC_ChargeLoopReq>) {
    return exi::list(
        exi::element("Header", &AC_ChargeLoopReq::header),
        exi::element("DisplayParameters", &AC_ChargeLoopReq::display_parameters),
        exi::element("MeterInfoRequested", &AC_ChargeLoopReq::meter_info_requested),
        exi::substitutes(&AC_ChargeLoopReq::control_mode, "BPT_Dynamic_AC_CLReqControlMode", "BPT_Scheduled_AC_CLReqControlMode",
                         "CLReqControlMode", "Dynamic_AC_CLReqControlMode", "Scheduled_AC_CLReqControlMode"));
}

/// The operating point in dynamic mode: both directions.
struct BPT_Dynamic_AC_CLResControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<std::uint16_t> ack_max_delay{};                   // s
    RationalNumber evse_target_active_power{};                      // W
    std::optional<RationalNumber> evse_target_active_power_l2{};    // W
    std::optional<RationalNumber> evse_target_active_power_l3{};    // W
    std::optional<RationalNumber> evse_target_reactive_power{};     // var
    std::optional<RationalNumber> evse_target_reactive_power_l2{};  // var
    std::optional<RationalNumber> evse_target_reactive_power_l3{};  // var
    std::optional<RationalNumber> evse_present_active_power{};      // W
    std::optional<RationalNumber> evse_present_active_power_l2{};   // W
    std::optional<RationalNumber> evse_present_active_power_l3{};   // W
};
constexpr auto fields(exi::of<BPT_Dynamic_AC_CLResControlMode>) {
    return exi::list(exi::element("DepartureTime", &BPT_Dynamic_AC_CLResControlMode::departure_time),
                     exi::element("MinimumSOC", &BPT_Dynamic_AC_CLResControlMode::minimum_soc),
                     exi::element("TargetSOC", &BPT_Dynamic_AC_CLResControlMode::target_soc),
                     exi::element("AckMaxDelay", &BPT_Dynamic_AC_CLResControlMode::ack_max_delay),
                     exi::element("EVSETargetActivePower", &BPT_Dynamic_AC_CLResControlMode::evse_target_active_power),
                     exi::element("EVSETargetActivePower_L2", &BPT_Dynamic_AC_CLResControlMode::evse_target_active_power_l2),
                     exi::element("EVSETargetActivePower_L3", &BPT_Dynamic_AC_CLResControlMode::evse_target_active_power_l3),
                     exi::element("EVSETargetReactivePower", &BPT_Dynamic_AC_CLResControlMode::evse_target_reactive_power),
                     exi::element("EVSETargetReactivePower_L2", &BPT_Dynamic_AC_CLResControlMode::evse_target_reactive_power_l2),
                     exi::element("EVSETargetReactivePower_L3", &BPT_Dynamic_AC_CLResControlMode::evse_target_reactive_power_l3),
                     exi::element("EVSEPresentActivePower", &BPT_Dynamic_AC_CLResControlMode::evse_present_active_power),
                     exi::element("EVSEPresentActivePower_L2", &BPT_Dynamic_AC_CLResControlMode::evse_present_active_power_l2),
                     exi::element("EVSEPresentActivePower_L3", &BPT_Dynamic_AC_CLResControlMode::evse_present_active_power_l3));
}

/// The limits in scheduled mode: both directions.
struct BPT_Scheduled_AC_CLResControlMode {
    std::optional<RationalNumber> evse_target_active_power{};       // W
    std::optional<RationalNumber> evse_target_active_power_l2{};    // W
    std::optional<RationalNumber> evse_target_active_power_l3{};    // W
    std::optional<RationalNumber> evse_target_reactive_power{};     // var
    std::optional<RationalNumber> evse_target_reactive_power_l2{};  // var
    std::optional<RationalNumber> evse_target_reactive_power_l3{};  // var
    std::optional<RationalNumber> evse_present_active_power{};      // W
    std::optional<RationalNumber> evse_present_active_power_l2{};   // W
    std::optional<RationalNumber> evse_present_active_power_l3{};   // W
};
constexpr auto fields(exi::of<BPT_Scheduled_AC_CLResControlMode>) {
    return exi::list(
        exi::element("EVSETargetActivePower", &BPT_Scheduled_AC_CLResControlMode::evse_target_active_power),
        exi::element("EVSETargetActivePower_L2", &BPT_Scheduled_AC_CLResControlMode::evse_target_active_power_l2),
        exi::element("EVSETargetActivePower_L3", &BPT_Scheduled_AC_CLResControlMode::evse_target_active_power_l3),
        exi::element("EVSETargetReactivePower", &BPT_Scheduled_AC_CLResControlMode::evse_target_reactive_power),
        exi::element("EVSETargetReactivePower_L2", &BPT_Scheduled_AC_CLResControlMode::evse_target_reactive_power_l2),
        exi::element("EVSETargetReactivePower_L3", &BPT_Scheduled_AC_CLResControlMode::evse_target_reactive_power_l3),
        exi::element("EVSEPresentActivePower", &BPT_Scheduled_AC_CLResControlMode::evse_present_active_power),
        exi::element("EVSEPresentActivePower_L2", &BPT_Scheduled_AC_CLResControlMode::evse_present_active_power_l2),
        exi::element("EVSEPresentActivePower_L3", &BPT_Scheduled_AC_CLResControlMode::evse_present_active_power_l3));
}

/// The operating point in dynamic mode: charging only.
struct Dynamic_AC_CLResControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<std::uint16_t> ack_max_delay{};                   // s
    RationalNumber evse_target_active_power{};                      // W
    std::optional<RationalNumber> evse_target_active_power_l2{};    // W
    std::optional<RationalNumber> evse_target_active_power_l3{};    // W
    std::optional<RationalNumber> evse_target_reactive_power{};     // var
    std::optional<RationalNumber> evse_target_reactive_power_l2{};  // var
    std::optional<RationalNumber> evse_target_reactive_power_l3{};  // var
    std::optional<RationalNumber> evse_present_active_power{};      // W
    std::optional<RationalNumber> evse_present_active_power_l2{};   // W
    std::optional<RationalNumber> evse_present_active_power_l3{};   // W
};
constexpr auto fields(exi::of<Dynamic_AC_CLResControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_AC_CLResControlMode::departure_time),
                     exi::element("MinimumSOC", &Dynamic_AC_CLResControlMode::minimum_soc),
                     exi::element("TargetSOC", &Dynamic_AC_CLResControlMode::target_soc),
                     exi::element("AckMaxDelay", &Dynamic_AC_CLResControlMode::ack_max_delay),
                     exi::element("EVSETargetActivePower", &Dynamic_AC_CLResControlMode::evse_target_active_power),
                     exi::element("EVSETargetActivePower_L2", &Dynamic_AC_CLResControlMode::evse_target_active_power_l2),
                     exi::element("EVSETargetActivePower_L3", &Dynamic_AC_CLResControlMode::evse_target_active_power_l3),
                     exi::element("EVSETargetReactivePower", &Dynamic_AC_CLResControlMode::evse_target_reactive_power),
                     exi::element("EVSETargetReactivePower_L2", &Dynamic_AC_CLResControlMode::evse_target_reactive_power_l2),
                     exi::element("EVSETargetReactivePower_L3", &Dynamic_AC_CLResControlMode::evse_target_reactive_power_l3),
                     exi::element("EVSEPresentActivePower", &Dynamic_AC_CLResControlMode::evse_present_active_power),
                     exi::element("EVSEPresentActivePower_L2", &Dynamic_AC_CLResControlMode::evse_present_active_power_l2),
                     exi::element("EVSEPresentActivePower_L3", &Dynamic_AC_CLResControlMode::evse_present_active_power_l3));
}

/// The limits in scheduled mode: charging only.
struct Scheduled_AC_CLResControlMode {
    std::optional<RationalNumber> evse_target_active_power{};       // W
    std::optional<RationalNumber> evse_target_active_power_l2{};    // W
    std::optional<RationalNumber> evse_target_active_power_l3{};    // W
    std::optional<RationalNumber> evse_target_reactive_power{};     // var
    std::optional<RationalNumber> evse_target_reactive_power_l2{};  // var
    std::optional<RationalNumber> evse_target_reactive_power_l3{};  // var
    std::optional<RationalNumber> evse_present_active_power{};      // W
    std::optional<RationalNumber> evse_present_active_power_l2{};   // W
    std::optional<RationalNumber> evse_present_active_power_l3{};   // W
};
constexpr auto fields(exi::of<Scheduled_AC_CLResControlMode>) {
    return exi::list(exi::element("EVSETargetActivePower", &Scheduled_AC_CLResControlMode::evse_target_active_power),
                     exi::element("EVSETargetActivePower_L2", &Scheduled_AC_CLResControlMode::evse_target_active_power_l2),
                     exi::element("EVSETargetActivePower_L3", &Scheduled_AC_CLResControlMode::evse_target_active_power_l3),
                     exi::element("EVSETargetReactivePower", &Scheduled_AC_CLResControlMode::evse_target_reactive_power),
                     exi::element("EVSETargetReactivePower_L2", &Scheduled_AC_CLResControlMode::evse_target_reactive_power_l2),
                     exi::element("EVSETargetReactivePower_L3", &Scheduled_AC_CLResControlMode::evse_target_reactive_power_l3),
                     exi::element("EVSEPresentActivePower", &Scheduled_AC_CLResControlMode::evse_present_active_power),
                     exi::element("EVSEPresentActivePower_L2", &Scheduled_AC_CLResControlMode::evse_present_active_power_l2),
                     exi::element("EVSEPresentActivePower_L3", &Scheduled_AC_CLResControlMode::evse_present_active_power_l3));
}

/// What the charger answers in each turn of the AC charge loop.
struct AC_ChargeLoopRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::optional<EVSEStatus> evse_status{};
    std::optional<MeterInfo> meter_info{};
    std::optional<Receipt> receipt{};
    std::optional<RationalNumber> evse_target_frequency{};  // Hz
    std::variant<BPT_Dynamic_AC_CLResControlMode, BPT_Scheduled_AC_CLResControlMode, CLResControlMode,
                 Dynamic_AC_CLResControlMode, Scheduled_AC_CLResControlMode>
        control_mode{};
};
constexpr auto fields(exi::of<AC_ChargeLoopRes>) {
    return exi::list(
        exi::element("Header", &AC_ChargeLoopRes::header), exi::element("ResponseCode", &AC_ChargeLoopRes::response_code),
        exi::element("EVSEStatus", &AC_ChargeLoopRes::evse_status), exi::element("MeterInfo", &AC_ChargeLoopRes::meter_info),
        exi::element("Receipt", &AC_ChargeLoopRes::receipt),
        exi::element("EVSETargetFrequency", &AC_ChargeLoopRes::evse_target_frequency),
        exi::substitutes(&AC_ChargeLoopRes::control_mode, "BPT_Dynamic_AC_CLResControlMode", "BPT_Scheduled_AC_CLResControlMode",
                         "CLResControlMode", "Dynamic_AC_CLResControlMode", "Scheduled_AC_CLResControlMode"));
}

}  // namespace voltkeep::iso15118
