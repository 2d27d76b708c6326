// SPDX-License-Identifier: Apache-2.0
#include "tls/details.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstring>
#include <memory>
#include <string>

namespace voltkeep::tls {
namespace {

template <std::size_t N>
Text<N> subject_of(const X509* certificate) {
    if (certificate == nullptr) return {};
    const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
    char* bytes = nullptr;
    X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return Text<N>::cut({bytes, size > 0 ? static_cast<std::size_t>(size) : 0});
}

}  // namespace

Result<Details> details_of(SSL* connection) {
    const X509* peer = SSL_get0_peer_certificate(connection);
    if (!SSL_is_init_finished(connection) || peer == nullptr) return fail(Errc::tls, "the peer showed no certificate");
    Details details;
    details.protocol = Text<24>::cut(SSL_get_version(connection));
    if (const char* group = SSL_get0_group_name(connection)) details.group = Text<32>::cut(group);
    details.cipher = Text<40>::cut(SSL_get_cipher_name(connection));
    details.peer_subject = subject_of<200>(peer);
    details.own_subject = subject_of<80>(SSL_get_certificate(connection));
    unsigned size = 0;
    if (X509_digest(peer, EVP_sha512(), details.peer_certificate_hash.data(), &size) != 1)
        return fail(Errc::tls, "SHA-512 of a certificate");
    return details;
}

Result<> check_group(const Details& details, std::string_view required) {
    if (required.empty() || details.group == required) return {};
    std::string text = "the peer negotiated the group ";
    text += details.group.view();
    text += ", the profile requires ";
    text += required;
    return fail(Errc::tls, text);
}

Failure failure_of(SSL* connection, unsigned long openssl_error) {
    if (SSL_get_verify_result(connection) != X509_V_OK) return Failure::peer_certificate;
    if (ERR_GET_LIB(openssl_error) != ERR_LIB_SSL) return Failure::other;
    switch (ERR_GET_REASON(openssl_error)) {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        case SSL_R_CERTIFICATE_VERIFY_FAILED: return Failure::peer_certificate;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return Failure::protocol_version;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_WRONG_CIPHER_RETURNED: return Failure::cipher_suite;
        default: return Failure::other;
    }
}

Text<220> describe_failure(SSL* connection, std::string_view what) {
    std::string text(what);
    if (const long verified = SSL_get_verify_result(connection); verified != X509_V_OK) {
        text += ": ";
        text += X509_verify_cert_error_string(verified);
    }
    return Text<220>::cut(text);
}

Text<160> last_openssl_error() {
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0) return "no reason given";
    std::array<char, 160> text{};
    ERR_error_string_n(code, text.data(), text.size());
    return Text<160>::cut(std::string_view(text.data(), std::strlen(text.data())));
}

}  // namespace voltkeep::tls
