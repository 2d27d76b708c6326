// SPDX-License-Identifier: Apache-2.0
// Direct current (and MCS, which uses the same messages): schema urn:iso:std:iso:15118:-20:DC.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

/// The DC limits of a car that charges and discharges.
struct BPT_DC_CPDReqEnergyTransferMode {
    RationalNumber ev_maximum_charge_power{};    // W
    RationalNumber ev_minimum_charge_power{};    // W
    RationalNumber ev_maximum_charge_current{};  // A
    RationalNumber ev_minimum_charge_current{};  // A
    RationalNumber ev_maximum_voltage{};         // V
    RationalNumber ev_minimum_voltage{};         // V
    std::optional<Percent> target_soc{};
    RationalNumber ev_maximum_discharge_power{};    // W
    RationalNumber ev_minimum_discharge_power{};    // W
    RationalNumber ev_maximum_discharge_current{};  // A
    RationalNumber ev_minimum_discharge_current{};  // A
};
constexpr auto fields(exi::of<BPT_DC_CPDReqEnergyTransferMode>) {
    return exi::list(exi::element("EVMaximumChargePower", &BPT_DC_CPDReqEnergyTransferMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &BPT_DC_CPDReqEnergyTransferMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &BPT_DC_CPDReqEnergyTransferMode::ev_maximum_charge_current),
                     exi::element("EVMinimumChargeCurrent", &BPT_DC_CPDReqEnergyTransferMode::ev_minimum_charge_current),
                     exi::element("EVMaximumVoltage", &BPT_DC_CPDReqEnergyTransferMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &BPT_DC_CPDReqEnergyTransferMode::ev_minimum_voltage),
                     exi::element("TargetSOC", &BPT_DC_CPDReqEnergyTransferMode::target_soc),
                     exi::element("EVMaximumDischargePower", &BPT_DC_CPDReqEnergyTransferMode::ev_maximum_discharge_power),
                     exi::element("EVMinimumDischargePower", &BPT_DC_CPDReqEnergyTransferMode::ev_minimum_discharge_power),
                     exi::element("EVMaximumDischargeCurrent", &BPT_DC_CPDReqEnergyTransferMode::ev_maximum_discharge_current),
                     exi::element("EVMinimumDischargeCurrent", &BPT_DC_CPDReqEnergyTransferMode::ev_minimum_discharge_current));
}

/// The DC limits of a car that only charges.
struct DC_CPDReqEnergyTransferMode {
    RationalNumber ev_maximum_charge_power{};    // W
    RationalNumber ev_minimum_charge_power{};    // W
    RationalNumber ev_maximum_charge_current{};  // A
    RationalNumber ev_minimum_charge_current{};  // A
    RationalNumber ev_maximum_voltage{};         // V
    RationalNumber ev_minimum_voltage{};         // V
    std::optional<Percent> target_soc{};
};
constexpr auto fields(exi::of<DC_CPDReqEnergyTransferMode>) {
    return exi::list(exi::element("EVMaximumChargePower", &DC_CPDReqEnergyTransferMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &DC_CPDReqEnergyTransferMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &DC_CPDReqEnergyTransferMode::ev_maximum_charge_current),
                     exi::element("EVMinimumChargeCurrent", &DC_CPDReqEnergyTransferMode::ev_minimum_charge_current),
                     exi::element("EVMaximumVoltage", &DC_CPDReqEnergyTransferMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &DC_CPDReqEnergyTransferMode::ev_minimum_voltage),
                     exi::element("TargetSOC", &DC_CPDReqEnergyTransferMode::target_soc));
}

/// The car tells its DC limits.
struct DC_ChargeParameterDiscoveryReq {
    MessageHeader header{};
    std::variant<BPT_DC_CPDReqEnergyTransferMode, DC_CPDReqEnergyTransferMode> energy_transfer_mode{};
};
constexpr auto fields(exi::of<DC_ChargeParameterDiscoveryReq>) {
    return exi::list(exi::element("Header", &DC_ChargeParameterDiscoveryReq::header),
                     exi::substitutes(&DC_ChargeParameterDiscoveryReq::energy_transfer_mode, "BPT_DC_CPDReqEnergyTransferMode",
                                      "DC_CPDReqEnergyTransferMode"));
}

