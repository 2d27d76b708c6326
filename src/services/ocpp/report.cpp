// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <limits>

#include "wire/ocpp/codec.hpp"

namespace voltkeep::ocpp {

namespace {

bool has(const Report& report, std::size_t row) { return (report.rows[row / 64] >> (row % 64) & 1) != 0; }

/// Those rows for which `fits` says so.
Report report_of(std::int32_t request, const std::vector<Row>& rows, auto&& fits) {
    Report report;
    report.request = request;
    for (std::size_t n = 0; n < rows.size(); ++n)
        if (fits(rows[n])) report.rows[n / 64] |= std::uint64_t{1} << (n % 64);
    return report;
}

/// Whether a row is meant. What a name leaves open, it means all of.
bool is_meant(const Row& row, const ComponentVariable& wanted) {
    const Definition& d = *row.definition;
    const Component& component = wanted.component;
    //= OCPP 2.1 B08.FR.24, B08.FR.25
    if (!is_same_name(d.component, component.name.view()) || (component.instance && !component.instance->empty())) return false;
    //= OCPP 2.1 B08.FR.22, B08.FR.23
    if (component.evse) {
        if (component.evse->id.value != row.evse) return false;
        if (component.evse->connectorId && (d.place != Place::connector || component.evse->connectorId->value != 1)) return false;
    }
    //= OCPP 2.1 B08.FR.20, B08.FR.21
    if (!wanted.variable) return true;
    if (!is_same_name(d.variable, wanted.variable->name.view())) return false;
    return !wanted.variable->instance || is_same_name(d.instance, wanted.variable->instance->view());
}

bool is_of_same_component(const Row& a, const Row& b) {
    return a.evse == b.evse && a.definition->place == b.definition->place && a.definition->component == b.definition->component;
}

/// The criterion is the name of a variable of the component: `true` meets it. Where there is none it is met, but for a Problem.
bool meets(const Row& row, ComponentCriterionEnum criterion, const std::vector<Row>& rows, const Settings& settings,
           const Facts& facts) {
    for (const Row& other : rows)
        if (is_of_same_component(row, other) && other.definition->variable == word(criterion))
            return value_of(other, settings, facts) == "true";
    return criterion != ComponentCriterionEnum::Problem;
}

ReportData data_of(const Row& row, const Settings& settings, const Facts& facts) {
    const Definition& d = *row.definition;
    ReportData data;
    data.component = component_of(row);
    data.variable = variable_of(row);
    //= OCPP 2.1 B07.FR.11
    VariableAttribute attribute;
    attribute.type = AttributeEnum::Actual;
    attribute.mutability = d.mutability;
    if (d.held != Held::by_station) attribute.persistent = d.held == Held::in_settings;
    if (const std::string value = value_of(row, settings, facts); !value.empty()) attribute.value = *String<2500>::from(value);
    CHECK(data.variableAttribute.push(std::move(attribute)));
    //= OCPP 2.1 B08.FR.12
    VariableCharacteristics& what = data.variableCharacteristics.emplace();
    what.dataType = d.type;
    if (!d.unit.empty()) what.unit = *String<16>::from(d.unit);
    if (d.most != 0) {
        what.minLimit = Decimal(d.least);
        what.maxLimit = Decimal(d.most);
    } else if (d.limit)
        what.maxLimit = Decimal(d.limit(facts, row.evse));
    if (!d.list.empty()) what.valuesList = *String<1000>::from(d.list);
    return data;
}

}  // namespace

Report base_report(const GetBaseReportRequest& request, const Facts& facts) {
    return report_of(request.requestId, rows_of(facts.config.evse_count), [&](const Row& row) {
        switch (request.reportBase) {
            //= OCPP 2.1 B07.FR.07
            case ReportBaseEnum::ConfigurationInventory: return row.definition->mutability != MutabilityEnum::ReadOnly;
            //= OCPP 2.1 B07.FR.08
            case ReportBaseEnum::FullInventory: return true;
            //= OCPP 2.1 B07.FR.09
            case ReportBaseEnum::SummaryInventory: return row.definition->is_summary;
        }
        return false;
    });
}

Report chosen_report(const GetReportRequest& request, const Settings& settings, const Facts& facts) {
    const std::vector<Row> rows = rows_of(facts.config.evse_count);
    return report_of(request.requestId, rows, [&](const Row& row) {
        //= OCPP 2.1 B08.FR.05, B08.FR.11
        const auto is_named = [&row](const ComponentVariable& wanted) { return is_meant(row, wanted); };
        if (request.componentVariable && std::ranges::none_of(*request.componentVariable, is_named)) return false;
        //= OCPP 2.1 B08.FR.07, B08.FR.08, B08.FR.09, B08.FR.10, B08.FR.13
        const auto is_met = [&](ComponentCriterionEnum criterion) { return meets(row, criterion, rows, settings, facts); };
        return !request.componentCriteria || std::ranges::any_of(*request.componentCriteria, is_met);
    });
}

bool is_over(const Report& report, const Facts& facts) {
    const std::size_t count = rows_of(facts.config.evse_count).size();
    for (std::size_t n = 0; n < count; ++n)
        if (has(report, n)) return false;
    return true;
}

NotifyReportRequest next_part(Report& report, const Settings& settings, const Facts& facts) {
    const std::vector<Row> rows = rows_of(facts.config.evse_count);
    NotifyReportRequest part;
    //= OCPP 2.1 B07.FR.04, B08.FR.04
    part.requestId = report.request;
    part.generatedAt = facts.now;
    //= OCPP 2.1 B07.FR.10, B08.FR.14
    part.seqNo = static_cast<std::int32_t>(std::min<std::uint32_t>(report.sequence, std::numeric_limits<std::int32_t>::max()));
    auto& list = part.reportData.emplace();
    std::size_t bytes = 0;
    for (std::size_t n = 0; n < rows.size(); ++n) {
        if (!has(report, n)) continue;
        ReportData data = data_of(rows[n], settings, facts);
        const auto text = write(data);
        bytes += text ? text->size() : 0;
        //= OCPP 2.1 B07.FR.03, B08.FR.03
        if (bytes > largest_part && !list.empty()) {
            part.tbc = true;
            break;
        }
        CHECK(list.push(std::move(data)));
    }
    if (list.empty()) part.reportData.reset();
    report.on_its_way = static_cast<std::uint16_t>(part.reportData ? part.reportData->size() : 0);
    return part;
}

void part_arrived(Report& report) {
    for (std::uint64_t& word : report.rows)
        for (; word != 0 && report.on_its_way > 0; --report.on_its_way) word &= word - 1;
    report.on_its_way = 0;
    ++report.sequence;
}

}  // namespace voltkeep::ocpp
