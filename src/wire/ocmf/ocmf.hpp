// SPDX-License-Identifier: Apache-2.0
// Open Charge Metering Format 1.4: OCMF|<payload>|<signature>, both JSON. Pure: it knows no key and no clock; what is signed are
// the payload's bytes as they stand between the bars, so they are never written anew, and a reading keeps the digits that the
// meter gave it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

namespace voltkeep::ocmf {

inline constexpr std::string_view format_version = "1.4";
inline constexpr std::string_view algorithm_p256 = "ECDSA-secp256r1-SHA256";   ///< the default of the format
inline constexpr std::size_t payload_bound = 4096;                             ///< bytes that are written or read
inline constexpr std::size_t record_bound = 8192;

/// OBIS: what flowed through the mains' side of the meter since it was made, to the car and from it (1.8.0 and 2.8.0 of a meter
/// without a format of its own).
inline constexpr std::string_view obis_import = "01-00:B0.08.00*FF";
inline constexpr std::string_view obis_export = "01-00:C0.08.00*FF";

enum class Direction : std::uint8_t { to_the_car, from_the_car, last_ = from_the_car };
/// Of a register of energy, by its OBIS code: 1.8.0 and B0 to B3, or 2.8.0 and C0 to C3. Nothing: it is none of them.
[[nodiscard]] std::optional<Direction> direction_of(std::string_view obis);

/// How the time was known: table 19.
enum class TimeStatus : char { unknown = 'U', informative = 'I', synchronised = 'S', relative = 'R' };

/// Why the meter was read: table 7, TX.
enum class Reason : char {
    begin = 'B', charging = 'C', exception = 'X', end = 'E', ended_locally = 'L', ended_remotely = 'R', aborted = 'A',
    power_failed = 'P', suspended = 'S', tariff_changed = 'T',
};

struct Reading {
    std::int64_t wall_ms = 0;                    ///< UTC, since 1970
    TimeStatus time = TimeStatus::unknown;
    Reason reason = Reason::charging;
    std::string value;                           ///< RV: a JSON number, each digit as it was
    std::string identification;                  ///< RI: OBIS
    std::string unit;                            ///< RU: kWh or Wh
    std::string current_type;                    ///< RT: AC or DC; empty: not said
    std::string error_flags;                     ///< EF: E, t; empty: none
    char status = 'G';                           ///< ST: table 10; G: the meter is good
};

struct Payload {
    std::string version{format_version};         ///< FV
    std::string gateway, gateway_serial, gateway_version;   ///< GI, GS, GV: who has signed
    std::uint64_t pagination = 0;                ///< PG, of the transaction context: never used twice
    std::string meter_vendor, meter_model, meter_serial, meter_firmware;   ///< MV, MM, MS, MF
    bool is_assigned = false;                    ///< IS: somebody has identified
    std::string level;                           ///< IL; empty: not said
    std::vector<std::string> flags;              ///< IF
    std::string identification_type{"NONE"};     ///< IT: table 17
    std::string identification;                  ///< ID
    std::string tariff_text;                     ///< TT
    std::string charge_point_type, charge_point; ///< CT, CI
    std::vector<Reading> readings;               ///< RD
};

/// Errors: full (longer than the bound), bad_argument (a reading's value is no number).
[[nodiscard]] Result<std::string> write(const Payload& payload);
/// Strict in what it needs, and passes over what it does not know. Errors: malformed.
[[nodiscard]] Result<Payload> read(std::string_view payload);

struct Signature {
    std::string algorithm{algorithm_p256};       ///< SA
    std::vector<std::byte> bytes;                ///< SD: DER
};

/// A record taken apart. `payload` is the part of the text that was signed.
struct Record {
    std::string_view payload;
    Signature signature;
};

[[nodiscard]] std::string join(std::string_view payload, const Signature& signature);
/// Errors: malformed, unsupported (an encoding of the signature that is not ours to judge).
[[nodiscard]] Result<Record> split(std::string_view text);

/// 1/1000 Wh as kWh with all its digits: 1234567890 -> 1234.567890
[[nodiscard]] std::string kwh(std::int64_t mwh);
/// The other way, exactly; from Wh too. Errors: malformed, unsupported (a unit that is no energy).
[[nodiscard]] Result<std::int64_t> mwh(std::string_view value, std::string_view unit);

/// The last reading of the register of this direction, or null. A register that says no direction counts as one to the car.
[[nodiscard]] const Reading* last_of(const Payload& payload, Direction direction);

/// What a record with the first and the last reading of a transaction bills: the energy to the car. Errors: bad_state (no
/// beginning, no end, another register, less than nothing, an error of the meter between them).
[[nodiscard]] Result<std::int64_t> billed_mwh(const Payload& payload);
/// The energy that came from the car in that transaction. Errors: as billed_mwh; not_found (the record has no such register).
[[nodiscard]] Result<std::int64_t> returned_mwh(const Payload& payload);

/// "2026-11-23T10:00:00,000+0000 S"
[[nodiscard]] std::string time_text(std::int64_t wall_ms, TimeStatus status);

[[nodiscard]] std::string to_hex(Bytes bytes);
/// Spaces and line ends are passed over. Errors: malformed.
[[nodiscard]] Result<std::vector<std::byte>> from_hex(std::string_view text);
[[nodiscard]] std::string to_base64(Bytes bytes);
/// Errors: malformed.
[[nodiscard]] Result<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace voltkeep::ocmf
