// SPDX-License-Identifier: Apache-2.0
#include "device_model.hpp"

#include <gtest/gtest.h>

#include <set>

#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {
namespace {

using enum AttributeEnum;

template <class Data>
Data named(std::string_view component, std::string_view variable, std::string_view instance = {}) {
    Data data;
    data.component.name = *String<50>::from(component);
    data.variable.name = *String<50>::from(variable);
    if (!instance.empty()) data.variable.instance = *String<50>::from(instance);
    return data;
}

class DeviceModel : public ::testing::Test {
protected:
    DeviceModel() {
        facts.config.evse_count = 2;
        facts.config.evses[0].power_w = 50'000;
        facts.config.model = "VK50";
        facts.heartbeat_s = values.heartbeat_s = 60;
        facts.now = WallTime{0};
    }
    GetVariableResult get(const GetVariableData& wanted) { return get_variable(wanted, values.kept, facts); }
    SetVariableResult set(SetVariableData wanted, std::string_view value) {
        wanted.attributeValue = *String<2500>::from(value);
        return set_variable(wanted, values, facts);
    }
    std::string value(std::string_view component, std::string_view variable, std::string_view instance = {}) {
        const auto result = get(named<GetVariableData>(component, variable, instance));
        return result.attributeStatus == GetVariableStatusEnum::Accepted ? std::string(result.attributeValue->view())
                                                                         : std::string(word(result.attributeStatus));
    }

    Facts facts;
    Values values;
};

}  // namespace