/// The DC limits of a charger for both directions.
struct BPT_DC_CPDResEnergyTransferMode {
    RationalNumber evse_maximum_charge_power{};                  // W
    RationalNumber evse_minimum_charge_power{};                  // W
    RationalNumber evse_maximum_charge_current{};                // A
    RationalNumber evse_minimum_charge_current{};                // A
    RationalNumber evse_maximum_voltage{};                       // V
    RationalNumber evse_minimum_voltage{};                       // V
    std::optional<RationalNumber> evse_power_ramp_limitation{};  // W/s
    RationalNumber evse_maximum_discharge_power{};               // W
    RationalNumber evse_minimum_discharge_power{};               // W
    RationalNumber evse_maximum_discharge_current{};             // A
    RationalNumber evse_minimum_discharge_current{};             // A
};
constexpr auto fields(exi::of<BPT_DC_CPDResEnergyTransferMode>) {
    return exi::list(
        exi::element("EVSEMaximumChargePower", &BPT_DC_CPDResEnergyTransferMode::evse_maximum_charge_power),
        exi::element("EVSEMinimumChargePower", &BPT_DC_CPDResEnergyTransferMode::evse_minimum_charge_power),
        exi::element("EVSEMaximumChargeCurrent", &BPT_DC_CPDResEnergyTransferMode::evse_maximum_charge_current),
        exi::element("EVSEMinimumChargeCurrent", &BPT_DC_CPDResEnergyTransferMode::evse_minimum_charge_current),
        exi::element("EVSEMaximumVoltage", &BPT_DC_CPDResEnergyTransferMode::evse_maximum_voltage),
        exi::element("EVSEMinimumVoltage", &BPT_DC_CPDResEnergyTransferMode::evse_minimum_voltage),
        exi::element("EVSEPowerRampLimitation", &BPT_DC_CPDResEnergyTransferMode::evse_power_ramp_limitation),
        exi::element("EVSEMaximumDischargePower", &BPT_DC_CPDResEnergyTransferMode::evse_maximum_discharge_power),
        exi::element("EVSEMinimumDischargePower", &BPT_DC_CPDResEnergyTransferMode::evse_minimum_discharge_power),
        exi::element("EVSEMaximumDischargeCurrent", &BPT_DC_CPDResEnergyTransferMode::evse_maximum_discharge_current),
        exi::element("EVSEMinimumDischargeCurrent", &BPT_DC_CPDResEnergyTransferMode::evse_minimum_discharge_current));
}

/// The DC limits of a charger for charging only.
struct DC_CPDResEnergyTransferMode {
    RationalNumber evse_maximum_charge_power{};                  // W
    RationalNumber evse_minimum_charge_power{};                  // W
    RationalNumber evse_maximum_charge_current{};                // A
    RationalNumber evse_minimum_charge_current{};                // A
    RationalNumber evse_maximum_voltage{};                       // V
    RationalNumber evse_minimum_voltage{};                       // V
    std::optional<RationalNumber> evse_power_ramp_limitation{};  // W/s
};
constexpr auto fields(exi::of<DC_CPDResEnergyTransferMode>) {
    return exi::list(exi::element("EVSEMaximumChargePower", &DC_CPDResEnergyTransferMode::evse_maximum_charge_power),
                     exi::element("EVSEMinimumChargePower", &DC_CPDResEnergyTransferMode::evse_minimum_charge_power),
                     exi::element("EVSEMaximumChargeCurrent", &DC_CPDResEnergyTransferMode::evse_maximum_charge_current),
                     exi::element("EVSEMinimumChargeCurrent", &DC_CPDResEnergyTransferMode::evse_minimum_charge_current),
                     exi::element("EVSEMaximumVoltage", &DC_CPDResEnergyTransferMode::evse_maximum_voltage),
                     exi::element("EVSEMinimumVoltage", &DC_CPDResEnergyTransferMode::evse_minimum_voltage),
                     exi::element("EVSEPowerRampLimitation", &DC_CPDResEnergyTransferMode::evse_power_ramp_limitation));
}

