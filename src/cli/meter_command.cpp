// SPDX-License-Identifier: Apache-2.0
#include "cli/meter_command.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "cli/commands.hpp"
#include "cli/door.hpp"
#include "cli/printable.hpp"
#include "pki/certificate.hpp"
#include "wire/exi/json.hpp"

namespace voltkeep::cli {

namespace {

using exi::Json;

constexpr std::size_t largest_file = 16u << 20;

Result<std::string> read_text(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) return fail(Errc::not_found, "no file " + path);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (text.size() > largest_file) return fail(Errc::full, path + " is larger than 16 MiB");
    return text;
}

/// OCPP's publicKey: base64 of "oca:base16:asn1:<hex>" (Signed Meter Values in OCPP, OCA), or of the key itself.
std::string key_of_ocpp(std::string_view text) {
    const auto bytes = ocmf::from_base64(text);
    if (!bytes) return std::string(text);
    const std::string_view plain = as_text(*bytes);
    if (plain.starts_with("oca:base16:asn1:")) return std::string(plain.substr(16));
    return plain.starts_with("-----BEGIN") ? std::string(plain) : ocmf::to_hex(*bytes);
}

/// Every SignedMeterValue anywhere in a JSON value.
Result<> collect(const Json& json, std::vector<ocmf::Signed>& values) {
    if (json.string("encodingMethod") == "OCMF") {
        const auto record = TRY(ocmf::from_base64(json.string("signedMeterData")));
        values.push_back({std::string(as_text(record)), key_of_ocpp(json.string("publicKey"))});
        return {};
    }
    for (const Json& item : json.items()) TRY(collect(item, values));
    for (const auto& [name, member] : json.members()) TRY(collect(member, values));
    return {};
}

Result<pki::Key> key_from(std::string_view text) {
    if (text.find("-----BEGIN") != std::string_view::npos) return pki::public_from_pem(text);
    if (const auto octets = ocmf::from_hex(text)) {
        if (auto key = pki::public_from_der(*octets)) return key;
    }
    const auto der = TRY(ocmf::from_base64(text));
    return pki::public_from_der(der);
}

Result<> check(const ocmf::Signed& value, std::string_view key_text, std::optional<ocmf::Payload>& payload) {
    const ocmf::Record record = TRY(ocmf::split(value.record));
    payload = TRY(ocmf::read(record.payload));
    if (record.signature.algorithm != ocmf::algorithm_p256)
        return fail(Errc::unsupported, "signed with " + record.signature.algorithm + ", which is not verified here");
    const std::string_view text = key_text.empty() ? std::string_view(value.public_key) : key_text;
    if (text.empty()) return fail(Errc::bad_argument, "there is no public key: name one with --key");
    const pki::Key key = TRY(key_from(text));
    if (EVP_PKEY_get_bits(key.get()) != 256) return fail(Errc::unsupported, "the key is not of secp256r1");
    return pki::verify_sha256(key.get(), as_bytes(record.payload), record.signature.bytes);
}

std::string summary(const Verified& v, std::size_t number) {
    JsonObject<8192> line;
    line.put("value", number).put("ok", v.is_good);
    if (!v.is_good) line.put("why", v.why);
    if (v.payload && v.is_good) {
        const ocmf::Payload& p = *v.payload;
        line.put("page", p.pagination)
            .put("meter", p.meter_serial)
            .put("signed_by", p.gateway_serial)
            .put("charge_point", p.charge_point);
        line.put("identification", p.identification).put("readings", p.readings.size());
        if (const auto* last = ocmf::last_of(p, ocmf::Direction::to_the_car))
            line.put("register", last->value).put("unit", last->unit);
        if (const auto* last = ocmf::last_of(p, ocmf::Direction::from_the_car))
            line.put("export_register", last->value).put("export_unit", last->unit);
        line.put("at", ocmf::time_text(p.readings.back().wall_ms, p.readings.back().time));
        if (const auto billed = ocmf::billed_mwh(p)) line.put("billed_mwh", *billed);
        if (const auto returned = ocmf::returned_mwh(p)) line.put("returned_mwh", *returned);
    }
    return std::string(line.text());
}

std::string words(const Verified& v, std::size_t number) {
    std::string text = "value " + std::to_string(number) + ": ";
    if (!v.is_good) return text + "NOT good: " + v.why;
    const ocmf::Payload& p = *v.payload;
    text += "good: meter " + p.meter_serial + ", page " + std::to_string(p.pagination);
    for (const ocmf::Reading& r : p.readings)
        text += "\n    " + ocmf::time_text(r.wall_ms, r.time) + "  " + static_cast<char>(r.reason) + "  " + r.value + " " +
                r.unit + (ocmf::direction_of(r.identification) == ocmf::Direction::from_the_car ? " from the car" : "");
    if (const auto billed = ocmf::billed_mwh(p)) text += "\n    billed: " + ocmf::kwh(*billed) + " kWh";
    if (const auto returned = ocmf::returned_mwh(p)) text += "\n    from the car: " + ocmf::kwh(*returned) + " kWh";
    return text;
}

}  // namespace

