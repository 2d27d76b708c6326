// SPDX-License-Identifier: Apache-2.0
// ev: a car that charges over ISO 15118-20, at our charger or any other; or with alternating current by the pilot alone.
#include <CLI/CLI.hpp>

#include <charconv>

#include "drive.hpp"
#include "pilot_drive.hpp"

namespace {

using namespace voltkeep;
namespace evcc = voltkeep::iso15118::evcc;

std::string fault_help() {
    std::string text = "misbehave once: MISDEED@MESSAGE[:N], for example garbage@DC_ChargeLoopReq:5. Misdeeds:";
    for (std::string_view name : evcc::misdeed_names()) text += " " + std::string(name);
    return text;
}

/// What the command line says in numbers of people: amperes, kilowatts, seconds.
struct Numbers {
    double maximum_voltage = 500, maximum_current = 200, maximum_power = 100;
    double state_of_charge = 50, target_soc = 100;
    double duration = 0;
    double ac_current = 16;
    std::int64_t capacity = 77'000, target_energy = 0;
    int loop_pause = 100;
    int setup_pause = 0;
    std::string service = "DC";
    std::string control = "dynamic";
    std::string mobility = "car";
    std::string pricing = "any";
    double gives = 0, maximum_discharge = 50;
    std::vector<std::string> detours, timers;
    std::string evcc_id = "WMIDEV0001";
    std::vector<std::string> faults;
};

std::int32_t thousandths(double value) { return static_cast<std::int32_t>(value * 1'000.0); }

constexpr std::array<std::pair<std::string_view, evcc::EnergyService>, 6> services{{{"AC", evcc::EnergyService::ac},
                                                                                   {"AC_BPT", evcc::EnergyService::ac_bpt},
                                                                                   {"DC", evcc::EnergyService::dc},
                                                                                   {"DC_BPT", evcc::EnergyService::dc_bpt},
                                                                                   {"MCS", evcc::EnergyService::mcs},
                                                                                   {"MCS_BPT", evcc::EnergyService::mcs_bpt}}};
constexpr std::array<std::pair<std::string_view, evcc::Pricing>, 4> pricings{{{"any", evcc::Pricing::any},
                                                                              {"none", evcc::Pricing::none},
                                                                              {"absolute", evcc::Pricing::absolute},
                                                                              {"level", evcc::Pricing::level}}};
constexpr std::array<std::pair<std::string_view, bool evcc::Detours::*>, 4> detours{
    {{"pause", &evcc::Detours::pauses},
     {"renegotiate-schedule", &evcc::Detours::renegotiates_schedule},
     {"renegotiate-service", &evcc::Detours::renegotiates_service},
     {"standby", &evcc::Detours::asks_for_standby}}};
constexpr std::array<std::pair<std::string_view, Duration evcc::Timers::*>, 10> timers{
    {{"message", &evcc::Timers::message},
     {"long-message", &evcc::Timers::long_message},
     {"loop-message", &evcc::Timers::loop_message},
     {"ongoing", &evcc::Timers::ongoing},
     {"cable-check", &evcc::Timers::cable_check},
     {"precharge", &evcc::Timers::precharge},
     {"performance", &evcc::Timers::performance},
     {"loop-performance", &evcc::Timers::loop_performance},
     {"ramp-down", &evcc::Timers::ramp_down},
     {"welding-detection", &evcc::Timers::welding_detection}}};

std::vector<std::string> names_of(const auto& table) {
    std::vector<std::string> names;
    for (const auto& entry : table) names.emplace_back(entry.first);
    return names;
}

std::string joined(const auto& table) {
    std::string text;
    for (const auto& entry : table) text += (text.empty() ? "" : " ") + std::string(entry.first);
    return text;
}

/// What stands at this name; the command line has checked that something does.
auto at(const auto& table, std::string_view name) {
    const auto found = std::ranges::find(table, name, [](const auto& entry) { return entry.first; });
    CHECK(found != table.end());
    return found->second;
}

/// "loop-message=700"
Result<> set_timer(const std::string& text, evcc::Timers& all) {
    const auto equals = text.find('=');
    const auto found =
        std::ranges::find(timers, std::string_view(text).substr(0, equals), [](const auto& entry) { return entry.first; });
    std::uint32_t ms = 0;
    const char* const end = text.data() + text.size();
    const bool is_number =
        equals != std::string::npos && std::from_chars(text.data() + equals + 1, end, ms) == std::from_chars_result{end, {}};
    if (found == timers.end() || !is_number || ms > 600'000) return fail(Errc::bad_argument, "--timer: NAME=MILLISECONDS");
    all.*found->second = std::chrono::milliseconds(ms);
    return {};
}

Result<> take(const Numbers& numbers, ev::Options& options) {
    evcc::Plan& plan = options.plan;
    const auto id = iso15118::Identifier::from(numbers.evcc_id);
    if (!id || id->empty()) return fail(Errc::bad_argument, "--evcc-id: 1 to 255 characters");
    plan.evcc_id = *id;
    plan.service = at(services, numbers.service);
    plan.is_mobility_by_charger = numbers.mobility == "charger";
    plan.pricing = at(pricings, numbers.pricing);
    plan.gives = {thousandths(numbers.gives)};
    plan.maximum_discharge_current = {thousandths(numbers.maximum_discharge)};
    for (const std::string& detour : numbers.detours) plan.detours.*at(detours, detour) = true;
    plan.control = numbers.control == "scheduled" ? evcc::Control::scheduled : evcc::Control::dynamic;
    plan.maximum_voltage = {thousandths(numbers.maximum_voltage)};
    plan.maximum_current = {thousandths(numbers.maximum_current)};
    plan.maximum_power = {thousandths(numbers.maximum_power)};
    plan.capacity = {numbers.capacity};
    plan.target_energy = {numbers.target_energy};
    plan.duration = std::chrono::milliseconds(static_cast<std::int64_t>(numbers.duration * 1'000.0));
    plan.target_soc = {static_cast<std::int16_t>(numbers.target_soc * 10)};
    plan.timers.loop_pause = std::chrono::milliseconds(numbers.loop_pause);
    plan.timers.setup_pause = std::chrono::milliseconds(numbers.setup_pause);
    options.state_of_charge = {static_cast<std::int16_t>(numbers.state_of_charge * 10)};
    options.ac_current = {thousandths(numbers.ac_current)};
    for (const std::string& timer : numbers.timers) TRY(set_timer(timer, plan.timers));
    if (options.is_pilot_alone)
        return options.plant.empty() ? fail(Errc::bad_argument, "--pilot-alone needs --plant: the pilot is in the cable")
                                     : Result<>{};
    for (const std::string& text : numbers.faults)
        if (!plan.faults.push(TRY(evcc::parse_fault(text)))) return fail(Errc::bad_argument, "--fault: at most 8");
    if (options.interface.empty() == options.host.empty())
        return fail(Errc::bad_argument, "say either --interface or --host and --port");
    if (!options.host.empty() && options.port == 0) return fail(Errc::bad_argument, "--host needs --port");
    if (options.pki.empty() && !options.is_plain)
        return fail(Errc::bad_argument, "--pki: the folder with vehicle/chain.pem, key.pem and trust.pem");
    return {};
}

int complain(const Error& error) {
    std::fprintf(stderr, "ev: %s\n", std::string(error.what.view()).c_str());
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    ev::Options options;
    Numbers numbers;
    CLI::App app{
        "A car that charges over ISO 15118-20, or with alternating current by the pilot alone. Exit status: 0 if all was well, 1 "
        "if not, 2 for a wrong command line.",
        "ev"};
    app.add_option("--interface", options.interface, "network interface on which the charger is found by SDP");
    app.add_option("--discovery-port", options.discovery_port, "UDP port of SDP")->capture_default_str();
    app.add_option("--host", options.host, "IPv6 address of the charger, with %interface if it is link-local; instead of SDP");
    app.add_option("--port", options.port, "TCP port of the charger, with --host");
    app.add_option("--pki", options.pki, "folder with vehicle/chain.pem, vehicle/key.pem, vehicle/trust.pem");
    app.add_option("--groups", options.groups, "TLS groups as OpenSSL writes them")->capture_default_str();
    app.add_option("--signature-algorithms", options.signature_algorithms, "TLS signature algorithms as OpenSSL writes them")
        ->capture_default_str();
    app.add_flag("--plain", options.is_plain, "no TLS: for interoperability tests, never on a road");
    app.add_option("--plant", options.plant,
                   "cable socket of the plant; without it the charger's word counts for voltage and energy");
    app.add_option("--evcc-id", numbers.evcc_id, "EVCCID")->capture_default_str();
    app.add_option("--battery", numbers.capacity, "capacity, Wh")->check(CLI::Range(1, 1'000'000))->capture_default_str();
    app.add_option("--soc", numbers.state_of_charge, "state of charge at the start, percent")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--target-soc", numbers.target_soc, "charge up to this, percent")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    app.add_option("--target-energy", numbers.target_energy, "charge so much, Wh")->check(CLI::Range(1, 1'000'000));
    app.add_option("--duration", numbers.duration, "charge for so long, seconds")->check(CLI::Range(0.0, 1e6));
    app.add_option("--control", numbers.control, "who sets the operating point")
        ->check(CLI::IsMember({"dynamic", "scheduled"}))
        ->capture_default_str();
    app.add_option("--service", numbers.service, "the energy service that it selects")
        ->check(CLI::IsMember(names_of(services)))
        ->capture_default_str();
    app.add_option("--mobility", numbers.mobility, "who provides departure and target: MobilityNeedsMode")
        ->check(CLI::IsMember({"car", "charger"}))
        ->capture_default_str();
    app.add_option("--pricing", numbers.pricing, "how the charger is to say its prices")
        ->check(CLI::IsMember(names_of(pricings)))
        ->capture_default_str();
    app.add_option("--give", numbers.gives, "A that it gives back, with DC_BPT or MCS_BPT and --control scheduled")
        ->check(CLI::Range(0.0, 3000.0))
        ->capture_default_str();
    app.add_option("--max-discharge", numbers.maximum_discharge, "A that it can give back")
        ->check(CLI::Range(0.0, 3000.0))
        ->capture_default_str();
    app.add_option("--detour", numbers.detours, "once on its way: " + joined(detours))->check(CLI::IsMember(names_of(detours)));
    app.add_option("--timer", numbers.timers, "NAME=MILLISECONDS instead of the standard's value: " + joined(timers))
        ->type_name("NAME=MS");
    app.add_option("--max-voltage", numbers.maximum_voltage, "V")->check(CLI::Range(60.0, 1500.0))->capture_default_str();
    app.add_option("--max-current", numbers.maximum_current, "A")->check(CLI::Range(0.0, 3000.0))->capture_default_str();
    app.add_option("--max-power", numbers.maximum_power, "kW")->check(CLI::Range(0.0, 4000.0))->capture_default_str();
    app.add_option("--loop-pause", numbers.loop_pause, "ms between an answer in the charge loop and the next request")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option("--come-back", options.come_back, "start over so often, plugged in, after a session that broke")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_flag("--pilot-alone", options.is_pilot_alone,
                 "no ISO 15118: alternating current, as much as the pilot offers (IEC 61851-1)");
    app.add_option("--ac-current", numbers.ac_current, "A of each phase, what the on-board charger takes")
        ->check(CLI::Range(6.0, 80.0))
        ->capture_default_str();
    app.add_flag("--sleepy", options.is_sleepy, "start over only when the charger wakes the car by the pilot");
    app.add_option("--setup-pause", numbers.setup_pause, "ms between an answer before the charge loop and the next request")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option("--fault", numbers.faults, fault_help())->type_name("MISDEED@MESSAGE[:N]");
    app.add_flag("--json", options.is_json, "events as JSON objects, one a line");
    app.add_option("--trace", options.trace, "file for all frames, as JSON lines for `voltkeep v2g decode`");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (const auto taken = take(numbers, options); !taken) return complain(taken.error());
    const auto visit = [](auto drive) { return drive ? (drive->run() ? 0 : 1) : complain(drive.error()); };
    return options.is_pilot_alone ? visit(ev::PilotDrive::prepare(options)) : visit(ev::Drive::prepare(options));
}
