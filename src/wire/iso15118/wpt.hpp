// SPDX-License-Identifier: Apache-2.0
// Wireless power transfer: schema urn:iso:std:iso:15118:-20:WPT.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

using WPT_DataContainer = exi::Base64Binary<256>;  ///< of the manufacturer
using BSSID = exi::String<12>;                     ///< MAC address, hexadecimal
using IPAddress = exi::String<39>;                 ///< IPv6 address, text

/// A way to position the car.
enum class WPT_FinePositioningMethod : std::uint8_t { Manual, LF_TxEV, LF_TxPrimaryDevice, LPE, Proprietary };
constexpr auto names(exi::of<WPT_FinePositioningMethod>) {
    return exi::enumeration<WPT_FinePositioningMethod::Proprietary>("Manual", "LF_TxEV", "LF_TxPrimaryDevice", "LPE",
                                                                    "Proprietary");
}

/// A way to pair car and primary device.
enum class WPT_PairingMethod : std::uint8_t { External_confirmation, LPE, LF_TxEV, LF_TxPrimaryDevice, Optical, Proprietary };
constexpr auto names(exi::of<WPT_PairingMethod>) {
    return exi::enumeration<WPT_PairingMethod::Proprietary>("External confirmation", "LPE", "LF_TxEV", "LF_TxPrimaryDevice",
                                                            "Optical", "Proprietary");
}

/// A way to check the alignment.
enum class WPT_AlignmentCheckMethod : std::uint8_t { PowerCheck, LPE, Proprietary };
constexpr auto names(exi::of<WPT_AlignmentCheckMethod>) {
    return exi::enumeration<WPT_AlignmentCheckMethod::Proprietary>("PowerCheck", "LPE", "Proprietary");
}

/// What the car noticed.
enum class WPT_EVPCChargeDiagnostics : std::uint8_t {
    EVPCNoIssue,
    EVPCTempOverheatDetected,
    EVPCPowerTransferAnomalyDetected,
    EVPCAnomalyDetected
};
constexpr auto names(exi::of<WPT_EVPCChargeDiagnostics>) {
    return exi::enumeration<WPT_EVPCChargeDiagnostics::EVPCAnomalyDetected>(
        "EVPCNoIssue", "EVPCTempOverheatDetected", "EVPCPowerTransferAnomalyDetected", "EVPCAnomalyDetected");
}

/// What the supply noticed.
enum class WPT_SPCChargeDiagnostics : std::uint8_t {
    SPCNoIssue,
    SPCFODDetected,
    SPCLOPDetected,
    SPCTempOverheatDetected,
    SPCPowerTransferAnomalyDetected,
    SPCAnomalyDetected
};
constexpr auto names(exi::of<WPT_SPCChargeDiagnostics>) {
    return exi::enumeration<WPT_SPCChargeDiagnostics::SPCAnomalyDetected>(
        "SPCNoIssue", "SPCFODDetected", "SPCLOPDetected", "SPCTempOverheatDetected", "SPCPowerTransferAnomalyDetected",
        "SPCAnomalyDetected");
}

/// Input power class of IEC 61980.
enum class WPT_PowerClass : std::uint8_t { MF_WPT1, MF_WPT2, MF_WPT3, MF_WPT4 };
constexpr auto names(exi::of<WPT_PowerClass>) {
    return exi::enumeration<WPT_PowerClass::MF_WPT4>("MF-WPT1", "MF-WPT2", "MF-WPT3", "MF-WPT4");
}

/// Result of a step at the car.
enum class WPT_EVResult : std::uint8_t { EVResultUnknown, EVResultSuccess, EVResultFailed };
constexpr auto names(exi::of<WPT_EVResult>) {
    return exi::enumeration<WPT_EVResult::EVResultFailed>("EVResultUnknown", "EVResultSuccess", "EVResultFailed");
}

/// Ways to position the car.
struct WPT_FinePositioningMethodList {
    List<WPT_FinePositioningMethod, 8> wpt_fine_positioning_method{};
};
constexpr auto fields(exi::of<WPT_FinePositioningMethodList>) {
    return exi::list(exi::element("WPT_FinePositioningMethod", &WPT_FinePositioningMethodList::wpt_fine_positioning_method));
}

