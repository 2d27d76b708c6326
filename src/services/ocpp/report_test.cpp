// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <gtest/gtest.h>

#include <set>

#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {
namespace {

class OcppReport : public ::testing::Test {
protected:
    OcppReport() {
        facts.config.evse_count = 2;
        facts.config.evses[0].power_w = 50'000;
        facts.heartbeat_s = 60;
    }

    /// All parts, as the CSMS gets them.
    std::vector<NotifyReportRequest> parts(Report report) {
        std::vector<NotifyReportRequest> all;
        while (!is_over(report, facts)) {
            all.push_back(next_part(report, settings, facts));
            CHECK(all.size() < 1000);
            part_arrived(report);
        }
        return all;
    }
    /// "Component/evse.Variable" of each variable in it, in order; `/evse` where it has one.
    std::vector<std::string> names(const Report& report) {
        std::vector<std::string> all;
        for (const NotifyReportRequest& part : parts(report))
            for (const ReportData& data : *part.reportData) {
                const std::string evse = data.component.evse ? "/" + std::to_string(data.component.evse->id.value) : "";
                const std::string instance =
                    data.variable.instance ? "[" + std::string(data.variable.instance->view()) + "]" : "";
                all.push_back(std::string(data.component.name.view()) + evse + "." + std::string(data.variable.name.view()) +
                              instance);
            }
        return all;
    }
    Report base(ReportBaseEnum which) { return base_report({.requestId = 7, .reportBase = which}, facts); }
    static ComponentVariable named(std::string_view component, std::string_view variable = {}, std::string_view instance = {}) {
        ComponentVariable wanted;
        wanted.component.name = *String<50>::from(component);
        if (!variable.empty()) wanted.variable.emplace().name = *String<50>::from(variable);
        if (!instance.empty()) wanted.variable->instance = *String<50>::from(instance);
        return wanted;
    }
    static ComponentVariable at(ComponentVariable wanted, std::int32_t evse, std::optional<std::int32_t> connector = {}) {
        wanted.component.evse.emplace().id = evse;
        if (connector) wanted.component.evse->connectorId = *connector;
        return wanted;
    }
    Report chosen(std::initializer_list<ComponentVariable> variables,
                  std::initializer_list<ComponentCriterionEnum> criteria = {}) {
        GetReportRequest request;
        request.requestId = 7;
        if (variables.size() > 0) request.componentVariable.emplace(variables);
        if (criteria.size() > 0) request.componentCriteria.emplace(criteria);
        return chosen_report(request, settings, facts);
    }

    Facts facts;
    Settings settings;
};

using Names = std::vector<std::string>;

}  // namespace

//= OCPP 2.1 B07.FR.08, B07.FR.11, B08.FR.12
TEST_F(OcppReport, the_full_inventory_has_every_variable_once_with_what_it_may_hold) {
    const auto all = names(base(ReportBaseEnum::FullInventory));
    EXPECT_EQ(all.size(), rows_of(2).size());
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
    for (const NotifyReportRequest& part : parts(base(ReportBaseEnum::FullInventory)))
        for (const ReportData& data : *part.reportData) {
            ASSERT_TRUE(data.variableCharacteristics);
            ASSERT_EQ(data.variableAttribute.size(), 1u);
            EXPECT_EQ(data.variableAttribute[0].type, AttributeEnum::Actual);
        }
}

//= OCPP 2.1 B07.FR.07
TEST_F(OcppReport, the_configuration_inventory_has_what_may_be_set_and_its_limits) {
    const auto all = parts(base(ReportBaseEnum::ConfigurationInventory));
    ASSERT_EQ(all.size(), 1u);
    const auto& data = *all[0].reportData;
    EXPECT_EQ(names(base(ReportBaseEnum::ConfigurationInventory)),
              (Names{"AuthCacheCtrlr.Enabled", "AuthCacheCtrlr.LifeTime", "AuthCtrlr.LocalAuthorizeOffline",
                     "AuthCtrlr.LocalPreAuthorize", "AuthCtrlr.OfflineTxForUnknownIdEnabled", "LocalAuthListCtrlr.Enabled",
                     "OCPPCommCtrlr.HeartbeatInterval", "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]",
                     "OCPPCommCtrlr.MessageAttempts[TransactionEvent]", "OCPPCommCtrlr.OfflineThreshold",
                     "SampledDataCtrlr.TxEndedMeasurands", "SampledDataCtrlr.TxStartedMeasurands",
                     "SampledDataCtrlr.TxUpdatedMeasurands"}));
    for (const ReportData& variable : data) EXPECT_EQ(variable.variableAttribute[0].mutability, MutabilityEnum::ReadWrite);
    EXPECT_EQ(data[6].variableAttribute[0].persistent, false);
    EXPECT_EQ(data[8].variableAttribute[0].persistent, true);
    EXPECT_EQ(data[8].variableCharacteristics->minLimit, Decimal(1));
    EXPECT_EQ(data[8].variableCharacteristics->maxLimit, Decimal(100));
}

//= OCPP 2.1 B07.FR.09
TEST_F(OcppReport, the_summary_has_the_availability_of_everything) {
    facts.evses[1] = session::Availability::faulted;
    EXPECT_EQ(names(base(ReportBaseEnum::SummaryInventory)),
              (Names{"ChargingStation.AvailabilityState", "EVSE/1.AvailabilityState", "Connector/1.AvailabilityState",
                     "EVSE/2.AvailabilityState", "Connector/2.AvailabilityState"}));
    const auto data = *parts(base(ReportBaseEnum::SummaryInventory))[0].reportData;
    EXPECT_EQ(data[3].variableAttribute[0].value, "Faulted");
}

