// SPDX-License-Identifier: Apache-2.0
#include "cli/station_file.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.hpp>

namespace voltkeep::cli {

namespace {

/// One key: how its value is taken, and what a person is told that it should be.
struct Key {
    std::function<bool(const toml::node&)> take;
    std::string expected;
};

Key number(int& target, int lowest, int highest, const std::string& unit) {
    return {[&target, lowest, highest](const toml::node& node) {
                const auto value = node.value_exact<std::int64_t>();
                if (!value || *value < lowest || *value > highest) return false;
                target = static_cast<int>(*value);
                return true;
            },
            unit + " as a number from " + std::to_string(lowest) + " to " + std::to_string(highest) + ", for example " + std::to_string(target)};
}

Key text(std::string& target, std::size_t shortest, std::size_t longest, const std::string& what, const std::function<bool(const std::string&)>& fits = {}) {
    return {[&target, shortest, longest, fits](const toml::node& node) {
                const auto value = node.value_exact<std::string>();
                if (!value || value->size() < shortest || value->size() > longest || (fits && !fits(*value))) return false;
                target = *value;
                return true;
            },
            what + " as a text of " + std::to_string(shortest) + " to " + std::to_string(longest) + " characters, for example \"" + target + "\""};
}

std::map<std::string, Key> keys_of(StationFile& f) {
    return {
        {"station.identity", text(f.station.identity, 1, 48, "an identity without ':'", [](const std::string& s) { return s.find(':') == std::string::npos; })},
        {"station.vendor", text(f.station.vendor, 1, 50, "the maker")},
        {"station.model", text(f.station.model, 1, 20, "the model")},
        {"station.serial", text(f.station.serial, 1, 25, "the serial number")},
        {"evse.count", number(f.evse.count, 1, 8, "how many EVSEs")},
        {"evse.max_voltage", number(f.evse.max_voltage, 60'000, 1'500'000, "millivolts")},
        {"evse.min_voltage", number(f.evse.min_voltage, 60'000, 1'000'000, "millivolts")},
        {"evse.max_current", number(f.evse.max_current, 1'000, 3'000'000, "milliamperes")},
        {"evse.max_power", number(f.evse.max_power, 1'000, 3'750'000, "watts")},
        {"evse.id_prefix", text(f.evse.id_prefix, 3, 30, "the EVSEID without its number")},
        {"site.fuse", number(f.site.fuse, 1'000, 10'000'000, "watts")},
        {"csms.host", text(f.csms.host, 1, 120, "a host name")},
        {"csms.port", number(f.csms.port, 1, 65'535, "a TCP port")},
        {"csms.path", text(f.csms.path, 1, 120, "a path", [](const std::string& s) { return s.starts_with('/'); })},
        {"csms.required_group", text(f.csms.required_group, 0, 40, "a TLS group")},
        {"tariff.currency", text(f.tariff.currency, 3, 3, "an ISO 4217 code")},
        {"tariff.price_per_kwh", text(f.tariff.price_per_kwh, 1, 12, "a decimal number in quotes", [](const std::string& s) { return micro_of(s).has_value(); })},
        {"authorization.anybody", text(f.authorization.anybody, 0, 255, "a token")},
        {"metering.meter_interval_ms", number(f.metering.meter_interval_ms, 500, 3'600'000, "milliseconds")},
        {"metering.kind", text(f.metering.kind, 12, 14, R"("station-signed" or "meter-signed")", [](const std::string& s) { return s == "station-signed" || s == "meter-signed"; })},
        {"metering.clock", text(f.metering.clock, 11, 12, R"("informative" or "synchronised")", [](const std::string& s) { return s == "informative" || s == "synchronised"; })},
    };
}

std::string place(const std::string& path, const toml::node& node) { return path + ":" + std::to_string(node.source().begin.line) + ": "; }

std::string source_text(const toml::node& node) {
    std::ostringstream stream;
    node.visit([&](const auto& value) { stream << value; });
    return stream.str();
}

}  // namespace

Result<std::int64_t> micro_of(const std::string& decimal) {
    std::int64_t value = 0;
    int places = -1;
    for (char c : decimal) {
        if (c == '.' && places < 0) places = 0;
        else if (c >= '0' && c <= '9' && places < 6 && value < 1'000'000'000'000) {
            value = value * 10 + (c - '0');
            if (places >= 0) ++places;
        } else
            return fail(Errc::bad_argument, "'" + decimal + "' is not a decimal number with at most 6 places");
    }
    if (decimal.empty() || decimal == ".") return fail(Errc::bad_argument, "a decimal number is missing");
    for (int i = std::max(places, 0); i < 6; ++i) value *= 10;
    return value;
}

Result<StationFile> read_station_file(const std::string& path) {
    StationFile file;
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) return file;
    const toml::parse_result parsed = toml::parse_file(path);
    if (!parsed)
        return fail(Errc::bad_argument, path + ":" + std::to_string(parsed.error().source().begin.line) + ": " + std::string(parsed.error().description()));
    const auto keys = keys_of(file);
    for (const auto& [section, members] : parsed.table()) {
        const toml::table* table = members.as_table();
        if (!table) return fail(Errc::bad_argument, place(path, members) + std::string(section) + ": expected a section in [brackets]");
        for (const auto& [name, node] : *table) {
            const std::string key = std::string(section) + "." + std::string(name);
            const auto known = keys.find(key);
            if (known == keys.end()) return fail(Errc::bad_argument, place(path, node) + key + ": unknown key; docs/configuration.md lists them");
            if (!known->second.take(node))
                return fail(Errc::bad_argument, place(path, node) + key + " = " + source_text(node) + ": expected " + known->second.expected);
        }
    }
    return file;
}

}  // namespace voltkeep::cli
