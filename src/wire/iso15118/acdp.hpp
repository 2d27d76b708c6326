// SPDX-License-Identifier: Apache-2.0
// Automated connection devices (pantographs): schema urn:iso:std:iso:15118:-20:ACDP.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

/// The state of the control pilot.
enum class CPStatus : std::uint8_t { StateA, StateB, StateC, StateD, StateE };
constexpr auto names(exi::of<CPStatus>) {
    return exi::enumeration<CPStatus::StateE>("StateA", "StateB", "StateC", "StateD", "StateE");
}

/// What is wrong with the car.
enum class ErrorCode : std::uint8_t {
    OK_NoEVError,
    FAILED,
    FAILED_EmergencyEvent,
    FAILED_Breaker,
    FAILED_RESSTemperatureInhibit,
    FAILED_RESS,
    FAILED_ChargingCurrentDifferential,
    FAILED_ChargingVoltageOutOfRange,
    FAILED_Reserved1,
    FAILED_Reserved2
};
constexpr auto names(exi::of<ErrorCode>) {
    return exi::enumeration<ErrorCode::FAILED_Reserved2>(
        "OK_NoEVError", "FAILED", "FAILED_EmergencyEvent", "FAILED_Breaker", "FAILED_RESSTemperatureInhibit", "FAILED_RESS",
        "FAILED_ChargingCurrentDifferential", "FAILED_ChargingVoltageOutOfRange", "FAILED_Reserved1", "FAILED_Reserved2");
}

/// Result of the insulation monitor.
enum class IsolationStatus : std::uint8_t { Invalid, Safe, Warning, Fault };
constexpr auto names(exi::of<IsolationStatus>) {
    return exi::enumeration<IsolationStatus::Fault>("Invalid", "Safe", "Warning", "Fault");
}

/// The electrical state of the connection device.
enum class ElectricalChargingDeviceStatus : std::uint8_t { State_A, State_B, State_C, State_D };
constexpr auto names(exi::of<ElectricalChargingDeviceStatus>) {
    return exi::enumeration<ElectricalChargingDeviceStatus::State_D>("State_A", "State_B", "State_C", "State_D");
}

/// The position of the connection device.
enum class MechanicalChargingDeviceStatus : std::uint8_t { Home, Moving, EndPosition };
constexpr auto names(exi::of<MechanicalChargingDeviceStatus>) {
    return exi::enumeration<MechanicalChargingDeviceStatus::EndPosition>("Home", "Moving", "EndPosition");
}

/// The car drives under the connection device.
struct ACDP_VehiclePositioningReq {
    MessageHeader header{};
    bool ev_mobility_status = false;
    bool ev_positioning_support = false;
};
constexpr auto fields(exi::of<ACDP_VehiclePositioningReq>) {
    return exi::list(exi::element("Header", &ACDP_VehiclePositioningReq::header),
                     exi::element("EVMobilityStatus", &ACDP_VehiclePositioningReq::ev_mobility_status),
                     exi::element("EVPositioningSupport", &ACDP_VehiclePositioningReq::ev_positioning_support));
}

/// Where the car stands, relative to the connection device. Millimetres.
struct ACDP_VehiclePositioningRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    bool evse_positioning_support = false;
    std::int16_t ev_relative_x_deviation = 0;
    std::int16_t ev_relative_y_deviation = 0;
    std::int16_t contact_window_xc = 0;
    std::int16_t contact_window_yc = 0;
    bool ev_in_charge_position = false;
};
constexpr auto fields(exi::of<ACDP_VehiclePositioningRes>) {
    return exi::list(exi::element("Header", &ACDP_VehiclePositioningRes::header),
                     exi::element("ResponseCode", &ACDP_VehiclePositioningRes::response_code),
                     exi::element("EVSEProcessing", &ACDP_VehiclePositioningRes::evse_processing),
                     exi::element("EVSEPositioningSupport", &ACDP_VehiclePositioningRes::evse_positioning_support),
                     exi::element("EVRelativeXDeviation", &ACDP_VehiclePositioningRes::ev_relative_x_deviation),
                     exi::element("EVRelativeYDeviation", &ACDP_VehiclePositioningRes::ev_relative_y_deviation),
                     exi::element("ContactWindowXc", &ACDP_VehiclePositioningRes::contact_window_xc),
                     exi::element("ContactWindowYc", &ACDP_VehiclePositioningRes::contact_window_yc),
                     exi::element("EVInChargePosition", &ACDP_VehiclePositioningRes::ev_in_charge_position));
}

/// The car asks for the connection device to come down.
struct ACDP_ConnectReq {
    MessageHeader header{};
    ElectricalChargingDeviceStatus ev_electrical_charging_device_status{};
};
constexpr auto fields(exi::of<ACDP_ConnectReq>) {
    return exi::list(exi::element("Header", &ACDP_ConnectReq::header),
                     exi::element("EVElectricalChargingDeviceStatus", &ACDP_ConnectReq::ev_electrical_charging_device_status));
}

