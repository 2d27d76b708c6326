// SPDX-License-Identifier: Apache-2.0
// Making and checking X.509 certificates with OpenSSL: values in, values out. No file, no clock.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace voltkeep::pki {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

enum class Algorithm : std::uint8_t {
    p256,       ///< ECDSA P-256 with SHA-256: meter readings (OCMF)
    p384,       ///< ECDSA P-384 with SHA-384
    p521,       ///< ECDSA P-521 with SHA-512: ISO 15118-20
    ml_dsa_44,  ///< FIPS 204, level 2: checkpoints of the log, as C2SP has them
    ml_dsa_87,  ///< FIPS 204, level 5
};

[[nodiscard]] Result<Key> make_key(Algorithm algorithm);

/// What a certificate says of its subject.
struct Subject {
    std::string common_name;
    std::string organization;
    std::string domain_component;  ///< empty: none. ISO 15118 marks whose a certificate is: "V2G", "CPO", "OEM"
};

enum class Purpose : std::uint8_t { authority, server, client };

struct Contents {
    Subject subject;
    Purpose purpose = Purpose::authority;
    int path_length = 0;   ///< of an authority: how many authorities may stand below it
    std::string dns_name;  ///< empty: no subjectAltName, as OCPP prefers
    WallTime not_before;
    WallTime not_after;
};

struct Signer {
    const X509* certificate = nullptr;  ///< null: the certificate signs itself
    EVP_PKEY* key = nullptr;
};

/// Signed with the digest that belongs to the signer's key. Errors: tls, with OpenSSL's reason.
[[nodiscard]] Result<Certificate> make_certificate(const Contents& contents, EVP_PKEY* key, const Signer& signer);

/// Why this certificate does not serve: another subject, key or issuer, or it is outside its time. `ok` if it does.
[[nodiscard]] Result<> check(X509* certificate, const Contents& contents, EVP_PKEY* key, const Signer& signer, WallTime at);

[[nodiscard]] std::string to_pem(X509* certificate);
[[nodiscard]] std::string to_pem(EVP_PKEY* key);
[[nodiscard]] std::size_t der_size(X509* certificate);
/// Every certificate in the text. Errors: malformed.
[[nodiscard]] Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);
[[nodiscard]] Result<Key> key_from_pem(std::string_view pem);
/// The public half: SubjectPublicKeyInfo, as PEM and as DER.
[[nodiscard]] std::string public_pem(EVP_PKEY* key);
[[nodiscard]] std::vector<std::byte> public_der(EVP_PKEY* key);
/// Errors: malformed.
[[nodiscard]] Result<Key> public_from_pem(std::string_view pem);
[[nodiscard]] Result<Key> public_from_der(std::span<const std::byte> der);

/// ECDSA with SHA-256, DER. Errors: tls.
[[nodiscard]] Result<std::vector<std::byte>> sign_sha256(EVP_PKEY* key, std::span<const std::byte> message);
/// Errors: integrity (it is not this key's signature of these bytes), unsupported (no elliptic curve).
[[nodiscard]] Result<> verify_sha256(EVP_PKEY* key, std::span<const std::byte> message, std::span<const std::byte> signature);

}  // namespace voltkeep::pki
