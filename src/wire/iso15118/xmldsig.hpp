// SPDX-License-Identifier: Apache-2.0
// The part of XML-Signature (namespace http://www.w3.org/2000/09/xmldsig#) that ISO 15118-20 uses: Signature in the message
// header. KeyInfo, Object and foreign elements have codes in the grammar and are never sent: the decoder refuses them. The schema
// bounds neither texts nor lists here; the bounds below are ours and far above what a contract signature needs.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/exi/fields.hpp"

namespace voltkeep::iso15118::xmldsig {

using exi::operator==;

using ID = exi::String<128>;                     ///< xs:ID
using AnyURI = exi::String<256>;                 ///< xs:anyURI
using DigestOctets = exi::Base64Binary<128>;     ///< SHA-512 and SHAKE256 give 64
using SignatureOctets = exi::Base64Binary<512>;  ///< raw r||s: 132 for P-521; 114 for Ed448

/// How the signed bytes are made canonical.
struct CanonicalizationMethod {
    AnyURI algorithm{};
};
constexpr auto fields(exi::of<CanonicalizationMethod>) {
    return exi::list(exi::attribute("Algorithm", &CanonicalizationMethod::algorithm), exi::unused(1), exi::mixed);
}

/// The signature algorithm.
struct SignatureMethod {
    AnyURI algorithm{};
    std::optional<exi::Integer> hmac_output_length{};  // bits
};
constexpr auto fields(exi::of<SignatureMethod>) {
    return exi::list(exi::attribute("Algorithm", &SignatureMethod::algorithm),
                     exi::element("HMACOutputLength", &SignatureMethod::hmac_output_length), exi::unused(1), exi::mixed);
}

/// One transformation before the digest.
struct Transform {
    AnyURI algorithm{};
    exi::Many<AnyURI, 8> xpath{};
};
constexpr auto fields(exi::of<Transform>) {
    return exi::list(exi::attribute("Algorithm", &Transform::algorithm),
                     exi::element("XPath", &Transform::xpath, exi::unbounded<0>), exi::unused(1), exi::mixed);
}

/// The transformations before the digest, in order.
struct Transforms {
    exi::Many<Transform, 8> transform{};
};
constexpr auto fields(exi::of<Transforms>) {
    return exi::list(exi::element("Transform", &Transforms::transform, exi::unbounded<1>));
}

/// The digest algorithm.
struct DigestMethod {
    AnyURI algorithm{};
};
constexpr auto fields(exi::of<DigestMethod>) {
    return exi::list(exi::attribute("Algorithm", &DigestMethod::algorithm), exi::unused(1), exi::mixed);
}

/// What is signed: the element with this Id ("#id1"), and its digest.
struct Reference {
    std::optional<ID> id{};
    std::optional<AnyURI> type{};
    std::optional<AnyURI> uri{};
    std::optional<Transforms> transforms{};
    DigestMethod digest_method{};
    DigestOctets digest_value{};
};
constexpr auto fields(exi::of<Reference>) {
    return exi::list(exi::attribute("Id", &Reference::id), exi::attribute("Type", &Reference::type),
                     exi::attribute("URI", &Reference::uri), exi::element("Transforms", &Reference::transforms),
                     exi::element("DigestMethod", &Reference::digest_method),
                     exi::element("DigestValue", &Reference::digest_value));
}

/// What the signature is made over, as a fragment.
struct SignedInfo {
    std::optional<ID> id{};
    CanonicalizationMethod canonicalization_method{};
    SignatureMethod signature_method{};
    exi::Many<Reference, 16> reference{};
};
constexpr auto fields(exi::of<SignedInfo>) {
    return exi::list(exi::attribute("Id", &SignedInfo::id),
                     exi::element("CanonicalizationMethod", &SignedInfo::canonicalization_method),
                     exi::element("SignatureMethod", &SignedInfo::signature_method),
                     exi::element("Reference", &SignedInfo::reference, exi::unbounded<1>));
}

/// The signature's octets.
struct SignatureValue {
    std::optional<ID> id{};
    SignatureOctets value{};
};
constexpr auto fields(exi::of<SignatureValue>) {
    return exi::list(exi::attribute("Id", &SignatureValue::id), exi::text(&SignatureValue::value));
}

/// A signature over elements of the message's body.
struct Signature {
    std::optional<ID> id{};
    SignedInfo signed_info{};
    SignatureValue signature_value{};
};
constexpr auto fields(exi::of<Signature>) {
    return exi::list(exi::attribute("Id", &Signature::id), exi::element("SignedInfo", &Signature::signed_info),
                     exi::element("SignatureValue", &Signature::signature_value), exi::unused(2));  // KeyInfo, Object
}

/// A certificate, named by who issued it.
struct X509IssuerSerial {
    exi::String<512> x509_issuer_name{};  // RFC 4514
    exi::Integer x509_serial_number{};
};
constexpr auto fields(exi::of<X509IssuerSerial>) {
    return exi::list(exi::element("X509IssuerName", &X509IssuerSerial::x509_issuer_name),
                     exi::element("X509SerialNumber", &X509IssuerSerial::x509_serial_number));
}

}  // namespace voltkeep::iso15118::xmldsig
