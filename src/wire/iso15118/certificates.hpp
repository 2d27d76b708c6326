// SPDX-License-Identifier: Apache-2.0
// Certificate chains and the installation of contract certificates.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "wire/iso15118/common_types.hpp"

namespace voltkeep::iso15118 {

using Certificate = exi::Base64Binary<1600>;  ///< DER

/// The curve of the key exchange.
enum class ECDHCurve : std::uint8_t { SECP521, X448 };
constexpr auto names(exi::of<ECDHCurve>) { return exi::enumeration<ECDHCurve::X448>("SECP521", "X448"); }

using DHPublicKey = exi::Base64Fixed<133>;
using SECP521_EncryptedPrivateKey = exi::Base64Fixed<94>;  ///< initialisation vector 12, key 66, tag 16
using X448_EncryptedPrivateKey = exi::Base64Fixed<84>;     ///< initialisation vector 12, key 56, tag 16
using TPM_EncryptedPrivateKey = exi::Base64Fixed<206>;

/// Contracts by their identifiers, the dearest to the car first.
struct EMAIDList {
    exi::Many<Identifier, 8> emaid{};
};
constexpr auto fields(exi::of<EMAIDList>) { return exi::list(exi::element("EMAID", &EMAIDList::emaid)); }

/// Subordinate CA certificates from the issuer of the leaf up, without the root. DER.
struct SubCertificates {
    List<Certificate, 3> certificate{};
};
constexpr auto fields(exi::of<SubCertificates>) { return exi::list(exi::element("Certificate", &SubCertificates::certificate)); }

/// A certificate with those above it.
struct CertificateChain {
    Certificate certificate{};
    std::optional<SubCertificates> sub_certificates{};
};
constexpr auto fields(exi::of<CertificateChain>) {
    return exi::list(exi::element("Certificate", &CertificateChain::certificate),
                     exi::element("SubCertificates", &CertificateChain::sub_certificates));
}

/// A certificate with those above it, to be signed. A fragment.
struct SignedCertificateChain {
    xmldsig::ID id{};
    Certificate certificate{};
    std::optional<SubCertificates> sub_certificates{};
};
constexpr auto fields(exi::of<SignedCertificateChain>) {
    return exi::list(exi::attribute("Id", &SignedCertificateChain::id),
                     exi::element("Certificate", &SignedCertificateChain::certificate),
                     exi::element("SubCertificates", &SignedCertificateChain::sub_certificates));
}

/// The contract certificate with those above it.
struct ContractCertificateChain {
    Certificate certificate{};
    SubCertificates sub_certificates{};
};
constexpr auto fields(exi::of<ContractCertificateChain>) {
    return exi::list(exi::element("Certificate", &ContractCertificateChain::certificate),
                     exi::element("SubCertificates", &ContractCertificateChain::sub_certificates));
}

/// The contract certificate and its private key, encrypted for the car. A fragment.
struct SignedInstallationData {
    xmldsig::ID id{};
    ContractCertificateChain contract_certificate_chain{};
    ECDHCurve ecdh_curve{};
    DHPublicKey dh_public_key{};
    std::variant<SECP521_EncryptedPrivateKey, X448_EncryptedPrivateKey, TPM_EncryptedPrivateKey> encrypted_private_key{};
};
constexpr auto fields(exi::of<SignedInstallationData>) {
    return exi::list(exi::attribute("Id", &SignedInstallationData::id),
                     exi::element("ContractCertificateChain", &SignedInstallationData::contract_certificate_chain),
                     exi::element("ECDHCurve", &SignedInstallationData::ecdh_curve),
                     exi::element("DHPublicKey", &SignedInstallationData::dh_public_key),
                     exi::choice(&SignedInstallationData::encrypted_private_key, "SECP521_EncryptedPrivateKey",
                                 "X448_EncryptedPrivateKey", "TPM_EncryptedPrivateKey"));
}

}  // namespace voltkeep::iso15118