/// Ways to pair.
struct WPT_PairingMethodList {
    List<WPT_PairingMethod, 8> wpt_pairing_method{};
};
constexpr auto fields(exi::of<WPT_PairingMethodList>) {
    return exi::list(exi::element("WPT_PairingMethod", &WPT_PairingMethodList::wpt_pairing_method));
}

/// Ways to check the alignment.
struct WPT_AlignmentCheckMethodList {
    List<WPT_AlignmentCheckMethod, 8> wpt_alignment_check_method{};
};
constexpr auto fields(exi::of<WPT_AlignmentCheckMethodList>) {
    return exi::list(exi::element("WPT_AlignmentCheckMethod", &WPT_AlignmentCheckMethodList::wpt_alignment_check_method));
}

/// A position in millimetres or a direction.
struct WPT_CoordinateXYZ {
    std::int16_t coord_x = 0;
    std::int16_t coord_y = 0;
    std::int16_t coord_z = 0;
};
constexpr auto fields(exi::of<WPT_CoordinateXYZ>) {
    return exi::list(exi::element("Coord_X", &WPT_CoordinateXYZ::coord_x), exi::element("Coord_Y", &WPT_CoordinateXYZ::coord_y),
                     exi::element("Coord_Z", &WPT_CoordinateXYZ::coord_z));
}

/// One antenna: where it is and where it looks.
struct WPT_TxRxSpecData {
    NumericID tx_rx_identifier{};
    WPT_CoordinateXYZ tx_rx_position{};
    WPT_CoordinateXYZ tx_rx_orientation{};
};
constexpr auto fields(exi::of<WPT_TxRxSpecData>) {
    return exi::list(exi::element("TxRxIdentifier", &WPT_TxRxSpecData::tx_rx_identifier),
                     exi::element("TxRxPosition", &WPT_TxRxSpecData::tx_rx_position),
                     exi::element("TxRxOrientation", &WPT_TxRxSpecData::tx_rx_orientation));
}

/// Which antenna sends which pulse.
struct WPT_TxRxPulseOrder {
    std::uint16_t index_number = 0;
    NumericID tx_rx_identifier{};
};
constexpr auto fields(exi::of<WPT_TxRxPulseOrder>) {
    return exi::list(exi::element("IndexNumber", &WPT_TxRxPulseOrder::index_number),
                     exi::element("TxRxIdentifier", &WPT_TxRxPulseOrder::tx_rx_identifier));
}

/// The pulses of a package.
struct WPT_TxRxPackageSpecData {
    exi::Many<WPT_TxRxPulseOrder, 255> pulse_sequence_order{};
    std::uint16_t pulse_separation_time = 0;
    std::uint16_t pulse_duration = 0;
    std::uint16_t package_separation_time = 0;
};
constexpr auto fields(exi::of<WPT_TxRxPackageSpecData>) {
    return exi::list(exi::element("PulseSequenceOrder", &WPT_TxRxPackageSpecData::pulse_sequence_order, exi::at_least<2>),
                     exi::element("PulseSeparationTime", &WPT_TxRxPackageSpecData::pulse_separation_time),
                     exi::element("PulseDuration", &WPT_TxRxPackageSpecData::pulse_duration),
                     exi::element("PackageSeparationTime", &WPT_TxRxPackageSpecData::package_separation_time));
}

/// The transmitters of this side.
struct WPT_LF_TransmitterData {
    std::uint8_t number_of_transmitters = 0;
    RationalNumber signal_frequency{};  // Hz
    exi::Many<WPT_TxRxSpecData, 255> tx_spec_data{};
    std::optional<WPT_TxRxPackageSpecData> tx_package_spec_data{};
};
constexpr auto fields(exi::of<WPT_LF_TransmitterData>) {
    return exi::list(exi::element("NumberOfTransmitters", &WPT_LF_TransmitterData::number_of_transmitters),
                     exi::element("SignalFrequency", &WPT_LF_TransmitterData::signal_frequency),
                     exi::element("TxSpecData", &WPT_LF_TransmitterData::tx_spec_data, exi::at_least<2>),
                     exi::element("TxPackageSpecData", &WPT_LF_TransmitterData::tx_package_spec_data));
}

