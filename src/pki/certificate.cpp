// SPDX-License-Identifier: Apache-2.0
#include "pki/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>

namespace voltkeep::pki {
namespace {

using Bio = std::unique_ptr<BIO, Free>;

std::unexpected<Error> refuse(std::string_view what) {
    std::array<char, 160> reason{};
    ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
    ERR_clear_error();
    return fail(Errc::tls, std::string(what) + ": " + reason.data());
}

/// ML-DSA hashes by itself.
const EVP_MD* digest_of(EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "EC") != 1) return nullptr;
    return EVP_PKEY_get_bits(key) > 384 ? EVP_sha512() : EVP_sha384();
}

bool add_entry(X509_NAME* name, int nid, int type, const std::string& text) {
    return text.empty() || X509_NAME_add_entry_by_NID(name, nid, type, reinterpret_cast<const unsigned char*>(text.data()),
                                                      static_cast<int>(text.size()), -1, 0) == 1;
}

using Name = std::unique_ptr<X509_NAME, decltype([](X509_NAME* n) { X509_NAME_free(n); })>;

Result<Name> name_of(const Subject& subject) {
    Name name(X509_NAME_new());
    if (!name || !add_entry(name.get(), NID_commonName, MBSTRING_UTF8, subject.common_name) ||
        !add_entry(name.get(), NID_organizationName, MBSTRING_UTF8, subject.organization) ||
        !add_entry(name.get(), NID_domainComponent, V_ASN1_IA5STRING, subject.domain_component))
        return refuse("subject");
    return name;
}

bool set_serial_number(X509* certificate) {
    std::array<unsigned char, 16> octets{};
    if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) return false;
    octets[0] = static_cast<unsigned char>((octets[0] & 0x3f) | 0x40);  // positive, and always 16 octets
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr),
                                                             BN_free);
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509* certificate, const X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), X509_EXTENSION_free);
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_extensions(X509* certificate, const X509* issuer, const Contents& contents) {
    const bool is_authority = contents.purpose == Purpose::authority;
    if (!add_extension(certificate, issuer, NID_basic_constraints,
                       is_authority ? "critical,CA:TRUE,pathlen:" + std::to_string(contents.path_length) : "critical,CA:FALSE"))
        return false;
    if (!add_extension(certificate, issuer, NID_key_usage,
                       is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"))
        return false;
    if (!add_extension(certificate, issuer, NID_subject_key_identifier, "hash")) return false;
    if (!add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always")) return false;
    return contents.dns_name.empty() || add_extension(certificate, issuer, NID_subject_alt_name, "DNS:" + contents.dns_name);
}

time_t seconds(WallTime time) { return static_cast<time_t>(time.unix_ms / 1000); }

}  // namespace

Result<Key> make_key(Algorithm algorithm) {
    Key key;
    switch (algorithm) {
        case Algorithm::p256: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); break;
        case Algorithm::p384: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")); break;
        case Algorithm::p521: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521")); break;
        case Algorithm::ml_dsa_44: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-44")); break;
        case Algorithm::ml_dsa_87: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ML-DSA-87")); break;
    }
    if (!key) return refuse("key generation");
    return key;
}

Result<Certificate> make_certificate(const Contents& contents, EVP_PKEY* key, const Signer& signer) {
    Certificate certificate(X509_new());
    if (!certificate) return refuse("certificate");
    X509* x = certificate.get();
    const X509* issuer = signer.certificate ? signer.certificate : x;
    const Name subject = TRY(name_of(contents.subject));
    if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial_number(x) || X509_set_subject_name(x, subject.get()) != 1 ||
        X509_set_issuer_name(x, signer.certificate ? X509_get_subject_name(signer.certificate) : subject.get()) != 1 ||
        X509_set_pubkey(x, key) != 1 || ASN1_TIME_set(X509_getm_notBefore(x), seconds(contents.not_before)) == nullptr ||
        ASN1_TIME_set(X509_getm_notAfter(x), seconds(contents.not_after)) == nullptr)
        return refuse("certificate");
    if (!add_extensions(x, issuer, contents)) return refuse("extensions of a certificate");
    if (X509_sign(x, signer.key, digest_of(signer.key)) == 0) return refuse("signature of a certificate");
    return certificate;
}