/// The charger tells its DC limits.
struct DC_ChargeParameterDiscoveryRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::variant<BPT_DC_CPDResEnergyTransferMode, DC_CPDResEnergyTransferMode> energy_transfer_mode{};
};
constexpr auto fields(exi::of<DC_ChargeParameterDiscoveryRes>) {
    return exi::list(exi::element("Header", &DC_ChargeParameterDiscoveryRes::header),
                     exi::element("ResponseCode", &DC_ChargeParameterDiscoveryRes::response_code),
                     exi::substitutes(&DC_ChargeParameterDiscoveryRes::energy_transfer_mode, "BPT_DC_CPDResEnergyTransferMode",
                                      "DC_CPDResEnergyTransferMode"));
}

/// The car is ready for the insulation test.
struct DC_CableCheckReq {
    MessageHeader header{};
};
constexpr auto fields(exi::of<DC_CableCheckReq>) { return exi::list(exi::element("Header", &DC_CableCheckReq::header)); }

/// Whether the insulation test is done.
struct DC_CableCheckRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
};
constexpr auto fields(exi::of<DC_CableCheckRes>) {
    return exi::list(exi::element("Header", &DC_CableCheckRes::header),
                     exi::element("ResponseCode", &DC_CableCheckRes::response_code),
                     exi::element("EVSEProcessing", &DC_CableCheckRes::evse_processing));
}

/// The car asks for its battery voltage on the cable before it closes its contactors.
struct DC_PreChargeReq {
    MessageHeader header{};
    Processing ev_processing{};
    RationalNumber ev_present_voltage{};  // V
    RationalNumber ev_target_voltage{};   // V
};
constexpr auto fields(exi::of<DC_PreChargeReq>) {
    return exi::list(exi::element("Header", &DC_PreChargeReq::header),
                     exi::element("EVProcessing", &DC_PreChargeReq::ev_processing),
                     exi::element("EVPresentVoltage", &DC_PreChargeReq::ev_present_voltage),
                     exi::element("EVTargetVoltage", &DC_PreChargeReq::ev_target_voltage));
}

/// The voltage on the cable.
struct DC_PreChargeRes {
    MessageHeader header{};
    ResponseCode response_code{};
    RationalNumber evse_present_voltage{};  // V
};
constexpr auto fields(exi::of<DC_PreChargeRes>) {
    return exi::list(exi::element("Header", &DC_PreChargeRes::header),
                     exi::element("ResponseCode", &DC_PreChargeRes::response_code),
                     exi::element("EVSEPresentVoltage", &DC_PreChargeRes::evse_present_voltage));
}

/// The charger sets the operating point: both directions.
struct BPT_Dynamic_DC_CLReqControlMode {
    std::optional<std::uint32_t> departure_time{};                  // s from the time stamp of the message
    RationalNumber ev_target_energy_request{};                      // Wh
    RationalNumber ev_maximum_energy_request{};                     // Wh
    RationalNumber ev_minimum_energy_request{};                     // Wh
    RationalNumber ev_maximum_charge_power{};                       // W
    RationalNumber ev_minimum_charge_power{};                       // W
    RationalNumber ev_maximum_charge_current{};                     // A
    RationalNumber ev_maximum_voltage{};                            // V
    RationalNumber ev_minimum_voltage{};                            // V
    RationalNumber ev_maximum_discharge_power{};                    // W
    RationalNumber ev_minimum_discharge_power{};                    // W
    RationalNumber ev_maximum_discharge_current{};                  // A
    std::optional<RationalNumber> ev_maximum_v2x_energy_request{};  // Wh
    std::optional<RationalNumber> ev_minimum_v2x_energy_request{};  // Wh
};
constexpr auto fields(exi::of<BPT_Dynamic_DC_CLReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &BPT_Dynamic_DC_CLReqControlMode::departure_time),
                     exi::element("EVTargetEnergyRequest", &BPT_Dynamic_DC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &BPT_Dynamic_DC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumChargePower", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &BPT_Dynamic_DC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_charge_current),
                     exi::element("EVMaximumVoltage", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &BPT_Dynamic_DC_CLReqControlMode::ev_minimum_voltage),
                     exi::element("EVMaximumDischargePower", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_discharge_power),
                     exi::element("EVMinimumDischargePower", &BPT_Dynamic_DC_CLReqControlMode::ev_minimum_discharge_power),
                     exi::element("EVMaximumDischargeCurrent", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_discharge_current),
                     exi::element("EVMaximumV2XEnergyRequest", &BPT_Dynamic_DC_CLReqControlMode::ev_maximum_v2x_energy_request),
                     exi::element("EVMinimumV2XEnergyRequest", &BPT_Dynamic_DC_CLReqControlMode::ev_minimum_v2x_energy_request));
}