/// The receivers of this side.
struct WPT_LF_ReceiverData {
    std::uint8_t number_of_receivers = 0;
    exi::Many<WPT_TxRxSpecData, 255> rx_spec_data{};
};
constexpr auto fields(exi::of<WPT_LF_ReceiverData>) {
    return exi::list(exi::element("NumberOfReceivers", &WPT_LF_ReceiverData::number_of_receivers),
                     exi::element("RxSpecData", &WPT_LF_ReceiverData::rx_spec_data, exi::at_least<2>));
}

/// Low-frequency positioning: the transmitter or receiver of this side.
struct WPT_LF_SystemSetupData {
    std::variant<WPT_LF_TransmitterData, WPT_LF_ReceiverData> setup_data{};
};
constexpr auto fields(exi::of<WPT_LF_SystemSetupData>) {
    return exi::list(exi::choice(&WPT_LF_SystemSetupData::setup_data, "LF_TransmitterSetupData", "LF_ReceiverSetupData"));
}

/// The methods that the car has for positioning, pairing and alignment.
struct WPT_FinePositioningSetupReq {
    MessageHeader header{};
    Processing ev_processing{};
    WPT_FinePositioningMethodList ev_device_fine_positioning_method_list{};
    WPT_PairingMethodList ev_device_pairing_method_list{};
    WPT_AlignmentCheckMethodList ev_device_alignment_check_method_list{};
    std::uint16_t natural_offset = 0;
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
    std::optional<WPT_LF_SystemSetupData> lf_system_setup_data{};
};
constexpr auto fields(exi::of<WPT_FinePositioningSetupReq>) {
    return exi::list(
        exi::element("Header", &WPT_FinePositioningSetupReq::header),
        exi::element("EVProcessing", &WPT_FinePositioningSetupReq::ev_processing),
        exi::element("EVDeviceFinePositioningMethodList", &WPT_FinePositioningSetupReq::ev_device_fine_positioning_method_list),
        exi::element("EVDevicePairingMethodList", &WPT_FinePositioningSetupReq::ev_device_pairing_method_list),
        exi::element("EVDeviceAlignmentCheckMethodList", &WPT_FinePositioningSetupReq::ev_device_alignment_check_method_list),
        exi::element("NaturalOffset", &WPT_FinePositioningSetupReq::natural_offset),
        exi::element("VendorSpecificDataContainer", &WPT_FinePositioningSetupReq::vendor_specific_data_container,
                     exi::at_least<0>),
        exi::element("LF_SystemSetupData", &WPT_FinePositioningSetupReq::lf_system_setup_data));
}

/// The methods that the charger has.
struct WPT_FinePositioningSetupRes {
    MessageHeader header{};
    ResponseCode response_code{};
    WPT_FinePositioningMethodList primary_device_fine_positioning_method_list{};
    WPT_PairingMethodList primary_device_pairing_method_list{};
    WPT_AlignmentCheckMethodList primary_device_alignment_check_method_list{};
    std::uint16_t natural_offset = 0;
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
    std::optional<WPT_LF_SystemSetupData> lf_system_setup_data{};
};
constexpr auto fields(exi::of<WPT_FinePositioningSetupRes>) {
    return exi::list(
        exi::element("Header", &WPT_FinePositioningSetupRes::header),
        exi::element("ResponseCode", &WPT_FinePositioningSetupRes::response_code),
        exi::element("PrimaryDeviceFinePositioningMethodList",
                     &WPT_FinePositioningSetupRes::primary_device_fine_positioning_method_list),
        exi::element("PrimaryDevicePairingMethodList", &WPT_FinePositioningSetupRes::primary_device_pairing_method_list),
        exi::element("PrimaryDeviceAlignmentCheckMethodList",
                     &WPT_FinePositioningSetupRes::primary_device_alignment_check_method_list),
        exi::element("NaturalOffset", &WPT_FinePositioningSetupRes::natural_offset),
        exi::element("VendorSpecificDataContainer", &WPT_FinePositioningSetupRes::vendor_specific_data_container,
                     exi::at_least<0>),
        exi::element("LF_SystemSetupData", &WPT_FinePositioningSetupRes::lf_system_setup_data));
}

/// Power that an antenna sent.
struct WPT_LF_TxData {
    NumericID tx_identifier{};
    RationalNumber eirp{};
};
constexpr auto fields(exi::of<WPT_LF_TxData>) {
    return exi::list(exi::element("TxIdentifier", &WPT_LF_TxData::tx_identifier), exi::element("EIRP", &WPT_LF_TxData::eirp));
}

