// SPDX-License-Identifier: Apache-2.0
#include "wire/ocmf/ocmf.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/json.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::ocmf {

namespace {

using exi::Json;
using Object = JsonObject<payload_bound>;

std::unexpected<Error> bad(std::string_view what) { return fail(Errc::malformed, "OCMF: " + std::string(what)); }

constexpr std::size_t most_flags = 16;   // the format has four kinds of them, one of each

void put_if(Object& object, std::string_view key, const std::string& value) {
    if (!value.empty()) object.put(key, value);
}

bool is_number(std::string_view text) {
    const auto json = Json::parse(text);
    return json && json->type() == Json::Type::number && json->scalar() == text;
}

std::string_view one(const char& c) { return {&c, 1}; }

/// What is the same as in the reading before is left out: RI, RU, RT, EF and ST hold until they change.
std::string write_reading(const Reading& r, const Reading* before) {
    Object object;
    const char reason = static_cast<char>(r.reason);
    object.put("TM", time_text(r.wall_ms, r.time)).put("TX", one(reason)).put_raw("RV", r.value);
    if (before == nullptr || before->identification != r.identification || before->unit != r.unit)
        object.put("RI", r.identification).put("RU", r.unit);
    if (before == nullptr || before->current_type != r.current_type) put_if(object, "RT", r.current_type);
    if (before == nullptr ? !r.error_flags.empty() : before->error_flags != r.error_flags) object.put("EF", r.error_flags);
    if (before == nullptr || before->status != r.status) object.put("ST", one(r.status));
    return std::string(object.text());
}

Result<std::int64_t> digits(std::string_view text, std::size_t at, std::size_t count) {
    std::int64_t value = 0;
    if (at + count > text.size()) return bad("the time ends early");
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return bad("the time has no digit where one belongs");
        value = value * 10 + (c - '0');
    }
    return value;
}

/// 2026-11-23T10:00:00,000+0100 S
Result<> read_time(std::string_view text, Reading& r) {
    constexpr std::string_view shape = "0000-00-00T00:00:00,000+0000 S";
    if (text.size() != shape.size()) return bad("the time has another length");
    for (const std::size_t i : {4u, 7u, 10u, 13u, 16u, 19u, 28u})
        if (text[i] != shape[i]) return bad("the time has another form");
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(TRY(digits(text, 0, 4)))),
                                           std::chrono::month(static_cast<unsigned>(TRY(digits(text, 5, 2)))),
                                           std::chrono::day(static_cast<unsigned>(TRY(digits(text, 8, 2))))};
    const std::int64_t hour = TRY(digits(text, 11, 2)), minute = TRY(digits(text, 14, 2)), second = TRY(digits(text, 17, 2));
    const std::int64_t ms = TRY(digits(text, 20, 3));
    const std::int64_t minutes = TRY(digits(text, 24, 2)) * 60 + TRY(digits(text, 26, 2));
    if (text[23] != '+' && text[23] != '-') return bad("the time has no zone");
    if (!date.ok() || hour > 23 || minute > 59 || second > 60 || minutes > 14 * 60) return bad("the time is none");
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    r.wall_ms = (days * 86'400 + hour * 3'600 + (minute - (text[23] == '-' ? -minutes : minutes)) * 60 + second) * 1000 + ms;
    constexpr std::int64_t year_10000_ms = 253'402'300'800'000;
    if (r.wall_ms < 0 || r.wall_ms >= year_10000_ms) return bad("the time is before 1970 or behind 9999");
    const char status = text.back();
    if (std::string_view("UISR").find(status) == std::string_view::npos) return bad("the time's status is none of U, I, S, R");
    r.time = static_cast<TimeStatus>(status);
    return {};
}