/// The car follows its schedule: both directions.
struct BPT_Scheduled_DC_CLReqControlMode {
    std::optional<RationalNumber> ev_target_energy_request{};      // Wh
    std::optional<RationalNumber> ev_maximum_energy_request{};     // Wh
    std::optional<RationalNumber> ev_minimum_energy_request{};     // Wh
    RationalNumber ev_target_current{};                            // A
    RationalNumber ev_target_voltage{};                            // V
    std::optional<RationalNumber> ev_maximum_charge_power{};       // W
    std::optional<RationalNumber> ev_minimum_charge_power{};       // W
    std::optional<RationalNumber> ev_maximum_charge_current{};     // A
    std::optional<RationalNumber> ev_maximum_voltage{};            // V
    std::optional<RationalNumber> ev_minimum_voltage{};            // V
    std::optional<RationalNumber> ev_maximum_discharge_power{};    // W
    std::optional<RationalNumber> ev_minimum_discharge_power{};    // W
    std::optional<RationalNumber> ev_maximum_discharge_current{};  // A
};
constexpr auto fields(exi::of<BPT_Scheduled_DC_CLReqControlMode>) {
    return exi::list(exi::element("EVTargetEnergyRequest", &BPT_Scheduled_DC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &BPT_Scheduled_DC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVTargetCurrent", &BPT_Scheduled_DC_CLReqControlMode::ev_target_current),
                     exi::element("EVTargetVoltage", &BPT_Scheduled_DC_CLReqControlMode::ev_target_voltage),
                     exi::element("EVMaximumChargePower", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &BPT_Scheduled_DC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_charge_current),
                     exi::element("EVMaximumVoltage", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &BPT_Scheduled_DC_CLReqControlMode::ev_minimum_voltage),
                     exi::element("EVMaximumDischargePower", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_discharge_power),
                     exi::element("EVMinimumDischargePower", &BPT_Scheduled_DC_CLReqControlMode::ev_minimum_discharge_power),
                     exi::element("EVMaximumDischargeCurrent", &BPT_Scheduled_DC_CLReqControlMode::ev_maximum_discharge_current));
}

/// The charger sets the operating point: charging only.
struct Dynamic_DC_CLReqControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    RationalNumber ev_target_energy_request{};      // Wh
    RationalNumber ev_maximum_energy_request{};     // Wh
    RationalNumber ev_minimum_energy_request{};     // Wh
    RationalNumber ev_maximum_charge_power{};       // W
    RationalNumber ev_minimum_charge_power{};       // W
    RationalNumber ev_maximum_charge_current{};     // A
    RationalNumber ev_maximum_voltage{};            // V
    RationalNumber ev_minimum_voltage{};            // V
};
constexpr auto fields(exi::of<Dynamic_DC_CLReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_DC_CLReqControlMode::departure_time),
                     exi::element("EVTargetEnergyRequest", &Dynamic_DC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Dynamic_DC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Dynamic_DC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumChargePower", &Dynamic_DC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &Dynamic_DC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &Dynamic_DC_CLReqControlMode::ev_maximum_charge_current),
                     exi::element("EVMaximumVoltage", &Dynamic_DC_CLReqControlMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &Dynamic_DC_CLReqControlMode::ev_minimum_voltage));
}