/// Where the connection device is.
struct ACDP_ConnectRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    ElectricalChargingDeviceStatus evse_electrical_charging_device_status{};
    MechanicalChargingDeviceStatus evse_mechanical_charging_device_status{};
};
constexpr auto fields(exi::of<ACDP_ConnectRes>) {
    return exi::list(
        exi::element("Header", &ACDP_ConnectRes::header), exi::element("ResponseCode", &ACDP_ConnectRes::response_code),
        exi::element("EVSEProcessing", &ACDP_ConnectRes::evse_processing),
        exi::element("EVSEElectricalChargingDeviceStatus", &ACDP_ConnectRes::evse_electrical_charging_device_status),
        exi::element("EVSEMechanicalChargingDeviceStatus", &ACDP_ConnectRes::evse_mechanical_charging_device_status));
}

/// The technical status of the car.
struct EVTechnicalStatus {
    bool ev_ready_to_charge = false;
    bool ev_immobilization_request = false;
    std::optional<bool> ev_immobilized{};
    std::optional<RationalNumber> ev_wlan_strength{};
    std::optional<CPStatus> ev_cp_status{};
    std::optional<Percent> ev_soc{};
    std::optional<ErrorCode> ev_error_code{};
    std::optional<bool> ev_timeout{};
};
constexpr auto fields(exi::of<EVTechnicalStatus>) {
    return exi::list(exi::element("EVReadyToCharge", &EVTechnicalStatus::ev_ready_to_charge),
                     exi::element("EVImmobilizationRequest", &EVTechnicalStatus::ev_immobilization_request),
                     exi::element("EVImmobilized", &EVTechnicalStatus::ev_immobilized),
                     exi::element("EVWLANStrength", &EVTechnicalStatus::ev_wlan_strength),
                     exi::element("EVCPStatus", &EVTechnicalStatus::ev_cp_status),
                     exi::element("EVSOC", &EVTechnicalStatus::ev_soc),
                     exi::element("EVErrorCode", &EVTechnicalStatus::ev_error_code),
                     exi::element("EVTimeout", &EVTechnicalStatus::ev_timeout));
}

/// The technical status of the car.
struct ACDP_SystemStatusReq {
    MessageHeader header{};
    EVTechnicalStatus ev_technical_status{};
};
constexpr auto fields(exi::of<ACDP_SystemStatusReq>) {
    return exi::list(exi::element("Header", &ACDP_SystemStatusReq::header),
                     exi::element("EVTechnicalStatus", &ACDP_SystemStatusReq::ev_technical_status));
}

/// The technical status of the charger.
struct ACDP_SystemStatusRes {
    MessageHeader header{};
    ResponseCode response_code{};
    MechanicalChargingDeviceStatus evse_mechanical_charging_device_status{};
    bool evse_ready_to_charge = false;
    IsolationStatus evse_isolation_status{};
    bool evse_disabled = false;
    bool evse_utility_interrupt_event = false;
    bool evse_emergency_shutdown = false;
    bool evse_malfunction = false;
    bool ev_in_charge_position = false;
    bool ev_association_status = false;
};
constexpr auto fields(exi::of<ACDP_SystemStatusRes>) {
    return exi::list(
        exi::element("Header", &ACDP_SystemStatusRes::header), exi::element("ResponseCode", &ACDP_SystemStatusRes::response_code),
        exi::element("EVSEMechanicalChargingDeviceStatus", &ACDP_SystemStatusRes::evse_mechanical_charging_device_status),
        exi::element("EVSEReadyToCharge", &ACDP_SystemStatusRes::evse_ready_to_charge),
        exi::element("EVSEIsolationStatus", &ACDP_SystemStatusRes::evse_isolation_status),
        exi::element("EVSEDisabled", &ACDP_SystemStatusRes::evse_disabled),
        exi::element("EVSEUtilityInterruptEvent", &ACDP_SystemStatusRes::evse_utility_interrupt_event),
        exi::element("EVSEEmergencyShutdown", &ACDP_SystemStatusRes::evse_emergency_shutdown),
        exi::element("EVSEMalfunction", &ACDP_SystemStatusRes::evse_malfunction),
        exi::element("EVInChargePosition", &ACDP_SystemStatusRes::ev_in_charge_position),
        exi::element("EVAssociationStatus", &ACDP_SystemStatusRes::ev_association_status));
}

/// The car asks for the connection device to go up.
struct ACDP_DisconnectReq {
    MessageHeader header{};
    ElectricalChargingDeviceStatus ev_electrical_charging_device_status{};
};
constexpr auto fields(exi::of<ACDP_DisconnectReq>) {
    return exi::list(exi::element("Header", &ACDP_DisconnectReq::header),
                     exi::element("EVElectricalChargingDeviceStatus", &ACDP_DisconnectReq::ev_electrical_charging_device_status));
}

/// Where the connection device is.
struct ACDP_DisconnectRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    ElectricalChargingDeviceStatus evse_electrical_charging_device_status{};
    MechanicalChargingDeviceStatus evse_mechanical_charging_device_status{};
};
constexpr auto fields(exi::of<ACDP_DisconnectRes>) {
    return exi::list(
        exi::element("Header", &ACDP_DisconnectRes::header), exi::element("ResponseCode", &ACDP_DisconnectRes::response_code),
        exi::element("EVSEProcessing", &ACDP_DisconnectRes::evse_processing),
        exi::element("EVSEElectricalChargingDeviceStatus", &ACDP_DisconnectRes::evse_electrical_charging_device_status),
        exi::element("EVSEMechanicalChargingDeviceStatus", &ACDP_DisconnectRes::evse_mechanical_charging_device_status));
}

}  // namespace voltkeep::iso15118