/// What was sent.
struct WPT_LF_TxDataList {
    WPT_LF_TxData wpt_lf_tx_data_list{};
};
constexpr auto fields(exi::of<WPT_LF_TxDataList>) {
    return exi::list(exi::element("WPT_LF_TxDataList", &WPT_LF_TxDataList::wpt_lf_tx_data_list));
}

/// The received strength of one transmitter.
struct WPT_LF_RxRSSI {
    NumericID tx_identifier{};
    RationalNumber rssi{};
};
constexpr auto fields(exi::of<WPT_LF_RxRSSI>) {
    return exi::list(exi::element("TxIdentifier", &WPT_LF_RxRSSI::tx_identifier), exi::element("RSSI", &WPT_LF_RxRSSI::rssi));
}

/// The received strengths.
struct WPT_LF_RxRSSIList {
    WPT_LF_RxRSSI rssi_data_list{};
};
constexpr auto fields(exi::of<WPT_LF_RxRSSIList>) {
    return exi::list(exi::element("RSSIDataList", &WPT_LF_RxRSSIList::rssi_data_list));
}

/// What an antenna received.
struct WPT_LF_RxData {
    NumericID rx_identifier{};
    WPT_LF_RxRSSIList rssi_data{};
};
constexpr auto fields(exi::of<WPT_LF_RxData>) {
    return exi::list(exi::element("RxIdentifier", &WPT_LF_RxData::rx_identifier),
                     exi::element("RSSIData", &WPT_LF_RxData::rssi_data));
}

/// What was received.
struct WPT_LF_RxDataList {
    WPT_LF_RxData wpt_lf_rx_data_list{};
};
constexpr auto fields(exi::of<WPT_LF_RxDataList>) {
    return exi::list(exi::element("WPT_LF_RxDataList", &WPT_LF_RxDataList::wpt_lf_rx_data_list));
}

/// One package.
struct WPT_LF_DataPackage {
    std::uint8_t package_index = 0;
    std::variant<WPT_LF_TxDataList, WPT_LF_RxDataList> data{};
};
constexpr auto fields(exi::of<WPT_LF_DataPackage>) {
    return exi::list(exi::element("PackageIndex", &WPT_LF_DataPackage::package_index),
                     exi::choice(&WPT_LF_DataPackage::data, "LF_TxData", "LF_RxData"));
}

/// Packages of low-frequency positioning.
struct WPT_LF_DataPackageList {
    std::uint8_t num_packages = 0;
    WPT_LF_DataPackage wpt_lf_data_package{};
};
constexpr auto fields(exi::of<WPT_LF_DataPackageList>) {
    return exi::list(exi::element("NumPackages", &WPT_LF_DataPackageList::num_packages),
                     exi::element("WPT_LF_DataPackage", &WPT_LF_DataPackageList::wpt_lf_data_package));
}

/// One step of fine positioning.
struct WPT_FinePositioningReq {
    MessageHeader header{};
    Processing ev_processing{};
    WPT_EVResult ev_result_code{};
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
    std::optional<WPT_LF_DataPackageList> wpt_lf_data_package_list{};
};
constexpr auto fields(exi::of<WPT_FinePositioningReq>) {
    return exi::list(
        exi::element("Header", &WPT_FinePositioningReq::header),
        exi::element("EVProcessing", &WPT_FinePositioningReq::ev_processing),
        exi::element("EVResultCode", &WPT_FinePositioningReq::ev_result_code),
        exi::element("VendorSpecificDataContainer", &WPT_FinePositioningReq::vendor_specific_data_container, exi::at_least<0>),
        exi::element("WPT_LF_DataPackageList", &WPT_FinePositioningReq::wpt_lf_data_package_list));
}

/// One step of fine positioning.
struct WPT_FinePositioningRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
    std::optional<WPT_LF_DataPackageList> wpt_lf_data_package_list{};
};
constexpr auto fields(exi::of<WPT_FinePositioningRes>) {
    return exi::list(
        exi::element("Header", &WPT_FinePositioningRes::header),
        exi::element("ResponseCode", &WPT_FinePositioningRes::response_code),
        exi::element("EVSEProcessing", &WPT_FinePositioningRes::evse_processing),
        exi::element("VendorSpecificDataContainer", &WPT_FinePositioningRes::vendor_specific_data_container, exi::at_least<0>),
        exi::element("WPT_LF_DataPackageList", &WPT_FinePositioningRes::wpt_lf_data_package_list));
}