Result<> check(X509* certificate, const Contents& contents, EVP_PKEY* key, const Signer& signer, WallTime at) {
    const Name subject = TRY(name_of(contents.subject));
    time_t when = seconds(at);
    if (X509_NAME_cmp(X509_get_subject_name(certificate), subject.get()) != 0) return fail(Errc::not_found, "another subject");
    if (EVP_PKEY_eq(X509_get0_pubkey(certificate), key) != 1) return fail(Errc::not_found, "another key");
    if (X509_verify(certificate, signer.key) != 1) return refuse("another issuer");
    if (X509_cmp_time(X509_get0_notBefore(certificate), &when) > 0 || X509_cmp_time(X509_get0_notAfter(certificate), &when) < 0)
        return fail(Errc::stale, "outside its time");
    if (!contents.dns_name.empty() &&
        X509_check_host(certificate, contents.dns_name.data(), contents.dns_name.size(), 0, nullptr) != 1)
        return fail(Errc::not_found, "another name");
    return {};
}

namespace {
std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}
}  // namespace

std::string to_pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    CHECK(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
    return text_of(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_secmem()));
    CHECK(bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(bio.get());
}

std::size_t der_size(X509* certificate) { return static_cast<std::size_t>(i2d_X509(certificate, nullptr)); }

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<Certificate> certificates;
    while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) certificates.emplace_back(next);
    ERR_clear_error();  // the last read failed for want of another
    if (certificates.empty()) return fail(Errc::malformed, "no certificate");
    return certificates;
}

Result<Key> key_from_pem(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!key) return refuse("private key");
    return key;
}

std::string public_pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    CHECK(bio && PEM_write_bio_PUBKEY(bio.get(), key) == 1);
    const char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::vector<std::byte> public_der(EVP_PKEY* key) {
    unsigned char* octets = nullptr;
    const int size = i2d_PUBKEY(key, &octets);
    CHECK(size > 0);
    const auto* first = reinterpret_cast<const std::byte*>(octets);
    std::vector<std::byte> der(first, first + size);
    OPENSSL_free(octets);
    return der;
}

Result<Key> public_from_pem(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Key key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    ERR_clear_error();
    if (!key) return fail(Errc::malformed, "no public key in PEM");
    return key;
}

Result<Key> public_from_der(std::span<const std::byte> der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* const end = at + der.size();
    Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!key || at != end) return fail(Errc::malformed, "no public key in DER");
    return key;
}

namespace {
using Digest = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })>;

const unsigned char* octets_of(std::span<const std::byte> bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
}  // namespace

Result<std::vector<std::byte>> sign_sha256(EVP_PKEY* key, std::span<const std::byte> message) {
    const Digest digest(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestSign(digest.get(), nullptr, &size, octets_of(message), message.size()) != 1)
        return refuse("signature");
    std::vector<std::byte> signature(size);
    if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets_of(message),
                       message.size()) != 1)
        return refuse("signature");
    signature.resize(size);
    return signature;
}

Result<> verify_sha256(EVP_PKEY* key, std::span<const std::byte> message, std::span<const std::byte> signature) {
    if (EVP_PKEY_is_a(key, "EC") != 1) return fail(Errc::unsupported, "the key is of no elliptic curve");
    const Digest digest(EVP_MD_CTX_new());
    const bool is_good =
        digest && EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
        EVP_DigestVerify(digest.get(), octets_of(signature), signature.size(), octets_of(message), message.size()) == 1;
    ERR_clear_error();
    if (!is_good) return fail(Errc::integrity, "the signature is not this key's signature of these bytes");
    return {};
}

}  // namespace voltkeep::pki