/// `r` comes with what the reading before had.
Result<Reading> read_reading(const Json& json, Reading r) {
    if (!json.is_object()) return bad("a reading is an object");
    TRY(read_time(json.string("TM"), r));
    if (const std::string_view reason = json.string("TX"); !reason.empty()) {
        if (reason.size() != 1 || std::string_view("BCXELRAPST").find(reason[0]) == std::string_view::npos)
            return bad("TX is no reason of a reading");
        r.reason = static_cast<Reason>(reason[0]);
    }
    const Json* value = json.find("RV");
    if (value == nullptr || value->type() != Json::Type::number) return bad("RV is a number");
    r.value = value->scalar();
    const auto take = [&](std::string_view key, std::string& to) {
        if (const Json* found = json.find(key)) to = found->scalar();
    };
    take("RI", r.identification);
    take("RU", r.unit);
    take("RT", r.current_type);
    take("EF", r.error_flags);
    if (const std::string_view status = json.string("ST"); !status.empty()) {
        if (status.size() != 1 || status[0] < 'A' || status[0] > 'Z') return bad("ST is no status of a meter");
        r.status = status[0];
    }
    if (r.unit.empty()) return bad("RU is missing");
    return r;
}

}  // namespace

std::string time_text(std::int64_t wall_ms, TimeStatus status) {
    constexpr std::int64_t day_ms = 86'400'000;
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(wall_ms / day_ms))};
    const auto of_day = static_cast<int>(wall_ms % day_ms);
    char text[80];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d,%03d+0000 %c", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3'600'000,
                  of_day / 60'000 % 60, of_day / 1'000 % 60, of_day % 1'000, static_cast<char>(status));
    return text;
}

Result<std::string> write(const Payload& p) {
    Object object;
    object.put("FV", p.version);
    put_if(object, "GI", p.gateway);
    put_if(object, "GS", p.gateway_serial);
    put_if(object, "GV", p.gateway_version);
    object.put("PG", "T" + std::to_string(p.pagination));
    put_if(object, "MV", p.meter_vendor);
    put_if(object, "MM", p.meter_model);
    object.put("MS", p.meter_serial);
    put_if(object, "MF", p.meter_firmware);
    object.put("IS", p.is_assigned);
    put_if(object, "IL", p.level);
    std::vector<std::string_view> flags(p.flags.begin(), p.flags.end());
    if (flags.size() > most_flags) return fail(Errc::full, "OCMF: more flags than the format has");
    object.put_names("IF", flags, (1u << flags.size()) - 1).put("IT", p.identification_type);
    put_if(object, "ID", p.identification);
    put_if(object, "TT", p.tariff_text);
    put_if(object, "CT", p.charge_point_type);
    put_if(object, "CI", p.charge_point);
    std::string readings;
    for (const Reading& r : p.readings) {
        if (!is_number(r.value)) return fail(Errc::bad_argument, "OCMF: a reading's value is no number");
        readings += (readings.empty() ? "" : ",") + write_reading(r, &r == p.readings.data() ? nullptr : &r - 1);
    }
    const std::string text(object.put_raw("RD", "[" + readings + "]").text());
    if (text.find("\"overflow\":true") != std::string::npos)
        return fail(Errc::full, "OCMF: the payload is longer than its bound");
    std::string without_bars;   // a bar is what parts the sections: inside a text it is written as JSON may write any character
    for (const char c : text)
        if (c == '|') without_bars += "\\u007c";
        else without_bars += c;
    return without_bars;
}