//= OCPP 2.1 B07.FR.03, B07.FR.04, B07.FR.10, B08.FR.03, B08.FR.04, B08.FR.14
TEST_F(OcppReport, is_sent_in_numbered_parts_that_all_fit) {
    facts.config.evse_count = most_evses;
    const auto all = parts(base(ReportBaseEnum::FullInventory));
    ASSERT_GT(all.size(), 1u);
    for (std::size_t n = 0; n < all.size(); ++n) {
        EXPECT_EQ(all[n].requestId, 7);
        EXPECT_EQ(all[n].seqNo.value, static_cast<std::int32_t>(n));
        EXPECT_EQ(all[n].tbc.value_or(false), n + 1 < all.size());
        const auto text = write(all[n]);
        ASSERT_TRUE(text) << text.error().where << text.error().what;
        EXPECT_LE(text->size(), largest_part + 1'000);
    }
}

TEST_F(OcppReport, a_part_that_was_not_acknowledged_is_sent_again) {
    facts.config.evse_count = most_evses;
    Report report = base(ReportBaseEnum::FullInventory);
    const auto first = next_part(report, settings, facts);
    EXPECT_EQ(*write(next_part(report, settings, facts)), *write(first));
    part_arrived(report);
    const auto second = next_part(report, settings, facts);
    EXPECT_EQ(second.seqNo.value, 1);
    EXPECT_NE(*write((*second.reportData)[0]), *write((*first.reportData)[0]));
}

TEST_F(OcppReport, one_that_somebody_else_wrote_ends_too) {
    Report report;
    report.rows.fill(~std::uint64_t{0});
    report.on_its_way = 0xffff;
    report.sequence = 0xffffffff;
    part_arrived(report);
    EXPECT_TRUE(is_over(report, facts));
    EXPECT_TRUE(write(next_part(report, settings, facts))) << "and what it says is OCPP";
    report.rows.fill(~std::uint64_t{0});
    report.sequence = 0xffffffff;
    EXPECT_TRUE(write(next_part(report, settings, facts)));
}

//= OCPP 2.1 B08.FR.05, B08.FR.11, B08.FR.20, B08.FR.21
TEST_F(OcppReport, what_a_name_leaves_open_it_means_all_of) {
    EXPECT_EQ(names(chosen({named("clockctrlr")})), (Names{"ClockCtrlr.DateTime", "ClockCtrlr.TimeSource"}));
    EXPECT_EQ(names(chosen({named("DeviceDataCtrlr", "itemspermessage")})),
              (Names{"DeviceDataCtrlr.ItemsPerMessage[GetReport]", "DeviceDataCtrlr.ItemsPerMessage[GetVariables]",
                     "DeviceDataCtrlr.ItemsPerMessage[SetVariables]"}));
    EXPECT_EQ(names(chosen({named("DeviceDataCtrlr", "ItemsPerMessage", "GetReport"), named("ClockCtrlr", "TimeSource")})),
              (Names{"ClockCtrlr.TimeSource", "DeviceDataCtrlr.ItemsPerMessage[GetReport]"}));
}

//= OCPP 2.1 B08.FR.22, B08.FR.23, B08.FR.24, B08.FR.25
TEST_F(OcppReport, an_evse_that_is_not_named_means_every_one) {
    EXPECT_EQ(names(chosen({named("EVSE", "Power")})), (Names{"EVSE/1.Power", "EVSE/2.Power"}));
    EXPECT_EQ(names(chosen({at(named("EVSE", "Power"), 2)})), (Names{"EVSE/2.Power"}));
    EXPECT_EQ(names(chosen({at(named("Connector", "ConnectorType"), 2)})), (Names{"Connector/2.ConnectorType"}));
    EXPECT_EQ(names(chosen({at(named("Connector", "ConnectorType"), 2, 1)})), (Names{"Connector/2.ConnectorType"}));
    EXPECT_EQ(names(chosen({at(named("Connector", "ConnectorType"), 2, 2)})), Names{});
    EXPECT_EQ(names(chosen({at(named("EVSE", "Power"), 1, 1)})), Names{}) << "that is a connector's name";
    ComponentVariable instance = named("EVSE", "Power");
    instance.component.instance = "1";
    EXPECT_EQ(names(chosen({instance})), Names{});
}

//= OCPP 2.1 B08.FR.07, B08.FR.08, B08.FR.09, B08.FR.10, B08.FR.13
TEST_F(OcppReport, a_criterion_is_met_by_who_says_so_or_says_nothing) {
    using enum ComponentCriterionEnum;
    const auto aligned = named("AlignedDataCtrlr", "Interval"), sampled = named("SampledDataCtrlr", "SignReadings"),
               clock = named("ClockCtrlr", "TimeSource");
    EXPECT_EQ(names(chosen({aligned, sampled, clock}, {Available})),
              (Names{"ClockCtrlr.TimeSource", "SampledDataCtrlr.SignReadings"}))
        << "AlignedDataCtrlr is not";
    EXPECT_EQ(names(chosen({aligned, sampled, clock}, {Enabled})).size(), 3u);
    EXPECT_EQ(names(chosen({aligned, sampled, clock}, {Active})).size(), 3u);
    EXPECT_EQ(names(chosen({aligned, sampled, clock}, {Problem})), Names{}) << "nobody has one";
    EXPECT_EQ(names(chosen({aligned, sampled, clock}, {Problem, Available})).size(), 2u) << "one of them is enough";
    EXPECT_EQ(names(chosen({}, {Problem})), Names{});
    EXPECT_EQ(names(chosen({})).size(), rows_of(2).size());
}

}  // namespace voltkeep::ocpp
