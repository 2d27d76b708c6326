// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.hpp"

#include <filesystem>

#include "kernel/config.hpp"
#include "policy/compile.hpp"
#include "services/audit/protocol.hpp"
#include "services/crypto/protocol.hpp"
#include "services/iso15118/protocol.hpp"
#include "services/link/protocol.hpp"
#include "services/meter/protocol.hpp"
#include "services/meterdrv/protocol.hpp"
#include "services/net/protocol.hpp"
#include "services/ocpp/protocol.hpp"
#include "services/operator/protocol.hpp"
#include "services/plc/protocol.hpp"
#include "services/power/protocol.hpp"
#include "services/registry/registry.hpp"
#include "services/rot/protocol.hpp"
#include "services/session/protocol.hpp"
#include "services/token/protocol.hpp"

namespace voltkeep::cli {

namespace {

/// Checked against its bound when station.toml was read.
template <std::size_t N>
void set(Text<N>& target, std::string_view value) {
    target = *Text<N>::from(value);
}

template <class C>
Result<> write(const Surroundings& s, const std::string& service, const C& config) {
    return kernel::write_file(s.state + "/config/" + service, kernel::encode_config(config), 0644);
}

session::Nameplate nameplate_of(const StationFile& f, int evse) {
    const EvseFile own = evse_of(f, evse);
    session::Nameplate n;
    n.is_digital = !own.is_ac();
    n.phases = static_cast<std::uint8_t>(own.supply_phases);
    n.power = {max_power_of(f, evse)};
    n.current = {own.max_current};
    n.voltage = {own.is_ac() ? kNominalVoltage : f.evse.max_voltage};
    n.minimum_voltage = {own.is_ac() ? kNominalVoltage / 10 * 8 : f.evse.min_voltage};   // where the mains protection stops
    if (own.bidirectional) n.discharge = n.current;
    return n;
}

session::Config session_config(const StationFile& f) {
    session::Config c;
    set(c.evse_prefix, f.evse.id_prefix);
    set(c.currency, f.tariff.currency);
    c.price_micro_per_kwh = micro_of(f.tariff.price_per_kwh).value_or(0);
    c.fuse_share = {f.site.fuse / f.evse.count};
    for (int evse = 1; evse <= f.evse.count; ++evse) CHECK(c.evses.push(nameplate_of(f, evse)));
    c.meter_interval_ms = static_cast<std::uint32_t>(f.metering.meter_interval_ms);
    set(c.anybody, f.authorization.anybody);
    set(c.anybody_type, "Central");
    return c;
}

power::Config power_config(const StationFile& f, int evse) {
    const EvseFile own = evse_of(f, evse);
    const session::Nameplate nameplate = nameplate_of(f, evse);
    power::Config c;
    if (own.is_ac()) c.safety.outlet = own.connector == "sType2" ? safety::Outlet::ac_socket : safety::Outlet::ac_cable;
    c.safety.voltage_max = nameplate.voltage;
    c.safety.voltage_min = nameplate.minimum_voltage;
    c.safety.current_max = c.safety.cable_max = nameplate.current;
    c.safety.power_max = nameplate.power;
    c.safety.discharge_max = nameplate.discharge;
    c.safety.phases = nameplate.phases;
    c.safety.closings_most = static_cast<std::uint8_t>(f.evse.closings);
    c.safety.closing_regained_ms = static_cast<std::uint32_t>(f.evse.closing_regained_ms);
    return c;
}

meter::Config meter_config(const StationFile& f, int number) {
    const std::string evse = std::to_string(number);
    meter::Config c;
    set(c.gateway, f.station.vendor + " " + f.station.model);
    set(c.gateway_serial, f.station.serial + "-" + evse);   // a key of its own, and a page number of its own
    set(c.gateway_version, "0.1.0");
    set(c.evse, f.evse.id_prefix + evse);
    set(c.current_type, evse_of(f, number).is_ac() ? "AC" : "DC");
    if (f.metering.kind == "meter-signed") set(c.capsule_key, "pki/meter@" + evse + "/capsule.pem");
    c.nameplate = {max_power_of(f, number)};
    c.is_key_in_tpm = number <= meters_in_tpm(f);
    c.is_driven = f.metering.bus == "modbus";
    c.is_clock_synchronised = f.metering.clock == "synchronised";
    return c;
}

link::Config link_csms_config(const StationFile& f) {
    link::Config c;
    c.role = link::Role::websocket_client;
    set(c.certificates, "pki/station/chain.pem");
    if (f.trust.tpm == "none") set(c.key, "pki/station/key.pem");
    set(c.trust, "pki/station/trust.pem");
    set(c.suites, "TLS_AES_256_GCM_SHA384");
    set(c.signature_algorithms, "ecdsa_secp384r1_sha384:mldsa87");
    set(c.groups, "SecP384r1MLKEM1024:X25519MLKEM768/P-384");
    set(c.required_group, f.csms.required_group);
    set(c.host, f.csms.host);
    set(c.path, f.csms.path + "/" + f.station.identity);
    set(c.subprotocols, "ocpp2.1");
    return c;
}

link::Config link_ev_config(const StationFile& f) {
    link::Config c;
    c.role = link::Role::v2g_server;
    set(c.certificates, "pki/secc/chain.pem");
    if (f.trust.tpm == "none") set(c.key, "pki/secc/key.pem");
    set(c.trust, "pki/secc/trust.pem");
    set(c.suites, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    set(c.groups, "SecP384r1MLKEM1024/secp521r1:x448");
    set(c.signature_algorithms, "ecdsa_secp521r1_sha512:ed448");
    return c;
}

iso15118::Config iso15118_config(const StationFile& f, int evse) {
    iso15118::Config c;
    set(c.evse, f.evse.id_prefix + std::to_string(evse));
    c.is_bidirectional = evse_of(f, evse).bidirectional;
    set(c.currency, f.tariff.currency);
    c.price_micro_per_kwh = micro_of(f.tariff.price_per_kwh).value_or(0);
    c.setup_timeout_ms = static_cast<std::uint32_t>(f.iso15118.setup_ms);
    c.sequence_timeout_ms = static_cast<std::uint32_t>(f.iso15118.sequence_ms);
    c.loop_timeout_ms = static_cast<std::uint32_t>(f.iso15118.loop_ms);
    c.close_timeout_ms = static_cast<std::uint32_t>(f.iso15118.close_ms);
    c.ongoing_ms = static_cast<std::uint32_t>(f.iso15118.ongoing_ms);
    c.cable_check_ms = static_cast<std::uint32_t>(f.iso15118.cable_check_ms);
    c.terminate_ms = static_cast<std::uint32_t>(f.iso15118.terminate_ms);
    return c;
}

ocpp::Config ocpp_config(const StationFile& f) {
    ocpp::Config c;
    set(c.identity, f.station.identity);
    set(c.serial, f.station.serial);
    set(c.model, f.station.model);
    set(c.vendor, f.station.vendor);
    set(c.firmware, "0.1.0");
    set(c.currency, f.tariff.currency);
    c.evse_count = static_cast<std::uint8_t>(f.evse.count);
    for (int evse = 1; evse <= f.evse.count; ++evse) {
        const EvseFile own = evse_of(f, evse);
        ocpp::Outlet& outlet = c.evses[static_cast<std::size_t>(evse) - 1];
        set(outlet.connector_type, own.connector);
        outlet.supply_phases = static_cast<std::uint8_t>(own.is_ac() ? own.supply_phases : 0);
        outlet.power_w = static_cast<std::uint32_t>(max_power_of(f, evse));
    }
    c.meter_interval_ms = static_cast<std::uint32_t>(f.metering.meter_interval_ms);
    return c;
}

Result<> write_of_evse(const StationFile& f, const Surroundings& s, int evse) {
    const std::string number = std::to_string(evse);
    TRY(write(s, "power@" + number, power_config(f, evse)));
    TRY(write(s, "link@ev" + number, link_ev_config(f)));
    TRY(write(s, "meter@" + number, meter_config(f, evse)));
    if (f.metering.bus == "modbus") TRY(write(s, "meterdrv@" + number, meterdrv::Config{modbus_meter_of(f, evse).unit}));
    TRY(write(s, "iso15118@" + number, iso15118_config(f, evse)));
    const CableEnd end = cable_end(s, evse, false);
    plc::Config plc;
    set(plc.interface, end.interface);
    plc.discovery_port = static_cast<std::uint16_t>(end.discovery_port);
    return write(s, "plc@" + number, plc);
}

net::Config net_config(const StationFile& f) {
    net::Config c;
    const auto add = [&c](const std::string& client, const std::string& host, int port) {
        net::Destination to;
        set(to.client, client);
        set(to.host, host);
        to.port = static_cast<std::uint16_t>(port);
        CHECK(c.destinations.push(to));
    };
    add("link@csms", f.csms.host, f.csms.port);
    if (f.metering.bus == "modbus")
        for (int evse = 1; evse <= f.evse.count; ++evse) {
            const ModbusMeter meter = modbus_meter_of(f, evse);
            add("meterdrv@" + std::to_string(evse), meter.host, meter.port);
        }
    return c;
}

/// What this station does not use is not there: the meters have a bus of their own, or a driver; who has no TPM has no keeper of
/// keys either. All of it was checked together.
void leave_out(policy::Policy& all, const StationFile& f) {
    if (f.trust.tpm == "none")
        for (const std::string_view keeper : {"swtpm", "token", "rot", "crypto"})
            std::erase_if(all.manifests, [&](const policy::Manifest& m) { return m.name == keeper; });
    if (f.metering.bus == "modbus") std::ranges::find(all.manifests, "meter", &policy::Manifest::name)->devices.clear();
    else std::erase_if(all.manifests, [](const policy::Manifest& m) { return m.name == "meterdrv"; });
}

/// Two stations on one machine never share a user: a limit that counts by user would count both, and one could signal the other.
std::uint32_t first_uid_of(const std::string& state) {
    constexpr std::uint32_t lowest = 200'000, ranges = 4'096, range = 128;
    kernel::Fingerprint fingerprint;
    fingerprint.mix(state);
    return lowest + static_cast<std::uint32_t>(fingerprint.value() % ranges) * range;
}

std::string all(const Refusals& refusals) {
    std::string text;
    for (const auto& refusal : refusals) text += (text.empty() ? "" : "\n") + refusal.text();
    return text;
}

}  // namespace

std::uint8_t meters_in_tpm(const StationFile& f) {
    return static_cast<std::uint8_t>(f.trust.tpm != "none" && f.metering.kind == "station-signed" ? f.evse.count : 0);
}

CableEnd cable_end(const Surroundings& s, int evse, bool car_side) {
    if (s.cables.empty()) return {"lo", 15118 + evse - 1};   // one machine, one loopback: told apart by the port
    return {(car_side ? "car" : "cable") + std::to_string(evse), 15118};
}

Result<Written> write_settings(const Layout& layout, const StationFile& f, const Surroundings& s) {
    const auto sources = policy::find_manifests(layout.manifests);
    if (!sources) return fail(Errc::bad_argument, all(sources.error()));
    auto checked = policy::check(*sources, registry::interfaces());
    if (!checked) return fail(Errc::bad_argument, all(checked.error()));
    leave_out(*checked, f);
    policy::Station station;
    set(station.identity, f.station.identity);
    station.evses = static_cast<std::uint8_t>(f.evse.count);
    station.state = s.state;
    station.programs = layout.services;
    station.cables = s.cables;
    station.first_uid = first_uid_of(s.state);
    station.lab = s.lab;
    const auto image = policy::build(*checked, station);
    if (!image) return fail(Errc::bad_argument, all(image.error()));

    std::error_code error;
    std::filesystem::create_directories(s.state + "/config", error);
    Written written{{}, s.state + "/run/policy.image"};
    TRY(kernel::write_file(written.image, policy::encode_image(**image)));
    operator_door::Config door;
    set(door.station, f.station.identity);
    door.evse_count = static_cast<std::uint8_t>(f.evse.count);
    door.rootless = s.rootless;
    door.has_tpm = f.trust.tpm != "none";
    for (const policy::Service& service : (*image)->services) {
        written.services.emplace_back(service.name.view());
        CHECK(door.services.push(service.name));
    }
    TRY(write(s, "operator", door));
    TRY(write(s, "audit", audit::Config{.has_tpm = f.trust.tpm != "none"}));
    TRY(write(s, "session", session_config(f)));
    if (f.trust.tpm != "none") {
        const auto meters = meters_in_tpm(f);
        TRY(write(s, "rot", rot::Config{.meters = meters}));
        token::Config token;
        set(token.module, f.trust.module);
        TRY(write(s, "token", token));
        TRY(write(s, "crypto", crypto::Config{.meters = meters, .has_token = true}));
    }
    TRY(write(s, "ocpp", ocpp_config(f)));
    TRY(write(s, "link@csms", link_csms_config(f)));
    TRY(write(s, "net", net_config(f)));
    for (int evse = 1; evse <= f.evse.count; ++evse) TRY(write_of_evse(f, s, evse));
    return written;
}

}  // namespace voltkeep::cli
