// SPDX-License-Identifier: Apache-2.0
// The messages of every session: schema urn:iso:std:iso:15118:-20:CommonMessages.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/certificates.hpp"
#include "wire/iso15118/schedules.hpp"
#include "wire/iso15118/services.hpp"

namespace voltkeep::iso15118 {

using GenChallenge = exi::Base64Fixed<16>;  ///< random, used once

/// How the car may be authorized: by an external means, or by its contract certificate.
enum class Authorization : std::uint8_t { EIM, PnC };
constexpr auto names(exi::of<Authorization>) { return exi::enumeration<Authorization::PnC>("EIM", "PnC"); }

/// What the car wants of power delivery.
enum class ChargeProgress : std::uint8_t { Start, Stop, Standby, ScheduleRenegotiation };
constexpr auto names(exi::of<ChargeProgress>) {
    return exi::enumeration<ChargeProgress::ScheduleRenegotiation>("Start", "Stop", "Standby", "ScheduleRenegotiation");
}

/// Direction of energy for separated bidirectional channels.
enum class ChannelSelection : std::uint8_t { Charge, Discharge };
constexpr auto names(exi::of<ChannelSelection>) { return exi::enumeration<ChannelSelection::Discharge>("Charge", "Discharge"); }

/// How the session ends.
enum class ChargingSession : std::uint8_t { Pause, Terminate, ServiceRenegotiation };
constexpr auto names(exi::of<ChargingSession>) {
    return exi::enumeration<ChargingSession::ServiceRenegotiation>("Pause", "Terminate", "ServiceRenegotiation");
}

/// Progress of parking.
enum class EVCheckInStatus : std::uint8_t { CheckIn, Processing, Completed };
constexpr auto names(exi::of<EVCheckInStatus>) {
    return exi::enumeration<EVCheckInStatus::Completed>("CheckIn", "Processing", "Completed");
}

/// Progress of leaving.
enum class EVCheckOutStatus : std::uint8_t { CheckOut, Processing, Completed };
constexpr auto names(exi::of<EVCheckOutStatus>) {
    return exi::enumeration<EVCheckOutStatus::Completed>("CheckOut", "Processing", "Completed");
}

/// Whether the car may leave.
enum class EVSECheckOutStatus : std::uint8_t { Scheduled, Completed };
constexpr auto names(exi::of<EVSECheckOutStatus>) {
    return exi::enumeration<EVSECheckOutStatus::Completed>("Scheduled", "Completed");
}

/// How the car is parked.
enum class ParkingMethod : std::uint8_t { AutoParking, MVGuideManual, Manual };
constexpr auto names(exi::of<ParkingMethod>) {
    return exi::enumeration<ParkingMethod::Manual>("AutoParking", "MVGuideManual", "Manual");
}

/// The car opens a session or rejoins a paused one.
struct SessionSetupReq {
    MessageHeader header{};
    Identifier evcc_id{};
};
constexpr auto fields(exi::of<SessionSetupReq>) {
    return exi::list(exi::element("Header", &SessionSetupReq::header), exi::element("EVCCID", &SessionSetupReq::evcc_id));
}

/// The charger says whether the session is new.
struct SessionSetupRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Identifier evse_id{};
};
constexpr auto fields(exi::of<SessionSetupRes>) {
    return exi::list(exi::element("Header", &SessionSetupRes::header),
                     exi::element("ResponseCode", &SessionSetupRes::response_code),
                     exi::element("EVSEID", &SessionSetupRes::evse_id));
}

/// The car asks how it may authorize itself.
struct AuthorizationSetupReq {
    MessageHeader header{};
};
constexpr auto fields(exi::of<AuthorizationSetupReq>) {
    return exi::list(exi::element("Header", &AuthorizationSetupReq::header));
}

/// Only external identification is offered.
struct EIM_ASResAuthorizationMode {};
constexpr auto fields(exi::of<EIM_ASResAuthorizationMode>) { return exi::list(); }

/// The mobility operators whose contracts are accepted.
struct SupportedProvidersList {
    exi::Many<Name, 128> provider_id{};
};
constexpr auto fields(exi::of<SupportedProvidersList>) {
    return exi::list(exi::element("ProviderID", &SupportedProvidersList::provider_id));
}