/// The car follows its schedule: charging only.
struct Scheduled_DC_CLReqControlMode {
    std::optional<RationalNumber> ev_target_energy_request{};   // Wh
    std::optional<RationalNumber> ev_maximum_energy_request{};  // Wh
    std::optional<RationalNumber> ev_minimum_energy_request{};  // Wh
    RationalNumber ev_target_current{};                         // A
    RationalNumber ev_target_voltage{};                         // V
    std::optional<RationalNumber> ev_maximum_charge_power{};    // W
    std::optional<RationalNumber> ev_minimum_charge_power{};    // W
    std::optional<RationalNumber> ev_maximum_charge_current{};  // A
    std::optional<RationalNumber> ev_maximum_voltage{};         // V
    std::optional<RationalNumber> ev_minimum_voltage{};         // V
};
constexpr auto fields(exi::of<Scheduled_DC_CLReqControlMode>) {
    return exi::list(exi::element("EVTargetEnergyRequest", &Scheduled_DC_CLReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Scheduled_DC_CLReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Scheduled_DC_CLReqControlMode::ev_minimum_energy_request),
                     exi::element("EVTargetCurrent", &Scheduled_DC_CLReqControlMode::ev_target_current),
                     exi::element("EVTargetVoltage", &Scheduled_DC_CLReqControlMode::ev_target_voltage),
                     exi::element("EVMaximumChargePower", &Scheduled_DC_CLReqControlMode::ev_maximum_charge_power),
                     exi::element("EVMinimumChargePower", &Scheduled_DC_CLReqControlMode::ev_minimum_charge_power),
                     exi::element("EVMaximumChargeCurrent", &Scheduled_DC_CLReqControlMode::ev_maximum_charge_current),
                     exi::element("EVMaximumVoltage", &Scheduled_DC_CLReqControlMode::ev_maximum_voltage),
                     exi::element("EVMinimumVoltage", &Scheduled_DC_CLReqControlMode::ev_minimum_voltage));
}

/// What the car tells in each turn of the DC charge loop.
struct DC_ChargeLoopReq {
    MessageHeader header{};
    std::optional<DisplayParameters> display_parameters{};
    bool meter_info_requested = false;
    RationalNumber ev_present_voltage{};  // V
    std::variant<BPT_Dynamic_DC_CLReqControlMode, BPT_Scheduled_DC_CLReqControlMode, CLReqControlMode,
                 Dynamic_DC_CLReqControlMode, Scheduled_DC_CLReqControlMode>
        control_mode{};
};
constexpr auto fields(exi::of<DC_ChargeLoopReq>) {
    return exi::list(
        exi::element("Header", &DC_ChargeLoopReq::header),
        exi::element("DisplayParameters", &DC_ChargeLoopReq::display_parameters),
        exi::element("MeterInfoRequested", &DC_ChargeLoopReq::meter_info_requested),
        exi::element("EVPresentVoltage", &DC_ChargeLoopReq::ev_present_voltage),
        exi::substitutes(&DC_ChargeLoopReq::control_mode, "BPT_Dynamic_DC_CLReqControlMode", "BPT_Scheduled_DC_CLReqControlMode",
                         "CLReqControlMode", "Dynamic_DC_CLReqControlMode", "Scheduled_DC_CLReqControlMode"));
}

/// The operating point in dynamic mode: both directions.
struct BPT_Dynamic_DC_CLResControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<std::uint16_t> ack_max_delay{};     // s
    RationalNumber evse_maximum_charge_power{};       // W
    RationalNumber evse_minimum_charge_power{};       // W
    RationalNumber evse_maximum_charge_current{};     // A
    RationalNumber evse_maximum_voltage{};            // V
    RationalNumber evse_maximum_discharge_power{};    // W
    RationalNumber evse_minimum_discharge_power{};    // W
    RationalNumber evse_maximum_discharge_current{};  // A
    RationalNumber evse_minimum_voltage{};            // V
};
constexpr auto fields(exi::of<BPT_Dynamic_DC_CLResControlMode>) {
    return exi::list(
        exi::element("DepartureTime", &BPT_Dynamic_DC_CLResControlMode::departure_time),
        exi::element("MinimumSOC", &BPT_Dynamic_DC_CLResControlMode::minimum_soc),
        exi::element("TargetSOC", &BPT_Dynamic_DC_CLResControlMode::target_soc),
        exi::element("AckMaxDelay", &BPT_Dynamic_DC_CLResControlMode::ack_max_delay),
        exi::element("EVSEMaximumChargePower", &BPT_Dynamic_DC_CLResControlMode::evse_maximum_charge_power),
        exi::element("EVSEMinimumChargePower", &BPT_Dynamic_DC_CLResControlMode::evse_minimum_charge_power),
        exi::element("EVSEMaximumChargeCurrent", &BPT_Dynamic_DC_CLResControlMode::evse_maximum_charge_current),
        exi::element("EVSEMaximumVoltage", &BPT_Dynamic_DC_CLResControlMode::evse_maximum_voltage),
        exi::element("EVSEMaximumDischargePower", &BPT_Dynamic_DC_CLResControlMode::evse_maximum_discharge_power),
        exi::element("EVSEMinimumDischargePower", &BPT_Dynamic_DC_CLResControlMode::evse_minimum_discharge_power),
        exi::element("EVSEMaximumDischargeCurrent", &BPT_Dynamic_DC_CLResControlMode::evse_maximum_discharge_current),
        exi::element("EVSEMinimumVoltage", &BPT_Dynamic_DC_CLResControlMode::evse_minimum_voltage));
}