Result<std::vector<ocmf::Signed>> signed_values(std::string_view text) {
    std::vector<ocmf::Signed> values;
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return fail(Errc::malformed, "the file is empty");
    if (text[begin] == '<') return ocmf::read_container(text);
    const bool is_json = text[begin] == '{' || text[begin] == '[';
    if (const auto whole = is_json ? Json::parse(text) : fail(Errc::malformed)) {
        TRY(collect(*whole, values));
    } else {
        while (!text.empty()) {   // a line each
            const std::size_t end = std::min(text.find('\n'), text.size());
            std::string_view line = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
            if (line.empty()) continue;
            if (is_json) {
                const Json json = TRY(Json::parse(line));
                TRY(collect(json, values));
            } else values.push_back({std::string(line), {}});
        }
    }
    if (values.empty()) return fail(Errc::malformed, "there is no signed reading in it");
    return values;
}

Verified verify(const ocmf::Signed& value, std::string_view key) {
    Verified v;
    const auto done = check(value, key, v.payload);
    v.is_good = done.has_value();
    if (!done) v.why = done.error().what.view();
    return v;
}

Result<int> meter_verify_command(const std::string& path, const std::string& key_path, bool json) {
    const std::string key = key_path.empty() ? std::string() : TRY(read_text(key_path));
    const std::string text = TRY(read_text(path));
    const auto values = signed_values(text);
    if (!values) {
        std::printf(
            "%s\n",
            printable(json ? std::string(JsonObject<1024>().put("ok", false).put("why", values.error().what.view()).text())
                           : "NOT good: " + std::string(values.error().what.view()))
                .c_str());
        return 1;
    }
    bool is_good = true;
    for (std::size_t i = 0; i < values->size(); ++i) {
        const Verified v = verify((*values)[i], key);
        is_good = is_good && v.is_good;
        const std::string lines = json ? summary(v, i + 1) : words(v, i + 1);
        for (std::size_t at = 0; at <= lines.size();) {   // each line is a stranger's words
            const std::size_t end = std::min(lines.find('\n', at), lines.size());
            std::printf("%s\n", printable(std::string_view(lines).substr(at, end - at)).c_str());
            at = end + 1;
        }
    }
    if (!json && key.empty())
        std::printf(
            "With the key beside each reading: that it is the meter's own, compare with the one on the station or in the "
            "register (--key).\n");
    return is_good ? 0 : 1;
}

Result<int> meter_export_command(const std::string& path) {
    const std::string text = TRY(read_text(path));
    const std::string xml = ocmf::write_container(TRY(signed_values(text)));
    std::fwrite(xml.data(), 1, xml.size(), stdout);
    return 0;
}

Result<int> meter_readings_command(const std::string& state, const std::string& transaction) {
    DoorClient csms = TRY(DoorClient::connect(state + "/run/csms.sock"));
    std::string name = transaction;
    if (name.empty()) {
        const Json all = TRY(csms.ask("transactions"));
        const Json* list = all.find("transactions");
        if (list == nullptr || list->items().empty()) return fail(Errc::not_found, "the CSMS has no transaction yet");
        name = list->items().front().string("transaction");
    }
    const Json answer = TRY(csms.ask("transaction " + name));
    const Json* found = answer.find("transaction");
    const Json* events = found == nullptr ? nullptr : found->find("all");
    if (events == nullptr) return fail(Errc::malformed, "the CSMS does not say what it has");
    for (const Json& event : events->items())
        if (const Json* payload = event.find("payload")) std::printf("%s\n", printable(payload->text()).c_str());
    return 0;
}

}  // namespace voltkeep::cli