/// Plug and Charge is offered: the challenge is used once.
struct PnC_ASResAuthorizationMode {
    GenChallenge gen_challenge{};
    std::optional<SupportedProvidersList> supported_providers{};
};
constexpr auto fields(exi::of<PnC_ASResAuthorizationMode>) {
    return exi::list(exi::element("GenChallenge", &PnC_ASResAuthorizationMode::gen_challenge),
                     exi::element("SupportedProviders", &PnC_ASResAuthorizationMode::supported_providers));
}

/// The ways to be authorized, with the challenge of Plug and Charge.
struct AuthorizationSetupRes {
    MessageHeader header{};
    ResponseCode response_code{};
    List<Authorization, 2> authorization_services{};
    bool certificate_installation_service = false;
    std::variant<EIM_ASResAuthorizationMode, PnC_ASResAuthorizationMode> authorization_mode{};
};
constexpr auto fields(exi::of<AuthorizationSetupRes>) {
    return exi::list(
        exi::element("Header", &AuthorizationSetupRes::header),
        exi::element("ResponseCode", &AuthorizationSetupRes::response_code),
        exi::element("AuthorizationServices", &AuthorizationSetupRes::authorization_services),
        exi::element("CertificateInstallationService", &AuthorizationSetupRes::certificate_installation_service),
        exi::choice(&AuthorizationSetupRes::authorization_mode, "EIM_ASResAuthorizationMode", "PnC_ASResAuthorizationMode"));
}

/// Identification by card, app, terminal: nothing of it is in the message.
struct EIM_AReqAuthorizationMode {};
constexpr auto fields(exi::of<EIM_AReqAuthorizationMode>) { return exi::list(); }

/// The contract and the signed challenge. Signed as a fragment by the contract key.
struct PnC_AReqAuthorizationMode {
    xmldsig::ID id{};
    GenChallenge gen_challenge{};
    ContractCertificateChain contract_certificate_chain{};
};
constexpr auto fields(exi::of<PnC_AReqAuthorizationMode>) {
    return exi::list(exi::attribute("Id", &PnC_AReqAuthorizationMode::id),
                     exi::element("GenChallenge", &PnC_AReqAuthorizationMode::gen_challenge),
                     exi::element("ContractCertificateChain", &PnC_AReqAuthorizationMode::contract_certificate_chain));
}

/// The car authorizes itself. Repeated unchanged while the answer is Ongoing.
struct AuthorizationReq {
    MessageHeader header{};
    Authorization selected_authorization_service{};
    std::variant<EIM_AReqAuthorizationMode, PnC_AReqAuthorizationMode> authorization_mode{};
};
constexpr auto fields(exi::of<AuthorizationReq>) {
    return exi::list(
        exi::element("Header", &AuthorizationReq::header),
        exi::element("SelectedAuthorizationService", &AuthorizationReq::selected_authorization_service),
        exi::choice(&AuthorizationReq::authorization_mode, "EIM_AReqAuthorizationMode", "PnC_AReqAuthorizationMode"));
}

/// Whether the car may charge.
struct AuthorizationRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
};
constexpr auto fields(exi::of<AuthorizationRes>) {
    return exi::list(exi::element("Header", &AuthorizationRes::header),
                     exi::element("ResponseCode", &AuthorizationRes::response_code),
                     exi::element("EVSEProcessing", &AuthorizationRes::evse_processing));
}

/// The car asks what is offered.
struct ServiceDiscoveryReq {
    MessageHeader header{};
    std::optional<ServiceIDList> supported_service_ids{};
};
constexpr auto fields(exi::of<ServiceDiscoveryReq>) {
    return exi::list(exi::element("Header", &ServiceDiscoveryReq::header),
                     exi::element("SupportedServiceIDs", &ServiceDiscoveryReq::supported_service_ids));
}