/// The limits in scheduled mode: both directions.
struct BPT_Scheduled_DC_CLResControlMode {
    std::optional<RationalNumber> evse_maximum_charge_power{};       // W
    std::optional<RationalNumber> evse_minimum_charge_power{};       // W
    std::optional<RationalNumber> evse_maximum_charge_current{};     // A
    std::optional<RationalNumber> evse_maximum_voltage{};            // V
    std::optional<RationalNumber> evse_maximum_discharge_power{};    // W
    std::optional<RationalNumber> evse_minimum_discharge_power{};    // W
    std::optional<RationalNumber> evse_maximum_discharge_current{};  // A
    std::optional<RationalNumber> evse_minimum_voltage{};            // V
};
constexpr auto fields(exi::of<BPT_Scheduled_DC_CLResControlMode>) {
    return exi::list(
        exi::element("EVSEMaximumChargePower", &BPT_Scheduled_DC_CLResControlMode::evse_maximum_charge_power),
        exi::element("EVSEMinimumChargePower", &BPT_Scheduled_DC_CLResControlMode::evse_minimum_charge_power),
        exi::element("EVSEMaximumChargeCurrent", &BPT_Scheduled_DC_CLResControlMode::evse_maximum_charge_current),
        exi::element("EVSEMaximumVoltage", &BPT_Scheduled_DC_CLResControlMode::evse_maximum_voltage),
        exi::element("EVSEMaximumDischargePower", &BPT_Scheduled_DC_CLResControlMode::evse_maximum_discharge_power),
        exi::element("EVSEMinimumDischargePower", &BPT_Scheduled_DC_CLResControlMode::evse_minimum_discharge_power),
        exi::element("EVSEMaximumDischargeCurrent", &BPT_Scheduled_DC_CLResControlMode::evse_maximum_discharge_current),
        exi::element("EVSEMinimumVoltage", &BPT_Scheduled_DC_CLResControlMode::evse_minimum_voltage));
}

/// The operating point in dynamic mode: charging only.
struct Dynamic_DC_CLResControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<std::uint16_t> ack_max_delay{};  // s
    RationalNumber evse_maximum_charge_power{};    // W
    RationalNumber evse_minimum_charge_power{};    // W
    RationalNumber evse_maximum_charge_current{};  // A
    RationalNumber evse_maximum_voltage{};         // V
};
constexpr auto fields(exi::of<Dynamic_DC_CLResControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_DC_CLResControlMode::departure_time),
                     exi::element("MinimumSOC", &Dynamic_DC_CLResControlMode::minimum_soc),
                     exi::element("TargetSOC", &Dynamic_DC_CLResControlMode::target_soc),
                     exi::element("AckMaxDelay", &Dynamic_DC_CLResControlMode::ack_max_delay),
                     exi::element("EVSEMaximumChargePower", &Dynamic_DC_CLResControlMode::evse_maximum_charge_power),
                     exi::element("EVSEMinimumChargePower", &Dynamic_DC_CLResControlMode::evse_minimum_charge_power),
                     exi::element("EVSEMaximumChargeCurrent", &Dynamic_DC_CLResControlMode::evse_maximum_charge_current),
                     exi::element("EVSEMaximumVoltage", &Dynamic_DC_CLResControlMode::evse_maximum_voltage));
}

