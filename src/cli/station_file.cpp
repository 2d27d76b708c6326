// SPDX-License-Identifier: Apache-2.0
#include "cli/station_file.hpp"

#include "base/file.hpp"
#include "base/toml_section.hpp"

namespace voltkeep::cli {

namespace {

/// One section: each key with its bounds, and what a person is told that it should be.
class Keys {
public:
    Keys(TomlSection& file, std::string_view name) : section_(file.table(name)) {}

    Keys& number(std::string_view key, int& target, int lowest, int highest, std::string_view unit) {
        section_.value(key, target, false,
                       std::format("{} as a number from {} to {}, for example {}", unit, lowest, highest, target),
                       [&](const toml::node& node) { return number_of(node, lowest, highest); });
        return *this;
    }
    template <class Fits>
    Keys& text(std::string_view key, std::string& target, std::size_t shortest, std::size_t longest, std::string_view what,
               Fits fits) {
        section_.text(key, target, false,
                      std::format("{} as a text of {} to {} characters, for example \"{}\"", what, shortest, longest, target),
                      [&](const std::string& t) { return t.size() >= shortest && t.size() <= longest && fits(t); });
        return *this;
    }
    Keys& text(std::string_view key, std::string& target, std::size_t shortest, std::size_t longest, std::string_view what) {
        return text(key, target, shortest, longest, what, [](const std::string&) { return true; });
    }
    /// What is more than a value.
    template <class Read>
    void and_then(Read read) {
        read(section_);
    }

private:
    TomlSection section_;
};

/// "192.168.7.11:502/1"
std::optional<ModbusMeter> modbus_meter(std::string_view text) {
    const std::size_t slash = text.rfind('/'), colon = text.rfind(':', slash);
    if (slash == text.npos || colon == text.npos || colon == 0 || colon > 120) return std::nullopt;
    const auto port = whole(text.substr(colon + 1, slash - colon - 1)), unit = whole(text.substr(slash + 1));
    if (!port || !unit || *port < 1 || *port > 65'535 || *unit < 1 || (*unit > 247 && *unit != 255)) return std::nullopt;
    return ModbusMeter{std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port), static_cast<std::uint8_t>(*unit)};
}

/// `evses`: as many as are asked for, if the file does not say it.
void read_modbus(TomlSection& section, StationFile& f, int evses) {
    constexpr std::string_view expected = R"(a meter for each EVSE, as "192.168.7.11:502/1": host, TCP port, unit)";
    section.each("modbus", expected, [&](const toml::node& item) {
        const auto meter = modbus_meter(item.value_exact<std::string>().value_or(""));
        if (meter) f.metering.modbus.push_back(*meter);
        return meter.has_value();
    });
    const toml::node* list = section.find("modbus");
    const bool is_read = list && list->is_array() && f.metering.modbus.size() == list->as_array()->size();
    const int meters = static_cast<int>(f.metering.modbus.size()), wanted = evses > 0 ? evses : f.evse.count;
    const bool fits =
        meters == wanted || (meters == f.evse.count && meters > wanted);  // fewer EVSEs than the file has: the rest is not asked
    if (is_read && !fits) section.refuse("modbus", *list, std::format("{}, and there are {}", expected, wanted));
    const toml::node* bus = section.find("bus");
    if (bus && f.metering.bus == "modbus" && f.metering.kind == "meter-signed")
        section.refuse("bus", *bus, R"("simulated" with kind = "meter-signed": no record of a meter's own is read over Modbus)");
    const bool has_ac = std::ranges::any_of(f.evse.own, [](const auto& own) { return own.second.is_ac(); });
    if (bus && f.metering.bus == "modbus" && has_ac)
        section.refuse("bus", *bus, R"("simulated" with an EVSE for AC: the driver reads meters of direct current alone)");
}

/// "[evse.2]": the keys that this EVSE has of its own.
void read_own(Keys keys, StationFile& f, int evse) {
    constexpr int lowest_ac = 6'000,
                  highest_ac = 63'000;  // milliamperes: the least that a pilot offers, and the most of a Type 2 cable
    EvseFile own;
    keys.text("connector", own.connector, 5, 6, R"("cCCS2" (DC), "sType2" (AC, a socket) or "cType2" (AC, a cable))",
              [](const std::string& s) { return s == "cCCS2" || s == "sType2" || s == "cType2"; });
    own.max_current = own.is_ac() ? 32'000 : f.evse.max_current;
    if (!own.is_ac())
        keys.number("max_current", own.max_current, 1'000, 3'000'000, "milliamperes").and_then([&](TomlSection& section) {
            section.value("bidirectional", own.bidirectional, false, "true or false",
                          [](const toml::node& node) { return node.value_exact<bool>(); });
        });
    else
        keys.number("max_current", own.max_current, lowest_ac, highest_ac, "milliamperes of each phase")
            .and_then([&](TomlSection& section) {
                section.value("supply_phases", own.supply_phases, false, "1 or 3", [](const toml::node& node) {
                    const auto phases = number_of(node, 1, 3);
                    return phases && *phases != 2 ? phases : std::nullopt;
                });
            });
    f.evse.own[evse] = own;
}

void read_each_evse(TomlSection& section, StationFile& f, int evses) {
    const int there = std::max(f.evse.count, evses);
    for (const std::string& key : section.keys()) {
        const auto evse = whole(key);
        if (!evse || std::to_string(*evse) != key) continue;
        const toml::node* table = section.find(key);
        const bool is_there = *evse >= 1 && *evse <= static_cast<unsigned>(there);
        if (is_there && table->is_table()) read_own(Keys(section, key), f, static_cast<int>(*evse));
        else section.refuse(key, *table, std::format("a table of one EVSE, and there are 1 to {} (evse.count)", there));
    }
}

/// Of two keys one may be the default: what is refused is what somebody wrote.
void check_voltages(TomlSection& section, const StationFile& f) {
    if (f.evse.min_voltage <= f.evse.max_voltage) return;
    if (const toml::node* node = section.find("min_voltage"))
        return section.refuse("min_voltage", *node, std::format("at most evse.max_voltage, {}", f.evse.max_voltage));
    section.refuse("max_voltage", *section.find("max_voltage"), std::format("at least evse.min_voltage, {}", f.evse.min_voltage));
}

void read_sections(TomlSection file, StationFile& f, int evses) {
    Keys(file, "station")
        .text("identity", f.station.identity, 1, 48, "an identity without ':'",
              [](const std::string& s) { return s.find(':') == std::string::npos; })
        .text("vendor", f.station.vendor, 1, 50, "the maker")
        .text("model", f.station.model, 1, 20, "the model")
        .text("serial", f.station.serial, 1, 25, "the serial number");
    Keys(file, "evse")
        .number("count", f.evse.count, 1, 8, "how many EVSEs")
        .number("max_voltage", f.evse.max_voltage, 60'000, 1'500'000, "millivolts")
        .number("min_voltage", f.evse.min_voltage, 60'000, 1'000'000, "millivolts")
        .number("max_current", f.evse.max_current, 1'000, 3'000'000, "milliamperes")
        .number("max_power", f.evse.max_power, 1'000, 3'750'000, "watts")
        .number("closings", f.evse.closings, 2, 200, "how often the contactor may close at once")
        .number("closing_regained_ms", f.evse.closing_regained_ms, 1'000, 7'200'000, "milliseconds until one of them is regained")
        .text("id_prefix", f.evse.id_prefix, 3, 30, "the EVSEID without its number")
        .and_then([&](TomlSection& section) {
            check_voltages(section, f);
            read_each_evse(section, f, evses);
        });
    Keys(file, "iso15118")
        .number("setup_ms", f.iso15118.setup_ms, 1'000, 120'000, "milliseconds")
        .number("sequence_ms", f.iso15118.sequence_ms, 1'000, 600'000, "milliseconds")
        .number("loop_ms", f.iso15118.loop_ms, 250, 60'000, "milliseconds")
        .number("close_ms", f.iso15118.close_ms, 100, 60'000, "milliseconds")
        .number("ongoing_ms", f.iso15118.ongoing_ms, 1'000, 600'000, "milliseconds")
        .number("cable_check_ms", f.iso15118.cable_check_ms, 1'000, 120'000, "milliseconds")
        .number("terminate_ms", f.iso15118.terminate_ms, 1'000, 120'000, "milliseconds");
    Keys(file, "site").number("fuse", f.site.fuse, 1'000, 10'000'000, "watts");
    Keys(file, "csms")
        .text("host", f.csms.host, 1, 120, "a host name")
        .number("port", f.csms.port, 1, 65'535, "a TCP port")
        .text("path", f.csms.path, 1, 120, "a path", [](const std::string& s) { return s.starts_with('/'); })
        .text("required_group", f.csms.required_group, 0, 40, "a TLS group");
    Keys(file, "tariff")
        .text("currency", f.tariff.currency, 3, 3, "an ISO 4217 code")
        .text("price_per_kwh", f.tariff.price_per_kwh, 1, 12, "a decimal number in quotes",
              [](const std::string& s) { return micro_of(s).has_value(); });
    Keys(file, "authorization").text("anybody", f.authorization.anybody, 0, 255, "a token");
    Keys(file, "metering")
        .number("meter_interval_ms", f.metering.meter_interval_ms, 500, 3'600'000, "milliseconds")
        .text("kind", f.metering.kind, 12, 14, R"("station-signed" or "meter-signed")",
              [](const std::string& s) { return s == "station-signed" || s == "meter-signed"; })
        .text("clock", f.metering.clock, 11, 12, R"("informative" or "synchronised")",
              [](const std::string& s) { return s == "informative" || s == "synchronised"; })
        .text("bus", f.metering.bus, 6, 9, R"("simulated" or "modbus")",
              [](const std::string& s) { return s == "simulated" || s == "modbus"; })
        .and_then([&](TomlSection& section) { read_modbus(section, f, evses); });
    Keys(file, "trust")
        .text("tpm", f.trust.tpm, 4, 8, R"("none" or "emulated")",
              [](const std::string& s) { return s == "none" || s == "emulated"; })
        .text("module", f.trust.module, 5, 200, "the path of a PKCS #11 module",
              [](const std::string& s) { return s.starts_with("/"); });
}

}  // namespace

EvseFile evse_of(const StationFile& file, int evse) {
    if (const auto own = file.evse.own.find(evse); own != file.evse.own.end()) return own->second;
    return {.max_current = file.evse.max_current};
}

int max_power_of(const StationFile& file, int evse) {
    const EvseFile own = evse_of(file, evse);
    return own.is_ac() ? kNominalVoltage / 1'000 * own.max_current / 1'000 * own.supply_phases : file.evse.max_power;
}

ModbusMeter modbus_meter_of(const StationFile& file, int evse) {
    constexpr int first_port = 8501;
    if (const auto at = static_cast<std::size_t>(evse) - 1; at < file.metering.modbus.size()) return file.metering.modbus[at];
    return {"localhost", static_cast<std::uint16_t>(first_port + evse), 1};
}

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

Result<StationFile> read_station_file(const std::string& path, bool is_named, int evses) {
    StationFile station;
    constexpr std::size_t longest = 1 << 20;
    const auto bytes = read_file(path, longest);
    const bool is_missing = !bytes && bytes.error().code == Errc::not_found;
    if (is_missing && is_named) return fail(Errc::not_found, path + ": there is no such file");
    if (!bytes && !is_missing) return std::unexpected(bytes.error());
    if (bytes) {
        auto file = TomlFile::parse(path, as_text(*bytes));
        if (file) read_sections(TomlSection(*file), station, evses);
        const Refusals& refusals = file ? file->refusals() : file.error();
        if (!refusals.empty()) return fail(Errc::bad_argument, refusals.front().text());
    }
    if (evses > 0) station.evse.count = evses;
    return station;
}

}  // namespace voltkeep::cli