/// What is offered.
struct ServiceDiscoveryRes {
    MessageHeader header{};
    ResponseCode response_code{};
    bool service_renegotiation_supported = false;
    ServiceList energy_transfer_service_list{};
    std::optional<ServiceList> vas_list{};
};
constexpr auto fields(exi::of<ServiceDiscoveryRes>) {
    return exi::list(exi::element("Header", &ServiceDiscoveryRes::header),
                     exi::element("ResponseCode", &ServiceDiscoveryRes::response_code),
                     exi::element("ServiceRenegotiationSupported", &ServiceDiscoveryRes::service_renegotiation_supported),
                     exi::element("EnergyTransferServiceList", &ServiceDiscoveryRes::energy_transfer_service_list),
                     exi::element("VASList", &ServiceDiscoveryRes::vas_list));
}

/// The car asks for the parameter sets of one service.
struct ServiceDetailReq {
    MessageHeader header{};
    ServiceID service_id{};
};
constexpr auto fields(exi::of<ServiceDetailReq>) {
    return exi::list(exi::element("Header", &ServiceDetailReq::header), exi::element("ServiceID", &ServiceDetailReq::service_id));
}

/// The parameter sets of one service.
struct ServiceDetailRes {
    MessageHeader header{};
    ResponseCode response_code{};
    ServiceID service_id{};
    ServiceParameterList service_parameter_list{};
};
constexpr auto fields(exi::of<ServiceDetailRes>) {
    return exi::list(exi::element("Header", &ServiceDetailRes::header),
                     exi::element("ResponseCode", &ServiceDetailRes::response_code),
                     exi::element("ServiceID", &ServiceDetailRes::service_id),
                     exi::element("ServiceParameterList", &ServiceDetailRes::service_parameter_list));
}

/// The car chooses.
struct ServiceSelectionReq {
    MessageHeader header{};
    SelectedService selected_energy_transfer_service{};
    std::optional<SelectedServiceList> selected_vas_list{};
};
constexpr auto fields(exi::of<ServiceSelectionReq>) {
    return exi::list(exi::element("Header", &ServiceSelectionReq::header),
                     exi::element("SelectedEnergyTransferService", &ServiceSelectionReq::selected_energy_transfer_service),
                     exi::element("SelectedVASList", &ServiceSelectionReq::selected_vas_list));
}

/// Whether the choice was an offered one.
struct ServiceSelectionRes {
    MessageHeader header{};
    ResponseCode response_code{};
};
constexpr auto fields(exi::of<ServiceSelectionRes>) {
    return exi::list(exi::element("Header", &ServiceSelectionRes::header),
                     exi::element("ResponseCode", &ServiceSelectionRes::response_code));
}

/// The car leaves the operating point to the charger.
struct Dynamic_SEReqControlMode {
    std::uint32_t departure_time = 0;  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    RationalNumber ev_target_energy_request{};                      // Wh
    RationalNumber ev_maximum_energy_request{};                     // Wh
    RationalNumber ev_minimum_energy_request{};                     // Wh
    std::optional<RationalNumber> ev_maximum_v2x_energy_request{};  // Wh
    std::optional<RationalNumber> ev_minimum_v2x_energy_request{};  // Wh
};
constexpr auto fields(exi::of<Dynamic_SEReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_SEReqControlMode::departure_time),
                     exi::element("MinimumSOC", &Dynamic_SEReqControlMode::minimum_soc),
                     exi::element("TargetSOC", &Dynamic_SEReqControlMode::target_soc),
                     exi::element("EVTargetEnergyRequest", &Dynamic_SEReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Dynamic_SEReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Dynamic_SEReqControlMode::ev_minimum_energy_request),
                     exi::element("EVMaximumV2XEnergyRequest", &Dynamic_SEReqControlMode::ev_maximum_v2x_energy_request),
                     exi::element("EVMinimumV2XEnergyRequest", &Dynamic_SEReqControlMode::ev_minimum_v2x_energy_request));
}

/// The car will follow a schedule.
struct Scheduled_SEReqControlMode {
    std::optional<std::uint32_t> departure_time{};              // s from the time stamp of the message
    std::optional<RationalNumber> ev_target_energy_request{};   // Wh
    std::optional<RationalNumber> ev_maximum_energy_request{};  // Wh
    std::optional<RationalNumber> ev_minimum_energy_request{};  // Wh
    std::optional<EVEnergyOffer> ev_energy_offer{};
};
constexpr auto fields(exi::of<Scheduled_SEReqControlMode>) {
    return exi::list(exi::element("DepartureTime", &Scheduled_SEReqControlMode::departure_time),
                     exi::element("EVTargetEnergyRequest", &Scheduled_SEReqControlMode::ev_target_energy_request),
                     exi::element("EVMaximumEnergyRequest", &Scheduled_SEReqControlMode::ev_maximum_energy_request),
                     exi::element("EVMinimumEnergyRequest", &Scheduled_SEReqControlMode::ev_minimum_energy_request),
                     exi::element("EVEnergyOffer", &Scheduled_SEReqControlMode::ev_energy_offer));
}

