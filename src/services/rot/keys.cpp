// SPDX-License-Identifier: Apache-2.0
#include "keys.hpp"

#include <openssl/sha.h>

#include "pki/shape.hpp"

namespace voltkeep::rot {
namespace {

constexpr Purpose tls[] = {Purpose::tls_client, Purpose::certificate_request};
constexpr Purpose checkpoints[] = {Purpose::checkpoint};
constexpr Purpose readings[] = {Purpose::reading};
constexpr std::string_view crypto[] = {"crypto"};
constexpr std::string_view audit[] = {"audit"};

/// In the order of the enumeration. Who connects to the outside asks `crypto`, and never here.
constexpr KeyRow table[] = {
    {Key::tls_csms, "tls-csms", TPM2_ECC_NIST_P384, TPM2_ALG_SHA384, false, tls, crypto},
    {Key::tls_witness, "tls-witness", TPM2_ECC_NIST_P384, TPM2_ALG_SHA384, false, tls, crypto},
    {Key::log, "log", TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, false, checkpoints, audit},
    {Key::attestation, "attestation", TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, true, {}, {}},
    {Key::meter, "meter", TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, false, readings, crypto},
};
static_assert(std::size(table) == static_cast<std::size_t>(Key::last_) + 1);

TPM2B_DIGEST role_digest(KeyName name) {
    const std::string text = "voltkeep key: " + role_of(name);
    TPM2B_DIGEST digest{};
    digest.size = SHA256_DIGEST_LENGTH;
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.buffer);
    return digest;
}

bool has_shape(const Sign& wanted, Bytes spki) {
    switch (wanted.purpose) {
        case Purpose::tls_client: return pki::is_tls13_certificate_verify(wanted.content, pki::TlsRole::client);
        case Purpose::certificate_request: return pki::is_certificate_request_for(wanted.content, spki);
        case Purpose::checkpoint: return pki::is_checkpoint(wanted.content);
        case Purpose::reading: return pki::is_reading(wanted.content);
    }
    return false;
}

}  // namespace

const KeyRow& row_of(Key key) { return table[static_cast<std::size_t>(key)]; }

std::vector<KeyName> keys_of(std::uint8_t meters) {
    std::vector<KeyName> all;
    for (const KeyRow& row : table)
        if (row.key != Key::meter) all.push_back({row.key, {}});
    for (std::uint8_t evse = 1; evse <= meters; ++evse) all.push_back({Key::meter, {evse}});
    return all;
}

std::string role_of(KeyName name) {
    const std::string role(row_of(name.key).role);
    return name.evse.number == 0 ? role : role + "@" + std::to_string(name.evse.number);
}

TPM2B_PUBLIC template_of(KeyName name) {
    const KeyRow& row = row_of(name.key);
    TPM2B_PUBLIC key{};
    TPMT_PUBLIC& area = key.publicArea;
    area.type = TPM2_ALG_ECC;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                            TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT |
                            (row.is_restricted ? TPMA_OBJECT_RESTRICTED : 0);
    area.authPolicy = role_digest(name);
    TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
    ecc.symmetric.algorithm = TPM2_ALG_NULL;
    ecc.scheme.scheme = TPM2_ALG_ECDSA;
    ecc.scheme.details.ecdsa.hashAlg = row.hash;
    ecc.curveID = row.curve;
    ecc.kdf.scheme = TPM2_ALG_NULL;
    return key;
}

Result<> may_sign(const Sign& wanted, std::string_view caller_type, Bytes spki) {
    const KeyRow& row = row_of(wanted.key);
    if (!std::ranges::contains(row.callers, caller_type))
        return fail(Errc::refused, "key " + std::string(row.role) + " is not for " + std::string(caller_type));
    if (!std::ranges::contains(row.purposes, wanted.purpose))
        return fail(Errc::refused, "key " + std::string(row.role) + " is not for this purpose");
    if (!has_shape(wanted, spki))
        return fail(Errc::refused, "what key " + std::string(row.role) + " should sign has not the shape of its purpose");
    return {};
}

Result<> may_extend(Register which, std::string_view caller_type) {
    if (caller_type == (which == Register::log ? "audit" : "monitor")) return {};
    return fail(Errc::refused, "a register that is not " + std::string(caller_type) + "'s");
}

std::uint8_t pcr_of(Register which) { return which == Register::log ? 14 : 13; }

Urgency urgency_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::tls_client: return Urgency::handshake;
        case Purpose::reading: return Urgency::reading;
        case Purpose::certificate_request: return Urgency::other;
        case Purpose::checkpoint: return Urgency::seal;
    }
    return Urgency::other;
}

}  // namespace voltkeep::rot