/// The car says what it observed of the primary device.
struct WPT_PairingReq {
    MessageHeader header{};
    Processing ev_processing{};
    std::optional<NumericID> observed_id_code{};
    WPT_EVResult ev_result_code{};
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_PairingReq>) {
    return exi::list(
        exi::element("Header", &WPT_PairingReq::header), exi::element("EVProcessing", &WPT_PairingReq::ev_processing),
        exi::element("ObservedIDCode", &WPT_PairingReq::observed_id_code),
        exi::element("EVResultCode", &WPT_PairingReq::ev_result_code),
        exi::element("VendorSpecificDataContainer", &WPT_PairingReq::vendor_specific_data_container, exi::at_least<0>));
}

/// How another charger is reached.
struct AlternativeSECC {
    std::optional<Identifier> ssid{};
    std::optional<BSSID> bssid{};
    std::optional<IPAddress> ip_address{};
    std::optional<std::uint16_t> port{};
};
constexpr auto fields(exi::of<AlternativeSECC>) {
    return exi::list(exi::element("SSID", &AlternativeSECC::ssid), exi::element("BSSID", &AlternativeSECC::bssid),
                     exi::element("IPAddress", &AlternativeSECC::ip_address), exi::element("Port", &AlternativeSECC::port));
}

/// Other chargers to try.
struct AlternativeSECCList {
    exi::Many<AlternativeSECC, 8> alternative_secc{};
};
constexpr auto fields(exi::of<AlternativeSECCList>) {
    return exi::list(exi::element("AlternativeSECC", &AlternativeSECCList::alternative_secc));
}

/// Whether car and primary device belong together.
struct WPT_PairingRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    std::optional<NumericID> observed_id_code{};
    std::optional<AlternativeSECCList> alternative_secc_list{};
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_PairingRes>) {
    return exi::list(
        exi::element("Header", &WPT_PairingRes::header), exi::element("ResponseCode", &WPT_PairingRes::response_code),
        exi::element("EVSEProcessing", &WPT_PairingRes::evse_processing),
        exi::element("ObservedIDCode", &WPT_PairingRes::observed_id_code),
        exi::element("AlternativeSECCList", &WPT_PairingRes::alternative_secc_list),
        exi::element("VendorSpecificDataContainer", &WPT_PairingRes::vendor_specific_data_container, exi::at_least<0>));
}

/// The car tells its limits. Clearances in millimetres.
struct WPT_ChargeParameterDiscoveryReq {
    MessageHeader header{};
    RationalNumber evpc_max_receivable_power{};  // W
    std::uint16_t sd_max_ground_clearence = 0;
    std::uint16_t sd_min_ground_clearence = 0;
    RationalNumber evpc_natural_frequency{};  // Hz
    bool evpc_device_local_control = false;
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_ChargeParameterDiscoveryReq>) {
    return exi::list(exi::element("Header", &WPT_ChargeParameterDiscoveryReq::header),
                     exi::element("EVPCMaxReceivablePower", &WPT_ChargeParameterDiscoveryReq::evpc_max_receivable_power),
                     exi::element("SDMaxGroundClearence", &WPT_ChargeParameterDiscoveryReq::sd_max_ground_clearence),
                     exi::element("SDMinGroundClearence", &WPT_ChargeParameterDiscoveryReq::sd_min_ground_clearence),
                     exi::element("EVPCNaturalFrequency", &WPT_ChargeParameterDiscoveryReq::evpc_natural_frequency),
                     exi::element("EVPCDeviceLocalControl", &WPT_ChargeParameterDiscoveryReq::evpc_device_local_control),
                     exi::element("VendorSpecificDataContainer", &WPT_ChargeParameterDiscoveryReq::vendor_specific_data_container,
                                  exi::at_least<0>));
}

