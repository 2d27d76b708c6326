// SPDX-License-Identifier: Apache-2.0
#include "tls/context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tls/details.hpp"
#include "tls/remote_key.hpp"

namespace voltkeep::tls {
namespace {

constexpr int longest_path = 4;  ///< certificates between leaf and root: ISO 15118-20 has two sub-CAs, OCPP sets no number

std::unexpected<Error> refuse(std::string_view what, const std::string& subject) {
    std::string text(what);
    text += " '" + subject + "': ";
    text += last_openssl_error().view();
    return fail(Errc::tls, text);
}

Result<> set_lists(SSL_CTX* context, const Profile& profile) {
    if (profile.suites.empty() || profile.groups.empty() || profile.signature_algorithms.empty())
        return fail(Errc::bad_argument, "a TLS profile names suites, groups and signature algorithms");
    if (SSL_CTX_set_ciphersuites(context, profile.suites.c_str()) != 1) return refuse("cipher suites", profile.suites);
    if (SSL_CTX_set1_groups_list(context, profile.groups.c_str()) != 1) return refuse("groups", profile.groups);
    if (SSL_CTX_set1_sigalgs_list(context, profile.signature_algorithms.c_str()) != 1 ||
        SSL_CTX_set1_client_sigalgs_list(context, profile.signature_algorithms.c_str()) != 1)
        return refuse("signature algorithms", profile.signature_algorithms);
    return {};
}

Result<> set_credentials(SSL_CTX* context, const Profile& profile) {
    if (SSL_CTX_use_certificate_chain_file(context, profile.certificates.c_str()) != 1)
        return refuse("certificates", profile.certificates);
    if (profile.keys != nullptr) {
        const RemoteKeys::Key key = TRY(profile.keys->key(profile.key, X509_get0_pubkey(SSL_CTX_get0_certificate(context))));
        if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return refuse("key", profile.key);
    } else if (SSL_CTX_use_PrivateKey_file(context, profile.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return refuse("key", profile.key);
    if (SSL_CTX_check_private_key(context) != 1) return refuse("the key is not that of the certificate", profile.key);
    return {};
}

//= ISO 15118-20 [V2G20-2400] The server always asks for the client's certificate.
//= ISO 15118-20 [V2G20-2401] It names the roots that it trusts.
Result<> set_trust(SSL_CTX* context, const Profile& profile) {
    if (SSL_CTX_load_verify_file(context, profile.trust.c_str()) != 1) return refuse("trust anchors", profile.trust);
    if (profile.side == Side::server || profile.names_authorities) {
        STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(profile.trust.c_str());
        if (names == nullptr) return refuse("trust anchors", profile.trust);
        SSL_CTX_set0_CA_list(context, names);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_verify_depth(context, longest_path);
    SSL_CTX_set_max_cert_list(context, static_cast<long>(profile.longest_chain));
    return {};
}

}  // namespace

Result<Context> make_context(const Profile& profile) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    ERR_clear_error();
    Context context(SSL_CTX_new_ex(profile.keys != nullptr ? profile.keys->context() : nullptr, nullptr,
                                   profile.side == Side::server ? TLS_server_method() : TLS_client_method()));
    if (!context) return refuse("context", "TLS");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION);
    // No tickets and no resumption: every connection proves both certificates anew.
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(context.get(), 0);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // Without NO_AUTO_CHAIN the root would be sent too: 5 kB more with ML-DSA.
    SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    TRY(set_lists(context.get(), profile));
    TRY(set_credentials(context.get(), profile));
    TRY(set_trust(context.get(), profile));
    return context;
}

Result<> expect_name(SSL* connection, std::string_view name) {
    const std::string host(name);
    if (host.empty()) return fail(Errc::bad_argument, "the server's name is not configured");
    X509_VERIFY_PARAM_set_hostflags(SSL_get0_param(connection),
                                    X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
    if (SSL_set1_host(connection, host.c_str()) != 1 || SSL_set_tlsext_host_name(connection, host.c_str()) != 1)
        return fail(Errc::tls, "not a host name: " + host);
    return {};
}

}  // namespace voltkeep::tls