/// The car says what it needs, by when.
struct ScheduleExchangeReq {
    MessageHeader header{};
    MaxSupportingPoints maximum_supporting_points{};
    std::variant<Dynamic_SEReqControlMode, Scheduled_SEReqControlMode> control_mode{};
};
constexpr auto fields(exi::of<ScheduleExchangeReq>) {
    return exi::list(exi::element("Header", &ScheduleExchangeReq::header),
                     exi::element("MaximumSupportingPoints", &ScheduleExchangeReq::maximum_supporting_points),
                     exi::choice(&ScheduleExchangeReq::control_mode, "Dynamic_SEReqControlMode", "Scheduled_SEReqControlMode"));
}

/// What the charger sets the car, with the price.
struct Dynamic_SEResControlMode {
    std::optional<std::uint32_t> departure_time{};  // s from the time stamp of the message
    std::optional<Percent> minimum_soc{};
    std::optional<Percent> target_soc{};
    std::optional<std::variant<AbsolutePriceSchedule, PriceLevelSchedule>> price_schedule{};
};
constexpr auto fields(exi::of<Dynamic_SEResControlMode>) {
    return exi::list(exi::element("DepartureTime", &Dynamic_SEResControlMode::departure_time),
                     exi::element("MinimumSOC", &Dynamic_SEResControlMode::minimum_soc),
                     exi::element("TargetSOC", &Dynamic_SEResControlMode::target_soc),
                     exi::choice(&Dynamic_SEResControlMode::price_schedule, "AbsolutePriceSchedule", "PriceLevelSchedule"));
}

/// The schedules to choose from.
struct Scheduled_SEResControlMode {
    exi::Many<ScheduleTuple, 3> schedule_tuple{};
};
constexpr auto fields(exi::of<Scheduled_SEResControlMode>) {
    return exi::list(exi::element("ScheduleTuple", &Scheduled_SEResControlMode::schedule_tuple));
}

/// The charger says what it can give, and at what price.
struct ScheduleExchangeRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    std::optional<bool> go_to_pause{};
    std::variant<Dynamic_SEResControlMode, Scheduled_SEResControlMode> control_mode{};
};
constexpr auto fields(exi::of<ScheduleExchangeRes>) {
    return exi::list(exi::element("Header", &ScheduleExchangeRes::header),
                     exi::element("ResponseCode", &ScheduleExchangeRes::response_code),
                     exi::element("EVSEProcessing", &ScheduleExchangeRes::evse_processing),
                     exi::element("GoToPause", &ScheduleExchangeRes::go_to_pause),
                     exi::choice(&ScheduleExchangeRes::control_mode, "Dynamic_SEResControlMode", "Scheduled_SEResControlMode"));
}

/// The car asks for power to start, stop, stand by or be renegotiated.
struct PowerDeliveryReq {
    MessageHeader header{};
    Processing ev_processing{};
    ChargeProgress charge_progress{};
    std::optional<EVPowerProfile> ev_power_profile{};
    std::optional<ChannelSelection> bpt_channel_selection{};
};
constexpr auto fields(exi::of<PowerDeliveryReq>) {
    return exi::list(exi::element("Header", &PowerDeliveryReq::header),
                     exi::element("EVProcessing", &PowerDeliveryReq::ev_processing),
                     exi::element("ChargeProgress", &PowerDeliveryReq::charge_progress),
                     exi::element("EVPowerProfile", &PowerDeliveryReq::ev_power_profile),
                     exi::element("BPT_ChannelSelection", &PowerDeliveryReq::bpt_channel_selection));
}