/// The charger tells its limits. Clearances in millimetres.
struct WPT_ChargeParameterDiscoveryRes {
    MessageHeader header{};
    ResponseCode response_code{};
    WPT_PowerClass pd_input_power_class{};
    RationalNumber sd_min_output_power{};  // W
    RationalNumber sd_max_output_power{};  // W
    std::uint16_t sd_max_ground_clearance_support = 0;
    std::uint16_t sd_min_ground_clearance_support = 0;
    RationalNumber pd_min_coil_current{};  // A
    RationalNumber pd_max_coil_current{};  // A
    exi::Many<WPT_DataContainer, 16> sd_manufacturer_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_ChargeParameterDiscoveryRes>) {
    return exi::list(
        exi::element("Header", &WPT_ChargeParameterDiscoveryRes::header),
        exi::element("ResponseCode", &WPT_ChargeParameterDiscoveryRes::response_code),
        exi::element("PDInputPowerClass", &WPT_ChargeParameterDiscoveryRes::pd_input_power_class),
        exi::element("SDMinOutputPower", &WPT_ChargeParameterDiscoveryRes::sd_min_output_power),
        exi::element("SDMaxOutputPower", &WPT_ChargeParameterDiscoveryRes::sd_max_output_power),
        exi::element("SDMaxGroundClearanceSupport", &WPT_ChargeParameterDiscoveryRes::sd_max_ground_clearance_support),
        exi::element("SDMinGroundClearanceSupport", &WPT_ChargeParameterDiscoveryRes::sd_min_ground_clearance_support),
        exi::element("PDMinCoilCurrent", &WPT_ChargeParameterDiscoveryRes::pd_min_coil_current),
        exi::element("PDMaxCoilCurrent", &WPT_ChargeParameterDiscoveryRes::pd_max_coil_current),
        exi::element("SDManufacturerSpecificDataContainer",
                     &WPT_ChargeParameterDiscoveryRes::sd_manufacturer_specific_data_container, exi::at_least<0>));
}

/// The car checks its alignment.
struct WPT_AlignmentCheckReq {
    MessageHeader header{};
    Processing ev_processing{};
    std::optional<RationalNumber> target_coil_current{};  // A
    WPT_EVResult ev_result_code{};
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_AlignmentCheckReq>) {
    return exi::list(
        exi::element("Header", &WPT_AlignmentCheckReq::header),
        exi::element("EVProcessing", &WPT_AlignmentCheckReq::ev_processing),
        exi::element("TargetCoilCurrent", &WPT_AlignmentCheckReq::target_coil_current),
        exi::element("EVResultCode", &WPT_AlignmentCheckReq::ev_result_code),
        exi::element("VendorSpecificDataContainer", &WPT_AlignmentCheckReq::vendor_specific_data_container, exi::at_least<0>));
}

/// What the primary device measured.
struct WPT_AlignmentCheckRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    std::optional<RationalNumber> power_transmitted{};      // W
    std::optional<RationalNumber> supply_device_current{};  // A
    exi::Many<WPT_DataContainer, 16> vendor_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_AlignmentCheckRes>) {
    return exi::list(
        exi::element("Header", &WPT_AlignmentCheckRes::header),
        exi::element("ResponseCode", &WPT_AlignmentCheckRes::response_code),
        exi::element("EVSEProcessing", &WPT_AlignmentCheckRes::evse_processing),
        exi::element("PowerTransmitted", &WPT_AlignmentCheckRes::power_transmitted),
        exi::element("SupplyDeviceCurrent", &WPT_AlignmentCheckRes::supply_device_current),
        exi::element("VendorSpecificDataContainer", &WPT_AlignmentCheckRes::vendor_specific_data_container, exi::at_least<0>));
}

/// Control values of the car.
struct WPT_EVPCPowerControlParameter {
    RationalNumber evpc_coil_current_request{};        // A
    RationalNumber evpc_coil_current_information{};    // A
    RationalNumber evpc_current_output_information{};  // A
    RationalNumber evpc_voltage_output_information{};  // V
};
constexpr auto fields(exi::of<WPT_EVPCPowerControlParameter>) {
    return exi::list(
        exi::element("EVPCCoilCurrentRequest", &WPT_EVPCPowerControlParameter::evpc_coil_current_request),
        exi::element("EVPCCoilCurrentInformation", &WPT_EVPCPowerControlParameter::evpc_coil_current_information),
        exi::element("EVPCCurrentOutputInformation", &WPT_EVPCPowerControlParameter::evpc_current_output_information),
        exi::element("EVPCVoltageOutputInformation", &WPT_EVPCPowerControlParameter::evpc_voltage_output_information));
}

