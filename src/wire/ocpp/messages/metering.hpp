// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block J: meter values.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class LocationEnum : std::uint8_t { Body, Cable, EV, Inlet, Outlet, Upstream };
consteval auto added_in_2_1(LocationEnum) { return std::array{LocationEnum::Upstream}; }

enum class MeasurandEnum : std::uint8_t {
    Current_Export, Current_Export_Offered, Current_Export_Minimum, Current_Import, Current_Import_Offered,
    Current_Import_Minimum, Current_Offered, Display_PresentSOC, Display_MinimumSOC, Display_TargetSOC, Display_MaximumSOC,
    Display_RemainingTimeToMinimumSOC, Display_RemainingTimeToTargetSOC, Display_RemainingTimeToMaximumSOC,
    Display_ChargingComplete, Display_BatteryEnergyCapacity, Display_InletHot, Energy_Active_Export_Interval,
    Energy_Active_Export_Register, Energy_Active_Import_Interval, Energy_Active_Import_Register, Energy_Active_Import_CableLoss,
    Energy_Active_Import_LocalGeneration_Register, Energy_Active_Net, Energy_Active_Setpoint_Interval, Energy_Apparent_Export,
    Energy_Apparent_Import, Energy_Apparent_Net, Energy_Reactive_Export_Interval, Energy_Reactive_Export_Register,
    Energy_Reactive_Import_Interval, Energy_Reactive_Import_Register, Energy_Reactive_Net, EnergyRequest_Target,
    EnergyRequest_Minimum, EnergyRequest_Maximum, EnergyRequest_Minimum_V2X, EnergyRequest_Maximum_V2X, EnergyRequest_Bulk,
    Frequency, Power_Active_Export, Power_Active_Import, Power_Active_Setpoint, Power_Active_Residual, Power_Export_Minimum,
    Power_Export_Offered, Power_Factor, Power_Import_Offered, Power_Import_Minimum, Power_Offered, Power_Reactive_Export,
    Power_Reactive_Import, SoC, Voltage, Voltage_Minimum, Voltage_Maximum,
};
consteval char separator(MeasurandEnum) { return '.'; }
consteval auto added_in_2_1(MeasurandEnum) {
    using enum MeasurandEnum;
    return std::array{Current_Export_Offered, Current_Export_Minimum, Current_Import_Offered, Current_Import_Minimum,
                      Display_PresentSOC, Display_MinimumSOC, Display_TargetSOC, Display_MaximumSOC,
                      Display_RemainingTimeToMinimumSOC, Display_RemainingTimeToTargetSOC, Display_RemainingTimeToMaximumSOC,
                      Display_ChargingComplete, Display_BatteryEnergyCapacity, Display_InletHot, Energy_Active_Import_CableLoss,
                      Energy_Active_Import_LocalGeneration_Register, Energy_Active_Setpoint_Interval, EnergyRequest_Target,
                      EnergyRequest_Minimum, EnergyRequest_Maximum, EnergyRequest_Minimum_V2X, EnergyRequest_Maximum_V2X,
                      EnergyRequest_Bulk, Power_Active_Setpoint, Power_Active_Residual, Power_Export_Minimum,
                      Power_Export_Offered, Power_Import_Offered, Power_Import_Minimum, Voltage_Minimum, Voltage_Maximum};
}

enum class PhaseEnum : std::uint8_t { L1, L2, L3, N, L1_N, L2_N, L3_N, L1_L2, L2_L3, L3_L1 };
consteval char separator(PhaseEnum) { return '-'; }

enum class ReadingContextEnum : std::uint8_t {
    Interruption_Begin, Interruption_End, Other, Sample_Clock, Sample_Periodic, Transaction_Begin, Transaction_End, Trigger,
};
consteval char separator(ReadingContextEnum) { return '.'; }

/// A value as the meter signed it.
struct SignedMeterValue {
    String<32768> signedMeterData{};
    String<50> encodingMethod{};
    std::optional<String<50>> signingMethod{};
    std::optional<String<2500>> publicKey{};
    std::optional<CustomData> customData{};
};

/// The unit of a value, and a power of ten.
struct UnitOfMeasure {
    std::optional<String<20>> unit{};
    std::optional<Integer<>> multiplier{};
    std::optional<CustomData> customData{};
};

/// One measured value.
struct SampledValue {
    Decimal value{};                                        ///< in unitOfMeasure; Wh if absent
    std::optional<MeasurandEnum> measurand{};
    std::optional<ReadingContextEnum> context{};
    std::optional<PhaseEnum> phase{};
    std::optional<LocationEnum> location{};
    std::optional<SignedMeterValue> signedMeterValue{};
    std::optional<UnitOfMeasure> unitOfMeasure{};
    std::optional<CustomData> customData{};
};

/// Values that were measured at one instant.
struct MeterValue {
    Sequence<SampledValue, 1, kUnbounded> sampledValue{};
    DateTime timestamp{};
    std::optional<CustomData> customData{};
};

struct MeterValuesRequest;
struct MeterValuesResponse {
    using Request = MeterValuesRequest;
    static constexpr Action kAction = Action::MeterValues;

    std::optional<CustomData> customData{};
};

/// Meter values outside a transaction (J01). From the station.
struct MeterValuesRequest {
    using Response = MeterValuesResponse;
    static constexpr Action kAction = Action::MeterValues;

    Count evseId{};
    Sequence<MeterValue, 1, kUnbounded> meterValue{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
