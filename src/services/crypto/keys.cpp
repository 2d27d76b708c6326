// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include <algorithm>

#include "pki/shape.hpp"

namespace voltkeep::crypto {
namespace {

struct Row {
    std::string_view id;
    Place place;
    const char* algorithm;
    bool is_per_evse;
};
/// In the order of the enumeration.
constexpr Row rows[] = {
    {"tls-csms", Place::tpm, nullptr, false},     {"tls-witness", Place::tpm, nullptr, false},
    {"meter", Place::tpm, nullptr, true},         {"meter-record", Place::software, "ML-DSA-65", true},
    {"log", Place::software, "ML-DSA-44", false}, {"attestation-token", Place::software, "ML-DSA-65", false},
    {"secc", Place::token, nullptr, false},
};
static_assert(std::size(rows) == static_cast<std::size_t>(Key::last_) + 1);

/// What is not in this list is refused. A caller that is bound to an EVSE signs for that one.
struct Grant {
    Key key;
    Purpose purpose;
    std::string_view caller;
};
constexpr Grant grants[] = {
    {Key::tls_csms, Purpose::tls_client, "link@csms"},       {Key::tls_csms, Purpose::certificate_request, "ocpp"},
    {Key::tls_witness, Purpose::tls_client, "link@witness"}, {Key::meter, Purpose::reading, "meter"},
    {Key::meter_record, Purpose::record, "meter"},           {Key::log, Purpose::checkpoint, "audit"},
    {Key::attestation_token, Purpose::token, "monitor"},     {Key::secc, Purpose::tls_server, "link@ev"},
};

const Row& row_of(Key key) { return rows[static_cast<std::size_t>(key)]; }

/// A request for a certificate is compared with the key's public half where the key is.
bool has_shape(const Sign& wanted) {
    switch (wanted.purpose) {
        case Purpose::tls_client: return pki::is_tls13_certificate_verify(wanted.content, pki::TlsRole::client);
        case Purpose::certificate_request: return !wanted.content.empty();
        case Purpose::reading: return pki::is_reading(wanted.content);
        case Purpose::record: return pki::is_record(wanted.content);
        case Purpose::checkpoint: return pki::is_timed_checkpoint(wanted.content);
        case Purpose::token: return pki::is_cose_sign1(wanted.content);
        case Purpose::tls_server: return pki::is_tls13_certificate_verify(wanted.content, pki::TlsRole::server);
    }
    return false;
}

}  // namespace

std::vector<KeyName> keys_of(std::uint8_t meters) {
    std::vector<KeyName> all;
    for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(Key::last_); ++i) {
        if (!rows[i].is_per_evse) all.push_back({Key{i}, {}});
        for (std::uint8_t evse = 1; rows[i].is_per_evse && evse <= meters; ++evse) all.push_back({Key{i}, {evse}});
    }
    return all;
}

std::string id_of(KeyName name) {
    const std::string id(row_of(name.key).id);
    return name.evse.number == 0 ? id : id + "@" + std::to_string(name.evse.number);
}

Place place_of(Key key) { return row_of(key).place; }
const char* algorithm_of(Key key) { return row_of(key).algorithm; }

Result<> may_sign(const Sign& wanted, std::string_view caller_type, EvseId caller_evse) {
    const std::string id = id_of({wanted.key, wanted.evse});
    const auto is_meant = [&](const Grant& g) { return g.key == wanted.key && g.caller == caller_type; };
    if (!std::ranges::any_of(grants, is_meant))
        return fail(Errc::refused, "key " + id + " is not for " + std::string(caller_type));
    if (!std::ranges::any_of(grants, [&](const Grant& g) { return is_meant(g) && g.purpose == wanted.purpose; }))
        return fail(Errc::refused, "key " + id + " is not for this purpose of " + std::string(caller_type) + "'s");
    if (row_of(wanted.key).is_per_evse ? caller_evse != wanted.evse : wanted.evse.number != 0)
        return fail(Errc::refused, "key " + id + " is another EVSE's than " + std::string(caller_type) + "'s");
    if (!has_shape(wanted)) return fail(Errc::refused, "what key " + id + " should sign has not the shape of its purpose");
    return {};
}

}  // namespace voltkeep::crypto