/// What the car tells in each turn of the wireless charge loop.
struct WPT_ChargeLoopReq {
    MessageHeader header{};
    std::optional<DisplayParameters> display_parameters{};
    bool meter_info_requested = false;
    RationalNumber evpc_power_request{};  // W
    RationalNumber evpc_power_output{};   // W
    WPT_EVPCChargeDiagnostics evpc_charge_diagnostics{};
    std::optional<RationalNumber> evpc_operating_frequency{};  // Hz
    std::optional<WPT_EVPCPowerControlParameter> evpc_power_control_parameter{};
    exi::Many<WPT_DataContainer, 16> manufacturer_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_ChargeLoopReq>) {
    return exi::list(exi::element("Header", &WPT_ChargeLoopReq::header),
                     exi::element("DisplayParameters", &WPT_ChargeLoopReq::display_parameters),
                     exi::element("MeterInfoRequested", &WPT_ChargeLoopReq::meter_info_requested),
                     exi::element("EVPCPowerRequest", &WPT_ChargeLoopReq::evpc_power_request),
                     exi::element("EVPCPowerOutput", &WPT_ChargeLoopReq::evpc_power_output),
                     exi::element("EVPCChargeDiagnostics", &WPT_ChargeLoopReq::evpc_charge_diagnostics),
                     exi::element("EVPCOperatingFrequency", &WPT_ChargeLoopReq::evpc_operating_frequency),
                     exi::element("EVPCPowerControlParameter", &WPT_ChargeLoopReq::evpc_power_control_parameter),
                     exi::element("ManufacturerSpecificDataContainer", &WPT_ChargeLoopReq::manufacturer_specific_data_container,
                                  exi::at_least<0>));
}

/// Control values of the supply.
struct WPT_SPCPowerControlParameter {
    RationalNumber spc_primary_device_coil_current_information{};  // A
};
constexpr auto fields(exi::of<WPT_SPCPowerControlParameter>) {
    return exi::list(exi::element("SPCPrimaryDeviceCoilCurrentInformation",
                                  &WPT_SPCPowerControlParameter::spc_primary_device_coil_current_information));
}

/// What the charger answers in each turn of the wireless charge loop.
struct WPT_ChargeLoopRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::optional<EVSEStatus> evse_status{};
    std::optional<MeterInfo> meter_info{};
    std::optional<Receipt> receipt{};
    RationalNumber evpc_power_request{};             // W
    std::optional<RationalNumber> sd_power_input{};  // W
    RationalNumber spc_max_output_power_limit{};     // W
    RationalNumber spc_min_output_power_limit{};     // W
    WPT_SPCChargeDiagnostics spc_charge_diagnostics{};
    std::optional<RationalNumber> spc_operating_frequency{};  // Hz
    std::optional<WPT_SPCPowerControlParameter> spc_power_control_parameter{};
    exi::Many<WPT_DataContainer, 16> manufacturer_specific_data_container{};
};
constexpr auto fields(exi::of<WPT_ChargeLoopRes>) {
    return exi::list(
        exi::element("Header", &WPT_ChargeLoopRes::header), exi::element("ResponseCode", &WPT_ChargeLoopRes::response_code),
        exi::element("EVSEStatus", &WPT_ChargeLoopRes::evse_status), exi::element("MeterInfo", &WPT_ChargeLoopRes::meter_info),
        exi::element("Receipt", &WPT_ChargeLoopRes::receipt),
        exi::element("EVPCPowerRequest", &WPT_ChargeLoopRes::evpc_power_request),
        exi::element("SDPowerInput", &WPT_ChargeLoopRes::sd_power_input),
        exi::element("SPCMaxOutputPowerLimit", &WPT_ChargeLoopRes::spc_max_output_power_limit),
        exi::element("SPCMinOutputPowerLimit", &WPT_ChargeLoopRes::spc_min_output_power_limit),
        exi::element("SPCChargeDiagnostics", &WPT_ChargeLoopRes::spc_charge_diagnostics),
        exi::element("SPCOperatingFrequency", &WPT_ChargeLoopRes::spc_operating_frequency),
        exi::element("SPCPowerControlParameter", &WPT_ChargeLoopRes::spc_power_control_parameter),
        exi::element("ManufacturerSpecificDataContainer", &WPT_ChargeLoopRes::manufacturer_specific_data_container,
                     exi::at_least<0>));
}

}  // namespace voltkeep::iso15118