/// Whether the charger followed.
struct PowerDeliveryRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::optional<EVSEStatus> evse_status{};
};
constexpr auto fields(exi::of<PowerDeliveryRes>) {
    return exi::list(exi::element("Header", &PowerDeliveryRes::header),
                     exi::element("ResponseCode", &PowerDeliveryRes::response_code),
                     exi::element("EVSEStatus", &PowerDeliveryRes::evse_status));
}

/// The energy flowed in dynamic mode.
struct Dynamic_SMDTControlMode {};
constexpr auto fields(exi::of<Dynamic_SMDTControlMode>) { return exi::list(); }

/// The schedule under which the energy flowed.
struct Scheduled_SMDTControlMode {
    NumericID selected_schedule_tuple_id{};
};
constexpr auto fields(exi::of<Scheduled_SMDTControlMode>) {
    return exi::list(exi::element("SelectedScheduleTupleID", &Scheduled_SMDTControlMode::selected_schedule_tuple_id));
}

/// What the car signs of a meter reading. A fragment.
struct SignedMeteringData {
    xmldsig::ID id{};
    SessionID session_id{};
    MeterInfo meter_info{};
    std::optional<Receipt> receipt{};
    std::variant<Dynamic_SMDTControlMode, Scheduled_SMDTControlMode> control_mode{};
};
constexpr auto fields(exi::of<SignedMeteringData>) {
    return exi::list(exi::attribute("Id", &SignedMeteringData::id), exi::element("SessionID", &SignedMeteringData::session_id),
                     exi::element("MeterInfo", &SignedMeteringData::meter_info),
                     exi::element("Receipt", &SignedMeteringData::receipt),
                     exi::choice(&SignedMeteringData::control_mode, "Dynamic_SMDTControlMode", "Scheduled_SMDTControlMode"));
}

/// The car confirms a meter reading with its contract key.
struct MeteringConfirmationReq {
    MessageHeader header{};
    SignedMeteringData signed_metering_data{};
};
constexpr auto fields(exi::of<MeteringConfirmationReq>) {
    return exi::list(exi::element("Header", &MeteringConfirmationReq::header),
                     exi::element("SignedMeteringData", &MeteringConfirmationReq::signed_metering_data));
}

/// Whether the confirmation was accepted.
struct MeteringConfirmationRes {
    MessageHeader header{};
    ResponseCode response_code{};
};
constexpr auto fields(exi::of<MeteringConfirmationRes>) {
    return exi::list(exi::element("Header", &MeteringConfirmationRes::header),
                     exi::element("ResponseCode", &MeteringConfirmationRes::response_code));
}

/// The car ends, pauses or renegotiates the session.
struct SessionStopReq {
    MessageHeader header{};
    ChargingSession charging_session{};
    std::optional<Name> ev_termination_code{};
    std::optional<Description> ev_termination_explanation{};
};
constexpr auto fields(exi::of<SessionStopReq>) {
    return exi::list(exi::element("Header", &SessionStopReq::header),
                     exi::element("ChargingSession", &SessionStopReq::charging_session),
                     exi::element("EVTerminationCode", &SessionStopReq::ev_termination_code),
                     exi::element("EVTerminationExplanation", &SessionStopReq::ev_termination_explanation));
}

/// Whether the charger agrees.
struct SessionStopRes {
    MessageHeader header{};
    ResponseCode response_code{};
};
constexpr auto fields(exi::of<SessionStopRes>) {
    return exi::list(exi::element("Header", &SessionStopRes::header),
                     exi::element("ResponseCode", &SessionStopRes::response_code));
}

/// The car asks for its contract certificates. OEMProvisioningCertificateChain is signed as a fragment by the provisioning key.
struct CertificateInstallationReq {
    MessageHeader header{};
    SignedCertificateChain oem_provisioning_certificate_chain{};
    ListOfRootCertificateIDs list_of_root_certificate_ids{};
    std::uint8_t maximum_contract_certificate_chains = 0;
    std::optional<EMAIDList> prioritized_emaids{};
};
constexpr auto fields(exi::of<CertificateInstallationReq>) {
    return exi::list(
        exi::element("Header", &CertificateInstallationReq::header),
        exi::element("OEMProvisioningCertificateChain", &CertificateInstallationReq::oem_provisioning_certificate_chain),
        exi::element("ListOfRootCertificateIDs", &CertificateInstallationReq::list_of_root_certificate_ids),
        exi::element("MaximumContractCertificateChains", &CertificateInstallationReq::maximum_contract_certificate_chains),
        exi::element("PrioritizedEMAIDs", &CertificateInstallationReq::prioritized_emaids));
}

