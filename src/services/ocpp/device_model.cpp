// SPDX-License-Identifier: Apache-2.0
#include "device_model.hpp"

#include <charconv>
#include <ranges>

#include "identities.hpp"
#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {

namespace {

using enum DataEnum;
using Availability = session::Availability;
constexpr auto read_write = MutabilityEnum::ReadWrite;

std::string_view word_of(Availability availability) {
    switch (availability) {
        case Availability::available: return "Available";
        case Availability::occupied: return "Occupied";
        case Availability::reserved: return "Reserved";
        case Availability::unavailable: return "Unavailable";
        case Availability::faulted: return "Faulted";
    }
    return "Faulted";
}

std::string availability_of_evse(const Facts& facts, std::uint8_t evse) { return std::string(word_of(facts.evses[evse - 1])); }

/// Of the station: what all its EVSEs have in common, else Available as long as one is, else Occupied.
std::string availability_of_station(const Facts& facts, std::uint8_t) {
    const std::span all = std::span(facts.evses).first(facts.config.evse_count);
    if (std::ranges::all_of(all, [&](Availability a) { return a == all.front(); })) return std::string(word_of(all.front()));
    const bool has_one = std::ranges::find(all, Availability::available) != all.end();
    return std::string(word_of(has_one ? Availability::available : Availability::occupied));
}

std::string phases_of_evse(const Facts& facts, std::uint8_t evse) {
    return std::to_string(facts.config.evses[evse - 1].supply_phases);
}

/// Of the mains: what its EVSEs need at most. One for direct current hangs on all three.
std::string phases_of_station(const Facts& facts, std::uint8_t) {
    const std::span all = std::span(facts.config.evses).first(facts.config.evse_count);
    return std::ranges::all_of(all, [](const Outlet& outlet) { return outlet.supply_phases == 1; }) ? "1" : "3";
}

std::string seconds(Duration duration) { return std::to_string(duration / 1s); }

constexpr std::string_view availabilities = "Available,Occupied,Reserved,Unavailable,Faulted";
constexpr std::string_view measurands = "Energy.Active.Import.Register,Power.Active.Import,Voltage,Current.Import,SoC";
static_assert(std::ranges::count(measurands, ',') + 1 == std::size(sampled_measurands));
constexpr std::string_view items = "64", list_items = "256", bytes = "65536";
static_assert(items_per_message == 64 && list_items_per_message == 256 && bytes_per_message == 65'536);

// What a variable may hold, and what the others of its component mean: Part 2, Referenced Components and Variables.
constexpr Definition table[] = {
    {.component = "ChargingStation", .variable = "AvailabilityState", .type = OptionList, .now = availability_of_station,
     .list = availabilities, .is_summary = true},
    {.component = "ChargingStation", .variable = "Available", .type = boolean, .value = "true"},
    {.component = "ChargingStation", .variable = "FirmwareVersion",
     .now = [](const Facts& f, std::uint8_t) { return std::string(f.config.firmware.view()); }},
    {.component = "ChargingStation", .variable = "Model",
     .now = [](const Facts& f, std::uint8_t) { return std::string(f.config.model.view()); }},
    {.component = "ChargingStation", .variable = "SerialNumber",
     .now = [](const Facts& f, std::uint8_t) { return std::string(f.config.serial.view()); }},
    {.component = "ChargingStation", .variable = "SupplyPhases", .type = integer, .now = phases_of_station},
    {.component = "ChargingStation", .variable = "VendorName",
     .now = [](const Facts& f, std::uint8_t) { return std::string(f.config.vendor.view()); }},

    {.component = "EVSE", .variable = "AllowReset", .place = Place::evse, .type = boolean, .value = "false"},
    {.component = "EVSE", .variable = "AvailabilityState", .place = Place::evse, .type = OptionList,
     .now = availability_of_evse, .list = availabilities, .is_summary = true},
    {.component = "EVSE", .variable = "Available", .place = Place::evse, .type = boolean, .value = "true"},
    {.component = "EVSE", .variable = "Power", .place = Place::evse, .type = decimal, .unit = "W",
     .limit = [](const Facts& f, std::uint8_t evse) { return std::int64_t{f.config.evses[evse - 1].power_w}; }},
    {.component = "EVSE", .variable = "SupplyPhases", .place = Place::evse, .type = integer, .now = phases_of_evse},
    {.component = "Connector", .variable = "AvailabilityState", .place = Place::connector, .type = OptionList,
     .now = availability_of_evse, .list = availabilities, .is_summary = true},
    {.component = "Connector", .variable = "Available", .place = Place::connector, .type = boolean, .value = "true"},
    {.component = "Connector", .variable = "ConnectorType", .place = Place::connector,
     .now = [](const Facts& f, std::uint8_t evse) { return std::string(f.config.evses[evse - 1].connector_type.view()); }},
    {.component = "Connector", .variable = "SupplyPhases", .place = Place::connector, .type = integer, .now = phases_of_evse},

    {.component = "AlignedDataCtrlr", .variable = "Available", .type = boolean, .value = "false"},
    {.component = "AlignedDataCtrlr", .variable = "Interval", .type = integer, .value = "0", .unit = "s"},
    {.component = "AlignedDataCtrlr", .variable = "Measurands", .type = MemberList},
    {.component = "AlignedDataCtrlr", .variable = "TxEndedInterval", .type = integer, .value = "0", .unit = "s"},
    {.component = "AlignedDataCtrlr", .variable = "TxEndedMeasurands", .type = MemberList},

    {.component = "AuthCacheCtrlr", .variable = "Available", .type = boolean, .value = "true"},
    {.component = "AuthCacheCtrlr", .variable = "Enabled", .type = boolean, .mutability = read_write, .held = Held::in_settings,
     .value = "true"},
    {.component = "AuthCacheCtrlr", .variable = "LifeTime", .type = integer, .mutability = read_write, .held = Held::in_settings,
     .now = [](const Facts&, std::uint8_t) { return std::to_string(own_cache_life_s); }, .unit = "s", .least = 1,
     .most = 31'536'000},

    {.component = "AuthCtrlr", .variable = "AuthorizeRemoteStart", .type = boolean, .value = "false"},
    {.component = "AuthCtrlr", .variable = "LocalAuthorizeOffline", .type = boolean, .mutability = read_write,
     .held = Held::in_settings, .value = "true"},
    {.component = "AuthCtrlr", .variable = "LocalPreAuthorize", .type = boolean, .mutability = read_write,
     .held = Held::in_settings, .value = "false"},
    {.component = "AuthCtrlr", .variable = "OfflineTxForUnknownIdEnabled", .type = boolean, .mutability = read_write,
     .held = Held::in_settings,
     .value = "false"},

    {.component = "ClockCtrlr", .variable = "DateTime", .type = dateTime,
     .now = [](const Facts& f, std::uint8_t) { return DateTime(f.now).text().value_or(""); }},
    {.component = "ClockCtrlr", .variable = "TimeSource", .type = SequenceList, .value = "RealTimeClock",
     .list = "RealTimeClock"},

    {.component = "DeviceDataCtrlr", .variable = "BytesPerMessage", .instance = "GetReport", .type = integer, .value = bytes},
    {.component = "DeviceDataCtrlr", .variable = "BytesPerMessage", .instance = "GetVariables", .type = integer, .value = bytes},
    {.component = "DeviceDataCtrlr", .variable = "BytesPerMessage", .instance = "SetVariables", .type = integer, .value = bytes},
    {.component = "DeviceDataCtrlr", .variable = "ItemsPerMessage", .instance = "GetReport", .type = integer, .value = items},
    {.component = "DeviceDataCtrlr", .variable = "ItemsPerMessage", .instance = "GetVariables", .type = integer, .value = items},
    {.component = "DeviceDataCtrlr", .variable = "ItemsPerMessage", .instance = "SetVariables", .type = integer, .value = items},

    {.component = "LocalAuthListCtrlr", .variable = "Available", .type = boolean, .value = "true"},
    {.component = "LocalAuthListCtrlr", .variable = "BytesPerMessage", .type = integer, .value = bytes},
    {.component = "LocalAuthListCtrlr", .variable = "Enabled", .type = boolean, .mutability = read_write,
     .held = Held::in_settings, .value = "true"},
    {.component = "LocalAuthListCtrlr", .variable = "Entries", .type = integer,
     .now = [](const Facts& f, std::uint8_t) { return std::to_string(f.list_entries); },
     .limit = [](const Facts&, std::uint8_t) { return std::int64_t{decltype(LocalList::entries)::capacity}; }},
    {.component = "LocalAuthListCtrlr", .variable = "ItemsPerMessage", .type = integer, .value = list_items},
    {.component = "LocalAuthListCtrlr", .variable = "SupportsExpiryDateTime", .type = boolean, .value = "true"},

    {.component = "OCPPCommCtrlr", .variable = "ActiveNetworkProfile", .value = "1"},
    {.component = "OCPPCommCtrlr", .variable = "FileTransferProtocols", .type = MemberList},
    {.component = "OCPPCommCtrlr", .variable = "HeartbeatInterval", .type = integer, .mutability = read_write,
     .held = Held::in_heartbeat,
     .now = [](const Facts& f, std::uint8_t) { return std::to_string(f.heartbeat_s); }, .unit = "s", .least = 1, .most = 86'400},
    {.component = "OCPPCommCtrlr", .variable = "MessageAttemptInterval", .instance = "TransactionEvent", .type = integer,
     .mutability = read_write, .held = Held::in_settings,
     .now = [](const Facts& f, std::uint8_t) { return std::to_string(f.config.attempt_interval_ms / 1000); }, .unit = "s",
     .least = 1, .most = 3'600},
    {.component = "OCPPCommCtrlr", .variable = "MessageAttempts", .instance = "TransactionEvent", .type = integer,
     .mutability = read_write, .held = Held::in_settings,
     .now = [](const Facts& f, std::uint8_t) { return std::to_string(f.config.message_attempts); }, .least = 1, .most = 100},
    {.component = "OCPPCommCtrlr", .variable = "MessageTimeout", .instance = "Default", .type = integer,
     .now = [](const Facts& f, std::uint8_t) { return std::to_string(f.config.message_timeout_ms / 1000); }, .unit = "s"},
    {.component = "OCPPCommCtrlr", .variable = "NetworkConfigurationPriority", .type = SequenceList, .value = "1", .list = "1"},
    {.component = "OCPPCommCtrlr", .variable = "OfflineThreshold", .type = integer, .mutability = read_write,
     .held = Held::in_settings,
     .now = [](const Facts&, std::uint8_t) { return std::to_string(own_offline_threshold_s); }, .unit = "s", .least = 0,
     .most = 86'400},
    {.component = "OCPPCommCtrlr", .variable = "PublicKeyWithSignedMeterValue", .type = OptionList, .value = "EveryMeterValue",
     .list = "Never,OncePerTransaction,EveryMeterValue"},
    {.component = "OCPPCommCtrlr", .variable = "QueueAllMessages", .type = boolean, .value = "false"},
    {.component = "OCPPCommCtrlr", .variable = "ResetRetries", .type = integer, .value = "0"},
    {.component = "OCPPCommCtrlr", .variable = "UnlockOnEVSideDisconnect", .type = boolean,
     .value = "false"},   // the cable is fixed

    {.component = "ReservationCtrlr", .variable = "Available", .type = boolean, .value = "true"},
    {.component = "ReservationCtrlr", .variable = "Enabled", .type = boolean, .value = "true"},
    {.component = "ReservationCtrlr", .variable = "NonEvseSpecific", .type = boolean, .value = "true"},

    {.component = "SampledDataCtrlr", .variable = "Available", .type = boolean, .value = "true"},
    {.component = "SampledDataCtrlr", .variable = "Enabled", .type = boolean, .value = "true"},
    {.component = "SampledDataCtrlr", .variable = "SignReadings", .type = boolean, .value = "true"},
    {.component = "SampledDataCtrlr", .variable = "TxEndedInterval", .type = integer, .value = "0", .unit = "s"},
    {.component = "SampledDataCtrlr", .variable = "TxEndedMeasurands", .type = MemberList, .mutability = read_write,
     .held = Held::in_settings,
     .value = measurands, .list = measurands},
    {.component = "SampledDataCtrlr", .variable = "TxStartedMeasurands", .type = MemberList, .mutability = read_write,
     .held = Held::in_settings,
     .value = measurands, .list = measurands},
    {.component = "SampledDataCtrlr", .variable = "TxUpdatedInterval", .type = integer,
     .now = [](const Facts& f, std::uint8_t) { return seconds(std::chrono::milliseconds(f.config.meter_interval_ms)); },
     .unit = "s"},
    {.component = "SampledDataCtrlr", .variable = "TxUpdatedMeasurands", .type = MemberList, .mutability = read_write,
     .held = Held::in_settings,
     .value = measurands, .list = measurands},

    {.component = "SecurityCtrlr", .variable = "AllowSecurityProfileDowngrade", .type = boolean, .value = "false"},
    {.component = "SecurityCtrlr", .variable = "Identity",
     .now = [](const Facts& f, std::uint8_t) { return std::string(f.config.identity.view()); }},
    {.component = "SecurityCtrlr", .variable = "SecurityProfile", .type = integer, .value = "3"},

    {.component = "TxCtrlr", .variable = "EVConnectionTimeOut", .type = integer,
     .now = [](const Facts&, std::uint8_t) { return seconds(charging::Configuration{}.connect_timeout); }, .unit = "s"},
    {.component = "TxCtrlr", .variable = "ResumptionTimeout", .type = integer,
     .now = [](const Facts&, std::uint8_t) { return seconds(charging::Configuration{}.resume_timeout); }, .unit = "s"},
    {.component = "TxCtrlr", .variable = "StopTxOnEVSideDisconnect", .type = boolean, .value = "true"},
    {.component = "TxCtrlr", .variable = "StopTxOnInvalidId", .type = boolean, .value = "true"},
    {.component = "TxCtrlr", .variable = "TxStartPoint", .type = MemberList, .value = "PowerPathClosed",
     .list = "PowerPathClosed"},
    {.component = "TxCtrlr", .variable = "TxStopPoint", .type = MemberList, .value = "PowerPathClosed",
     .list = "PowerPathClosed"},
};

constexpr std::size_t rows_of_place(Place place) {
    return static_cast<std::size_t>(std::ranges::count(table, place, &Definition::place));
}
static_assert(rows_of_place(Place::station) + most_evses * (rows_of_place(Place::evse) + rows_of_place(Place::connector)) <=
              most_rows);
static_assert(static_cast<std::size_t>(std::ranges::count(table, Held::in_settings, &Definition::held)) <=
              decltype(Settings::values)::capacity);

// ---- which one is meant

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view instance_of(const auto& named) { return named.instance ? named.instance->view() : std::string_view(); }

/// Of which EVSE the component is, if there is such a component. No EVSE, and the EVSE 0, are the station.
std::optional<std::uint8_t> place_of(const Definition& d, const Component& component, const Facts& facts) {
    if (!is_same_name(d.component, component.name.view()) || !instance_of(component).empty()) return std::nullopt;
    const std::int32_t evse = component.evse ? component.evse->id.value : 0;
    const std::optional<Count> connector = component.evse ? component.evse->connectorId : std::nullopt;
    if (evse > facts.config.evse_count || (evse == 0) != (d.place == Place::station)) return std::nullopt;
    if (d.place == Place::connector ? !connector || connector->value != 1 : connector.has_value()) return std::nullopt;
    return static_cast<std::uint8_t>(evse);
}

struct Found {
    bool has_component = false;
    Row row;   ///< of the variable, if it has a definition
};
Found find(const Component& component, const Variable& variable, const Facts& facts) {
    Found found;
    for (const Definition& d : table) {
        const auto evse = place_of(d, component, facts);
        if (!evse) continue;
        found.has_component = true;
        //= OCPP 2.1 B06.FR.14, B06.FR.15
        if (is_same_name(d.variable, variable.name.view()) && is_same_name(d.instance, instance_of(variable)))
            found.row = {&d, *evse};
    }
    return found;
}

// ---- which values fit

enum class Fit : std::uint8_t { good, malformed, out_of_range };

Fit fit_of_number(const Definition& d, std::string_view value) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc::result_out_of_range) return Fit::out_of_range;
    if (error != std::errc() || end != value.data() + value.size()) return Fit::malformed;
    return number >= d.least && number <= d.most ? Fit::good : Fit::out_of_range;
}

bool has_member(std::string_view list, std::string_view member) {
    return std::ranges::any_of(std::views::split(list, ','), [member](auto&& one) { return std::string_view(one) == member; });
}

/// Members of the definition's own list, each once, in any order; or none.
Fit fit_of_members(const Definition& d, std::string_view value) {
    while (!value.empty()) {
        const std::size_t end = std::min(value.find(','), value.size());
        const std::string_view rest = value.substr(std::min(end + 1, value.size()));
        const std::string_view one = value.substr(0, end);
        if (!has_member(d.list, one) || has_member(rest, one) || end + 1 == value.size()) return Fit::malformed;
        value = rest;
    }
    return Fit::good;
}

Fit fit(const Definition& d, std::string_view value) {
    switch (d.type) {
        case integer: return fit_of_number(d, value);
        case boolean: return value == "true" || value == "false" ? Fit::good : Fit::malformed;
        case MemberList: return fit_of_members(d, value);
        default: return Fit::malformed;   // nothing else may be set
    }
}
static_assert(std::ranges::all_of(table, [](const Definition& d) {
    return d.held == Held::by_station || d.type == integer || d.type == boolean || d.type == MemberList;
}));
static_assert(std::ranges::all_of(table, [](const Definition& d) {
    return (d.held == Held::by_station) == (d.mutability == MutabilityEnum::ReadOnly);
}));

std::optional<StatusInfo> info(std::string_view reason) {
    StatusInfo info;
    info.reasonCode = *String<20>::from(reason);
    return info;
}

std::string name_of(const Definition& d) {
    std::string name = std::string(d.component) + "." + std::string(d.variable);
    return d.instance.empty() ? name : name + "[" + std::string(d.instance) + "]";
}

}  // namespace

std::span<const Definition> definitions() { return table; }

std::vector<Row> rows_of(std::uint8_t evse_count) {
    std::vector<Row> rows;
    for (const Definition& d : table)
        if (d.place == Place::station) rows.push_back({&d, 0});
    for (std::uint8_t evse = 1; evse <= evse_count; ++evse)
        for (const Definition& d : table)
            if (d.place != Place::station) rows.push_back({&d, evse});
    return rows;
}

std::string value_of(const Row& row, const Settings& settings, const Facts& facts) {
    const Definition& d = *row.definition;
    if (d.held == Held::in_settings)
        if (const auto kept = settings.find(name_of(d));
            kept && fit(d, *kept) == Fit::good)  // another build's bounds may have been wider
            return std::string(*kept);
    return d.now ? d.now(facts, row.evse) : std::string(d.value);
}

std::optional<std::uint32_t> number_set(std::string_view kept_name, const Settings& settings) {
    const auto d = std::ranges::find(table, kept_name, name_of);
    CHECK(d != std::end(table) && d->type == integer);
    const auto kept = settings.find(kept_name);
    std::uint32_t number = 0;
    if (!kept || fit(*d, *kept) != Fit::good) return std::nullopt;
    std::from_chars(kept->data(), kept->data() + kept->size(), number);
    return number;
}

bool is_on(std::string_view kept_name, const Settings& settings) {
    const auto d = std::ranges::find(table, kept_name, name_of);
    CHECK(d != std::end(table) && d->type == boolean);
    return value_of({d, 0}, settings, {}) == "true";
}

Sampled sampled_of(const Settings& settings) {
    const auto of = [&settings](std::string_view kept_name) {
        const auto d = std::ranges::find(table, kept_name, name_of);
        CHECK(d != std::end(table));
        const std::string list = value_of({d, 0}, settings, {});
        std::uint8_t bits = 0;
        for (std::size_t n = 0; n < std::size(sampled_measurands); ++n)
            if (has_member(list, word(sampled_measurands[n]))) bits |= static_cast<std::uint8_t>(1u << n);
        return bits;
    };
    return {of("SampledDataCtrlr.TxStartedMeasurands"), of("SampledDataCtrlr.TxUpdatedMeasurands"),
            of("SampledDataCtrlr.TxEndedMeasurands")};
}

Component component_of(const Row& row) {
    Component component;
    component.name = *String<50>::from(row.definition->component);
    if (row.evse == 0) return component;
    component.evse.emplace().id = row.evse;
    if (row.definition->place == Place::connector) component.evse->connectorId = 1;
    return component;
}

Variable variable_of(const Row& row) {
    Variable variable;
    variable.name = *String<50>::from(row.definition->variable);
    if (!row.definition->instance.empty()) variable.instance = *String<50>::from(row.definition->instance);
    return variable;
}

bool is_same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

GetVariableResult get_variable(const GetVariableData& wanted, const Settings& settings, const Facts& facts) {
    GetVariableResult result;
    //= OCPP 2.1 B06.FR.02, B06.FR.03, B06.FR.11
    result.component = wanted.component;
    result.variable = wanted.variable;
    result.attributeType = wanted.attributeType.value_or(AttributeEnum::Actual);
    const Found found = find(wanted.component, wanted.variable, facts);
    //= OCPP 2.1 B06.FR.06, B06.FR.07, B06.FR.08
    using enum GetVariableStatusEnum;
    result.attributeStatus = !found.has_component                           ? UnknownComponent
                             : !found.row.definition                        ? UnknownVariable
                             : result.attributeType != AttributeEnum::Actual ? NotSupportedAttributeType
                                                                             : Accepted;
    //= OCPP 2.1 B06.FR.10, B06.FR.13
    if (result.attributeStatus == Accepted) result.attributeValue = *String<2500>::from(value_of(found.row, settings, facts));
    return result;
}

SetVariableResult set_variable(const SetVariableData& wanted, Values& values, const Facts& facts) {
    SetVariableResult result;
    //= OCPP 2.1 B05.FR.02, B05.FR.03, B05.FR.12
    result.component = wanted.component;
    result.variable = wanted.variable;
    result.attributeType = wanted.attributeType.value_or(AttributeEnum::Actual);
    const auto say = [&result](SetVariableStatusEnum status, std::string_view reason = {}) {
        result.attributeStatus = status;
        if (!reason.empty()) result.attributeStatusInfo = info(reason);
        return result;
    };
    using enum SetVariableStatusEnum;
    const Found found = find(wanted.component, wanted.variable, facts);
    //= OCPP 2.1 B05.FR.04, B05.FR.05, B05.FR.06
    if (!found.has_component) return say(UnknownComponent);
    if (!found.row.definition) return say(UnknownVariable);
    if (result.attributeType != AttributeEnum::Actual) return say(NotSupportedAttributeType);
    const Definition& d = *found.row.definition;
    //= OCPP 2.1 B05.FR.09
    if (d.mutability == MutabilityEnum::ReadOnly) return say(Rejected, "ReadOnly");
    const std::string_view value = wanted.attributeValue.view();
    //= OCPP 2.1 B05.FR.07, B05.FR.08
    if (const Fit how = fit(d, value); how != Fit::good)
        return say(Rejected, how == Fit::malformed ? "InvalidValue" : "ValueOutOfRange");
    if (d.held == Held::in_heartbeat) (void)std::from_chars(value.data(), value.data() + value.size(), values.heartbeat_s);
    else if (!values.kept.set(name_of(d), value)) return say(Rejected, "InternalError");
    //= OCPP 2.1 B05.FR.10
    return say(Accepted);
}

}  // namespace voltkeep::ocpp
