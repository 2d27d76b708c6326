// SPDX-License-Identifier: Apache-2.0
// station.toml: what an operator sets. Every key has a default, so an absent file is a whole station on one machine.
// Reading refuses unknown keys and wrong values with file, line and what was expected. The services never see this text:
// settings.hpp turns it into the bounded structs that they read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "charging/safety/safety.hpp"
#include "charging/session/session.hpp"

namespace voltkeep::cli {

/// A meter on Modbus/TCP: "192.168.7.11:502/1".
struct ModbusMeter {
    std::string host;
    std::uint16_t port = 0;
    std::uint8_t unit = 1;                        ///< its address behind a gateway, 1 to 247, or 255

    /// It stands on this machine: the simulated one.
    [[nodiscard]] bool is_here() const { return host == "localhost" || host == "127.0.0.1"; }
};

/// What one EVSE has of its own: "[evse.2]".
struct EvseFile {
    std::string connector =
        "cCCS2";  ///< as OCPP calls it: cCCS2 (DC), sType2 (AC, a socket), cType2 (AC, a cable of the station's)
    int max_current = 0;                          ///< milliamperes; AC: of each phase
    int supply_phases = 3;                        ///< AC: 1 or 3
    bool bidirectional = false;                   ///< DC: energy may also come back from the car, with as much current

    [[nodiscard]] bool is_ac() const { return connector != "cCCS2"; }
};

/// The mains, phase to neutral, millivolts.
inline constexpr int kNominalVoltage = 230'000;

struct StationFile {
    struct {
        std::string identity = "VK-DEV-0001";     ///< towards the CSMS; 1 to 48 characters, no ':'
        std::string vendor = "Voltkeep";
        std::string model = "DC50";
        std::string serial = "VK50-000001";
    } station;
    struct {
        int count = 1;                            ///< 1 to 8
        int max_voltage = 920'000;                ///< millivolts
        int min_voltage = 150'000;                ///< millivolts
        int max_current = 125'000;                ///< milliamperes
        int max_power = 50'000;                   ///< watts
        int closings = CLOSINGS_AT_ONCE;          ///< of the contactor, at once
        int closing_regained_ms = CLOSING_REGAINED_MS;   ///< milliseconds until one of them is regained
        std::string id_prefix = "DE*VLT*E";       ///< of the EVSEID
        std::map<int, EvseFile> own;              ///< by EVSE: those that are not as the others
    } evse;
    struct {
        int setup_ms = 18'000;                    ///< V2G_SECC_CommunicationSetup_Timeout
        int sequence_ms = 60'000;                 ///< V2G_SECC_Sequence_Timeout
        int loop_ms = 500;                        ///< the same after a charge loop response
        int close_ms = 5'000;                     ///< for the car to close the connection after SessionStopRes
        int ongoing_ms = 55'000;                  ///< V2G_SECC_Ongoing_Performance_Time
        int cable_check_ms = 38'000;              ///< of answers that say Ongoing; the car gives up after 40 s
        int terminate_ms = 10'000;                ///< how long the loop goes on after the car was told to terminate
    } iso15118;
    struct {
        int fuse = 400'000;                       ///< watts, shared by all EVSEs
    } site;
    struct {
        std::string host = "localhost";           ///< the name that the CSMS's certificate carries
        int port = 8443;
        std::string path = "/ocpp";
        std::string required_group = "SecP384r1MLKEM1024";   ///< empty: any of the list
    } csms;
    struct {
        std::string currency = "EUR";
        std::string price_per_kwh = "0.49";       ///< exact decimal, at most 6 places
    } tariff;
    struct {
        std::string anybody = "VK-DEMO-DRIVER";   ///< the token of whoever plugs in; empty: wait for somebody to identify
    } authorization;
    struct {
        int meter_interval_ms = charging::kMeterInterval / 1ms;   ///< between meter values of a transaction
        std::string kind = "station-signed";      ///< who signs the readings: the station, or the meter itself ("meter-signed")
        std::string bus = "simulated";            ///< how the meters are reached: the plant's own bus, or "modbus"
        std::vector<ModbusMeter> modbus;          ///< with "modbus": by EVSE - 1; missing: a simulated one on this machine
        std::string clock =
            "informative";  ///< "synchronised": the installer says that this machine's clock is, as the law wants it
    } metering;
    struct {
        std::string tpm = "none";                 ///< "emulated": swtpm, in a process of its own, beside who keeps the keys
        std::string module = "/usr/lib/softhsm/libsofthsm2.so";  ///< PKCS #11, of the secure element beside that TPM
    } trust;
};

/// `is_named`: somebody asked for this very file; else the defaults stand where there is none. `evses`: so many, whatever the
/// file says (0: as it says). Errors: bad_argument, "station.toml:14: evse.max_current = ...: expected ..."; not_found (it was
/// named).
[[nodiscard]] Result<StationFile> read_station_file(const std::string& path, bool is_named = false, int evses = 0);

/// What this EVSE has: of its own, or what all have.
[[nodiscard]] EvseFile evse_of(const StationFile& file, int evse);

/// The most that this EVSE delivers, watts.
[[nodiscard]] int max_power_of(const StationFile& file, int evse);

/// Where the meter of this EVSE is: as the file says, or a simulated one on this machine.
[[nodiscard]] ModbusMeter modbus_meter_of(const StationFile& file, int evse);

/// "0.49" as millionths. Errors: bad_argument.
[[nodiscard]] Result<std::int64_t> micro_of(const std::string& decimal);

}  // namespace voltkeep::cli