Result<Payload> read(std::string_view text) {
    if (text.size() > payload_bound) return bad("the payload is longer than 4096 bytes");
    const Json json = TRY(Json::parse(text));
    if (!json.is_object()) return bad("the payload is an object");
    Payload p;
    const auto take = [&](std::string_view key) { return std::string(json.string(key)); };
    p.version = take("FV");
    p.gateway = take("GI");
    p.gateway_serial = take("GS");
    p.gateway_version = take("GV");
    const std::string_view page = json.string("PG");
    const auto [end, error] =
        std::from_chars(page.data() + std::min<std::size_t>(1, page.size()), page.data() + page.size(), p.pagination);
    if (page.size() < 2 || (page[0] != 'T' && page[0] != 'F') || error != std::errc() || end != page.data() + page.size())
        return bad("PG is T or F and a number");
    p.meter_vendor = take("MV");
    p.meter_model = take("MM");
    p.meter_serial = take("MS");
    p.meter_firmware = take("MF");
    if (const Json* is = json.find("IS")) p.is_assigned = is->type() == Json::Type::boolean && is->scalar() == "true";
    p.level = take("IL");
    if (const Json* flags = json.find("IF"))
        for (const Json& flag : flags->items()) p.flags.emplace_back(flag.scalar());
    p.identification_type = take("IT");
    p.identification = take("ID");
    p.tariff_text = take("TT");
    p.charge_point_type = take("CT");
    p.charge_point = take("CI");
    const Json* readings = json.find("RD");
    if (readings == nullptr || !readings->is_array() || readings->items().empty()) return bad("RD is missing");
    for (const Json& reading : readings->items())
        p.readings.push_back(TRY(read_reading(reading, p.readings.empty() ? Reading{} : p.readings.back())));
    return p;
}

std::string join(std::string_view payload, const Signature& signature) {
    return "OCMF|" + std::string(payload) + "|" +
           std::string(JsonObject<1024>().put("SA", signature.algorithm).put("SD", to_hex(signature.bytes)).text());
}

Result<Record> split(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
    if (text.size() > record_bound) return bad("the record is longer than 8192 bytes");
    if (!text.starts_with("OCMF|")) return bad("the record does not begin with OCMF|");
    text.remove_prefix(5);
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos || text.find('|', bar + 1) != std::string_view::npos)
        return bad("the record has not three sections");
    const Json json = TRY(Json::parse(text.substr(bar + 1)));
    Record record{text.substr(0, bar), {}};
    if (json.find("SA") != nullptr) record.signature.algorithm = json.string("SA");
    const std::string_view type = json.string("SM"), encoding = json.string("SE");
    if (!type.empty() && type != "application/x-der") return fail(Errc::unsupported, "OCMF: a signature that is no DER");
    if (encoding.empty() || encoding == "hex") record.signature.bytes = TRY(from_hex(json.string("SD")));
    else if (encoding == "base64") record.signature.bytes = TRY(from_base64(json.string("SD")));
    else return fail(Errc::unsupported, "OCMF: a signature in another encoding than hex and base64");
    if (record.signature.bytes.empty()) return bad("SD is missing");
    return record;
}

std::string kwh(std::int64_t mwh) {
    constexpr std::int64_t unit = 1'000'000;
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(mwh / unit), static_cast<long long>(mwh % unit));
    return text;
}

Result<std::int64_t> mwh(std::string_view value, std::string_view unit) {
    if (unit != "kWh" && unit != "Wh") return fail(Errc::unsupported, "OCMF: the unit is no energy");
    const std::size_t places = unit == "kWh" ? 6 : 3;
    const std::size_t point = std::min(value.find('.'), value.size());
    std::string_view fraction = value.substr(std::min(point + 1, value.size()));
    while (fraction.size() > places && fraction.back() == '0') fraction.remove_suffix(1);
    if (fraction.size() > places || value.empty()) return bad("the reading is finer than 1/1000 Wh");
    std::string all(value.substr(0, point));
    all += fraction;
    all.append(places - fraction.size(), '0');
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), number);
    if (error != std::errc() || end != all.data() + all.size() || number < 0) return bad("the reading is no number of energy");
    return number;
}