//= OCPP 2.1 B06.FR.10
TEST_F(DeviceModel, says_what_the_station_is_and_what_holds_now) {
    EXPECT_EQ(value("ChargingStation", "Model"), "VK50");
    EXPECT_EQ(value("OCPPCommCtrlr", "HeartbeatInterval"), "60");
    EXPECT_EQ(value("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"), "3");
    EXPECT_EQ(value("ClockCtrlr", "DateTime"), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(value("TxCtrlr", "EVConnectionTimeOut"), "60");
    EXPECT_EQ(value("occpcommctrlr", "heartbeatinterval"), "UnknownComponent");
    EXPECT_EQ(value("ocppcommctrlr", "HEARTBEATINTERVAL"), "60") << "identifiers are not case-sensitive";
}

//= OCPP 2.1 B06.FR.02, B06.FR.03, B06.FR.11
TEST_F(DeviceModel, each_result_names_what_was_asked_for) {
    auto wanted = named<GetVariableData>("ocppCommCtrlr", "MessageAttempts", "TransactionEvent");
    const auto result = get(wanted);
    EXPECT_EQ(result.component.name, "ocppCommCtrlr");
    EXPECT_EQ(result.variable.instance, wanted.variable.instance);
    EXPECT_EQ(result.attributeType, Actual);
    wanted.attributeType = Target;
    EXPECT_EQ(get(wanted).attributeType, Target);
}

//= OCPP 2.1 B06.FR.06, B06.FR.07, B06.FR.08, B06.FR.15
TEST_F(DeviceModel, what_is_not_there_has_a_status_and_no_value) {
    using enum GetVariableStatusEnum;
    auto wanted = named<GetVariableData>("OCPPCommCtrlr", "HeartbeatInterval");
    wanted.attributeType = MaxSet;
    struct Case {
        GetVariableData wanted;
        GetVariableStatusEnum status;
    };
    for (const Case& c :
         {Case{named<GetVariableData>("NoSuchCtrlr", "HeartbeatInterval"), UnknownComponent},
          Case{named<GetVariableData>("OCPPCommCtrlr", "NoSuch"), UnknownVariable}, Case{wanted, NotSupportedAttributeType},
          Case{named<GetVariableData>("OCPPCommCtrlr", "MessageAttempts"), UnknownVariable},
          Case{named<GetVariableData>("OCPPCommCtrlr", "HeartbeatInterval", "x"), UnknownVariable},
          Case{named<GetVariableData>("EVSE", "Power"), UnknownComponent}}) {
        const auto result = get(c.wanted);
        EXPECT_EQ(result.attributeStatus, c.status) << c.wanted.component.name.view() << "." << c.wanted.variable.name.view();
        EXPECT_FALSE(result.attributeValue);
    }
}

//= OCPP 2.1 B06.FR.13
TEST_F(DeviceModel, a_variable_without_a_value_is_an_empty_text) {
    EXPECT_EQ(value("OCPPCommCtrlr", "FileTransferProtocols"), "");
}

TEST_F(DeviceModel, each_evse_and_each_connector_has_its_own) {
    facts.evses = {session::Availability::occupied, session::Availability::available};
    const auto at = [&](std::string_view component, std::int32_t evse, std::optional<std::int32_t> connector) {
        auto wanted = named<GetVariableData>(component, "AvailabilityState");
        wanted.component.evse.emplace().id = evse;
        if (connector) wanted.component.evse->connectorId = *connector;
        const auto result = get(wanted);
        return std::string(result.attributeValue ? result.attributeValue->view() : word(result.attributeStatus));
    };
    EXPECT_EQ(at("EVSE", 1, {}), "Occupied");
    EXPECT_EQ(at("EVSE", 2, {}), "Available");
    EXPECT_EQ(at("Connector", 1, 1), "Occupied");
    EXPECT_EQ(at("ChargingStation", 0, {}), "Available");
    for (const auto& [evse, connector] :
         {std::pair<std::int32_t, std::optional<std::int32_t>>{0, {}}, {3, {}}, {1, 1}, {300, {}}})
        EXPECT_EQ(at("EVSE", evse, connector), "UnknownComponent");
    for (const auto& [evse, connector] : {std::pair<std::int32_t, std::optional<std::int32_t>>{1, {}}, {1, 2}, {1, 0}})
        EXPECT_EQ(at("Connector", evse, connector), "UnknownComponent");
    facts.evses = {session::Availability::faulted, session::Availability::faulted};
    EXPECT_EQ(value("ChargingStation", "AvailabilityState"), "Faulted");
    facts.evses = {session::Availability::faulted, session::Availability::occupied};
    EXPECT_EQ(value("ChargingStation", "AvailabilityState"), "Occupied");
}

TEST_F(DeviceModel, an_evse_for_alternating_current_says_its_connector_and_its_phases) {
    facts.config.evses[1] = {"sType2", 1, 7'360};
    const auto at = [&](std::string_view component, std::string_view variable, std::int32_t evse) {
        auto wanted = named<GetVariableData>(component, variable);
        wanted.component.evse.emplace().id = evse;
        if (component == "Connector") wanted.component.evse->connectorId = 1;
        return std::string(get(wanted).attributeValue->view());
    };
    EXPECT_EQ(at("Connector", "ConnectorType", 1), "cCCS2");
    EXPECT_EQ(at("Connector", "ConnectorType", 2), "sType2");
    EXPECT_EQ(at("EVSE", "SupplyPhases", 1), "0") << "direct current";
    EXPECT_EQ(at("EVSE", "SupplyPhases", 2), "1");
    EXPECT_EQ(at("Connector", "SupplyPhases", 2), "1");
    EXPECT_EQ(value("ChargingStation", "SupplyPhases"), "3") << "the other one needs them";
    facts.config.evses[0].supply_phases = 1;
    EXPECT_EQ(value("ChargingStation", "SupplyPhases"), "1");
}

//= OCPP 2.1 B05.FR.02, B05.FR.03, B05.FR.10, B05.FR.12
TEST_F(DeviceModel, what_is_accepted_holds) {
    const auto attempts = named<SetVariableData>("OCPPCommCtrlr", "messageAttempts", "TransactionEvent");
    const auto result = set(attempts, "7");
    EXPECT_EQ(result.attributeStatus, SetVariableStatusEnum::Accepted);
    EXPECT_EQ(result.attributeType, Actual);
    EXPECT_EQ(result.variable.name, "messageAttempts");
    EXPECT_EQ(value("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"), "7");
    EXPECT_EQ(number_set(message_attempts, values.kept), 7u);
    EXPECT_EQ(number_set(message_attempt_interval, values.kept), std::nullopt);

    EXPECT_EQ(set(named<SetVariableData>("OCPPCommCtrlr", "HeartbeatInterval"), "120").attributeStatus,
              SetVariableStatusEnum::Accepted);
    EXPECT_EQ(values.heartbeat_s, 120u);
    EXPECT_EQ(values.kept.values.size(), 1u) << "the next BootNotification says another";
}

//= OCPP 2.1 B05.FR.04, B05.FR.05, B05.FR.06, B05.FR.07, B05.FR.08, B05.FR.09
TEST_F(DeviceModel, what_is_not_accepted_says_why_and_changes_nothing) {
    using enum SetVariableStatusEnum;
    auto target = named<SetVariableData>("OCPPCommCtrlr", "HeartbeatInterval");
    target.attributeType = Target;
    const auto attempts = named<SetVariableData>("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent");
    struct Case {
        SetVariableData wanted;
        std::string_view value;
        SetVariableStatusEnum status;
        std::string_view reason;
    };
    for (const Case& c : {Case{named<SetVariableData>("NoSuchCtrlr", "HeartbeatInterval"), "1", UnknownComponent, ""},
                          Case{named<SetVariableData>("OCPPCommCtrlr", "NoSuch"), "1", UnknownVariable, ""},
                          Case{target, "1", NotSupportedAttributeType, ""},
                          Case{named<SetVariableData>("ChargingStation", "Model"), "x", Rejected, "ReadOnly"},
                          Case{attempts, "", Rejected, "InvalidValue"}, Case{attempts, "three", Rejected, "InvalidValue"},
                          Case{attempts, "3.5", Rejected, "InvalidValue"}, Case{attempts, " 3", Rejected, "InvalidValue"},
                          Case{attempts, "3x", Rejected, "InvalidValue"}, Case{attempts, "0", Rejected, "ValueOutOfRange"},
                          Case{attempts, "-1", Rejected, "ValueOutOfRange"}, Case{attempts, "101", Rejected, "ValueOutOfRange"},
                          Case{attempts, "99999999999999999999", Rejected, "ValueOutOfRange"},
                          Case{named<SetVariableData>("OCPPCommCtrlr", "HeartbeatInterval"), "0", Rejected, "ValueOutOfRange"}}) {
        const auto result = set(c.wanted, c.value);
        EXPECT_EQ(result.attributeStatus, c.status) << c.value;
        EXPECT_EQ(result.attributeStatusInfo ? result.attributeStatusInfo->reasonCode.view() : "", c.reason) << c.value;
    }
    EXPECT_EQ(values.kept, Settings{});
    EXPECT_EQ(values.heartbeat_s, 60u);
}

TEST_F(DeviceModel, a_list_takes_its_own_members_each_once) {
    const auto updated = named<SetVariableData>("SampledDataCtrlr", "TxUpdatedMeasurands");
    for (const char* good : {"SoC,Voltage", "Energy.Active.Import.Register", ""})
        EXPECT_EQ(set(updated, good).attributeStatus, SetVariableStatusEnum::Accepted) << good;
    EXPECT_EQ(sampled_of(values.kept).updated, 0);
    ASSERT_EQ(set(updated, "SoC,Voltage").attributeStatus, SetVariableStatusEnum::Accepted);
    EXPECT_EQ(sampled_of(values.kept).updated, 0b10100);
    EXPECT_EQ(sampled_of(values.kept).ended, 0b11111);
    for (const char* bad : {"Soc", "SoC,", ",SoC", "SoC,SoC", "SoC, Voltage", "SoC,Temperature", ","})
        EXPECT_EQ(set(updated, bad).attributeStatus, SetVariableStatusEnum::Rejected) << bad;
    EXPECT_EQ(value("SampledDataCtrlr", "TxUpdatedMeasurands"), "SoC,Voltage");
}

TEST_F(DeviceModel, what_another_build_kept_and_this_one_would_not_take_does_not_hold) {
    ASSERT_TRUE(values.kept.set(message_attempts, "100000"));
    EXPECT_EQ(value("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"), "3");
    EXPECT_EQ(number_set(message_attempts, values.kept), std::nullopt);
}

TEST_F(DeviceModel, every_row_of_the_largest_station_can_be_read_by_the_name_it_has) {
    facts.config.evse_count = most_evses;
    std::set<std::string> names;
    const auto rows = rows_of(most_evses);
    EXPECT_LE(rows.size(), most_rows);
    for (const Row& row : rows) {
        const auto result = get({component_of(row), variable_of(row)});
        EXPECT_EQ(result.attributeStatus, GetVariableStatusEnum::Accepted)
            << row.definition->component << "." << row.definition->variable;
        EXPECT_TRUE(names.insert(*write(component_of(row)) + *write(variable_of(row))).second)
            << "twice: " << row.definition->component << "." << row.definition->variable;
    }
}

}  // namespace voltkeep::ocpp
