// SPDX-License-Identifier: Apache-2.0
#include "wire/iso15118/json_lines.hpp"

#include <charconv>
#include <format>

#include "wire/exi/json_fields.hpp"
#include "wire/iso15118/codec.hpp"
#include "wire/iso15118/message_json.hpp"

namespace voltkeep::iso15118 {
namespace {

using exi::Json;
using Octets = std::vector<std::byte>;

enum class Grammar : std::uint8_t { app_protocol, common_messages, ac, dc, acdp, wpt, xmldsig };

struct GrammarNames {
    std::string_view file, name_space, word;
};
constexpr std::array<GrammarNames, 7> grammar_names = {{
    {"V2G_CI_AppProtocol.xsd", "urn:iso:15118:2:2010:AppProtocol", "AppProtocol"},
    {"V2G_CI_CommonMessages.xsd", "urn:iso:std:iso:15118:-20:CommonMessages", "CommonMessages"},
    {"V2G_CI_AC.xsd", "urn:iso:std:iso:15118:-20:AC", "AC"},
    {"V2G_CI_DC.xsd", "urn:iso:std:iso:15118:-20:DC", "DC"},
    {"V2G_CI_ACDP.xsd", "urn:iso:std:iso:15118:-20:ACDP", "ACDP"},
    {"V2G_CI_WPT.xsd", "urn:iso:std:iso:15118:-20:WPT", "WPT"},
    {"xmldsig-core-schema.xsd", "http://www.w3.org/2000/09/xmldsig#", "xmldsig"},
}};

std::optional<Grammar> grammar_named(std::string_view text) {
    auto found = std::ranges::find_if(grammar_names, [&](const GrammarNames& names) {
        return text == names.file || text == names.name_space || text == names.word;
    });
    if (found == grammar_names.end()) return std::nullopt;
    return static_cast<Grammar>(found - grammar_names.begin());
}

Result<PayloadType> payload_type_in(std::string_view text) {
    unsigned number = 0;
    bool is_hexadecimal = text.starts_with("0x");
    std::string_view digits = is_hexadecimal ? text.substr(2) : text;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, is_hexadecimal ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || number > 0xffff ||
        !is_known(static_cast<std::uint16_t>(number))) {
        return fail(Errc::bad_argument, std::format("v2gtp: no payload type {}", text));
    }
    return static_cast<PayloadType>(number);
}

/// The schema set of a message by its name alone.
std::optional<Schema> schema_of_name(std::string_view message) {
    std::optional<Schema> schema;
    [&]<class... T>(std::type_identity<std::variant<T...>>) {
        (void)((name_of<T> == message && (schema = schema_of<T>, true)) || ...);
    }(std::type_identity<AnyMessage>{});
    return schema;
}

/// What the line says of the grammar. The schema is stronger than the namespace: SignedInfo has one namespace and two grammars.
Result<Grammar> grammar_of(const Json& line, Bytes exi) {
    for (std::string_view key : {"schema", "namespace"}) {
        std::string_view text = line.string(key);
        if (text.empty()) continue;
        if (auto grammar = grammar_named(text)) return *grammar;
        return fail(Errc::bad_argument, std::format("{}: {} is not known", key, text));
    }
    if (const Json* type = line.find("v2gtp"); type != nullptr && type->is_scalar()) {
        PayloadType payload_type = TRY(payload_type_in(type->scalar()));
        return static_cast<Grammar>(TRY(schema_of_payload(payload_type, exi)));
    }
    if (auto schema = schema_of_name(line.string("message"))) return static_cast<Grammar>(*schema);
    return fail(Errc::bad_argument, "say which grammar: v2gtp, schema or message");
}

bool is_fragment(const Json& line) { return line.string("kind") == "fragment"; }

Result<> check_kind(const Json& line) {
    std::string_view kind = line.string("kind");
    if (line.find("kind") == nullptr || kind == "document" || kind == "fragment") return {};
    return fail(Errc::bad_argument, "kind: expected document or fragment");
}

Result<Octets> octets_of(const Json& line) {
    std::string_view hex = line.string("hex");
    if (hex.empty()) return fail(Errc::bad_argument, "hex: expected the bytes of the message");
    Octets octets(hex.size() / 2);
    if (!exi::from_hex(hex, octets)) return fail(Errc::bad_argument, "hex: expected pairs of hexadecimal digits");
    return octets;
}

/// The grammar of a fragment: CommonMessages unless the line says stand-alone XML-Signature.
Result<SignedInfoGrammar> fragment_grammar_of(const Json& line) {
    bool is_stated = !line.string("schema").empty() || !line.string("namespace").empty();
    if (!is_stated) return SignedInfoGrammar::common_messages;
    Grammar grammar = TRY(grammar_of(line, {}));
    if (grammar == Grammar::xmldsig) return SignedInfoGrammar::xmldsig;
    if (grammar == Grammar::common_messages) return SignedInfoGrammar::common_messages;
    return fail(Errc::unsupported, "signed elements are in CommonMessages and in xmldsig");
}

Result<Fragment> decode_named_fragment(std::string_view name, SignedInfoGrammar grammar, Bytes exi) {
    if (name == xmldsig_signed_info.name) return Fragment(TRY(decode_signed_info(grammar, exi)));
    if (grammar == SignedInfoGrammar::xmldsig) return fail(Errc::unsupported, "of xmldsig only SignedInfo is a fragment");
    if (name == "AbsolutePriceSchedule") return Fragment(TRY(decode_fragment<AbsolutePriceSchedule>(exi)));
    if (name == "OEMProvisioningCertificateChain") return Fragment(TRY(decode_fragment<SignedCertificateChain>(exi)));
    if (name == "PnC_AReqAuthorizationMode") return Fragment(TRY(decode_fragment<PnC_AReqAuthorizationMode>(exi)));
    if (name == "PriceLevelSchedule") return Fragment(TRY(decode_fragment<PriceLevelSchedule>(exi)));
    if (name == "SignedInstallationData") return Fragment(TRY(decode_fragment<SignedInstallationData>(exi)));
    if (name == "SignedMeteringData") return Fragment(TRY(decode_fragment<SignedMeteringData>(exi)));
    return fail(Errc::unsupported, std::format("message: there is no signed element {}", name));
}

Result<std::size_t> encode_any_fragment(const Fragment& fragment, SignedInfoGrammar grammar, std::span<std::byte> out) {
    return std::visit(
        [&]<class T>(const T& element) {
            if constexpr (std::is_same_v<T, xmldsig::SignedInfo>)
                return encode_fragment(element, grammar, out);
            else
                return encode_fragment(element, out);
        },
        fragment);
}

/// Decodes what the line holds and adds the result to it.
Result<> decode_to(Json& line) {
    TRY(check_kind(line));
    Octets exi = TRY(octets_of(line));
    if (is_fragment(line)) {
        SignedInfoGrammar grammar = TRY(fragment_grammar_of(line));
        line.add("fields", to_json(TRY(decode_named_fragment(line.string("message"), grammar, exi))));
        return {};
    }
    Grammar grammar = TRY(grammar_of(line, exi));
    if (grammar == Grammar::xmldsig)
        return fail(Errc::unsupported, "xmldsig has no documents here, only the fragment SignedInfo");
    Message message = TRY(decode(static_cast<Schema>(grammar), exi));
    std::string_view stated = line.string("message");
    if (!stated.empty() && stated != name(message))
        return fail(Errc::malformed, std::format("it is a {}, not a {}", name(message), stated));
    if (stated.empty()) line.add("message", Json(name(message)));
    line.add("fields", to_json(message));
    return {};
}

Result<> encode_to(Json& line) {
    TRY(check_kind(line));
    const Json* fields = line.find("fields");
    std::string_view message_name = line.string("message");
    if (fields == nullptr || message_name.empty()) return fail(Errc::bad_argument, "expected message and fields");
    Octets out(v2gtp_max_payload);
    std::size_t size = 0;
    if (is_fragment(line)) {
        SignedInfoGrammar grammar = TRY(fragment_grammar_of(line));
        Fragment fragment = TRY(fragment_from_json(message_name, *fields));
        size = TRY(encode_any_fragment(fragment, grammar, out));
    } else {
        Message message = TRY(message_from_json(message_name, *fields));
        size = TRY(encode(message, out));
    }
    line.add("hex", Json(exi::to_lower_hex(std::span(out).first(size))));
    return {};
}

std::string answer(std::string_view line, Result<> (*work)(Json&), std::string_view result_name) {
    Json object = Json::object();
    Result<> done;
    if (line.size() > max_json_line) {
        done = fail(Errc::bad_argument, "the line is longer than 4 MiB");
    } else if (auto parsed = Json::parse(line); !parsed) {
        done = std::unexpected(parsed.error());
    } else if (!parsed->is_object()) {
        done = fail(Errc::bad_argument, "expected a JSON object");
    } else {
        object = std::move(*parsed);
        object.remove(result_name);
        object.remove("error");
        done = work(object);
    }
    if (!done) object.add("error", Json(done.error().what.view()));
    return object.text();
}

}  // namespace

std::string decode_json_line(std::string_view line) { return answer(line, decode_to, "fields"); }
std::string encode_json_line(std::string_view line) { return answer(line, encode_to, "hex"); }

}  // namespace voltkeep::iso15118