/// The limits in scheduled mode: charging only.
struct Scheduled_DC_CLResControlMode {
    std::optional<RationalNumber> evse_maximum_charge_power{};    // W
    std::optional<RationalNumber> evse_minimum_charge_power{};    // W
    std::optional<RationalNumber> evse_maximum_charge_current{};  // A
    std::optional<RationalNumber> evse_maximum_voltage{};         // V
};
constexpr auto fields(exi::of<Scheduled_DC_CLResControlMode>) {
    return exi::list(exi::element("EVSEMaximumChargePower", &Scheduled_DC_CLResControlMode::evse_maximum_charge_power),
                     exi::element("EVSEMinimumChargePower", &Scheduled_DC_CLResControlMode::evse_minimum_charge_power),
                     exi::element("EVSEMaximumChargeCurrent", &Scheduled_DC_CLResControlMode::evse_maximum_charge_current),
                     exi::element("EVSEMaximumVoltage", &Scheduled_DC_CLResControlMode::evse_maximum_voltage));
}

/// What the charger answers in each turn of the DC charge loop.
struct DC_ChargeLoopRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::optional<EVSEStatus> evse_status{};
    std::optional<MeterInfo> meter_info{};
    std::optional<Receipt> receipt{};
    RationalNumber evse_present_current{};  // A
    RationalNumber evse_present_voltage{};  // V
    bool evse_power_limit_achieved = false;
    bool evse_current_limit_achieved = false;
    bool evse_voltage_limit_achieved = false;
    std::variant<BPT_Dynamic_DC_CLResControlMode, BPT_Scheduled_DC_CLResControlMode, CLResControlMode,
                 Dynamic_DC_CLResControlMode, Scheduled_DC_CLResControlMode>
        control_mode{};
};
constexpr auto fields(exi::of<DC_ChargeLoopRes>) {
    return exi::list(
        exi::element("Header", &DC_ChargeLoopRes::header), exi::element("ResponseCode", &DC_ChargeLoopRes::response_code),
        exi::element("EVSEStatus", &DC_ChargeLoopRes::evse_status), exi::element("MeterInfo", &DC_ChargeLoopRes::meter_info),
        exi::element("Receipt", &DC_ChargeLoopRes::receipt),
        exi::element("EVSEPresentCurrent", &DC_ChargeLoopRes::evse_present_current),
        exi::element("EVSEPresentVoltage", &DC_ChargeLoopRes::evse_present_voltage),
        exi::element("EVSEPowerLimitAchieved", &DC_ChargeLoopRes::evse_power_limit_achieved),
        exi::element("EVSECurrentLimitAchieved", &DC_ChargeLoopRes::evse_current_limit_achieved),
        exi::element("EVSEVoltageLimitAchieved", &DC_ChargeLoopRes::evse_voltage_limit_achieved),
        exi::substitutes(&DC_ChargeLoopRes::control_mode, "BPT_Dynamic_DC_CLResControlMode", "BPT_Scheduled_DC_CLResControlMode",
                         "CLResControlMode", "Dynamic_DC_CLResControlMode", "Scheduled_DC_CLResControlMode"));
}

/// The car tests its contactors.
struct DC_WeldingDetectionReq {
    MessageHeader header{};
    Processing ev_processing{};
};
constexpr auto fields(exi::of<DC_WeldingDetectionReq>) {
    return exi::list(exi::element("Header", &DC_WeldingDetectionReq::header),
                     exi::element("EVProcessing", &DC_WeldingDetectionReq::ev_processing));
}

/// The voltage on the cable.
struct DC_WeldingDetectionRes {
    MessageHeader header{};
    ResponseCode response_code{};
    RationalNumber evse_present_voltage{};  // V
};
constexpr auto fields(exi::of<DC_WeldingDetectionRes>) {
    return exi::list(exi::element("Header", &DC_WeldingDetectionRes::header),
                     exi::element("ResponseCode", &DC_WeldingDetectionRes::response_code),
                     exi::element("EVSEPresentVoltage", &DC_WeldingDetectionRes::evse_present_voltage));
}

}  // namespace voltkeep::iso15118