std::optional<Direction> direction_of(std::string_view obis) {
    obis.remove_prefix(std::min(obis.find(':') + 1, obis.size()));   // without the medium and the channel
    const auto group = [&obis] {
        std::string_view value = obis.substr(0, obis.find('.'));
        obis.remove_prefix(std::min(value.size() + 1, obis.size()));
        while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
        return value;
    };
    const std::string_view quantity = group(), kind = group();
    if (kind != "8") return std::nullopt;   // 8: a total since the meter was made
    const bool is_of_format = quantity.size() == 2 && quantity[1] >= '0' && quantity[1] <= '3';
    if (quantity == "1" || (is_of_format && quantity[0] == 'B')) return Direction::to_the_car;
    if (quantity == "2" || (is_of_format && quantity[0] == 'C')) return Direction::from_the_car;
    return std::nullopt;
}

namespace {

std::vector<const Reading*> readings_of(const Payload& p, Direction direction) {
    std::vector<const Reading*> found;
    for (const Reading& r : p.readings)
        if (direction_of(r.identification).value_or(Direction::to_the_car) == direction) found.push_back(&r);
    return found;
}

Result<std::int64_t> energy_of(const Payload& p, Direction direction) {
    const auto refuse = [](std::string_view what) { return fail(Errc::bad_state, "OCMF: " + std::string(what)); };
    const auto readings = readings_of(p, direction);
    if (readings.size() < 2 || readings.front()->reason != Reason::begin) return refuse("there is no first reading (TX B)");
    const Reading &first = *readings.front(), &last = *readings.back();
    if (std::string_view("ELRAP").find(static_cast<char>(last.reason)) == std::string_view::npos)
        return refuse("there is no last reading (TX E, L, R, A, P)");
    for (const Reading* r : readings)
        if (r->identification != last.identification || r->unit != last.unit)
            return refuse("the readings are of different registers");
    for (const Reading& r : p.readings)
        if (r.status != 'G' || r.error_flags.find('E') != std::string::npos || r.reason == Reason::exception)
            return refuse("the meter reports an error");
    const std::int64_t energy = TRY(mwh(last.value, last.unit)) - TRY(mwh(first.value, last.unit));
    if (energy < 0) return refuse("the register fell");
    return energy;
}

}  // namespace

const Reading* last_of(const Payload& p, Direction direction) {
    const auto readings = readings_of(p, direction);
    return readings.empty() ? nullptr : readings.back();
}

Result<std::int64_t> billed_mwh(const Payload& p) { return energy_of(p, Direction::to_the_car); }

Result<std::int64_t> returned_mwh(const Payload& p) {
    if (last_of(p, Direction::from_the_car) == nullptr)
        return fail(Errc::not_found, "OCMF: there is no register of energy from the car");
    return energy_of(p, Direction::from_the_car);
}

std::string to_hex(Bytes bytes) {
    std::string text;
    for (const std::byte octet : bytes) {
        text += "0123456789ABCDEF"[std::to_integer<unsigned>(octet) >> 4];
        text += "0123456789ABCDEF"[std::to_integer<unsigned>(octet) & 15];
    }
    return text;
}

Result<std::vector<std::byte>> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
        const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(c);
        if (digit == std::string_view::npos) return bad("no hexadecimal digit");
        if (high < 0) high = static_cast<int>(digit % 16);
        else {
            bytes.push_back(static_cast<std::byte>(high * 16 + static_cast<int>(digit % 16)));
            high = -1;
        }
    }
    if (high >= 0) return bad("half an octet");
    return bytes;
}

namespace {
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

std::string to_base64(Bytes bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        unsigned group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? std::to_integer<unsigned>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) text += k <= count ? base64_digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

Result<std::vector<std::byte>> from_base64(std::string_view text) {
    std::vector<std::byte> bytes;
    unsigned group = 0, bits = 0;
    std::size_t padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const std::size_t digit = base64_digits.find(c);
        if (digit == std::string_view::npos || padding > 0) return bad("no base64");
        group = (group << 6 | static_cast<unsigned>(digit)) & 0xffffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::byte>(group >> bits & 0xff));
    }
    if (padding > 2 || (group & ((1u << bits) - 1)) != 0) return bad("no base64");
    return bytes;
}

}  // namespace voltkeep::ocmf
