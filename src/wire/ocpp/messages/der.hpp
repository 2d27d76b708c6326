// SPDX-License-Identifier: Apache-2.0
// OCPP 2.1, block R: control of distributed energy resources.
// Names, order and constraints are those of the official schemas: first what is required, then what is optional.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/ocpp/action.hpp"
#include "wire/ocpp/messages/common.hpp"
#include "wire/ocpp/types.hpp"

namespace voltkeep::ocpp {

enum class DERControlStatusEnum : std::uint8_t { Accepted, Rejected, NotSupported, NotFound };

enum class DERUnitEnum : std::uint8_t { Not_Applicable, PctMaxW, PctMaxVar, PctWAvail, PctVarAvail, PctEffectiveV };

enum class GridEventFaultEnum : std::uint8_t {
    CurrentImbalance, LocalEmergency, LowInputPower, OverCurrent, OverFrequency, OverVoltage, PhaseRotation, RemoteEmergency,
    UnderFrequency, UnderVoltage, VoltageImbalance,
};

enum class PowerDuringCessationEnum : std::uint8_t { Active, Reactive };

/// A point of a curve.
struct DERCurvePoints {
    Decimal x{};
    Decimal y{};
    std::optional<CustomData> customData{};
};

/// When a curve ends to apply.
struct Hysteresis {
    std::optional<Decimal> hysteresisHigh{};
    std::optional<Decimal> hysteresisLow{};
    std::optional<Decimal> hysteresisDelay{};
    std::optional<Decimal> hysteresisGradient{};
    std::optional<CustomData> customData{};
};

/// How reactive power follows the voltage.
struct ReactivePowerParams {
    std::optional<Decimal> vRef{};
    std::optional<bool> autonomousVRefEnable{};
    std::optional<Decimal> autonomousVRefTimeConstant{};
    std::optional<CustomData> customData{};
};

/// How the voltage limits apply.
struct VoltageParams {
    std::optional<Decimal> hv10MinMeanValue{};
    std::optional<Decimal> hv10MinMeanTripDelay{};
    std::optional<PowerDuringCessationEnum> powerDuringCessation{};
    std::optional<CustomData> customData{};
};

/// A curve, such as volt-var or frequency-watt.
struct DERCurve {
    Sequence<DERCurvePoints, 1, 10> curveData{};
    Count priority{};
    DERUnitEnum yUnit{};
    std::optional<Hysteresis> hysteresis{};
    std::optional<ReactivePowerParams> reactivePowerParams{};
    std::optional<VoltageParams> voltageParams{};
    std::optional<Decimal> responseTime{};
    std::optional<DateTime> startTime{};
    std::optional<Decimal> duration{};                      ///< s
    std::optional<CustomData> customData{};
};

/// A curve that is in use or waits.
struct DERCurveGet {
    DERCurve curve{};
    String<36> id{};
    DERControlEnum curveType{};
    bool isDefault = false;
    bool isSuperseded = false;
    std::optional<CustomData> customData{};
};

/// When to return to the grid.
struct EnterService {
    Count priority{};
    Decimal highVoltage{};
    Decimal lowVoltage{};
    Decimal highFreq{};
    Decimal lowFreq{};
    std::optional<Decimal> delay{};
    std::optional<Decimal> randomDelay{};
    std::optional<Decimal> rampRate{};
    std::optional<CustomData> customData{};
};

/// The rule for returning to the grid that is in use or waits.
struct EnterServiceGet {
    EnterService enterService{};
    String<36> id{};
    std::optional<CustomData> customData{};
};

/// A fixed power factor.
struct FixedPF {
    Count priority{};
    Decimal displacement{};
    bool excitation = false;
    std::optional<DateTime> startTime{};
    std::optional<Decimal> duration{};                      ///< s
    std::optional<CustomData> customData{};
};

/// A fixed power factor that is in use or waits.
struct FixedPFGet {
    FixedPF fixedPF{};
    String<36> id{};
    bool isDefault = false;
    bool isSuperseded = false;
    std::optional<CustomData> customData{};
};

/// A fixed reactive power.
struct FixedVar {
    Count priority{};
    Decimal setpoint{};
    DERUnitEnum unit{};
    std::optional<DateTime> startTime{};
    std::optional<Decimal> duration{};                      ///< s
    std::optional<CustomData> customData{};
};

/// A fixed reactive power that is in use or waits.
struct FixedVarGet {
    FixedVar fixedVar{};
    String<36> id{};
    bool isDefault = false;
    bool isSuperseded = false;
    std::optional<CustomData> customData{};
};

/// How power follows the frequency.
struct FreqDroop {
    Count priority{};
    Decimal overFreq{};
    Decimal underFreq{};
    Decimal overDroop{};
    Decimal underDroop{};
    Decimal responseTime{};
    std::optional<DateTime> startTime{};
    std::optional<Decimal> duration{};                      ///< s
    std::optional<CustomData> customData{};
};

/// A frequency droop that is in use or waits.
struct FreqDroopGet {
    FreqDroop freqDroop{};
    String<36> id{};
    bool isDefault = false;
    bool isSuperseded = false;
    std::optional<CustomData> customData{};
};

/// How fast power may change.
struct Gradient {
    Count priority{};
    Decimal gradient{};
    Decimal softGradient{};
    std::optional<CustomData> customData{};
};

/// The ramps that are in use or wait.
struct GradientGet {
    Gradient gradient{};
    String<36> id{};
    std::optional<CustomData> customData{};
};

/// How much may be discharged.
struct LimitMaxDischarge {
    Count priority{};
    std::optional<Decimal> pctMaxDischargePower{};
    std::optional<DERCurve> powerMonitoringMustTrip{};
    std::optional<DateTime> startTime{};
    std::optional<Decimal> duration{};                      ///< s
    std::optional<CustomData> customData{};
};

/// A discharge limit that is in use or waits.
struct LimitMaxDischargeGet {
    String<36> id{};
    bool isDefault = false;
    bool isSuperseded = false;
    LimitMaxDischarge limitMaxDischarge{};
    std::optional<CustomData> customData{};
};

struct ClearDERControlRequest;
struct ClearDERControlResponse {
    using Request = ClearDERControlRequest;
    static constexpr Action kAction = Action::ClearDERControl;

    DERControlStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Removes DER controls (R04). From the CSMS. Since 2.1.
struct ClearDERControlRequest {
    using Response = ClearDERControlResponse;
    static constexpr Action kAction = Action::ClearDERControl;

    bool isDefault = false;
    std::optional<DERControlEnum> controlType{};
    std::optional<String<36>> controlId{};
    std::optional<CustomData> customData{};
};

struct GetDERControlRequest;
struct GetDERControlResponse {
    using Request = GetDERControlRequest;
    static constexpr Action kAction = Action::GetDERControl;

    DERControlStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<CustomData> customData{};
};

/// Asks for a report of DER controls (R04). From the CSMS. Since 2.1.
struct GetDERControlRequest {
    using Response = GetDERControlResponse;
    static constexpr Action kAction = Action::GetDERControl;

    Integer<> requestId{};
    std::optional<bool> isDefault{};
    std::optional<DERControlEnum> controlType{};
    std::optional<String<36>> controlId{};
    std::optional<CustomData> customData{};
};

struct NotifyDERAlarmRequest;
struct NotifyDERAlarmResponse {
    using Request = NotifyDERAlarmRequest;
    static constexpr Action kAction = Action::NotifyDERAlarm;

    std::optional<CustomData> customData{};
};

/// A DER alarm begins or ends (R05). From the station. Since 2.1.
struct NotifyDERAlarmRequest {
    using Response = NotifyDERAlarmResponse;
    static constexpr Action kAction = Action::NotifyDERAlarm;

    DERControlEnum controlType{};
    DateTime timestamp{};
    std::optional<GridEventFaultEnum> gridEventFault{};
    std::optional<bool> alarmEnded{};
    std::optional<String<200>> extraInfo{};
    std::optional<CustomData> customData{};
};

struct NotifyDERStartStopRequest;
struct NotifyDERStartStopResponse {
    using Request = NotifyDERStartStopRequest;
    static constexpr Action kAction = Action::NotifyDERStartStop;

    std::optional<CustomData> customData{};
};

/// A scheduled DER control starts or stops (R04). From the station. Since 2.1.
struct NotifyDERStartStopRequest {
    using Response = NotifyDERStartStopResponse;
    static constexpr Action kAction = Action::NotifyDERStartStop;

    String<36> controlId{};
    bool started = false;
    DateTime timestamp{};
    std::optional<Sequence<String<36>, 1, 24>> supersededIds{};
    std::optional<CustomData> customData{};
};

struct ReportDERControlRequest;
struct ReportDERControlResponse {
    using Request = ReportDERControlRequest;
    static constexpr Action kAction = Action::ReportDERControl;

    std::optional<CustomData> customData{};
};

/// A part of a report of DER controls (R04). From the station. Since 2.1.
struct ReportDERControlRequest {
    using Response = ReportDERControlResponse;
    static constexpr Action kAction = Action::ReportDERControl;

    Integer<> requestId{};
    std::optional<Sequence<DERCurveGet, 1, 24>> curve{};
    std::optional<Sequence<EnterServiceGet, 1, 24>> enterService{};
    std::optional<Sequence<FixedPFGet, 1, 24>> fixedPFAbsorb{};
    std::optional<Sequence<FixedPFGet, 1, 24>> fixedPFInject{};
    std::optional<Sequence<FixedVarGet, 1, 24>> fixedVar{};
    std::optional<Sequence<FreqDroopGet, 1, 24>> freqDroop{};
    std::optional<Sequence<GradientGet, 1, 24>> gradient{};
    std::optional<Sequence<LimitMaxDischargeGet, 1, 24>> limitMaxDischarge{};
    std::optional<bool> tbc{};                              ///< to be continued; false if absent
    std::optional<CustomData> customData{};
};

struct SetDERControlRequest;
struct SetDERControlResponse {
    using Request = SetDERControlRequest;
    static constexpr Action kAction = Action::SetDERControl;

    DERControlStatusEnum status{};
    std::optional<StatusInfo> statusInfo{};
    std::optional<Sequence<String<36>, 1, 24>> supersededIds{};
    std::optional<CustomData> customData{};
};

/// Installs a DER control (R04). From the CSMS. Since 2.1.
struct SetDERControlRequest {
    using Response = SetDERControlResponse;
    static constexpr Action kAction = Action::SetDERControl;

    bool isDefault = false;
    String<36> controlId{};
    DERControlEnum controlType{};
    std::optional<DERCurve> curve{};
    std::optional<EnterService> enterService{};
    std::optional<FixedPF> fixedPFAbsorb{};
    std::optional<FixedPF> fixedPFInject{};
    std::optional<FixedVar> fixedVar{};
    std::optional<FreqDroop> freqDroop{};
    std::optional<Gradient> gradient{};
    std::optional<LimitMaxDischarge> limitMaxDischarge{};
    std::optional<CustomData> customData{};
};

}  // namespace voltkeep::ocpp