/// One contract certificate chain with its encrypted key. SignedInstallationData is signed as a fragment by the provisioning
/// service.
struct CertificateInstallationRes {
    MessageHeader header{};
    ResponseCode response_code{};
    Processing evse_processing{};
    CertificateChain cps_certificate_chain{};
    SignedInstallationData signed_installation_data{};
    std::uint8_t remaining_contract_certificate_chains = 0;
};
constexpr auto fields(exi::of<CertificateInstallationRes>) {
    return exi::list(
        exi::element("Header", &CertificateInstallationRes::header),
        exi::element("ResponseCode", &CertificateInstallationRes::response_code),
        exi::element("EVSEProcessing", &CertificateInstallationRes::evse_processing),
        exi::element("CPSCertificateChain", &CertificateInstallationRes::cps_certificate_chain),
        exi::element("SignedInstallationData", &CertificateInstallationRes::signed_installation_data),
        exi::element("RemainingContractCertificateChains", &CertificateInstallationRes::remaining_contract_certificate_chains));
}

/// The car arrives. Lengths in millimetres.
struct VehicleCheckInReq {
    MessageHeader header{};
    EVCheckInStatus ev_check_in_status{};
    ParkingMethod parking_method{};
    std::optional<std::int16_t> vehicle_frame{};
    std::optional<std::int16_t> device_offset{};
    std::optional<std::int16_t> vehicle_travel{};
};
constexpr auto fields(exi::of<VehicleCheckInReq>) {
    return exi::list(exi::element("Header", &VehicleCheckInReq::header),
                     exi::element("EVCheckInStatus", &VehicleCheckInReq::ev_check_in_status),
                     exi::element("ParkingMethod", &VehicleCheckInReq::parking_method),
                     exi::element("VehicleFrame", &VehicleCheckInReq::vehicle_frame),
                     exi::element("DeviceOffset", &VehicleCheckInReq::device_offset),
                     exi::element("VehicleTravel", &VehicleCheckInReq::vehicle_travel));
}

/// Where the car is to stand. Lengths in millimetres.
struct VehicleCheckInRes {
    MessageHeader header{};
    ResponseCode response_code{};
    std::optional<std::int16_t> parking_space{};
    std::optional<std::int16_t> device_location{};
    std::optional<std::int16_t> target_distance{};
};
constexpr auto fields(exi::of<VehicleCheckInRes>) {
    return exi::list(exi::element("Header", &VehicleCheckInRes::header),
                     exi::element("ResponseCode", &VehicleCheckInRes::response_code),
                     exi::element("ParkingSpace", &VehicleCheckInRes::parking_space),
                     exi::element("DeviceLocation", &VehicleCheckInRes::device_location),
                     exi::element("TargetDistance", &VehicleCheckInRes::target_distance));
}

/// The car wants to leave.
struct VehicleCheckOutReq {
    MessageHeader header{};
    EVCheckOutStatus ev_check_out_status{};
    std::uint64_t check_out_time = 0;  // s since 1970-01-01T00:00:00Z
};
constexpr auto fields(exi::of<VehicleCheckOutReq>) {
    return exi::list(exi::element("Header", &VehicleCheckOutReq::header),
                     exi::element("EVCheckOutStatus", &VehicleCheckOutReq::ev_check_out_status),
                     exi::element("CheckOutTime", &VehicleCheckOutReq::check_out_time));
}

/// Whether the car may leave.
struct VehicleCheckOutRes {
    MessageHeader header{};
    ResponseCode response_code{};
    EVSECheckOutStatus evse_check_out_status{};
};
constexpr auto fields(exi::of<VehicleCheckOutRes>) {
    return exi::list(exi::element("Header", &VehicleCheckOutRes::header),
                     exi::element("ResponseCode", &VehicleCheckOutRes::response_code),
                     exi::element("EVSECheckOutStatus", &VehicleCheckOutRes::evse_check_out_status));
}

}  // namespace voltkeep::iso15118
